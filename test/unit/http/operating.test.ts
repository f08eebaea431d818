// The API for operators, through app.inject on doubles: who may, what is asked of the store, and what is never shown.
import t from 'tap'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { HubError } from '../../../src/errors.js'
import { OPERATIONS } from '../../../src/model/operation.js'
import { text } from '../../../src/model/text.js'
import { createAjv } from '../../../src/schema.js'
import { AT, createHttpDouble, DELIVERY_ID, ID, OTHER_DELIVERY_ID, type Double } from '../../support/http-doubles.js'
import { BATCH_ID } from '../../support/operator-doubles.js'

interface Call { as?: string, body?: object, language?: string }

async function call ({ app }: Double, url: string, { as = 'operator', body, language }: Call = {}): Promise<{ status: number, headers: Record<string, unknown>, json: Record<string, any> }> {
  const answer = await app.inject({
    method: body === undefined ? 'GET' : 'POST', url, headers: { authorization: `Bearer ${as}`, ...(language === undefined ? {} : { 'accept-language': language }) },
    ...(body === undefined ? {} : { payload: body })
  })
  return { status: answer.statusCode, headers: answer.headers, json: answer.json() }
}

const double = await createHttpDouble()
t.teardown(async () => { await double.app.close() })
const WORD = { reason: ' Đã sửa xong. ' }
const READING = ['/v1/deliveries', '/v1/deliveries/causes', `/v1/deliveries/${DELIVERY_ID}`, '/v1/counts', '/v1/batches', `/v1/batches/${BATCH_ID}`, `/v1/batches/${BATCH_ID}/items`]
const BODIES: Record<string, object> = { redirect: { ...WORD, endpoint: 'e' }, resend: { ...WORD, acceptDuplicate: true } }

t.test('every answer has the shape that OpenAPI promises', async t => {
  const document = (await call(double, '/openapi.json')).json
  const ajv: Ajv2020 = createAjv()
  ajv.opts.strictSchema = false
  ajv.addSchema(document, 'openapi.json', false, false)
  const valid = (schema: string, value: unknown): void => { t.ok(ajv.validate({ $ref: `openapi.json#/components/schemas/${schema}` }, value), schema, { errors: ajv.errors, value }) }
  for (const [n, schema] of ['DeliveryPage', 'Causes', 'OperatedDelivery', 'Counts', 'BatchPage', 'Batch', 'BatchItems'].entries()) {
    const { status, json } = await call(double, READING[n] ?? '')
    t.equal(status, 200)
    valid(schema, json)
  }
  for (const operation of OPERATIONS) valid('Operated', (await call(double, `/v1/deliveries/${DELIVERY_ID}/${operation}`, { body: BODIES[operation] ?? WORD })).json)
  const made = await call(double, '/v1/batches', { body: { operation: 'retry', filter: { state: 'dead' }, reason: 'r' } })
  t.match(made, { status: 201, headers: { location: `/v1/batches/${BATCH_ID}` }, json: { total: 3, progress: { pending: 3 } } })
  valid('Batch', made.json)
  for (const verb of ['start', 'cancel']) valid('Batch', (await call(double, `/v1/batches/${BATCH_ID}/${verb}`, { body: {} })).json)
})

t.test('only operators may; agencies are refused before anything is asked', async t => {
  const { words, filters } = double.asked
  const before = [words.length, filters.length]
  for (const url of READING) t.match(await call(double, url, { as: 'sender' }), { status: 403, json: { code: 'FORBIDDEN' } })
  for (const operation of OPERATIONS) t.equal((await call(double, `/v1/deliveries/${DELIVERY_ID}/${operation}`, { as: 'sender', body: BODIES[operation] ?? WORD })).status, 403)
  t.equal((await call(double, '/v1/batches', { as: 'sender', body: { operation: 'retry', filter: { state: 'dead' }, reason: 'r' } })).status, 403)
  for (const verb of ['start', 'cancel']) t.equal((await call(double, `/v1/batches/${BATCH_ID}/${verb}`, { as: 'sender', body: {} })).status, 403)
  t.same([words.length, filters.length], before)
  t.equal((await call(double, '/v1/counts', { as: 'nobody' })).status, 401)
})

t.test('every action needs a reason, and goes on with who does it', async t => {
  await call(double, `/v1/deliveries/${DELIVERY_ID.toUpperCase()}/redirect`, { body: { ...WORD, endpoint: 'xa' } })
  t.same(double.asked.words.at(-1), { deliveryId: DELIVERY_ID, operation: 'redirect', actor: 'operator:one', reason: 'Đã sửa xong.', endpoint: 'xa' })
  for (const body of [{}, { reason: '' }, { reason: ' ' }, { reason: 'x'.repeat(501) }, { ...WORD, why: 1 }, { ...WORD, endpoint: 'e' }]) {
    t.match(await call(double, `/v1/deliveries/${DELIVERY_ID}/retry`, { body }), { status: 400, json: { code: 'REQUEST_INVALID' } }, JSON.stringify(body).slice(0, 40))
  }
  t.match(await call(double, `/v1/deliveries/${DELIVERY_ID}/redirect`, { body: WORD }), { status: 400, json: { errors: [{ pointer: '/endpoint' }] } })
  t.match(await call(double, `/v1/deliveries/${ID}/retry`, { body: WORD }), { status: 404 })
})

