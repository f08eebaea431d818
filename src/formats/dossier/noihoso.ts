// "NoiHoSo" API of a ministry portal: the dossier with its uploaded files, its progress steps, its status. The portal
// numbers subjects in its own way and writes ISO instants; it issues the code of the dossier itself.
import type { Dossier } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { fromIso, toIso } from './stamps.js'
import { readPapers, writePapers } from './noihoso-papers.js'
import type { DossierWire, WireContext } from '../../ports/dossier-wire.js'
import { addMissing, below, createWireReader, finishRead, headerOf, isObject, type JsonObject, own, type Sourced, type WireReader } from './wire-reader.js'
import { createWireWriter, loseHeader, refuseKind, type WireWriter } from './wire-writer.js'

export const CREATE = 'TaoHoSo'
export const STEPS = 'CapNhatTienTrinh'
export const STATUS = 'CapNhatTrangThai'

type HoSo = NonNullable<Dossier['HoSo']>
type Step = NonNullable<Dossier['TienDo']>[number]
type Subject = HoSo['LoaiDoiTuong']

/** LoaiDoiTuong of HoSo → theirs (0 công dân, 1 doanh nghiệp, 2 hộ kinh doanh). A state agency has no number there. */
export const SUBJECT_TO_NOIHOSO: Readonly<Record<Subject, '0' | '1' | '2' | undefined>> = { 1: '0', 2: '1', 3: undefined, 4: '2' }
/** Theirs → ours. A household business is one of "tổ chức khác". */
export const SUBJECT_FROM_NOIHOSO: ReadonlyMap<string, Subject> = new Map([['0', '1'], ['1', '2'], ['2', '4']])

const ISO = { parse: fromIso, expected: 'ISO 8601' }
/** Details of the submitter that our NguoiNop names alike. */
const DETAILS = ['TenNguoiNop', 'SoDinhDanh', 'NgayCapDinhDanh', 'NgaySinh', 'SoDienThoai', 'Email', 'Fax', 'MaTinh', 'MaHuyen', 'MaXa', 'DiaChiChiTiet'] as const
/** Fields of HoSo that stand in the message, or follow from it. */
const CARRIED: ReadonlySet<string> = new Set(['MaHoSo', 'MaTTHC', 'ChuHoSo', 'LoaiDoiTuong', 'MaDoiTuong', 'NgayNopHoSo', 'NgayTiepNhan', 'DinhDanhCHS'])

export const noihosoWire: DossierWire = {
  name: 'noihoso',
  toWire (dossier, context) {
    const writer = createWireWriter(dossier)
    const { kind, HoSo, TienDo = [] } = dossier
    const creates = kind === 'submit' || kind === 'supplement' || kind === 'transfer'
    if (creates && HoSo !== undefined) writeDossier(writer, { dossier, HoSo, context })
    if (TienDo.length > 0) writeSteps(writer, TienDo, { dossier, context })
    else if (!creates && HoSo !== undefined) writeStatus(writer, { dossier, HoSo, context })
    else if (!creates) refuseKind(writer, dossier, 'noihoso')
    if (creates && kind !== 'submit') writer.lose('/kind', kind)
    if (!creates && kind !== 'progress') writer.lose('/kind', kind)
    const carried = creates ? ['to', 'MaTTHC', 'HoSo', 'TienDo', 'ThanhPhanHoSo', 'NguoiNop'] as const : ['TienDo', 'HoSo'] as const
    loseHeader(writer, dossier, carried)
    if (creates && dossier.to.length > 1) writer.lose('/to', dossier.to, text('Chỉ đơn vị tiếp nhận đầu tiên.', 'Only the first unit.'))
    if (!creates && TienDo.length > 0) writer.lose('/HoSo', HoSo)
    return writer.finish()
  },
  fromWire (body, context) {
    const reader = createWireReader()
    if (Array.isArray(body)) return finishRead(reader, readReports(reader, body as unknown[], context))
    const message = reader.object(body, '')
    return finishRead(reader, message === undefined ? [] : [readDossier(reader, message, context)])
  }
}

function codeWriter ({ codesAs }: WireContext): (value: string) => number | string {
  return value => codesAs === 'string' || !/^\d{1,9}$/.test(value) ? value : Number(value)
}

