// National public service portal (DVCQG): DongBoHoSoMC and CapNhatTienDoHoSoMC. Every value is a text, booleans are
// "True" and "False", instants yyyyMMddHHmmss; files go as links. The portal's answers are read here, too.
import type { Dossier } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { HO_SO, readAll, TIEN_DO, writeAll } from './schema-walk.js'
import type { DossierWire, WireContext } from '../../ports/dossier-wire.js'
import { addMissing, below, createWireReader, finishRead, headerOf, isObject, type JsonObject, own, type Sourced, type WireReader } from './wire-reader.js'
import { createWireWriter, loseHeader, refuseKind, type WireWriter } from './wire-writer.js'

export const SYNC = 'DongBoHoSoMC'
export const PROGRESS = 'CapNhatTienDoHoSoMC'
/** Steps that the portal's clients send at once. */
const MOST_STEPS = 10
const MOST_REASON = 2000
const WITHDRAWN = 'Công dân yêu cầu rút hồ sơ'

type Paper = NonNullable<Dossier['ThanhPhanHoSo']>[number]

export const dvcqgWire: DossierWire = {
  name: 'dvcqg',
  toWire (dossier, context) {
    const writer = createWireWriter(dossier)
    const { HoSo, TienDo = [] } = dossier
    if (HoSo === undefined && TienDo.length === 0) {
      refuseKind(writer, dossier, 'dvcqg')
      return writer.finish()
    }
    // The portal takes no progress of a dossier that it does not know: the dossier goes first.
    if (HoSo !== undefined) writeDossier(writer, { dossier, HoSo, context })
    for (let start = 0; start < TienDo.length; start += MOST_STEPS) {
      const data = TienDo.slice(start, start + MOST_STEPS).map(step => ({ MaHoSo: dossier.MaHoSo, ...writeAll(TIEN_DO, { ...step }) }))
      writer.call(PROGRESS, { ...openingOf(context, PROGRESS), data })
    }
    loseRest(writer, dossier)
    return writer.finish()
  },
  fromWire (body, context) {
    const reader = createWireReader()
    const request = reader.object(body, '')
    if (request === undefined) return finishRead(reader, [])
    reader.others(request, ['session', 'madonvi', 'service', 'isUpdating', 'data'], '')
    const service = reader.required(request, 'service', '')
    if (!Array.isArray(own(request, 'data'))) addMissing(reader, '/data')
    const data = reader.list(own(request, 'data'), '/data')
    if (service === SYNC) return finishRead(reader, readDossiers(reader, { request, data, context }))
    if (service === PROGRESS) return finishRead(reader, readSteps(reader, data, context))
    if (service !== undefined) reader.refuse('/service', `${SYNC} | ${PROGRESS}`, service)
    return finishRead(reader, [])
  }
}

function openingOf ({ session, unit }: WireContext, service: string): object {
  return { ...(session === undefined ? {} : { session }), madonvi: unit ?? '', service }
}

/** What a reader makes of a synchronised dossier: its first appearance is a submission, later the status says. */
function kindOf (isUpdating: boolean, status: string): Dossier['kind'] {
  if (!isUpdating) return 'submit'
  if (status === '7') return 'withdraw'
  return status === '9' || status === '10' ? 'result' : 'progress'
}

function writeDossier (writer: WireWriter, { dossier, HoSo, context }: { dossier: Dossier, HoSo: NonNullable<Dossier['HoSo']>, context: WireContext }): void {
  const isUpdating = (context.mode ?? (dossier.kind === 'submit' || dossier.kind === 'transfer' ? 'create' : 'update')) === 'update'
  const withLinks = addLinks(writer, { dossier, HoSo, context })
  const GhiChu = HoSo.GhiChu ?? ''
  const written = writeAll(HO_SO, { ...withLinks, MaHoSo: dossier.MaHoSo, GhiChu: GhiChu === '' ? dossier.reason ?? '' : GhiChu })
  writer.call(SYNC, { ...openingOf(context, SYNC), isUpdating: isUpdating ? 'True' : 'False', data: [written] })
  if (HoSo.MaHoSo !== undefined && HoSo.MaHoSo !== dossier.MaHoSo) writer.lose('/HoSo/MaHoSo', HoSo.MaHoSo)
  const readAs = kindOf(isUpdating, HoSo.TrangThaiHoSo)
  if (readAs !== dossier.kind) writer.lose('/kind', dossier.kind)
  const note = text('Lý do được ghi vào GhiChu khi GhiChu còn trống.', 'The reason is written to GhiChu while that is empty.')
  if (GhiChu === '') writer.lose('/HoSo/GhiChu', dossier.reason, note)
  if (readAs !== 'withdraw' || GhiChu !== '' || dossier.kind !== 'withdraw') writer.lose('/reason', readAs === 'withdraw' ? readAs : dossier.reason, note)
}

