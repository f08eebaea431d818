// The API about endpoints, through app.inject on doubles: what an operator sees of one, what is never shown, and pausing it.
import t from 'tap'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { HubError } from '../../../src/errors.js'
import { text } from '../../../src/model/text.js'
import type { OversightOptions } from '../../../src/pipeline/oversight.js'
import { createAjv } from '../../../src/schema.js'
import { AT, createHttpDouble, DELIVERY_ID, type Double } from '../../support/http-doubles.js'
import { createOversightDouble } from '../../support/operator-doubles.js'

interface Call { as?: string, body?: object, language?: string }

async function call ({ app }: Double, url: string, { as = 'operator', body, language = 'vi' }: Call = {}): Promise<{ status: number, json: Record<string, any>, text: string }> {
  const answer = await app.inject({
    method: body === undefined ? 'GET' : 'POST', url, headers: { authorization: `Bearer ${as}`, 'accept-language': language }, ...(body === undefined ? {} : { payload: body })
  })
  return { status: answer.statusCode, json: answer.json(), text: answer.body }
}

/** A server whose store of endpoints is changed. */
async function changed (change: (store: OversightOptions['store']) => OversightOptions['store']): Promise<Double> {
  return await createHttpDouble(same => ({ ...same, oversight: createOversightDouble({ at: AT, asked: { filters: [], words: [] }, log: same.log, change }) }))
}

const away = async (): Promise<never> => { throw new HubError('STORE_UNAVAILABLE', text('Hết giờ', 'Timed out')) }
const WORD = { reason: ' Sở chuyển máy chủ. ' }
const iso = (at: number): string => new Date(at).toISOString()
const open: Double[] = []
const fresh = async (): Promise<Double> => {
  const double = await createHttpDouble()
  open.push(double)
  return double
}
t.teardown(async () => { for (const { app } of open) await app.close() })

t.test('every answer has the shape that OpenAPI promises, and none shows a setting', async t => {
  const double = await fresh()
  const ajv: Ajv2020 = createAjv()
  ajv.opts.strictSchema = false
  ajv.addSchema((await call(double, '/openapi.json')).json, 'openapi.json', false, false)
  const asked: Array<[string, string, Call?]> = [
    ['Endpoints', '/v1/endpoints'], ['Endpoint', '/v1/endpoints/e'], ['Endpoint', '/v1/endpoints/gone'], ['Endpoint', '/v1/endpoints/e/pause', { body: WORD }], ['Endpoints', '/v1/endpoints'],
    ['Endpoint', '/v1/endpoints/e/resume', { body: WORD }], ['OperatorActionPage', '/v1/operator-actions?limit=1']
  ]
  for (const [schema, url, options] of asked) {
    const { status, json, text: body } = await call(double, url, options)
    t.equal(status, 200, url)
    t.ok(ajv.validate({ $ref: `openapi.json#/components/schemas/${schema}` }, json), url, { errors: ajv.errors, json })
    t.notMatch(body, /settings|top-secret-value/)
  }
})

t.test('only operators may, and agencies are refused before anything is asked', async t => {
  const double = await fresh()
  for (const url of ['/v1/endpoints', '/v1/endpoints/e', '/v1/operator-actions']) t.match(await call(double, url, { as: 'sender' }), { status: 403, json: { code: 'FORBIDDEN' } })
  for (const verb of ['pause', 'resume']) t.equal((await call(double, `/v1/endpoints/e/${verb}`, { as: 'sender', body: WORD })).status, 403)
  t.same(double.asked.words, [])
})

t.test('an operator sees how each does, why, until when, and what waits: also of one that has left the configuration', async t => {
  const { json } = await call(await fresh(), '/v1/endpoints', { language: 'en' })
  t.match(json['items'], [
    { id: 'e', configured: true, state: 'working', reason: undefined, circuit: { state: 'closed', since: undefined }, counts: { dead: 3 }, oldest: undefined, concurrency: 4, rateLimit: { perSecond: 2, burst: 1 }, maintenance: [{ days: ['sun'] }] },
    { id: 'failing', configured: true, state: 'failing', until: iso(AT + 10), reason: /in a row; the last: Too late/, circuit: { state: 'open', openUntil: iso(AT + 10), problem: { code: 'ENDPOINT_TIMEOUT' } }, counts: {} },
    { id: 'gone', configured: false, axis: 'district', state: 'unconfigured', reason: /not in the configuration/, counts: { underway: 1 }, oldest: { deliveryId: DELIVERY_ID, acceptedAt: iso(AT - 90_500), ageSeconds: 90 }, concurrency: undefined }
  ])
  t.equal(json['items'].length, 3)
})

