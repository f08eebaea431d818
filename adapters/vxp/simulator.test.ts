// The simulated axis, asked over raw HTTP in the manner of the vendor's own SDK: whoever develops against it must meet the
// same tolerance, and the same refusals, as at the real one.
import { createHash, createHmac } from 'node:crypto'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import yauzl from 'yauzl'
import { signVxp, verifyVxp, writeVxpTimestamp } from '../../src/formats/vxp/signature.js'
import { decodeFile } from '../../src/decode-file.js'
import { documentMessage, statusMessage } from '../../src/demo/edxml.js'
import { unpadded } from './simulator-body.js'
import type { Sending } from './simulator-operations.js'
import { startSimulator, type VxpSimulator } from './simulator.js'

const HUB = { systemId: 'HUB-H36', secret: 'demo-secret-hub-h36' }
const MINISTRY = { systemId: 'BO-TU-PHAP', secret: 'demo-secret-bo-tu-phap' }

const MESSAGE = documentMessage({
  from: { code: 'H36.11', name: 'Sở Tư pháp' }, to: [{ code: 'G15', name: 'Bộ Tư pháp' }, { code: 'H26', name: 'UBND TP Hà Nội' }], number: '15', notation: 'STP-VP', subject: 'V/v kết nối <thử> & "chạy"',
  priority: 1, at: Date.UTC(2026, 2, 16), files: [{ name: 'a.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF-1.4 thử') }]
})
const STATUS = statusMessage({ from: { code: 'G15', name: 'Bộ Tư pháp' }, issuer: 'H36.11', documentId: 'H36.11,2026/03/16,15/STP-VP', code: '15/STP-VP', promulgationDate: '2026/03/16', statusCode: '03', description: 'Đã tiếp nhận', at: Date.UTC(2026, 2, 16) })

async function startAxis (t: Test, options: Record<string, string> = {}): Promise<VxpSimulator> {
  const axis = await startSimulator({ port: 0, host: '127.0.0.1', options })
  t.teardown(axis.stop)
  return axis
}

interface SdkCall {
  operation: string
  method?: 'GET' | 'POST'
  account?: { systemId: string, secret: string }
  /** In any order, also twice in two spellings. */
  parameters?: Array<[string, string]>
  contentType?: string
  body?: Buffer
  timestamp?: string
  /** Changes the raw headers after signing. */
  tamper?: (headers: string[]) => string[]
}

interface Answer { status: number, json: Record<string, any>, raw: Buffer }

/** As the SDK does: headers in the order of a hash map, S written by hand, the hash over S. */
async function call (axis: { url: string }, { operation, method = 'POST', account = HUB, parameters = [], contentType = 'application/json', body = Buffer.alloc(0), timestamp, tamper = headers => headers }: SdkCall): Promise<Answer> {
  const named: Array<[string, string]> = [...parameters, ['systemid', account.systemId], ['timestamp', timestamp ?? writeVxpTimestamp(Date.now())], ['Content-Type', contentType]]
  const signed = `{${named.map(([name, value]) => `${JSON.stringify(`XroadVnpt-${name}`)}:${JSON.stringify(value)}`).join(',')}}`
  const utf8 = (value: string): string => Buffer.from(value).toString('latin1')
  const headers = tamper([
    ...named.flatMap(([name, value]) => [`XroadVnpt-${name}`, utf8(value)]), 'Content-Type', contentType, 'Host', 'axis', 'Content-Length', String(body.length),
    'XroadVnpt-sign-header-key', named.map(([name]) => name).join(';'), 'XroadVnpt-sign-header', utf8(signed), 'XroadVnpt-hash-header', createHmac('sha256', account.secret).update(signed).digest('hex'),
    'User-Agent', 'JAVASDKAgent/1.0.0 XRoad/VPCP', 'XroadVnpt-version', '3.0.201608'
  ])
  return await new Promise((resolve, reject) => {
    request(`${axis.url}/XrdAdapter/RestService/${operation}`, { method, headers: headers as never }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => { chunks.push(chunk) }).on('error', reject).on('end', () => {
        const raw = Buffer.concat(chunks)
        let json = {}
        try { json = JSON.parse(raw.toString()) as object } catch { /* Not every answer is JSON. */ }
        resolve({ status: response.statusCode ?? 0, json, raw })
      })
    }).on('error', reject).end(body)
  })
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

