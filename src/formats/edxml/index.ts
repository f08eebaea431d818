// edXML (QCVN 102:2016/BTTTT) → canonical model: one streaming pass, then the tree is read and checked.
import type { Attachment, Document, Envelope } from '../../model/generated.js'
import type { Content } from '../../model/package.js'
import { text } from '../../model/text.js'
import type { Codec, DecodeContext, Decoded, Part } from '../codec.js'
import { createAttachments, type EdxmlAttachments, isStandard, type TakenAttachment } from './attachments.js'
import { readDocType } from './business.js'
import { checkAttachments, checkDates, checkDocumentFields, checkFuture, checkSecrecy, checkStatusFields, checkTypeName } from './checks.js'
import { readDocument } from './document.js'
import { childOf, descendantOf, pointerOf, pointerTo, textOf, type XmlElement } from './element.js'
import { documentEnvelope, statusEnvelope } from './envelope.js'
import { readExtensions } from './extensions.js'
import { createFieldReader } from './field-reader.js'
import { locate } from './locate.js'
import { isInstant, type Reading } from './message.js'
import { createNotes, type Notes } from './notes.js'
import { DEFAULT_PROFILE } from '../profile.js'
import { readStatus } from './status.js'
import { parseEdxml } from './stream.js'
import { DOCUMENT_VOCABULARY, STATUS_VOCABULARY } from './vocabulary.js'

/** Form fields under which the axis and its clients send a message, whatever content type they give it. */
const FORM_FIELDS: ReadonlySet<string> = new Set(['file_doc', 'edocFile'])
const MEDIA_TYPES: ReadonlySet<string> = new Set(['application/xml', 'text/xml', 'application/edxml+xml'])
/** Media type of edXML, as it came or written anew. */
export const EDXML_MEDIA_TYPE = 'application/edxml+xml'

export const edxmlCodec: Codec = {
  format: 'edxml',
  mediaType: EDXML_MEDIA_TYPE,
  accepts ({ name, filename, contentType }) {
    if (name !== undefined && FORM_FIELDS.has(name)) return true
    return MEDIA_TYPES.has(contentType) || (contentType !== 'application/json' && /\.(edxml|xml)$/i.test(filename ?? ''))
  },
  async decode (content, files, context) {
    const notes = createNotes()
    const reader = createFieldReader(notes)
    const attachments = createAttachments(context, reader, notes)
    const { root, skippedBytes, rescued, encodings } = await parseEdxml(content, context.limits, attachments)
    if (skippedBytes > 0) {
      notes.note('stray-bytes', { code: 'XML_MALFORMED', pointer: '', detail: text('Có ký tự thừa trước XML; bỏ qua.', 'There are stray characters before the XML; left out.'), expected: '<?xml', found: `${skippedBytes} bytes` })
    }
    for (const found of encodings) {
      notes.note('encoding-declared', { code: 'ENCODING_INVALID', pointer: '', detail: text('Khai báo UTF-16 nhưng nội dung là UTF-8; đọc theo UTF-8.', 'UTF-16 is declared, but it is UTF-8; read as UTF-8.'), expected: 'UTF-8', found })
    }
    for (const { prefix, pointer } of rescued) {
      notes.note('prefix-declared', { code: 'XML_MALFORMED', pointer, detail: text('Tiền tố không được khai báo; hiểu theo thông lệ.', 'The prefix is not declared; it is taken for what it usually means.'), expected: `xmlns:${prefix}`, found: prefix })
    }
    const located = locate(root, notes)
    await takeParts(files, { root: located.root, attachments, notes })
    return readMessage({ ...located, reader, notes }, attachments, context)
  }
}

/** What {@link faultsOf} of the schemas would find was found already: a property test and the fuzz run hold it to that. */
function readMessage (reading: Reading, { taken }: EdxmlAttachments, context: DecodeContext): Decoded {
  const attachments = taken.flatMap(({ attachment }) => attachment ?? [])
  noteVariants(taken, reading)
  const read = childOf(reading.header, 'StatusCode') === undefined ? readDocumentMessage(reading, attachments, context) : readStatusMessage(reading, context)
  checkAttachments(taken, reading)
  const { envelope, content } = read
  const kind = content.kind === 'document' ? content.document.docType : 'status'
  const { warnings, faults } = reading.notes.settle(context.profile ?? DEFAULT_PROFILE, kind, context.direction ?? 'outbound')
  return { envelope, content, attachments, warnings, faults }
}

