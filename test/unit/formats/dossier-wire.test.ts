// Dossier formats of partners: pairs of files in both directions, round trips of made-up dossiers, answers, hostile input.
import { deepStrictEqual } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { readDvcltStream } from '../../../src/formats/dossier/dvclt-stream.js'
import { intakeOf, readDvcltAnswer, STATUS_FROM_DVCLT, STATUS_TO_DVCLT } from '../../../src/formats/dossier/dvclt-status.js'
import { readDvcltList } from '../../../src/formats/dossier/dvclt.js'
import { readDvcqgAnswer } from '../../../src/formats/dossier/dvcqg-answer.js'
import { DOSSIER_WIRES, isWireName, type Read, type WireContext, type WireName, writeBody, type Written } from '../../../src/formats/dossier/wire.js'
import type { Dossier } from '../../../src/model/generated.js'
import { createWorkingCalendar } from '../../../src/model/working-days.js'
import { faultsOf } from '../../../src/schema.js'
import { ROOT } from '../../architecture/generate.js'
import { chunksOf, createMemoryContext } from '../../support/spool.js'
import { fixture, shown } from './edxml-messages.js'
import { anyDossier, FILES, kept, merged } from './dossiers.js'
import fc from '../../support/property.js'

const FORMATS: readonly WireName[] = ['dvcqg', 'noihoso', 'dvclt']

function read (path: string): unknown {
  return JSON.parse(fixture(`dossier/${path}`).toString())
}

/** What a connection knows besides the message. */
function contextOf (dossier: Dossier, more: Partial<WireContext> = {}): WireContext {
  const files = (dossier.ThanhPhanHoSo ?? []).flatMap(paper => paper.GiayToDinhKem ?? []).map(file => [file.HashTepTin, { sha256: file.HashTepTin, size: file.size }] as const)
  return { from: dossier.from, to: dossier.to, packageId: dossier.packageId, ...(dossier.sentAt === undefined ? {} : { sentAt: dossier.sentAt }), files: new Map(files), ...more }
}

async function bodies (written: Written, files: ReadonlyMap<string, Buffer>): Promise<unknown[]> {
  return await Promise.all(written.calls.map(async call => {
    const chunks: Buffer[] = []
    for await (const chunk of writeBody(call, async sha256 => chunksOf(files.get(sha256) ?? Buffer.alloc(0), 7))) chunks.push(chunk)
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown
  }))
}

const PAIR_CONTEXT: Partial<WireContext> = { unit: '000.00.00.H36', session: '8d0b2c1f-5c1e-4f0f-b6ac-0c9f4f1f3a77', procedureName: code => code === '1.009972' ? 'Thẩm định Báo cáo nghiên cứu khả thi' : undefined }

for (const format of FORMATS) {
  const names = readdirSync(join(ROOT, 'test/fixtures/dossier', format)).filter(name => name.endsWith('.wire.json')).map(name => name.slice(0, -'.wire.json'.length))
  test(`${format}: each pair of files says the same in both directions`, async t => {
    t.ok(names.length > 0)
    for (const name of names) {
      const dossier = read(`${format}/${name}.canonical.json`) as Dossier
      const wire = read(`${format}/${name}.wire.json`)
      const context = contextOf(dossier, { ...PAIR_CONTEXT, party: name === 'sector' ? 'sector' : 'one-stop' })
      const { dossiers, files, faults, lossy } = DOSSIER_WIRES[format].fromWire(wire, context)
      t.same([shown([...faults]), lossy], [[], []], `${name}: read`)
      t.strictSame(dossiers, [dossier], `${name}: dossier`)
      const written = DOSSIER_WIRES[format].toWire(dossier, context)
      t.same(shown([...written.faults]), [], `${name}: written`)
      t.strictSame(await bodies(written, new Map(files.map(file => [file.sha256, file.bytes ?? Buffer.alloc(0)]))), [wire], `${name}: message`)
    }
  })

  test(`${format}: what is not listed as lost survives a round trip`, async t => {
    let carried = 0
    await fc.assert(fc.asyncProperty(anyDossier(format), async dossier => {
      deepStrictEqual(faultsOf('dossier', dossier), [])
      const context = contextOf(dossier)
      const written = DOSSIER_WIRES[format].toWire(dossier, context)
      if (written.faults.length > 0) return
      const reads: Read[] = (await bodies(written, FILES)).map(body => DOSSIER_WIRES[format].fromWire(body, context))
      deepStrictEqual(reads.flatMap(({ faults }) => faults), [])
      const back = merged(reads.flatMap(({ dossiers }) => dossiers))
      deepStrictEqual(kept(back, written.lossy), kept(dossier, written.lossy))
      carried++
    }), { numRuns: 200 })
    t.ok(carried > 100, `${carried} of 200 carried`)
  })

  test(`${format}: whatever arrives, the answer is faults, never an exception`, async t => {
    const wires = names.map(name => read(`${format}/${name}.wire.json`))
    fc.assert(fc.property(fc.oneof(fc.jsonValue(), damaged(wires)), body => {
      const { dossiers, faults } = DOSSIER_WIRES[format].fromWire(body, { from: 'H36.11', to: ['H36'] })
      return dossiers.every(dossier => faultsOf('dossier', dossier).length === 0) && (dossiers.length === 0 || faults.length === 0)
    }), { numRuns: 1500 })
    t.equal(({} as Record<string, unknown>)['polluted'], undefined)
  })
}

