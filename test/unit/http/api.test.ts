// Promises of the API as a caller sees them, through app.inject on doubles: answers, refusals, languages, privacy, log.
import t from 'tap'
import { createAjv } from '../../../src/schema.js'
import { createHttpDouble, DELIVERY_ID, type Double, FILE, ID, ORIGINAL, OTHER_DELIVERY_ID, sha256 } from '../../support/http-doubles.js'
import { Ajv2020 } from 'ajv/dist/2020.js'

interface Answer { statusCode: number, headers: Record<string, unknown>, body: string, rawPayload: Buffer, json: () => Record<string, any> }
type Call = { method?: 'GET' | 'POST' | 'PUT' | 'HEAD', as?: string, headers?: Record<string, string>, payload?: string | Buffer }

let double: Double
async function call (url: string, { method = 'GET', as = 'sender', headers = {}, payload }: Call = {}): Promise<Answer> {
  return await double.app.inject({ method, url, headers: { ...(as === '' ? {} : { authorization: `Bearer ${as}` }), ...headers }, ...(payload === undefined ? {} : { payload }) }) as unknown as Answer
}

t.before(async () => { double = await createHttpDouble() })
t.teardown(async () => { await double.app.close() })

t.test('every answer has the shape that OpenAPI promises', async t => {
  const document = (await call('/openapi.json', { as: '' })).json()
  // Formats and strictness come from our own ajv; the document itself is no JSON Schema, so it is only referred to.
  const ajv: Ajv2020 = createAjv()
  ajv.opts.strictSchema = false
  ajv.addSchema(document, 'openapi.json', false, false)
  const xml = { 'content-type': 'application/xml' }
  const cases: Array<[string, string, Call?]> = [
    ['acceptPackage 202', '/v1/packages', { method: 'POST', headers: xml, payload: ORIGINAL }],
    ['validatePackage 200', '/v1/packages/validate', { method: 'POST', headers: xml, payload: ORIGINAL }],
    ['listPackages 200', '/v1/packages'],
    ['readPackage 200', `/v1/packages/${ID}`],
    ['readTimeline 200', `/v1/packages/${ID}/timeline`],
    ['peekInbox 200', '/v1/inbox', { as: 'recipient' }],
    ['listAgencies 200', '/v1/agencies?limit=1'],
    ['readAgency 200', '/v1/agencies/000.00.11.H36'],
    ['checkLive 200', '/health/live', { as: '' }],
    ['checkReady 200', '/health/ready', { as: '' }],
    ['readPackage 404', `/v1/packages/${ID}`, { as: 'stranger' }],
    ['readPackage 401', `/v1/packages/${ID}`, { as: '' }],
    ['listPackages 400', '/v1/packages?limit=0&kind=x&nothing=1'],
    ['acceptPackage 400', '/v1/packages', { method: 'POST', headers: xml }],
    ['acceptPackage 415', '/v1/packages', { method: 'POST', headers: { 'content-type': 'text/csv' }, payload: 'a,b' }],
    ['peekInbox 403', '/v1/inbox', { as: 'operator' }],
    ['acknowledgeDelivery 409', `/v1/inbox/${OTHER_DELIVERY_ID}/ack`, { method: 'POST', as: 'recipient' }]
  ]
  for (const [name, url, options] of cases) {
    const [operationId, status] = name.split(' ')
    const answer = await call(url, options)
    t.equal(answer.statusCode, Number(status), name)
    const [path, method] = Object.entries(document['paths'] as Record<string, Record<string, { operationId: string }>>)
      .flatMap(([path, operations]) => Object.entries(operations).map(([method, operation]) => [path, method, operation.operationId] as const))
      .find(([, , id]) => id === operationId) ?? t.fail(`no ${operationId}`) as never
    const type = Number(status) < 400 ? 'application~1json' : 'application~1problem+json'
    const pointer = `${path.replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D')}/${method}/responses/${status}/content/${type}/schema`
    const valid = ajv.validate({ $ref: `openapi.json#/paths/${pointer}` }, answer.json())
    t.ok(valid, name, { errors: ajv.errors, body: answer.body })
    t.match(answer.headers['lienthong-trace-id'], /^[0-9a-f]{32}$/)
    t.equal(answer.headers['cache-control'], 'no-store')
    t.equal(answer.headers['server'], undefined)
  }
})

