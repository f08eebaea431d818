// What becomes of a linked dossier: the status sent back to DVCLT, and the results a sector system is asked for.
// A report is one step of progress; when the registration is complete it brings the register entry and the certificate.
import { createHash } from 'node:crypto'
import { type DossierStatus, DOSSIER_STATUSES, isDossierStatus } from '../../model/dossier-status.js'
import type { Dossier } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { addWorkingDays } from '../../model/working-days.js'
import { decode } from './dvclt-files.js'
import { readForm } from './dvclt-form.js'
import { isDvcltStatus, STATUS_FROM_DVCLT, STATUS_TO_DVCLT } from './dvclt-status.js'
import { fromIso, fromSlashes, toIso, toSlashes } from './stamps.js'
import type { Read, ReadFile, WireContext } from '../../ports/dossier-wire.js'
import { below, finishRead, headerOf, type JsonObject, own, type Sourced, type WireReader } from './wire-reader.js'
import { loseHeader, refuseKind, type WireWriter } from './wire-writer.js'

export const REPORT = 'capnhattrangthai'
/** The client's fixed value of `coQuanXuLy`. */
const AGENCY_KIND = 5
/** Working days a citizen has for a supplement. */
const SUPPLEMENT_DAYS = 7
const CERTIFICATE = /^giay[A-Z][A-Za-z0-9]{0,40}$/
const SLASHES = { parse: fromSlashes, expected: 'dd/MM/yyyy HH:mm:ss' }

type Step = NonNullable<Dossier['TienDo']>[number]

/** A message with a status and the code of a linked dossier is a report. */
export function isReport (message: JsonObject): boolean {
  return Object.hasOwn(message, 'trangThai') && (Object.hasOwn(message, 'soHoSoLT') || Object.hasOwn(message, 'maHoSoLT'))
}

export function writeReports (writer: WireWriter, dossier: Dossier, context: WireContext): void {
  const steps = dossier.TienDo ?? []
  const [only] = steps.length === 0 ? [stepOf(dossier)] : []
  const all = only === undefined ? steps : [only]
  if (all.length === 0) { refuseKind(writer, dossier, 'dvclt'); return }
  if (dossier.MaHoSoKhac === undefined) {
    writer.add('reject', { code: 'FIELD_MISSING', pointer: '/MaHoSoKhac', detail: text('Cần mã hồ sơ liên thông (MaHoSoKhac).', 'The code of the linked dossier (MaHoSoKhac) is needed.') })
  }
  const last = all.length - 1
  all.forEach((step, index) => { writeReport(writer, { dossier, context, step, index, isLast: index === last }) })
  const state = STATUS_TO_DVCLT[all[last]?.TrangThai ?? '1']
  const readAs = state === '4' || state === '5' ? 'result' : 'progress'
  if (dossier.kind !== readAs) writer.lose('/kind', dossier.kind)
  if (dossier.MaTTHC === undefined) writer.lose('/MaTTHC', dossier.HoSo?.MaTTHC, text('Lấy từ HoSo.', 'Taken from HoSo.'))
  loseHeader(writer, dossier, ['TienDo', 'MaHoSoKhac', 'MaTTHC', 'reason', 'deadlineAt', 'BieuMau', 'ThanhPhanHoSo', 'ThoiHan'])
  for (const name of ['SoNgayLamViec', 'NgayBatDau', 'TamDung', 'GiaiDoan'] as const) writer.lose(`/ThoiHan/${name}`, dossier.ThoiHan?.[name])
}

/** A dossier without steps tells its state itself. */
function stepOf ({ HoSo, reason, sentAt }: Dossier): Step | undefined {
  if (HoSo === undefined) return undefined
  const at = [HoSo.NgayTra, HoSo.NgayKetThucXuLy, HoSo.NgayTuChoi, HoSo.NgayTiepNhan].find(stamp => stamp !== undefined && stamp !== '')
  return {
    NguoiXuLy: HoSo.DonViXuLy ?? '',
    ThoiDiemXuLy: at ?? fromIso(sentAt ?? '') ?? HoSo.NgayNopHoSo,
    NoiDungXuLy: reason ?? (HoSo.GhiChu || DOSSIER_STATUSES[HoSo.TrangThaiHoSo].meaning.vi),
    TrangThai: HoSo.TrangThaiHoSo
  }
}

interface ReportPlace { dossier: Dossier, context: WireContext, step: Step, index: number, isLast: boolean }

