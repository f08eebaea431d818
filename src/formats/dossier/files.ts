// The files of a dossier: other parts of the same request, found by SHA-256 in the papers of the dossier.
import { HubError } from '../../errors.js'
import type { Attachment, Dossier } from '../../model/generated.js'
import type { PayloadRef } from '../../model/package.js'
import { text } from '../../model/text.js'
import type { DecodeContext, Part, Spool } from '../codec.js'
import { defined } from '../../model/defined.js'
import type { Findings } from '../findings.js'
import { createPayloadWriter, settlePlain } from '../payload.js'

export interface ReceivedFile extends PayloadRef {
  /** Sniffed from its bytes. */
  readonly contentType: string
  readonly spool: Spool
  /** Its name, where it came. */
  readonly label: string
  readonly declaredType: string
}

/** Spools every part in turn. Throws BODY_TOO_LARGE over the limits of number or size. */
export async function receiveFiles (parts: AsyncIterable<Part>, context: DecodeContext): Promise<ReceivedFile[]> {
  const received: ReceivedFile[] = []
  for await (const part of parts) {
    if (received.length >= context.limits.maxAttachments) {
      throw new HubError('BODY_TOO_LARGE', text(`Quá ${context.limits.maxAttachments} tệp`, `More than ${context.limits.maxAttachments} files`))
    }
    const writer = await createPayloadWriter(context)
    for await (const chunk of part.body) await writer.write(chunk)
    const label = part.filename ?? part.name ?? ''
    received.push({ ...await settlePlain(writer, label), spool: writer.spool, label, declaredType: part.contentType })
  }
  return received
}

/** One attachment for each file that the papers name, in their order. Missing, unnamed and wrongly sized files are faults. */
export function matchFiles (dossier: Dossier, received: readonly ReceivedFile[], findings: Findings): Attachment[] {
  const byHash = new Map(received.map(file => [file.sha256, file]))
  const named = new Set<string>()
  const attachments: Attachment[] = []
  dossier.ThanhPhanHoSo?.forEach((paper, paperIndex) => {
    paper.GiayToDinhKem?.forEach(({ HashTepTin, TenGiayTo, IdGiayTo, size }, fileIndex) => {
      const pointer = `/ThanhPhanHoSo/${paperIndex}/GiayToDinhKem/${fileIndex}`
      const file = byHash.get(HashTepTin)
      named.add(HashTepTin)
      if (file === undefined) {
        findings.add('reject', { code: 'ATTACHMENT_MISSING', pointer: `${pointer}/HashTepTin`, detail: text('Không có tệp nào với mã băm này trong yêu cầu.', 'No file of the request has this hash.'), found: HashTepTin })
        return
      }
      if (file.size !== size) {
        findings.add('reject', { code: 'FIELD_INVALID', pointer: `${pointer}/size`, detail: text('Kích thước khác với tệp đã gửi.', 'The size is not that of the file.'), expected: String(file.size), found: String(size) })
      }
      attachments.push(defined({
        n: attachments.length + 1,
        contentId: IdGiayTo,
        name: TenGiayTo,
        description: paper.TenThanhPhanHoSo.slice(0, 500),
        contentType: file.contentType,
        declaredType: file.declaredType === '' ? undefined : file.declaredType.slice(0, 200),
        size: file.size,
        sha256: file.sha256
      }))
    })
  })
  for (const file of received) {
    if (named.has(file.sha256)) continue
    findings.add('reject', { code: 'ATTACHMENT_INVALID', pointer: '/ThanhPhanHoSo', detail: text('Tệp không có trong thành phần hồ sơ.', 'A file is not named in the papers of the dossier.'), found: `${file.label} ${file.sha256}` })
  }
  return attachments
}
