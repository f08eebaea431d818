// The schemas of the API's own answers: thin frames around the contract's components.
import { CATALOGUE } from '../errors.js'
import { contractComponents, ref } from './components.js'
import { REJECTION } from './routes/inbox.js'

type Json = Record<string, unknown>

const INSTANT = { type: 'string', format: 'date-time' }
const UUID = { type: 'string', format: 'uuid' }
const BYTES = { type: 'integer', minimum: 0, description: 'Bytes.' }
const SHA256 = { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'Lower-case hex SHA-256 of the bytes.' }
const CONTENT = { document: ref('Document'), dossier: ref('Dossier'), status: ref('Status') }
const WARNINGS = { type: 'array', description: 'Tolerated deviations.', items: ref('StoredFault') }
const ATTACHMENTS = { type: 'array', items: ref('Attachment') }

function frame (properties: Json, optional: string[] = []): Json {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties).filter(name => !optional.includes(name)), properties }
}

function page (item: string): Json {
  return frame({ items: { type: 'array', items: ref(item) }, nextCursor: { type: 'string', description: 'Absent on the last page.' } }, ['nextCursor'])
}

function links (...names: string[]): Json {
  return frame(Object.fromEntries(names.map(name => [name, { type: 'string', format: 'uri-reference' }])))
}

/** All component schemas by name. */
export function componentSchemas (): Record<string, Json> {
  const contract = contractComponents()
  const delivery = contract['Delivery'] as { properties: Json }
  const { id, to, agency, endpoint, axis, adapter, reasons, problem } = delivery.properties
  const summary = { id: UUID, acceptedAt: INSTANT, fromAgency: { type: 'string', description: 'Main code of the sending agency.' }, envelope: ref('Envelope') }
  const deliveries = { type: 'array', items: ref('Delivery') }
  return {
    ...contract,
    Agency: agencyView(contract['Agency'] as { required: string[], properties: Json }),
    PlannedDelivery: frame({ id, to, agency, endpoint, axis, adapter, reasons, problem }, ['id', 'agency', 'endpoint', 'axis', 'adapter', 'problem']),
    Accepted: frame({
      id: UUID,
      acceptedAt: INSTANT,
      repeated: { type: 'boolean', description: 'The same package had been accepted before; nothing was stored.' },
      deliveries: { type: 'array', items: ref('PlannedDelivery') },
      warnings: WARNINGS
    }),
    Plan: frame({ valid: { const: true }, envelope: ref('Envelope'), deliveries: { type: 'array', items: ref('PlannedDelivery') }, warnings: WARNINGS }),
    PackageSummary: frame({ ...summary, deliveries }),
    PackagePage: page('PackageSummary'),
    Package: frame({
      ...summary, deliveries, expiresAt: INSTANT, traceId: { type: 'string' }, contentType: { type: 'string' }, size: BYTES, sha256: SHA256,
      ...CONTENT, attachments: ATTACHMENTS, warnings: WARNINGS, evidence: ref('Evidence'), links: links('content', 'timeline')
    }, [...Object.keys(CONTENT), 'evidence']),
    Event: frame({
      seq: { type: 'integer', minimum: 0 },
      at: INSTANT,
      type: { type: 'string', description: 'noun.past-participle, e.g. delivery.delivered.' },
      actor: { type: 'string', description: 'client:ID, endpoint:ID, operator:ID or hub.' },
      deliveryId: UUID,
      data: { type: 'object' }
    }, ['deliveryId']),
    Timeline: page('Event'),
    InboxItem: frame({
      deliveryId: UUID, to: { type: 'string', description: 'Main code of the recipient.' }, lockedUntil: INSTANT, expiresAt: INSTANT,
      package: frame({ ...summary, ...CONTENT }, Object.keys(CONTENT)),
      attachments: ATTACHMENTS, contentType: { type: 'string' }, size: BYTES, sha256: SHA256, links: links('content', 'ack', 'reject', 'package')
    }),
    Inbox: frame({ items: { type: 'array', items: ref('InboxItem') } }),
    Rejection: REJECTION,
    AgencyPage: page('Agency'),
    Live: frame({ ok: { type: 'boolean' } }),
    Readiness: frame({ ok: { type: 'boolean' }, checks: { type: 'array', items: frame({ name: { type: 'string' }, ok: { type: 'boolean' } }) } }),
    Problem: problemSchema()
  }
}

function agencyView (agency: { required: string[], properties: Json }): Json {
  return {
    ...agency,
    required: [...agency.required, 'axis', 'status', 'successors'],
    properties: {
      ...agency.properties,
      status: { type: 'string', enum: ['active', 'closed'] },
      successors: { type: 'array', description: 'Main codes of the agencies that follow it.', items: { type: 'string' } },
      servedBy: { type: 'string', description: 'Endpoint that serves it now.' }
    }
  }
}

function problemSchema (): Json {
  return {
    description: 'RFC 9457 problem details.',
    ...frame({
      type: { type: 'string', pattern: '^urn:lienthong:problem:[a-z0-9-]+$' },
      title: { type: 'string' },
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: { type: 'string' },
      instance: { type: 'string' },
      code: { type: 'string', description: 'Never renamed; decide by this.', enum: Object.keys(CATALOGUE) },
      errors: { type: 'array', description: 'Every fault found, not only the first.', items: ref('StoredFault') },
      traceId: { type: 'string', pattern: '^[0-9a-f]{32}$' }
    }, ['instance'])
  }
}
