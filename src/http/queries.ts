// Query strings and path parameters: their schemas (used for checking and for the documentation) and paging cursors.
import type { FastifySchemaCompiler } from 'fastify'
import { fault, HubError } from '../errors.js'
import { text } from '../model/text.js'
import { createAjv, escapePointer, SCHEMAS, toFaults } from '../schema.js'
import type { Directory } from '../ports/directory.js'

const UUID = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
const ID = { type: 'string', description: 'UUID.', pattern: UUID } as const
const CODE = { type: 'string', description: 'Agency code in any form.', minLength: 1, maxLength: 50 } as const
const CURSOR = { type: 'string', description: 'nextCursor of the page before.', minLength: 1, maxLength: 400 } as const
const INSTANT = { type: 'string', description: 'ISO 8601 instant with offset.', format: 'date-time' } as const

function strictObject (properties: Record<string, object>, required: string[] = []): object {
  return { type: 'object', additionalProperties: false, required, properties }
}

function limit (most: number, usual: number): object {
  return { type: 'integer', description: 'Most items of the page.', minimum: 1, maximum: most, default: usual }
}

/** No query parameter is allowed. */
export const NO_QUERY = strictObject({})
export const ID_PARAMS = strictObject({ id: ID }, ['id'])
export const DELIVERY_PARAMS = strictObject({ deliveryId: ID }, ['deliveryId'])
export const CODE_PARAMS = strictObject({ code: CODE }, ['code'])
export const ATTACHMENT_PARAMS = strictObject({
  id: ID,
  n: { type: 'integer', description: 'Position of the file, from 1.', minimum: 1, maximum: 10_000 }
}, ['id', 'n'])
export const TIMELINE_QUERY = strictObject({ limit: limit(500, 100), cursor: CURSOR })
export const PACKAGES_QUERY = strictObject({
  kind: SCHEMAS.envelope.properties.kind,
  from: { ...CODE, description: 'Sending agency, code in any form.' },
  to: { ...CODE, description: 'Receiving agency, code in any form.' },
  correlationId: SCHEMAS.envelope.properties.correlationId,
  state: { ...SCHEMAS.delivery.$defs.state, description: 'State of at least one delivery.' },
  acceptedFrom: INSTANT,
  acceptedTo: { ...INSTANT, description: 'ISO 8601 instant with offset, not included.' },
  limit: limit(200, 50),
  cursor: CURSOR
})
export const AGENCIES_QUERY = strictObject({
  query: { type: 'string', description: 'Part of a code or name, with or without diacritics.', minLength: 1, maxLength: 200 },
  axis: SCHEMAS.delivery.$defs.axis,
  limit: limit(200, 50),
  cursor: CURSOR
})

/** The inbox query; the longest lock is a setting. */
export function inboxQuery (lockSeconds: { usual: number, most: number }): object {
  return strictObject({
    limit: limit(100, 20),
    lockSeconds: {
      type: 'integer',
      description: 'Other peeks do not see these deliveries for so long.',
      minimum: 1,
      maximum: lockSeconds.most,
      default: lockSeconds.usual
    },
    agency: { ...CODE, description: 'Only deliveries to this agency, one of the caller\'s own.' }
  })
}

const bodies = createAjv()
const texts = createAjv({ coerceTypes: true, useDefaults: true })
const PLACES: Record<string, string> = { querystring: '/query', params: '/params', headers: '/headers', body: '' }

/** Checks one part of a request; all faults at once. Only texts (query, path) are coerced, bodies never. */
export const compileRequestSchema: FastifySchemaCompiler<object> = ({ schema, httpPart }) => {
  const validate = (httpPart === 'body' ? bodies : texts).compile(schema)
  const place = PLACES[httpPart ?? 'body'] ?? ''
  return (value: unknown) => {
    if (validate(value)) return true
    const errors = toFaults(validate.errors ?? []).map(each => ({ ...each, pointer: place + each.pointer }))
    const detail = text('Yêu cầu có tham số hoặc trường không hợp lệ.', 'A parameter or field of the request is not valid.')
    return { error: new HubError('REQUEST_INVALID', detail, { errors }) }
  }
}

/** An opaque cursor for the key of a page's last row. */
export function toCursor (key: string): string {
  return Buffer.from(key).toString('base64url')
}

/** The key in a cursor; refuses what {@link toCursor} did not make for such keys. */
export function fromCursor (cursor: string | undefined, key: RegExp): string | undefined {
  if (cursor === undefined) return undefined
  const decoded = Buffer.from(cursor, 'base64url').toString()
  if (toCursor(decoded) !== cursor || !key.test(decoded)) throw invalidQuery('cursor', 'nextCursor', cursor)
  return decoded
}

export const PACKAGE_KEY = new RegExp(UUID)
export const SEQUENCE_KEY = /^\d{1,15}$/
export const CODE_KEY = /^.{1,50}$/u

/** Cuts the one item too many that a page asks for, and says where the next page starts. */
export function toPage<Row> (rows: readonly Row[], options: { limit: number, keyOf: (row: Row) => string }): { rows: Row[], nextCursor?: string } {
  const page = rows.slice(0, options.limit)
  const last = page.at(-1)
  return rows.length > options.limit && last !== undefined ? { rows: page, nextCursor: toCursor(options.keyOf(last)) } : { rows: page }
}

/** Main code of the agency that a query parameter names. */
export function agencyOf (directory: Directory, options: { parameter: string, code: string, at: number }): string {
  const agency = directory.find(options.code, options.at)
  if (agency === undefined) throw invalidQuery(options.parameter, 'code of the agency directory', options.code)
  return agency.code
}

/** Epoch ms of an instant; refuses what the format allows and no clock shows: leap seconds, an offset of hours alone. */
export function instantOf ({ parameter, value }: { parameter: string, value: string }): number {
  const at = Date.parse(value)
  if (Number.isNaN(at)) throw invalidQuery(parameter, 'ISO 8601 instant with offset, e.g. 2026-11-20T08:00:00+07:00', value)
  return at
}

function invalidQuery (parameter: string, expected: string, found: string): HubError {
  const detail = text(`Tham số ${parameter} không hợp lệ.`, `The parameter ${parameter} is not valid.`)
  return new HubError('REQUEST_INVALID', detail, { errors: [fault('FIELD_INVALID', `/query/${escapePointer(parameter)}`, detail, { expected, found })] })
}
