// Promise: a key speaks for its own agencies and reads its own traffic, on every route; and nothing personal or secret gets into the log.
import t from 'tap'
import { openProvince, spawnHub } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { call, JSON_BODY, XML, type Answer } from '../support/wire.js'
import { documentMessage } from '../unit/formats/edxml-messages.js'

const NOTHING = '0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e'
/** Who asks: the client whose key is shown, or none, or a key nobody has. */
const CALLERS = { none: undefined, wrong: `lt_ubnd-tinh_${'x'.repeat(43)}`, unknown: `lt_nobody_${'x'.repeat(43)}`, sender: 'so-tai-chinh', recipient: 'so-noi-vu', second: 'xa-di-linh', other: 'chuyen-doi-so', operator: 'van-hanh' } as const
type Caller = keyof typeof CALLERS
const KNOWN = ['sender', 'recipient', 'second', 'other', 'operator'] as const satisfies Caller[]

const PRIVATE = ['V/v chuyện rất riêng 4711', 'Nguyễn Thị Bí Mật', '068000004711', '0900004711', 'bi-mat@example.vn', 'Lý do riêng 4711']

const province = await openProvince(t, 'embedded')
const hub = await spawnHub(t, province.config)

function keyOf (caller: Caller): string | undefined {
  const named = CALLERS[caller]
  return named === undefined || named.startsWith('lt_') ? named : province.keys.get(named)
}

async function ask (caller: Caller, path: string, options: { body?: string, headers?: Record<string, string> } = {}): Promise<Answer> {
  return await call(`${hub.url}${path}`, { key: keyOf(caller), ...options })
}

async function deliveryOf (caller: Caller, packageId: string): Promise<string> {
  const { deliveryId } = await eventually(async () => {
    const { json } = await ask(caller, '/v1/inbox?lockSeconds=1')
    return json['items'].find((each: { package: { id: string } }) => each.package.id === packageId) as { deliveryId: string } | undefined
  })
  return deliveryId
}

const body = documentMessage({ from: 'H36.03', to: ['H36.02', 'H36.102'], documentId: 'own-1' }).replace('V/v thử', PRIVATE[0] ?? '').replace('Nguyễn Văn An', PRIVATE[1] ?? '')
const sent = await ask('sender', '/v1/packages', { headers: XML, body })
const id = sent.json['id'] as string
const deliveryId = await deliveryOf('recipient', id)
const secondId = await deliveryOf('second', id)

await t.test('every route asks who calls, and answers by that', async t => {
  const seen = { sender: 200, recipient: 200, second: 200, other: 404, operator: 200 }
  const everybody = { sender: 200, recipient: 200, second: 200, other: 200, operator: 200 }
  const reason = { headers: JSON_BODY, body: JSON.stringify({ reason: PRIVATE[5] }) }
  const matrix: Array<[string, Record<typeof KNOWN[number], number>, { body?: string, headers?: Record<string, string> }?]> = [
    ['/v1/packages', everybody],
    [`/v1/packages/${id}`, seen],
    [`/v1/packages/${id.toUpperCase()}`, seen],
    [`/v1/packages/${id}/content`, seen],
    [`/v1/packages/${id}/attachments/1`, seen],
    [`/v1/packages/${id}/timeline`, seen],
    [`/v1/packages/${NOTHING}`, { sender: 404, recipient: 404, second: 404, other: 404, operator: 404 }],
    ['/v1/agencies', everybody],
    ['/v1/agencies/H36', everybody],
    ['/v1/inbox?lockSeconds=1', { sender: 200, recipient: 200, second: 200, other: 200, operator: 403 }],
    ['/v1/inbox?lockSeconds=1&agency=H36.02', { sender: 403, recipient: 200, second: 403, other: 403, operator: 403 }],
    [`/v1/inbox/${deliveryId}/content`, { sender: 404, recipient: 200, second: 404, other: 404, operator: 403 }],
    // An agency that may not is told so before anything changes; the recipient is left out, it would settle.
    [`/v1/inbox/${secondId}/ack`, { sender: 404, recipient: 404, second: 0, other: 404, operator: 403 }, { body: '' }],
    [`/v1/inbox/${secondId}/reject`, { sender: 404, recipient: 404, second: 0, other: 404, operator: 403 }, reason],
    ['/v1/packages', { sender: 202, recipient: 403, second: 403, other: 403, operator: 403 }, { headers: XML, body }],
    ['/v1/packages/validate', { sender: 200, recipient: 403, second: 403, other: 403, operator: 403 }, { headers: XML, body }]
  ]
  for (const [path, expected, options] of matrix) {
    const name = `${options === undefined ? 'GET' : 'POST'} ${path}`
    for (const caller of ['none', 'wrong', 'unknown'] as const) t.match((await ask(caller, path, options)).json, { status: 401, code: 'UNAUTHENTICATED', errors: [] }, `${name} by ${caller}`)
    for (const caller of KNOWN) {
      if (expected[caller] === 0) continue
      const { status, json } = await ask(caller, path, options)
      t.equal(status, expected[caller], `${name} by ${caller}`, { json })
    }
  }
  for (const path of ['/health/live', '/health/ready', '/openapi.json', '/docs/']) t.equal((await ask('none', path)).status, 200, `${path} is open`)
  t.equal((await ask('sender', `/v1/packages/${id}`)).json['deliveries'][1].state, 'available', 'nobody else settled it')
})