function writeReport (writer: WireWriter, place: ReportPlace): void {
  const { dossier, step, index, isLast } = place
  const state = STATUS_TO_DVCLT[step.TrangThai]
  if (STATUS_FROM_DVCLT[state] !== step.TrangThai) {
    writer.lose(`/TienDo/${index}/TrangThai`, step.TrangThai, text(`Trạng thái ${step.TrangThai} được gửi là ${state}.`, `Status ${step.TrangThai} goes as ${state}.`))
  }
  const ended = isLast && (state === '4' || state === '5')
  const ketQuaXuLy = ended ? writeResult(writer, dossier) : ''
  if (isLast && !ended) {
    writer.lose('/BieuMau', dossier.BieuMau?.Ma)
    writer.lose('/ThanhPhanHoSo', dossier.ThanhPhanHoSo)
  }
  writer.call(REPORT, {
    maTTHC: dossier.MaTTHC ?? dossier.HoSo?.MaTTHC ?? '',
    soHoSoLT: dossier.MaHoSoKhac,
    coQuanXuLy: AGENCY_KIND,
    maHoSo: dossier.MaHoSo,
    trangThai: Number(state),
    thoiGianThucHien: toSlashes(step.ThoiDiemXuLy),
    ghiChu: dossier.reason ?? '',
    ketQuaXuLy,
    nguoiXuLy: step.NguoiXuLy,
    chucDanh: step.ChucDanh ?? '',
    phongBanXuLy: step.PhongBanXuLy ?? '',
    noiDungXuLy: step.NoiDungXuLy,
    ngayBatDau: toSlashes(step.NgayBatDau ?? ''),
    ngayKetThucTheoQuyDinh: toSlashes(step.NgayKetThucTheoQuyDinh ?? ''),
    ngayHenTraTruoc: toSlashes(dossier.ThoiHan?.NgayHenTraTruoc ?? ''),
    ngayHenTraMoi: toSlashes(dossier.ThoiHan?.NgayHenTraMoi ?? ''),
    hanBoSungHoSo: writeSupplementEnd(writer, place, state)
  })
}

/** The end of a supplement: as the dossier says, else seven working days after the request, where a calendar is known. */
function writeSupplementEnd (writer: WireWriter, { dossier, context, step, isLast }: ReportPlace, state: string): string {
  const { deadlineAt } = dossier
  const stamp = deadlineAt === undefined ? undefined : fromIso(deadlineAt)
  if (isLast && (state !== '2' || (stamp !== undefined && toIso(stamp) !== deadlineAt))) writer.lose('/deadlineAt', deadlineAt)
  if (state !== '2') return ''
  if (stamp !== undefined) return toSlashes(stamp)
  if (context.calendar === undefined) {
    writer.add('warn', { code: 'FIELD_MISSING', pointer: '/deadlineAt', detail: text('Không tính được hạn bổ sung: chưa có lịch làm việc.', 'The end of the supplement is not known: there is no calendar of working days.') })
    return ''
  }
  const from = toIso(step.ThoiDiemXuLy)
  const day = addWorkingDays(from.slice(0, 10), SUPPLEMENT_DAYS, context.calendar)
  writer.lose('/deadlineAt', day, text('Hạn bổ sung được tính: 7 ngày làm việc.', 'The end of the supplement was worked out: 7 working days.'))
  return toSlashes(`${day.replaceAll('-', '')}${step.ThoiDiemXuLy.slice(8)}`)
}

/** Register entry and certificates as one JSON text. */
function writeResult (writer: WireWriter, { BieuMau, ThanhPhanHoSo = [] }: Dossier): string {
  const entry: Record<string, unknown> = { ...BieuMau?.NoiDung }
  const code = ThanhPhanHoSo[0]?.MaThanhPhanHoSo
  ThanhPhanHoSo.forEach((paper, paperIndex) => {
    const files = paper.GiayToDinhKem ?? []
    if (files.length === 0) writer.lose(`/ThanhPhanHoSo/${paperIndex}`, paper.TenThanhPhanHoSo)
    files.forEach((file, fileIndex) => {
      const named = CERTIFICATE.test(file.IdGiayTo ?? '') ? file.IdGiayTo ?? '' : certificateOf(BieuMau?.Ma)
      const key = Object.hasOwn(entry, named) ? `${named}${paperIndex}x${fileIndex}` : named
      entry[key] = writer.marker(file.HashTepTin)
      const reread = paperOf(key, code, { sha256: file.HashTepTin, size: file.size })
      if (JSON.stringify(sorted(reread)) !== JSON.stringify(sorted({ ...paper, GiayToDinhKem: [file] }))) writer.lose('/ThanhPhanHoSo', paper.TenThanhPhanHoSo, text('Chỉ nội dung tệp và mã kết quả được gửi.', 'Only the bytes and the code of the result go.'))
    })
  })
  if (code !== undefined) entry['maGiayToKetQua'] = code
  const hasFields = Object.keys(BieuMau?.NoiDung ?? {}).length > 0
  if (!hasFields || BieuMau?.Ma !== formOf(entry)) writer.lose('/BieuMau', BieuMau?.Ma ?? formOf(entry))
  writer.lose('/BieuMau/MaDonVi', BieuMau?.MaDonVi)
  return Object.keys(entry).length === 0 ? '' : JSON.stringify(entry)
}