function sending (message: Buffer, more: Partial<SdkCall> & { from?: string, messageType?: string, hash?: string, to?: string } = {}): SdkCall {
  const { from = 'H36.11', messageType = 'edoc', hash = unpadded(sha256(message)), to, ...rest } = more
  return {
    operation: 'sendEdoc', contentType: 'application/octet-stream', body: Buffer.concat([message, Buffer.from('\r\n')]),
    parameters: [['servicetype', 'eDoc'], ['messagetype', messageType], ['hash-file', hash], ['from', from], ...(to === undefined ? [] : [['to', to] as [string, string]])], ...rest
  }
}

async function received (axis: VxpSimulator, account: SdkCall['account'], parameters: Array<[string, string]> = []): Promise<Array<Record<string, string>>> {
  const { json } = await call(axis, { operation: 'getReceivedEdocList', ...(account === undefined ? {} : { account }), parameters: [['servicetype', 'eDoc'], ['messagetype', 'edoc'], ...parameters] })
  return json['data'] as Array<Record<string, string>>
}

t.test('the SDK sends: two bytes too many, a hash without leading zeros, one queue item for each receiver', async t => {
  const axis = await startAxis(t)
  const { json } = await call(axis, sending(MESSAGE))
  t.match(json, { status: 'OK', ErrorCode: '0', DocId: /^[0-9a-f-]{36}$/ })
  const [item] = await received(axis, MINISTRY)
  t.match(item, { from: 'H36.11', to: 'G15', status: 'initial', messageType: 'edoc', serviceType: 'eDoc', created_time: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/ })
  t.not(item?.['docId'], json['DocId'], 'the sender and the receiver know it by different identifiers')
  t.match(await call(axis, { operation: 'countReceiveEdoc', method: 'GET', account: MINISTRY }), { json: { count: 1 } })
  t.match((await call(axis, { operation: 'getSentEdocList', parameters: [['servicetype', 'eDoc'], ['messagetype', 'edoc']] })).json['data'], [
    { senderDocId: json['DocId'], fromCode: 'H36.11', toCode: 'G15', title: 'V/v kết nối <thử> & "chạy"', notation: '15/STP-VP', sendStatus: 'sent', receiveStatus: 'initial' }, { toCode: 'H26' }
  ])
  const edoc = await call(axis, { operation: 'getEdoc', account: MINISTRY, parameters: [['docId', item?.['docId'] ?? '']], body: Buffer.from('{}') })
  const got = Buffer.from(String(edoc.json['data']), 'base64').toString()
  t.match(got, /TraceHeader>[\s\S]*TraceHeader><edXML:OrganId>VXP<\/edXML:OrganId>/, 'the axis has left its trace')
  const download = await call(axis, { operation: 'downloadEdoc', method: 'GET', account: MINISTRY, parameters: [['docId', item?.['docId'] ?? '']] })
  t.equal(download.raw.toString(), got)
})

t.test('a form, a full hash, no hash and a `to` of its own are taken, too', async t => {
  const axis = await startAxis(t)
  const form = Buffer.concat([Buffer.from('--xyz\r\nContent-Disposition: form-data; name="file_doc"; filename="a.edxml"\r\n\r\n'), MESSAGE, Buffer.from('\r\n--xyz--\r\n')])
  const ways: SdkCall[] = [
    sending(MESSAGE, { body: form, contentType: 'multipart/form-data; boundary=xyz', hash: sha256(MESSAGE) }),
    sending(MESSAGE, { body: MESSAGE, hash: sha256(MESSAGE) }),
    { ...sending(MESSAGE), parameters: [['servicetype', 'eDoc'], ['messagetype', 'edoc'], ['from', 'H36.11']] },
    sending(MESSAGE, { to: '["H26"]' })
  ]
  for (const way of ways) t.match((await call(axis, way)).json, { ErrorCode: '0' })
  t.same([...axis.tables.messages.values()].map(({ sha256: found, items }) => [found === sha256(MESSAGE), items.map(({ to }) => to).join()]), [[true, 'G15,H26'], [true, 'G15,H26'], [true, 'G15,H26'], [true, 'H26']])
})

