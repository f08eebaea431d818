// The dvcqg adapter keeps the contract; it says exactly what the portal expects, in the order that it wants, and learns from
// every answer.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import nock from 'nock'
import t, { type Test } from 'tap'
import { createMemory } from '../../src/adapter/memory.js'
import { checkAdapter } from '../../src/adapter/load.js'
import type { AdapterKit, AdapterSession, Dossier, OutboundDelivery, Outcome } from '../../src/adapter/index.js'
import { ROOT } from '../../test/architecture/generate.js'
import type { SampleDelivery } from '../../src/adapter/sample.js'
import { adapterSuite, openSession, sampleOf } from '../../test/support/adapter-suite.js'
import { eventually } from '../../test/support/time.js'
import { createHarness, sampleDossier } from './harness.js'
import { adapter } from './index.js'
import { type Simulator, type SimulatorOptions, startSimulator } from './simulator.js'

const NOW = Date.UTC(2026, 10, 20, 1)
const ACCOUNT = { username: '000.00.00.H36', password: 'simulator-password', unit: '000.00.00.H36' }

nock.restore()
t.afterEach(() => {
  nock.cleanAll()
  nock.restore()
})

await adapterSuite(t, { adapter, harness: createHarness() })

function fixture (name: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, 'test/fixtures/dossier/dvcqg', name), 'utf8'))
}

/** A delivery of that dossier, without files. */
function deliveryOf (change: Partial<Dossier>, deliveryId = 'd-1'): OutboundDelivery {
  const { content, envelope } = sampleDossier(deliveryId)
  if (content.kind !== 'dossier') throw new Error('no dossier')
  const { TienDo: _steps, ...dossier } = content.dossier
  return { ...sampleOf(adapter, { deliveryId }), envelope, content: { kind: 'dossier', dossier: { ...dossier, ...change } } }
}

const steps = (count: number): NonNullable<Dossier['TienDo']> => Array.from({ length: count }, (_, index) => ({
  NguoiXuLy: 'Lê Thị Cúc', ThoiDiemXuLy: `202611200900${String(index).padStart(2, '0')}`, NoiDungXuLy: `Bước ${index + 1}`, TrangThai: index === 0 ? '2' as const : '4' as const
}))

interface Portal { simulator: Simulator, session: AdapterSession, memory: AdapterKit['memory'], send (delivery: OutboundDelivery): Promise<Outcome | undefined> }

async function openPortal (t: Test, options: SimulatorOptions = {}, settings: object = {}, kit: Partial<AdapterKit> = {}): Promise<Portal> {
  const simulator = await startSimulator({ options })
  t.teardown(simulator.stop)
  const memory = createMemory()
  const session = await openSession(t, adapter, { url: simulator.url, ...ACCOUNT, dictionaryHours: 0, ...settings }, { memory, ...kit })
  return { simulator, session, memory, send: async delivery => await session.deliver?.(delivery, AbortSignal.timeout(5000)) }
}

t.test('the requests are those of the portal, forwarded as the settings say', async t => {
  nock.activate()
  const asked: Array<{ path: string, headers: Record<string, unknown>, body: unknown }> = []
  const answer = (reply: object) => function (this: { req: { headers: Record<string, unknown> } }, path: string, body: unknown): [number, object] {
    asked.push({ path, headers: this.req.headers, body })
    return [200, reply]
  }
  nock('http://ss.example.vn:8080').post(/mapi\/login/).reply(answer({ session: 's-1', error_code: 0 }))
  nock('http://ss.example.vn:8080').post(/mapi\/g/).twice().reply(answer({ error_code: '00', message: 'Thành công' }))
  const forward = { dstcode: 'VN:GOV:000.00.00.G22:vpcpdvcprovider', dstcodeIn: 'both', providerUrl: 'http://10.1.1.1/dvc' }
  const session = await openSession(t, adapter, { url: 'http://ss.example.vn:8080', ...ACCOUNT, dictionaryHours: 0, forward, headers: { 'X-Unit': 'VP' } })
  const dossier = fixture('create.canonical.json') as Dossier
  const delivery = deliveryOf({ ...dossier, ...(fixture('progress.canonical.json') as Dossier), HoSo: dossier.HoSo, kind: 'submit' } as Dossier)
  t.same(await session.deliver?.(delivery, AbortSignal.timeout(5000)), { kind: 'delivered' })
  t.same(asked.map(({ path }) => new URL(path, 'http://x').pathname), ['login', 'g', 'g'].map(name => `/XrdAdapter/RestService/forward/mapi/${name}`))
  for (const { path } of asked) t.same([...new URL(path, 'http://x').searchParams], [['dstcode', forward.dstcode], ['providerurl', forward.providerUrl]])
  for (const { headers } of asked) t.match(headers, { accept: 'application/json', 'content-type': 'application/json', charset: 'utf-8', dstcode: forward.dstcode, 'x-unit': 'VP' })
  t.same(asked[0]?.body, { username: ACCOUNT.username, password: ACCOUNT.password })
  t.equal(asked[1]?.headers['idempotency-key'], 'd-1')
  const sync = fixture('create.wire.json') as Record<string, unknown>
  t.match(asked[1]?.body, { session: 's-1', madonvi: '000.00.00.H36', service: 'DongBoHoSoMC', isUpdating: 'False', data: [{ MaHoSo: (sync['data'] as Array<Record<string, unknown>>)[0]?.['MaHoSo'] }] })
  t.same(asked[2]?.body, { ...(fixture('progress.wire.json') as object), session: 's-1', madonvi: '000.00.00.H36' }, 'every value as the portal writes it')
})