function sorted (paper: object): unknown {
  return Object.entries(paper).sort(([a], [b]) => a < b ? -1 : 1).map(([name, value]) => [name, Array.isArray(value) ? value.map(item => sorted(item as object)) : value])
}

function certificateOf (module: string | undefined): string {
  return module === 'LTKS' ? 'giayKhaiSinh' : module === 'LTKT' ? 'giayKhaiTu' : 'giayToKetQua'
}

/** Which register an entry belongs to shows in its fields: nkt… the deceased, nks… the child. */
function formOf (entry: JsonObject): string {
  const names = Object.keys(entry)
  if (names.some(name => name.startsWith('nkt') || name === 'giayKhaiTu')) return 'LTKT'
  return names.some(name => name.startsWith('nks') || name === 'giayKhaiSinh') ? 'LTKS' : 'KQ'
}

function paperOf (key: string, code: string | undefined, { sha256, size }: { sha256: string, size: number }): object {
  return {
    ...(code === undefined ? {} : { MaThanhPhanHoSo: code }),
    TenThanhPhanHoSo: key,
    LoaiBan: '2',
    GiayToDinhKem: [{ IdGiayTo: key, TenGiayTo: `${key}.pdf`, ...(code === undefined ? {} : { MaKetQua: code }), HashTepTin: sha256, size }]
  }
}

/** One report, as sent back to DVCLT. */
export function readReport (reader: WireReader, message: JsonObject, context: WireContext): Read {
  const files: ReadFile[] = []
  return finishRead(reader, [readOne(reader, message, { pointer: '', context, files, count: 1, index: 0 })], files)
}

/** The results of a scan of the sector system, one package each. */
export function readScan (reader: WireReader, message: JsonObject, context: WireContext): Read {
  reader.others(message, ['status', 'value', 'message', 'statusDescription', 'errorCode', 'errorDescription'], '')
  const files: ReadFile[] = []
  const list = reader.list(own(message, 'value'), '/value')
  const sourced = list.flatMap((value, index) => {
    const from = reader.object(value, below('/value', index))
    return from === undefined ? [] : [readOne(reader, from, { pointer: below('/value', index), context, files, count: list.length, index })]
  })
  return finishRead(reader, sourced, files)
}

const FIELDS = ['maTTHC', 'soHoSoLT', 'maHoSoLT', 'maHoSoMCDT', 'coQuanXuLy', 'maHoSo', 'trangThai', 'thoiGianThucHien', 'ghiChu', 'ketQuaXuLy', 'nguoiXuLy', 'chucDanh', 'phongBanXuLy', 'noiDungXuLy', 'ngayBatDau', 'ngayKetThucTheoQuyDinh', 'ngayHenTraTruoc', 'ngayHenTraMoi', 'hanBoSungHoSo', 'errors']

