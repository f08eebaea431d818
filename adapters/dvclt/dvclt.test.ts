// The dvclt adapter keeps the contract; a linked dossier comes in once, is confirmed only when the hub has it, and its status
// goes back under both its codes.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text as readText } from 'node:stream/consumers'
import nock from 'nock'
import t, { type Test } from 'tap'
import { checkAdapter } from '../../src/adapter/load.js'
import { createMemory } from '../../src/adapter/memory.js'
import { type Arrived, type Dossier, type InboundArrival, type OutboundDelivery, type Outcome, problem, text } from '../../src/adapter/index.js'
import { ROOT } from '../../test/architecture/generate.js'
import type { SampleDelivery } from '../../src/adapter/sample.js'
import { adapterSuite, openSession, sampleOf } from '../../test/support/adapter-suite.js'
import { eventually } from '../../test/support/time.js'
import { createHarness, type FakeServices, PASSWORD, sampleDossier, startServices } from './harness.js'
import { adapter } from './index.js'

const NOW = Date.UTC(2026, 10, 20, 1)

nock.restore()
t.afterEach(() => {
  nock.cleanAll()
  nock.restore()
})

await adapterSuite(t, { adapter, harness: createHarness() })

function fixture (name: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, 'test/fixtures/dossier/dvclt', name), 'utf8'))
}

interface Seen extends Omit<InboundArrival, 'body'> { content: string }

interface Opened {
  services: FakeServices
  seen: Seen[]
  logged: string[]
  clock: { now: number }
  send (delivery: OutboundDelivery): Promise<Outcome | undefined>
  receive (accept?: (seen: Seen) => Promise<Arrived>): void
}

const stored: Arrived = { kind: 'stored', packageId: 'p', repeated: false }

/** A session at fake services; `receive` runs until the test ends. */
async function open (t: Test, settings: object = {}, memory = createMemory()): Promise<Opened> {
  const services = await startServices()
  t.teardown(services.stop)
  const clock = { now: NOW }
  const logged: string[] = []
  const line = (fields: object, event: string): void => { logged.push(JSON.stringify({ event, ...fields })) }
  const session = await openSession(t, adapter, { url: services.url, userName: 'xa', password: PASSWORD, agency: 'G22.99', pollMs: 100, ...settings },
    { memory, now: () => clock.now, log: { debug: line, info: line, warn: line, error: line } })
  const stopping = new AbortController()
  const loops: Array<Promise<void> | undefined> = []
  t.teardown(async () => {
    stopping.abort()
    await Promise.all(loops)
  })
  const seen: Seen[] = []
  return {
    services, seen, logged, clock,
    send: async delivery => await session.deliver?.(delivery, AbortSignal.timeout(5000)),
    receive (accept = async () => stored) {
      loops.push(session.receive?.(async ({ body, ...rest }) => {
        const one = { ...rest, content: await readText(body) }
        seen.push(one)
        return await accept(one)
      }, stopping.signal))
    }
  }
}

function deliveryOf (dossier: Dossier, files: readonly Buffer[] = [], deliveryId = 'd-1'): SampleDelivery {
  return {
    ...sampleOf(adapter, { deliveryId }),
    envelope: { ...sampleDossier('x', 1).envelope },
    content: { kind: 'dossier', dossier },
    attachments: files.map((bytes, index) => ({ n: index + 1, name: 'a.pdf', contentType: 'application/pdf', size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })),
    openAttachment: async n => Readable.from([files[n - 1]], { objectMode: false })
  }
}

const step = (TrangThai: string): NonNullable<Dossier['TienDo']>[number] => ({ NguoiXuLy: 'A', ThoiDiemXuLy: '20261120090000', NoiDungXuLy: 'Xử lý', TrangThai: TrangThai as '4' })
const progressOf = (MaHoSo: string, steps: string[], more: Partial<Dossier> = {}): Dossier =>
  ({ packageId: 'b', kind: 'progress', from: 'H36.99.03', to: ['G22.99'], MaHoSo, MaTTHC: '2.002622', TienDo: steps.map(step), ...more })