t.test('what went out is noted byte for byte, without the session, also what was sent again', async t => {
  const { simulator, send } = await openPortal(t)
  const [first, again] = [deliveryOf({}), deliveryOf({ TienDo: steps(11) }, 'd-2')]
  t.match(await send(first), { kind: 'delivered' })
  simulator.state.expireSessions()
  t.match(await send(again), { kind: 'delivered' })
  const noted = [first, again].flatMap(delivery => (delivery as SampleDelivery).noted.map(({ call, mediaType, body }) => ({ call, mediaType, body: body.toString() })))
  t.same(noted.map(({ call, mediaType }) => `${call} ${mediaType}`), ['DongBoHoSoMC', 'DongBoHoSoMC', 'DongBoHoSoMC', 'CapNhatTienDoHoSoMC', 'CapNhatTienDoHoSoMC'].map(name => `${name} application/json`),
    'the first; the second in a session that had ended and in a new one, its steps')
  const taken = simulator.taken.filter(({ service }) => service !== 'login').map(({ body }) => JSON.stringify({ ...body, session: '***' }))
  t.same([0, 2, 3, 4].map(index => noted[index]?.body), taken)
  t.equal(noted[1]?.body, noted[2]?.body)
})

t.test('older adapters, gateways with a prefix and the portal itself are a matter of settings', async t => {
  for (const [settings, path] of [[{ forward: { path: '/VXPAdapter/RestService/forward/' } }, '/VXPAdapter/RestService/forward/mapi/g'], [{ forward: { path: '/' } }, '/mapi/g']] as const) {
    const { simulator, send } = await openPortal(t, {}, settings)
    t.match(await send(deliveryOf({})), { kind: 'delivered' })
    t.equal(simulator.taken[0]?.path, path)
  }
  const { simulator } = await openPortal(t)
  const session = await openSession(t, adapter, { url: `${simulator.url}/api/forward/`, ...ACCOUNT, dictionaryHours: 0, forward: { dstcode: 'VN:A', dstcodeIn: 'header' } })
  t.match(await session.deliver?.(deliveryOf({}), AbortSignal.timeout(5000)), { kind: 'delivered' })
  t.match(simulator.taken[0], { path: '/api/forward/XrdAdapter/RestService/forward/mapi/g', dstcode: 'VN:A' })
})

t.test('one log-in serves all calls until the session ends, and then one more', async t => {
  const { simulator, send } = await openPortal(t)
  const many = async (prefix: string): Promise<void> => {
    const outcomes = await Promise.all(Array.from({ length: 8 }, async (_, index) => await send(deliveryOf({ MaHoSo: `${prefix}-${index}` }, `${prefix}-${index}`))))
    t.ok(outcomes.every(outcome => outcome?.kind === 'delivered'))
  }
  await many('a')
  t.equal(simulator.state.counts.logins, 1)
  simulator.state.expireSessions()
  await many('b')
  t.equal(simulator.state.counts.logins, 2, 'eight calls were refused, one logged in')
  t.equal(simulator.state.dossiers.size, 16)
})

