// The schemas of the API's own answers: thin frames around the contract's components.
import { CATALOGUE } from '../errors.js'
import { BUSINESS_STATES, CHANGES } from '../model/business-status.js'
import { EFFECTS } from '../pipeline/recipients.js'
import { contractComponents, ref } from './components.js'
import { endpointSchemas } from './endpoint-answers.js'
import { serviceSchemas } from './service-answers.js'
import { frame, INSTANT, page, UUID, type Json } from './frames.js'
import { REJECTION } from './routes/inbox.js'
import { NEW_BATCH } from './routes/batches.js'
import { OPERATION_BODIES } from './routes/deliveries.js'
import { COUNTED_STATES } from '../model/operation.js'
import { ROLES } from '../model/role.js'

const BYTES = { type: 'integer', minimum: 0, description: 'Bytes.' }
const SHA256 = { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'Lower-case hex SHA-256 of the bytes.' }
const CONTENT = { document: ref('Document'), dossier: ref('Dossier'), status: ref('Status') }
const WARNINGS = { type: 'array', description: 'Tolerated deviations.', items: ref('StoredFault') }
const ATTACHMENTS = { type: 'array', items: ref('Attachment') }

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
      purgedAt: { ...INSTANT, description: 'Since when its bytes are gone. Absent while they are kept.' },
      ...CONTENT, attachments: ATTACHMENTS, warnings: WARNINGS, evidence: ref('Evidence'), links: links('content', 'recipients', 'timeline')
    }, [...Object.keys(CONTENT), 'evidence', 'purgedAt']),
    ...recipientSchemas(delivery.properties),
    Event: frame({
      seq: { type: 'integer', minimum: 0 },
      at: INSTANT,
      type: { type: 'string', description: 'noun.past-participle, e.g. delivery.delivered.' },
      actor: { type: 'string', description: 'client:ID, endpoint:ID, operator:ID, link:MASKED-ADDRESS (somebody who opened a one-time link) or hub.' },
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
    ...operatorSchemas(contract['Delivery'] as { required: string[], properties: Json }),
    ...serviceSchemas(),
    ...endpointSchemas(delivery.properties, countsByState()),
    Live: frame({ ok: { type: 'boolean' } }),
    Readiness: frame({ ok: { type: 'boolean' }, roles: { type: 'array', items: { type: 'string', enum: [...ROLES] } }, checks: { type: 'array', items: frame({ name: { type: 'string' }, ok: { type: 'boolean' } }) } }),
    Problem: problemSchema()
  }
}

/** A state that no delivery is in is left out. */
function countsByState (): Json {
  return frame(Object.fromEntries(COUNTED_STATES.map(state => [state, { type: 'integer', minimum: 0 }])), [...COUNTED_STATES])
}

