// /v1/packages, reading: list, one package, its bytes, its history.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HubError } from '../../errors.js'
import type { DeliveryState, Envelope } from '../../model/generated.js'
import { text } from '../../model/text.js'
import type { PackageFilter, StoredPackage } from '../../ports/store.js'
import { findRecipients } from '../../pipeline/recipients.js'
import { callerOf, scopeOf } from '../auth.js'
import type { HttpDependencies } from '../dependencies.js'
import { languageOf } from '../language.js'
import { replyPayload } from '../payload.js'
import { agencyOf, ATTACHMENT_PARAMS, fromCursor, ID_PARAMS, instantOf, NO_QUERY, PACKAGE_KEY, PACKAGES_QUERY, SENT_PARAMS, SEQUENCE_KEY, TIMELINE_QUERY, toPage } from '../queries.js'
import { packageNotFound, seesAll, viewEvent, viewPackage, viewRecipients, viewSummary, sentOf, visibleDeliveries } from '../views.js'

interface ListQuery {
  kind?: Envelope['kind'], from?: string, to?: string, correlationId?: string, state?: DeliveryState
  acceptedFrom?: string, acceptedTo?: string, limit: number, cursor?: string
}

/** Reading what was handed in: callers see their own traffic, operators all. */
export function packageRoutes ({ store, directory, payloads, clock, calendar, settings }: HttpDependencies) {
  async function findVisible (request: FastifyRequest<{ Params: { id: string } }>): Promise<StoredPackage> {
    const id = request.params.id.toLowerCase()
    const found = await store.findPackage(id, scopeOf(callerOf(request)))
    if (found === undefined) throw packageNotFound(id)
    return found
  }

  /** A code that means no agency may still have been written: its deliveries were refused, and are looked for by it. */
  function recipientFilter (code: string, at: number): PackageFilter {
    const agency = directory.find(code, at)
    return agency === undefined ? { writtenTo: code } : { toAgency: agency.code }
  }

  function filterOf (query: ListQuery): PackageFilter {
    const { kind, from, to, correlationId, state, acceptedFrom, acceptedTo } = query
    const at = clock.now()
    return {
      ...(kind === undefined ? {} : { kind }),
      ...(from === undefined ? {} : { fromAgency: agencyOf(directory, { parameter: 'from', code: from, at }) }),
      ...(to === undefined ? {} : recipientFilter(to, at)),
      ...(correlationId === undefined ? {} : { correlationId }),
      ...(state === undefined ? {} : { state }),
      ...(acceptedFrom === undefined ? {} : { acceptedFrom: instantOf({ parameter: 'acceptedFrom', value: acceptedFrom }) }),
      ...(acceptedTo === undefined ? {} : { acceptedTo: instantOf({ parameter: 'acceptedTo', value: acceptedTo }) })
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

    app.get<{ Params: { id: string } }>('/packages/:id', {
      schema: { operationId: 'readPackage', params: ID_PARAMS, querystring: NO_QUERY }
    }, async request =>
      viewPackage(await findVisible(request), callerOf(request), languageOf(request)))

    app.get<{ Params: { id: string } }>('/packages/:id/recipients', {
      schema: { operationId: 'readRecipients', params: ID_PARAMS, querystring: NO_QUERY }
    }, async request => {
      const found = await findVisible(request)
      const caller = callerOf(request)
      const deliveries = visibleDeliveries(found, caller)
      const view = await findRecipients(found, { deliveries, at: clock.now() }, { store, directory, calendar, answerDays: settings.answerDays })
      // What agencies say that are no recipient is between them and the sender.
      return viewRecipients(found.id, seesAll(found, caller) ? view : { ...view, others: [] }, languageOf(request))
    })

    app.get<{ Params: { id: string } }>('/packages/:id/content', {
      schema: { operationId: 'readPackageContent', params: ID_PARAMS, querystring: NO_QUERY }
    }, async (request, reply) => {
      const found = await findVisible(request)
      return await replyPayload(request, reply, { payloads, package: found, ref: found.original, mediaType: found.mediaType })
    })

    app.get<{ Params: { id: string, n: number } }>('/packages/:id/attachments/:n', {
      schema: { operationId: 'readAttachment', params: ATTACHMENT_PARAMS, querystring: NO_QUERY }
    }, async (request, reply) => {
      const found = await findVisible(request)
      const { n } = request.params
      const file = found.attachments.find(attachment => attachment.n === n)
      if (file === undefined) throw new HubError('NOT_FOUND', text(`Gói tin không có tệp số ${n}.`, `The package has no file number ${n}.`))
      const { sha256, size, contentType, name } = file
      return await replyPayload(request, reply, { payloads, package: found, ref: { sha256, size }, mediaType: contentType, filename: name })
    })

    app.get<{ Params: { id: string, sha256: string } }>('/packages/:id/sent/:sha256', {
      schema: { operationId: 'readSent', params: SENT_PARAMS, querystring: NO_QUERY }
    }, async (request, reply) => {
      const found = await findVisible(request)
      const { sha256 } = request.params
      const sent = visibleDeliveries(found, callerOf(request)).flatMap(delivery => sentOf(delivery) ?? []).find(each => each.sha256 === sha256)
      if (sent === undefined) throw new HubError('NOT_FOUND', text('Không có nội dung nào như thế đã được gửi.', 'Nothing of that hash was sent.'))
      return await replyPayload(request, reply, { payloads, package: found, ref: sent, mediaType: sent.mediaType })
    })

    app.get<{ Params: { id: string }, Querystring: { limit: number, cursor?: string } }>('/packages/:id/timeline', {
      schema: { operationId: 'readTimeline', params: ID_PARAMS, querystring: TIMELINE_QUERY }
    }, async request => {
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
