// The files of an edXML message: base64 → spool while the bytes stream by, then the payload rules when the element closes.
import { HubError } from '../../errors.js'
import type { Attachment } from '../../model/generated.js'
import { text } from '../../model/text.js'
import type { DecodeContext, Part } from '../codec.js'
import { defined } from '../../model/defined.js'
import { createInflationBudget, createPayloadWriter, type PayloadWriter, settlePayload } from '../payload.js'
import { type Base64Decoder, createBase64Decoder } from './base64.js'
import { childOf, childrenOf, createElement, descendantOf, pointerOf, pointerTo, textOf, type XmlElement } from './element.js'
import { EDXML_NAMESPACE } from './namespaces.js'
import type { FieldReader } from './field-reader.js'
import type { Notes } from './notes.js'
import type { AttachmentTaker } from './stream.js'
import { CUT_ELEMENT } from './tree-parser.js'

/** An attachment with the element it came from. */
export interface TakenAttachment {
  readonly element: XmlElement
  /** Absent when the element had no content. */
  readonly attachment?: Attachment
}

export interface EdxmlAttachments extends AttachmentTaker {
  /** Takes a MIME part as if it stood in `AttachmentEncoded` of `root`. */
  takePart (part: Part, contentId: string, root: XmlElement): Promise<void>
  /** In the order of the message. */
  readonly taken: TakenAttachment[]
}

/** Content that is no base64 becomes a fault, and the message is read on. Throws over `maxAttachments` and `maxAttachmentBytes`. */
export function createAttachments (context: DecodeContext, reader: FieldReader, notes: Notes): EdxmlAttachments {
  const budget = createInflationBudget(context.limits)
  const taken: TakenAttachment[] = []
  let open: { writer: PayloadWriter, decoder: Base64Decoder } | undefined

  const settle = async (element: XmlElement, writer: PayloadWriter, decoder: Base64Decoder): Promise<Attachment> => {
    await writer.write(decoder.end())
    const contentId = contentIdOf(element)
    const name = readFirst(element, ['AttachmentName', 'FileName', 'name', 'Name'], reader) ?? reader.text(manifestReferenceOf(element, contentId), 'AttachmentName', NAME)
    const pointer = (): string => pointerTo(element, contentElementOf(element)?.name ?? CUT_ELEMENT)
    if (name === undefined) {
      notes.note('attachment-name', { code: 'FIELD_MISSING', pointer: () => pointerTo(element, 'AttachmentName'), detail: text('Tệp đính kèm không có tên.', 'The attachment has no name.'), expected: 'AttachmentName' })
    }
    noteContent(element, decoder, { size: writer.size(), pointer, notes })
    const declared = reader.text(element, 'ContentType', { limit: 200 }) ?? reader.text(element, 'FileType', { limit: 200 })
    noteType(declared, writer.head(), { pointer: () => pointerTo(element, 'ContentType'), notes })
    const payload = await settlePayload(writer, name ?? '', context, budget)
    for (const [severity, finding] of payload.findings) notes.note(severity === 'warn' ? 'attachment-archive-kept' : 'attachment-archive', { expected: 'a ZIP with one file', ...finding, pointer })
    return defined({
      n: taken.length + 1,
      contentId: contentId === undefined ? undefined : reader.check(contentId, () => pointerTo(element, 'ContentId'), { limit: 400 }),
      name: name ?? '',
      description: reader.text(element, 'Description', { limit: 500 }),
      contentType: payload.contentType,
      declaredType: declared,
      size: payload.size,
      sha256: payload.sha256,
      unwrapped: payload.unwrapped ? true : undefined
    })
  }

  const checkCount = (): void => {
    if (taken.length < context.limits.maxAttachments) return
    throw new HubError('XML_LIMIT', text(`Quá ${context.limits.maxAttachments} tệp đính kèm`, `More than ${context.limits.maxAttachments} attachments`))
  }

  return {
    taken,
    async takePart (part, contentId, root) {
      checkCount()
      const element = elementOf(part, contentId, root)
      const writer = await createPayloadWriter(context)
      for await (const chunk of part.body) await writer.write(chunk)
      taken.push({ element, attachment: await settle(element, writer, createBase64Decoder()) })
    },
    async begin () {
      checkCount()
      open = { writer: await createPayloadWriter(context), decoder: createBase64Decoder() }
    },
    async take (encoded) {
      if (open !== undefined) await open.writer.write(open.decoder.push(encoded))
    },
    async close (element) {
      const content = open
      open = undefined
      const contents = element.children.filter(isContent)
      if (contents.length > 1) {
        notes.note('attachment-content', { code: 'ATTACHMENT_INVALID', pointer: () => pointerOf(element), detail: text('Tệp đính kèm có hai nội dung.', 'The attachment has two contents.'), expected: 'one content', found: String(contents.length) })
      }
      if (content !== undefined) {
        taken.push({ element, attachment: await settle(element, content.writer, content.decoder) })
        return
      }
      notes.note('attachment-content', { code: 'ATTACHMENT_MISSING', pointer: () => pointerTo(element, CUT_ELEMENT), detail: text('Tệp đính kèm không có nội dung.', 'The attachment has no content.'), expected: 'base64' })
      taken.push({ element })
    }
  }
}

