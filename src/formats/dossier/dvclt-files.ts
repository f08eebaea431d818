// Files of a DVCLT message, base64 inside the JSON: in memory here, cut out of the stream before by inline-files.ts.
import { createHash } from 'node:crypto'
import type { Dossier } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { createBase64Decoder } from '../edxml/base64.js'
import { CutFile } from '../inline-files.js'
import type { ReadFile } from '../../ports/dossier-wire.js'
import { addMissing, below, type JsonObject, own, type WireReader } from './wire-reader.js'
import type { WireWriter } from './wire-writer.js'

interface Paper { MaThanhPhanHoSo?: string, TenThanhPhanHoSo: string, LoaiBan: string, GiayToDinhKem: object[] }

/** One item for each file; papers without files have no place there. */
export function writePapers (writer: WireWriter, { ThanhPhanHoSo = [] }: Dossier): object[] {
  return ThanhPhanHoSo.flatMap((paper, paperIndex) => {
    const at = `/ThanhPhanHoSo/${paperIndex}`
    const files = paper.GiayToDinhKem ?? []
    if (files.length === 0) writer.lose(at, paper.TenThanhPhanHoSo)
    writer.lose(`${at}/SoLuong`, paper.SoLuong)
    if (paper.LoaiBan !== '2') writer.lose(`${at}/LoaiBan`, paper.LoaiBan ?? '2')
    const kind = paper.MaThanhPhanHoSo ?? ''
    if (!/^\d{1,9}$/.test(kind)) writer.lose(`${at}/MaThanhPhanHoSo`, kind || 'absent', text('Loại giấy tờ ở đó là số.', 'The kind of a paper is a number there.'))
    return files.map((file, fileIndex) => {
      const pointer = `${at}/GiayToDinhKem/${fileIndex}`
      writer.lose(`${pointer}/MaKetQua`, file.MaKetQua)
      if (file.IdGiayTo === undefined) writer.lose(`${pointer}/IdGiayTo`, 'absent')
      return {
        id: numberOr(file.IdGiayTo, fileIndex + 1),
        loaiGiayTo: numberOr(/^\d{1,9}$/.test(kind) ? kind : undefined, 0),
        tenGiayTo: paper.TenThanhPhanHoSo,
        tenTepDinhKem: file.TenGiayTo,
        huyGiayTo: 0,
        duLieuTepDinhKem: writer.marker(file.HashTepTin)
      }
    })
  })
}

/** Numbers as numbers where nothing is lost by it: `007` stays a text. */
function numberOr (written: string | undefined, otherwise: number): number | string {
  if (written === undefined) return otherwise
  return /^(0|[1-9]\d{0,8})$/.test(written) ? Number(written) : written
}

/** Papers of a message; items of one kind that stand together are one paper. Cancelled ones are left out. */
export function readPapers (reader: WireReader, value: unknown, { pointer, files }: { pointer: string, files: ReadFile[] }): Paper[] {
  const papers: Paper[] = []
  reader.list(value, pointer).forEach((item, index) => {
    const at = below(pointer, index)
    const from = reader.object(item, at)
    if (from === undefined) return
    reader.others(from, ['id', 'loaiGiayTo', 'tenGiayTo', 'tenTepDinhKem', 'huyGiayTo', 'duLieuTepDinhKem'], at)
    if (reader.code(from, 'huyGiayTo', at) === '1' || own(from, 'huyGiayTo') === true) {
      reader.lose(at, 'Giấy tờ đã bị hủy ở nơi gửi.', 'The paper was cancelled by the sender.')
      return
    }
    const name = reader.required(from, 'tenTepDinhKem', at) ?? ''
    const id = reader.code(from, 'id', at)
    const kind = reader.code(from, 'loaiGiayTo', at)
    const title = reader.text(from, 'tenGiayTo', at) ?? name
    const content = readContent(reader, from, { name: 'duLieuTepDinhKem', pointer: at })
    if (content === undefined) return
    files.push({ name, ...content })
    const file = { ...(id === undefined ? {} : { IdGiayTo: id }), TenGiayTo: name, HashTepTin: content.sha256, size: content.size }
    const last = papers.at(-1)
    if (last !== undefined && last.TenThanhPhanHoSo === title && last.MaThanhPhanHoSo === kind) last.GiayToDinhKem.push(file)
    else papers.push({ ...(kind === undefined ? {} : { MaThanhPhanHoSo: kind }), TenThanhPhanHoSo: title, LoaiBan: '2', GiayToDinhKem: [file] })
  })
  return papers
}

/** The file in a field: base64, or cut out before. Undefined with a fault when there is none. */
export function readContent (reader: WireReader, from: JsonObject, { name, pointer }: { name: string, pointer: string }): Omit<ReadFile, 'name'> | undefined {
  const value = own(from, name)
  const at = below(pointer, name)
  if (value instanceof CutFile) {
    if (value.file !== undefined) return { sha256: value.file.sha256, size: value.file.size }
    addInvalid(reader, at)
    return undefined
  }
  if (value === undefined || value === null || value === '') addMissing(reader, at)
  else if (typeof value !== 'string') reader.refuse(at, 'base64', value)
  else {
    const bytes = decode(value)
    if (bytes !== undefined) return { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, bytes }
    addInvalid(reader, at)
  }
  return undefined
}

function addInvalid (reader: WireReader, pointer: string): void {
  reader.add('reject', { code: 'ATTACHMENT_INVALID', pointer, detail: text('Nội dung tệp không phải base64.', 'The content of the file is not base64.') })
}

/** The bytes of base64 text, as leniently as in edXML; undefined when it is none. */
export function decode (base64: string): Buffer | undefined {
  // Other characters must not be folded onto letters of base64 by the byte encoding.
  if (/[^\x00-\x7f]/.test(base64)) return undefined
  const decoder = createBase64Decoder()
  const bytes = Buffer.concat([decoder.push(Buffer.from(base64, 'latin1')), decoder.end()])
  return decoder.wrong() === undefined ? bytes : undefined
}
