// The files of an edXML message: base64 → spool while the bytes stream by, then the payload rules when the element closes.
import { HubError } from '../../errors.js'
import type { Attachment } from '../../model/generated.js'
import { text } from '../../model/text.js'
import type { DecodeContext } from '../codec.js'
import { defined } from '../defined.js'
import type { Findings } from '../findings.js'
import { createInflationBudget, createPayloadWriter, type PayloadWriter, settlePayload } from '../payload.js'
import { type Base64Decoder, createBase64Decoder } from './base64.js'
import { childOf, childrenOf, pointerOf, pointerTo, textOf, type XmlElement } from './element.js'
import type { FieldReader } from './field-reader.js'
import type { AttachmentTaker } from './stream.js'
import { CUT_ELEMENT } from './tree-parser.js'

/** An attachment with the element it came from. */
export interface TakenAttachment {
  readonly element: XmlElement
  /** Absent when the element had no content. */
  readonly attachment?: Attachment
}

export interface EdxmlAttachments extends AttachmentTaker {
  /** In the order of the message. */
  readonly taken: TakenAttachment[]
}

/** Content that is no base64 becomes a fault, and the message is read on. Throws over `maxAttachments` and `maxAttachmentBytes`. */
export function createAttachments (context: DecodeContext, reader: FieldReader, findings: Findings): EdxmlAttachments {
  const budget = createInflationBudget(context.limits)
  const taken: TakenAttachment[] = []
  let open: { writer: PayloadWriter, decoder: Base64Decoder } | undefined

  const settle = async (element: XmlElement, writer: PayloadWriter, decoder: Base64Decoder): Promise<Attachment> => {
    await writer.write(decoder.end())
    const contentId = contentIdOf(element)
    const name = reader.text(element, 'AttachmentName', NAME) ?? reader.text(manifestReferenceOf(element, contentId), 'AttachmentName', NAME)
    const content = pointerTo(element, CUT_ELEMENT)
    if (name === undefined) {
      findings.add('refuse', { code: 'FIELD_MISSING', pointer: pointerTo(element, 'AttachmentName'), detail: text('Tệp đính kèm không có tên.', 'The attachment has no name.') })
    }
    const stray = (childOf(element, CUT_ELEMENT)?.children.length ?? 0) > 0 ? '<' : undefined
    const wrong = decoder.wrong ?? stray
    if (wrong !== undefined) {
      findings.add('refuse', { code: 'ATTACHMENT_INVALID', pointer: content, detail: text('Nội dung tệp không phải base64.', 'The content is not base64.'), expected: 'base64', found: wrong })
    } else if (writer.size === 0) {
      findings.add('refuse', { code: 'ATTACHMENT_INVALID', pointer: content, detail: text('Tệp đính kèm rỗng.', 'The attachment is empty.') })
    }
    const payload = await settlePayload(writer, name ?? '', context, budget)
    for (const [severity, finding] of payload.findings) findings.add(severity, { ...finding, pointer: content })
    return defined({
      n: taken.length + 1,
      contentId: reader.check(contentId, pointerTo(element, 'ContentId'), { limit: 400 }),
      name: name ?? '',
      description: reader.text(element, 'Description', { limit: 500 }),
      contentType: payload.contentType,
      declaredType: reader.text(element, 'ContentType', { limit: 200 }),
      size: payload.size,
      sha256: payload.sha256,
      unwrapped: payload.unwrapped ? true : undefined
    })
  }

  return {
    taken,
    async begin () {
      if (taken.length >= context.limits.maxAttachments) {
        throw new HubError('XML_LIMIT', text(`Quá ${context.limits.maxAttachments} tệp đính kèm`, `More than ${context.limits.maxAttachments} attachments`))
      }
      open = { writer: await createPayloadWriter(context), decoder: createBase64Decoder() }
    },
    async take (encoded) {
      if (open !== undefined) await open.writer.write(open.decoder.push(encoded))
    },
    async close (element) {
      const content = open
      open = undefined
      if (content !== undefined) {
        if (element.counts.get(CUT_ELEMENT) !== 1) {
          findings.add('refuse', { code: 'ATTACHMENT_INVALID', pointer: pointerOf(element), detail: text('Tệp đính kèm có hai nội dung.', 'The attachment has two contents.') })
        }
        taken.push({ element, attachment: await settle(element, content.writer, content.decoder) })
        return
      }
      findings.add('refuse', { code: 'ATTACHMENT_MISSING', pointer: pointerTo(element, CUT_ELEMENT), detail: text('Tệp đính kèm không có nội dung.', 'The attachment has no content.') })
      taken.push({ element })
    }
  }
}

const NAME = { limit: 500 }

/** ContentId without the `cid:` that is written in one place and not in the other. */
export function contentIdOf (element: XmlElement): string | undefined {
  return textOf(childOf(element, 'ContentId'))?.replace(/^cid:/i, '')
}

/** The `Reference` elements of the manifest. */
export function manifestReferences (root: XmlElement): XmlElement[] {
  return childrenOf(childOf(childOf(childOf(root, 'edXMLEnvelope'), 'edXMLBody'), 'edXMLManifest'), 'Reference')
}

function manifestReferenceOf (attachment: XmlElement, contentId: string | undefined): XmlElement | undefined {
  const root = attachment.parent?.parent
  return root === undefined || contentId === undefined ? undefined : manifestReferences(root).find(reference => contentIdOf(reference) === contentId)
}
