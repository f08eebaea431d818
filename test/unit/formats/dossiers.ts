// Made-up dossiers for round trips, and what is left of one when the listed losses are taken away.
import { createHash } from 'node:crypto'
import { stampOf } from '../../../src/formats/dossier/stamps.js'
import type { Loss, WireName } from '../../../src/formats/dossier/wire.js'
import type { Dossier } from '../../../src/model/generated.js'
import fc from '../../support/property.js'

const CONTENTS = ['', 'a', 'ab', 'abc', 'một tệp dài hơn một chút'].map(content => Buffer.from(`%PDF${content}`))

/** SHA-256 → bytes of the files that made-up dossiers name. */
export const FILES: ReadonlyMap<string, Buffer> = new Map(CONTENTS.map(bytes => [createHash('sha256').update(bytes).digest('hex'), bytes]))

// A grapheme can be many characters: the narrowest field takes 20.
const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map(text => [...text].slice(0, 12).join(''))
const maybe = fc.oneof({ weight: 1, arbitrary: fc.constant('') }, { weight: 3, arbitrary: words })
const stamp = fc.integer({ min: 1.6e9, max: 1.9e9 }).map(seconds => stampOf(seconds * 1000))
const maybeStamp = fc.oneof(stamp, fc.constant(''))
const digit = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values)
const STATUSES = Array.from({ length: 10 }, (_, index) => String(index + 1))
const instant = stamp.map(each => `${each.slice(0, 4)}-${each.slice(4, 6)}-${each.slice(6, 8)}T${each.slice(8, 10)}:${each.slice(10, 12)}:${each.slice(12)}+07:00`)

const hoSo = fc.record({
  MaTTHC: words, TenTTHC: words, KenhThucHien: digit('1', '2', '3'), LoaiDoiTuong: digit('1', '2', '3', '4'), NgayNopHoSo: stamp, TrangThaiHoSo: digit(...STATUSES),
  MaLinhVuc: words, SoBienNhan: maybe, ChuHoSo: maybe, MaDoiTuong: maybe, Email: maybe, GhiChu: maybe, NgayTiepNhan: maybeStamp, NgayHenTra: maybeStamp, NgayTra: maybeStamp,
  HinhThuc: digit('0', '1'), DonViXuLy: maybe, DuocThanhToanTrucTuyen: digit('0', '1', '2', '3'),
  DinhDanhCHS: fc.array(fc.record({ LoaiDinhDanh: digit('1', '2', '3'), SoDinhDanh: fc.stringMatching(/^\d{9}(\d{3})?$/) }), { maxLength: 2 }),
  TaiLieuNop: fc.array(fc.record({ TepDinhKemId: words, TenTepDinhKem: words, IsDeleted: digit('True', 'False') }), { maxLength: 2 }),
  DanhSachHoSoBoSung: fc.array(fc.record({ HoSoBoSungId: words, NgayBoSung: maybeStamp, DanhSachLePhiBoSung: fc.array(fc.record({ Gia: words }), { maxLength: 2 }) }), { maxLength: 2 })
}, { requiredKeys: ['MaTTHC', 'TenTTHC', 'KenhThucHien', 'LoaiDoiTuong', 'NgayNopHoSo', 'TrangThaiHoSo'] })

const step = fc.record({
  NguoiXuLy: words, ThoiDiemXuLy: stamp, NoiDungXuLy: words, TrangThai: digit(...STATUSES), ChucDanh: maybe, PhongBanXuLy: maybe, NgayBatDau: maybeStamp
}, { requiredKeys: ['NguoiXuLy', 'ThoiDiemXuLy', 'NoiDungXuLy', 'TrangThai'] })

const file = fc.record({
  IdGiayTo: fc.oneof(words, fc.constantFrom('1', '007', '501')), TenGiayTo: words, MaKetQua: maybe, HashTepTin: fc.constantFrom(...FILES.keys())
}, { requiredKeys: ['TenGiayTo', 'HashTepTin'] }).map(each => ({ ...each, size: FILES.get(each.HashTepTin)?.length ?? 0 }))