t.test('what cannot be counted is unknown, never zero, and the rest is answered', async t => {
  for (const [change, expected] of [
    [{ counts: away }, { counts: null }], [{ oldestUndelivered: away }, { oldest: null, counts: { dead: 3 } }], [{ counts: away, oldestUndelivered: away }, { counts: null, oldest: null }]
  ] as const) {
    const double = await changed(same => ({ ...same, ...change }))
    t.match(await call(double, '/v1/endpoints/e'), { status: 200, json: { id: 'e', state: 'working', ...expected } })
    t.ok(double.lines.some(({ msg }) => msg === 'counts.unknown'))
    await double.app.close()
  }
  const broken = await changed(same => ({ ...same, endpointStates: away }))
  t.match(await call(broken, '/v1/endpoints'), { status: 503, json: { code: 'STORE_UNAVAILABLE' } }, 'whether it is paused is never guessed')
  await broken.app.close()
})

t.test('a pause needs a reason and goes on with who does it; the second one is told the first reason', async t => {
  const double = await fresh()
  t.match(await call(double, '/v1/endpoints/e/pause', { body: WORD }), { status: 200, json: { state: 'paused', until: undefined, reason: /Sở chuyển máy chủ/, pause: { actor: 'operator:one', reason: 'Sở chuyển máy chủ.', at: iso(AT) } } })
  t.same(double.asked.words, [{ pause: 'e', actor: 'operator:one', reason: 'Sở chuyển máy chủ.', at: AT }])
  t.match(await call(double, '/v1/endpoints/e/pause', { body: { reason: 'Lý do khác' }, language: 'en' }), { status: 409, json: { code: 'OPERATION_NOT_POSSIBLE', detail: /paused by operator:one at .*: Sở chuyển máy chủ\./, errors: [{ pointer: '/state', found: 'paused' }] } })
  t.match(await call(double, '/v1/endpoints/e/resume', { body: { reason: 'Xong' } }), { status: 200, json: { state: 'working', pause: undefined } })
  t.match(await call(double, '/v1/endpoints/e/resume', { body: { reason: 'Xong' } }), { status: 409, json: { code: 'OPERATION_NOT_POSSIBLE' } })
  for (const body of [{}, { reason: '' }, { reason: ' ' }, { reason: 'x'.repeat(501) }, { ...WORD, until: 'x' }]) t.equal((await call(double, '/v1/endpoints/e/pause', { body })).status, 400, JSON.stringify(body).slice(0, 30))
})

t.test('one that has left the configuration can be paused; one that nobody knows cannot', async t => {
  const double = await fresh()
  t.match(await call(double, '/v1/endpoints/gone/pause', { body: WORD }), { status: 200, json: { state: 'paused', configured: false } })
  for (const verb of ['pause', 'resume']) t.match(await call(double, `/v1/endpoints/nobody/${verb}`, { body: WORD }), { status: 404, json: { code: 'NOT_FOUND' } })
  t.equal((await call(double, '/v1/endpoints/nobody')).status, 404)
  t.equal(double.asked.words.length, 1)
})

t.test('what operators did is listed by its subject and paged', async t => {
  const double = await fresh()
  const first = await call(double, '/v1/operator-actions?limit=1&subject=endpoint:e')
  t.match(first.json, { items: [{ id: 2, subject: 'endpoint:e', at: iso(AT), actor: 'operator:one', reason: 'r' }], nextCursor: String })
  t.match((await call(double, `/v1/operator-actions?limit=1&cursor=${first.json['nextCursor'] as string}`)).json, { items: [{ id: 1 }], nextCursor: undefined })
  for (const wrong of ['cursor=x', 'limit=0', 'actor=x', 'subject=']) t.equal((await call(double, `/v1/operator-actions?${wrong}`)).status, 400, wrong)
})
