// Promise: software that speaks to the national axis or to a provincial platform today works with the hub by another address.
import t from 'tap'
import type { HubConfig } from '../../src/model/generated.js'
import { runEngine } from '../support/engine.js'
import { openProvince, runHub, setUps } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { createVxpSdk, exchange, type SdkAnswer } from '../support/vxp-sdk.js'
import { call, formBytes, FORM, JSON_BODY, type Answer } from '../support/wire.js'
import { documentMessage, fixture, NAMESPACE } from '../unit/formats/edxml-messages.js'

const SECRETS: Record<string, string> = { 'so-tai-chinh': 'secret-of-finance', 'so-noi-vu': 'secret-of-home-affairs', 'truc-quoc-gia': 'secret-of-the-nation' }

/** The sample province with every door open; inboxes hand out strict edXML. */
function open (config: HubConfig): HubConfig {
  return {
    ...config,
    doors: { axis: { ...config.doors.axis, enabled: true }, facade: { ...config.doors.facade, enabled: true }, xroad: { ...config.doors.xroad, enabled: true, trusted: [{ network: '127.0.0.0/8', client: 'truc-quoc-gia' }] } },
    endpoints: config.endpoints.map(endpoint => endpoint.id === 'so-nganh' ? { ...endpoint, format: 'edxml' as const } : endpoint),
    clients: config.clients.map(client => {
      const secret = SECRETS[client.id]
      return secret === undefined ? client : { ...client, systems: [{ systemId: `SYS-${client.id}`, secret, username: client.id, password: `${secret}-password` }] }
    })
  }
}

function statusFrom (code: string, { from, to, documentId }: { from: string, to: string, documentId: string }): string {
  return `<edXML xmlns="${NAMESPACE}"><edXMLEnvelope><edXMLHeader><MessageHeader><From><OrganId>${from}</OrganId></From>` +
    `<ResponseFor><OrganId>${to}</OrganId><Code>1/UBND</Code><DocumentId>${documentId}</DocumentId></ResponseFor>` +
    `<StatusCode>${code}</StatusCode><Timestamp>2026/03/16 10:00:00</Timestamp></MessageHeader></edXMLHeader></edXMLEnvelope></edXML>`
}

