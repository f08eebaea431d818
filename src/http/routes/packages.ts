// /v1/packages: hand in, try out, list, read.
import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Envelope } from '../../model/generated.js'
import { HubError } from '../../errors.js'
import type { DeliveryState } from '../../model/generated.js'
import { text } from '../../model/text.js'
import type { Arrival } from '../../pipeline/types.js'
import type { PackageFilter, StoredPackage } from '../../ports/store.js'
import { callerOf, scopeOf } from '../auth.js'
import { checkBodyHeaders, MAX_FORM_PARTS, openParts, PLAIN_TYPES } from '../body.js'
import type { HttpDependencies } from '../dependencies.js'
import { idempotencyKeyOf } from '../idempotency.js'
import { chooseLanguage } from '../language.js'
import { replyPayload } from '../payload.js'
import { agencyOf, ATTACHMENT_PARAMS, fromCursor, ID_PARAMS, NO_QUERY, PACKAGE_KEY, PACKAGES_QUERY, SEQUENCE_KEY, TIMELINE_QUERY, toPage } from '../queries.js'
import { packageNotFound, viewAccepted, viewEvent, viewPackage, viewPlan, viewSummary, visibleDeliveries } from '../views.js'

interface ListQuery {
  kind?: Envelope['kind'], from?: string, to?: string, correlationId?: string, state?: DeliveryState
  acceptedFrom?: string, acceptedTo?: string, limit: number, cursor?: string
}

/** Handing in and trying out: the only routes that take bodies unread. */
export function intakeRoutes ({ intake, settings }: HttpDependencies) {
  return async function registerIntake (app: FastifyInstance): Promise<void> {
    // The bytes are sacred: nothing may read them before the pipeline does.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser([...PLAIN_TYPES], (_request, _payload, done) => { done(null) })
    await app.register(multipart, { limits: { fileSize: Infinity, parts: MAX_FORM_PARTS } })
    const onRequest = checkBodyHeaders(settings.maxBodyBytes)

    function arrivalOf (request: FastifyRequest, reply: FastifyReply): Arrival {
      const idempotencyKey = idempotencyKeyOf(request.headers['idempotency-key'])
      const parts = openParts(request, reply, settings.maxBodyBytes)
      return { caller: callerOf(request), parts, traceId: request.id, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) }
    }

    app.post('/packages', { onRequest, schema: { operationId: 'acceptPackage', querystring: NO_QUERY } }, async (request, reply) => {
      const accepted = await intake.accept(arrivalOf(request, reply))
      void reply.code(202).header('location', `/v1/packages/${accepted.packageId}`)
      if (accepted.repeated) void reply.header('idempotent-replayed', 'true')
      return viewAccepted(accepted, languageOf(request))
    })

    app.post('/packages/validate', { onRequest, schema: { operationId: 'validatePackage', querystring: NO_QUERY } }, async (request, reply) =>
      viewPlan(await intake.plan(arrivalOf(request, reply)), languageOf(request)))
  }
}

/** Reading what was handed in: callers see their own traffic, operators all. */
export function packageRoutes ({ store, directory, payloads, clock }: HttpDependencies) {
  async function findVisible (request: FastifyRequest<{ Params: { id: string } }>): Promise<StoredPackage> {
    const id = request.params.id.toLowerCase()
    const found = await store.findPackage(id, scopeOf(callerOf(request)))
    if (found === undefined) throw packageNotFound(id)
    return found
  }

  function filterOf (query: ListQuery): PackageFilter {
    const { kind, from, to, correlationId, state, acceptedFrom, acceptedTo } = query
    const at = clock.now()
    return {
      ...(kind === undefined ? {} : { kind }),
      ...(from === undefined ? {} : { fromAgency: agencyOf(directory, { parameter: 'from', code: from, at }) }),
      ...(to === undefined ? {} : { toAgency: agencyOf(directory, { parameter: 'to', code: to, at }) }),
      ...(correlationId === undefined ? {} : { correlationId }),
      ...(state === undefined ? {} : { state }),
      ...(acceptedFrom === undefined ? {} : { acceptedFrom: Date.parse(acceptedFrom) }),
      ...(acceptedTo === undefined ? {} : { acceptedTo: Date.parse(acceptedTo) })
    }
  }

  return async function registerPackages (app: FastifyInstance): Promise<void> {
    app.get<{ Querystring: ListQuery }>('/packages', { schema: { operationId: 'listPackages', querystring: PACKAGES_QUERY } }, async request => {
      const { limit, cursor } = request.query
      const after = fromCursor(cursor, PACKAGE_KEY)
      const caller = callerOf(request)
      const found = await store.listPackages(filterOf(request.query), { limit: limit + 1, ...(after === undefined ? {} : { after }) }, scopeOf(caller))
      const { rows, ...next } = toPage(found, { limit, keyOf: row => row.id })
      return { items: rows.map(row => viewSummary(row, caller, languageOf(request))), ...next }
    })

    app.get<{ Params: { id: string } }>('/packages/:id', { schema: { operationId: 'readPackage', params: ID_PARAMS, querystring: NO_QUERY } }, async request =>
      viewPackage(await findVisible(request), callerOf(request), languageOf(request)))

    app.get<{ Params: { id: string } }>('/packages/:id/content', { schema: { operationId: 'readPackageContent', params: ID_PARAMS, querystring: NO_QUERY } }, async (request, reply) => {
      const { id, original, mediaType } = await findVisible(request)
      return await replyPayload(request, reply, { payloads, packageId: id, ref: original, mediaType })
    })

    app.get<{ Params: { id: string, n: number } }>('/packages/:id/attachments/:n', { schema: { operationId: 'readAttachment', params: ATTACHMENT_PARAMS, querystring: NO_QUERY } }, async (request, reply) => {
      const { id, attachments } = await findVisible(request)
      const { n } = request.params
      const file = attachments.find(attachment => attachment.n === n)
      if (file === undefined) throw new HubError('NOT_FOUND', text(`Gói tin không có tệp số ${n}.`, `The package has no file number ${n}.`))
      const { sha256, size, contentType, name } = file
      return await replyPayload(request, reply, { payloads, packageId: id, ref: { sha256, size }, mediaType: contentType, filename: name })
    })

    app.get<{ Params: { id: string }, Querystring: { limit: number, cursor?: string } }>('/packages/:id/timeline', { schema: { operationId: 'readTimeline', params: ID_PARAMS, querystring: TIMELINE_QUERY } }, async request => {
      const { limit, cursor } = request.query
      const after = fromCursor(cursor, SEQUENCE_KEY)
      const found = await findVisible(request)
      const visible = new Set(visibleDeliveries(found, callerOf(request)).map(({ id }) => id))
      const events = await store.events(found.id, { limit: limit + 1, ...(after === undefined ? {} : { afterSeq: Number(after) }) })
      const { rows, ...next } = toPage(events, { limit, keyOf: event => String(event.seq) })
      const items = rows.filter(({ deliveryId }) => deliveryId === undefined || visible.has(deliveryId))
      return { items: items.map(event => viewEvent(event, languageOf(request))), ...next }
    })
  }
}

function languageOf (request: FastifyRequest): ReturnType<typeof chooseLanguage> {
  return chooseLanguage(request.headers['accept-language'])
}
