// /v1/agencies: who exists, under which codes, and who follows a closed agency.
import type { FastifyInstance } from 'fastify'
import { fault, HubError } from '../../errors.js'
import type { Axis } from '../../model/generated.js'
import { text } from '../../model/text.js'
import type { HttpDependencies } from '../dependencies.js'
import { AGENCIES_QUERY, CODE_KEY, CODE_PARAMS, fromCursor, NO_QUERY, toPage } from '../queries.js'

interface ListQuery { query?: string, axis?: Axis, limit: number, cursor?: string }

/** Routes of the directory; every authenticated caller may read it. */
export function agencyRoutes ({ directory, clock }: HttpDependencies) {
  // The directory knows how it read a code (order, scheme, succession); that is what helps a caller who mistyped one.
  function notFound (code: string, at: number): HubError {
    const { reasons, ...resolution } = directory.resolve(code, { kind: 'document', at })
    const understood = reasons.map(({ detail }) => detail)
    const problem = resolution.kind === 'refused' ? [resolution.problem.detail] : []
    const sentences = [text(`Danh mục không có mã cơ quan ${code}.`, `The directory has no agency code ${code}.`), ...understood, ...problem]
    const detail = text(sentences.map(({ vi }) => vi).join(' '), sentences.map(({ en }) => en).join(' '))
    return new HubError('NOT_FOUND', detail, { errors: [fault('NOT_FOUND', '/params/code', detail, { found: code })] })
  }

  return async function registerAgencies (app: FastifyInstance): Promise<void> {
    app.get<{ Querystring: ListQuery }>('/agencies', {
      schema: { operationId: 'listAgencies', querystring: AGENCIES_QUERY }
    }, async request => {
      const { limit, cursor, query, axis } = request.query
      const after = fromCursor(cursor, CODE_KEY)
      const found = directory.list({
        limit: limit + 1,
        at: clock.now(),
        ...(after === undefined ? {} : { after }),
        ...(query === undefined ? {} : { query }),
        ...(axis === undefined ? {} : { axis })
      })
      const { rows, ...next } = toPage(found, { limit, keyOf: agency => agency.code })
      return { items: rows, ...next }
    })

    app.get<{ Params: { code: string } }>('/agencies/:code', {
      schema: { operationId: 'readAgency', params: CODE_PARAMS, querystring: NO_QUERY }
    }, async request => {
      const at = clock.now()
      const view = directory.view(request.params.code, at)
      if (view === undefined) throw notFound(request.params.code, at)
      return view
    })
  }
}
