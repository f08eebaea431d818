// The noihoso adapter keeps the contract; a dossier is made once there, whatever answer gets lost, and its own code is never
// issued anew.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import nock from 'nock'
import t, { type Test } from 'tap'
import { checkAdapter } from '../../src/adapter/load.js'
import { createMemory } from '../../src/adapter/memory.js'
import type { Attachment, Dossier, OutboundDelivery, Outcome } from '../../src/adapter/index.js'
import type { SampleDelivery } from '../../src/adapter/sample.js'
import { adapterSuite, openSession, sampleOf } from '../../test/support/adapter-suite.js'
import { liveBytes } from '../../test/support/live-bytes.js'
import { CLIENT_ID, CLIENT_SECRET, createHarness, type FakePortal, sampleDossier, startPortal } from './harness.js'
import { adapter } from './index.js'

nock.restore()
t.afterEach(() => {
  nock.cleanAll()
  nock.restore()
})

await adapterSuite(t, { adapter, harness: createHarness() })

interface Change { dossier?: Partial<Dossier>, deliveryId?: string, packageId?: string, recipient?: string, of?: string, size?: number }

/** A delivery of the sample dossier `of`. */
function deliveryOf ({ dossier = {}, deliveryId = 'd-1', packageId = 'p-1', recipient = 'G17', of = 'one', size = 3000 }: Change = {}): OutboundDelivery {
  const { content, envelope, attachments } = sampleDossier(of, size)
  if (content.kind !== 'dossier') throw new Error('no dossier')
  return {
    ...sampleOf(adapter, { deliveryId }),
    packageId,
    recipient,
    envelope,
    content: { kind: 'dossier', dossier: { ...content.dossier, ...dossier } },
    attachments: attachments.map(({ meta }) => meta),
    openAttachment: async () => Readable.from([attachments[0]?.bytes], { objectMode: false })
  }
}

interface Opened { portal: FakePortal, send (delivery: OutboundDelivery): Promise<Outcome | undefined> }

async function open (t: Test, settings: object = {}, memory = createMemory()): Promise<Opened> {
  const portal = await startPortal()
  t.teardown(portal.stop)
  const session = await openSession(t, adapter, { url: portal.url, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, nextValueCode: 'G17', ...settings }, { memory })
  return { portal, send: async delivery => await session.deliver?.(delivery, AbortSignal.timeout(5000)) }
}

t.test('the requests are those of the portal, in their order', async t => {
  nock.activate()
  const asked: Array<{ path: string, headers: Record<string, unknown>, body: unknown }> = []
  const answer = (reply: unknown) => function (this: { req: { headers: Record<string, unknown> } }, path: string, body: unknown): [number, string] {
    asked.push({ path, headers: this.req.headers, body })
    return [200, JSON.stringify(reply)]
  }
  const { attachments } = sampleDossier('one', 3000)
  const HashTepTin = attachments[0]?.meta.sha256
  nock('https://bo.example.vn').post('/api/oauth').reply(answer({ access_token: 'tok-1', expires_in: 60 }))
    .get('/api/GetNextValue?code=G17').reply(answer({ value: 'G17.10-20261120-0000042' }))
    .post('/api/UploadFile').reply(answer([{ IdTepTin: 'f-9', HashTepTin }]))
    .post('/api/TaoHoSo').reply(answer({ idHoSo: 77, maHoSo: 'G17.10-20261120-0000042' }))
    .post('/api/CapNhatTienTrinh').reply(answer({}))
  const session = await openSession(t, adapter, {
    url: 'https://bo.example.vn/api', clientId: 'a', clientSecret: 'b&c', nextValueCode: 'G17', paths: { token: 'oauth' }, publicServices: { '1.009972': 'DVC-5' }
  }, { now: () => 0 })
  t.same(await session.deliver?.(deliveryOf(), AbortSignal.timeout(5000)), { kind: 'delivered', externalId: 'G17.10-20261120-0000042' })
  t.same(asked.map(({ path }) => path.split('?')[0]), ['/api/oauth', '/api/GetNextValue', '/api/UploadFile', '/api/TaoHoSo', '/api/CapNhatTienTrinh'])
  t.equal(asked[0]?.body, 'grant_type=client_credentials&client_id=a&client_secret=b%26c')
  for (const { headers } of asked.slice(1)) t.match(headers, { authorization: 'Bearer tok-1', 'idempotency-key': 'd-1' })
  t.match(asked[2]?.headers, { 'content-type': /^multipart\/form-data; boundary=\S{20,70}$/ })
  t.match(String(asked[2]?.body), /^--lienthong-\w+\r\nContent-Disposition: form-data; name="file"; filename="tờ trình.pdf"\r\nContent-Type: application\/pdf\r\n\r\n/)
  t.match(asked[3]?.body, {
    MaHoSo: 'G17.10-20261120-0000042', MaTTHC: '1.009972', MaDichVuCong: 'DVC-5', LoaiDoiTuong: 1, MaDonViTiepNhan: 'G17', NgayNop: '2026-11-20T08:00:00+07:00',
    ThanhPhanHoSo: [{ MaThanhPhanHoSo: 'TP01', GiayToDinhKem: [{ IdGiayTo: 'f-9', HashTepTin }] }]
  })
  t.match(asked[4]?.body, [{ IDHoSo: '77', MaHoSo: 'G17.10-20261120-0000042', NguoiXuLy: 'Lê Thị Cúc', TrangThai: 2 }])
})