function writeDossier (writer: WireWriter, { dossier, HoSo, context }: { dossier: Dossier, HoSo: HoSo, context: WireContext }): void {
  const code = codeWriter(context)
  const subject = SUBJECT_TO_NOIHOSO[HoSo.LoaiDoiTuong]
  if (subject === undefined) {
    writer.add('reject', { code: 'FIELD_INVALID', pointer: '/HoSo/LoaiDoiTuong', detail: text('Định dạng này không có loại đối tượng cơ quan nhà nước.', 'This format has no number for a state agency.'), expected: '1 | 2 | 4', found: HoSo.LoaiDoiTuong })
    return
  }
  if (HoSo.LoaiDoiTuong === '4') {
    writer.add('warn', { code: 'FIELD_INVALID', pointer: '/HoSo/LoaiDoiTuong', detail: text('Tổ chức khác được ghi là hộ kinh doanh (2).', 'Another organisation is written as a household business (2).'), found: '4' })
  }
  const owner = HoSo.ChuHoSo ?? ''
  const [identity] = HoSo.DinhDanhCHS ?? []
  const submitter = dossier.NguoiNop ?? {}
  const details = Object.fromEntries(DETAILS.map(name => [name, submitter[name] ?? '']))
  writer.call(CREATE, {
    MaHoSo: context.codeAtPartner ?? dossier.MaHoSo,
    MaTTHC: HoSo.MaTTHC,
    MaDichVuCong: context.publicServiceCode ?? '',
    ChuHoSo: owner,
    LoaiDoiTuong: code(subject),
    MaDonViTiepNhan: dossier.to[0] ?? '',
    NgayNop: toIso(HoSo.NgayNopHoSo),
    NgayTiepNhan: toIso(HoSo.NgayTiepNhan ?? ''),
    ThanhPhanHoSo: writePapers(writer, { dossier, context, code }),
    ThongTinNguoiNop: {
      LoaiDoiTuong: code(subject),
      IdDoiTuong: HoSo.MaDoiTuong ?? '',
      ThongTinChiTiet: { ...details, TenChuHs: owner, SoDinhDanhChuHs: identity?.SoDinhDanh ?? '' }
    }
  })
  loseDossier(writer, { dossier, HoSo, context })
}

function loseDossier (writer: WireWriter, { dossier, HoSo, context }: { dossier: Dossier, HoSo: HoSo, context: WireContext }): void {
  if (context.codeAtPartner !== undefined && context.codeAtPartner !== dossier.MaHoSo) writer.lose('/MaHoSo', dossier.MaHoSo, text('Nơi nhận cấp mã riêng; giữ cả hai mã.', 'The partner has a code of its own; keep both.'))
  if (dossier.MaTTHC !== undefined && dossier.MaTTHC !== HoSo.MaTTHC) writer.lose('/MaTTHC', dossier.MaTTHC)
  for (const [name, value] of Object.entries(HoSo)) if (!CARRIED.has(name)) writer.lose(`/HoSo/${name}`, value)
  writer.lose('/HoSo/MaHoSo', HoSo.MaHoSo)
  const identities = HoSo.DinhDanhCHS ?? []
  const plain = identities.length === 1 && identities[0]?.LoaiDinhDanh === kindOfIdentity(identities[0]?.SoDinhDanh ?? '')
  if (!plain) writer.lose('/HoSo/DinhDanhCHS', identities, text('Chỉ một số định danh, không có loại.', 'Only one number, without its kind.'))
}

function kindOfIdentity (number: string): string | undefined {
  return /^\d{12}$/.test(number) ? '1' : /^\d{9}$/.test(number) ? '2' : undefined
}

function references ({ dossier, context }: { dossier: Dossier, context: WireContext }): { MaHoSo: string } & Record<string, string> {
  return { IdHoSo: context.idAtPartner ?? '', MaHoSo: context.codeAtPartner ?? dossier.MaHoSo }
}

function writeSteps (writer: WireWriter, steps: readonly Step[], place: { dossier: Dossier, context: WireContext }): void {
  writer.call(STEPS, steps.map(step => writeStep(step, place)))
  steps.forEach(({ ChucDanh }, index) => { writer.lose(`/TienDo/${index}/ChucDanh`, ChucDanh) })
}

function writeStep (step: Step, place: { dossier: Dossier, context: WireContext }): object {
  const { IdHoSo = '', MaHoSo } = references(place)
  return {
    // The portal's own spelling: IDHoSo here, IdHoSo with the status.
    IDHoSo: IdHoSo,
    MaHoSo,
    NguoiXuLy: step.NguoiXuLy,
    ThoiDiemXuLy: toIso(step.ThoiDiemXuLy),
    PhongBanXuLy: step.PhongBanXuLy ?? '',
    NoiDungXuLy: step.NoiDungXuLy,
    TrangThai: codeWriter(place.context)(step.TrangThai),
    NgayBatDau: toIso(step.NgayBatDau ?? ''),
    NgayKetThucTheoQuyDinh: toIso(step.NgayKetThucTheoQuyDinh ?? '')
  }
}

