// In-memory doubles of what operators use behind the HTTP door: one dead delivery, one batch, some endpoints, and what was asked.
import { HubError } from '../../src/errors.js'
import type { ApiStore } from '../../src/http/dependencies.js'
import { text } from '../../src/model/text.js'
import { CLOSED } from '../../src/model/circuit.js'
import type { EndpointState } from '../../src/model/endpoint-state.js'
import type { Operations } from '../../src/pipeline/operate.js'
import { createOversight, type OversightOptions, type Oversight } from '../../src/pipeline/oversight.js'
import type { Endpoint } from '../../src/ports/directory.js'
import type { Batch, DeliveryFilter } from '../../src/ports/operating.js'
import type { StoredPackage } from '../../src/ports/store.js'

export const BATCH_ID = '0199f0a1-8000-7d42-9a51-3f6f1c2b4d5e'

/** What was asked, in its order. */
export interface Asked { filters: DeliveryFilter[], words: object[] }

export function createOperatorDoubles ({ deliveries, ...row }: StoredPackage, { at, asked }: { at: number, asked: Asked }): { operations: Operations, store: Pick<ApiStore, 'listDeliveries' | 'findDelivery' | 'causes' | 'counts' | 'startBatch' | 'cancelBatch' | 'findBatch' | 'listBatches' | 'batchItems' | 'listActions'> } {
  const items = deliveries.map(delivery => ({ delivery, package: row }))
  const batch: Batch = {
    id: BATCH_ID, operation: 'retry', filter: { state: 'dead', acceptedFrom: at }, reason: 'r', actor: 'operator:one', state: 'running', createdAt: at, startedAt: at,
    startedBy: 'operator:one', total: 3, outcomes: { done: 1, skipped: 1, failed: 0 }
  }
  const find = async (id: string): Promise<Batch | undefined> => id === BATCH_ID ? batch : undefined
  return {
    store: {
      listDeliveries: async (filter, { limit, after }) => {
        asked.filters.push(filter)
        const rest = after === undefined ? items : items.slice(1)
        const last = rest[limit - 1]
        return { items: rest.slice(0, limit), ...(rest.length > limit && last !== undefined ? { next: { packageId: row.id, id: last.delivery.id } } : {}) }
      },
      findDelivery: async id => items.find(({ delivery }) => delivery.id === id),
      causes: async () => [{ state: 'dead', endpoint: 'e', code: 'ATTEMPTS_EXHAUSTED', count: 2, firstAt: at, lastAt: at, sampleId: deliveries[0]?.id ?? '' }, { state: 'held', code: 'VENDOR_CODE', count: 1 }],
      counts: async () => [{ endpoint: 'e', axis: 'commune', state: 'dead', count: 2 }, { endpoint: 'e', axis: 'commune', state: 'underway', count: 3 }, { state: 'refused', count: 1 }],
      findBatch: find,
      startBatch: async ({ id, actor }) => { asked.words.push({ start: id, actor }); return await find(id) },
      cancelBatch: async ({ id, actor }) => { asked.words.push({ cancel: id, actor }); return await find(id) },
      listActions: async ({ subject }, { limit, before = 3 }) => [2, 1].filter(id => id < before).slice(0, limit)
        .map(id => ({ id, at, actor: 'operator:one', action: 'endpoint.paused', subject: subject ?? 'endpoint:e', reason: 'r', detail: {} })),
      listBatches: async () => [batch],
      batchItems: async () => [{ n: 1, deliveryId: deliveries[0]?.id ?? '', packageId: row.id, frozen: 'dead', outcome: 'skipped', problem: { code: 'OPERATION_NOT_POSSIBLE', detail: text('Không', 'No') }, at }, { n: 2, deliveryId: deliveries[0]?.id ?? '', packageId: row.id, frozen: 'dead' }]
    },
    operations: {
      operate: async wish => {
        asked.words.push(wish)
        const [delivery] = deliveries
        if (wish.deliveryId !== delivery?.id) throw new HubError('NOT_FOUND', text('Không có.', 'There is none.'))
        return { delivery, changed: true, claims: [] }
      },
      createBatch: async wish => { asked.words.push(wish); return { ...batch, state: 'frozen', outcomes: { done: 0, skipped: 0, failed: 0 } } }
    }
  }
}

const ENDPOINT: Endpoint = {
  id: 'e', axis: 'commune', adapter: 'inbox', format: 'original', concurrency: 4, timeoutMs: 1000, rateLimit: { perSecond: 2, burst: 1 },
  maintenance: [{ days: ['sun'], from: '01:00', to: '02:00' }], settings: { secret: 'top-secret-value' }
}

/**
 * The real overview on a store of its own: `e` can be paused, `failing` has an open circuit, `gone` has left the configuration.
 * `change` overrides the store.
 */
export function createOversightDouble ({ at, asked, log, change = same => same }: { at: number, asked: Asked, log: OversightOptions['log'], change?: (store: OversightOptions['store']) => OversightOptions['store'] }): Oversight {
  const problem = { code: 'ENDPOINT_TIMEOUT', detail: text('Không kịp', 'Too late') }
  const pauses = new Map<string, NonNullable<EndpointState['pause']>>()
  const store: OversightOptions['store'] = {
    endpointStates: async () => [
      { endpoint: 'failing', circuit: { state: 'open', since: at - 10, openMs: 20, openUntil: at + 10, problem }, version: 1 },
      ...[...pauses].map(([endpoint, pause]) => ({ endpoint, circuit: CLOSED, version: 0, pause }))
    ],
    counts: async () => [{ endpoint: 'e', axis: 'commune', state: 'dead', count: 2 }, { endpoint: 'e', axis: 'province', state: 'dead', count: 1 }, { endpoint: 'gone', axis: 'district', state: 'underway', count: 1 }, { state: 'refused', count: 1 }],
    oldestUndelivered: async endpoints => endpoints.includes('gone') ? [{ endpoint: 'gone', deliveryId: '0199f0a1-7c3f-7b11-8e20-6a9d0c4f7e21', acceptedAt: at - 90_500 }] : [],
    pauseEndpoint: async (endpoint, pause) => {
      if (pauses.has(endpoint)) return false
      asked.words.push({ pause: endpoint, ...pause })
      pauses.set(endpoint, pause)
      return true
    },
    resumeEndpoint: async (endpoint, word) => {
      asked.words.push({ resume: endpoint, ...word })
      return pauses.delete(endpoint)
    }
  }
  return createOversight({ store: change(store), directory: { endpoints: () => [ENDPOINT, { ...ENDPOINT, id: 'failing' }] }, clock: { now: () => at }, log })
}
