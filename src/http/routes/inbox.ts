// /v1/inbox: for agencies that fetch. Peek with a lock, download, acknowledge or reject.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fault, HubError } from '../../errors.js'
import { text } from '../../model/text.js'
import type { Problem } from '../../model/problem.js'
import { callerOf, inboxAgenciesOf } from '../auth.js'
import type { HttpDependencies } from '../dependencies.js'
import { replyPayload } from '../payload.js'
import { DELIVERY_PARAMS, inboxQuery, NO_QUERY } from '../queries.js'
import { viewInboxItem } from '../views.js'

/** Why a recipient rejects. At least one character that is not a space. */
export const REJECTION = {
  type: 'object',
  additionalProperties: false,
  required: ['reason'],
  properties: { reason: { type: 'string', description: 'Told to the sender at once.', minLength: 1, maxLength: 2000, pattern: '\\S' } }
} as const

/** Routes of the inbox. The caller must be an agency; it reaches only deliveries to its own agencies. */
export function inboxRoutes ({ store, directory, payloads, clock, settings }: HttpDependencies) {
  type ById = FastifyRequest<{ Params: { deliveryId: string } }>

  function agenciesFor (request: FastifyRequest, code: string | undefined): readonly string[] {
    const own = inboxAgenciesOf(callerOf(request))
    if (code === undefined) return own
    const agency = directory.find(code, clock.now())?.code ?? code
    if (own.includes(agency)) return [agency]
    const detail = text(`Không được đọc hộp nhận của cơ quan ${code}.`, `The caller may not read the inbox of agency ${code}.`)
    throw new HubError('FORBIDDEN', detail, { errors: [fault('FORBIDDEN', '/query/agency', detail, { expected: own.join(' | '), found: code })] })
  }

  async function settle (request: ById, refusal?: Problem): Promise<void> {
    const caller = callerOf(request)
    const deliveryId = request.params.deliveryId.toLowerCase()
    const agencies = inboxAgenciesOf(caller)
    const result = await store.settleInbox({ deliveryId, agencies, at: clock.now(), actor: caller.id, ...(refusal === undefined ? {} : { refusal }) })
    if (result === 'not-found') throw notFound(deliveryId)
    if (result === 'not-available') throw notAvailable()
  }

  return async function registerInbox (app: FastifyInstance): Promise<void> {
    const querystring = inboxQuery({ usual: settings.inboxLockMs / 1000, most: settings.inboxMaxLockMs / 1000 })
    app.get<{ Querystring: { limit: number, lockSeconds: number, agency?: string } }>('/inbox', {
      schema: { operationId: 'peekInbox', querystring },
      exposeHeadRoute: false
    }, async request => {
      const { limit, lockSeconds, agency } = request.query
      const items = await store.peekInbox({ agencies: agenciesFor(request, agency), at: clock.now(), lockMs: lockSeconds * 1000, limit })
      return { items: items.map(viewInboxItem) }
    })

    app.get<{ Params: { deliveryId: string } }>('/inbox/:deliveryId/content', {
      schema: { operationId: 'readInboxContent', params: DELIVERY_PARAMS, querystring: NO_QUERY }
    }, async (request, reply) => {
      const deliveryId = request.params.deliveryId.toLowerCase()
      const found = await store.findInbox(deliveryId, inboxAgenciesOf(callerOf(request)))
      if (found === undefined) throw notFound(deliveryId)
      const { delivery, package: row } = found
      // After an acknowledgement whose answer was lost the bytes may still be fetched again.
      if (delivery.state !== 'available' && delivery.state !== 'delivered') throw notAvailable()
      const { mediaType, sha256, size } = delivery.sent ?? { ...row.original, mediaType: row.mediaType }
      return await replyPayload(request, reply, { payloads, package: row, ref: { sha256, size }, mediaType })
    })

    app.post<{ Params: { deliveryId: string } }>('/inbox/:deliveryId/ack', {
      schema: { operationId: 'acknowledgeDelivery', params: DELIVERY_PARAMS, querystring: NO_QUERY }
    }, async (request, reply) => {
      if (request.body !== undefined && !isEmptyObject(request.body)) throw unexpectedBody()
      await settle(request)
      return await reply.code(204).send()
    })

    app.post<{ Params: { deliveryId: string }, Body: { reason: string } }>('/inbox/:deliveryId/reject', {
      schema: { operationId: 'rejectDelivery', params: DELIVERY_PARAMS, querystring: NO_QUERY, body: REJECTION }
    }, async (request, reply) => {
      const { reason } = request.body
      await settle(request, { code: 'RECIPIENT_REFUSED', detail: text(reason, reason) })
      return await reply.code(204).send()
    })
  }
}

function isEmptyObject (value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
}

function unexpectedBody (): HubError {
  const detail = text('Lời xác nhận không có nội dung.', 'An acknowledgement has no content.')
  return new HubError('REQUEST_INVALID', detail, { errors: [fault('FIELD_UNKNOWN', '', detail, { expected: 'no body, or {}' })] })
}

function notFound (deliveryId: string): HubError {
  return new HubError('NOT_FOUND', text(`Hộp nhận không có gói tin ${deliveryId}.`, `There is no delivery ${deliveryId} in the inbox.`))
}

function notAvailable (): HubError {
  return new HubError('DELIVERY_NOT_AVAILABLE', text('Gói tin này không còn chờ nhận.', 'This delivery is not waiting to be fetched any more.'))
}
