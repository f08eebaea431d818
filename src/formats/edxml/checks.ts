// Looks a message over: what must be there, files against the manifest, dates, types and marks of secrecy.
// Only says what it sees; `profile.ts` holds what follows.
import type { ErrorCode } from '../../errors.js'
import type { Document, Extension, ExtensionElement, Status } from '../../model/generated.js'
import { type Text, text } from '../../model/text.js'
import { contentIdOf, isStandard, manifestReferences, type TakenAttachment } from './attachments.js'
import { isDefaultTime } from './dates.js'
import { documentTypeOf } from './document-types.js'
import { childOf, childrenOf, descendantOf, pointerOf, pointerTo, textOf, type XmlElement } from './element.js'
import { isDate, isInstant, type Reading } from './message.js'
import type { EdxmlCheckId } from './profile.js'
import { isSecrecyElement, markInLevel, markInSubject, markInType } from './secrecy.js'

/** Paths from `edXMLHeader`; the text there must not be empty. */
const DOCUMENT_FIELDS: ReadonlyArray<readonly [EdxmlCheckId, readonly string[]]> = [
  ['document-id', ['MessageHeader', 'DocumentId']],
  ['code-number', ['MessageHeader', 'Code', 'CodeNumber']],
  ['code-notation', ['MessageHeader', 'Code', 'CodeNotation']],
  ['place', ['MessageHeader', 'PromulgationInfo', 'Place']],
  ['promulgation-date', ['MessageHeader', 'PromulgationInfo', 'PromulgationDate']],
  ['type-name', ['MessageHeader', 'DocumentType', 'TypeName']],
  ['subject', ['MessageHeader', 'Subject']],
  ['signer-name', ['MessageHeader', 'SignerInfo', 'FullName']],
  ['trace', ['TraceHeaderList', 'TraceHeader', 'Timestamp']]
]
const REASON = ['TraceHeaderList', 'Bussiness', 'BussinessDocReason'] as const
const BY_TYPE: Readonly<Record<Document['docType'], ReadonlyArray<readonly [EdxmlCheckId, readonly string[]]>>> = {
  new: [],
  revocation: [['reason', REASON]],
  update: [['reason', REASON], ['update-target', ['TraceHeaderList', 'Bussiness', 'DocumentId']]],
  replacement: [['reason', REASON], ['replacement-target', ['TraceHeaderList', 'Bussiness', 'ReplacementInfoList', 'ReplacementInfo']]]
}
const STATUS_FIELDS: ReadonlyArray<readonly [EdxmlCheckId, readonly string[]]> = [
  ['response-organ', ['MessageHeader', 'ResponseFor', 'OrganId']],
  ['response-document', ['MessageHeader', 'ResponseFor', 'DocumentId']],
  ['status-code', ['MessageHeader', 'StatusCode']],
  ['status-time', ['MessageHeader', 'Timestamp']]
]
const STATUS_REASON: readonly [EdxmlCheckId, readonly string[]] = ['reason', ['MessageHeader', 'Description']]
const REASONED_CODES: ReadonlySet<string> = new Set(['02', '13', '16'])

export function checkDocumentFields (docType: Document['docType'], reading: Reading): void {
  noteMissing(DOCUMENT_FIELDS, reading)
  noteMissing(BY_TYPE[docType], reading)
  for (const to of childrenOf(reading.header, 'To')) {
    if (textOf(childOf(to, 'OrganName')) === undefined) reading.notes.note('recipient-name', { code: 'FIELD_MISSING', pointer: () => pointerTo(to, 'OrganName'), detail: text('Cơ quan nhận không có tên.', 'The recipient has no name.'), expected: 'OrganName' })
  }
}

/** 02 rejection, 13 retract request and 16 change rejection must say why. */
export function checkStatusFields ({ statusCode }: Status, reading: Reading): void {
  noteMissing(STATUS_FIELDS, reading)
  if (REASONED_CODES.has(statusCode)) noteMissing([STATUS_REASON], reading)
}

