// The edoc-rest adapter keeps every promise of the contract; a token is fetched once and renewed in time; each code of the
// platform has one meaning; what may have arrived is looked for before it is sent again.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import nock from 'nock'
import t, { type Test } from 'tap'
import { ROOT } from '../../test/architecture/generate.js'
import { adapterSuite, openSession, sampleOf } from '../../test/support/adapter-suite.js'
import { checkAdapter } from '../../src/adapter/load.js'
import { createMemory } from '../../src/adapter/memory.js'
import type { AdapterSession, OutboundDelivery } from '../../src/ports/adapter.js'
import type { Outcome } from '../../src/model/delivery.js'
import { eventually } from '../../test/support/time.js'
import { createHarness } from './harness.js'
import { adapter } from './index.js'
import { type PlatformSimulator, startSimulator } from './simulator.js'
import { expiryOf } from './tokens.js'

const ORIGIN = 'http://lgsp.example.vn'
const NOW = Date.UTC(2026, 2, 16, 2, 13)
const ACCOUNT = { agencies: ['H36.11'], systemId: 'STP-H36', secretKey: 'demo-secret-stp-h36', username: 'hub', password: 'demo-password-hub' }

nock.restore()
t.afterEach(() => {
  nock.cleanAll()
  nock.restore()
})

await adapterSuite(t, { adapter, harness: createHarness() })

const TITLE = 'V/v triển khai kết nối'

/** A delivery of a document that names its recipient alone, as the hub makes it for an adapter that fans out. */
function deliveryOf (more: Partial<OutboundDelivery['envelope']> = {}, options: { deliveryId?: string, attempt?: number, recipient?: string } = {}): OutboundDelivery {
  const { recipient = 'H37.11', attempt = 1, deliveryId } = options
  const sample = sampleOf(adapter, { attempt, ...(deliveryId === undefined ? {} : { deliveryId }) })
  const envelope = { ...sample.envelope, from: { code: 'H36.11', name: 'Sở Tư pháp' }, title: TITLE, notation: '15/STP', to: [{ code: recipient }], ...more }
  const [number = '', notation = ''] = (envelope.notation ?? '').split('/')
  const bytes = Buffer.from(`<edXML><edXMLEnvelope><edXMLHeader><MessageHeader><From><OrganId>${envelope.from.code}</OrganId></From><To><OrganId>${recipient}</OrganId></To>` +
    `<Code><CodeNumber>${number}</CodeNumber><CodeNotation>${notation}</CodeNotation></Code><Subject>${envelope.title ?? ''}</Subject></MessageHeader></edXMLHeader></edXMLEnvelope></edXML>`)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { ...sample, envelope, recipient, body: { mediaType: 'application/xml', size: bytes.length, sha256, open: async () => Readable.from([bytes], { objectMode: false }) } }
}

async function startPlatform (t: Test, options: Record<string, string> = {}): Promise<PlatformSimulator> {
  const platform = await startSimulator({ port: 0, host: '127.0.0.1', options })
  t.teardown(platform.stop)
  return platform
}

