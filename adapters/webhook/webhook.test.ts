// The webhook adapter keeps every promise of the contract; every status has one meaning; the signature is what its
// description says.
import nock from 'nock'
import t, { type Test } from 'tap'
import { adapterSuite, openSession, sampleOf } from '../../test/support/adapter-suite.js'
import { checkAdapter } from '../../src/adapter/load.js'
import { eventually } from '../../test/support/time.js'
import { createHarness, startReceiver } from './harness.js'
import { adapter, sign, verifySignature } from './index.js'

const NOW = Date.UTC(2026, 10, 20, 1, 0, 0)
const ORIGIN = 'http://van-thu.example.vn'
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

// nock patches node:http when it is imported, and its pass-through knows no back-pressure: it is active only where a
// test mocks an answer.
nock.restore()
t.afterEach(() => {
  nock.cleanAll()
  nock.restore()
})

/** The mocked receiver. */
function mock (): nock.Scope {
  if (!nock.isActive()) nock.activate()
  return nock(ORIGIN)
}

await adapterSuite(t, { adapter, harness: createHarness() })

interface Reply { status: number, body?: string, headers?: Record<string, string> }

/** The delivery d-1 to a mocked receiver. */
async function deliverTo (t: Test, reply: Reply, settings: Record<string, unknown> = {}) {
  mock().post('/in').reply(reply.status, reply.body ?? '', reply.headers ?? {})
  const session = await openSession(t, adapter, { url: `${ORIGIN}/in`, ...settings }, { now: () => NOW })
  return await session.deliver?.(sampleOf(adapter, { size: 100, deliveryId: 'd-1' }), AbortSignal.timeout(5000))
}

t.test('every status has one meaning', async t => {
  const table: Array<[number, Record<string, unknown>]> = [
    [200, { kind: 'delivered' }], [201, { kind: 'delivered' }], [202, { kind: 'delivered' }], [204, { kind: 'delivered' }],
    [301, { kind: 'deferred' }], [302, { kind: 'deferred' }], [307, { kind: 'deferred' }], [308, { kind: 'deferred' }],
    [400, { kind: 'refused' }], [401, { kind: 'deferred' }], [403, { kind: 'deferred' }], [404, { kind: 'refused' }], [407, { kind: 'deferred' }],
    [408, { kind: 'deferred' }], [409, { kind: 'refused' }], [410, { kind: 'refused' }], [413, { kind: 'refused' }], [415, { kind: 'refused' }],
    [422, { kind: 'refused' }], [425, { kind: 'deferred' }], [429, { kind: 'deferred' }], [451, { kind: 'refused' }],
    [500, { kind: 'deferred', uncertain: undefined }], [502, { kind: 'deferred', uncertain: true }],
    [503, { kind: 'deferred', uncertain: undefined }], [504, { kind: 'deferred', uncertain: true }]
  ]
  for (const [status, expected] of table) {
    const outcome = await deliverTo(t, { status })
    t.match(outcome, expected, `${status} is ${String(expected['kind'])}`)
    if (outcome?.kind === 'refused') t.equal(outcome.problem.code, 'ENDPOINT_REFUSED')
    if (outcome?.kind === 'deferred') t.equal(outcome.problem.code, 'ENDPOINT_UNAVAILABLE')
  }
})

t.test('only the listed successes count when they are listed', async t => {
  t.match(await deliverTo(t, { status: 201 }, { successStatuses: [201] }), { kind: 'delivered' })
  t.match(await deliverTo(t, { status: 202 }, { successStatuses: [201] }), { kind: 'deferred', uncertain: true }, 'something happened, but not what was agreed')
})

t.test('Retry-After is honoured as seconds and as a date', async t => {
  const table: Array<[string, number | undefined]> = [
    ['120', 120_000], ['0', 0], [new Date(NOW + 90_000).toUTCString(), 90_000], [new Date(NOW - 90_000).toUTCString(), 0],
    ['soon', undefined], ['-5', undefined], ['1.5', undefined]
  ]
  for (const status of [429, 503]) {
    for (const [value, retryAfterMs] of table) {
      const outcome = await deliverTo(t, { status, headers: { 'retry-after': value } })
      t.same(outcome?.kind === 'deferred' && outcome.retryAfterMs, retryAfterMs, `${status} ${value}`)
    }
  }
})

t.test('a conflict is a success only when the receiver names this very delivery', async t => {
  const json = { 'content-type': 'application/json' }
  t.match(await deliverTo(t, { status: 409, headers: { 'lienthong-duplicate': 'd-1' } }), { kind: 'delivered' })
  t.match(await deliverTo(t, { status: 409, headers: json, body: '{"alreadyReceived":"d-1"}' }), { kind: 'delivered' })
  t.match(await deliverTo(t, { status: 409, headers: { 'lienthong-duplicate': 'd-2' } }), { kind: 'refused' })
  t.match(await deliverTo(t, { status: 409, headers: json, body: '{"alreadyReceived":true}' }), { kind: 'refused' })
})

