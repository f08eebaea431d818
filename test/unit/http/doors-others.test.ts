// Promises of the facade and of the X-Road paths, on doubles: who is let in, and what is said in whose words.
import t from 'tap'
import { createSystems } from '../../../src/security/systems.js'
import { createDoorDouble, type DoorDouble, makeSystems } from '../../support/door-doubles.js'
import { AT, DELIVERY_ID, FILE, ID, ORIGINAL, sha256 } from '../../support/http-doubles.js'
import type { ManualClock } from '../../support/time.js'
import { FORM, formBytes, JSON_BODY } from '../../support/wire.js'

interface Answer { statusCode: number, headers: Record<string, unknown>, body: string, rawPayload: Buffer, json: () => Record<string, any> }
type Call = { method?: 'GET' | 'POST' | 'DELETE', headers?: Record<string, string>, payload?: string | Buffer, remoteAddress?: string }

let double: DoorDouble
t.before(async () => {
  double = await createDoorDouble(doors => ({ ...doors, xroad: { ...doors.xroad, trusted: [{ network: '10.1.0.0/16', client: 'sender' }, { network: 'fd00::1', client: 'recipient' }] } }))
})
t.teardown(async () => { await double.app.close() })

async function call (path: string, { method = 'GET', headers = {}, payload, remoteAddress }: Call = {}): Promise<Answer> {
  return await double.app.inject({ method, url: path, headers, ...(payload === undefined ? {} : { payload }), ...(remoteAddress === undefined ? {} : { remoteAddress }) }) as unknown as Answer
}

const TOKEN = makeSystems().issueToken(makeSystems().find('SYS-recipient') ?? (() => { throw new Error('no system') })(), AT + 60_000)
const KNOWN = { authorization: `Bearer ${TOKEN}`, 'x-systemid': 'SYS-recipient', 'x-secretkey': 'secret-of-the-recipient' }

