// /v1/endpoints and /v1/operator-actions: for operators. How each endpoint does and what waits for it, pausing it, and who did what.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { operatorOf } from '../auth.js'
import type { HttpDependencies } from '../dependencies.js'
import { languageOf } from '../language.js'
import { viewAction, viewEndpoint } from '../operator-views.js'
import { ACTIONS_QUERY, ENDPOINT_PARAMS, fromCursor, NO_QUERY, SEQUENCE_KEY, toPage } from '../queries.js'

/** Why an endpoint is paused or resumed. */
export const ENDPOINT_WORD = {
  type: 'object',
  additionalProperties: false,
  required: ['reason'],
  properties: { reason: { type: 'string', description: 'Why; recorded with who, and told with every delivery that rests.', minLength: 1, maxLength: 500, pattern: '\\S' } }
} as const

interface ById { Params: { endpoint: string } }

/** Routes of operators on endpoints. */
export function endpointRoutes ({ store, oversight, clock }: HttpDependencies) {
  return async function registerEndpoints (app: FastifyInstance): Promise<void> {
    app.get('/endpoints', { schema: { operationId: 'listEndpoints', querystring: NO_QUERY } }, async request => {
      operatorOf(request)
      return { items: (await oversight.endpoints()).map(report => viewEndpoint(report, { language: languageOf(request), at: clock.now() })) }
    })

    app.get<ById>('/endpoints/:endpoint', { schema: { operationId: 'readEndpoint', params: ENDPOINT_PARAMS, querystring: NO_QUERY } }, async request => {
      operatorOf(request)
      return viewEndpoint(await oversight.endpoint(request.params.endpoint), { language: languageOf(request), at: clock.now() })
    })

    for (const verb of ['pause', 'resume'] as const) {
      app.post<ById & { Body: { reason: string } }>(`/endpoints/:endpoint/${verb}`, {
        schema: { operationId: `${verb}Endpoint`, params: ENDPOINT_PARAMS, querystring: NO_QUERY, body: ENDPOINT_WORD }
      }, async request => await say(request, verb))
    }

    async function say (request: FastifyRequest<ById & { Body: { reason: string } }>, verb: 'pause' | 'resume'): Promise<object> {
      const { id: actor } = operatorOf(request)
      const report = await oversight[verb]({ endpoint: request.params.endpoint, actor, reason: request.body.reason.trim() })
      return viewEndpoint(report, { language: languageOf(request), at: clock.now() })
    }

    app.get<{ Querystring: { subject?: string, limit: number, cursor?: string } }>('/operator-actions', {
      schema: { operationId: 'listOperatorActions', querystring: ACTIONS_QUERY }
    }, async request => {
      operatorOf(request)
      const { subject, limit, cursor } = request.query
      const before = fromCursor(cursor, SEQUENCE_KEY)
      const found = await store.listActions(subject === undefined ? {} : { subject }, { limit: limit + 1, ...(before === undefined ? {} : { before: Number(before) }) })
      const { rows, ...next } = toPage(found, { limit, keyOf: ({ id }) => String(id) })
      return { items: rows.map(viewAction), ...next }
    })
  }
}
