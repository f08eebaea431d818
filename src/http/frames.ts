// The building blocks of the API's own schemas.
import { ref } from './components.js'

export type Json = Record<string, unknown>

export const INSTANT = { type: 'string', format: 'date-time' }
export const UUID = { type: 'string', format: 'uuid' }

/** An object of exactly these properties. */
export function frame (properties: Json, optional: string[] = []): Json {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties).filter(name => !optional.includes(name)), properties }
}

/** A page of these. */
export function page (item: string): Json {
  return frame({ items: { type: 'array', items: ref(item) }, nextCursor: { type: 'string', description: 'Absent on the last page.' } }, ['nextCursor'])
}