t.test('a login gives a token that every process with the same configuration believes, for a while', async t => {
  const login = async (body: object): Promise<Answer> => await call('/lgsp/v1/auth/login?allow_anonymous=true', { method: 'POST', headers: JSON_BODY, payload: JSON.stringify(body) })
  const answer = await login({ username: 'recipient', password: 'password-of-recipient', applicationCode: 'QLVB', otp: null, typeObjs: [0, 1] })
  t.match(answer.json(), { code: 200, data: { id: 'SYS-recipient', username: 'recipient', name: 'recipient', token: /^[\w-]+\.[\w-]+\.[\w-]+$/ } })
  const token = String(answer.json()['data'].token)
  const another = makeSystems()
  t.match(another.byToken(token, AT), { systemId: 'SYS-recipient', caller: { id: 'client:recipient', agencies: ['H36.99.3'] } })
  t.ok(another.byToken(token, AT + 30 * 60_000 - 1))
  t.notOk(another.byToken(token, AT + 30 * 60_000), 'its time is over')
  const [header = '', payload = '', signature = ''] = token.split('.')
  const forged = (claims: object): string => `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`
  const unsigned = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`
  for (const wrong of ['', 'x', '..', `${token}.x`, unsigned, forged({ sub: 'SYS-sender', exp: 9e9 }), forged({ sub: 'SYS-recipient', exp: 9e9 }), `${header}.${payload}.`, `${header}.!!.${signature}`]) t.notOk(another.byToken(wrong, AT), wrong)
  const rotated = createSystems([{ id: 'recipient', agencies: ['H36.99.3'], role: 'agency', systems: [{ systemId: 'SYS-recipient', secret: 'a-new-secret' }] }])
  t.notOk(rotated.byToken(token, AT), 'a new secret ends old tokens')
  for (const wrong of [{ username: 'recipient', password: 'x' }, { username: 'plain', password: '' }, { username: 'SYS-recipient', password: 'secret-of-the-recipient' }, {}]) {
    t.match(await login(wrong).then(each => [each.statusCode, each.json()]), [401, { code: 401, data: null }])
  }
  t.match((await call('/lgsp/v1/auth/login', { method: 'POST', headers: JSON_BODY, payload: '[' })).json(), { success: false })
})

t.test('a call needs a token and, for whom it is made, SystemId and SecretKey', async t => {
  t.match((await call('/lgsp/v1/getAgenciesList', { headers: KNOWN })).json(), { success: true, count: 3, data: [{ code: 'H36.11' }, {}, {}] })
  for (const authorization of ['', 'Bearer', 'Bearer x', 'Bearer recipient']) {
    t.match(await call('/lgsp/v1/getAgenciesList', { headers: { ...KNOWN, authorization } }).then(each => [each.statusCode, each.json()]), [401, { message: 'licenseInfo:invalid' }])
  }
  for (const wrong of [{ 'x-systemid': 'SYS-sender' }, { 'x-secretkey': 'x' }]) {
    t.match(await call('/lgsp/v1/getAgenciesList', { headers: { ...KNOWN, ...wrong } }).then(each => [each.statusCode, each.json()]), [200, { success: false, data: { status: 'error', errorCode: '15' } }])
  }
  const forSender = { ...KNOWN, 'x-systemid': 'SYS-sender', 'x-secretkey': 'secret-of-the-sender' }
  await call('/lgsp/v1/syncReceivedEdocList', { headers: forSender })
  t.same(double.lists.at(-1)?.agencies, ['H36.11'], 'one login may serve several agencies')
  t.notMatch(double.rawLog.join(''), /secret-of|password-of|eyJ/)
})

t.test('what the facade shows and takes', async t => {
  const list = await call('/lgsp/v1/syncReceivedEdocList?messageType=edoc&fromDate=2026/03/01&toDate=2026/03/31', { headers: KNOWN })
  t.match(list.json(), { success: true, count: 1, data: [{ docId: DELIVERY_ID, serviceType: 'eDoc', messageType: 'edoc', from: 'H36.11', to: 'H36.99.3', status: 'initial', statusDesc: 'Khởi tạo', createdTime: /^2026-11-20 08/, updatedTime: /^2026/ }] })
  t.match(double.lists.at(-1), { state: 'open', createdFrom: Date.parse('2026-03-01T00:00:00+07:00') })
  const edoc = await call(`/lgsp/v1/getEdoc?docId=${DELIVERY_ID}`, { headers: KNOWN })
  t.match(edoc.json(), { success: true, data: { docId: DELIVERY_ID, from: 'H36.11', fromName: 'Cơ quan H36.11', edxml: ORIGINAL.toString('base64'), attachments: [{ fileName: 'Công văn "15".pdf', fileContent: FILE.toString('base64') }] } })
  t.equal(Number(edoc.headers['content-length']), edoc.rawPayload.length)
  t.match((await call('/lgsp/v1/getEdoc', { headers: KNOWN })).json(), { success: false, data: { errorCode: '21' } })
  t.match((await call('/lgsp/v1/updateStatus', { method: 'POST', headers: { ...KNOWN, ...JSON_BODY }, payload: JSON.stringify({ docId: DELIVERY_ID, status: 'done' }) })).json(), { success: true })
  t.match(double.settled.at(-1), { deliveryId: DELIVERY_ID, actor: 'client:recipient' })
  t.match((await call(`/lgsp/v1/updateStatus?docId=${DELIVERY_ID}&status=fail`, { method: 'POST', headers: KNOWN })).json(), { success: true })
  t.match((await call('/lgsp/v1/getSentEdocList?messageType=edoc', { headers: KNOWN })).json(), { count: 2, data: [{ senderDocId: ID, receiverDocId: DELIVERY_ID, sendStatus: 'sent', receiveStatus: 'initial' }, { sendStatus: 'fail', sendStatusDesc: 'Hết lượt.', receiveStatus: 'fail' }] })
  for (const [method, path] of [['POST', 'registerAgency'], ['POST', 'deleteAgency'], ['DELETE', 'deleteAgency']] as const) {
    t.match((await call(`/lgsp/v1/${path}?code=H36.99.3`, { method, headers: KNOWN })).json(), { success: true })
    t.match((await call(`/lgsp/v1/${path}`, { method, headers: { ...KNOWN, ...JSON_BODY }, payload: '{"code":"H36.50"}' })).json(), { success: false, data: { errorCode: '19' } })
  }
  const form = formBytes([{ name: 'edocFile', filename: 'a.edxml', type: 'application/xml', content: ORIGINAL }, { name: 'messageType', content: 'edoc' }])
  t.match((await call('/lgsp/v1/sendEdoc', { method: 'POST', headers: { ...KNOWN, ...FORM }, payload: form })).json(), { success: true, docId: ID })
  t.match(double.arrivals.at(-1), { parts: [{ contentType: 'application/xml', sha256: sha256(ORIGINAL) }] })
})

t.test('the X-Road paths know a caller by credentials, and one\'s own security server by its address', async t => {
  const push = async (headers: Record<string, string>, more: Partial<Call> = {}): Promise<Answer> => await call('/xroad/nhanhsdvcqg', { method: 'POST', headers: { ...JSON_BODY, ...headers }, payload: '{}', ...more })
  const basic = (name: string, password: string): string => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  const callers: Array<[string, Answer, string | undefined]> = [
    ['SystemId', await push({ 'x-systemid': 'SYS-recipient', 'x-secretkey': 'secret-of-the-recipient' }), 'client:recipient'],
    ['Basic', await push({ authorization: basic('recipient', 'password-of-recipient') }), 'client:recipient'],
    ['a key of the API', await push({ authorization: 'Bearer stranger' }), 'client:stranger'],
    ['address', await push({}, { remoteAddress: '10.1.2.3' }), 'client:sender'],
    ['address on a socket of both families', await push({}, { remoteAddress: '::ffff:10.1.2.3' }), 'client:sender'],
    ['address of the new family', await push({}, { remoteAddress: 'fd00::1' }), 'client:recipient']
  ]
  const seen = double.arrivals.slice(-callers.length).map(({ caller }) => caller.id)
  t.same(seen, callers.map(([, , id]) => id))
  for (const [name, answer] of callers) t.match(answer.json(), { error_code: '0' }, name)
  for (const [headers, remoteAddress] of [[{}, '10.2.0.1'], [{ authorization: basic('recipient', 'x') }, '10.1.2.3'], [{ 'x-systemid': 'SYS-sender' }, '10.1.2.3'], [{ authorization: 'Bearer x' }, '10.1.2.3']] as const) {
    t.match(await push(headers, { remoteAddress }).then(each => [each.statusCode, each.json()]), [401, { error_code: '15' }], 'wrong credentials are not mended by the address')
  }
})

t.test('a dossier goes where the door, the client, or the address of the call says', async t => {
  const from = { remoteAddress: '10.1.2.3', method: 'POST', headers: JSON_BODY, payload: '{}' } as const
  for (const path of ['nhanhsdvcqg', 'nhantbthuedvcqg', 'XrdAdapter/RestService/forward/nhanhsdvcqg', 'VXPAdapter/RestService/forward/nhanhsdvcqg']) {
    t.match((await call(`/xroad/${path}?dstcode=VN:GOV:000.3.99.H36:motcua&providerurl=http%3A%2F%2F127.0.0.1`, from)).json(), { error_code: '0' })
    t.match(double.arrivals.at(-1), { translation: { name: 'dvcqg', to: ['H36.99.3'] }, parts: [{ contentType: 'application/json' }] }, path)
  }
  await call('/xroad/nhanhsdvcqg', { ...from, headers: { ...JSON_BODY, dstcode: 'VN:GOV:H36.11' } })
  t.match(double.arrivals.at(-1)?.translation, { to: ['H36.11'] }, 'as a header')
  await call('/xroad/nhanhsdvcqg?dstcode=VN:GOV:H99:x', from)
  t.same(double.arrivals.at(-1)?.translation, { name: 'dvcqg' }, 'an agency nobody knows is no recipient')
})

t.test('a file is fetched by the token of its link, below every path of the adapter; a link that has ended is gone', async t => {
  const from = { remoteAddress: '10.1.2.3' }
  for (const path of ['', 'XrdAdapter/RestService/forward/', 'VXPAdapter/RestService/forward/']) {
    const answer = await call(`/xroad/${path}downloadfile/1`, from)
    t.match([answer.statusCode, answer.headers['content-type']], [200, 'application/pdf'])
    t.same(answer.rawPayload, FILE)
  }
  t.equal((await call('/xroad/downloadfile/1', { remoteAddress: '10.2.0.1' })).statusCode, 401, 'the door asks who calls')
  t.match(await call('/xroad/downloadfile/ended', from).then(each => [each.statusCode, each.json()]), [410, { error_code: '21' }])
})

t.test('links that are not there are not found, and a dossier nobody knows is told so', async t => {
  const from = { remoteAddress: '10.1.2.3' }
  t.match(await call(`/xroad/downloadfile/${ID}`, from).then(each => [each.statusCode, each.json()]), [404, { error_code: '21' }])
  for (const payload of ['{"mahoso":"x"}', '{}', '']) t.match(await call('/xroad/search/call', { ...from, method: 'POST', payload }).then(each => [each.statusCode, each.json()]), [404, { error_code: '21' }])
})

t.test('who guesses a password waits, longer each time; the right one is not heard meanwhile, and others are not held up', async t => {
  const { app, dependencies: { clock }, rawLog } = await createDoorDouble()
  t.teardown(async () => { await app.close() })
  const advance = (seconds: number): void => { (clock as ManualClock).advance(seconds * 1000) }
  const login = async (username: string, password: string, remoteAddress = '203.0.113.7'): Promise<{ status: number, wait: number | undefined, json: Record<string, any> }> => {
    const answer = await app.inject({ method: 'POST', url: '/lgsp/v1/auth/login', headers: JSON_BODY, payload: JSON.stringify({ username, password }), remoteAddress })
    const wait = answer.headers['retry-after']
    return { status: answer.statusCode, wait: wait === undefined ? undefined : Number(wait), json: answer.json() }
  }
  const RIGHT = 'password-of-sender'
  for (let n = 0; n < 5; n++) t.equal((await login('sender', `guess-${n}`)).status, 401)
  for (const wait of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
    t.match(await login('sender', RIGHT), { status: 429, wait, json: { code: 429, message: new RegExp(`${wait} giây`), data: null } }, `the right one has to wait ${wait} s, too`)
    advance(wait)
    t.equal((await login('sender', 'guess')).status, 401)
  }
  t.equal((await login('sender', RIGHT, '203.0.113.8')).status, 200, 'the account is not locked: its own system, elsewhere, goes on')
  t.equal((await login('recipient', 'password-of-recipient')).status, 200, 'nor is its neighbour behind the same address')
  advance(300)
  t.equal((await login('sender', RIGHT)).status, 200)
  t.equal((await login('sender', 'guess')).status, 401, 'being right ends it')
  t.equal((await login('sender', RIGHT)).status, 200)
  t.notMatch(rawLog.join(''), /guess|password-of/)
})

t.test('one wrong password for each of many accounts is guessing as well; who was right before goes on', async t => {
  const { app, dependencies: { clock } } = await createDoorDouble()
  t.teardown(async () => { await app.close() })
  const ask = async (systemId: string, secret: string, url = '/xroad/search/call'): Promise<{ statusCode: number, headers: Record<string, unknown>, json: () => Record<string, any> }> =>
    await app.inject({ method: 'POST', url, headers: { ...KNOWN, 'x-systemid': systemId, 'x-secretkey': secret }, payload: '{"mahoso":"x"}' }) as never
  t.equal((await ask('SYS-recipient', 'secret-of-the-recipient')).statusCode, 404, 'let in; there is no such dossier')
  for (let n = 0; n < 60; n++) t.equal((await ask(`SYS-${n}`, 'a-common-secret')).statusCode, 401)
  t.match(await ask('SYS-sender', 'secret-of-the-sender').then(each => [each.statusCode, each.headers['retry-after'], each.json()]), [429, '600', { error_code: '20' }])
  t.equal((await ask('SYS-recipient', 'secret-of-the-recipient')).statusCode, 404)
  const facade = await app.inject({ url: '/lgsp/v1/getAgenciesList', headers: { ...KNOWN, 'x-systemid': 'SYS-sender', 'x-secretkey': 'secret-of-the-sender' } })
  t.match([facade.statusCode, facade.headers['retry-after'], facade.json()], [200, '600', { success: false, data: { errorCode: '20' } }], 'in the words of the facade')
  ;(clock as ManualClock).advance(600_000)
  t.equal((await ask('SYS-sender', 'secret-of-the-sender')).statusCode, 404)
})