function noteMissing (rows: ReadonlyArray<readonly [EdxmlCheckId, readonly string[]]>, { header, traces, notes, old }: Reading): void {
  for (const [check, path] of rows) {
    const [first, ...rest] = path
    const element = descendantOf(first === 'MessageHeader' ? header : traces, ...rest)
    const value = textOf(element)
    if ((value !== undefined && !isDefaultTime(value)) || (element !== undefined && element.children.length > 0)) continue
    // The old schema builds its identifier from other fields, and knows no Bussiness.
    if (old && (check === 'document-id' || first === 'TraceHeaderList')) continue
    notes.note(check, { code: 'FIELD_MISSING', pointer: pointerTo(header.parent ?? header, path.join('/')), detail: text('Thiếu trường bắt buộc này.', 'This required field is missing.'), expected: path.at(-1) ?? '' })
  }
}

/** At least one file; every manifest reference has its attachment, and the reverse; no id twice; the types agree. */
export function checkAttachments (taken: readonly TakenAttachment[], { root, notes, old }: Reading): void {
  if (taken.length === 0) {
    notes.note('attachment-present', { code: 'ATTACHMENT_MISSING', pointer: pointerTo(root, 'AttachmentEncoded/Attachment'), detail: text('Văn bản phải có ít nhất một tệp đính kèm.', 'A document needs at least one attachment.'), expected: 'Attachment' })
  }
  const note = (element: XmlElement, code: ErrorCode, detail: Text, found: string | undefined): void => {
    notes.note('attachment-listed', { code, pointer: pointerTo(element, 'ContentId'), detail, expected: 'the same ContentId in manifest and attachment', ...(found === undefined ? {} : { found }) })
  }
  const attached = new Map<string, XmlElement>()
  const folded = new Map<string, string>()
  const standard = taken.filter(({ element }) => isStandard(element))
  for (const { element } of standard) {
    const contentId = contentIdOf(element)
    if (contentId === undefined) note(element, 'FIELD_MISSING', text('Tệp đính kèm không có ContentId.', 'The attachment has no ContentId.'), undefined)
    else if (attached.has(contentId)) note(element, 'ATTACHMENT_INVALID', text('ContentId trùng.', 'The ContentId is used twice.'), contentId)
    else {
      attached.set(contentId, element)
      folded.set(contentId.toLowerCase(), contentId)
    }
  }
  if (old || standard.length < taken.length) return
  const listed = new Set<string | undefined>()
  for (const reference of manifestReferences(root)) {
    const written = contentIdOf(reference)
    const contentId = written === undefined || attached.has(written) ? written : folded.get(written.toLowerCase())
    const attachment = contentId === undefined ? undefined : attached.get(contentId)
    if (written !== contentId && attachment !== undefined) {
      notes.note('content-id-case', { code: 'ATTACHMENT_INVALID', pointer: pointerTo(reference, 'ContentId'), detail: text('ContentId khác chữ hoa, chữ thường; coi là một.', 'The ContentId differs in letter case; taken as the same.'), expected: contentId ?? '', found: written ?? '' })
    }
    listed.add(contentId)
    if (attachment === undefined) note(reference, 'ATTACHMENT_MISSING', text('Danh mục nêu tệp không được gửi kèm.', 'The manifest lists a file that was not sent.'), written)
    else checkTypes(reference, attachment)
  }
  for (const [contentId, element] of attached) {
    if (!listed.has(contentId)) note(element, 'ATTACHMENT_INVALID', text('Tệp không có trong danh mục.', 'The file is not in the manifest.'), contentId)
  }

  function checkTypes (reference: XmlElement, attachment: XmlElement): void {
    const type = childOf(reference, 'ContentType')
    const expected = textOf(childOf(attachment, 'ContentType'))
    const found = textOf(type)
    if (type === undefined || found === undefined || expected === undefined || found.toLowerCase() === expected.toLowerCase()) return
    notes.note('attachment-type', { code: 'ATTACHMENT_INVALID', pointer: pointerOf(type), detail: text('Kiểu trong danh mục khác kiểu của tệp đính kèm.', 'The type in the manifest is not that of the attachment.'), expected, found })
  }
}

const DAY_MS = 86_400_000