t.test('what went out is noted: a file by its hash, a dossier and its reports byte for byte', async t => {
  const { portal, send } = await open(t)
  const delivery = deliveryOf()
  t.match(await send(delivery), { kind: 'delivered' })
  const [file] = delivery.attachments
  const [upload, create, steps, ...more] = (delivery as SampleDelivery).noted
  t.match(upload, { call: 'UploadFile', mediaType: 'application/pdf', body: { sha256: file?.sha256, size: file?.size } })
  t.match(create, { call: 'TaoHoSo', mediaType: 'application/json' })
  t.match(JSON.parse(create?.body.toString() ?? ''), { MaHoSo: 'G17-20261120-0000001', ThanhPhanHoSo: [{ GiayToDinhKem: [{ HashTepTin: file?.sha256 }] }] })
  t.equal(steps?.body.toString(), JSON.stringify(portal.reports[0]?.body))
  t.same(more, [])
})

t.test('what is remembered of a dossier has an end, counted from its last delivery', async t => {
  const kept: Array<number | undefined> = []
  const memory = createMemory()
  const { send } = await open(t, { rememberDays: 60 }, { ...memory, write: async (key, value, options) => { kept.push(options?.keepMs); await memory.write(key, value, options) } })
  t.match(await send(deliveryOf()), { kind: 'delivered' })
  t.ok(kept.length > 0 && kept.every(keepMs => keepMs === 60 * 86_400_000))
})

