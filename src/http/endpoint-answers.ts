// The schemas of what operators see of endpoints, and of what they did with them.
import { ENDPOINT_CONDITIONS } from '../model/endpoint-state.js'
import { SCHEMAS } from '../schema.js'
import { ref } from './components.js'
import { frame, INSTANT, page, UUID, type Json } from './frames.js'
import { ENDPOINT_WORD } from './routes/endpoints.js'

/** All of them by name; `counts` is the schema of numbers by state. */
export function endpointSchemas ({ axis, adapter, format, problem }: Json, counts: Json): Record<string, Json> {
  const text = { type: 'string' }
  const actor = { type: 'string', description: 'The operator, client:ID.' }
  const whole = { type: 'integer', minimum: 0 }
  const { endpoint: { properties: { maintenance, concurrency } }, rateLimit } = SCHEMAS.config.$defs
  return {
    EndpointWord: ENDPOINT_WORD,
    Endpoint: frame({
      id: text,
      configured: { type: 'boolean', description: 'false: the configuration of this process does not know it; what waits for it rests until it does.' },
      axis, adapter, format,
      state: {
        type: 'string',
        description: 'working: deliveries are attempted. failing: its circuit is open, nothing is attempted before it answers a probe. recovering: it answered one. paused, maintenance, unconfigured: nothing is attempted.',
        enum: [...ENDPOINT_CONDITIONS]
      },
      until: { ...INSTANT, description: 'When the maintenance ends; when one that fails is probed next.' },
      reason: { type: 'string', description: 'Why nothing is attempted.' },
      pause: frame({ actor, reason: text, at: INSTANT }),
      circuit: frame({
        state: { type: 'string', enum: ['closed', 'open', 'half-open'] }, since: INSTANT, openUntil: INSTANT, problem: { ...problem as Json, description: 'The failure that opened it.' }
      }, ['since', 'openUntil', 'problem']),
      counts: { description: 'underway: queued, active or deferred. A state that no delivery is in is absent. null: not known now; never 0.', oneOf: [counts, { type: 'null' }] },
      oldest: {
        description: 'The delivery that is not settled for longest. Absent: all are settled. null: not known now.',
        oneOf: [frame({ deliveryId: UUID, acceptedAt: INSTANT, ageSeconds: whole }), { type: 'null' }]
      },
      concurrency: { type: 'integer', minimum: 1, description: concurrency.description },
      rateLimit: { description: rateLimit.description, ...frame({ perSecond: { type: 'number' }, burst: whole }) },
      maintenance: { type: 'array', description: maintenance.description, items: frame({ days: { type: 'array', items: text }, from: text, to: text }, ['days']) }
    }, ['axis', 'adapter', 'format', 'until', 'reason', 'pause', 'oldest', 'concurrency', 'rateLimit', 'maintenance']),
    Endpoints: frame({ items: { type: 'array', items: ref('Endpoint') } }),
    OperatorAction: frame({
      id: whole, at: INSTANT, actor,
      action: { type: 'string', enum: ['endpoint.paused', 'endpoint.resumed', 'batch.started', 'batch.cancelled'] },
      subject: { type: 'string', description: 'endpoint:ID or batch:ID.' }, reason: { type: 'string', description: 'Of a batch: what it was made for.' }, detail: { type: 'object' }
    }, ['reason']),
    OperatorActionPage: page('OperatorAction')
  }
}