const papers = fc.uniqueArray(fc.record({
  MaThanhPhanHoSo: fc.oneof(words, digit('3', '17')), TenThanhPhanHoSo: words, SoLuong: digit('1', '2'), LoaiBan: digit('0', '1', '2'), GiayToDinhKem: fc.array(file, { minLength: 1, maxLength: 2 })
}, { requiredKeys: ['TenThanhPhanHoSo', 'GiayToDinhKem'] }), { maxLength: 3, selector: ({ TenThanhPhanHoSo }) => TenThanhPhanHoSo })

const form = fc.record({
  Ma: fc.constantFrom('LTKS', 'LTKT', 'LTXX'), MaDonVi: fc.constantFrom('24958', '672'),
  NoiDung: fc.dictionary(fc.constantFrom('nktHoTen', 'nksHoTen', 'soDangKy', 'nycHoTen', 'nycSoGiayToTuyThan', 'nycSoDienThoai'), words)
}, { requiredKeys: ['Ma', 'NoiDung'] })

const header = {
  packageId: words, from: words, to: fc.array(words, { minLength: 1, maxLength: 2 }), MaHoSo: words, MaHoSoKhac: words, MaTTHC: words, sentAt: instant, deadlineAt: instant,
  role: fc.constantFrom('main', 'coordinating'), reason: words, priority: fc.integer({ min: 0, max: 4 }), ThanhPhanHoSo: papers, BieuMau: form,
  ThoiHan: fc.record({ SoNgayLamViec: fc.nat(30), NgayHenTraMoi: stamp }, { requiredKeys: [] }),
  NguoiNop: fc.record({ TenNguoiNop: maybe, NgaySinh: maybe, MaXa: maybe }, { requiredKeys: [] })
}

/** Dossiers of every kind that `format` may carry; the linked services report one step at a time. */
export function anyDossier (format: WireName): fc.Arbitrary<Dossier> {
  const steps = fc.array(step, { minLength: 1, maxLength: format === 'dvclt' ? 1 : 12 })
  const codes = format === 'dvclt' ? ['MaHoSoKhac', 'BieuMau'] : []
  const submit = fc.record({ ...header, kind: fc.constantFrom('submit', 'supplement', 'transfer'), HoSo: hoSo, TienDo: steps }, { requiredKeys: ['packageId', 'kind', 'from', 'to', 'MaHoSo', 'HoSo', ...codes] as never })
  const report = fc.record({ ...header, kind: fc.constantFrom('progress', 'result', 'withdraw'), HoSo: hoSo, TienDo: steps }, { requiredKeys: ['packageId', 'kind', 'from', 'to', 'MaHoSo', 'TienDo', 'reason', ...codes] as never })
  return fc.oneof(submit, report) as unknown as fc.Arbitrary<Dossier>
}

/** The packages that one dossier became, as one again. */
export function merged (dossiers: readonly Dossier[]): Dossier {
  const TienDo = dossiers.flatMap(dossier => dossier.TienDo ?? [])
  const [first, ...others] = [...dossiers].reverse()
  return { ...others.reduce<Dossier>((all, dossier) => ({ ...all, ...dossier }), first as Dossier), TienDo }
}

/** `dossier` without what is listed as lost, and without empty texts, lists and groups: unknown and empty are one. */
export function kept (dossier: Dossier, lossy: readonly Loss[]): unknown {
  const copy = structuredClone(dossier) as unknown as Record<string, unknown>
  for (const { pointer } of lossy) {
    const steps = pointer.slice(1).split('/')
    const last = steps.pop() ?? ''
    const parent = steps.reduce<unknown>((value, step) => typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined, copy)
    if (typeof parent === 'object' && parent !== null) Reflect.deleteProperty(parent, last)
  }
  const left = withoutEmpty(copy) as Record<string, unknown>
  const HoSo = left['HoSo'] as Record<string, unknown> | undefined
  // Said twice in a package: once is enough.
  return HoSo === undefined ? left : { MaTTHC: HoSo['MaTTHC'], ...left, HoSo: { MaHoSo: left['MaHoSo'], ...HoSo } }
}

function withoutEmpty (value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty)
  if (typeof value !== 'object' || value === null) return value
  const inner = Object.entries(value).map(([name, each]) => [name, withoutEmpty(each)] as const)
  return Object.fromEntries(inner.filter(([, each]) => each !== '' && !(typeof each === 'object' && each !== null && Object.keys(each).length === 0)))
}