t.test('leaked headers, old time stamps, two spellings of one name and a path are normal', async t => {
  const axis = await startAxis(t)
  await call(axis, sending(MESSAGE))
  const [item] = await received(axis, MINISTRY)
  const docId = item?.['docId'] ?? ''
  const leaked: Array<[string, string]> = [['hash-file', 'abc'], ['from', 'G15'], ['docId', docId], ['docid', docId], ['filePath', '../../etc/passwd'], ['status', 'processing']]
  const yesterday = writeVxpTimestamp(Date.now() - 20 * 3_600_000)
  const common = { operation: 'updateStatus', account: MINISTRY, body: Buffer.from('{}') }
  t.match((await call(axis, { ...common, parameters: leaked, timestamp: yesterday })).json, { ErrorCode: '0' })
  t.equal(axis.tables.queue.get(docId)?.item.status, 'processing')
  t.match((await call(axis, { ...common, parameters: [['docId', docId], ['status', 'fail'], ['description', 'Thiếu số ký hiệu']] })).json, { ErrorCode: '0' })
  t.match(axis.tables.queue.get(docId)?.item, { status: 'fail', description: 'Thiếu số ký hiệu' })
})

t.test('a call that is not signed by a known system is refused', async t => {
  const axis = await startAxis(t)
  const list: SdkCall = { operation: 'getAgenciesList' }
  const without = (name: string) => (headers: string[]): string[] => headers.filter((_each, index) => headers[index - index % 2] !== name)
  const cases: Array<[string, SdkCall]> = [
    ['wrong secret', { ...list, account: { ...HUB, secret: 'wrong' } }], ['unknown system', { ...list, account: { systemId: 'WHO', secret: 'x' } }],
    ['no signature', { ...list, tamper: without('XroadVnpt-hash-header') }], ['no signed text', { ...list, tamper: without('XroadVnpt-sign-header') }],
    ['another text', { ...list, tamper: headers => headers.map(each => each.startsWith('{"') ? each.replace('HUB-H36', 'HA-NOI') : each) }],
    ['a time stamp of last week', { ...list, timestamp: writeVxpTimestamp(Date.now() - 7 * 24 * 3_600_000) }], ['no time stamp', { ...list, timestamp: 'now' }]
  ]
  for (const [which, sdk] of cases) t.match((await call(axis, sdk)).json, { status: 'FAIL', ErrorCode: '15' }, which)
  t.match((await call(axis, list)).json, { status: 'OK', ErrorCode: '0' })
})

t.test('what cannot be sent is told by its code', async t => {
  const axis = await startAxis(t)
  Object.assign(axis.tables.agencies.get('H26') ?? {}, { locked: true })
  const cases: Array<[string, SdkCall]> = [
    ['10', sending(MESSAGE, { hash: sha256(Buffer.from('other')) })], ['19', sending(MESSAGE, { from: 'G15' })], ['18', sending(MESSAGE, { to: '["H99"]' })], ['18', sending(MESSAGE, { to: 'H99' })],
    ['23', sending(MESSAGE, { to: '["H26"]' })], ['22', sending(Buffer.from('hello'))], ['10', sending(MESSAGE, { messageType: 'pigeon' })]
  ]
  for (const [code, sdk] of cases) t.match((await call(axis, sdk)).json, { status: 'FAIL', ErrorCode: code }, code)
  t.equal(axis.tables.messages.size, 0)
  t.equal((await call(axis, { operation: 'nothing' })).status, 404)
  t.equal((await call(axis, { operation: 'getEdoc', method: 'GET' })).status, 405)
})

t.test('nobody reads or acknowledges what is another\'s', async t => {
  const axis = await startAxis(t)
  await call(axis, sending(MESSAGE, { to: '["G15"]' }))
  const [item] = await received(axis, MINISTRY)
  t.same(await received(axis, HUB), [])
  for (const operation of ['getEdoc', 'updateStatus']) t.match((await call(axis, { operation, parameters: [['docId', item?.['docId'] ?? ''], ['status', 'done']] })).json, { status: 'FAIL' }, operation)
  t.equal(axis.tables.queue.get(item?.['docId'] ?? '')?.item.status, 'initial')
})

t.test('a status goes to the agency that it answers', async t => {
  const axis = await startAxis(t)
  t.match((await call(axis, sending(STATUS, { account: MINISTRY, from: 'G15', messageType: 'status' }))).json, { ErrorCode: '0' })
  t.same(await received(axis, HUB), [], 'not among the documents')
  t.match(await received(axis, HUB, [['messagetype', 'status']]), [], 'the first of a name counts')
  const { json } = await call(axis, { operation: 'getReceivedEdocList', parameters: [['messagetype', 'status']] })
  t.match(json['data'], [{ to: 'H36.11', messageType: 'status' }])
})