t.test('a dossier is made once: a repeated delivery does nothing, later reports find it', async t => {
  const { portal, send } = await open(t)
  for (const attempt of [1, 2]) t.match(await send(deliveryOf()), { kind: 'delivered', externalId: 'G17-20261120-0000001' }, `attempt ${attempt}`)
  t.same(portal.counts, { token: 1, GetNextValue: 1, UploadFile: 1, TaoHoSo: 1, CapNhatTienTrinh: 1 })
  const progress = { kind: 'progress' as const, TienDo: [{ NguoiXuLy: 'A', ThoiDiemXuLy: '20261121090000', NoiDungXuLy: 'Thẩm định', TrangThai: '4' as const }] }
  t.match(await send(deliveryOf({ dossier: progress, deliveryId: 'd-2', packageId: 'p-2' })), { kind: 'delivered' })
  t.match(portal.reports.at(-1), { path: 'CapNhatTienTrinh', body: [{ IDHoSo: 'id-1', MaHoSo: 'G17-20261120-0000001', TrangThai: 4 }] })
  const { content } = sampleDossier('one', 1)
  const HoSo = content.kind === 'dossier' ? { ...content.dossier.HoSo, TrangThaiHoSo: '9' } as Dossier['HoSo'] : undefined
  t.match(await send(deliveryOf({ dossier: { kind: 'result', HoSo: HoSo as never, TienDo: [] }, deliveryId: 'd-3', packageId: 'p-3' })), { kind: 'delivered' })
  t.match(portal.reports.at(-1), { path: 'CapNhatTrangThai', body: [{ IdHoSo: 'id-1', TrangThai: 9 }] })
  t.match(await send(deliveryOf({ dossier: { kind: 'supplement', TienDo: [] }, deliveryId: 'd-4', packageId: 'p-4' })), { kind: 'delivered' })
  t.equal(portal.counts['GetNextValue'], 1, 'a supplement goes under the code that the dossier has')
  t.equal(portal.made.at(-1)?.maHoSo, 'G17-20261120-0000001')
})

t.test('a later attempt goes on with the code and the files that the portal has', async t => {
  const { portal, send } = await open(t)
  portal.play = { kind: 'overload' }
  t.match(await send(deliveryOf()), { kind: 'deferred', retryAfterMs: 7000 })
  portal.play = undefined
  t.match(await send(deliveryOf()), { kind: 'delivered' })
  t.match(portal.counts, { GetNextValue: 1, UploadFile: 1, TaoHoSo: 2 })
  t.equal(portal.made.length, 1)
})

t.test('a lost answer to a code or a file is certain to have made nothing, one to a dossier is not', async t => {
  for (const [at, uncertain] of [['GetNextValue', undefined], ['UploadFile', undefined], ['TaoHoSo', true]] as const) {
    const { portal, send } = await open(t)
    portal.play = { kind: 'drop', at }
    const outcome = await send(deliveryOf())
    t.equal(outcome?.kind, 'deferred')
    t.equal(outcome?.kind === 'deferred' ? outcome.uncertain : '', uncertain, at)
    t.equal(portal.made.length, at === 'TaoHoSo' ? 1 : 0, 'and it is sent once, also over a connection that was open before')
  }
})

t.test('where the portal can be asked, an attempt whose answer was lost is cleared up', async t => {
  const { portal, send } = await open(t, { paths: { find: 'TraCuu' } })
  portal.play = { kind: 'drop' }
  t.match(await send(deliveryOf()), { kind: 'deferred', uncertain: true })
  portal.play = undefined
  t.match(await send(deliveryOf()), { kind: 'delivered', externalId: 'G17-20261120-0000001' })
  t.equal(portal.made.length, 1, 'found')
  portal.play = { kind: 'overload' }
  t.match(await send(deliveryOf({ of: 'two', deliveryId: 'd-2', packageId: 'p-2' })), { kind: 'deferred' })
  portal.play = undefined
  t.match(await send(deliveryOf({ of: 'two', deliveryId: 'd-2', packageId: 'p-2' })), { kind: 'delivered' })
  t.equal(portal.made.length, 2, 'asked, not there, made')
})