function writeStatus (writer: WireWriter, place: { dossier: Dossier, HoSo: HoSo, context: WireContext }): void {
  writer.call(STATUS, [{ ...references(place), TrangThai: codeWriter(place.context)(place.HoSo.TrangThaiHoSo) }])
  writer.lose('/HoSo', place.HoSo, text('Chỉ trạng thái được gửi, như một bước tiến độ.', 'Only the status goes, as a step.'))
}

function readDossier (reader: WireReader, message: JsonObject, context: WireContext): Sourced {
  reader.others(message, ['MaHoSo', 'MaTTHC', 'MaDichVuCong', 'ChuHoSo', 'LoaiDoiTuong', 'MaDonViTiepNhan', 'NgayNop', 'NgayTiepNhan', 'ThanhPhanHoSo', 'ThongTinNguoiNop'], '')
  if (reader.text(message, 'MaDichVuCong', '') !== undefined) reader.lose('/MaDichVuCong', 'Không có trong gói hồ sơ.', 'The dossier package has no place for it.')
  const code = reader.required(message, 'MaHoSo', '') ?? ''
  const MaTTHC = reader.required(message, 'MaTTHC', '') ?? ''
  const subject = readSubject(reader, message, '')
  const unit = reader.code(message, 'MaDonViTiepNhan', '')
  const { NguoiNop, MaDoiTuong, DinhDanhCHS, owner } = readSubmitter(reader, own(message, 'ThongTinNguoiNop'))
  const ChuHoSo = reader.text(message, 'ChuHoSo', '') ?? owner
  const NgayTiepNhan = reader.stamp(message, 'NgayTiepNhan', { pointer: '', ...ISO })
  const NgayNopHoSo = reader.stamp(message, 'NgayNop', { pointer: '', ...ISO })
  if (NgayNopHoSo === undefined && reader.text(message, 'NgayNop', '') === undefined) addMissing(reader, '/NgayNop')
  const TenTTHC = context.procedureName?.(MaTTHC)
  if (TenTTHC === undefined) assume(reader, '/MaTTHC', 'tên thủ tục = mã thủ tục', 'the name of the procedure is its code')
  const HoSo = {
    MaTTHC, TenTTHC: TenTTHC ?? MaTTHC, KenhThucHien: '2', LoaiDoiTuong: subject, NgayNopHoSo: NgayNopHoSo ?? '', TrangThaiHoSo: NgayTiepNhan === undefined ? '1' : '2',
    ...given({ ChuHoSo, MaDoiTuong, NgayTiepNhan }), ...(DinhDanhCHS === undefined ? {} : { DinhDanhCHS })
  }
  const ThanhPhanHoSo = readPapers(reader, own(message, 'ThanhPhanHoSo'), context)
  const header = headerOf(context, 'submit', { code, parts: message, ...(unit === undefined ? {} : { to: [unit] }) })
  const dossier = { ...header, MaTTHC, HoSo, ...(ThanhPhanHoSo.length === 0 ? {} : { ThanhPhanHoSo }), ...(NguoiNop === undefined ? {} : { NguoiNop }) } as unknown as Dossier
  const submitter = '/ThongTinNguoiNop/ThongTinChiTiet'
  return { dossier, places: [['/to', '/MaDonViTiepNhan'], ['/to/0', '/MaDonViTiepNhan'], ['/HoSo', ''], ['/HoSo/NgayNopHoSo', '/NgayNop'], ['/HoSo/TenTTHC', '/MaTTHC'], ['/HoSo/DinhDanhCHS', `${submitter}/SoDinhDanhChuHs`], ['/NguoiNop', submitter]] }
}

function readSubject (reader: WireReader, from: JsonObject, pointer: string): Subject | undefined {
  const written = reader.required(from, 'LoaiDoiTuong', pointer)
  const subject = written === undefined ? undefined : SUBJECT_FROM_NOIHOSO.get(written)
  if (written !== undefined && subject === undefined) reader.refuse(below(pointer, 'LoaiDoiTuong'), '0 | 1 | 2', written)
  return subject
}

interface Submitter { NguoiNop?: object, MaDoiTuong?: string, DinhDanhCHS?: object[], owner?: string }