await t.test('a reader sees its own deliveries and nothing of the others', async t => {
  for (const [caller, recipients] of [['sender', ['H36.02', 'H36.102']], ['recipient', ['H36.02']], ['second', ['H36.102']], ['operator', ['H36.02', 'H36.102']]] as const) {
    const named = (each: { agency: string }): string => each.agency
    const { json } = await ask(caller, `/v1/packages/${id}`)
    t.strictSame(json['deliveries'].map(named), recipients, caller)
    const list = await ask(caller, '/v1/packages')
    t.strictSame(list.json['items'].map((each: { id: string, deliveries: Array<{ agency: string }> }) => [each.id, ...each.deliveries.map(named)]), [[id, ...recipients]], caller)
    const timeline = (await ask(caller, `/v1/packages/${id}/timeline`)).json['items'] as Array<{ deliveryId?: string }>
    t.strictSame([...new Set(timeline.flatMap(each => each.deliveryId ?? []))].sort(), json['deliveries'].map((each: { id: string }) => each.id).sort(), `${caller}: events`)
  }
  t.strictSame((await ask('other', '/v1/packages')).json, { items: [] })
  t.strictSame((await ask('other', '/v1/packages?from=H36.03')).json, { items: [] }, 'a filter widens nothing')
  t.strictSame((await ask('recipient', '/v1/packages?to=H36.102')).json, { items: [] }, 'nor tells who else got it')
})

await t.test('a key with a wrong form is no key', async t => {
  const key = province.keys.get('so-tai-chinh') ?? ''
  for (const authorization of ['', 'Bearer', `Basic ${Buffer.from(`x:${key}`).toString('base64')}`, `Bearer ${key}x`, `Bearer ${key.slice(0, -1)}`, `Bearer ${key} ${key}`, `Bearer ${key.toUpperCase()}`, 'Bearer lt___proto___x']) {
    const { status, headers } = await call(`${hub.url}/v1/packages`, { headers: { authorization } })
    t.equal(status, 401, authorization.replace(key, 'KEY'))
    t.match(headers.get('www-authenticate'), /^Bearer/)
  }
  t.equal((await call(`${hub.url}/v1/packages?key=${key}`)).status, 401, 'a key in the address is none')
})

await t.test('nobody sends for another agency, whatever code it writes', async t => {
  for (const code of ['H36', '000.00.11.H36', 'h36.11', ' H36.11 ', 'H36.01']) {
    const { status, json } = await ask('sender', '/v1/packages', { headers: XML, body: documentMessage({ from: code, documentId: 'own-2' }) })
    t.match({ status, code: json['code'] }, { status: 403, code: 'SENDER_NOT_ALLOWED' }, code)
  }
  const status = '<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXMLEnvelope><edXMLHeader><MessageHeader><From><OrganId>H36.02</OrganId></From>' +
    '<ResponseFor><OrganId>H36.03</OrganId><Code>1/X</Code><DocumentId>own-1</DocumentId></ResponseFor><StatusCode>03</StatusCode></MessageHeader></edXMLHeader></edXMLEnvelope></edXML>'
  t.equal((await ask('other', '/v1/packages', { headers: XML, body: status })).status, 403, 'a status of another recipient')
  t.equal((await ask('recipient', '/v1/packages', { headers: XML, body: status })).status, 202)
})

await t.test('the log holds no key, no secret, no subject and no person', async t => {
  const dossier = {
    packageId: 'own-3', kind: 'withdraw', from: 'H36.03', to: ['H36.02', 'H36.11'], MaHoSo: '000.00.11.H36-260316-0007', reason: PRIVATE[5],
    HoSo: { MaHoSo: '000.00.11.H36-260316-0007', MaTTHC: '1.000656', TenTTHC: 'Đăng ký khai tử', ChuHoSo: PRIVATE[1], SoDienThoai: PRIVATE[3], Email: PRIVATE[4], DinhDanhCHS: [{ LoaiDinhDanh: '1', SoDinhDanh: PRIVATE[2] }] }
  }
  province.receivers.get('so-tu-phap')?.misbehave({ kind: 'status', status: 422, body: `no: ${PRIVATE.join(' ')}`, times: 1 })
  const withFault = await ask('sender', '/v1/packages', { headers: JSON_BODY, body: JSON.stringify({ ...dossier, extra: PRIVATE[1] }) })
  t.equal(withFault.status, 422)
  const { json } = await ask('sender', '/v1/packages', { headers: JSON_BODY, body: JSON.stringify({ ...dossier, HoSo: undefined }) })
  const second = await ask('sender', '/v1/packages', { headers: XML, body: body.replaceAll('own-1', 'own-4').replace('H36.102', 'H36.11') })
  t.equal(second.status, 202)
  const own = await deliveryOf('recipient', second.json['id'])
  t.equal((await ask('recipient', `/v1/inbox/${own}/reject`, { headers: JSON_BODY, body: JSON.stringify({ reason: PRIVATE[5] }) })).status, 204)
  await ask('sender', `/v1/agencies?query=${encodeURIComponent(PRIVATE[1] ?? '')}`)
  await ask('sender', `/v1/packages?correlationId=${encodeURIComponent(PRIVATE[2] ?? '')}`)
  await eventually(async () => (await ask('sender', `/v1/packages/${second.json['id']}`)).json['deliveries'].every(({ state }: { state: string }) => ['refused', 'delivered'].includes(state)))
  t.ok(json['id'])
  t.equal(await hub.end('SIGTERM'), 0)
  const log = hub.output()
  t.match(log, /request\.completed/)
  const secrets = province.config.endpoints.flatMap(({ settings }) => Object.values(settings).filter(value => typeof value === 'string' && value.startsWith('whsec_')) as string[])
  t.ok(secrets.length > 3)
  for (const word of [...PRIVATE, ...secrets, ...province.keys.values(), ...Object.values(province.config.clients).map(({ keySha256 }) => keySha256), 'Bearer ']) {
    t.notOk(log.includes(word) || log.includes(encodeURIComponent(word)), 'not in the log', { word: word.slice(0, 12), line: log.split('\n').find(line => line.includes(word)) })
  }
})