t.test('the status back is the message that the services expect, the certificate inside', async t => {
  nock.activate()
  const asked: Array<{ path: string, headers: Record<string, unknown>, body: unknown }> = []
  const answer = (reply: object) => function (this: { req: { headers: Record<string, unknown> } }, path: string, body: unknown): [number, object] {
    asked.push({ path, headers: this.req.headers, body })
    return [200, reply]
  }
  nock('http://lt.example.vn').post('/dang-nhap').reply(answer({ token: 'tok', expiration: 'x' })).post('/api/lienthongdvclt/capnhattrangthai').reply(answer({ status: 1 }))
  const session = await openSession(t, adapter, {
    url: 'http://khac.example.vn', userName: 'xa', password: PASSWORD, agency: 'G22', statusAccount: { url: 'http://lt.example.vn/', token: 'dang-nhap', secretId: 'tinh', secretPass: 's3cret' }
  })
  const wire = fixture('result.wire.json') as Record<string, string>
  const certificate = Buffer.from((JSON.parse(wire['ketQuaXuLy'] ?? '{}') as Record<string, string>)['giayKhaiTu'] ?? '', 'base64')
  const delivery = deliveryOf(fixture('result.canonical.json') as Dossier, [certificate])
  t.same(await session.deliver?.(delivery, AbortSignal.timeout(5000)), { kind: 'delivered' })
  t.same(asked[0]?.body, { SecretId: 'tinh', SecretPass: 's3cret' })
  t.same(asked[1]?.body, wire)
  const sha256 = createHash('sha256').update(certificate).digest('hex')
  const [{ body, ...about } = { body: '' }, ...more] = delivery.noted
  t.same([about, more], [{ call: 'capnhattrangthai', mediaType: 'application/json' }, []])
  t.same(JSON.parse(body.toString().replace(`sha256:${sha256}`, certificate.toString('base64'))), wire, 'as it went out, the file by its hash')
  t.match(asked[1]?.headers, { authorization: 'Bearer tok', 'content-length': String(Buffer.byteLength(JSON.stringify(wire))), 'idempotency-key': 'd-1' })
})

t.test('a waiting dossier streams into the hub and is confirmed, once', async t => {
  const { services, seen, receive } = await open(t, { units: { 24958: 'H36.99.03' } })
  const late = services.offer({ ngayTiepNhan: '20/11/2026 09:00:00' })
  const early = services.offer({ ngayTiepNhan: '19/11/2026 09:00:00' })
  receive()
  await eventually(() => [late, early].every(({ fate }) => fate === 'acknowledged'))
  t.match(seen, [{ agencies: ['G22.99'], to: ['H36.99.03'], contentType: 'application/json', idempotencyKey: `${early.id}/0` }, { idempotencyKey: `${late.id}/0` }], 'oldest first')
  t.match(JSON.parse(seen[0]?.content ?? ''), { data: { maHoSo: early.maHoSo, fileDinhKem: [{ duLieuTepDinhKem: early.files[0]?.toString('base64') }] } }, 'as it came')
  const looks = services.counts['danhsach'] ?? 0
  early.fate = 'waiting'
  await eventually(() => early.fate === 'acknowledged' && (services.counts['danhsach'] ?? 0) > looks + 2)
  t.equal(seen.length, 2, 'offered again, confirmed again, not fetched again')
})

t.test('nothing is confirmed while the hub cannot decide, and everything is brought again', async t => {
  const { services, seen, receive } = await open(t)
  const offered = services.offer()
  receive(async () => {
    if (seen.length < 3) throw new Error('the store is away')
    return stored
  })
  await eventually(() => seen.length >= 2)
  t.equal(services.counts['xacnhan'], undefined)
  await eventually(() => offered.fate === 'acknowledged')
  t.equal(new Set(seen.map(({ idempotencyKey }) => idempotencyKey)).size, 1)
})

t.test('a dossier of a unit that is not ours stays where it is and holds up no other', async t => {
  const { services, seen, receive, logged } = await open(t, { units: { 24958: 'H36.99.03' } })
  const foreign = services.offer({ maDonVi: 99999, ngayTiepNhan: '01/01/2026 00:00:00' })
  const ours = services.offer()
  receive()
  await eventually(() => ours.fate === 'acknowledged')
  t.equal(foreign.fate, 'waiting')
  t.equal(seen.length, 1)
  t.ok(logged.some(line => /unit\.unknown.*99999/.test(line)))
})