/** Slips of the pen: promulgated after it was sent or in the future, due before it was promulgated. `at`: now, epoch ms. */
export function checkDates (document: Document, { header, traces, notes }: Reading, at: number | undefined): void {
  const promulgated = document.promulgation?.date
  const first = document.trace?.[0]?.at
  const sentAt = isInstant(first) ? first : undefined
  if (traces !== undefined) checkFuture(sentAt, at, { pointer: () => pointerTo(traces, 'TraceHeader/Timestamp'), notes })
  if (!isDate(promulgated)) return
  const pointer = (): string => pointerTo(header, 'PromulgationInfo/PromulgationDate')
  const beganAt = `${promulgated}T00:00:00+07:00`
  checkFuture(beganAt, at, { pointer, notes })
  if (sentAt !== undefined && Date.parse(beganAt) > Date.parse(sentAt) + DAY_MS) {
    notes.note('date-order', { code: 'FIELD_INVALID', pointer, detail: text('Ngày ban hành sau ngày gửi.', 'It was promulgated after it was sent.'), expected: `at most ${sentAt.slice(0, 10)}`, found: promulgated })
  }
  if (isDate(document.dueDate) && document.dueDate < promulgated) {
    notes.note('date-order', { code: 'FIELD_INVALID', pointer: pointerTo(header, 'DueDate'), detail: text('Hạn xử lý trước ngày ban hành.', 'It is due before it was promulgated.'), expected: `at least ${promulgated}`, found: document.dueDate })
  }
}

/** More than a day after `at`; says nothing when there is no time, or now is not known. `instant`: as `isInstant` knows it. */
export function checkFuture (instant: string | undefined, at: number | undefined, { pointer, notes }: { pointer: () => string, notes: Reading['notes'] }): void {
  if (at === undefined || instant === undefined || Date.parse(instant) <= at + DAY_MS) return
  notes.note('date-future', { code: 'FIELD_INVALID', pointer, detail: text('Thời điểm ở tương lai quá một ngày.', 'It is more than a day in the future.'), expected: `at most ${new Date(at + DAY_MS).toISOString().slice(0, 10)}`, found: instant })
}

/** The name of the type is what counts; an unknown one is only worth a warning. */
export function checkTypeName ({ documentType }: Document, { header, notes }: Reading): void {
  const typeName = documentType?.typeName
  if (typeName === undefined || documentTypeOf(typeName) !== undefined) return
  notes.note('type-known', { code: 'FIELD_INVALID', pointer: pointerTo(header, 'DocumentType/TypeName'), detail: text('Tên loại văn bản không có trong danh mục.', 'The document type is not in the list.'), expected: 'Công văn, Quyết định, Thông báo …', found: typeName })
}

/** Marks of a state secret, where they are marks: see `secrecy.ts`. */
export function checkSecrecy (document: Document | undefined, extensions: readonly Extension[] | undefined, { header, root, notes }: Reading): void {
  const note = (pointer: string, found: string): void => {
    notes.note('state-secret', { code: 'STATE_SECRET', pointer, detail: text('Văn bản có dấu chỉ độ mật; không được gửi qua trục này.', 'The document is marked as a state secret; it may not travel on this axis.'), expected: 'no mark of secrecy', found })
  }
  if (document !== undefined) {
    const sphere = document.otherInfo?.sphereOfPromulgation
    const { subject } = document
    const typeName = document.documentType?.typeName
    if (sphere !== undefined && markInLevel(sphere) !== undefined) note(pointerTo(header, 'OtherInfo/SphereOfPromulgation'), sphere)
    if (typeName !== undefined && markInType(typeName) !== undefined) note(pointerTo(header, 'DocumentType/TypeName'), typeName)
    if (subject !== undefined && markInSubject(subject) !== undefined) note(pointerTo(header, 'Subject'), subject)
  }
  const visit = (element: ExtensionElement, path: string): void => {
    if (isSecrecyElement(element.name) && element.text !== undefined && markInLevel(element.text) !== undefined) note(`${path}/${element.name}`, element.text)
    for (const child of element.children ?? []) visit(child, `${path}/${element.name}`)
  }
  for (const { path, element } of extensions ?? []) visit(element, `${pointerOf(root)}${path === '' ? '' : `/${path}`}`)
}
