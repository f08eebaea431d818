// Parsed JSON of strangers, looked at without trusting it: own properties only.

export type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject (value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The own property of that name; never one of the prototype. */
export function own (from: JsonObject, name: string): unknown {
  return Object.hasOwn(from, name) ? from[name] : undefined
}
