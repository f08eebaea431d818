// /v1/deliveries and /v1/counts: for operators. What there is, what went wrong and why, and every action on one delivery.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fault, HubError } from '../../errors.js'
import type { Axis, DeliveryState, Envelope } from '../../model/generated.js'
import { OPERATIONS, type Operation } from '../../model/operation.js'
import { text } from '../../model/text.js'
import type { Directory } from '../../ports/directory.js'
import type { DeliveryFilter } from '../../ports/operating.js'
import { operatorOf } from '../auth.js'
import type { HttpDependencies } from '../dependencies.js'
import { languageOf } from '../language.js'
import { viewCause, viewCounts, viewOperated } from '../operator-views.js'
import { agencyOf, DELIVERIES_QUERY, DELIVERY_PARAMS, fromCursor, instantOf, NO_QUERY, POSITION_KEY, toCursor } from '../queries.js'
import { iso, viewDelivery } from '../views.js'

/** Why an operator does it: recorded, and seen by the sender. */
export const REASON = { type: 'string', description: 'Why; recorded with who, and seen by the sender.', minLength: 1, maxLength: 500, pattern: '\\S' } as const
const WORD = { type: 'object', additionalProperties: false, required: ['reason'], properties: { reason: REASON } } as const
const ENDPOINT = { type: 'string', description: 'Endpoint that gets it instead.', minLength: 1, maxLength: 100 } as const

/** The body of each action. */
export const OPERATION_BODIES: Readonly<Record<Operation, object>> = {
  retry: WORD,
  cancel: WORD,
  hold: WORD,
  release: WORD,
  redirect: { ...WORD, required: ['reason', 'endpoint'], properties: { reason: REASON, endpoint: ENDPOINT } },
  resend: { ...WORD, properties: { reason: REASON, acceptDuplicate: { type: 'boolean', description: 'Must be true: the recipient gets the package a second time, under another key.' } } }
}

/** A filter as callers write it. */
export interface FilterQuery {
  state?: DeliveryState, endpoint?: string, agency?: string, axis?: Axis, adapter?: string, code?: string, kind?: Envelope['kind'], priority?: number
  correlationId?: string, acceptedFrom?: string, acceptedTo?: string, settledFrom?: string, settledTo?: string
}

/** The same for the store: main codes, epoch ms. */
export function filterOf ({ agency, acceptedFrom, acceptedTo, settledFrom, settledTo, ...same }: FilterQuery, { directory, at }: { directory: Directory, at: number }): DeliveryFilter {
  const instants = Object.entries({ acceptedFrom, acceptedTo, settledFrom, settledTo })
    .flatMap(([parameter, value]) => value === undefined ? [] : [[parameter, instantOf({ parameter, value })]])
  return { ...same, ...(agency === undefined ? {} : { agency: agencyOf(directory, { parameter: 'agency', code: agency, at }) }), ...Object.fromEntries(instants) as DeliveryFilter }
}

interface Body { reason: string, endpoint?: string, acceptDuplicate?: boolean }
type Asked = FastifyRequest<{ Params: { deliveryId: string }, Body: Body }>

/** Routes of operators on deliveries. */
export function deliveryRoutes ({ store, operations, directory, clock, log }: HttpDependencies) {
  return async function registerDeliveries (app: FastifyInstance): Promise<void> {
    app.get<{ Querystring: FilterQuery & { limit: number, cursor?: string } }>('/deliveries', {
      schema: { operationId: 'listDeliveries', querystring: DELIVERIES_QUERY }
    }, async request => {
      operatorOf(request)
      const { limit, cursor, ...query } = request.query
      const [packageId = '', id = ''] = fromCursor(cursor, POSITION_KEY)?.split('/') ?? []
      const { items, next } = await store.listDeliveries(filterOf(query, { directory, at: clock.now() }), { limit, ...(cursor === undefined ? {} : { after: { packageId, id } }) })
      return { items: items.map(each => viewOperated(each, languageOf(request))), ...(next === undefined ? {} : { nextCursor: toCursor(`${next.packageId}/${next.id}`) }) }
    })

    app.get('/deliveries/causes', { schema: { operationId: 'listCauses', querystring: NO_QUERY } }, async request => {
      operatorOf(request)
      return { items: (await store.causes()).map(cause => viewCause(cause, languageOf(request))) }
    })

    app.get<{ Params: { deliveryId: string } }>('/deliveries/:deliveryId', {
      schema: { operationId: 'readDelivery', params: DELIVERY_PARAMS, querystring: NO_QUERY }
    }, async request => {
      operatorOf(request)
      const deliveryId = request.params.deliveryId.toLowerCase()
      const found = await store.findDelivery(deliveryId)
      if (found === undefined) throw new HubError('NOT_FOUND', text(`Không có lượt chuyển ${deliveryId}.`, `There is no delivery ${deliveryId}.`))
      return viewOperated(found, languageOf(request))
    })

    app.get('/counts', { schema: { operationId: 'readCounts', querystring: NO_QUERY } }, async request => {
      operatorOf(request)
      const at = iso(clock.now())
      try {
        return { at, ...viewCounts(await store.counts()) }
      } catch (error) {
        // What is not known is not zero.
        log.warn({ err: error }, 'counts.unknown')
        return { at, total: null, items: null }
      }
    })

    async function act (request: Asked, operation: Operation): Promise<object> {
      const { id: actor } = operatorOf(request)
      const { reason, endpoint, acceptDuplicate } = request.body
      if (operation === 'resend' && acceptDuplicate !== true) throw unaccepted()
      const { delivery, changed } = await operations.operate({
        deliveryId: request.params.deliveryId.toLowerCase(), operation, actor, reason: reason.trim(), ...(endpoint === undefined ? {} : { endpoint })
      })
      return { changed, delivery: viewDelivery(delivery, languageOf(request)) }
    }

    for (const operation of OPERATIONS) {
      app.post<{ Params: { deliveryId: string }, Body: Body }>(`/deliveries/:deliveryId/${operation}`, {
        schema: { operationId: `${operation}Delivery`, params: DELIVERY_PARAMS, querystring: NO_QUERY, body: OPERATION_BODIES[operation] }
      }, async request => await act(request, operation))
    }
  }
}

function unaccepted (): HubError {
  const detail = text('Nơi nhận đã có gói tin này và sẽ nhận thêm một lần nữa. Nếu đúng ý muốn, hãy gửi kèm "acceptDuplicate": true.', 'The recipient has this package and will get it a second time. If that is meant, send "acceptDuplicate": true.')
  return new HubError('DUPLICATE_NOT_ACCEPTED', detail, { errors: [fault('DUPLICATE_NOT_ACCEPTED', '/acceptDuplicate', detail, { expected: 'true' })] })
}
