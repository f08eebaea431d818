// Paths into parsed JSON: names joined by dots, [0] for an item, [*] for all items. Own properties only, so that nothing of
// the language itself can be reached.

/** Where a path starts: the item of a list row, or the whole input. */
export interface Scope { item: unknown, root: unknown }

/** The value, a list where the path holds `[*]`, or undefined. */
export type PathReader = (scope: Scope) => unknown

type Step = { name: string } | { index: number } | 'all'

/** Undefined for a path that is none. */
export function compilePath (path: string): PathReader | undefined {
  if (path === '.') return ({ item }) => item
  const fromRoot = path === '$' || path.startsWith('$.')
  const rest = fromRoot ? path.slice(2) : path
  const steps: Step[] = []
  for (const part of rest === '' ? [] : rest.split('.')) {
    const match = /^([^[\]]+)((?:\[(?:\d{1,6}|\*)\])*)$/.exec(part)
    if (match === null) return undefined
    const [, name = '', brackets = ''] = match
    steps.push({ name }, ...[...brackets.matchAll(/\[(\d+|\*)\]/g)].map(([, inside]) => inside === '*' ? 'all' as const : { index: Number(inside) }))
  }
  return ({ item, root }) => read(fromRoot ? root : item, steps, 0)
}

function read (value: unknown, steps: readonly Step[], at: number): unknown {
  const step = steps[at]
  if (step === undefined || value === undefined) return value
  if (step === 'all') {
    // XML has no lists: one element is a list of one.
    const items: unknown[] = Array.isArray(value) ? value : [value]
    return items.flatMap(item => read(item, steps, at + 1) ?? [])
  }
  if ('index' in step) return read(Array.isArray(value) ? value[step.index] : step.index === 0 ? value : undefined, steps, at + 1)
  return typeof value === 'object' && value !== null && Object.hasOwn(value, step.name) ? read((value as Record<string, unknown>)[step.name], steps, at + 1) : undefined
}