const NAME = { limit: 500 }

/** ContentId without the `cid:` that is written in one place and not in the other, and without `<` and `>`; that of a `Reference` may be in its `href`. */
export function contentIdOf (element: XmlElement): string | undefined {
  const written = textOf(childOf(element, 'ContentId')) ?? (element.name === 'Reference' ? hrefOf(element) : undefined)
  return written === undefined || PLAIN_ID.test(written) ? written : written.replace(/^<\s*|\s*>$/g, '').replace(/^cid:\s*/i, '').trim()
}

/** Nearly all: nothing to take off. */
const PLAIN_ID = /^[0-9a-z-]*$/

function hrefOf ({ attributes }: XmlElement): string | undefined {
  return attributes.find(({ name }) => name.local === 'href')?.value.trim()
}

/** The fields of a MIME part, where the standard has those of an attachment. */
function elementOf ({ filename, contentType }: Part, contentId: string, root: XmlElement): XmlElement {
  const holder = childOf(root, 'AttachmentEncoded') ?? createElement({ written: 'AttachmentEncoded', uri: EDXML_NAMESPACE, parent: root })
  const element = createElement({ written: 'Attachment', uri: EDXML_NAMESPACE, parent: holder })
  for (const [written, value] of Object.entries({ ContentId: contentId, AttachmentName: filename ?? '', ContentType: contentType })) {
    createElement({ written, uri: EDXML_NAMESPACE, parent: element }).text = value
  }
  return element
}

/** True for an attachment of `AttachmentEncoded`; false for those of a flat manifest or of the old schema. */
export function isStandard ({ parent }: XmlElement): boolean {
  return parent?.name === 'AttachmentEncoded'
}

/** The `Reference` elements of the manifest. */
export function manifestReferences (root: XmlElement): XmlElement[] {
  const envelope = childOf(root, 'edXMLEnvelope')
  const body = childOf(envelope, 'edXMLBody')
  const manifests = [childOf(body, 'edXMLManifest'), childOf(body, 'Manifest'), descendantOf(root, 'soap:Body', 'Manifest')]
  return manifests.flatMap(manifest => childrenOf(manifest, 'Reference'))
}

function manifestReferenceOf (attachment: XmlElement, contentId: string | undefined): XmlElement | undefined {
  const holder = attachment.parent?.parent
  const root = holder?.name === 'edXMLEnvelope' ? holder.parent : holder
  return root === undefined || contentId === undefined ? undefined : manifestReferences(root).find(reference => contentIdOf(reference)?.toLowerCase() === contentId.toLowerCase())
}

function isContent ({ name }: XmlElement): boolean {
  return name === CUT_ELEMENT || name === 'Content' || name === 'value' || name === 'Value'
}

function contentElementOf (attachment: XmlElement): XmlElement | undefined {
  return attachment.children.find(isContent)
}

function readFirst (element: XmlElement, names: readonly string[], reader: FieldReader): string | undefined {
  for (const name of names) {
    const value = reader.text(element, name, NAME)
    if (value !== undefined) return value
  }
  return undefined
}

function noteContent (element: XmlElement, decoder: Base64Decoder, { size, pointer, notes }: { size: number, pointer: () => string, notes: Notes }): void {
  const stray = (contentElementOf(element)?.children.length ?? 0) > 0 ? '<' : undefined
  const wrong = decoder.wrong() ?? stray
  if (wrong !== undefined) {
    notes.note('attachment-content', { code: 'ATTACHMENT_INVALID', pointer, detail: text('Nội dung tệp không phải base64.', 'The content is not base64.'), expected: 'base64', found: wrong })
  } else if (size === 0) {
    notes.note('attachment-content', { code: 'ATTACHMENT_INVALID', pointer, detail: text('Tệp đính kèm rỗng.', 'The attachment is empty.'), expected: 'base64', found: '' })
  } else if (decoder.unpadded()) {
    notes.note('attachment-padding', { code: 'ATTACHMENT_INVALID', pointer, detail: text('Base64 thiếu dấu = ở cuối; đã đọc được.', 'The base64 lacks its padding; it was read.'), expected: '=', found: 'no padding' })
  }
}

/** Only what is told apart for certain: PDF and ZIP, by their first bytes. */
function noteType (declared: string | undefined, head: Buffer, { pointer, notes }: { pointer: () => string, notes: Notes }): void {
  const type = declared?.toLowerCase()
  if (type !== 'application/pdf' && type !== 'application/zip') return
  const start = head.toString('latin1', 0, 4)
  const actual = start === '%PDF' ? 'application/pdf' : start === 'PK\x03\x04' ? 'application/zip' : undefined
  if (actual === type || (actual === undefined && head.length === 0)) return
  notes.note('attachment-type', { code: 'ATTACHMENT_INVALID', pointer, detail: text('Kiểu khai báo khác với nội dung; theo nội dung.', 'The declared type is not that of the content; the content counts.'), expected: actual ?? 'the type of the content', found: type })
}