for (const setUp of await setUps()) {
  await t.test(setUp, async t => {
    const province = await openProvince(t, setUp, open)
    const { url } = await runHub(t, province.config)
    const sdk = (client: string): ReturnType<typeof createVxpSdk> => createVxpSdk({ url, systemId: `SYS-${client}`, secret: SECRETS[client] ?? '' })

    await t.test('the vendor\'s SDK: A sends, B lists, fetches and answers, A follows it and gets the status', async t => {
      const [a, b] = [sdk('so-tai-chinh'), sdk('so-noi-vu')]
      t.match(await a.registerAgency({ id: '1', pcode: 'H36', code: 'H36.03', name: 'Sở Tài chính', mail: '', mobile: '', fax: '' }), { httpStatus: 200, status: 'OK', ErrorCode: '0' })
      t.match(await a.registerAgency({ code: 'H36.11' }), { status: 'FAIL', ErrorCode: '19' })
      const agencies = (await a.getAgenciesList()).data as Array<Record<string, string>>
      t.match(agencies.find(({ code }) => code === 'H36.03'), { id: 'H36.03', pid: 'H36', name: 'Sở Tài chính tỉnh Lâm Đồng', oldCode: '000.00.03.H36' })
      t.notOk(agencies.some(({ code }) => code === 'H36.41'), 'no closed ones')

      const documentId = 'H36.03,2026/03/16,7/STC'
      const file = documentMessage({ from: 'H36.03', to: ['H36.02'], documentId })
      const sent = await a.sendEdoc({ from: 'H36.03', messagetype: 'edoc' }, file)
      t.match(sent, { httpStatus: 200, status: 'OK', ErrorCode: '0', ErrorDesc: 'Success' })
      t.match(a.sent.subarray(-2).toString('hex'), '0d0a')
      t.equal((await a.sendEdoc({ from: 'H36.03', messagetype: 'edoc' }, file)).DocId, sent.DocId, 'a repeated call is answered alike')
      const stored = await call(`${url}/v1/packages/${sent.DocId ?? ''}/content`, { key: province.keys.get('so-tai-chinh') })
      t.equal(stored.bytes.toString(), file, 'the original is the file, without the line end behind it')

      const item = await eventually(async () => ((await b.getReceivedEdocList({ messagetype: 'edoc', status: 'initial' })).data as Array<Record<string, string>>).at(0))
      t.match(item, { serviceType: 'eDoc', messageType: 'edoc', from: 'H36.03', to: 'H36.02', status: 'initial', created_time: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/ })
      const docid = item['docId'] ?? ''
      t.match(docid, /^[0-9a-f-]{36}$/, 'safe as a file name')
      t.match(await b.call('GET', 'countReceiveEdoc'), { status: 'OK', count: 1 })
      t.match(await b.updateStatus({ docid, status: 'processing' }), { status: 'OK' })
      t.match((await a.getSentEdocList({ messagetype: 'edoc' })).data, [{ senderDocId: sent.DocId, receiverDocId: docid, fromCode: 'H36.03', toCode: 'H36.02', sendStatus: 'sent', receiveStatus: 'processing', title: 'V/v thử' }])
      t.same((await b.getReceivedEdocList({ messagetype: 'edoc', status: 'initial' })).data, [], 'others see that it is in hand')
      const got = await b.getEdoc({ docId: docid })
      t.match(got.file.toString(), /<edXML:edXMLEnvelope[\s\S]*<edXML:DocumentId>H36\.03,2026\/03\/16,7\/STC</, 'strict edXML')
      for (let n = 0; n < 2; n++) t.match(await b.updateStatus({ docid, status: 'done' }), { status: 'OK' })
      t.same((await b.getReceivedEdocList({ messagetype: 'edoc' })).data, [], 'nothing is left to fetch')
      t.match((await a.getSentEdocList({ messagetype: 'edoc', docId: sent.DocId ?? '' })).data, [{ receiveStatus: 'done', receivedTime: /^\d/ }])

      t.match(await b.sendEdoc({ from: 'H36.02', messagetype: 'status' }, statusFrom('03', { from: 'H36.02', to: 'H36.03', documentId })), { status: 'OK' })
      const status = await eventually(async () => ((await a.getReceivedEdocList({ messagetype: 'status' })).data as Array<Record<string, string>>).at(0))
      t.match(status, { messageType: 'status', from: 'H36.02', to: 'H36.03' })
      t.match((await a.getEdoc({ docId: status['docId'] ?? '' })).file.toString(), /<edXML:StatusCode>03</)
      t.match(await a.updateStatus({ docid: status['docId'] ?? '', status: 'done' }), { status: 'OK' })
    })

    await t.test('what left-over headers say is not what a call says', async t => {
      const [a, b] = [sdk('so-tai-chinh'), sdk('so-noi-vu')]
      const files = ['8', '9'].map(number => documentMessage({ from: 'H36.03', to: ['H36.02'], documentId: `H36.03,2026/03/16,${number}/STC` }))
      for (const file of files) t.match(await a.sendEdoc({ from: 'H36.03', messagetype: 'edoc' }, file), { status: 'OK' })
      const items = await eventually(async () => { const { data } = await b.getReceivedEdocList({ messagetype: 'edoc' }); return data.length === 2 && data as Array<Record<string, string>> })
      for (const [index, { docId = '' }] of items.entries()) {
        // `docid` of the item before is still in the map, and so is its status.
        t.match((await b.getEdoc({ docId })).file.toString(), `<edXML:DocumentId>H36.03,2026/03/16,${index + 8}/STC<`, 'the one that was asked for')
        t.match(await b.updateStatus({ docid: docId, status: 'done' }), { status: 'OK' })
        t.equal((await b.getReceivedEdocList({ messagetype: 'edoc' })).data.length, 1 - index, 'what waits, not what is done')
      }
      t.equal((await b.getSentEdocList({ messagetype: 'status' })).data.length, 1, 'the docId of a received item is no choice')
    })

    await t.test('a refusal reaches the sender with its reason', async t => {
      const [a, b] = [sdk('so-tai-chinh'), sdk('so-noi-vu')]
      const { DocId = '' } = await a.sendEdoc({ from: 'H36.03', messagetype: 'edoc' }, documentMessage({ from: 'H36.03', to: ['H36.02'], documentId: 'H36.03,2026/03/16,10/STC' }))
      const [item] = await eventually(async () => { const { data } = await b.getReceivedEdocList({ messagetype: 'edoc' }); return data.length === 1 && data as Array<{ docId: string }> })
      t.match(await b.updateStatus({ docid: item?.docId ?? '', status: 'fail', description: 'Sai thể thức' }), { status: 'OK' })
      t.match((await a.getSentEdocList({ messagetype: 'edoc', docId: DocId })).data, [{ sendStatus: 'sent', receiveStatus: 'fail', receiveStatusDesc: 'Sai thể thức' }])
      t.match(await b.updateStatus({ docid: item?.docId ?? '', status: 'done' }), { status: 'FAIL', ErrorCode: '21' })
      t.equal((await b.getReceivedEdocList({ messagetype: 'edoc', status: 'initial' })).data.length, 0)
    })

    await t.test('faults are told in the codes of the protocol, and nothing is stored', async t => {
      const a = sdk('so-tai-chinh')
      const send = async (parts: Parameters<typeof documentMessage>[0], more: { from?: string, to?: string } = {}): Promise<SdkAnswer> =>
        await sdk('so-tai-chinh').sendEdoc({ from: 'H36.03', messagetype: 'edoc', ...more }, documentMessage({ from: 'H36.03', documentId: 'H36.03,2026/03/16,99/STC', ...parts }))
      t.match(await send({ to: ['H36.777'] }), { status: 'FAIL', ErrorCode: '18', ErrorDesc: /H36\.777/ })
      t.match(await send({ from: 'H36.11', to: ['H36.02'] }), { status: 'FAIL', ErrorCode: '19' })
      t.match(await send({ to: ['H36.02'] }, { from: 'H36.11' }), { status: 'FAIL', ErrorCode: '19' })
      t.match(await send({ to: ['H36.02'] }, { to: '["H36.05"]' }), { status: 'FAIL', ErrorCode: '18' })
      t.match(await a.sendEdoc({ from: 'H36.03', messagetype: 'edoc' }, '<edXML>'), { status: 'FAIL', ErrorCode: '22' })
      t.match(await a.sendEdoc({ from: 'H36.03', messagetype: 'letter' }, 'x'), { status: 'FAIL', ErrorCode: '10' })
      t.match(await a.getEdoc({ docId: '../../etc/passwd' }), { status: 'FAIL', ErrorCode: '21' })
      const stranger = createVxpSdk({ url, systemId: 'SYS-so-tai-chinh', secret: 'another-secret' })
      t.match(await stranger.sendEdoc({ from: 'H36.03', messagetype: 'edoc' }, documentMessage()), { httpStatus: 200, status: 'FAIL', ErrorCode: '15' })
      t.match(await createVxpSdk({ url, systemId: 'SYS-so-tai-chinh', secret: SECRETS['so-tai-chinh'] ?? '', at: Date.now() - 90 * 86_400_000 }).getAgenciesList(), { status: 'OK' }, 'a program that runs for months sends the stamp of its first day')
      t.notOk((await a.getSentEdocList({ messagetype: 'edoc' })).data.some(({ notation }: { notation: string }) => notation.includes('99')))
    })

    await t.test('the header `to` restricts the recipients, and a second choice reaches who had not got it, once', async t => {
      const a = sdk('so-tai-chinh')
      const file = documentMessage({ from: 'H36.03', to: ['H36.02', '000.00.05.H36'], documentId: 'H36.03,2026/03/16,11/STC' })
      const { DocId = '' } = await a.sendEdoc({ from: 'H36.03', messagetype: 'edoc', to: '["H36.05"]' }, file)
      t.match((await a.getSentEdocList({ messagetype: 'edoc', docId: DocId })).data, [{ toCode: '000.00.05.H36' }])
      t.equal((await a.sendEdoc({ from: 'H36.03', messagetype: 'edoc', to: '["H36.05"]' }, file)).DocId, DocId)
      const b = sdk('so-noi-vu')
      const second = await a.sendEdoc({ from: 'H36.03', messagetype: 'edoc', to: '["H36.02"]' }, file)
      t.not(second.DocId, DocId)
      t.match((await a.getSentEdocList({ messagetype: 'edoc', docId: second.DocId ?? '' })).data, [{ senderDocId: second.DocId, toCode: 'H36.02' }])
      t.equal((await a.sendEdoc({ from: 'H36.03', messagetype: 'edoc', to: '["H36.02"]' }, file)).DocId, second.DocId)
      const whole = createVxpSdk({ url, systemId: 'SYS-so-tai-chinh', secret: SECRETS['so-tai-chinh'] ?? '' })
      t.equal((await whole.sendEdoc({ from: 'H36.03', messagetype: 'edoc' }, file)).DocId, DocId, 'everybody has it')
      const item = await eventually(async () => ((await b.getReceivedEdocList({ messagetype: 'edoc' })).data as Array<{ docId: string }>).at(0))
      t.match((await b.getEdoc({ docId: item.docId })).file.toString(), /<edXML:DocumentId>H36\.03,2026\/03\/16,11\/STC</)
      t.equal((await b.updateStatus({ docid: item.docId, status: 'done' })).status, 'OK')
      t.same((await b.getReceivedEdocList({ messagetype: 'edoc', status: 'initial' })).data, [], 'one, not two')
    })

    await t.test('the facade: log in, send, list, fetch with files, acknowledge', async t => {
      const login = async (client: string, password = `${SECRETS[client] ?? ''}-password`): Promise<Answer> => await call(`${url}/lgsp/v1/auth/login?allow_anonymous=true`,
        { headers: JSON_BODY, body: JSON.stringify({ username: client, password, applicationCode: 'QLVB', otp: null, twoFactorProvider: null, typeObjs: [0, 1] }) })
      t.match(await login('so-noi-vu', 'wrong'), { status: 401, json: { data: null } })
      const ask = async (client: string, path: string, options: { headers?: Record<string, string>, body?: string | Buffer, method?: string } = {}): Promise<Answer> => {
        const { json: { data: { token } } } = await login(client)
        return await call(`${url}/lgsp/v1/${path}`, { ...options, headers: { authorization: `Bearer ${String(token)}`, 'x-systemid': `SYS-${client}`, 'x-secretkey': SECRETS[client] ?? '', ...options.headers } })
      }
      t.match(await ask('so-noi-vu', 'getAgenciesList', { headers: { authorization: 'Bearer x.y.z' } }), { status: 401, json: { message: 'licenseInfo:invalid' } })
      t.match(await ask('so-noi-vu', 'getAgenciesList', { headers: { 'x-secretkey': 'wrong' } }), { status: 200, json: { success: false, data: { errorCode: '15' } } })
      const file = documentMessage({ from: 'H36.03', to: ['H36.02'], documentId: 'H36.03,2026/03/16,12/STC' })
      const form = (content: string): Buffer => formBytes([{ name: 'messageType', content: 'edoc' }, { name: 'edocFile', filename: 'a.edxml', type: 'application/xml', content }])
      const sent = await ask('so-tai-chinh', 'sendEdoc', { headers: FORM, body: form(file) })
      t.match(sent.json, { success: true, docId: /^[0-9a-f-]{36}$/ })
      t.match((await ask('so-tai-chinh', 'sendEdoc', { headers: FORM, body: form('<edXML>') })).json, { success: false, data: { docId: '', status: 'error', errorCode: '22' } })
      const list = await eventually(async () => { const { json } = await ask('so-noi-vu', 'syncReceivedEdocList?messageType=edoc&fromDate=2026/01/01&toDate=2099/12/31'); return json['count'] === 1 && json })
      t.match(list['data'], [{ from: 'H36.03', to: 'H36.02', status: 'initial', createdTime: /^\d/, messageType: 'edoc' }])
      const { docId } = list['data'][0]
      const { json: { data } } = await ask('so-noi-vu', `getEdoc?docId=${String(docId)}`)
      t.match(data, { docId, from: 'H36.03', fromName: 'Sở Tài chính tỉnh Lâm Đồng', edocCode: '1/UBND', edocAbstract: 'V/v thử' })
      t.match(Buffer.from(data.edxml, 'base64').toString(), /<edXML:DocumentId>H36\.03,2026\/03\/16,12\/STC</)
      t.match(data.attachments.map((each: { fileName: string, fileContent: string }) => [each.fileName, Buffer.from(each.fileContent, 'base64').toString()]), [['a.pdf', '%PDF-1.4 a']])
      t.match((await ask('so-noi-vu', 'updateStatus', { headers: JSON_BODY, body: JSON.stringify({ docId, status: 'done' }) })).json, { success: true })
      t.match((await ask('so-tai-chinh', 'getSentEdocList?messageType=edoc')).json['data'][0], { senderDocId: sent.json['docId'], receiveStatus: 'done' })
    })

    await t.test('the national side pushes a dossier through the X-Road adapter, and looks it up', async t => {
      const pushed = JSON.parse(fixture('dossier/dvcqg/create.wire.json').toString()) as Record<string, unknown>
      const body = JSON.stringify({ ...pushed, madonvi: '000.00.00.G22' })
      const push = async (path: string): Promise<Answer> => await call(`${url}/xroad/${path}`, { headers: JSON_BODY, body })
      t.match(await push('nhanhsdvcqg'), { status: 200, json: { error_code: '22' } }, 'nobody is named')
      const path = 'XrdAdapter/RestService/forward/nhanhsdvcqg?dstcode=VN:GOV:000.00.00.H36:motcua&providerurl=http://127.0.0.1'
      for (let n = 0; n < 2; n++) t.match(await push(path), { status: 200, json: { error_code: '0' } })
      const found = await call(`${url}/xroad/search/call`, { headers: JSON_BODY, body: JSON.stringify({ mahoso: '000.00.11.H36-260316-0007' }) })
      t.match(found.json, { error_code: '0', result: [{ MaHoSo: '000.00.11.H36-260316-0007', TrangThaiHoSo: '4' }] })
      t.ok(await eventually(() => province.receivers.get('ubnd-tinh')?.received().filter(({ kind }) => kind === 'dossier').length === 1))
      t.match(await call(`${url}/xroad/downloadfile/0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e`), { status: 404, json: { error_code: '21' } })
      t.match(await call(`${url}/xroad/nhanhsdvcqg`, { headers: { ...JSON_BODY, 'x-systemid': 'SYS-truc-quoc-gia', 'x-secretkey': 'x' }, body }), { status: 401, json: { error_code: '15' } })
    })

    await t.test('a push of several dossiers is taken whole or not at all, and in any company again', async t => {
      const pushed = JSON.parse(fixture('dossier/dvcqg/create.wire.json').toString()) as { data: [Record<string, unknown>] }
      const hoSo = (seq: string, more: object = {}): object => ({ ...pushed.data[0], MaHoSo: `000.00.11.H36-260317-${seq}`, ...more })
      const path = 'xroad/nhanhsdvcqg?dstcode=VN:GOV:000.00.00.H36:motcua'
      const push = async (session: string, ...data: object[]): Promise<Answer> => await call(`${url}/${path}`, { headers: JSON_BODY, body: JSON.stringify({ ...pushed, session, madonvi: '000.00.00.G22', data }) })
      const known = async (): Promise<string[]> => {
        const { json } = await call(`${url}/v1/packages?kind=dossier&limit=50`, { key: province.keys.get('ubnd-tinh') })
        return (json['items'] as Array<{ envelope: { correlationId: string } }>).map(({ envelope: { correlationId } }) => correlationId).filter(id => id.includes('-260317-')).sort()
      }
      const refused = await push('s-1', hoSo('0001'), hoSo('0002', { TrangThaiHoSo: '77' }), hoSo('0003'))
      t.match(refused, { status: 200, json: { error_code: '22', message: /1 trong 3 hồ sơ[^]*\/data\/1\/TrangThaiHoSo/ } })
      t.same(await known(), [], 'nothing is stored of a push with a fault')
      t.match(await push('s-1', hoSo('0001'), hoSo('0002'), hoSo('0003')), { status: 200, json: { error_code: '0' } })
      const three = ['0001', '0002', '0003'].map(seq => `dossier:000.00.11.H36-260317-${seq}`)
      t.same(await known(), three)
      t.match(await push('s-2', hoSo('0003'), hoSo('0001')), { json: { error_code: '0' } }, 'another session, another order, fewer')
      t.match(await push('s-3', hoSo('0002')), { json: { error_code: '0' } })
      t.same(await known(), three, 'nothing is stored twice')
      t.match(await call(`${url}/xroad/search/call`, { headers: JSON_BODY, body: JSON.stringify({ mahoso: '000.00.11.H36-260317-0002' }) }), { json: { error_code: '0', result: [{ MaHoSo: '000.00.11.H36-260317-0002' }] } })
    })

    await t.test('the doors are not in the OpenAPI of the hub, and what they do not have is not found', async t => {
      t.notMatch((await call(`${url}/openapi.json`)).bytes.toString(), /vxp|lgsp|xroad/)
      const head = Buffer.from('POST /vxp/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Type: application/octet-stream\r\n\r\n')
      t.equal((await exchange(url, { head, body: Buffer.from('{}') })).httpStatus, 404)
    })
  })
}

await t.test('a hub whose inboxes would hand out what this software cannot read says so when it starts', async t => {
  const good = await runEngine(t, 'embedded', open)
  t.same(good.logged('door.unreadable'), [])
  const careless = await runEngine(t, 'embedded', config => ({ ...open(config), endpoints: config.endpoints }))
  t.match(careless.logged('door.unreadable'), [{ level: 40, endpoint: 'so-nganh', agencies: ['H36.03', 'H36.02'], pointer: /^\/endpoints\/\d+\/format$/, detail: /edXML/ }])
  t.equal(careless.logged('door.unreadable').length, 1)
})