t.test('what the portal does not say is missing is not made again', async t => {
  const { portal, send } = await open(t, { paths: { find: 'TraCuu' } })
  portal.play = { kind: 'drop' }
  t.match(await send(deliveryOf()), { kind: 'deferred', uncertain: true })
  for (const play of [{ kind: 'refuse' }, { kind: 'malformed' }, { kind: 'refuse', status: 200, body: { message: 'Lỗi' } }] as const) {
    portal.play = { ...play, at: 'TraCuu' }
    t.match(await send(deliveryOf()), { kind: 'deferred', uncertain: undefined, problem: { code: 'ENDPOINT_UNAVAILABLE' } }, JSON.stringify(play))
  }
  portal.play = { kind: 'refuse', at: 'TraCuu', status: 200, body: { data: [{ idHoSo: 'id-1', maHoSo: 'G17-20261120-0000001' }] } }
  t.match(await send(deliveryOf()), { kind: 'delivered', externalId: 'G17-20261120-0000001' }, 'found in a list')
  t.equal(portal.counts['TaoHoSo'], 1)
  for (const [index, body] of [null, [], { data: null }, { result: [] }].entries()) {
    const again = { of: `none-${index}`, deliveryId: `n-${index}`, packageId: `n-${index}` }
    portal.play = { kind: 'overload' }
    t.match(await send(deliveryOf(again)), { kind: 'deferred' })
    portal.play = { kind: 'refuse', at: 'TraCuu', status: 200, body }
    t.match(await send(deliveryOf(again)), { kind: 'delivered' }, `${JSON.stringify(body)} is said to be missing`)
  }
})

t.test('each unit of a package gets a dossier of its own, and what is told of it later finds that', async t => {
  const { portal, send } = await open(t)
  const to = ['G17.10', 'G17.11'] as [string, string]
  for (const attempt of [1, 2]) {
    for (const [index, recipient] of to.entries()) {
      t.match(await send(deliveryOf({ dossier: { to }, recipient, deliveryId: `d-${index}` })), { kind: 'delivered', externalId: `G17-20261120-000000${index + 1}` }, `${recipient}, attempt ${attempt}`)
    }
  }
  t.same(portal.made.map(({ body }) => body['MaDonViTiepNhan']), to, 'once each')
  const told = async (change: Change): Promise<unknown> => {
    const TienDo = [{ NguoiXuLy: 'A', ThoiDiemXuLy: '20261121090000', NoiDungXuLy: 'Thẩm định', TrangThai: '4' as const }]
    t.match(await send(deliveryOf({ ...change, dossier: { ...change.dossier, kind: 'progress', TienDo } })), { kind: 'delivered' })
    return portal.reports.at(-1)?.body
  }
  t.match(await told({ dossier: { to: ['G17.11'] }, recipient: 'G17.11', deliveryId: 'd-3', packageId: 'p-3' }), [{ IDHoSo: 'id-2', MaHoSo: 'G17-20261120-0000002' }])
  t.match(await send(deliveryOf({ dossier: { to: ['G17.10'] }, recipient: 'G17.10', of: 'two', deliveryId: 'd-4', packageId: 'p-4' })), { kind: 'delivered' })
  t.match(await told({ dossier: { to }, recipient: 'G17.10', of: 'two', deliveryId: 'd-5', packageId: 'p-5' }), [{ IDHoSo: 'id-3' }], 'of a dossier that went to one alone')
  const one = await open(t, { receivingUnit: 'G17' })
  for (const [index, recipient] of to.entries()) t.match(await one.send(deliveryOf({ dossier: { to }, recipient, deliveryId: `d-${index}` })), { kind: 'delivered' })
  t.same(one.portal.made.map(({ body }) => body['MaDonViTiepNhan']), ['G17'], 'where one unit receives for all, it is one dossier')
})

t.test('a dossier keeps its own code where the portal issues none', async t => {
  const { portal, send } = await open(t, { codes: 'ours' })
  const { content } = sampleDossier('one', 1)
  const MaHoSo = content.kind === 'dossier' ? content.dossier.MaHoSo : ''
  t.match(await send(deliveryOf()), { kind: 'delivered', externalId: MaHoSo })
  t.equal(portal.counts['GetNextValue'], undefined)
  t.equal(portal.made[0]?.maHoSo, MaHoSo)
  const reply = { kind: 'progress' as const, MaHoSo: '000.00.11.H36-261120-0009', MaHoSoKhac: 'G17-777', HoSo: undefined as never }
  t.match(await send(deliveryOf({ dossier: reply, deliveryId: 'd-2', packageId: 'p-2' })), { kind: 'delivered' })
  t.match(portal.reports.at(-1)?.body, [{ IDHoSo: '', MaHoSo: 'G17-777' }], 'a dossier that came from there is reported by its code there')
})

