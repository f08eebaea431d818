// The vxp adapter keeps every promise of the contract; what it sends is signed as published; each code of the axis has one
// meaning; what may have arrived is looked for before it is sent again.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import nock from 'nock'
import t, { type Test } from 'tap'
import { adapterSuite, openSession, sampleOf } from '../../test/support/adapter-suite.js'
import { checksSettings, deliverTo, type Partner, sendsOnceAsPromised, startPartner } from '../../test/support/edoc-suite.js'
import { checkAdapter } from '../../src/adapter/load.js'
import type { SampleDelivery } from '../../src/adapter/conformance.js'
import type { OutboundDelivery } from '../../src/ports/adapter.js'
import { createHarness } from './harness.js'
import { adapter } from './index.js'
import { startSimulator, type VxpSimulator } from './simulator.js'

const ORIGIN = 'http://axis.example.vn'
const NOW = Date.UTC(2026, 2, 16, 2, 13, 0, 123)
const ACCOUNT = { systemId: 'HUB-H36', secret: 'demo-secret-hub-h36' }

nock.restore()
t.afterEach(() => {
  nock.cleanAll()
  nock.restore()
})

await adapterSuite(t, { adapter, harness: createHarness() })

const TITLE = 'V/v triển khai kết nối'

/** A delivery with the given envelope facts; the content is what the simulator can read. */
function deliveryOf (more: Partial<OutboundDelivery['envelope']> = {}, options: { deliveryId?: string, attempt?: number, recipient?: string } = {}): OutboundDelivery {
  const sample: SampleDelivery = sampleOf(adapter, { ...(options.deliveryId === undefined ? {} : { deliveryId: options.deliveryId }), attempt: options.attempt ?? 1 })
  const { recipient = 'G15' } = options
  const envelope = { ...sample.envelope, from: { code: 'H36.11', name: 'Sở Tư pháp' }, title: TITLE, notation: '15/STP', to: [{ code: 'G15' }, { code: 'H26' }], ...more }
  const bytes = messageOf({ from: envelope.from.code, to: ['G15', 'H26'], number: envelope.notation?.split('/')[0] ?? '', notation: 'STP', title: envelope.title ?? '' })
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { ...sample, envelope, recipient, body: { mediaType: 'application/xml', size: bytes.length, sha256, open: async () => Readable.from([bytes], { objectMode: false }) } }
}

