// Linked services (DVCLT, khai sinh and khai tử): detail with its form and files, push to the sector system, status back.
// Which message it is shows in its fields. Reports are in dvclt-report.ts, files in dvclt-files.ts.
import type { Dossier } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { readPapers, writePapers } from './dvclt-files.js'
import { readForm } from './dvclt-form.js'
import { isReport, readReport, readScan, writeReports } from './dvclt-report.js'
import { fromSlashes, toSlashes } from './stamps.js'
import type { DossierWire, DvcltListItem, Read, ReadFile, WireContext } from '../../ports/dossier-wire.js'
import { addMissing, createWireReader, finishRead, headerOf, isObject, type JsonObject, own, type WireReader } from './wire-reader.js'
import { createWireWriter, loseHeader, type WireWriter } from './wire-writer.js'

export const DETAIL = 'hosolienthong'
export const PUSH = 'chuyennganh'
export const CONFIRM = 'xacnhan'

/** Modules: procedure and name where the message does not tell. */
const MODULES: Readonly<Record<string, { MaTTHC: string, TenTTHC: string }>> = {
  LTKS: { MaTTHC: '2.002621', TenTTHC: 'Liên thông đăng ký khai sinh' },
  LTKT: { MaTTHC: '2.002622', TenTTHC: 'Liên thông đăng ký khai tử' }
}

export const dvcltWire: DossierWire = {
  name: 'dvclt',
  toWire (dossier, context) {
    const writer = createWireWriter(dossier)
    const { kind, HoSo, inReplyTo } = dossier
    if (HoSo !== undefined && (kind === 'submit' || kind === 'supplement' || kind === 'transfer')) {
      writeDossier(writer, { dossier, HoSo, context })
    } else if (kind === 'ack' && inReplyTo !== undefined) {
      writer.call(CONFIRM, { id: inReplyTo })
      loseHeader(writer, dossier, ['inReplyTo'])
      writer.lose('/kind', kind)
    } else {
      writeReports(writer, dossier, context)
    }
    return writer.finish()
  },
  fromWire (body, context) {
    const reader = createWireReader()
    const message = reader.object(body, '')
    if (message === undefined) return finishRead(reader, [])
    if (Array.isArray(own(message, 'value'))) return readScan(reader, message, context)
    if (isReport(message)) return readReport(reader, message, context)
    if (isObject(own(message, 'data'))) {
      reader.others(message, ['data', 'status', 'message'], '')
      return readDossier(reader, { from: own(message, 'data') as JsonObject, pointer: '/data', context })
    }
    return readDossier(reader, { from: message, pointer: '', context })
  }
}

/** Reads the list of waiting dossiers. Items with a fault are left out, the others stand. Never throws. */
export function readDvcltList (body: unknown): { items: DvcltListItem[] } & Pick<Read, 'warnings' | 'faults'> {
  const reader = createWireReader()
  const list = isObject(body) ? reader.list(own(body, 'data'), '/data') : (reader.object(body, ''), [])
  const items = list.flatMap((value, index): DvcltListItem[] => {
    const pointer = `/data/${index}`
    const before = reader.faults.length
    const from = reader.object(value, pointer)
    if (from === undefined) return []
    const [id = '', maDonVi = '', maTTHC = '', module = '', maHoSo = ''] = ['id', 'maDonVi', 'maTTHC', 'module', 'maHoSo'].map(name => reader.required(from, name, pointer))
    const ngayTiepNhan = reader.stamp(from, 'ngayTiepNhan', { pointer, ...SLASHES })
    const techId = reader.code(from, 'techId', pointer)
    const item = { id, maDonVi, maTTHC, module, maHoSo, ...(ngayTiepNhan === undefined ? {} : { ngayTiepNhan }), ...(techId === undefined ? {} : { techId }) }
    return reader.faults.length === before ? [item] : []
  })
  return { items, warnings: reader.warnings, faults: reader.faults }
}

const SLASHES = { parse: fromSlashes, expected: 'dd/MM/yyyy HH:mm:ss' }

type HoSo = NonNullable<Dossier['HoSo']>