/** What operators say and see. */
function operatorSchemas (delivery: { required: string[], properties: Json }): Record<string, Json> {
  const count = { type: 'integer', minimum: 0 }
  const counts = countsByState()
  const { state, endpoint, axis, problem } = delivery.properties
  const about = frame({ id: UUID, acceptedAt: INSTANT, fromAgency: { type: 'string' }, envelope: ref('Envelope'), purgedAt: INSTANT }, ['purgedAt'])
  const actor = { type: 'string', description: 'operator:ID.' }
  return {
    OperatedDelivery: { ...delivery, required: [...delivery.required, 'package'], properties: { ...delivery.properties, package: about } },
    DeliveryPage: page('OperatedDelivery'),
    Cause: frame({
      state, endpoint, code: { type: 'string' }, title: { type: 'string' }, faultOf: { type: 'string', description: 'Who can mend it.', enum: ['caller', 'partner', 'hub'] }, count,
      firstAt: { ...INSTANT, description: 'When the oldest of them was accepted.' }, lastAt: { ...INSTANT, description: 'When the newest was.' },
      sampleId: { ...UUID, description: 'The newest of them.' }
    }, ['endpoint', 'title', 'faultOf', 'firstAt', 'lastAt', 'sampleId']),
    Causes: frame({ items: { type: 'array', items: ref('Cause') } }),
    Counts: frame({
      at: INSTANT,
      total: { description: 'underway: queued, active or deferred. A state that no delivery is in is absent. null: not known now; never 0.', oneOf: [counts, { type: 'null' }] },
      items: { oneOf: [{ type: 'array', items: frame({ endpoint, axis, counts }, ['endpoint', 'axis']) }, { type: 'null' }] }
    }),
    Operated: frame({ changed: { type: 'boolean', description: 'false: it was done already, nothing changed.' }, delivery: ref('Delivery') }),
    Word: OPERATION_BODIES.retry as Json,
    Redirection: OPERATION_BODIES.redirect as Json,
    Resending: OPERATION_BODIES.resend as Json,
    NewBatch: NEW_BATCH,
    Batch: frame({
      id: UUID, operation: NEW_BATCH.properties.operation, filter: { type: 'object' }, endpoint: { type: 'string' }, reason: { type: 'string' }, actor,
      state: { type: 'string', description: 'frozen: to be started.', enum: ['frozen', 'running', 'done', 'cancelled'] },
      createdAt: INSTANT, startedAt: INSTANT, startedBy: actor, finishedAt: INSTANT, cancelledBy: actor, total: { ...count, description: 'Deliveries of the frozen set.' },
      progress: frame({ done: count, skipped: count, failed: count, pending: count })
    }, ['endpoint', 'startedAt', 'startedBy', 'finishedAt', 'cancelledBy']),
    BatchPage: page('Batch'),
    BatchItem: frame({
      n: { type: 'integer', minimum: 1 }, deliveryId: UUID, packageId: UUID, frozen: { ...state as Json, description: 'Its state when the batch was made.' },
      outcome: { type: 'string', description: 'skipped: nothing was done, for the reason in problem.', enum: ['pending', 'done', 'skipped', 'failed'] }, problem, at: INSTANT
    }, ['problem', 'at']),
    BatchItems: page('BatchItem')
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
  const both = frame({ vi: { type: 'string' }, en: { type: 'string' } })
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
      traceId: { type: 'string', pattern: '^[0-9a-f]{32}$' },
      texts: { description: 'With the request header `Prefer: both-languages`: each text in both; `errors` in the order of the member above.', ...frame({ title: both, detail: both, errors: { type: 'array', items: both } }) }
    }, ['instance', 'texts'])
  }
}

/** What became of a package at each recipient. */
function recipientSchemas ({ id, to, agency, state, attempts, problem, settledAt, expiresAt, deliverBy, overdueAt }: Json): Record<string, Json> {
  const codes = (description: string): Json => ({ type: 'array', description, items: { type: 'string' } })
  const counts = { type: 'object', additionalProperties: { type: 'integer', minimum: 0 } }
  const business = { type: 'string', enum: [...BUSINESS_STATES] }
  return {
    Said: frame({
      at: INSTANT,
      packageId: UUID,
      code: { type: 'string', description: 'A status code, or the action of a document (revocation, update, replacement).' },
      fromAgency: { type: 'string', description: 'Main code of who said it.' },
      effect: {
        type: 'string',
        description: 'applied: it moved the document. All others are history only. repeated: known. regression: a step back. late: the document has come to its end. unasked: an answer to no question. informational: a code without a meaning of its own. undelivered: the question never reached the recipient.',
        enum: [...EFFECTS]
      },
      description: { type: 'string', description: 'Reason or note.' }
    }, ['description']),
    Business: frame({
      state: business,
      since: INSTANT,
      pending: frame({
        change: { type: 'string', description: 'What the sender asks: 13, revocation, update or replacement.', enum: [...CHANGES] },
        behind: { ...business, description: 'Where the document stands meanwhile.' },
        answerBy: { type: 'string', format: 'date', description: 'Last day for status 15 or 16.' },
        overdue: { type: 'boolean' }
      }),
      history: { type: 'array', items: ref('Said') }
    }, ['pending']),
    Recipient: frame({
      to, agency,
      delivery: frame({ id, state, attempts, problem, settledAt, expiresAt, deliverBy, overdueAt }, ['problem', 'settledAt', 'deliverBy', 'overdueAt']),
      business: { ...ref('Business'), description: 'Of a document.' }
    }, ['agency', 'business']),
    Recipients: frame({
      packageId: UUID,
      summary: frame({
        recipients: { type: 'integer', minimum: 0 },
        has: codes('Delivered, and not refused.'),
        refused: codes('Refused, by the system or by the clerk.'),
        waiting: codes('Still under way.'),
        failed: codes('Given up: dead, expired or cancelled.'),
        counts: frame({ delivery: counts, business: counts })
      }),
      items: { type: 'array', items: ref('Recipient') },
      others: { type: 'array', description: 'Statuses of agencies that are no recipient.', items: ref('Said') },
      truncated: { type: 'boolean', description: 'More was said about the document than one answer holds.' }
    })
  }
}