/** One of the messages with one value anywhere in it replaced by something else. */
function damaged (wires: readonly unknown[]): fc.Arbitrary<unknown> {
  const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(null, '', 0, -1, [], {}, true, 'x'.repeat(5000), '99999999999999', JSON.parse('{"__proto__":{"polluted":1}}') as unknown))
  return fc.tuple(fc.constantFrom(...wires), fc.nat(), odd).map(([wire, at, value]) => {
    let left = at % 60
    return JSON.parse(JSON.stringify(wire, (_name, inner: unknown) => left-- === 0 ? value : inner)) as unknown
  })
}

test('wrong types, missing fields and harmful names are faults with their place', async t => {
  const sync = read('dvcqg/create.wire.json') as { data: Array<Record<string, unknown>> }
  const changed = (change: (dossier: Record<string, unknown>) => void): Read => {
    const body = structuredClone(sync)
    change(body.data[0] ?? {})
    return DOSSIER_WIRES.dvcqg.fromWire(body, { from: 'H36.11', to: ['G22'] })
  }
  const cases: Array<[string, (dossier: Record<string, unknown>) => void, string[]]> = [
    ['no code', dossier => { delete dossier['MaHoSo'] }, ['FIELD_MISSING /data/0/MaHoSo']],
    ['a list for a text', dossier => { dossier['ChuHoSo'] = [] }, ['FIELD_INVALID /data/0/ChuHoSo']],
    ['a text for a list', dossier => { dossier['TaiLieuNop'] = 'x' }, ['FIELD_INVALID /data/0/TaiLieuNop']],
    ['a wrong number', dossier => { dossier['TrangThaiHoSo'] = '11' }, ['FIELD_INVALID /data/0/TrangThaiHoSo']],
    ['another date', dossier => { dossier['NgayHenTra'] = '18/03/2026' }, ['FIELD_INVALID /data/0/NgayHenTra']],
    ['a harmful name', dossier => { Object.defineProperty(dossier, '__proto__', { value: { a: 1 }, enumerable: true }) }, ['FIELD_UNKNOWN /data/0/__proto__']]
  ]
  for (const [name, change, faults] of cases) {
    const result = changed(change)
    t.same(shown([...result.faults]), faults, name)
    t.same(result.dossiers, [], name)
  }
  const number = changed(dossier => { dossier['KenhThucHien'] = 2; dossier['HoSoCoThanhPhanSoHoa'] = null; dossier['CotMoi'] = 'x' })
  t.same([shown([...number.faults]), shown([...number.warnings]), number.lossy.map(({ pointer }) => pointer)], [[], ['FIELD_UNKNOWN /data/0/CotMoi', 'FIELD_INVALID /data/0/KenhThucHien'], ['/data/0/CotMoi']])
  t.equal(number.dossiers[0]?.HoSo?.KenhThucHien, '2')
})