/** HoSo as it follows from a message; what a dossier has beyond it is lost on the way. */
function hoSoOf ({ form, MaTTHC, TenTTHC, submittedAt, acceptedAt, techId }: { form: JsonObject, MaTTHC: string, TenTTHC: string, submittedAt: string, acceptedAt?: string | undefined, techId?: string | undefined }): Record<string, unknown> {
  const content = isObject(own(form, 'hoTich')) ? own(form, 'hoTich') as JsonObject : form
  const field = (name: string): string | undefined => {
    const value = own(content, name)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const number = field('nycSoGiayToTuyThan')
  const owner = field('nycHoTen')
  const phone = field('nycSoDienThoai')
  return {
    MaTTHC,
    TenTTHC,
    KenhThucHien: '2',
    LoaiDoiTuong: '1',
    NgayNopHoSo: submittedAt,
    TrangThaiHoSo: acceptedAt === undefined ? '1' : '2',
    ...(acceptedAt === undefined ? {} : { NgayTiepNhan: acceptedAt }),
    ...(techId === undefined ? {} : { MaDoiTuong: techId }),
    ...(owner === undefined ? {} : { ChuHoSo: owner }),
    ...(phone === undefined ? {} : { SoDienThoai: phone }),
    ...(number === undefined || !/^\d{12}$/.test(number) ? {} : { DinhDanhCHS: [{ LoaiDinhDanh: '1', SoDinhDanh: number }] })
  }
}

function writeDossier (writer: WireWriter, { dossier, HoSo, context }: { dossier: Dossier, HoSo: HoSo, context: WireContext }): void {
  const { BieuMau, MaHoSo, MaHoSoKhac, kind } = dossier
  const unit = BieuMau?.MaDonVi ?? context.unitOfAgency?.(dossier.to[0] ?? '')
  if (BieuMau === undefined) refuseMissing(writer, '/BieuMau', 'Dịch vụ liên thông cần biểu mẫu (BieuMau).', 'A linked service needs its form (BieuMau).')
  if (unit === undefined) refuseMissing(writer, '/BieuMau/MaDonVi', 'Không biết mã đơn vị hành chính của cơ quan nhận.', 'The administrative unit of the recipient is not known.')
  const toSector = context.party === 'sector'
  if (toSector && MaHoSoKhac === undefined) refuseMissing(writer, '/MaHoSoKhac', 'Cần mã hồ sơ liên thông (MaHoSoKhac).', 'The code of the linked dossier (MaHoSoKhac) is needed.')
  if (BieuMau === undefined || unit === undefined) return
  const common = { maDonVi: /^\d{1,9}$/.test(unit) ? Number(unit) : unit, module: BieuMau.Ma }
  const data = JSON.stringify(BieuMau.NoiDung)
  const submittedAt = toSector ? HoSo.NgayTiepNhan || HoSo.NgayNopHoSo : HoSo.NgayNopHoSo
  const fileDinhKem = writePapers(writer, dossier)
  if (toSector) {
    writer.call(PUSH, { ...common, maHoSoLT: MaHoSoKhac, maHoSoMCDT: MaHoSo, ngayTiepNhan: toSlashes(submittedAt), data, fileDinhKem })
  } else {
    writer.call(DETAIL, { data: { ...common, maTTHC: HoSo.MaTTHC, maHoSo: MaHoSo, ngayTiepNhan: toSlashes(submittedAt), techId: HoSo.MaDoiTuong ?? '', data, fileDinhKem } })
  }
  const named = MODULES[BieuMau.Ma]
  const readMaTTHC = toSector ? named?.MaTTHC ?? '' : HoSo.MaTTHC
  const reread = hoSoOf({
    form: BieuMau.NoiDung,
    MaTTHC: readMaTTHC,
    TenTTHC: context.procedureName?.(readMaTTHC) ?? named?.TenTTHC ?? readMaTTHC,
    submittedAt,
    acceptedAt: toSector ? submittedAt : undefined,
    techId: toSector ? undefined : HoSo.MaDoiTuong || undefined
  })
  const written: JsonObject = { ...HoSo }
  for (const name of new Set([...Object.keys(written), ...Object.keys(reread)])) {
    if (JSON.stringify(written[name]) !== JSON.stringify(reread[name])) writer.lose(`/HoSo/${name}`, written[name] || reread[name])
  }
  loseHeader(writer, dossier, ['HoSo', 'ThanhPhanHoSo', 'BieuMau', 'MaTTHC', ...(toSector ? ['MaHoSoKhac' as const] : [])])
  if (dossier.MaTTHC !== readMaTTHC) writer.lose('/MaTTHC', dossier.MaTTHC ?? readMaTTHC)
  if (kind !== 'submit') writer.lose('/kind', kind)
  if (BieuMau.MaDonVi === undefined) writer.lose('/BieuMau/MaDonVi', unit)
}

function refuseMissing (writer: WireWriter, pointer: string, vi: string, en: string): void {
  writer.add('reject', { code: 'FIELD_MISSING', pointer, detail: text(vi, en) })
}

function readDossier (reader: WireReader, { from, pointer, context }: { from: JsonObject, pointer: string, context: WireContext }): Read {
  reader.others(from, ['id', 'maDonVi', 'maTTHC', 'module', 'maHoSo', 'maHoSoLT', 'maHoSoMCDT', 'ngayTiepNhan', 'techId', 'data', 'fileDinhKem'], pointer)
  const pushed = Object.hasOwn(from, 'maHoSoMCDT')
  const code = reader.required(from, pushed ? 'maHoSoMCDT' : 'maHoSo', pointer) ?? ''
  const codeLT = pushed ? reader.required(from, 'maHoSoLT', pointer) : undefined
  const module = reader.required(from, 'module', pointer) ?? ''
  const unit = reader.required(from, 'maDonVi', pointer) ?? ''
  const named = Object.hasOwn(MODULES, module) ? MODULES[module] : undefined
  const MaTTHC = (pushed ? undefined : reader.required(from, 'maTTHC', pointer)) ?? named?.MaTTHC ?? ''
  if (pushed && MaTTHC === '') addMissing(reader, `${pointer}/module`)
  const at = reader.stamp(from, 'ngayTiepNhan', { pointer, ...SLASHES })
  if (reader.text(from, 'ngayTiepNhan', pointer) === undefined) addMissing(reader, `${pointer}/ngayTiepNhan`)
  const techId = reader.code(from, 'techId', pointer)
  const form = readForm(reader, own(from, 'data'), `${pointer}/data`)
  const files: ReadFile[] = []
  const ThanhPhanHoSo = readPapers(reader, own(from, 'fileDinhKem'), { pointer: `${pointer}/fileDinhKem`, files })
  const HoSo = hoSoOf({ form, MaTTHC, TenTTHC: context.procedureName?.(MaTTHC) ?? named?.TenTTHC ?? MaTTHC, submittedAt: at ?? '', acceptedAt: pushed ? at : undefined, techId })
  const agency = context.agencyOfUnit?.(unit)
  const header = headerOf(context, 'submit', { code, parts: [form, ThanhPhanHoSo], ...(agency === undefined ? {} : { to: [agency] }) })
  const dossier = {
    ...header,
    ...(codeLT === undefined ? {} : { MaHoSoKhac: codeLT }),
    MaTTHC,
    HoSo,
    BieuMau: { Ma: module, MaDonVi: unit, NoiDung: form },
    ...(ThanhPhanHoSo.length === 0 ? {} : { ThanhPhanHoSo })
  } as unknown as Dossier
  return finishRead(reader, [{
    dossier,
    places: [['/to', `${pointer}/maDonVi`], ['/to/0', `${pointer}/maDonVi`], ['/MaTTHC', `${pointer}/maTTHC`], ['/HoSo', `${pointer}/data`], ['/HoSo/MaTTHC', `${pointer}/maTTHC`], ['/HoSo/MaDoiTuong', `${pointer}/techId`], ['/BieuMau/Ma', `${pointer}/module`], ['/BieuMau/MaDonVi', `${pointer}/maDonVi`], ['/BieuMau/NoiDung', `${pointer}/data`], ['/ThanhPhanHoSo', `${pointer}/fileDinhKem`], ['/MaHoSo', `${pointer}/${pushed ? 'maHoSoMCDT' : 'maHoSo'}`], ['/MaHoSoKhac', `${pointer}/maHoSoLT`]]
  }], files)
}