t.test('a session that never works is no fault of the dossier', async t => {
  const { send } = await openPortal(t, { sessionMs: 0 })
  t.match(await send(deliveryOf({})), { kind: 'deferred', uncertain: undefined, problem: { detail: { en: /error -1: Phiên/ } } })
  const wrong = await openPortal(t, {}, { password: 'not-the-password' })
  t.match(await wrong.send(deliveryOf({})), { kind: 'deferred', uncertain: undefined, problem: { code: 'ENDPOINT_UNAVAILABLE', detail: { en: /does not let the hub log in: Tên/ } } })
  t.match(await wrong.session.probe(AbortSignal.timeout(5000)), { kind: 'deferred' })
})

t.test('a dossier that the portal has is updated, one that it has not is created, whatever was believed', async t => {
  for (const codesAs of ['text', 'number'] as const) {
    const { simulator, send } = await openPortal(t, { codesAs })
    t.match(await send(deliveryOf({}, 'd-1')), { kind: 'delivered' })
    t.match(await send(deliveryOf({}, 'd-1')), { kind: 'delivered' }, 'đã tồn tại')
    const [known] = simulator.state.dossiers.values()
    t.equal(known?.updates, 1)
    t.match(await send(deliveryOf({ kind: 'result', MaHoSo: 'H-2' }, 'd-2')), { kind: 'delivered' }, 'a result of a dossier that it never saw')
    t.same(simulator.taken.map(({ body }) => body['isUpdating']), ['False', 'True', 'False'])
  }
})

t.test('progress goes after its dossier, ten steps a call, and no step is told twice', async t => {
  const { simulator, send } = await openPortal(t)
  const delivery = deliveryOf({ TienDo: steps(25) })
  simulator.fail({ kind: 'error', code: 99, message: 'Hệ thống bận' })
  t.match(await send(delivery), { kind: 'refused' })
  simulator.fail({ kind: 'status', status: 503, service: 'CapNhatTienDoHoSoMC' })
  t.match(await send(delivery), { kind: 'deferred' })
  simulator.fail(undefined)
  t.match(await send(delivery), { kind: 'delivered' })
  t.match(await send(delivery), { kind: 'delivered' }, 'again, after the hub has forgotten that it arrived')
  const [known] = simulator.state.dossiers.values()
  t.same(known?.steps.map(({ NoiDungXuLy }) => NoiDungXuLy), steps(25).map(({ NoiDungXuLy }) => NoiDungXuLy))
  t.same(simulator.taken.filter(({ service }) => service === 'CapNhatTienDoHoSoMC').map(({ body }) => (body['data'] as unknown[]).length), [10, 10, 5])
})

t.test('a delivery that broke off between two calls goes on where it was', async t => {
  const { simulator, send } = await openPortal(t)
  const delivery = deliveryOf({ TienDo: steps(25) })
  await send(deliveryOf({}, 'before'))
  simulator.fail({ kind: 'drop', service: 'CapNhatTienDoHoSoMC' })
  t.match(await send(deliveryOf({ TienDo: steps(25) }, 'x')), { kind: 'deferred', uncertain: true }, 'the portal took the steps, nobody knows')
  simulator.fail(undefined)
  t.match(await send(delivery), { kind: 'delivered' })
  t.match(await send(deliveryOf({ HoSo: undefined as never, kind: 'progress', TienDo: steps(1), MaHoSo: 'unknown' }, 'p')), {
    kind: 'refused', problem: { code: 'ENDPOINT_REFUSED', detail: { en: /không tồn tại Send the dossier \(HoSo\) before its progress/ } }
  })
})

t.test('what a delivery has told is known until it ends, whatever others tell meanwhile', async t => {
  const memory = createMemory()
  const kept: Array<number | undefined> = []
  const { simulator, send } = await openPortal(t, {}, {}, {
    memory: {
      ...memory,
      async write (key, value, options) {
        if (key.startsWith('sent:')) kept.push(options?.keepMs)
        await memory.write(key, value, options)
      }
    }
  })
  const [first, other] = [deliveryOf({ TienDo: steps(10) }), deliveryOf({ TienDo: steps(10) }, 'd-37')]
  for (const delivery of [first, other, first]) t.match(await send(delivery), { kind: 'delivered' })
  t.equal(simulator.taken.filter(({ service }) => service === 'CapNhatTienDoHoSoMC').length, 2)
  t.same(kept, [1, 2].map(() => 30 * 86_400_000))
})

