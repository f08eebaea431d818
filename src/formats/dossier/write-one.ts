// A dossier package → the one request of a partner's format, for receivers that are a plain address and no conversation.
// Connections that log in, upload and ask again have an adapter; it finds the same codecs in its kit.
import { fault, HubError } from '../../errors.js'
import type { Attachment } from '../../model/generated.js'
import type { Content } from '../../model/package.js'
import type { Fault } from '../../model/problem.js'
import { text } from '../../model/text.js'
import type { WireContext, WireName } from '../../ports/dossier-wire.js'
import { DOSSIER_WIRES, writeBody } from './wire.js'

export interface WriteOptions {
  format: WireName
  context: WireContext
  /** A fresh stream of the n-th attachment. */
  openAttachment: (n: number) => Promise<AsyncIterable<Uint8Array>>
}

export interface WrittenOne {
  /** The body of the request, JSON. */
  message: AsyncIterable<Buffer>
  service: string
  /** Pointers into the dossier, the first 200. */
  lossy: string[]
  warnings: Fault[]
}

const MOST_LOSSES = 200

/** Throws TRANSFORM_FAILED for anything but a dossier, for what the format cannot carry, and for more than one request. */
export function writeDossier ({ content, attachments }: { content: Content, attachments: readonly Attachment[] }, { format, context, openAttachment }: WriteOptions): WrittenOne {
  if (content.kind !== 'dossier') throw failed(`Định dạng ${format} chỉ dành cho hồ sơ.`, `The format ${format} is for dossiers only.`)
  const { calls, lossy, warnings, faults } = DOSSIER_WIRES[format].toWire(content.dossier, context)
  if (faults.length > 0) throw failed(`Hồ sơ không viết được theo định dạng ${format}.`, `The dossier cannot be written in the format ${format}.`, faults)
  const [call, ...more] = calls
  if (call === undefined || more.length > 0) {
    const names = calls.map(({ service }) => service).join(', ')
    throw failed(`Gói này cần ${calls.length} lời gọi (${names}); điểm nhận ${format} chỉ nhận một lời gọi mỗi gói. Hãy gửi hồ sơ và tiến độ thành các gói riêng.`,
      `This package takes ${calls.length} calls (${names}); an endpoint of format ${format} gets one call a package. Send the dossier and its progress as packages of their own.`)
  }
  const open = async (sha256: string): Promise<AsyncIterable<Uint8Array>> => {
    const file = attachments.find(attachment => attachment.sha256 === sha256)
    if (file === undefined) throw new HubError('CONTENT_MISSING', text(`Gói tin không có tệp ${sha256}.`, `The package has no file ${sha256}.`))
    return await openAttachment(file.n)
  }
  return { message: writeBody(call, open), service: call.service, lossy: lossy.slice(0, MOST_LOSSES).map(({ pointer }) => pointer), warnings: [...warnings] }
}

function failed (vi: string, en: string, faults: readonly Fault[] = []): HubError {
  const detail = text(vi, en)
  return new HubError('TRANSFORM_FAILED', detail, { errors: faults.length > 0 ? [...faults] : [fault('TRANSFORM_FAILED', '', detail)] })
}