t.test('every answer has one meaning', async t => {
  const { portal, send } = await open(t)
  const table: Array<[FakePortal['play'], object]> = [
    [{ kind: 'refuse' }, { kind: 'refused', problem: { code: 'ENDPOINT_REFUSED', detail: { en: /400: Thiếu thành phần hồ sơ \(\*\*\*\)/ } } }],
    [{ kind: 'refuse', status: 404 }, { kind: 'deferred', problem: { code: 'ENDPOINT_UNAVAILABLE' } }],
    [{ kind: 'refuse', status: 404, at: 'CapNhatTienTrinh' }, { kind: 'refused' }],
    [{ kind: 'refuse', status: 502 }, { kind: 'deferred', uncertain: true }],
    [{ kind: 'expired' }, { kind: 'deferred', uncertain: undefined, problem: { detail: { en: /credentials/ } } }],
    [{ kind: 'malformed' }, { kind: 'deferred', uncertain: true }]
  ]
  for (const [index, [play, expected]] of table.entries()) {
    portal.play = play
    t.match(await send(deliveryOf({ of: `case-${index}`, deliveryId: `d-${index}`, packageId: `p-${index}` })), expected, JSON.stringify(play))
  }
  portal.play = undefined
  const HoSo = { MaTTHC: '1', TenTTHC: 'a', KenhThucHien: '1', LoaiDoiTuong: '3', NgayNopHoSo: '20261120080000', TrangThaiHoSo: '1' } as const
  const before = { ...portal.counts }
  t.match(await send(deliveryOf({ of: 'state', dossier: { HoSo } })), { kind: 'refused', problem: { code: 'TRANSFORM_FAILED' } }, 'a state agency has no number there')
  t.same(portal.counts, before, 'and nothing is sent')
  const wrong = await open(t, { clientSecret: 'another-secret' })
  t.match(await wrong.send(deliveryOf()), { kind: 'deferred', uncertain: undefined })
})

t.test('a file of any size goes through, hashed there as here', async t => {
  const { portal, send } = await open(t)
  const size = 40 * 2 ** 20
  const piece = Buffer.alloc(2 ** 20, 'Công văn')
  const hash = createHash('sha256')
  for (let n = 0; n < 40; n++) hash.update(piece)
  const sha256 = hash.digest('hex')
  const file: Attachment = { n: 1, name: 'lớn "x".pdf', contentType: 'application/pdf', size, sha256 }
  const before = liveBytes()
  let most = 0
  const delivery = {
    ...deliveryOf(),
    attachments: [file],
    openAttachment: async () => Readable.from((function * () {
      for (let n = 0; n < 40; n++) {
        // Each look collects garbage, which takes longer than sending; what is held grows to the end.
        if (n % 8 === 7) most = Math.max(most, liveBytes() - before)
        yield Buffer.from(piece)
      }
    })(), { objectMode: false, highWaterMark: 1 })
  }
  t.match(await send(delivery), { kind: 'delivered' })
  t.same([...portal.files.values()], [{ name: 'lớn _x_.pdf', size, sha256 }])
  t.ok(most < size, `${Math.round(most / 2 ** 20)} MB were held at most`)
})

t.test('settings that cannot work are refused before anything is sent', async t => {
  const { checkSettings, mask } = checkAdapter(adapter)
  const good = { url: 'https://bo.example.vn/api', clientId: 'a', clientSecret: 'b' }
  t.same(checkSettings(good).faults, [])
  for (const wrong of [{ url: 'x' }, { codes: 'both' }, { paths: { upload: '/a' } }, { uploadField: 'a"b' }, { tokenStyle: 'x' }]) t.ok(checkSettings({ ...good, ...wrong }).faults.length > 0, JSON.stringify(wrong))
  t.match(mask(good), { clientSecret: '***' })
})