/** Files become links where the context has any; the portal takes no bytes. */
function addLinks (writer: WireWriter, { dossier, HoSo, context }: { dossier: Dossier, HoSo: NonNullable<Dossier['HoSo']>, context: WireContext }): JsonObject {
  const files = (dossier.ThanhPhanHoSo ?? []).flatMap(paper => (paper.GiayToDinhKem ?? []).map(file => ({ paper, file, link: context.fileLink?.(file.HashTepTin) })))
  const linked = files.filter(({ link }) => link !== undefined)
  if (linked.length === 0) return { ...HoSo }
  const reason = text('Tệp được gửi dưới dạng liên kết.', 'The file goes as a link.')
  if (dossier.kind === 'result') {
    writer.lose('/HoSo/DanhSachGiayToKetQua', linked, reason)
    return { ...HoSo, DanhSachGiayToKetQua: [...HoSo.DanhSachGiayToKetQua ?? [], ...linked.map(({ paper, file, link }) => ({ TenGiayTo: file.TenGiayTo, ...codeOf(paper), GiayToId: file.IdGiayTo ?? file.HashTepTin, DuongDanTepTinKetQua: link, MaGiayToKetQua: file.MaKetQua ?? '' }))] }
  }
  const given = new Map((HoSo.TaiLieuNop ?? []).map(paper => [paper.TepDinhKemId, paper]))
  writer.lose('/HoSo/TaiLieuNop', linked, reason)
  return {
    ...HoSo,
    TaiLieuNop: [
      ...(HoSo.TaiLieuNop ?? []).filter(({ TepDinhKemId }) => !linked.some(({ file }) => file.IdGiayTo !== undefined && file.IdGiayTo === TepDinhKemId)),
      ...linked.map(({ paper, file, link }) => ({ IsDeleted: 'False', DuocSoHoa: '1', DuocTaiSuDung: '0', DuocLayTuKhoDMQG: '0', ...codeOf(paper), ...given.get(file.IdGiayTo), TepDinhKemId: file.IdGiayTo ?? file.HashTepTin, TenTepDinhKem: file.TenGiayTo, DuongDanTaiTepTin: link }))
    ]
  }
}

function codeOf ({ MaThanhPhanHoSo }: Paper): { MaThanhPhanHoSo?: string } {
  return MaThanhPhanHoSo === undefined ? {} : { MaThanhPhanHoSo }
}

function loseRest (writer: WireWriter, dossier: Dossier): void {
  loseHeader(writer, dossier, ['HoSo', 'TienDo', 'MaTTHC', ...(dossier.HoSo === undefined ? [] : ['reason' as const])])
  if (dossier.MaTTHC !== undefined && dossier.MaTTHC !== dossier.HoSo?.MaTTHC) writer.lose('/MaTTHC', dossier.MaTTHC)
  if (dossier.HoSo === undefined && dossier.kind !== 'progress') writer.lose('/kind', dossier.kind)
}

function readDossiers (reader: WireReader, { request, data, context }: { request: JsonObject, data: readonly unknown[], context: WireContext }): Sourced[] {
  const isUpdating = readBoolean(reader, request)
  return data.map((value, index) => {
    const pointer = below('/data', index)
    const HoSo = readAll(reader, HO_SO, { value, pointer })
    const code = textOf(HoSo['MaHoSo'])
    if (isObject(value) && code === '') addMissing(reader, below(pointer, 'MaHoSo'))
    const kind = kindOf(isUpdating, textOf(HoSo['TrangThaiHoSo']))
    const reason = kind === 'withdraw' ? { reason: shortened(textOf(HoSo['GhiChu']) || WITHDRAWN) } : {}
    const MaTTHC = textOf(HoSo['MaTTHC'])
    const dossier = { ...header(context, kind, { code, parts: HoSo, index, count: data.length }), ...(MaTTHC === '' ? {} : { MaTTHC }), ...reason, HoSo } as unknown as Dossier
    return { dossier, places: [['/HoSo', pointer], ['/MaHoSo', below(pointer, 'MaHoSo')], ['/MaTTHC', below(pointer, 'MaTTHC')], ['/reason', below(pointer, 'GhiChu')]] }
  })
}

/** Steps of several dossiers may share a call: one package for each dossier. */
function readSteps (reader: WireReader, data: readonly unknown[], context: WireContext): Sourced[] {
  const byCode = new Map<string, Array<{ step: Record<string, unknown>, pointer: string }>>()
  data.forEach((value, index) => {
    const pointer = below('/data', index)
    const step = readAll(reader, TIEN_DO, { value, pointer, also: ['MaHoSo'] })
    const code = isObject(value) ? reader.required(value, 'MaHoSo', pointer) : undefined
    if (code === undefined) return
    byCode.set(code, [...byCode.get(code) ?? [], { step, pointer }])
  })
  return [...byCode].map(([code, steps], index) => {
    const TienDo = steps.map(({ step }) => step)
    const dossier = { ...header(context, 'progress', { code, parts: TienDo, index, count: byCode.size }), TienDo } as unknown as Dossier
    return { dossier, places: [...steps.map(({ pointer }, n): [string, string] => [`/TienDo/${n}`, pointer]), ['/MaHoSo', below(steps[0]?.pointer ?? '', 'MaHoSo')]] }
  })
}

function header (context: WireContext, kind: Dossier['kind'], { code, parts, index, count }: { code: string, parts: unknown, index: number, count: number }): ReturnType<typeof headerOf> {
  const { packageId, ...rest } = headerOf(context, kind, { code, parts })
  return { packageId: context.packageId !== undefined && count > 1 ? `${packageId}/${index + 1}` : packageId, ...rest }
}

function readBoolean (reader: WireReader, request: JsonObject): boolean {
  const written = reader.text(request, 'isUpdating', '')
  if (written === undefined || /^(false|0)$/i.test(written)) return false
  if (/^(true|1)$/i.test(written)) return true
  reader.refuse('/isUpdating', '"True" | "False"', written)
  return false
}

/** A note may be longer than a reason. Cut between characters, never in one. */
function shortened (note: string): string {
  return note.length <= MOST_REASON ? note : Array.from(note).slice(0, MOST_REASON).join('')
}

function textOf (value: unknown): string {
  return typeof value === 'string' ? value : ''
}