t.test('what the hub refuses is left and tried again in an hour, or sent back where the province wants it so', async t => {
  const no: Arrived = { kind: 'refused', problem: problem('FIELD_INVALID', text('Sai mã đơn vị.', 'A wrong code.')) }
  const left = await open(t)
  const offered = left.services.offer()
  left.receive(async () => left.seen.length === 1 ? no : stored)
  await eventually(() => (left.services.counts['danhsach'] ?? 0) > 3)
  t.equal(left.seen.length, 1)
  t.equal(offered.fate, 'waiting')
  t.ok(left.logged.some(line => /dossier\.refused.*FIELD_INVALID/.test(line)))
  left.clock.now += 3_600_000
  await eventually(() => offered.fate === 'acknowledged')

  const sent = await open(t, { onRefused: 'reject' })
  const bad = sent.services.offer()
  sent.receive(async () => no)
  await eventually(() => bad.fate === 'refused')
  t.match(sent.services.statuses, [{ soHoSoLT: bad.maHoSo, trangThai: 6, noiDungXuLy: 'Sai mã đơn vị.', ghiChu: 'Sai mã đơn vị.', thoiGianThucHien: '20/11/2026 08:00:00' }])
})

t.test('what is remembered has an end, counted anew while they offer the dossier or are told of it', async t => {
  const memory = createMemory()
  const written: Array<{ key: string, keepMs: number | undefined }> = []
  const { services, receive, send, clock } = await open(t, { rememberDays: 60 }, {
    ...memory,
    async write (key, value, options) {
      if (!key.startsWith('sent:')) written.push({ key: key.split(':')[0] ?? '', keepMs: options?.keepMs })
      await memory.write(key, value, options)
    }
  })
  const offered = services.offer()
  receive()
  await eventually(() => offered.fate === 'acknowledged')
  t.same(written.splice(0).map(({ key }) => key), ['offer', 'offer'], 'stored, confirmed')
  offered.fate = 'waiting'
  await eventually(() => offered.fate === 'acknowledged')
  t.same(written, [], 'a few seconds later nothing is written')
  clock.now += 8 * 86_400_000
  offered.fate = 'waiting'
  await eventually(() => offered.fate === 'acknowledged')
  t.same(written.splice(0), [{ key: 'offer', keepMs: 60 * 86_400_000 }])
  for (const id of ['a', 'b']) t.match(await send(deliveryOf(progressOf('OWN-1', ['4'], { MaHoSoKhac: offered.maHoSo }), [], id)), { kind: 'delivered' })
  t.same(written, ['own', 'offer', 'own', 'offer'].map(key => ({ key, keepMs: 60 * 86_400_000 })))
})

t.test('a supplement that was asked for is fetched when it is offered again', async t => {
  const { services, seen, receive, send } = await open(t)
  const offered = services.offer()
  receive()
  await eventually(() => offered.fate === 'acknowledged')
  t.match(await send(deliveryOf(progressOf('000.00.11.H36-261120-0007', ['5'], { MaHoSoKhac: offered.maHoSo }))), { kind: 'delivered' })
  Object.assign(offered, { fate: 'waiting', note: 'bổ sung' })
  await eventually(() => offered.fate === 'acknowledged')
  t.same(seen.map(({ idempotencyKey }) => idempotencyKey), [`${offered.id}/0`, `${offered.id}/1`])
  t.match(seen[1]?.content, /bổ sung/)
})

/** Packages are told apart by what they hold, as the hub does. */
function keepAll (): (seen: Seen) => Promise<Arrived> {
  const packages: string[] = []
  return async ({ content }) => {
    const repeated = packages.includes(content)
    if (!repeated) packages.push(content)
    return { kind: 'stored', packageId: `p-${packages.indexOf(content)}`, repeated }
  }
}

t.test('what is offered with its old content is confirmed again, and its supplement is awaited still', async t => {
  const { services, seen, receive, send } = await open(t)
  const offered = services.offer()
  receive(keepAll())
  await eventually(() => offered.fate === 'acknowledged')
  t.match(await send(deliveryOf(progressOf('OWN-1', ['5'], { MaHoSoKhac: offered.maHoSo }))), { kind: 'delivered' })
  for (const note of ['', 'bổ sung']) {
    Object.assign(offered, { fate: 'waiting', note })
    await eventually(() => offered.fate === 'acknowledged')
  }
  t.same(seen.map(({ idempotencyKey, content }) => [idempotencyKey, content.includes('bổ sung')]), [[`${offered.id}/0`, false], [`${offered.id}/1`, false], [`${offered.id}/1`, true]])
})