t.test('a queue has pages, states and days', async t => {
  const axis = await startAxis(t)
  for (let n = 0; n < 5; n++) await call(axis, sending(MESSAGE, { to: '["G15"]' }))
  const all = (await received(axis, MINISTRY)).map(({ docId }) => docId)
  t.equal(all.length, 5)
  const page = async (pageIndex: string) => (await received(axis, MINISTRY, [['pageSize', '2'], ['pageIndex', pageIndex]])).map(({ docId }) => docId)
  t.same([...await page('1'), ...await page('2'), ...await page('3'), ...await page('4')], all)
  t.same(await received(axis, MINISTRY, [['status', 'processing']]), [])
  t.same(await received(axis, MINISTRY, [['toDate', '2020/01/01']]), [])
  t.equal((await received(axis, MINISTRY, [['fromDate', '2020/01/01']])).length, 5)
})

t.test('what receivers get is written anew in every way that was seen, and the hub reads it all the same', async t => {
  const quirks = { trace: 'null', dropEmpty: 'true', insertDirection: 'true', rezip: 'true', stripSignature: 'true', emptyResponseFor: 'true' }
  for (const options of [...Object.entries(quirks).map(([name, value]) => ({ [name]: value })), quirks]) {
    const axis = await startAxis(t, options)
    await call(axis, sending(MESSAGE, { to: '["G15"]' }))
    const [item] = await received(axis, MINISTRY)
    const { raw } = await call(axis, { operation: 'downloadEdoc', method: 'GET', account: MINISTRY, parameters: [['docId', item?.['docId'] ?? '']] })
    const file = `${t.testdir({ 'a.edxml': raw })}/a.edxml`
    t.not(sha256(raw), sha256(MESSAGE))
    const { exitCode, printed } = await decodeFile(file, { at: Date.now(), direction: 'inbound' })
    t.equal(exitCode, 0, JSON.stringify({ options, faults: printed['faults'] }))
    if (!('rezip' in options)) continue
    const [encoded = ''] = /(?<=ContentTransferEncoded[^>]*>)[^<]+/.exec(raw.toString()) ?? []
    const archive = Buffer.from(encoded, 'base64')
    t.equal(await firstEntry(archive), '%PDF-1.4 thử')
  }
})

async function firstEntry (archive: Buffer): Promise<string> {
  return await new Promise((resolve, reject) => {
    yauzl.fromBuffer(archive, {}, (error, zip) => {
      if (zip === undefined) { reject(error as Error); return }
      zip.on('error', reject).on('entry', (entry: yauzl.Entry) => {
        zip.openReadStream(entry, (failure, stream) => { if (stream === undefined) reject(failure as Error); else text(stream).then(resolve, reject) })
      })
    })
  })
}

t.test('in strict mode the axis objects as its deserialiser would', async t => {
  const axis = await startAxis(t, { strict: 'true' })
  t.match((await call(axis, sending(MESSAGE))).json, { ErrorCode: '0' })
  const bare = Buffer.from(MESSAGE.toString().replaceAll('edXML:MessageHeader', 'MessageHeader'))
  const root = Buffer.from(MESSAGE.toString().replace('<edXML ', '<x:edXML xmlns:x="urn:x" '))
  for (const wrong of [bare, root]) t.match((await call(axis, sending(wrong))).json, { ErrorCode: '22' })
})

t.test('faults are switched on, listed and reset from outside; what is none is refused', async t => {
  const axis = await startAxis(t)
  const control = async (path: string, body?: string, method = 'POST') => await fetch(`${axis.url}/simulator/${path}`, { method, ...(body === undefined ? {} : { body }) })
  t.equal((await control('faults', '{"latencyMs":1,"httpErrors":2,"httpStatus":502}')).status, 200)
  t.match(await (await control('faults', undefined, 'GET')).json(), { httpErrors: 2, httpStatus: 502 })
  t.equal((await call(axis, { operation: 'getAgenciesList' })).status, 502)
  for (const wrong of ['{"earthquake":1}', '{"latencyMs":"much"}', '{"strict":3}', '{"trace":"x"}', '[]', 'no']) t.equal((await control('faults', wrong)).status, 400, wrong)
  t.equal((await control('offer?from=G15&to=H36.11', MESSAGE.toString())).status, 201)
  t.equal((await call(axis, { operation: 'getAgenciesList' })).status, 502, 'as often as was said')
  t.match(await received(axis, HUB), [{ from: 'G15', to: 'H36.11' }])
  t.match(await (await control('state', undefined, 'GET')).json(), { messages: [{ from: 'G15', items: [{ to: 'H36.11' }] }], calls: { getAgenciesList: 2 } })
  t.equal((await control('close?code=H99')).status, 400)
  t.equal((await control('lock?code=H26')).status, 200)
  t.match((await call(axis, sending(MESSAGE))).json, { ErrorCode: '23' })
  t.equal((await control('reset')).status, 200)
  t.match(await (await control('state', undefined, 'GET')).json(), { messages: [], faults: { httpErrors: 0 } })
  t.equal((await control('nothing')).status, 404)
  await t.rejects(startSimulator({ port: 0, host: '127.0.0.1', options: { earthquake: 'true' } }), RangeError)
})