function readSubmitter (reader: WireReader, value: unknown): Submitter {
  const pointer = '/ThongTinNguoiNop'
  if (value === undefined || value === null) return {}
  const from = reader.object(value, pointer)
  if (from === undefined) return {}
  reader.others(from, ['LoaiDoiTuong', 'IdDoiTuong', 'ThongTinChiTiet'], pointer)
  const at = below(pointer, 'ThongTinChiTiet')
  const details = isObject(own(from, 'ThongTinChiTiet')) || own(from, 'ThongTinChiTiet') != null ? reader.object(own(from, 'ThongTinChiTiet'), at) ?? {} : {}
  reader.others(details, [...DETAILS, 'TenChuHs', 'SoDinhDanhChuHs'], at)
  const NguoiNop = given(Object.fromEntries(DETAILS.map(name => [name, reader.code(details, name, at)])))
  const number = reader.code(details, 'SoDinhDanhChuHs', at)
  const MaDoiTuong = reader.code(from, 'IdDoiTuong', pointer)
  const owner = reader.text(details, 'TenChuHs', at)
  return {
    ...(Object.keys(NguoiNop).length === 0 ? {} : { NguoiNop }),
    ...given({ MaDoiTuong, owner }),
    ...(number === undefined ? {} : { DinhDanhCHS: [{ ...given({ LoaiDinhDanh: kindOfIdentity(number) }), SoDinhDanh: number }] })
  }
}

/** Steps (CapNhatTienTrinh) and statuses (CapNhatTrangThai), one package for each dossier. */
function readReports (reader: WireReader, list: readonly unknown[], context: WireContext): Sourced[] {
  const byCode = new Map<string, Array<{ step: object, pointer: string }>>()
  list.forEach((value, index) => {
    const pointer = below('', index)
    const from = reader.object(value, pointer)
    if (from === undefined) return
    reader.others(from, ['IDHoSo', 'IdHoSo', 'MaHoSo', 'NguoiXuLy', 'ThoiDiemXuLy', 'PhongBanXuLy', 'NoiDungXuLy', 'TrangThai', 'NgayBatDau', 'NgayKetThucTheoQuyDinh'], pointer)
    const code = reader.required(from, 'MaHoSo', pointer)
    const step = readStep(reader, from, { pointer, context })
    if (code !== undefined) byCode.set(code, [...byCode.get(code) ?? [], { step, pointer }])
  })
  return [...byCode].map(([code, steps], index) => {
    const TienDo = steps.map(({ step }) => step)
    const header = headerOf(context, 'progress', { code, parts: TienDo })
    const packageId = context.packageId !== undefined && byCode.size > 1 ? `${header.packageId}/${index + 1}` : header.packageId
    return { dossier: { ...header, packageId, TienDo } as unknown as Dossier, places: [...steps.map(({ pointer }, n): [string, string] => [`/TienDo/${n}`, pointer]), ['/MaHoSo', below(steps[0]?.pointer ?? '', 'MaHoSo')]] }
  })
}

function readStep (reader: WireReader, from: JsonObject, { pointer, context }: { pointer: string, context: WireContext }): object {
  const TrangThai = reader.required(from, 'TrangThai', pointer)
  const place = { pointer, ...ISO }
  const at = reader.stamp(from, 'ThoiDiemXuLy', place)
  // CapNhatTrangThai says no more than the status: what a step needs besides is taken from the message's own facts.
  const bare = !Object.hasOwn(from, 'NguoiXuLy') && !Object.hasOwn(from, 'ThoiDiemXuLy')
  if (bare) {
    assume(reader, pointer, 'người và thời điểm xử lý theo lần gửi', 'who and when are those of the message')
    return { NguoiXuLy: (context.from ?? '').slice(0, 50), ThoiDiemXuLy: fromIso(context.sentAt ?? '') ?? '', NoiDungXuLy: 'Cập nhật trạng thái', TrangThai }
  }
  return {
    NguoiXuLy: reader.required(from, 'NguoiXuLy', pointer),
    ThoiDiemXuLy: at,
    NoiDungXuLy: reader.required(from, 'NoiDungXuLy', pointer),
    TrangThai,
    ...given({
      PhongBanXuLy: reader.text(from, 'PhongBanXuLy', pointer),
      NgayBatDau: reader.stamp(from, 'NgayBatDau', place),
      NgayKetThucTheoQuyDinh: reader.stamp(from, 'NgayKetThucTheoQuyDinh', place)
    })
  }
}

function assume (reader: WireReader, pointer: string, vi: string, en: string): void {
  reader.add('warn', { code: 'FIELD_MISSING', pointer, detail: text(`Tin nhắn không nêu; giả định: ${vi}.`, `The message does not say; assumed: ${en}.`) })
}

function given (fields: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined))
}
