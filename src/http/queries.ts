// Query strings and path parameters: their schemas (used for checking and for the documentation) and paging cursors.
import type { FastifySchemaCompiler } from 'fastify'
import { fault, HubError } from '../errors.js'
import type { Caller } from '../model/caller.js'
import type { TranslationConfig } from '../model/generated.js'
import { text } from '../model/text.js'
import { isWireName, WIRE_NAMES } from '../formats/dossier/wire.js'
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
export const SENT_PARAMS = strictObject({
  id: ID,
  sha256: { type: 'string', description: 'SHA-256 of what was sent, lower-case hex; in the delivery.', pattern: '^[0-9a-f]{64}$' }
}, ['id', 'sha256'])
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
export const INTAKE_QUERY = strictObject({
  translation: { type: 'string', description: 'The content is in this format: an inbound mapping of the hub, dvcqg, noihoso or dvclt. none: as its Content-Type says, whatever the account is set to.', minLength: 1, maxLength: 63 },
  from: { ...CODE, description: 'With dvcqg, noihoso or dvclt: sending agency, where the message does not tell.' },
  to: { type: 'string', description: 'With dvcqg, noihoso or dvclt: receiving agencies, separated by commas, where the message does not tell.', minLength: 1, maxLength: 2000 },
  expiresAt: { ...INSTANT, description: 'ISO 8601 instant with offset: what is not delivered by then expires.' },
  deliverBy: { ...INSTANT, description: 'ISO 8601 instant with offset: to be delivered by then. It travels urgent; when it is late, the sender is told, and it goes on being tried until it expires.' }
})
const NAME = { type: 'string', minLength: 1, maxLength: 100 } as const
const DELIVERY_FILTER = {
  state: SCHEMAS.delivery.$defs.state,
  endpoint: { ...NAME, description: 'Endpoint that serves the recipient.' },
  agency: { ...CODE, description: 'Receiving agency, code in any form.' },
  axis: SCHEMAS.delivery.$defs.axis,
  adapter: { ...NAME, description: 'Adapter of the endpoint.' },
  code: { type: 'string', description: 'Code of the problem.', pattern: '^[A-Z_]{1,60}$' },
  kind: SCHEMAS.envelope.properties.kind,
  priority: SCHEMAS.envelope.properties.priority,
  correlationId: SCHEMAS.envelope.properties.correlationId,
  acceptedFrom: { ...INSTANT, description: 'When the package was accepted, ISO 8601 with offset.' },
  acceptedTo: { ...INSTANT, description: 'Not included.' },
  settledFrom: { ...INSTANT, description: 'When the delivery reached its final state.' },
  settledTo: { ...INSTANT, description: 'Not included.' }
}
export const DELIVERIES_QUERY = strictObject({ ...DELIVERY_FILTER, limit: limit(200, 50), cursor: CURSOR })
/** A batch names the state of its deliveries: without one it would be everything. */
export const BATCH_FILTER = strictObject(DELIVERY_FILTER, ['state'])
export const BATCHES_QUERY = strictObject({ limit: limit(50, 20), cursor: CURSOR })
export const BATCH_ITEMS_QUERY = strictObject({
  outcome: { type: 'string', description: 'What became of it.', enum: ['pending', 'done', 'skipped', 'failed'] },
  limit: limit(500, 100),
  cursor: CURSOR
})
export const ENDPOINT_PARAMS = strictObject({ endpoint: { ...NAME, description: 'Id of the endpoint.' } }, ['endpoint'])
export const ACTIONS_QUERY = strictObject({
  subject: { type: 'string', description: 'What was acted on: endpoint:ID or batch:ID.', minLength: 1, maxLength: 120 },
  limit: limit(200, 50),
  cursor: CURSOR
})
export const SERVICE_PARAMS = strictObject({ service: { ...NAME, description: 'Name of the service.' } }, ['service'])
export const SERVICE_CALLS_QUERY = strictObject({
  service: { ...NAME, description: 'Name of the service.' },
  agency: { ...CODE, description: 'Agency that asked, code in any form.' },
  dossier: { type: 'string', description: 'Mã hồ sơ.', minLength: 1, maxLength: 100 },
  from: { ...INSTANT, description: 'When it was asked, ISO 8601 with offset.' },
  to: { ...INSTANT, description: 'Not included.' },
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

export interface IntakeQuery { translation?: string, from?: string, to?: string, expiresAt?: string, deliverBy?: string }

/** What the content is read by: what the request says, else what the account is set to. */
export function translationOf ({ translation, from, to }: IntakeQuery, caller: Pick<Caller, 'translation'>): TranslationConfig | undefined {
  const chosen = translation === undefined ? caller.translation : translation === 'none' ? undefined : { name: translation }
  const misplaced = from !== undefined ? 'from' : to !== undefined ? 'to' : undefined
  // Only a format of dossiers leaves them open; anywhere else they would be passed over in silence.
  if (misplaced !== undefined && !(chosen !== undefined && isWireName(chosen.name))) throw invalidQuery(misplaced, `only with translation=${WIRE_NAMES.join(' | ')}`, misplaced)
  if (chosen === undefined) return undefined
  return { ...chosen, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to: to.split(',').map(code => code.trim()) }) }
}

/** The deadlines that a request asks for, epoch ms. */
export function deadlinesAsked ({ expiresAt, deliverBy }: IntakeQuery): { expiresAt?: number, deliverBy?: number } {
  return {
    ...(expiresAt === undefined ? {} : { expiresAt: instantOf({ parameter: 'expiresAt', value: expiresAt }) }),
    ...(deliverBy === undefined ? {} : { deliverBy: instantOf({ parameter: 'deliverBy', value: deliverBy }) })
  }
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
/** Package and delivery. */
export const POSITION_KEY = new RegExp(`${UUID.slice(0, -1)}/${UUID.slice(1)}`)
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