t.test('who listens is told what became of every message; where the axis is slow the answer is late, not the work, and stopping loses nothing', async t => {
  const told: Sending[] = []
  let onTold = (): void => {}
  const axis = await startSimulator({ port: 0, host: '127.0.0.1', options: { sendErrors: '1' }, onSend: sending => { told.push(sending); onTold() } })
  t.teardown(axis.stop)
  const hash = sha256(MESSAGE)
  t.match((await call(axis, sending(MESSAGE, { to: '["G15"]' }))).json, { ErrorCode: '20' })
  t.match(told.splice(0), [{ to: ['G15'], sha256: hash, errorCode: '20', message: undefined }])
  axis.faults.latencyMs = 3_600_000
  const working = new Promise<void>(resolve => { onTold = resolve })
  const answer = call(axis, sending(MESSAGE, { to: '["G15"]' })).then(() => 'answered', () => 'cut off')
  await working
  t.match(told, [{ to: ['G15'], sha256: hash, errorCode: '0', message: { sha256: hash, items: [{ to: 'G15', status: 'initial' }] } }])
  await axis.stop()
  t.equal(await answer, 'cut off')
  axis.faults.latencyMs = 0
  await axis.start()
  t.match(await received(axis, MINISTRY), [{ from: 'H36.11', to: 'G15' }])
})

t.test('a directory change closes a code and names who follows', async t => {
  const axis = await startAxis(t)
  await fetch(`${axis.url}/simulator/close?code=H36.03&successor=H36.77&name=${encodeURIComponent('Sở Mới')}`, { method: 'POST' })
  const { json: { data } } = await call(axis, { operation: 'getAgenciesList' })
  t.notOk((data as Array<{ code: string }>).some(({ code }) => code === 'H36.03'))
  t.match((data as Array<{ code: string }>).find(({ code }) => code === 'H36.77'), { name: 'Sở Mới', oldCode: 'H36.03' })
  const units = (await call(axis, { operation: 'getSynchronizeUnit' })).json['data'] as Array<Record<string, unknown>>
  t.match(units.find(({ code }) => code === 'H36.03'), { deleted: true, version: 2 })
  t.match((await call(axis, sending(MESSAGE, { to: '["H36.03"]' }))).json, { ErrorCode: '23' })
  t.match((await call(axis, { operation: 'registerAgency', body: Buffer.from('{"code":"H36.78","name":"Trung tâm","pcode":"H36"}') })).json, { ErrorCode: '0' })
  t.match((await call(axis, { operation: 'deleteAgency', parameters: [['AgencyCode', 'H36.78']], body: Buffer.from('{}') })).json, { ErrorCode: '0' })
  t.match((await call(axis, sending(MESSAGE, { from: 'H36.78' }))).json, { ErrorCode: '19' })
})

t.test('the demo secrets are printed, and they work', async t => {
  const axis = await startAxis(t)
  const said = axis.describe().join('\n')
  for (const [systemId, secret] of [...said.matchAll(/systemid (\S+) {2}secret (\S+)/g)].map(([, ...found]) => found)) {
    t.match((await call(axis, { operation: 'countReceiveStatus', method: 'GET', account: { systemId: systemId ?? '', secret: secret ?? '' } })).json, { ErrorCode: '0', count: 0 })
  }
  const headers = signVxp({ docId: 'a' }, { ...HUB, at: Date.now(), contentType: 'application/json' })
  t.match(verifyVxp(Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])), () => HUB.secret), { kind: 'signed', systemId: 'HUB-H36' })
})