function readDocumentMessage (reading: Reading, attachments: Attachment[], { at }: DecodeContext): { envelope: Envelope, content: Content } {
  const docType = readDocType(reading)
  const extensions = reading.old ? undefined : readExtensions(reading.root, DOCUMENT_VOCABULARY, reading.notes)
  const read = readDocument(reading, { docType, attachments, extensions })
  const document = reading.old && read.documentId === '' ? { ...read, documentId: oldIdentifier(read, reading) } : read
  checkDocumentFields(docType, reading)
  checkTypeName(document, reading)
  checkSecrecy(document, extensions, reading)
  checkDates(document, reading, at)
  return { envelope: documentEnvelope(document, reading), content: { kind: 'document', document } }
}

function readStatusMessage (reading: Reading, { at }: DecodeContext): { envelope: Envelope, content: Content } {
  const extensions = reading.old ? undefined : readExtensions(reading.root, STATUS_VOCABULARY, reading.notes)
  const status = readStatus(reading, extensions)
  checkStatusFields(status, reading)
  checkSecrecy(undefined, extensions, reading)
  if (isInstant(status.at)) checkFuture(status.at, at, { pointer: () => pointerTo(reading.header, 'Timestamp'), notes: reading.notes })
  return { envelope: statusEnvelope(status, reading), content: { kind: 'status', status } }
}

/** The old schema has no DocumentId: the usual form of one, from what there is. */
function oldIdentifier ({ code, promulgation }: Document, { header, notes }: Reading): string {
  const organId = textOf(descendantOf(header, 'From', 'OrganId')) ?? ''
  const notation = [code?.number, code?.notation].filter(part => part !== undefined).join('/')
  if (organId === '' || notation === '') notes.note('document-id', { code: 'FIELD_MISSING', pointer: pointerTo(header, 'DocumentId'), detail: text('Thiếu mã văn bản.', 'The identifier of the document is missing.'), expected: 'DocumentId' })
  return `${organId},${promulgation?.date?.replaceAll('-', '/') ?? ''},${notation}`.slice(0, 200)
}

function noteVariants (taken: readonly TakenAttachment[], { header, notes, old }: Reading): void {
  const flat = taken.find(({ element }) => !isStandard(element))
  if (flat !== undefined && !old) {
    notes.note('flat-manifest', { code: 'EDXML_STRUCTURE', pointer: pointerOf(flat.element), detail: text('Tệp nằm ngay trong danh mục; đã đọc được.', 'The files are in the manifest itself; they were read.'), expected: 'AttachmentEncoded/Attachment', found: 'Manifest/Attachment' })
  }
  const signature = childOf(header.parent, 'DigitalSignature')
  if (signature !== undefined) {
    notes.note('digital-signature', { code: 'EDXML_STRUCTURE', pointer: pointerOf(signature), detail: text('DigitalSignature thay cho Signature; coi như không có chữ ký.', 'DigitalSignature stands for Signature; taken as no signature.'), expected: 'Signature', found: 'DigitalSignature' })
  }
}

/** edXML carries its files inside, or beside it in multipart/related. Other parts are read to their end, so that the request can be answered. */
async function takeParts (files: AsyncIterable<Part>, { root, attachments, notes }: { root: XmlElement, attachments: EdxmlAttachments, notes: Notes }): Promise<void> {
  for await (const part of files) {
    if (part.related !== undefined) {
      await attachments.takePart(part, part.related, root)
      continue
    }
    const { name, filename, body } = part
    for await (const chunk of body) void chunk
    notes.note('other-parts', { code: 'ATTACHMENT_INVALID', pointer: '', detail: text('Gói edXML không có phần nào khác đi kèm.', 'An edXML package has no other parts.'), expected: 'only the message', found: filename ?? name ?? '' })
  }
}