function readOne (reader: WireReader, from: JsonObject, { pointer, context, files, count, index }: { pointer: string, context: WireContext, files: ReadFile[], count: number, index: number }): Sourced {
  reader.others(from, FIELDS, pointer)
  const place = { pointer, ...SLASHES }
  const scanned = Object.hasOwn(from, 'maHoSoLT')
  const names = scanned ? { ours: 'maHoSoMCDT', theirs: 'maHoSoLT' } : { ours: 'maHoSo', theirs: 'soHoSoLT' }
  const code = reader.required(from, names.ours, pointer) ?? ''
  const linked = reader.required(from, names.theirs, pointer) ?? ''
  const written = reader.required(from, 'trangThai', pointer) ?? ''
  if (written !== '' && !isDvcltStatus(written)) reader.refuse(below(pointer, 'trangThai'), '1 to 7', written)
  const state: DossierStatus = isDvcltStatus(written) ? STATUS_FROM_DVCLT[written] : '1'
  const at = reader.stamp(from, 'thoiGianThucHien', place)
  if (at === undefined && reader.text(from, 'thoiGianThucHien', pointer) === undefined) reader.refuse(below(pointer, 'thoiGianThucHien'), SLASHES.expected, '')
  const PhongBanXuLy = reader.text(from, 'phongBanXuLy', pointer)
  const MaTTHC = reader.text(from, 'maTTHC', pointer)
  const reason = reader.text(from, 'ghiChu', pointer) ?? errorsOf(from)
  const supplementEnd = reader.stamp(from, 'hanBoSungHoSo', place)
  const ThoiHan = present({ NgayHenTraTruoc: reader.stamp(from, 'ngayHenTraTruoc', place), NgayHenTraMoi: reader.stamp(from, 'ngayHenTraMoi', place) })
  const step = {
    NguoiXuLy: reader.text(from, 'nguoiXuLy', pointer) ?? (PhongBanXuLy ?? context.from ?? '').slice(0, 50),
    ThoiDiemXuLy: at,
    NoiDungXuLy: reader.text(from, 'noiDungXuLy', pointer) ?? (isDossierStatus(state) ? DOSSIER_STATUSES[state].meaning.vi : ''),
    TrangThai: state,
    ...present({ ChucDanh: reader.text(from, 'chucDanh', pointer), PhongBanXuLy, NgayBatDau: reader.stamp(from, 'ngayBatDau', place), NgayKetThucTheoQuyDinh: reader.stamp(from, 'ngayKetThucTheoQuyDinh', place) })
  }
  const header = headerOf(context, written === '4' || written === '5' ? 'result' : 'progress', { code, parts: from })
  const dossier = {
    ...header,
    packageId: context.packageId !== undefined && count > 1 ? `${header.packageId}/${index + 1}` : header.packageId,
    ...(linked === '' ? {} : { MaHoSoKhac: linked }),
    ...present({ MaTTHC, reason, deadlineAt: supplementEnd === undefined ? undefined : toIso(supplementEnd) }),
    TienDo: [step],
    ...readResult(reader, from, { pointer, files }),
    ...(Object.keys(ThoiHan).length === 0 ? {} : { ThoiHan })
  } as unknown as Dossier
  return { dossier, places: [['/TienDo/0', pointer], ['/TienDo/0/NguoiXuLy', below(pointer, 'nguoiXuLy')], ['/TienDo/0/NoiDungXuLy', below(pointer, 'noiDungXuLy')], ['/MaHoSo', below(pointer, names.ours)], ['/MaHoSoKhac', below(pointer, names.theirs)], ['/reason', below(pointer, 'ghiChu')], ['/BieuMau', below(pointer, 'ketQuaXuLy')], ['/ThanhPhanHoSo', below(pointer, 'ketQuaXuLy')]] }
}

function errorsOf (from: JsonObject): string | undefined {
  const errors = own(from, 'errors')
  if (errors === undefined || errors === null || errors === '' || (Array.isArray(errors) && errors.length === 0)) return undefined
  return typeof errors === 'string' ? errors : Array.isArray(errors) ? errors.filter(each => typeof each === 'string').join('; ').slice(0, 1000) || undefined : undefined
}

/** Certificates become files, the rest the register entry. */
function readResult (reader: WireReader, from: JsonObject, { pointer, files }: { pointer: string, files: ReadFile[] }): { BieuMau?: object, ThanhPhanHoSo?: object[] } {
  const value = own(from, 'ketQuaXuLy')
  if (value === undefined || value === null || value === '') return {}
  const at = below(pointer, 'ketQuaXuLy')
  const { maGiayToKetQua, ...entry } = readForm(reader, value, at)
  const code = typeof maGiayToKetQua === 'string' && maGiayToKetQua !== '' ? maGiayToKetQua : undefined
  const Ma = formOf(entry)
  const papers: object[] = []
  for (const [key, content] of Object.entries(entry)) {
    const bytes = CERTIFICATE.test(key) && typeof content === 'string' && content !== '' ? decode(content) : undefined
    if (bytes === undefined) continue
    Reflect.deleteProperty(entry, key)
    const file = { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length }
    files.push({ ...file, name: `${key}.pdf`, bytes })
    papers.push(paperOf(key, code, file))
  }
  const NoiDung = code !== undefined && papers.length === 0 ? { ...entry, maGiayToKetQua: code } : entry
  return { ...(Object.keys(NoiDung).length === 0 ? {} : { BieuMau: { Ma, NoiDung } }), ...(papers.length === 0 ? {} : { ThanhPhanHoSo: papers }) }
}

function present (fields: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined))
}