t.test('a supplement that the hub has, but could not write down, is taken for one when it is offered again', async t => {
  const memory = createMemory()
  let fails = 0
  const { services, seen, receive, send } = await open(t, {}, {
    ...memory,
    async write (key, value, options) {
      if (fails > 0 && fails-- > 0) throw new Error('the store is away')
      await memory.write(key, value, options)
    }
  })
  const offered = services.offer()
  receive(keepAll())
  await eventually(() => offered.fate === 'acknowledged')
  t.match(await send(deliveryOf(progressOf('OWN-1', ['5'], { MaHoSoKhac: offered.maHoSo }))), { kind: 'delivered' })
  fails = 1
  Object.assign(offered, { fate: 'waiting', note: 'bổ sung' })
  await eventually(() => offered.fate === 'acknowledged')
  t.equal(seen.length, 3)
  offered.fate = 'waiting'
  await eventually(() => offered.fate === 'acknowledged')
  t.equal(seen.length, 3, 'nothing more is awaited')
})

t.test('both codes are kept: a report finds the linked code by the own one, or is the linked one', async t => {
  const { services, receive, send } = await open(t)
  const offered = services.offer()
  receive()
  await eventually(() => offered.fate === 'acknowledged')
  t.match(await send(deliveryOf(progressOf(offered.maHoSo, ['4']), [], 'a')), { kind: 'delivered' }, 'an agency that goes by the linked code')
  t.match(await send(deliveryOf(progressOf('OWN-1', ['4'], { MaHoSoKhac: offered.maHoSo }), [], 'b')), { kind: 'delivered' })
  t.match(await send(deliveryOf(progressOf('OWN-1', ['9']), [], 'c')), { kind: 'delivered' }, 'learned from the report before')
  t.same(services.statuses.map(({ soHoSoLT, maHoSo, trangThai }) => [soHoSoLT, maHoSo, trangThai]),
    [[offered.maHoSo, offered.maHoSo, 3], [offered.maHoSo, 'OWN-1', 3], [offered.maHoSo, 'OWN-1', 4]])
  t.match(await send(deliveryOf(progressOf('OWN-2', ['4']), [], 'd')), { kind: 'refused', problem: { code: 'TRANSFORM_FAILED', detail: { en: /MaHoSoKhac/ } } })
})

t.test('where receipt waits for the agency, its acknowledgement confirms', async t => {
  const { services, receive, send, seen } = await open(t, { confirm: 'ack' })
  const offered = services.offer()
  receive()
  await eventually(() => seen.length === 1 && (services.counts['danhsach'] ?? 0) > 2)
  t.equal(offered.fate, 'waiting')
  const ack: Dossier = { packageId: 'ack', kind: 'ack', from: 'H36.99.03', to: ['G22.99'], MaHoSo: offered.maHoSo, inReplyTo: 'x' }
  t.match(await send(deliveryOf(ack)), { kind: 'delivered', externalId: offered.id })
  t.equal(offered.fate, 'acknowledged')
  t.match(await send(deliveryOf(ack)), { kind: 'delivered' })
  t.equal(services.counts['xacnhan'], 1)
  t.match(await send(deliveryOf({ ...ack, MaHoSo: 'never-seen' })), { kind: 'refused' })
})

t.test('every answer has one meaning', async t => {
  const { services, send } = await open(t)
  const delivery = (id: string): OutboundDelivery => deliveryOf(progressOf('OWN', ['9'], { MaHoSoKhac: 'LT' }), [], id)
  const table: Array<[number, unknown, object]> = [
    [200, { status: 1 }, { kind: 'delivered' }],
    [200, { status: 0, errorCode: 5, errorDescription: 'Hồ sơ đã trả kết quả' }, { kind: 'delivered' }],
    [400, { message: 'Hồ sơ đã bị từ chối' }, { kind: 'delivered' }],
    [200, { status: 0, errorDescription: 'Logic xử lý không hợp lệ' }, { kind: 'refused', problem: { detail: { en: /Logic xử lý/ } } }],
    [200, { status: 0, errorDescription: 'Lỗi khác' }, { kind: 'deferred', uncertain: undefined }],
    [400, { message: 'Lỗi khác' }, { kind: 'deferred' }],
    [404, 'not here', { kind: 'deferred' }],
    [500, { message: 'Lỗi' }, { kind: 'deferred' }],
    [502, {}, { kind: 'deferred', uncertain: true }]
  ]
  for (const [index, [status, body, expected]] of table.entries()) {
    services.says = { status, body }
    t.match(await send(delivery(`d-${index}`)), expected, JSON.stringify([status, body]))
  }
})