test('dvcqg: a dossier goes before its progress, at most ten steps at once, and an existing one as an update', async t => {
  const dossier = read('dvcqg/create.canonical.json') as Dossier
  const [step] = (read('dvcqg/progress.canonical.json') as Dossier).TienDo ?? []
  t.ok(step)
  if (step === undefined) return
  const { calls } = DOSSIER_WIRES.dvcqg.toWire({ ...dossier, TienDo: Array.from({ length: 23 }, () => step) }, { mode: 'update' })
  t.match(calls.map(({ body }) => body), [{ service: 'DongBoHoSoMC', isUpdating: 'True' }, ...[10, 10, 3].map(length => ({ service: 'CapNhatTienDoHoSoMC', data: { length } }))])
  t.same(calls.map(({ body }) => Object.hasOwn(body as object, 'session')), [false, false, false, false])
  const linked = DOSSIER_WIRES.dvcqg.toWire({ ...dossier, ThanhPhanHoSo: [{ TenThanhPhanHoSo: 'Đơn', GiayToDinhKem: [{ TenGiayTo: 'don.pdf', HashTepTin: 'a'.repeat(64), size: 1 }] }] }, { fileLink: sha256 => `https://hub.example.vn/${sha256}` })
  t.match(linked.calls[0]?.body, { data: [{ TaiLieuNop: [{ TepDinhKemId: '501' }, { TenTepDinhKem: 'don.pdf', DuongDanTaiTepTin: `https://hub.example.vn/${'a'.repeat(64)}`, IsDeleted: 'False' }] }] })
  for (const kind of ['ack', 'error', 'withdraw'] as const) {
    const { calls: none, faults } = DOSSIER_WIRES.dvcqg.toWire({ packageId: '1', kind, from: 'a', to: ['b'], MaHoSo: 'c', reason: 'd' }, {})
    t.same([none, shown([...faults])], [[], ['FIELD_INVALID /kind']], kind)
  }
})

test('dvcqg: answers are read as numbers and as texts', async t => {
  const cases: Array<[unknown, object]> = [
    [{ error_code: 0 }, { kind: 'ok', result: [] }], [{ error_code: '00', result: [1] }, { kind: 'ok', result: [1] }], [{ error_code: '0', message: 'Thành công' }, { kind: 'ok' }],
    [{ error_code: '3', message: 'Hồ sơ X đã tồn tại' }, { kind: 'exists' }], [{ error_code: -3, message: 'HỒ SƠ ĐÃ TỒN TẠI'.normalize('NFD') }, { kind: 'exists' }],
    [{ error_code: 3, message: 'Sai định dạng' }, { kind: 'refused', code: '3' }], [{ error_code: '-1', message: 'Phiên làm việc hết hạn' }, { kind: 'session' }],
    [{ error_code: null }, { kind: 'unreadable' }], [[], { kind: 'unreadable' }], ['ok', { kind: 'unreadable' }], [undefined, { kind: 'unreadable' }]
  ]
  for (const [body, answer] of cases) t.match(readDvcqgAnswer(body), answer, JSON.stringify(body))
})

test('noihoso: subjects have other numbers, and both codes are kept', async t => {
  const dossier = read('noihoso/create.canonical.json') as Dossier
  const HoSo = dossier.HoSo
  t.ok(HoSo)
  if (HoSo === undefined) return
  for (const [ours, theirs] of [['1', 0], ['2', 1], ['4', 2]] as const) {
    t.match(DOSSIER_WIRES.noihoso.toWire({ ...dossier, HoSo: { ...HoSo, LoaiDoiTuong: ours } }, {}).calls[0]?.body, { LoaiDoiTuong: theirs, ThongTinNguoiNop: { LoaiDoiTuong: theirs } }, ours)
    const back = DOSSIER_WIRES.noihoso.fromWire({ ...read('noihoso/create.wire.json') as object, LoaiDoiTuong: String(theirs) }, contextOf(dossier))
    t.equal(back.dossiers[0]?.HoSo?.LoaiDoiTuong, ours)
  }
  t.same(shown([...DOSSIER_WIRES.noihoso.toWire({ ...dossier, HoSo: { ...HoSo, LoaiDoiTuong: '3' } }, {}).faults]), ['FIELD_INVALID /HoSo/LoaiDoiTuong'])
  const [kept] = DOSSIER_WIRES.noihoso.fromWire(read('noihoso/create.wire.json'), contextOf(dossier, { ownCodeOf: () => '000.00.11.H36-260316-0007' })).dossiers
  t.same([kept?.MaHoSo, kept?.MaHoSoKhac], ['000.00.11.H36-260316-0007', 'G17.10-20260316-0012345'])
  const unknown = DOSSIER_WIRES.noihoso.fromWire(read('noihoso/create.wire.json'), { from: 'H36' })
  t.same(shown([...unknown.faults]), ['ATTACHMENT_MISSING /ThanhPhanHoSo/0/GiayToDinhKem/0/HashTepTin'])
  const [status] = DOSSIER_WIRES.noihoso.fromWire([{ IdHoSo: '1', MaHoSo: 'A-260316-0001', TrangThai: 9 }], { from: 'G17', to: ['H36'], sentAt: '2026-03-18T10:20:00+07:00' }).dossiers
  t.match(status, { kind: 'progress', TienDo: [{ TrangThai: '9', ThoiDiemXuLy: '20260318102000' }] })
})