t.test('a second copy is sent only when it is accepted as one', async t => {
  for (const body of [WORD, { ...WORD, acceptDuplicate: false }]) {
    t.match(await call(double, `/v1/deliveries/${DELIVERY_ID}/resend`, { body }), { status: 409, json: { code: 'DUPLICATE_NOT_ACCEPTED', errors: [{ pointer: '/acceptDuplicate', expected: 'true' }] } })
  }
  t.equal((await call(double, `/v1/deliveries/${DELIVERY_ID}/resend`, { body: { ...WORD, acceptDuplicate: true } })).status, 200)
})

t.test('the list takes every filter, with codes in any form and instants, and pages through', async t => {
  const query = 'state=dead&endpoint=e&agency=000.00.11.H36&axis=commune&adapter=inbox&code=ATTEMPTS_EXHAUSTED&kind=document&priority=2&correlationId=x&acceptedFrom=2026-11-20T08:00:00%2B07:00&settledTo=2026-11-20T01:00:00Z'
  t.equal((await call(double, `/v1/deliveries?${query}`)).status, 200)
  t.same(double.asked.filters.at(-1), {
    state: 'dead', endpoint: 'e', agency: 'H36.11', axis: 'commune', adapter: 'inbox', code: 'ATTEMPTS_EXHAUSTED', kind: 'document', priority: 2, correlationId: 'x', acceptedFrom: AT, settledTo: AT
  })
  const first = await call(double, '/v1/deliveries?limit=1')
  t.match(first.json, { items: [{ id: DELIVERY_ID, package: { id: ID } }] })
  t.match((await call(double, `/v1/deliveries?limit=1&cursor=${first.json['nextCursor'] as string}`)).json, { items: [{ id: OTHER_DELIVERY_ID, problem: { code: 'ATTEMPTS_EXHAUSTED' } }], nextCursor: undefined })
  for (const wrong of ['state=gone', 'agency=H99', 'cursor=eA', 'settledFrom=2026', 'priority=9', 'code=x', 'from=H36']) t.equal((await call(double, `/v1/deliveries?${wrong}`)).status, 400, wrong)
})

t.test('a cause says whose fault it is', async t => {
  t.match((await call(double, '/v1/deliveries/causes', { language: 'en' })).json, { items: [
    { code: 'ATTEMPTS_EXHAUSTED', title: 'All attempts are used up', faultOf: 'partner', count: 2, sampleId: DELIVERY_ID }, { code: 'VENDOR_CODE', count: 1, title: undefined }
  ] })
})

t.test('counts that cannot be had are unknown, never zero', async t => {
  t.same((await call(double, '/v1/counts')).json, {
    at: new Date(AT).toISOString(), total: { dead: 2, underway: 3, refused: 1 }, items: [{ endpoint: 'e', axis: 'commune', counts: { dead: 2, underway: 3 } }, { counts: { refused: 1 } }]
  })
  const failing = await createHttpDouble(same => ({ ...same, store: { ...same.store, counts: async () => { throw new HubError('STORE_UNAVAILABLE', text('Hết giờ', 'Timed out')) } } }))
  t.match(await call(failing, '/v1/counts'), { status: 200, json: { total: null, items: null } })
  t.match(failing.lines.filter(({ level }) => Number(level) >= 40), [{ event: undefined, msg: 'counts.unknown' }])
  await failing.app.close()
})

t.test('a batch names the state of its deliveries, and an endpoint only where it redirects', async t => {
  const wish = { operation: 'retry', filter: { state: 'dead', endpoint: 'e', acceptedFrom: '2026-11-20T01:00:00Z' }, reason: 'r' }
  await call(double, '/v1/batches', { body: wish })
  t.same(double.asked.words.at(-1), { operation: 'retry', actor: 'operator:one', reason: 'r', filter: { state: 'dead', endpoint: 'e', acceptedFrom: AT } })
  for (const body of [{ ...wish, filter: {} }, { ...wish, operation: 'resend' }, { ...wish, endpoint: 'e' }, { ...wish, operation: 'redirect' }, { ...wish, filter: { state: 'dead', all: true } }]) {
    t.match(await call(double, '/v1/batches', { body }), { status: 400, json: { code: 'REQUEST_INVALID' } }, JSON.stringify(body))
  }
  for (const verb of ['start', 'cancel']) {
    await call(double, `/v1/batches/${BATCH_ID}/${verb}`, { body: {} })
    t.same(double.asked.words.at(-1), { [verb]: BATCH_ID, actor: 'operator:one' })
    t.equal((await call(double, `/v1/batches/${ID}/${verb}`, { body: {} })).status, 404)
  }
  for (const url of [`/v1/batches/${ID}`, `/v1/batches/${ID}/items`]) t.equal((await call(double, url)).status, 404)
})
