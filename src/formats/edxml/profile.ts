// What a message must hold, by its kind: tables of rows, so that a rule is read, changed and counted in one place.
// A rule that is broken says where, and either refuses the package or only warns.
import type { Document, Status } from '../../model/generated.js'
import { type Text, text } from '../../model/text.js'
import type { Severity } from '../findings.js'
import { contentIdOf, manifestReferences, type TakenAttachment } from './attachments.js'
import { childOf, pointerOf, pointerTo, textOf, type XmlElement } from './element.js'
import { isDate, isInstant, type Reading } from './message.js'

/** `reasoned`: a status that must say why (02 rejection, 13 retract request, 16 change rejection). */
export type MessageKind = Document['docType'] | 'status' | 'reasoned'

interface RequiredRow {
  /** From `edXMLHeader`; the text there must not be empty. */
  readonly path: string
  readonly kinds: readonly MessageKind[]
  readonly severity: Severity
}

const FULL = ['new', 'update', 'replacement'] as const
const EVERY_DOCUMENT = ['new', 'revocation', 'update', 'replacement'] as const
const CHANGES = ['revocation', 'update', 'replacement'] as const
const EVERY_STATUS = ['status', 'reasoned'] as const

const REQUIRED: readonly RequiredRow[] = [
  { path: 'MessageHeader/DocumentId', kinds: EVERY_DOCUMENT, severity: 'refuse' },
  { path: 'MessageHeader/Code/CodeNumber', kinds: FULL, severity: 'refuse' },
  { path: 'MessageHeader/Code/CodeNotation', kinds: FULL, severity: 'refuse' },
  { path: 'MessageHeader/PromulgationInfo/Place', kinds: FULL, severity: 'refuse' },
  { path: 'MessageHeader/PromulgationInfo/PromulgationDate', kinds: FULL, severity: 'refuse' },
  { path: 'MessageHeader/DocumentType/TypeName', kinds: FULL, severity: 'refuse' },
  { path: 'MessageHeader/Subject', kinds: FULL, severity: 'refuse' },
  { path: 'MessageHeader/SignerInfo/FullName', kinds: FULL, severity: 'refuse' },
  { path: 'TraceHeaderList/TraceHeader/Timestamp', kinds: EVERY_DOCUMENT, severity: 'warn' },
  { path: 'TraceHeaderList/Bussiness/BussinessDocReason', kinds: CHANGES, severity: 'refuse' },
  { path: 'TraceHeaderList/Bussiness/DocumentId', kinds: ['update'], severity: 'warn' },
  { path: 'TraceHeaderList/Bussiness/ReplacementInfoList/ReplacementInfo', kinds: ['replacement'], severity: 'refuse' },
  { path: 'MessageHeader/ResponseFor/OrganId', kinds: EVERY_STATUS, severity: 'refuse' },
  { path: 'MessageHeader/ResponseFor/DocumentId', kinds: EVERY_STATUS, severity: 'refuse' },
  { path: 'MessageHeader/StatusCode', kinds: EVERY_STATUS, severity: 'refuse' },
  { path: 'MessageHeader/Timestamp', kinds: EVERY_STATUS, severity: 'warn' },
  { path: 'MessageHeader/Description', kinds: ['reasoned'], severity: 'refuse' }
]

/** How each kind treats a file that is missing or not listed. */
const ATTACHMENTS: Record<MessageKind, { atLeastOne: boolean, matching: Severity }> = {
  new: { atLeastOne: true, matching: 'refuse' },
  update: { atLeastOne: true, matching: 'refuse' },
  replacement: { atLeastOne: true, matching: 'refuse' },
  revocation: { atLeastOne: false, matching: 'warn' },
  status: { atLeastOne: false, matching: 'warn' },
  reasoned: { atLeastOne: false, matching: 'warn' }
}

const REASONED_CODES: ReadonlySet<string> = new Set(['02', '13', '16'])

export function kindOfStatus (status: Status): MessageKind {
  return REASONED_CODES.has(status.statusCode) ? 'reasoned' : 'status'
}

/** Required fields of `kind`. */
export function checkRequired (kind: MessageKind, { header, findings }: Reading): void {
  const edxmlHeader = header.parent ?? header
  for (const { path, kinds, severity } of REQUIRED) {
    if (!kinds.includes(kind) || hasContent(edxmlHeader, path)) continue
    findings.add(severity, { code: 'FIELD_MISSING', pointer: pointerTo(edxmlHeader, path), detail: text('Thiếu trường bắt buộc này.', 'This required field is missing.') })
  }
}

