// /v1/services and /v1/service-calls: questions to outside systems, and who asked what for which dossier.
import type { FastifyInstance } from 'fastify'
import type { ServiceCallRecord } from '../../model/service-call.js'
import type { ServiceCallFilter } from '../../ports/service-store.js'
import { callerOf, scopeOf } from '../auth.js'
import type { HttpDependencies } from '../dependencies.js'
import { languageOf } from '../language.js'
import { agencyOf, fromCursor, instantOf, NO_QUERY, PACKAGE_KEY, SERVICE_CALLS_QUERY, SERVICE_PARAMS, toPage } from '../queries.js'
import { iso } from '../views.js'

interface ListQuery { service?: string, agency?: string, dossier?: string, from?: string, to?: string, limit: number, cursor?: string }

/** Routes of services. The body is checked where the operation is known. */
export function serviceRoutes ({ services, store, directory, clock }: HttpDependencies) {
  return async function registerServices (app: FastifyInstance): Promise<void> {
    app.get('/services', { schema: { operationId: 'listServices', querystring: NO_QUERY } }, async request =>
      // The question's schema is passed on as it is: nothing in it is for this reader's language.
      ({ items: services.list(callerOf(request)).map(({ title, ...offer }) => ({ ...offer, title: title[languageOf(request)] })) }))

    app.post<{ Params: { service: string } }>('/services/:service', {
      schema: { operationId: 'callService', params: SERVICE_PARAMS, querystring: NO_QUERY }
    }, async request => {
      const { answeredAt, ...answer } = await services.call(callerOf(request), { service: request.params.service, body: request.body, traceId: request.id })
      return { ...answer, answeredAt: iso(answeredAt) }
    })

    app.get<{ Querystring: ListQuery }>('/service-calls', { schema: { operationId: 'listServiceCalls', querystring: SERVICE_CALLS_QUERY } }, async request => {
      const { agency, from, to, limit, cursor, ...same } = request.query
      const before = fromCursor(cursor, PACKAGE_KEY)
      const filter: ServiceCallFilter = {
        ...same,
        ...(agency === undefined ? {} : { agency: agencyOf(directory, { parameter: 'agency', code: agency, at: clock.now() }) }),
        ...(from === undefined ? {} : { from: instantOf({ parameter: 'from', value: from }) }),
        ...(to === undefined ? {} : { to: instantOf({ parameter: 'to', value: to }) })
      }
      const found = await store.listServiceCalls(filter, { limit: limit + 1, ...(before === undefined ? {} : { before }) }, scopeOf(callerOf(request)))
      const { rows, ...next } = toPage(found, { limit, keyOf: ({ id }) => id })
      return { items: rows.map(viewCall), ...next }
    })
  }
}

function viewCall ({ id: requestId, requestedAt, settledAt, ...same }: ServiceCallRecord): object {
  return { requestId, ...same, requestedAt: iso(requestedAt), ...(settledAt === undefined ? {} : { settledAt: iso(settledAt) }) }
}