t.test('the receiver\'s own identifier is kept', async t => {
  const json = { 'content-type': 'application/json; charset=utf-8' }
  t.same(await deliverTo(t, { status: 201, headers: { location: '/van-ban/42' } }), { kind: 'delivered', externalId: '/van-ban/42' })
  t.same(await deliverTo(t, { status: 200, headers: json, body: '{"id":42}' }), { kind: 'delivered', externalId: '42' })
  t.same(await deliverTo(t, { status: 200, headers: json, body: '{"id":' }), { kind: 'delivered' }, 'a broken body does not undo a success')
  const long = await deliverTo(t, { status: 200, headers: json, body: JSON.stringify({ id: `a\u0000\n${'x'.repeat(1000)}` }) })
  t.ok(long?.kind === 'delivered' && long.externalId?.length === 200 && !/\p{Cc}/u.test(long.externalId), 'bounded, no control characters')
})

t.test('a refusal carries the receiver\'s words, and nothing harmful', async t => {
  const reason = async (headers: Record<string, string>, body: string): Promise<string> => {
    const outcome = await deliverTo(t, { status: 422, headers, body }, { secret: SECRET, headers: { Authorization: 'Bearer abcdef123456' } })
    return outcome?.kind === 'refused' ? outcome.problem.detail.en : ''
  }
  t.match(await reason({ 'content-type': 'application/problem+json' }, '{"title":"Sai mã","detail":"Không có cơ quan H36.99"}'), /422: Sai mã: Không có cơ quan H36\.99$/)
  t.match(await reason({ 'content-type': 'application/json' }, '{"message":"closed"}'), /422: closed$/)
  t.match(await reason({ 'content-type': 'text/plain' }, 'line one\r\n\tline\u202E two\u0007'), /422: line one line two$/)
  t.match(await reason({ 'content-type': 'text/html' }, '<html><h1>Oops</h1>'), /422\.$/, 'markup is no reason')
  t.match(await reason({ 'content-type': 'application/json' }, '{"message":'), /422\.$/)
  t.match(await reason({ 'content-type': 'text/plain' }, `you sent ${SECRET} with abcdef123456`), /422: you sent \*\*\* with \*\*\*$/, 'no secret comes back')
  t.ok((await reason({ 'content-type': 'text/plain' }, 'ầ'.repeat(100_000))).length < 400, 'bounded')
})

t.test('the headers say what it is', async t => {
  const receiver = await startReceiver({ secret: SECRET })
  t.teardown(receiver.stop)
  const session = await openSession(t, adapter, { url: receiver.url, secret: SECRET, headers: { 'X-Unit': 'VP' } })
  const sample = sampleOf(adapter, { size: 600_000, attempt: 3 })
  t.same(await session.deliver?.(sample, AbortSignal.timeout(5000)), { kind: 'delivered', externalId: sample.deliveryId })
  const [received] = receiver.received()
  t.match(received?.headers, {
    'content-type': 'application/xml', 'content-length': '600000', 'idempotency-key': sample.deliveryId, 'lienthong-delivery': sample.deliveryId,
    'lienthong-package': sample.packageId, 'lienthong-attempt': '3', 'lienthong-recipient': 'H36.99.03', 'lienthong-kind': 'document', 'x-unit': 'VP',
    'content-digest': `sha-256=:${Buffer.from(sample.body.sha256, 'hex').toString('base64')}:`, traceparent: sample.traceparent, 'webhook-id': sample.deliveryId
  })
  t.equal(received?.signature, 'valid')
  t.equal(received?.body, undefined, 'large bodies are hashed, not kept')
})