function hasContent (parent: XmlElement, path: string): boolean {
  const element = path.split('/').reduce<XmlElement | undefined>(childOf, parent)
  return textOf(element) !== undefined || (element?.children.length ?? 0) > 0
}

/** At least one file where the kind needs one; every manifest reference has its attachment, and the reverse; no id twice. */
export function checkAttachments (kind: MessageKind, taken: readonly TakenAttachment[], { root, findings }: Reading): void {
  const { atLeastOne, matching } = ATTACHMENTS[kind]
  if (atLeastOne && taken.length === 0) {
    findings.add('refuse', { code: 'ATTACHMENT_MISSING', pointer: pointerTo(root, 'AttachmentEncoded/Attachment'), detail: text('Văn bản phải có ít nhất một tệp đính kèm.', 'A document needs at least one attachment.') })
  }
  const attached = new Set<string>()
  for (const { element } of taken) {
    const contentId = contentIdOf(element)
    if (contentId !== undefined && !attached.has(contentId)) { attached.add(contentId); continue }
    const finding = contentId === undefined
      ? { code: 'FIELD_MISSING', detail: text('Tệp đính kèm không có ContentId.', 'The attachment has no ContentId.') } as const
      : { code: 'ATTACHMENT_INVALID', detail: text('ContentId trùng.', 'The ContentId is used twice.'), found: contentId } as const
    findings.add(matching, { ...finding, pointer: pointerTo(element, 'ContentId') })
  }
  const references = manifestReferences(root)
  const listed = new Set(references.map(contentIdOf))
  for (const reference of references) {
    const contentId = contentIdOf(reference)
    if (contentId === undefined || !attached.has(contentId)) addMismatch(reference, contentId, 'ATTACHMENT_MISSING', text('Danh mục nêu tệp không được gửi kèm.', 'The manifest lists a file that was not sent.'))
  }
  for (const { element } of taken) {
    const contentId = contentIdOf(element)
    if (contentId !== undefined && !listed.has(contentId)) addMismatch(element, contentId, 'ATTACHMENT_INVALID', text('Tệp không có trong danh mục.', 'The file is not in the manifest.'))
  }

  function addMismatch (element: XmlElement, contentId: string | undefined, code: 'ATTACHMENT_MISSING' | 'ATTACHMENT_INVALID', detail: Text): void {
    findings.add(matching, { code, pointer: pointerTo(element, 'ContentId'), detail, ...(contentId === undefined ? {} : { found: contentId }) })
  }
}

const DAY_MS = 86_400_000

/** A document promulgated more than a day after it was sent, or due before it was promulgated: a slip of the pen. */
export function checkDates (document: Document, { header, findings }: Reading): void {
  const promulgated = document.promulgation?.date
  const sentAt = document.trace?.[0]?.at
  if (!isDate(promulgated)) return
  if (isInstant(sentAt) && Date.parse(`${promulgated}T00:00:00+07:00`) > Date.parse(sentAt) + DAY_MS) {
    findings.add('warn', { code: 'FIELD_INVALID', pointer: pointerTo(header, 'PromulgationInfo/PromulgationDate'), detail: text('Ngày ban hành sau ngày gửi.', 'It was promulgated after it was sent.'), expected: `at most ${sentAt.slice(0, 10)}`, found: promulgated })
  }
  if (isDate(document.dueDate) && document.dueDate < promulgated) {
    findings.add('warn', { code: 'FIELD_INVALID', pointer: pointerTo(header, 'DueDate'), detail: text('Hạn xử lý trước ngày ban hành.', 'It is due before it was promulgated.'), expected: `at least ${promulgated}`, found: document.dueDate })
  }
}

/** Spellings that are not the standard's: read, and named once each. */
export function checkSpellings ({ root, findings }: Reading): void {
  const seen = new Set<string>()
  const visit = (element: XmlElement): void => {
    if (element.written !== element.name && !seen.has(element.written)) {
      seen.add(element.written)
      findings.add('warn', { code: 'EDXML_STRUCTURE', pointer: pointerOf(element), detail: text('Tên phần tử không đúng quy chuẩn.', 'The element is not spelt as in the standard.'), expected: element.name, found: element.written })
    }
    element.children.forEach(visit)
  }
  visit(root)
}