test('dvclt: statuses map both ways, answers decide, an offered dossier is taken once', async t => {
  t.same(STATUS_FROM_DVCLT, { 1: '1', 2: '5', 3: '4', 4: '9', 5: '10', 6: '3', 7: '4' })
  for (const [ours, theirs] of Object.entries({ 5: '2', 4: '3', 9: '4', 3: '6', 10: '5' })) t.equal((STATUS_TO_DVCLT as Record<string, string>)[ours], theirs)
  const answers: Array<[unknown, boolean, object]> = [
    [{ status: 1 }, true, { kind: 'ok', already: false }], [{ errorCode: '00' }, true, { kind: 'ok' }],
    [{ status: 0, errorDescription: 'Hồ sơ đã bị từ chối' }, true, { kind: 'ok', already: true }], ['Hồ sơ đã trả kết quả', false, { kind: 'ok', already: true }],
    [{ message: 'Hồ sơ đã hoàn thành đăng ký' }, false, { kind: 'ok', already: true }], [{ message: 'Logic xử lý không hợp lệ' }, false, { kind: 'permanent' }],
    [{ status: 0, statusDescription: 'Lỗi kết nối' }, true, { kind: 'retry' }], [undefined, false, { kind: 'retry' }], [null, true, { kind: 'ok' }]
  ]
  for (const [body, accepted, answer] of answers) t.match(readDvcltAnswer(body, { accepted }), answer, JSON.stringify(body))
  t.same([intakeOf(undefined), intakeOf('5'), intakeOf('4')], ['create', 'replace', 'acknowledge'])
  const list = readDvcltList({ data: [{ id: '7f0c3d9a-1', maDonVi: 24958, maTTHC: '2.002622', module: 'LTKT', maHoSo: 'G22.99.LT-260316-00021', ngayTiepNhan: '16/03/2026 08:15:12', techId: 't' }, { id: 2 }, 'x'] })
  t.match(list, { items: [{ maDonVi: '24958', ngayTiepNhan: '20260316081512' }], faults: { length: 5 } })
  t.same(readDvcltList(null).items, [])
})

test('dvclt: a supplement ends seven working days after it was asked for', async t => {
  const calendar = createWorkingCalendar(JSON.parse(fixture('../../config/lam-dong/calendar-2026.json').toString()) as Parameters<typeof createWorkingCalendar>[0])
  const { deadlineAt: _, ...dossier } = read('dvclt/supplement.canonical.json') as Dossier
  t.match(DOSSIER_WIRES.dvclt.toWire(dossier, { calendar }).calls[0]?.body, { trangThai: 2, hanBoSungHoSo: '25/03/2026 14:00:00' })
  t.match(DOSSIER_WIRES.dvclt.toWire(dossier, {}), { warnings: [{ pointer: '/deadlineAt' }], calls: [{ body: { hanBoSungHoSo: '' } }] })
})