t.test('the signature follows its published test vector', async t => {
  const signed = { id: '01890a5d-ac96-774b-bcce-b302099a8057', timestamp: 1_795_136_400, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' }
  const signature = sign(signed, [SECRET])
  t.equal(signature, 'v1,dBuVBS10PWn6OYmlreMiS9f6EtSxgSfXJ1P6iHcw4ko=')
  const headers = { 'webhook-id': signed.id, 'webhook-timestamp': String(signed.timestamp), 'webhook-signature': signature }
  const now = signed.timestamp * 1000
  const verify = (more: object): string => verifySignature({ headers, sha256: signed.sha256, secrets: [SECRET], now, ...more })
  t.equal(verify({}), 'valid')
  t.equal(verify({ secrets: ['a-newer-secret-of-the-receiver', SECRET] }), 'valid', 'any of the receiver\'s secrets')
  t.equal(verify({ headers: { ...headers, 'webhook-signature': sign(signed, ['a-newer-secret-of-the-hub', SECRET]) } }), 'valid', 'any of the hub\'s secrets')
  t.equal(verify({ now: now + 301_000 }), 'expired')
  t.equal(verify({ now: now - 301_000 }), 'expired', 'nor from the future')
  t.equal(verify({ headers: {} }), 'absent')
  t.equal(verify({ sha256: signed.sha256.replace('b', 'c') }), 'invalid', 'another body')
  t.equal(verify({ secrets: ['some-other-secret-altogether'] }), 'invalid')
  t.equal(verify({ headers: { ...headers, 'webhook-id': 'another' } }), 'invalid')
  t.equal(verify({ headers: { ...headers, 'webhook-timestamp': 'now' } }), 'invalid')
  t.equal(verify({ headers: { ...headers, 'webhook-signature': 'v1,' } }), 'invalid')
})

t.test('a receiver that does not get along with the secret takes nothing', async t => {
  const receiver = await startReceiver({ secret: SECRET })
  t.teardown(receiver.stop)
  for (const settings of [{}, { secret: 'some-other-secret-altogether' }]) {
    const session = await openSession(t, adapter, { url: receiver.url, ...settings })
    t.match(await session.deliver?.(sampleOf(adapter), AbortSignal.timeout(5000)), { kind: 'deferred', problem: { detail: { en: /credentials.*401/ } } })
  }
  const changing = await openSession(t, adapter, { url: receiver.url, secret: 'the-new-secret-of-the-hub', previousSecret: SECRET })
  t.match(await changing.deliver?.(sampleOf(adapter), AbortSignal.timeout(5000)), { kind: 'delivered' }, 'both secrets sign while they change over')
  t.equal(receiver.received().length, 1)
})

t.test('every accident on the wire becomes the right outcome', async t => {
  const receiver = await startReceiver()
  t.teardown(receiver.stop)
  const session = await openSession(t, adapter, { url: receiver.url })
  const deliver = async (size = 2000): Promise<unknown> => await session.deliver?.(sampleOf(adapter, { size }), AbortSignal.timeout(400))
  receiver.misbehave({ kind: 'reset', times: 2 })
  t.match(await deliver(), { kind: 'deferred', uncertain: true, problem: { code: 'ENDPOINT_UNAVAILABLE' } }, 'reset')
  receiver.misbehave({ kind: 'trickle' })
  t.match(await deliver(), { kind: 'deferred', uncertain: true, problem: { code: 'ENDPOINT_TIMEOUT' } }, 'an answer that never ends')
  receiver.misbehave({ kind: 'slow', delayMs: 60_000 })
  t.match(await deliver(), { kind: 'deferred', uncertain: true, problem: { code: 'ENDPOINT_TIMEOUT' } }, 'an answer that comes too late')
  receiver.misbehave({ kind: 'status', status: 503, times: 1 })
  t.match(await deliver(), { kind: 'deferred' }, 'once')
  t.match(await deliver(), { kind: 'delivered' }, 'and then it behaves')
  receiver.misbehave({ kind: 'slow', delayMs: 20 })
  t.match(await deliver(3_000_000), { kind: 'delivered' }, 'late, but in time')
})

t.test('a probe asks who is there and sends no package', async t => {
  const table: Array<[number, string]> = [
    [200, 'delivered'], [204, 'delivered'], [404, 'delivered'], [405, 'delivered'], [501, 'delivered'],
    [301, 'deferred'], [401, 'deferred'], [403, 'deferred'], [410, 'deferred'], [503, 'deferred']
  ]
  for (const [status, kind] of table) {
    mock().head('/in').reply(status)
    const session = await openSession(t, adapter, { url: `${ORIGIN}/in` })
    t.equal((await session.probe(AbortSignal.timeout(5000))).kind, kind, `${status} is ${kind}`)
  }
})

t.test('settings that cannot work are refused before anything is sent', async t => {
  const { checkSettings } = checkAdapter(adapter)
  const pointers = (settings: Record<string, unknown>): string[] => checkSettings(settings).faults.map(({ pointer }) => pointer)
  const url = `${ORIGIN}/in`
  t.same(pointers({ url }), [])
  t.same(pointers({}), ['/url'])
  for (const wrong of ['ftp://a.vn/', 'http://user:pass@a.vn/', 'van-thu', 'http://']) t.ok(pointers({ url: wrong }).includes('/url'), wrong)
  t.same(pointers({ url, secret: 'short' }), ['/secret'])
  t.ok(pointers({ url, headers: { 'Content-Type': 'x' } }).length > 0, 'headers of the hub cannot be replaced')
  t.ok(pointers({ url, headers: { 'X-A': 'a\r\nX-B: b' } }).length > 0, 'no header in a header')
  t.same(checkAdapter(adapter).mask({ url, secret: SECRET, headers: { Authorization: 'Bearer x' } }), { url, secret: '***', headers: { Authorization: '***' } })
})

t.test('the receiver counts repeats and tells them apart', async t => {
  const seen: string[] = []
  const receiver = await startReceiver({ keepBytes: 0, onDelivery: ({ deliveryId }) => { seen.push(deliveryId) } })
  t.teardown(receiver.stop)
  const session = await openSession(t, adapter, { url: receiver.url })
  for (const deliveryId of ['a', 'b', 'a']) await session.deliver?.(sampleOf(adapter, { deliveryId }), AbortSignal.timeout(5000))
  t.same(seen, ['a', 'b'])
  t.same(receiver.counts, { requests: 3, taken: 2, duplicates: 1, rejected: 0 })
  await receiver.stop()
  await receiver.start()
  await eventually(async () => (await session.deliver?.(sampleOf(adapter, { deliveryId: 'c' }), AbortSignal.timeout(5000)))?.kind === 'delivered')
  t.ok(receiver.has('c'), 'back at the same port')
})
