// Canonical objects leave absent fields out; these two build them from maybe-absent values without a line per field.

type Optional<T> = { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> }
type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] }

/** `object` without the properties that are undefined. */
export function defined<T extends object> (object: T): Present<T> & Optional<T> {
  const result: Record<string, unknown> = {}
  const source = object as Record<string, unknown>
  for (const name of Object.keys(source)) {
    const value = source[name]
    if (value !== undefined) result[name] = value
  }
  return result as Present<T> & Optional<T>
}

/** As {@link defined}, but undefined when nothing is left: an empty group is an absent group. */
export function definedGroup<T extends object> (object: T): (Present<T> & Optional<T>) | undefined {
  const group = defined(object)
  return Object.keys(group).length === 0 ? undefined : group
}

/** Undefined for an empty list. */
export function nonEmpty<T> (list: T[]): T[] | undefined {
  return list.length === 0 ? undefined : list
}