function messageOf ({ from, to, number, notation, title }: { from: string, to: string[], number: string, notation: string, title: string }): Buffer {
  const parties = to.map(code => `<edXML:To><edXML:OrganId>${code}</edXML:OrganId></edXML:To>`).join('')
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLEnvelope xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLHeader><edXML:MessageHeader>
<edXML:From><edXML:OrganId>${from}</edXML:OrganId></edXML:From>${parties}<edXML:Code><edXML:CodeNumber>${number}</edXML:CodeNumber><edXML:CodeNotation>${notation}</edXML:CodeNotation></edXML:Code>
<edXML:Subject>${title}</edXML:Subject></edXML:MessageHeader><edXML:TraceHeaderList><edXML:TraceHeader><edXML:OrganId>${from}</edXML:OrganId><edXML:Timestamp>2026/03/16 09:12:30</edXML:Timestamp></edXML:TraceHeader></edXML:TraceHeaderList></edXML:edXMLHeader></edXML:edXMLEnvelope></edXML>`)
}

const settingsFor = (url: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({ url, default: ACCOUNT, pollIntervalMs: 20, maxBackoffMs: 50, ...more })

const AXIS: Partner<VxpSimulator> = { adapter, start: async options => await startSimulator({ port: 0, host: '127.0.0.1', options }), settings: settingsFor, from: 'G15', since: NOW }
const startAxis = async (t: Test, options?: Record<string, string>): Promise<VxpSimulator> => await startPartner(t, AXIS, options)

sendsOnceAsPromised(t, AXIS, { deliveryOf, other: 'H26', alike: [['another sender', deliveryOf({ from: { code: 'H36.03' } }, { attempt: 2 })]] })

function mock (): nock.Scope {
  if (!nock.isActive()) nock.activate()
  return nock(ORIGIN)
}

t.test('sendEdoc carries the message as its body, and in its signed headers who sends what to whom', async t => {
  let headers: Record<string, string> = {}
  let body: unknown
  mock().post('/rest/sendEdoc', sent => { body = sent; return true }).reply(function () {
    headers = this.req.headers as Record<string, string>
    return [200, { status: 'OK', ErrorCode: '0', ErrorDesc: '', DocId: 'd-77' }]
  })
  const session = await openSession(t, adapter, settingsFor(`${ORIGIN}/rest/`), { now: () => NOW })
  const made = deliveryOf()
  const bytes = await buffer(await made.body.open())
  const delivery = { ...made, body: { ...made.body, bytes } }
  t.same(await deliverTo(session, delivery), { kind: 'delivered', externalId: 'd-77' })
  const one = (name: string): string => String([headers[name]].flat()[0])
  const signed = { 'XroadVnpt-timestamp': '16032026T091300+0123', 'XroadVnpt-systemid': 'HUB-H36', 'XroadVnpt-servicetype': 'eDoc', 'XroadVnpt-messagetype': 'edoc', 'XroadVnpt-from': 'H36.11', 'XroadVnpt-to': '["G15"]', 'XroadVnpt-hash-file': delivery.body.sha256, 'XroadVnpt-Content-Type': 'application/octet-stream' }
  t.equal(one('xroadvnpt-sign-header'), JSON.stringify(signed))
  t.equal(one('xroadvnpt-sign-header-key'), 'timestamp;systemid;servicetype;messagetype;from;to;hash-file;Content-Type')
  for (const [name, value] of Object.entries(signed)) t.equal(one(name.toLowerCase()), value, name)
  t.equal(one('content-type'), 'application/octet-stream')
  t.equal(one('content-length'), String(delivery.body.size))
  t.equal(one('idempotency-key'), delivery.deliveryId)
  t.equal(one('xroadvnpt-version'), '3.0.201608')
  t.equal(String(body), bytes.toString())
})

t.test('each recipient is one delivery: the axis does not give it to all that the document names', async t => {
  const axis = await startAxis(t)
  const session = await openSession(t, adapter, settingsFor(axis.url))
  t.match(await deliverTo(session, deliveryOf()), { kind: 'delivered' })
  const [message] = axis.tables.messages.values()
  t.same(message?.items.map(({ to }) => to), ['G15'])
  t.match(message, { from: 'H36.11', messageType: 'edoc', title: TITLE, notation: '15/STP' })
})

t.test('a form is sent where the axis wants one, with the same bytes', async t => {
  const axis = await startAxis(t)
  const session = await openSession(t, adapter, settingsFor(axis.url, { sendMode: 'multipart', correlationHeaders: false }))
  const delivery = deliveryOf()
  t.match(await deliverTo(session, delivery), { kind: 'delivered' })
  const [message] = axis.tables.messages.values()
  t.equal(message?.sha256, delivery.body.sha256)
  t.equal(message?.deliveryId, undefined, 'no unsigned headers where they are switched off')
})

t.test('a sender speaks with the account that was given to it', async t => {
  const axis = await startAxis(t)
  const session = await openSession(t, adapter, { url: axis.url, credentials: [{ agencies: ['g15 '], systemId: 'BO-TU-PHAP', secret: 'demo-secret-bo-tu-phap' }, { agencies: ['H36.11'], ...ACCOUNT }] })
  t.match(await deliverTo(session, deliveryOf({ from: { code: 'G15' } }, { recipient: 'H36.11' })), { kind: 'delivered' })
  t.match(await deliverTo(session, deliveryOf()), { kind: 'delivered' })
  t.match(await deliverTo(session, deliveryOf({ from: { code: 'H99' } })), { kind: 'deferred', problem: { detail: { en: /No account.*H99/ } } })
  t.equal(axis.tables.calls.get('sendEdoc'), 2, 'nothing is sent in another name')
})

t.test('deliveries in doubt at once share the lists that they look through', async t => {
  const axis = await startAxis(t)
  const first = await openSession(t, adapter, settingsFor(axis.url))
  const deliveries = Array.from({ length: 20 }, (_, n) => deliveryOf({ notation: `${n + 1}/STP` }))
  // Half of them have arrived.
  for (const delivery of deliveries.slice(0, 10)) t.match(await deliverTo(first, delivery), { kind: 'delivered' })
  const docIds = [...axis.tables.messages.keys()]
  const session = await openSession(t, adapter, settingsFor(axis.url))
  const outcomes = await Promise.all(deliveries.map(async delivery => await deliverTo(session, { ...delivery, attempt: 2 })))
  t.same(outcomes.slice(0, 10), docIds.map(externalId => ({ kind: 'delivered', externalId })))
  t.equal(axis.tables.messages.size, 20, 'nothing twice, nothing left out')
  t.equal(axis.tables.calls.get('getSentEdocList'), 2)
})

t.test('of two deliveries of one document that share a list, one has arrived, and the other is sent', async t => {
  const axis = await startAxis(t)
  t.match(await deliverTo(await openSession(t, adapter, settingsFor(axis.url)), deliveryOf()), { kind: 'delivered' })
  const session = await openSession(t, adapter, settingsFor(axis.url))
  const ahead = deliverTo(session, deliveryOf({ notation: '1/STP' }, { attempt: 2 }))
  const outcomes = await Promise.all([deliverTo(session, deliveryOf({}, { attempt: 2 })), deliverTo(session, deliveryOf({}, { attempt: 2 }))])
  t.match(await ahead, { kind: 'delivered' })
  t.equal(new Set(outcomes.map(outcome => outcome.kind === 'delivered' ? outcome.externalId : '')).size, 2)
  t.equal(axis.tables.messages.size, 3)
})

t.test('every code of the axis has one meaning', async t => {
  const table: Array<[string, number, string]> = [
    ['0', 1, 'delivered'], ['10', 1, 'refused'], ['15', 1, 'deferred'], ['18', 1, 'refused'], ['19', 1, 'refused'], ['20', 1, 'deferred'], ['20', 5, 'deferred'],
    ['21', 1, 'deferred'], ['21', 2, 'refused'], ['22', 1, 'refused'], ['23', 1, 'refused'], ['100', 1, 'deferred'], ['4711', 9, 'deferred'], ['77', 1, 'refused']
  ]
  for (const [code, attempt, kind] of table) {
    mock().post('/sendEdoc').reply(200, { status: code === '0' ? 'OK' : 'FAIL', ErrorCode: code, ErrorDesc: `said ${ACCOUNT.secret}`, DocId: 'x' })
    if (attempt > 1) mock().post('/getSentEdocList').reply(200, { status: 'OK', ErrorCode: '0', data: [] })
    const session = await openSession(t, adapter, settingsFor(ORIGIN, { errorCodes: { 77: 'refuse' } }))
    const outcome = await deliverTo(session, deliveryOf({}, { attempt }))
    t.equal(outcome.kind, kind, `${code} in attempt ${attempt}`)
    if (outcome.kind === 'refused') t.equal(outcome.problem.code, 'ENDPOINT_REFUSED')
    if (outcome.kind === 'deferred') t.equal(outcome.problem.code, 'ENDPOINT_UNAVAILABLE')
    t.notOk(JSON.stringify(outcome).includes(ACCOUNT.secret), 'no secret comes back')
  }
})

t.test('an answer that cannot be understood proves nothing', async t => {
  for (const [status, body] of [[200, ''], [200, '<html>'], [200, '[]'], [200, '{"status":"OK"}'], [200, '{"ErrorCode":{}}'], [200, `{"a":"${'x'.repeat(70_000)}"}`], [404, 'not here'], [401, '']] as const) {
    mock().post('/sendEdoc').reply(status, body)
    const session = await openSession(t, adapter, settingsFor(ORIGIN))
    t.match(await deliverTo(session, deliveryOf()), { kind: 'deferred' }, `${status} ${body.slice(0, 20)}`)
  }
  mock().post('/sendEdoc').reply(413, '')
  t.match(await deliverTo(await openSession(t, adapter, settingsFor(ORIGIN)), deliveryOf()), { kind: 'refused' }, 'only its size is the package\'s own fault')
})

t.test('a list of what was sent that is too long to be read holds the delivery up, and says so', async t => {
  mock().post('/getSentEdocList').reply(200, Buffer.alloc(32 * 2 ** 20 + 1, ' '))
  const session = await openSession(t, adapter, settingsFor(ORIGIN))
  t.match(await deliverTo(session, deliveryOf({}, { attempt: 2 })), { kind: 'deferred', problem: { detail: { en: /getSentEdocList is over 32768 KiB/ } } })
})

t.test('what is said against the list of what was sent is said of no package', async t => {
  for (const [status, ErrorCode] of [[200, '10'], [200, '19'], [200, '21'], [413, '0']] as const) {
    mock().post('/getSentEdocList').reply(status, { status: 'FAIL', ErrorCode, ErrorDesc: 'no' })
    const session = await openSession(t, adapter, settingsFor(ORIGIN))
    t.match(await deliverTo(session, deliveryOf({}, { attempt: 2 })), { kind: 'deferred', problem: { code: 'ENDPOINT_UNAVAILABLE' } }, `${status} ${ErrorCode}`)
  }
})

t.test('a list that broke off does not hide what another process sent long before', async t => {
  const [madeAt, sentAt] = [NOW - 7_200_000, NOW - 3_600_000]
  const hex = madeAt.toString(16).padStart(12, '0')
  const delivery = deliveryOf({}, { attempt: 2, deliveryId: `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000001` })
  const session = await openSession(t, adapter, settingsFor(ORIGIN), { now: () => NOW })
  mock().post('/getSentEdocList').reply(502, '')
  t.match(await deliverTo(session, delivery), { kind: 'deferred', uncertain: true })
  mock().post('/getSentEdocList').reply(200, { status: 'OK', ErrorCode: '0', data: [{ docId: 'd-1', from: 'H36.11', to: 'G15', title: TITLE, notation: '15/STP', createdTime: new Date(sentAt).toISOString() }] })
  t.same(await deliverTo(session, delivery), { kind: 'delivered', externalId: 'd-1' })
})

t.test('the clock of the axis can be allowed for', async t => {
  const axis = await startAxis(t, { clockSkewMs: '3600000' })
  t.match(await deliverTo(await openSession(t, adapter, settingsFor(axis.url)), deliveryOf()), { kind: 'deferred', problem: { detail: { en: /error 15/ } } })
  t.match(await deliverTo(await openSession(t, adapter, settingsFor(axis.url, { timestamp: { offsetMs: 3_600_000 } })), deliveryOf()), { kind: 'delivered' })
})

t.test('a probe asks with every account and sends nothing', async t => {
  const axis = await startAxis(t)
  const probe = async (settings: Record<string, unknown>) => await (await openSession(t, adapter, settings)).probe(AbortSignal.timeout(5000))
  t.same(await probe(settingsFor(axis.url)), { kind: 'delivered' })
  t.match(await probe(settingsFor(axis.url, { credentials: [{ agencies: ['G15'], systemId: 'BO-TU-PHAP', secret: 'wrong' }] })), { kind: 'deferred', problem: { detail: { en: /error 15/ } } }, 'one wrong account is told')
  t.equal(axis.tables.messages.size, 0)
})

t.test('settings that cannot work are refused, secrets are masked, and the example of the README is valid', async t => {
  const { mask } = checkAdapter(adapter)
  const pointers = await checksSettings(t, adapter)
  t.same(pointers(settingsFor('http://10.0.0.5:8080/VXPAdapter/RestService')), [])
  t.ok(pointers({ url: 'http://axis.example.vn' }).length > 0, 'no account at all')
  for (const url of ['ftp://a.vn/', 'http://user:pass@a.vn/', 'axis', 'http://a.vn/?x=1']) t.ok(pointers(settingsFor(url)).includes('/url'), url)
  t.ok(pointers(settingsFor('http://a.vn', { sendMode: 'pigeon' })).includes('/sendMode'))
  t.notOk(JSON.stringify(mask(settingsFor('http://a.vn', { credentials: [{ agencies: ['G15'], systemId: 'a', secret: 'hidden' }] }))).includes('hidden'))
})
