// What the store needs from a database, and the only form in which values cross that border: the two implementations
// differ behind this interface, the SQL never does.

/** A parameter as both drivers take it. Instants go through {@link instant}, text through {@link escapeText}. */
export type SqlValue = string | number | boolean | null | Buffer | readonly string[]

/**
 * Rows come out alike on both databases: int8 and timestamptz (epoch ms) as numbers, jsonb parsed, bytea as Buffer,
 * uuid as lower-case text.
 */
export interface Sql {
  /** One statement, one round trip. Texts are few and constant: they are kept as prepared statements. */
  query<Row> (text: string, values?: readonly SqlValue[]): Promise<Row[]>
  transaction<T> (work: (sql: Sql) => Promise<T>): Promise<T>
  /** Several statements in one text, without parameters or results. */
  exec (text: string): Promise<void>
  close (): Promise<void>
}

/** U+FDD0, a noncharacter: PostgreSQL takes it, people do not type it, and it is escaped itself, so that escaping is reversible. */
const ESCAPE = '\uFDD0'
const UNSTORABLE_IN_JSON = /\\\\|\\u(0000|d[89a-f][0-9a-f]{2})|\uFDD0/g
const UNSTORABLE_IN_TEXT = /[\0\uFDD0\p{Surrogate}]/gu
const ESCAPED = /\uFDD0([0-9a-f]{4})/g

/** JSON for a jsonb parameter. NUL and lone surrogates, which PostgreSQL refuses, are escaped and come back as they were. */
export function toJson (value: unknown): string {
  const json = JSON.stringify(value)
  if (!json.includes('\\u') && !json.includes(ESCAPE)) return json
  return json.replace(UNSTORABLE_IN_JSON, (found, hex: string | undefined) => found === '\\\\' ? found : `${ESCAPE}${hex ?? 'fdd0'}`)
}

/** The inverse of {@link toJson}. */
export function fromJson (json: string): unknown {
  return JSON.parse(json.includes(ESCAPE) ? json.replace(ESCAPED, '\\u$1') : json)
}

/** The same escapes for a text parameter, so that it equals the text taken out of a {@link toJson} value. */
export function escapeText (value: string): string {
  return value.replace(UNSTORABLE_IN_TEXT, found => `${ESCAPE}${found.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The inverse of {@link escapeText}. */
export function unescapeText (value: string): string {
  return value.includes(ESCAPE) ? value.replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))) : value
}

const YEAR_1 = Date.UTC(2000, 0, 1) - 1999 * 365.2425 * 86_400_000
const YEAR_9999 = Date.UTC(9999, 0, 1)

/** Epoch ms as a timestamptz parameter; beyond the years 1 to 9999 it is an infinity. */
export function instant (at: number): string {
  if (at > YEAR_9999) return 'infinity'
  if (at < YEAR_1) return '-infinity'
  return new Date(at).toISOString()
}

/** The text of a timestamptz of a connection in UTC as epoch ms. */
export function fromInstant (text: string): number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY
  if (text === '-infinity') return Number.NEGATIVE_INFINITY
  return Date.parse(`${text.slice(0, 10)}T${text.slice(11).replace(/\+00$/, 'Z')}`)
}

/** bytea in its hex form. */
export function fromHex (text: string): Buffer {
  return Buffer.from(text.slice(2), 'hex')
}

/**
 * Settings of every connection. Every statement of the store finds its rows by an index; a plan made while a table was
 * small, and kept, would read all of it later. JIT never pays for statements of milliseconds.
 */
export const SETTINGS: Readonly<Record<string, string>> = { TimeZone: 'UTC', jit: 'off', enable_seqscan: 'off' }

/** Object identifiers of the types whose values the two drivers would otherwise give differently. */
export const TYPE_PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  17: fromHex,
  20: Number,
  25: unescapeText,
  114: fromJson,
  1184: fromInstant,
  3802: fromJson
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether the text can be compared with an id; anything else names nothing. */
export function isId (text: string): boolean {
  return UUID.test(text)
}
