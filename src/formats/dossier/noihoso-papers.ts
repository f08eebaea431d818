// Papers of a NoiHoSo message: files were uploaded before and are named by what the portal answered to the upload.
import type { Dossier } from '../../model/generated.js'
import { text } from '../../model/text.js'
import type { KnownFile, WireContext } from '../../ports/dossier-wire.js'
import { below, type JsonObject, own, type WireReader } from './wire-reader.js'
import type { WireWriter } from './wire-writer.js'

interface Place { dossier: Dossier, context: WireContext, code: (value: string) => number | string }

/** Papers as the portal wants them. A file that was not uploaded goes under our own hash: the portal tells if it minds. */
export function writePapers (writer: WireWriter, { dossier, context, code }: Place): object[] {
  return (dossier.ThanhPhanHoSo ?? []).map((paper, paperIndex) => ({
    MaThanhPhanHoSo: paper.MaThanhPhanHoSo ?? '',
    TenThanhPhanHoSo: paper.TenThanhPhanHoSo,
    SoLuong: code(paper.SoLuong ?? ''),
    LoaiBan: code(paper.LoaiBan ?? ''),
    GiayToDinhKem: (paper.GiayToDinhKem ?? []).map((file, fileIndex) => {
      const pointer = `/ThanhPhanHoSo/${paperIndex}/GiayToDinhKem/${fileIndex}`
      const upload = context.uploads?.get(file.HashTepTin)
      writer.lose(`${pointer}/size`, String(file.size))
      if (upload !== undefined) writer.lose(`${pointer}/IdGiayTo`, file.IdGiayTo ?? upload.IdTepTin, text('Nơi nhận đặt mã riêng cho tệp.', 'The partner has its own identifier of the file.'))
      return { IdGiayTo: upload?.IdTepTin ?? file.IdGiayTo ?? '', MaKetQua: file.MaKetQua ?? '', TenGiayTo: file.TenGiayTo, HashTepTin: upload?.HashTepTin ?? file.HashTepTin }
    })
  }))
}

/** Papers of a message. Each file must be known by its hash or identifier: the connection fetched it before. */
export function readPapers (reader: WireReader, value: unknown, context: WireContext): object[] {
  return reader.list(value, '/ThanhPhanHoSo').map((item, index) => {
    const pointer = below('/ThanhPhanHoSo', index)
    const from = reader.object(item, pointer) ?? {}
    reader.others(from, ['MaThanhPhanHoSo', 'TenThanhPhanHoSo', 'SoLuong', 'LoaiBan', 'GiayToDinhKem'], pointer)
    const files = reader.list(own(from, 'GiayToDinhKem'), below(pointer, 'GiayToDinhKem'))
      .map((file, fileIndex) => readFile(reader, { value: file, pointer: below(below(pointer, 'GiayToDinhKem'), fileIndex), context }))
    return {
      ...optional(reader, from, { names: ['MaThanhPhanHoSo'], pointer }),
      TenThanhPhanHoSo: reader.required(from, 'TenThanhPhanHoSo', pointer),
      ...optional(reader, from, { names: ['SoLuong', 'LoaiBan'], pointer }),
      ...(files.length === 0 ? {} : { GiayToDinhKem: files })
    }
  })
}

function readFile (reader: WireReader, { value, pointer, context }: { value: unknown, pointer: string, context: WireContext }): object {
  const from = reader.object(value, pointer) ?? {}
  reader.others(from, ['IdGiayTo', 'MaKetQua', 'TenGiayTo', 'HashTepTin'], pointer)
  const id = reader.code(from, 'IdGiayTo', pointer)
  const hash = reader.required(from, 'HashTepTin', pointer)
  const known = hash === undefined ? undefined : find(context, [hash, hash.toLowerCase(), id])
  if (hash !== undefined && known === undefined) {
    reader.add('reject', { code: 'ATTACHMENT_MISSING', pointer: below(pointer, 'HashTepTin'), detail: text('Chưa tải được tệp này từ nơi gửi.', 'This file was not fetched from the sender.'), found: hash })
  }
  return {
    ...(id === undefined ? {} : { IdGiayTo: id }),
    TenGiayTo: reader.required(from, 'TenGiayTo', pointer),
    ...optional(reader, from, { names: ['MaKetQua'], pointer }),
    HashTepTin: known?.sha256,
    size: known?.size
  }
}

function find ({ files }: WireContext, keys: ReadonlyArray<string | undefined>): KnownFile | undefined {
  for (const key of keys) {
    const file = key === undefined ? undefined : files?.get(key)
    if (file !== undefined) return file
  }
  return undefined
}

function optional (reader: WireReader, from: JsonObject, { names, pointer }: { names: readonly string[], pointer: string }): Record<string, string> {
  return Object.fromEntries(names.flatMap(name => {
    const value = reader.code(from, name, pointer)
    return value === undefined ? [] : [[name, value]]
  }))
}
