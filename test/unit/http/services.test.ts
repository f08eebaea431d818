// The routes of services, through app.inject on doubles: who may read what, and every answer has the shape that OpenAPI promises.
import t from 'tap'
import type { ServiceCallRecord } from '../../../src/model/service-call.js'
import { createAjv } from '../../../src/schema.js'
import { AT, createHttpDouble, ID, type Double } from '../../support/http-doubles.js'

const CALL: ServiceCallRecord = {
  id: ID, service: 's', operation: 'o', endpoint: 'e', client: 'client:sender', agency: 'H36.11', officer: { id: 'CB', unit: 'U' }, purpose: { code: 'P', text: 'x' }, dossier: 'd',
  state: 'unavailable', code: 'ENDPOINT_TIMEOUT', requestedAt: AT, settledAt: AT + 5, durationMs: 5, traceId: 'a'.repeat(32)
}

async function ask ({ app }: Double, url: string, as = 'sender', body?: object): Promise<{ status: number, json: Record<string, any> }> {
  const answer = await app.inject({ method: body === undefined ? 'GET' : 'POST', url, headers: { authorization: `Bearer ${as}` }, ...(body === undefined ? {} : { payload: body }) })
  return { status: answer.statusCode, json: answer.json() }
}

const OPEN: ServiceCallRecord = { ...CALL, state: 'requested' }
const double = await createHttpDouble(dependencies => ({ ...dependencies, store: { ...dependencies.store, listServiceCalls: async (...given) => { double.filters.push(given); return [CALL, OPEN].slice(0, given[1].limit) } } }))
t.teardown(async () => { await double.app.close() })

t.test('every answer has the shape that OpenAPI promises', async t => {
  const ajv = createAjv()
  ajv.opts.strictSchema = false
  ajv.addSchema((await ask(double, '/openapi.json')).json, 'openapi.json', false, false)
  const valid = (schema: string, value: unknown): void => { t.ok(ajv.validate({ $ref: `openapi.json#/components/schemas/${schema}` }, value), schema, { errors: ajv.errors }) }
  const offered = await ask(double, '/v1/services')
  valid('Services', offered.json)
  t.match(offered.json, { items: [{ service: 'known', title: 'Hỏi', agencies: ['H36.11'], query: { title: { vi: 'x', en: 'y' } } }] }, 'words in one language, the schema as it is')
  t.same((await ask(double, '/v1/services', 'recipient')).json, { items: [] })
  t.equal((await ask(double, '/v1/services', 'nobody')).status, 401)
  t.match((await ask(double, '/v1/services?x=1')).json, { code: 'REQUEST_INVALID' })
  const answer = await ask(double, '/v1/services/known', 'sender', { any: 1 })
  t.equal(answer.status, 200)
  valid('ServiceAnswer', answer.json)
  t.match(double.asked.words.at(-1), { caller: 'client:sender', service: 'known', body: { any: 1 }, traceId: /^[0-9a-f]{32}$/ })
  const page = await ask(double, '/v1/service-calls?limit=1', 'operator')
  valid('ServiceCallPage', page.json)
  t.match(page.json, { items: [{ requestId: ID, code: 'ENDPOINT_TIMEOUT', requestedAt: '2026-11-20T01:00:00.000Z' }], nextCursor: String })
  t.match((await ask(double, '/v1/services/other', 'sender', {})).json, { code: 'NOT_FOUND' })
})

t.test('the list takes every filter; an agency asks for its own, an operator for all', async t => {
  const query = 'service=s&agency=000.00.11.H36&dossier=d&from=2026-11-20T08:00:00%2B07:00&to=2026-11-20T01:00:00Z'
  await ask(double, `/v1/service-calls?${query}`, 'operator')
  t.same(double.filters.at(-1), [{ service: 's', agency: 'H36.11', dossier: 'd', from: AT, to: AT }, { limit: 51 }, 'all'])
  await ask(double, '/v1/service-calls')
  t.same(double.filters.at(-1), [{}, { limit: 51 }, ['H36.11']])
  for (const wrong of ['from=x', 'agency=H99', 'cursor=x', 'subject=1']) t.match((await ask(double, `/v1/service-calls?${wrong}`)).json, { code: 'REQUEST_INVALID' }, wrong)
  t.equal((await ask(double, '/v1/service-calls', 'nobody')).status, 401)
})
