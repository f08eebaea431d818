// /v1/batches: one operation on many deliveries. Made, it tells how many; started, it runs; every item tells its outcome.
import type { FastifyInstance } from 'fastify'
import { fault, HubError } from '../../errors.js'
import type { DeliveryState } from '../../model/generated.js'
import { BATCH_OPERATIONS, type BatchOperation, type ItemOutcome } from '../../model/operation.js'
import { text } from '../../model/text.js'
import type { Batch } from '../../ports/operating.js'
import { operatorOf } from '../auth.js'
import type { HttpDependencies } from '../dependencies.js'
import { languageOf } from '../language.js'
import { viewBatch, viewBatchItem } from '../operator-views.js'
import { BATCH_FILTER, BATCH_ITEMS_QUERY, BATCHES_QUERY, fromCursor, ID_PARAMS, NO_QUERY, PACKAGE_KEY, SEQUENCE_KEY, toPage } from '../queries.js'
import { filterOf, REASON, type FilterQuery } from './deliveries.js'

/** A batch that is asked for. */
export const NEW_BATCH = {
  type: 'object',
  additionalProperties: false,
  required: ['operation', 'filter', 'reason'],
  properties: {
    operation: { type: 'string', description: 'Done to each delivery.', enum: [...BATCH_OPERATIONS] },
    filter: { ...BATCH_FILTER, description: 'Deliveries of one state; the other parts narrow them down.' },
    reason: REASON,
    endpoint: { type: 'string', description: 'redirect only: endpoint that gets them instead.', minLength: 1, maxLength: 100 }
  }
} as const

interface Wish { operation: BatchOperation, filter: FilterQuery & { state: DeliveryState }, reason: string, endpoint?: string }
interface ById { Params: { id: string } }

/** Routes of operators on batches. */
export function batchRoutes ({ store, operations, directory, clock }: HttpDependencies) {
  return async function registerBatches (app: FastifyInstance): Promise<void> {
    app.post<{ Body: Wish }>('/batches', { schema: { operationId: 'createBatch', querystring: NO_QUERY, body: NEW_BATCH } }, async (request, reply) => {
      const { id: actor } = operatorOf(request)
      const { operation, filter, reason, endpoint } = request.body
      if ((operation === 'redirect') !== (endpoint !== undefined)) throw misplacedEndpoint(operation)
      const batch = await operations.createBatch({
        operation, actor, reason: reason.trim(), filter: { ...filterOf(filter, { directory, at: clock.now() }), state: filter.state }, ...(endpoint === undefined ? {} : { endpoint })
      })
      return await reply.code(201).header('location', `/v1/batches/${batch.id}`).send(viewBatch(batch))
    })

    app.get<{ Querystring: { limit: number, cursor?: string } }>('/batches', { schema: { operationId: 'listBatches', querystring: BATCHES_QUERY } }, async request => {
      operatorOf(request)
      const { limit, cursor } = request.query
      const after = fromCursor(cursor, PACKAGE_KEY)
      const { rows, ...next } = toPage(await store.listBatches({ limit: limit + 1, ...(after === undefined ? {} : { after }) }), { limit, keyOf: ({ id }) => id })
      return { items: rows.map(viewBatch), ...next }
    })

    app.get<ById>('/batches/:id', { schema: { operationId: 'readBatch', params: ID_PARAMS, querystring: NO_QUERY } }, async request => {
      operatorOf(request)
      return viewBatch(found(await store.findBatch(request.params.id), request.params.id))
    })

    app.get<ById & { Querystring: { limit: number, cursor?: string, outcome?: ItemOutcome | 'pending' } }>('/batches/:id/items', {
      schema: { operationId: 'listBatchItems', params: ID_PARAMS, querystring: BATCH_ITEMS_QUERY }
    }, async request => {
      operatorOf(request)
      const { id } = request.params
      const { limit, cursor, outcome } = request.query
      const after = fromCursor(cursor, SEQUENCE_KEY)
      found(await store.findBatch(id), id)
      const items = await store.batchItems(id, { limit: limit + 1, ...(after === undefined ? {} : { after: Number(after) }), ...(outcome === undefined ? {} : { outcome }) })
      const { rows, ...next } = toPage(items, { limit, keyOf: ({ n }) => String(n) })
      return { items: rows.map(item => viewBatchItem(item, languageOf(request))), ...next }
    })

    for (const [verb, change] of [['start', store.startBatch], ['cancel', store.cancelBatch]] as const) {
      app.post<ById>(`/batches/:id/${verb}`, { schema: { operationId: `${verb}Batch`, params: ID_PARAMS, querystring: NO_QUERY } }, async request => {
        const { id: actor } = operatorOf(request)
        const { id } = request.params
        return viewBatch(found(await change({ id, at: clock.now(), actor }), id))
      })
    }
  }
}

function found (batch: Batch | undefined, id: string): Batch {
  if (batch === undefined) throw new HubError('NOT_FOUND', text(`Không có lô xử lý ${id}.`, `There is no batch ${id}.`))
  return batch
}

function misplacedEndpoint (operation: BatchOperation): HubError {
  const detail = operation === 'redirect'
    ? text('Cần "endpoint": điểm kết nối sẽ nhận thay.', 'An "endpoint" is needed: where they go instead.')
    : text('"endpoint" chỉ dùng cho thao tác redirect; để lọc theo điểm kết nối, hãy ghi trong "filter".', '"endpoint" belongs to redirect; to select by endpoint, write it into "filter".')
  return new HubError('REQUEST_INVALID', detail, { errors: [fault(operation === 'redirect' ? 'FIELD_MISSING' : 'FIELD_UNKNOWN', '/endpoint', detail)] })
}