t.test('every answer has one meaning', async t => {
  const { simulator, send } = await openPortal(t, {}, { laterErrors: ['77'], sessionErrors: ['-401'] })
  const table: Array<[Parameters<Simulator['fail']>[0], object]> = [
    [{ kind: 'error', code: '8', message: 'Mã thủ tục không đúng' }, { kind: 'refused', problem: { code: 'ENDPOINT_REFUSED', detail: { en: /error 8: Mã thủ tục/, vi: /Cổng báo lỗi 8/ } } }],
    [{ kind: 'error', code: 77, message: 'Bận' }, { kind: 'deferred', uncertain: undefined }],
    [{ kind: 'error', code: -401, message: 'x', times: 1 }, { kind: 'delivered' }],
    [{ kind: 'error', code: -401, message: 'x' }, { kind: 'deferred' }],
    [{ kind: 'error', code: 3, message: 'Hồ sơ đã tồn tại' }, { kind: 'deferred' }],
    [{ kind: 'status', status: 404 }, { kind: 'deferred', problem: { code: 'ENDPOINT_UNAVAILABLE' } }],
    [{ kind: 'status', status: 400 }, { kind: 'deferred' }],
    [{ kind: 'status', status: 502 }, { kind: 'deferred', uncertain: true }],
    [{ kind: 'malformed' }, { kind: 'deferred', uncertain: true }]
  ]
  for (const [fault, expected] of table) {
    simulator.state.dossiers.clear()
    simulator.fail(fault)
    t.match(await send(deliveryOf({})), expected, JSON.stringify(fault))
  }
})

t.test('what the portal cannot be told is refused before anything is sent', async t => {
  const { simulator, send } = await openPortal(t)
  t.match(await send(deliveryOf({ kind: 'ack', HoSo: undefined as never })), { kind: 'refused', problem: { code: 'TRANSFORM_FAILED' } })
  t.equal(simulator.state.counts.calls, 0)
})

t.test('a gateway gets its token, and a new one when it wants one', async t => {
  const { simulator } = await openPortal(t, { gateway: { key: 'khoa', secret: 'bi-mat-cong' } })
  const gateway = { tokenUrl: `${simulator.url}/token`, key: 'khoa', secret: 'bi-mat-cong', lgspAccessToken: 'e30=' }
  const session = await openSession(t, adapter, { url: simulator.url, ...ACCOUNT, dictionaryHours: 0, gateway })
  t.match(await session.deliver?.(deliveryOf({}), AbortSignal.timeout(5000)), { kind: 'delivered' })
  await fetch(`${simulator.url}/token`, { method: 'POST', headers: { authorization: `Basic ${Buffer.from('khoa:bi-mat-cong').toString('base64')}` } })
  t.match(await session.deliver?.(deliveryOf({}, 'd-2'), AbortSignal.timeout(5000)), { kind: 'delivered' }, 'the old token is refused with 401')
  const wrong = await openSession(t, adapter, { url: simulator.url, ...ACCOUNT, gateway: { ...gateway, secret: 'falsch' } })
  t.match(await wrong.probe(AbortSignal.timeout(5000)), { kind: 'deferred', problem: { detail: { en: /the gateway gives no token \(401\)/ } } })
})