const settingsFor = (url: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({ url, accounts: [ACCOUNT], pollIntervalMs: 20, maxBackoffMs: 50, ...more })

async function deliverTo (session: AdapterSession, delivery: OutboundDelivery, ms = 10_000): Promise<Outcome> {
  return await session.deliver?.(delivery, AbortSignal.timeout(ms)) ?? t.fail('no deliver') as never
}

function mock (): nock.Scope {
  if (!nock.isActive()) nock.activate()
  return nock(ORIGIN)
}

function tokenOf (claims: object): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`
}

const loggedIn = (token = 'opaque-token') => ({ code: 200, message: 'Success', data: { id: 'x', username: 'hub', name: 'hub', token } })

t.test('a login is one JSON, and sendEdoc one form of known length with token and credentials', async t => {
  let login: unknown
  let body = ''
  let headers: Record<string, string> = {}
  mock().post('/v1/auth/login?allow_anonymous=true', sent => { login = sent; return true }).reply(200, loggedIn())
  mock().post('/v1/sendEdoc', sent => { body = String(sent); return true }).reply(function () {
    headers = this.req.headers as Record<string, string>
    return [200, { success: true, message: 'Success', docId: 'd-77' }]
  })
  const session = await openSession(t, adapter, settingsFor(`${ORIGIN}/`, { login: { applicationCode: 'LGSP' } }), { now: () => NOW })
  const delivery = deliveryOf()
  t.same(await deliverTo(session, delivery), { kind: 'delivered', externalId: 'd-77' })
  t.same(login, { otp: null, twoFactorProvider: null, typeObjs: [0, 1], applicationCode: 'LGSP', username: 'hub', password: 'demo-password-hub' })
  const one = (name: string): string => String([headers[name]].flat()[0])
  t.same(['authorization', 'x-systemid', 'x-secretkey', 'idempotency-key', 'traceparent'].map(one), ['Bearer opaque-token', 'STP-H36', 'demo-secret-stp-h36', delivery.deliveryId, delivery.traceparent])
  const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(one('content-type'))?.[1] ?? ''
  const content = (await (await delivery.body.open()).toArray()).join('')
  t.equal(body, `--${boundary}\r\nContent-Disposition: form-data; name="messageType"\r\n\r\nedoc\r\n--${boundary}\r\n` +
    `Content-Disposition: form-data; name="edocFile"; filename="${delivery.deliveryId}.edxml"\r\nContent-Type: application/xml\r\n\r\n${content}\r\n--${boundary}--\r\n`)
  t.equal(one('content-length'), String(Buffer.byteLength(body)))
})

t.test('paths and further fields of a login are those of the province', async t => {
  mock().post('/api/token', { user: 'x', username: 'hub', password: 'demo-password-hub' }).reply(200, { code: 200, data: { token: 't' } })
  mock().post('/api/gui?v=2').reply(200, { success: true, docId: 1 })
  const session = await openSession(t, adapter, settingsFor(`${ORIGIN}/api`, { paths: { login: '/token', send: '/gui?v=2' }, login: { fields: { user: 'x' } }, correlationHeaders: false }))
  t.same(await deliverTo(session, deliveryOf()), { kind: 'delivered', externalId: '1' })
})

t.test('many deliveries at the same time share one login', async t => {
  const platform = await startPlatform(t, { latencyMs: '20' })
  const session = await openSession(t, adapter, settingsFor(platform.url))
  const outcomes = await Promise.all(Array.from({ length: 12 }, async (_, n) => await deliverTo(session, deliveryOf({ notation: `${n}/STP` }))))
  t.same([...new Set(outcomes.map(({ kind }) => kind))], ['delivered'])
  t.equal(platform.tables.calls.get('login'), 1)
  t.equal(platform.tables.messages.size, 12)
})

t.test('a token is renewed before it ends', async t => {
  const platform = await startPlatform(t)
  let now = NOW
  const session = await openSession(t, adapter, settingsFor(platform.url), { now: () => now })
  await deliverTo(session, deliveryOf({ notation: '1/STP' }))
  now += 1769_000
  await deliverTo(session, deliveryOf({ notation: '2/STP' }))
  t.equal(platform.tables.calls.get('login'), 1, 'still good')
  now += 2000
  await deliverTo(session, deliveryOf({ notation: '3/STP' }))
  t.equal(platform.tables.calls.get('login'), 2)
  t.equal(expiryOf(tokenOf({ iat: 100, exp: 1900 }), NOW), NOW + 1_770_000, 'the clocks need not agree')
  t.equal(expiryOf(tokenOf({ exp: NOW / 1000 + 20 }), NOW), NOW + 10_000)
  for (const token of ['opaque', tokenOf({}), tokenOf({ exp: 'soon' }), tokenOf({ exp: 5 }), 'a.b.c']) t.equal(expiryOf(token, NOW), undefined, token)
})

t.test('a token that is not taken any more is renewed, and the call made once more, with the whole message', async t => {
  const platform = await startPlatform(t, { opaqueTokens: 'true' })
  const session = await openSession(t, adapter, settingsFor(platform.url))
  await deliverTo(session, deliveryOf({ notation: '1/STP' }))
  platform.tables.tokens.clear()
  const delivery = deliveryOf({ notation: '2/STP' })
  t.match(await deliverTo(session, delivery), { kind: 'delivered' })
  t.equal([...platform.tables.messages.values()].at(-1)?.sha256, delivery.body.sha256)
  t.equal(platform.tables.calls.get('login'), 2)
  platform.faults.tokenErrors = 2
  t.match(await deliverTo(session, deliveryOf({ notation: '3/STP' })), { kind: 'deferred', problem: { detail: { en: /401/ } } }, 'once, not for ever')
  t.equal(platform.tables.calls.get('sendEdoc'), 5)
})

t.test('a wrong password waits for an operator, is told with an alarm, and is not tried again and again', async t => {
  const platform = await startPlatform(t)
  let now = NOW
  const logged: unknown[] = []
  const note = (level: string) => (fields: object, event: string): void => { logged.push({ level, event, ...fields }) }
  const log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }
  const session = await openSession(t, adapter, settingsFor(platform.url, { accounts: [{ ...ACCOUNT, password: 'wrong-password' }] }), { now: () => now, log })
  for (let n = 0; n < 5; n++) t.match(await deliverTo(session, deliveryOf()), { kind: 'deferred', problem: { code: 'ENDPOINT_UNAVAILABLE', detail: { en: /refuses the login/, vi: /từ chối đăng nhập/ } } })
  t.equal(platform.tables.calls.get('login'), 1)
  t.match(logged[0], { level: 'error', event: 'account.refused', account: 'STP-H36' })
  t.notMatch(JSON.stringify(logged), /wrong-password/)
  now += 61_000
  await deliverTo(session, deliveryOf())
  t.equal(platform.tables.calls.get('login'), 2)
})

t.test('a login that gets no answer is tried again, and nothing is said to have arrived', async t => {
  const platform = await startPlatform(t, { httpErrors: '1' })
  const session = await openSession(t, adapter, settingsFor(platform.url))
  const lost = await deliverTo(session, deliveryOf())
  t.match(lost, { kind: 'deferred' })
  t.notOk('uncertain' in lost)
  t.match(await deliverTo(session, deliveryOf()), { kind: 'delivered' })
  platform.tables.tokens.clear()
  platform.faults.silent = 1
  const hung = await deliverTo(await openSession(t, adapter, settingsFor(platform.url)), deliveryOf({ notation: '2/STP' }), 200)
  t.match(hung, { kind: 'deferred', problem: { code: 'ENDPOINT_TIMEOUT' } })
  t.notOk('uncertain' in hung)
})

t.test('a sender speaks with the account that was given to it', async t => {
  const platform = await startPlatform(t)
  const hub = { agencies: ['h36.99.01 '], systemId: 'HUB-H36', secretKey: 'demo-secret-hub-h36', username: 'hub', password: 'demo-password-hub' }
  const session = await openSession(t, adapter, settingsFor(platform.url, { accounts: [hub, ACCOUNT] }))
  t.match(await deliverTo(session, deliveryOf({ from: { code: 'H36.99.01' } })), { kind: 'delivered' })
  t.match(await deliverTo(session, deliveryOf()), { kind: 'delivered' })
  t.match(await deliverTo(session, deliveryOf({ from: { code: 'H99' } })), { kind: 'deferred', problem: { detail: { en: /No account.*H99/ } } })
  t.equal(platform.tables.calls.get('login'), 1, 'one login for both')
  t.equal(platform.tables.calls.get('sendEdoc'), 2, 'nothing is sent in another name')
})

t.test('every code of the platform has one meaning', async t => {
  const table: Array<[string, number, string]> = [
    ['0', 1, 'delivered'], ['10', 1, 'refused'], ['15', 1, 'deferred'], ['15', 9, 'deferred'], ['18', 1, 'refused'], ['19', 1, 'refused'], ['20', 1, 'deferred'], ['20', 5, 'deferred'],
    ['21', 1, 'deferred'], ['21', 2, 'refused'], ['22', 1, 'refused'], ['23', 1, 'deferred'], ['23', 7, 'deferred'], ['4711', 9, 'deferred'], ['77', 1, 'refused']
  ]
  for (const status of [200, 400]) {
    for (const [errorCode, attempt, kind] of table) {
      if (errorCode === '0' && status !== 200) continue
      mock().post(/login/).reply(200, loggedIn())
      mock().post('/v1/sendEdoc').reply(status, errorCode === '0' ? { success: true, docId: 'x', data: { errorCode: '0' } } : { success: false, message: 'lỗi', data: { docId: '', status: 'error', errorCode, errorDesc: `said ${ACCOUNT.secretKey} opaque-token` } })
      if (attempt > 1) mock().get(/getSentEdocList/).reply(200, { success: true, data: [] })
      const outcome = await deliverTo(await openSession(t, adapter, settingsFor(ORIGIN, { errorCodes: { 77: 'refuse' } })), deliveryOf({}, { attempt }))
      t.equal(outcome.kind, kind, `${errorCode} in attempt ${attempt}, HTTP ${status}`)
      if (outcome.kind === 'refused') t.equal(outcome.problem.code, 'ENDPOINT_REFUSED')
      if (outcome.kind === 'deferred') t.equal(outcome.problem.code, 'ENDPOINT_UNAVAILABLE')
      t.notMatch(JSON.stringify(outcome), /demo-secret|opaque-token/, 'no secret comes back')
    }
  }
})

t.test('an answer that cannot be understood proves nothing', async t => {
  const answers: Array<[number, string]> = [[200, ''], [200, '<html>'], [200, '[]'], [200, '{"success":false}'], [200, '{"success":"true"}'], [200, '{"docId":"x"}'], [200, `{"success":true,"a":"${'x'.repeat(70_000)}"}`], [404, 'not here'], [403, ''], [302, '']]
  for (const [status, body] of answers) {
    mock().post(/login/).reply(200, loggedIn())
    mock().post('/v1/sendEdoc').reply(status, body)
    t.match(await deliverTo(await openSession(t, adapter, settingsFor(ORIGIN)), deliveryOf()), { kind: 'deferred' }, `${status} ${body.slice(0, 20)}`)
  }
  for (const body of ['', '<html>', '{"code":200}', '{"data":{"token":"a\\nb"}}']) {
    mock().post(/login/).reply(200, body)
    t.match(await deliverTo(await openSession(t, adapter, settingsFor(ORIGIN)), deliveryOf()), { kind: 'deferred' }, body)
  }
  mock().post(/login/).reply(200, loggedIn())
  mock().post('/v1/sendEdoc').reply(413, '')
  t.match(await deliverTo(await openSession(t, adapter, settingsFor(ORIGIN)), deliveryOf()), { kind: 'refused' }, 'only its size is the package\'s own fault')
})

t.test('what arrived before the connection was lost is found and not sent again', async t => {
  const platform = await startPlatform(t, { resetAfterCommit: '1' })
  const session = await openSession(t, adapter, settingsFor(platform.url))
  const delivery = deliveryOf()
  t.match(await deliverTo(session, delivery), { kind: 'deferred', uncertain: true })
  const [message] = platform.tables.messages.values()
  // The same process knows, whatever the attempt is called; another one goes by the attempt.
  t.same(await deliverTo(session, delivery), { kind: 'delivered', externalId: message?.senderDocId })
  t.same(await deliverTo(await openSession(t, adapter, settingsFor(platform.url)), { ...delivery, attempt: 2 }), { kind: 'delivered', externalId: message?.senderDocId })
  t.equal(platform.tables.messages.size, 1)
})

t.test('what did not arrive is sent again; while the list cannot be read nothing is sent blindly', async t => {
  const platform = await startPlatform(t)
  const session = await openSession(t, adapter, settingsFor(platform.url))
  platform.faults.sendErrors = 1
  const delivery = deliveryOf()
  t.match(await deliverTo(session, delivery), { kind: 'deferred' })
  for (const faults of [{ sentListErrors: 1 }, { nonsense: 1 }, { httpErrors: 1 }]) {
    Object.assign(platform.faults, faults)
    t.match(await deliverTo(session, { ...delivery, attempt: 2 }), { kind: 'deferred' }, Object.keys(faults).join())
  }
  t.equal(platform.tables.calls.get('sendEdoc'), 1)
  t.match(await deliverTo(session, { ...delivery, attempt: 3 }), { kind: 'delivered' })
  t.equal(platform.tables.messages.size, 1)
  const without = await openSession(t, adapter, settingsFor(platform.url, { sentList: false }))
  platform.faults.sentListErrors = 1
  t.match(await deliverTo(without, deliveryOf({ notation: '2/STP' }, { attempt: 2 })), { kind: 'delivered' }, 'a platform without the list')
})

t.test('a document that only looks alike is not taken for the delivery', async t => {
  const platform = await startPlatform(t)
  const session = await openSession(t, adapter, settingsFor(platform.url))
  t.match(await deliverTo(session, deliveryOf()), { kind: 'delivered' })
  const cases: Array<[string, OutboundDelivery]> = [
    ['another number', deliveryOf({ notation: '16/STP' }, { attempt: 2 })],
    ['another title', deliveryOf({ title: 'V/v khác' }, { attempt: 2 })],
    ['another recipient', deliveryOf({}, { attempt: 2, recipient: 'H37.03' })],
    ['the same once more, by an operator: the one there is known as another delivery\'s', deliveryOf({}, { attempt: 2 })]
  ]
  for (const [which, delivery] of cases) {
    const before = platform.tables.messages.size
    t.match(await deliverTo(session, delivery), { kind: 'delivered' })
    t.equal(platform.tables.messages.size, before + 1, which)
  }
  const known = [...platform.tables.messages.keys()]
  t.match(await deliverTo(await openSession(t, adapter, settingsFor(platform.url)), { ...deliveryOf({}, { attempt: 2 }), otherIds: async () => known }), { kind: 'delivered' })
  t.equal(platform.tables.messages.size, known.length + 1, 'what another process sent before it about the same document')
  // Another process has only the time to go by: an entry from before the delivery was made is none of it.
  for (const message of platform.tables.messages.values()) message.sentAt -= 3_600_000
  const size = platform.tables.messages.size
  t.match(await deliverTo(await openSession(t, adapter, settingsFor(platform.url)), deliveryOf({}, { attempt: 2 })), { kind: 'delivered' })
  t.equal(platform.tables.messages.size, size + 1, 'older than the delivery')
})

t.test('a probe asks with every account and sends nothing', async t => {
  const platform = await startPlatform(t)
  const probe = async (settings: Record<string, unknown>) => await (await openSession(t, adapter, settings)).probe(AbortSignal.timeout(5000))
  t.same(await probe(settingsFor(platform.url)), { kind: 'delivered' })
  t.match(await probe(settingsFor(platform.url, { accounts: [ACCOUNT, { ...ACCOUNT, systemId: 'HUB-H36' }] })), { kind: 'deferred', problem: { detail: { en: /error 15/ } } }, 'one wrong account is told')
  t.match(await probe(settingsFor(platform.url, { accounts: [{ ...ACCOUNT, password: 'x' }] })), { kind: 'deferred', problem: { code: 'ENDPOINT_UNAVAILABLE' } })
  t.equal(platform.tables.messages.size, 0)
})

t.test('agencies are listed; registered and deleted once, and again when they change', async t => {
  const platform = await startPlatform(t)
  const memory = createMemory()
  const keep = async (more: Record<string, unknown>, until: () => boolean): Promise<void> => {
    const session = await openSession(t, adapter, settingsFor(platform.url, { accounts: [{ ...ACCOUNT, agencies: ['H36.11', 'H36.55'] }], messageTypes: [], ...more }), { memory })
    const over = new AbortController()
    const receiving = session.receive?.(async () => { throw new Error('nothing is fetched') }, over.signal)
    await eventually(until)
    over.abort()
    await receiving
  }
  await keep({ registrations: [{ code: 'H36.55', name: 'Sở Mới', pcode: 'H36' }] }, () => platform.tables.agencies.get('H36.55')?.name === 'Sở Mới')
  await keep({ registrations: [{ code: 'H36.55', name: 'Sở Mới đổi tên', pcode: 'H36' }] }, () => platform.tables.agencies.get('H36.55')?.name === 'Sở Mới đổi tên')
  t.equal(platform.tables.calls.get('registerAgency'), 2)
  const session = await openSession(t, adapter, settingsFor(platform.url))
  const listed = await session.listAgencies?.(AbortSignal.timeout(5000)) ?? []
  t.same(listed.find(({ code }) => code === 'H36.55'), { code: 'H36.55', name: 'Sở Mới đổi tên', id: 'H36.55', parent: 'H36' })
  await keep({ removals: ['H36.55'] }, () => !platform.tables.agencies.has('H36.55'))
})

t.test('settings that cannot work are refused, secrets are masked, and the example of the README is valid', async t => {
  const { checkSettings, mask } = checkAdapter(adapter, 'edoc-rest')
  const pointers = (settings: Record<string, unknown>): string[] => checkSettings(settings).faults.map(({ pointer }) => pointer)
  t.same(pointers(settingsFor('http://10.0.0.5:8080/lgsp')), [])
  t.ok(pointers({ url: 'http://a.vn' }).includes('/accounts'), 'no account at all')
  for (const url of ['ftp://a.vn/', 'http://user:pass@a.vn/', 'lgsp', 'http://a.vn/?x=1']) t.ok(pointers(settingsFor(url)).includes('/url'), url)
  t.ok(pointers(settingsFor('http://a.vn', { paths: { login: 'no-slash' } })).includes('/paths/login'))
  const masked = JSON.stringify(mask(settingsFor('http://a.vn')))
  t.notMatch(masked, /demo-(secret|password)/)
  const readme = await readFile(join(ROOT, 'adapters/edoc-rest/README.md'), 'utf8')
  const examples = [...readme.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => JSON.parse(json) as { adapter: string, settings: Record<string, unknown> })
  t.ok(examples.length > 0)
  for (const { settings } of examples) t.same(pointers(JSON.parse(JSON.stringify(settings).replace(/\{"\$env":"\w+"\}/g, '"secret-from-the-environment"')) as Record<string, unknown>), [])
})