t.test('an accepted package is answered with its place and a repeat says so', async t => {
  const headers = { 'content-type': 'application/edxml+xml; charset=utf-8', 'idempotency-key': '"again"' }
  const answer = await call('/v1/packages', { method: 'POST', headers, payload: ORIGINAL })
  t.equal(answer.statusCode, 202)
  t.equal(answer.headers['location'], `/v1/packages/${ID}`)
  t.equal(answer.headers['idempotent-replayed'], 'true')
  t.match(answer.json(), { id: ID, repeated: true, deliveries: [{ id: DELIVERY_ID, agency: 'H36.99.3' }] })
  t.match(double.arrivals.at(-1), { idempotencyKey: 'again', caller: { id: 'client:sender' }, parts: [{ contentType: 'application/edxml+xml', sha256: sha256(ORIGINAL) }] })
})

t.test('JSON is handed on byte by byte, even when it is no JSON', async t => {
  const payload = Buffer.from('{"b": 1,  "b": 2, "__proto__": [] \u0000 ')
  await call('/v1/packages', { method: 'POST', headers: { 'content-type': 'application/json' }, payload })
  t.match(double.arrivals.at(-1)?.parts, [{ contentType: 'application/json', sha256: sha256(payload) }])
})

t.test('a form is handed on part by part, in order, with its names', async t => {
  const body = Buffer.concat([
    '--b\r\nContent-Disposition: form-data; name="package"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{"raw": 01}\r\n',
    '--b\r\nContent-Disposition: form-data; name="file"; filename="Đơn đề nghị.pdf"\r\nContent-Type: application/pdf\r\n\r\n', FILE,
    '\r\n--b--\r\n'].map(piece => Buffer.from(piece)))
  const answer = await call('/v1/packages', { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=b' }, payload: body })
  t.equal(answer.statusCode, 202, answer.body)
  t.strictSame(double.arrivals.at(-1)?.parts.map(({ sha256, ...part }) => part), [
    { name: 'package', contentType: 'application/json', size: 11, head: '{"raw": 01}' },
    { name: 'file', filename: 'Đơn đề nghị.pdf', contentType: 'application/pdf', size: FILE.length, head: FILE.toString() }
  ])
  for (const [payload, code] of [[body.subarray(0, -20), 'BODY_TRUNCATED'], [Buffer.from('--b--\r\n'), 'BODY_EMPTY']] as const) {
    const broken = await call('/v1/packages', { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=b' }, payload })
    t.match(broken.json(), { status: 400, code })
  }
  const boundless = await call('/v1/packages', { method: 'POST', headers: { 'content-type': 'multipart/form-data' }, payload: body })
  t.match(boundless.json(), { status: 400, code: 'REQUEST_INVALID' })
})

t.test('what cannot become a package is refused by its headers', async t => {
  const cases: Array<[Record<string, string>, string, number, string]> = [
    [{ 'content-type': 'application/xml' }, '', 400, 'BODY_EMPTY'],
    [{ 'content-type': 'text/html' }, 'x', 415, 'CONTENT_TYPE_UNSUPPORTED'],
    [{ 'content-type': 'application/xml', 'content-encoding': 'gzip' }, 'x', 415, 'CONTENT_TYPE_UNSUPPORTED'],
    [{ 'content-type': 'application/xml' }, 'x'.repeat(1_000_001), 413, 'BODY_TOO_LARGE'],
    [{ 'content-type': 'application/xml', 'idempotency-key': 'two words' }, 'x', 400, 'REQUEST_INVALID']
  ]
  for (const [headers, payload, status, code] of cases) {
    const before = double.arrivals.length
    const answer = await call('/v1/packages', { method: 'POST', headers, payload })
    t.match({ ...answer.json(), type: answer.headers['content-type'] }, { status, code, type: /^application\/problem\+json/ })
    t.equal(double.arrivals.length, before)
  }
  t.match((await call('/v1/packages', { method: 'POST', headers: { 'content-type': 'text/html' }, payload: 'x' })).headers['accept-post'], /application\/xml, .*multipart/)
})

t.test('a problem speaks the language of the caller', async t => {
  const vietnamese = await call('/v1/packages/none', { as: 'sender' })
  t.match(vietnamese.json(), { type: 'urn:lienthong:problem:request-invalid', title: 'Yêu cầu không hợp lệ', errors: [{ pointer: '/params/id', code: 'FIELD_INVALID' }], instance: '/v1/packages/none' })
  t.equal(vietnamese.headers['content-language'], 'vi')
  const english = await call('/v1/packages/none', { headers: { 'accept-language': 'en-GB,vi;q=0.5' } })
  t.match(english.json(), { title: 'The request is not valid' })
  t.equal(english.headers['content-language'], 'en')
  t.match(english.headers['vary'], /Accept-Language/)
  t.match((await call(`/v1/packages/${ID}`, { headers: { 'accept-language': 'en' } })).json(), { warnings: [{ detail: 'Odd field.' }], deliveries: [{ reasons: [{ detail: 'It has a system of its own.' }] }] })
})

t.test('without a known key nothing of /v1 answers', async t => {
  for (const url of ['/v1/packages', `/v1/packages/${ID}/content`, '/v1/inbox', '/v1/agencies']) {
    for (const as of ['', 'nobody']) {
      const answer = await call(url, { as })
      t.match(answer.json(), { status: 401, code: 'UNAUTHENTICATED' })
      t.equal(answer.headers['www-authenticate'], as === '' ? 'Bearer realm="lienthong"' : 'Bearer realm="lienthong", error="invalid_token"')
    }
  }
})

t.test('another agency\'s package does not exist for a reader', async t => {
  for (const path of ['', '/content', '/attachments/1', '/timeline']) {
    t.equal((await call(`/v1/packages/${ID}${path}`, { as: 'stranger' })).statusCode, 404, path)
    t.equal((await call(`/v1/packages/${ID}${path}`, { as: 'operator' })).statusCode, 200, path)
  }
  t.strictSame((await call('/v1/packages', { as: 'stranger' })).json(), { items: [] })
})

t.test('a recipient sees its own delivery only, the sender all', async t => {
  const ids = async (as: string): Promise<string[]> => (await call(`/v1/packages/${ID}`, { as })).json()['deliveries'].map((each: { id: string }) => each.id)
  t.strictSame(await ids('sender'), [DELIVERY_ID, OTHER_DELIVERY_ID])
  t.strictSame(await ids('recipient'), [DELIVERY_ID])
  const events = async (as: string): Promise<number[]> => (await call(`/v1/packages/${ID}/timeline`, { as })).json()['items'].map((each: { seq: number }) => each.seq)
  t.strictSame(await events('sender'), [1, 2, 3])
  t.strictSame(await events('recipient'), [1, 2])
})

t.test('lists are read page by page with an opaque cursor', async t => {
  const first = (await call('/v1/packages?limit=1&from=000.00.11.H36&acceptedFrom=2026-11-20T00:00:00%2B07:00&state=dead')).json()
  t.equal(first['items'].length, 1)
  t.match(double.filters.at(-1), { filter: { fromAgency: 'H36.11', acceptedFrom: Date.UTC(2026, 10, 19, 17), state: 'dead' }, page: { limit: 2 }, scope: ['H36.11'] })
  const second = (await call(`/v1/packages?limit=1&cursor=${first['nextCursor']}`)).json()
  t.strictSame([second['items'][0].id, second['nextCursor']], [DELIVERY_ID, undefined])
  const timeline = (await call(`/v1/packages/${ID}/timeline?limit=2`)).json()
  t.match((await call(`/v1/packages/${ID}/timeline?limit=2&cursor=${timeline['nextCursor']}`)).json(), { items: [{ seq: 3, data: { problem: { detail: 'Hết lượt.' } } }] })
  const agencies = (await call('/v1/agencies?limit=2')).json()
  t.match((await call(`/v1/agencies?limit=2&cursor=${agencies['nextCursor']}`)).json(), { items: [{ code: 'H36.99.3' }], nextCursor: undefined })
  for (const query of ['cursor=AAAA', 'cursor=*', 'limit=201', 'limit=1&limit=2', 'limit=', 'from=nobody', 'acceptedFrom=2026-11-20', 'pages=2']) {
    t.match((await call(`/v1/packages?${query}`)).json(), { status: 400, code: 'REQUEST_INVALID', errors: [{ pointer: /^\/query\// }] }, query)
  }
  t.equal((await call('/v1/packages?limit=0&kind=x&nothing=1')).json()['errors'].length, 3, 'all faults at once')
})

t.test('bytes come back as they were, with their digest', async t => {
  const answer = await call(`/v1/packages/${ID}/content`)
  t.strictSame(answer.rawPayload, ORIGINAL)
  t.match(answer.headers, {
    'content-type': 'application/xml',
    'content-length': String(ORIGINAL.length),
    etag: `"${sha256(ORIGINAL)}"`,
    'content-digest': `sha-256=:${Buffer.from(sha256(ORIGINAL), 'hex').toString('base64')}:`
  })
  t.equal((await call(`/v1/packages/${ID}/content`, { headers: { 'if-none-match': `"x", W/"${sha256(ORIGINAL)}"` } })).statusCode, 304)
  const head = await call(`/v1/packages/${ID}/content`, { method: 'HEAD' })
  t.strictSame([head.statusCode, head.headers['content-length'], head.body], [200, String(ORIGINAL.length), ''])
  const file = await call(`/v1/packages/${ID}/attachments/1`, { as: 'recipient' })
  t.strictSame(file.rawPayload, FILE)
  t.match(file.headers, {
    'content-type': 'application/pdf',
    'x-content-type-options': 'nosniff',
    'content-disposition': 'attachment; filename="Cong van _15_.pdf"; filename*=UTF-8\'\'C%C3%B4ng%20v%C4%83n%20%2215%22.pdf'
  })
  t.match((await call(`/v1/packages/${ID}/attachments/2`)).json(), { status: 404, code: 'NOT_FOUND' })
})

t.test('content that is lost is a problem, not a broken stream', async t => {
  const lost = await createHttpDouble(same => ({ ...same, payloads: { open: async () => { throw Object.assign(new Error('secret path /var/x'), { code: 'ENOENT' }) } } }))
  const answer = await lost.app.inject({ url: `/v1/packages/${ID}/content`, headers: { authorization: 'Bearer sender', traceparent: `00-${'b'.repeat(32)}-${'c'.repeat(16)}-01` } })
  t.match(answer.json(), { status: 500, code: 'INTERNAL', traceId: 'b'.repeat(32), errors: [] })
  t.notMatch(answer.body, /secret|stack/)
  t.strictSame([answer.headers['etag'], answer.headers['content-digest'], answer.headers['content-disposition']], [undefined, undefined, undefined])
  t.match(lost.lines.find(line => line['msg'] === 'request.failed'), { traceId: 'b'.repeat(32), err: { message: /secret path/, stack: /payload/ } })
  await lost.app.close()
})

t.test('an inbox belongs to its agency', async t => {
  const own = (await call('/v1/inbox?lockSeconds=5&agency=000.3.99.H36', { as: 'recipient' })).json()
  t.match(own, { items: [{ deliveryId: DELIVERY_ID, lockedUntil: '2026-11-20T01:00:05.000Z', size: ORIGINAL.length, package: { id: ID }, links: { ack: `/v1/inbox/${DELIVERY_ID}/ack` } }] })
  t.match((await call('/v1/inbox?agency=H36.11', { as: 'recipient' })).json(), { status: 403, code: 'FORBIDDEN' })
  t.match((await call('/v1/inbox?lockSeconds=3601', { as: 'recipient' })).json(), { status: 400, errors: [{ pointer: '/query/lockSeconds' }] })
  t.strictSame((await call(`/v1/inbox/${DELIVERY_ID}/content`, { as: 'recipient' })).rawPayload, ORIGINAL)
  t.match((await call(`/v1/inbox/${DELIVERY_ID}/content`, { as: 'sender' })).json(), { status: 404 })
  for (const path of ['ack', 'reject']) {
    const before = double.settled.length
    const answer = await call(`/v1/inbox/${DELIVERY_ID}/${path}`, { as: 'operator', method: 'POST', headers: { 'content-type': 'application/json' }, payload: '{"reason":"x"}' })
    t.equal(double.settled.length, before)
    t.ok([400, 403].includes(answer.statusCode))
  }
})

t.test('an acknowledgement needs no body, in any way of sending none', async t => {
  const json = { 'content-type': 'application/json' }
  for (const options of [{}, { headers: json }, { headers: json, payload: '' }, { headers: json, payload: '{}' }, { headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: '' }]) {
    const answer = await call(`/v1/inbox/${DELIVERY_ID}/ack`, { method: 'POST', as: 'recipient', ...options })
    t.equal(answer.statusCode, 204, answer.body)
    t.match(double.settled.at(-1), { deliveryId: DELIVERY_ID, agencies: ['H36.99.3'], actor: 'client:recipient', refusal: undefined })
  }
  t.match((await call(`/v1/inbox/${DELIVERY_ID}/ack`, { method: 'POST', as: 'recipient', headers: json, payload: '{"a":1}' })).json(), { status: 400, code: 'REQUEST_INVALID' })
  t.match((await call(`/v1/inbox/${ID}/ack`, { method: 'POST', as: 'recipient' })).json(), { status: 404, code: 'NOT_FOUND' })
})

t.test('a rejection needs a reason and nothing else', async t => {
  const reject = async (payload: string | Buffer, type = 'application/json'): Promise<Record<string, any>> =>
    (await call(`/v1/inbox/${DELIVERY_ID}/reject`, { method: 'POST', as: 'recipient', headers: { 'content-type': type }, payload })).json()
  const done = await call(`/v1/inbox/${DELIVERY_ID}/reject`, { method: 'POST', as: 'recipient', headers: { 'content-type': 'application/json' }, payload: '{"reason":"Gửi nhầm"}' })
  t.equal(done.statusCode, 204)
  t.match(double.settled.at(-1), { refusal: { code: 'RECIPIENT_REFUSED', detail: { vi: 'Gửi nhầm', en: 'Gửi nhầm' } } })
  const cases: Array<[string | Buffer, string]> = [
    ['', 'REQUEST_INVALID'], ['{}', 'REQUEST_INVALID'], ['{"reason":1}', 'REQUEST_INVALID'], ['{"reason":" "}', 'REQUEST_INVALID'], ['null', 'REQUEST_INVALID'],
    ['{"reason":"x","more":1}', 'REQUEST_INVALID'], ['{"reason":"x","__proto__":{}}', 'JSON_MALFORMED'], ['{"reason":', 'JSON_MALFORMED'],
    [Buffer.from([0x7b, 0xff]), 'ENCODING_INVALID'], [`{"reason":"${'x'.repeat(2001)}"}`, 'REQUEST_INVALID'], [`"${'x'.repeat(70_000)}"`, 'BODY_TOO_LARGE']
  ]
  for (const [payload, code] of cases) t.equal((await reject(payload))['code'], code, String(payload).slice(0, 40))
  t.match(await reject('{"reason":1,"more":2}'), { errors: [{ pointer: '/more', code: 'FIELD_UNKNOWN' }, { pointer: '/reason', expected: 'string' }] })
  t.equal((await reject('reason=x', 'text/plain'))['code'], 'CONTENT_TYPE_UNSUPPORTED')
})

t.test('an unknown agency code is answered with how it was understood', async t => {
  t.match((await call('/v1/agencies/000.00.12.H36', { headers: { 'accept-language': 'en' } })).json(), { status: 404, code: 'NOT_FOUND', detail: /Understood as H36\.12\./ })
})

t.test('wrong routes, methods and targets are problems too', async t => {
  t.match((await call('/nothing', { as: '', method: 'POST', headers: { 'content-type': 'application/xml' }, payload: 'x' })).json(), { status: 404, code: 'NOT_FOUND' })
  const wrong = await call(`/v1/packages/${ID}`, { method: 'PUT' })
  t.match(wrong.json(), { status: 405, code: 'METHOD_NOT_ALLOWED' })
  t.equal(wrong.headers['allow'], 'GET, HEAD')
  t.match((await call('/v1/packages/%zz')).json(), { status: 400, code: 'REQUEST_INVALID' })
  t.match((await call(`/v1/agencies/${'x'.repeat(300)}`)).json(), { code: /URI_TOO_LONG|NOT_FOUND/ })
  t.match((await call(`/v1/agencies?query=${'x'.repeat(5000)}`)).json(), { status: 414, code: 'URI_TOO_LONG' })
})

t.test('readiness tells which check fails and nothing of the inside', async t => {
  const sick = await createHttpDouble(same => ({ ...same, health: { roles: ['api'], live: () => ({ ok: true }), ready: async () => ({ ok: false, checks: [{ name: 'store', ok: false, detail: 'postgres://10.0.0.1 refused' }] }) } }))
  const answer = await sick.app.inject('/health/ready')
  t.equal(answer.statusCode, 503)
  t.strictSame(answer.json(), { ok: false, roles: ['api'], checks: [{ name: 'store', ok: false }] })
  t.match(sick.lines.find(line => line['msg'] === 'request.completed'), { level: 30, failing: [{ detail: /refused/ }] })
  await sick.app.close()
})

t.test('the documentation is open and guarded by a content security policy', async t => {
  const home = await call('/', { as: '' })
  t.strictSame([home.statusCode, home.headers['location']], [302, '/docs'])
  const docs = await call('/docs', { as: '' })
  t.equal(docs.statusCode, 200)
  t.match(docs.headers['content-security-policy'], /default-src 'self'/)
})

t.test('one line per request, with the facts and without the secrets', async t => {
  double.rawLog.length = 0
  await call('/v1/packages?from=H36.11', { method: 'POST', headers: { 'content-type': 'application/xml' }, payload: 'TOP-SECRET-BODY' })
  await call('/v1/packages', { method: 'POST', headers: { 'content-type': 'application/xml' }, payload: 'TOP-SECRET-BODY' })
  await call(`/v1/inbox/${DELIVERY_ID}/reject`, { method: 'POST', as: 'recipient', headers: { 'content-type': 'application/json' }, payload: '{"reason":"TOP-SECRET-BODY"}' })
  await call(`/v1/packages/${ID}/content`)
  await new Promise(resolve => setImmediate(resolve))
  const lines = double.lines.filter(line => line['msg'] === 'request.completed')
  t.match(lines, [
    { method: 'POST', route: '/v1/packages', status: 400, code: 'REQUEST_INVALID', caller: 'client:sender' },
    { method: 'POST', route: '/v1/packages', status: 202, bytesIn: 15, durationMs: Number, traceId: /^[0-9a-f]{32}$/ },
    { route: '/v1/inbox/:deliveryId/reject', status: 204, caller: 'client:recipient', bytesIn: 28 },
    { route: '/v1/packages/:id/content', status: 200, bytesOut: ORIGINAL.length }
  ])
  t.equal(lines.length, 4)
  t.notMatch(double.rawLog.join(''), /TOP-SECRET|Bearer|authorization/i)
})