t.test('names that a dossier leaves open come from the dictionaries, once they are there', async t => {
  const procedures = Array.from({ length: 3000 }, (_, index) => ({ MATTHC: `1.${String(index).padStart(6, '0')}`, TENTTHC: `Thủ tục số ${index} có tên dài như ngoài đời`, LINHVUCTHUCHIEN: [{ MALINHVUC: 'G15-HT01', TENLINHVUC: 'Hộ tịch' }] }))
  const { simulator, send, memory, session } = await openPortal(t, { procedures }, { dictionaryHours: 24 }, { now: () => NOW })
  const plain = { MaTTHC: '1.000007', TenTTHC: '1.000007', KenhThucHien: '2', LoaiDoiTuong: '1', NgayNopHoSo: '20261120080000', TrangThaiHoSo: '2' } as const
  t.match(await send(deliveryOf({ HoSo: plain }, 'a')), { kind: 'delivered' }, 'nothing waits for the first dictionary')
  await eventually(async () => await memory.read('dictionaries') !== undefined)
  t.same(await memory.read('dictionaries'), { at: NOW, procedures: 3000, agencies: 1, fields: 1 })
  t.match(await send(deliveryOf({ MaHoSo: 'b', HoSo: { ...plain, MaTTHC: '1.000007.000.00.00.H36' } }, 'b')), { kind: 'delivered' })
  t.match(simulator.taken.at(-1)?.body['data'], [{ TenTTHC: '1.000007' }], 'a name that differs from its code is the dossier\'s own affair')
  t.match(await send(deliveryOf({ MaHoSo: 'c', HoSo: plain }, 'c')), { kind: 'delivered' })
  t.match(simulator.taken.at(-1)?.body['data'], [{ TenTTHC: 'Thủ tục số 7 có tên dài như ngoài đời', MaLinhVuc: 'G15-HT01', TenLinhVuc: 'Hộ tịch' }])
  t.match(await send(deliveryOf({ MaHoSo: 'd', HoSo: { ...plain, MaTTHC: '9.999999', TenTTHC: 'Tên riêng' } }, 'd')), { kind: 'delivered' }, 'unknown there')
  await session.close()
})

t.test('without links at the hub nothing is sent, and the reason is told', async t => {
  const links = { publish: async () => { throw Object.assign(new Error('CONFIG_INVALID'), { code: 'CONFIG_INVALID' }) }, invite: async () => '' }
  const { simulator, send } = await openPortal(t, {}, {}, { links })
  const sample = sampleDossier('d-1')
  const delivery = { ...deliveryOf({}), content: sample.content, attachments: sample.attachments.map(({ meta }) => meta) }
  await t.rejects(send(delivery), { code: 'CONFIG_INVALID' })
  t.equal(simulator.state.counts.calls, 0)
  const without = await openPortal(t, {}, { files: 'none' }, { links })
  t.match(await without.send(delivery), { kind: 'delivered' })
  t.notMatch(JSON.stringify(without.simulator.taken), /truc\.example/)
})

t.test('settings that cannot work are refused before anything is sent', async t => {
  const { checkSettings, mask } = checkAdapter(adapter)
  const good = { url: 'http://10.0.0.5:8080', ...ACCOUNT }
  t.same(checkSettings(good).faults, [])
  t.match(checkSettings(good).settings, { forward: { path: '/XrdAdapter/RestService/forward/', dstcodeIn: 'query' }, paths: { login: 'mapi/login', integration: 'mapi/g', share: 'mapi/g' }, files: 'links', dictionaryHours: 24 })
  for (const wrong of [{ url: 'ftp://x' }, { url: 'http://a:b@x' }, { forward: { path: 'x' } }, { paths: { login: '/x?y' } }, { gateway: {} }, { dictionaryHours: -1 }]) t.ok(checkSettings({ ...good, ...wrong }).faults.length > 0, JSON.stringify(wrong))
  t.match(mask({ ...good, gateway: { tokenUrl: 'http://x/token', key: 'k', secret: 's' } }), { password: '***', gateway: { secret: '***' } })
})

t.test('the simulator is switched by HTTP and tells what it knows', async t => {
  const { simulator, send } = await openPortal(t)
  const control = async (body: object): Promise<unknown> => await (await fetch(`${simulator.url}/control`, { method: 'POST', body: JSON.stringify(body) })).json()
  t.match(await control({ fault: { kind: 'error', code: '8', message: 'no' }, rules: { mostSteps: 3 } }), { fault: { kind: 'error' } })
  t.match(await send(deliveryOf({})), { kind: 'refused' })
  t.match(await control({ fault: null, expireSessions: true }), { fault: null })
  t.match(await send(deliveryOf({ TienDo: steps(4) })), { kind: 'refused', problem: { detail: { en: /Quá 3 bước/ } } })
  t.match(await (await fetch(`${simulator.url}/control`)).json(), { portal: 'dvcqg', counts: { logins: 2, expired: 1, taken: 1 }, dossiers: [{ steps: 0, updates: 0 }] })
  t.match(simulator.known(), await (await fetch(`${simulator.url}/control`)).json())
})