test('dvclt: files inside a detail go to spools while it streams, however it is cut and escaped', async t => {
  const file = Buffer.from(Array.from({ length: 600 }, (_, index) => index * 31 % 256))
  const body = read('dvclt/detail.wire.json') as { data: { fileDinhKem: Array<Record<string, unknown>> } }
  const base64 = file.toString('base64')
  for (const escaped of [base64, base64.replaceAll('+', '\\u002B').replaceAll('/', '\\/'), base64.replace(/.{76}/g, '$&\\r\\n')]) {
    body.data.fileDinhKem = [{ id: 1, loaiGiayTo: 3, tenGiayTo: 'Giấy báo tử', tenTepDinhKem: 'a.pdf', duLieuTepDinhKem: '@' }, { tenTepDinhKem: 'b "duLieuTepDinhKem":"0', duLieuTepDinhKem: '@' }]
    const json = JSON.stringify(body, null, 1).replaceAll('"@"', `"${escaped}"`)
    for (const size of [1, 7, 4096]) {
      const context = createMemoryContext()
      const { dossiers, files, faults } = await readDvcltStream(chunksOf(json, size), context, { from: 'G22', to: ['H36.101'] })
      t.same(shown([...faults]), [])
      t.same(files.map(({ sha256, size: bytes, bytes: inMemory }) => [sha256, bytes, inMemory]), Array(2).fill([createHash('sha256').update(file).digest('hex'), 600, undefined]))
      t.equal(dossiers[0]?.ThanhPhanHoSo?.[0]?.GiayToDinhKem?.[0]?.size, 600)
    }
  }
})

test('dvclt: no text of a sender passes for a file, and limits hold', async t => {
  const read = async (json: string, limits = {}): Promise<Read> => await readDvcltStream(chunksOf(json, 5), createMemoryContext(limits), { from: 'G22', to: ['H36'] })
  const detail = (files: string): string => fixture('dossier/dvclt/detail.wire.json').toString().replace(/"fileDinhKem": \[[^]*?\n {4}\]/, () => `"fileDinhKem": [${files}]`)
  const good = '{"tenTepDinhKem":"a","duLieuTepDinhKem":"QUJD"}'
  t.same((await read(detail(good))).faults, [])
  const cases: Array<[string, string]> = [
    ['{"tenTepDinhKem":"a","duLieuTepDinhKem":"***"}', 'ATTACHMENT_INVALID'], ['{"tenTepDinhKem":"a","duLieuTepDinhKem":""}', 'ATTACHMENT_INVALID'],
    ['{"tenTepDinhKem":"a","duLieuTepDinhKem":null}', 'FIELD_MISSING'], ['{"tenTepDinhKem":"a","duLieuTepDinhKem":{"file":{"sha256":"x"}}}', 'FIELD_INVALID'],
    ['{"tenTepDinhKem":"a","duLieuTepDinhKem":7}', 'FIELD_INVALID'], ['{"tenTepDinhKem":"a","duLieuTepDinhKem":"QUJD","duLieuTepDinhKem":"QUJD"}', 'FIELD_INVALID']
  ]
  for (const [item, code] of cases) t.equal((await read(detail(item))).faults[0]?.code, code, item)
  // Spelt with an escape, the field is the field all the same.
  t.equal((await read(detail('{"tenTepDinhKem":"a","duLieuTepDinh\\u004bem":"QUJD"}'))).files[0]?.size, 3)
  await t.rejects(read(detail(good), { maxAttachmentBytes: 2 }), { code: 'BODY_TOO_LARGE' })
  await t.rejects(read(detail(good), { maxAttachments: 0 }), { code: 'BODY_TOO_LARGE' })
  await t.rejects(read(detail(good), { maxMarkupBytes: 100 }), { code: 'BODY_TOO_LARGE' })
  await t.rejects(read(detail(good).slice(0, -30)), { code: 'JSON_MALFORMED' })
  await t.rejects(read('{"duLieuTepDinhKem":"QUJ'), { code: 'JSON_MALFORMED' })
  await t.rejects(read(''), { code: 'BODY_EMPTY' })
})

test('a format is found by the name that an endpoint declares', async t => {
  t.same(['dvcqg', 'noihoso', 'dvclt', 'constructor', 'edxml'].map(isWireName), [true, true, true, false, false])
  for (const format of FORMATS) t.equal(DOSSIER_WIRES[format].name, format)
})