t.test('steps that were taken do not come again when a later one fails', async t => {
  const { services, send } = await open(t)
  const delivery = deliveryOf(progressOf('OWN', ['2', '4', '9'], { MaHoSoKhac: 'LT' }))
  const { push } = services.statuses
  services.statuses.push = function (...items) {
    const count = push.apply(this, items)
    if (count === 2) services.says = { status: 503, body: {} }
    return count
  }
  t.match(await send(delivery), { kind: 'deferred' })
  services.says = undefined
  t.match(await send(delivery), { kind: 'delivered' })
  t.same(services.statuses.map(({ trangThai }) => trangThai), [3, 3, 4])
})

t.test('what a delivery has told is known until it ends, whatever others tell meanwhile', async t => {
  const memory = createMemory()
  const kept: Array<number | undefined> = []
  const { services, send } = await open(t, {}, {
    ...memory,
    async write (key, value, options) {
      if (key.startsWith('sent:')) kept.push(options?.keepMs)
      await memory.write(key, value, options)
    }
  })
  const delivery = (id: string): OutboundDelivery => deliveryOf(progressOf('OWN', ['2', '9'], { MaHoSoKhac: 'LT' }), [], id)
  const { push } = services.statuses
  services.statuses.push = function (...items) {
    const count = push.apply(this, items)
    if (count === 1) services.says = { status: 503, body: {} }
    return count
  }
  t.match(await send(delivery('d-1')), { kind: 'deferred' })
  services.says = undefined
  for (const id of ['d-37', 'd-1']) t.match(await send(delivery(id)), { kind: 'delivered' })
  t.same(services.statuses.map(({ trangThai }) => trangThai), [3, 3, 4, 4])
  t.ok(kept.every(keepMs => keepMs === 30 * 86_400_000))
})

t.test('a new token is fetched when the old one is worth nothing', async t => {
  const { services, send } = await open(t)
  t.match(await send(deliveryOf(progressOf('OWN', ['4'], { MaHoSoKhac: 'LT' }), [], 'a')), { kind: 'delivered' })
  services.expireTokens()
  t.match(await send(deliveryOf(progressOf('OWN', ['9'], { MaHoSoKhac: 'LT' }), [], 'b')), { kind: 'delivered' })
  t.equal(services.counts['token'], 2)
  const wrong = await open(t, { password: 'not-the-password' })
  t.match(await wrong.send(deliveryOf(progressOf('OWN', ['4'], { MaHoSoKhac: 'LT' }))), { kind: 'deferred', uncertain: undefined })
  wrong.receive()
  await eventually(() => wrong.logged.some(line => /poll\.failed/.test(line)))
  t.notOk(wrong.logged.join().includes('not-the-password'))
})

t.test('a dossier for the sector system goes only where there is one', async t => {
  const sample = sampleDossier('s', 100)
  if (sample.content.kind !== 'dossier') throw new Error('no dossier')
  const without = await open(t)
  t.match(await without.send(deliveryOf(sample.content.dossier)), { kind: 'refused', problem: { detail: { en: /paths\.push/ } } })
  const { services, send } = await open(t, { paths: { push: 'api/chuyennganh' } })
  t.match(await send(deliveryOf(sample.content.dossier, sample.attachments.map(({ bytes }) => bytes))), { kind: 'delivered' })
  t.match(services.pushed, [{ body: { maDonVi: 24958, module: 'LTKT', maHoSoLT: sample.content.dossier.MaHoSoKhac, maHoSoMCDT: sample.content.dossier.MaHoSo, fileDinhKem: [{ duLieuTepDinhKem: sample.attachments[0]?.bytes.toString('base64') }] } }])
})

t.test('settings that cannot work are refused before anything is sent', async t => {
  const { checkSettings, mask } = checkAdapter(adapter)
  const good = { url: 'https://lt.example.vn', userName: 'a', password: 'b', agency: 'G22' }
  t.same(checkSettings(good).faults, [])
  for (const wrong of [{ url: 'x' }, { units: { abc: 'H36' } }, { paths: { detail: 'no-id' } }, { pollMs: 1 }, { confirm: 'never' }, { statusAccount: {} }]) t.ok(checkSettings({ ...good, ...wrong }).faults.length > 0, JSON.stringify(wrong))
  t.match(mask({ ...good, statusAccount: { secretId: 'i', secretPass: 'p' } }), { password: '***', statusAccount: { secretPass: '***' } })
})
