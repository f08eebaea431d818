// The business intent of a document message: `Bussiness` of the trace list (QCVN 102:2016 §1.4, spelt so by the standard).
import type { Document } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { definedGroup, nonEmpty, defined } from '../../model/defined.js'
import { childOf, childrenOf, pointerOf, pointerTo, textOf, type XmlElement } from './element.js'
import { LENGTHS, readStaff, type Reading } from './message.js'

type Business = NonNullable<Document['business']>

/** BussinessDocType 0 to 3, in the order of the standard. */
export const DOC_TYPES = ['new', 'revocation', 'update', 'replacement'] as const satisfies ReadonlyArray<Document['docType']>

/** Decides the message kind; real files without any `Bussiness` are new documents. */
export function readDocType ({ header, traces, notes, old }: Reading): Document['docType'] {
  const element = childOf(childOf(traces, 'Bussiness'), 'BussinessDocType')
  const raw = textOf(element)
  if (element === undefined || raw === undefined) {
    if (!old) notes.note('business-type-given', {
      code: 'FIELD_MISSING',
      pointer: pointerTo(header.parent ?? header, 'TraceHeaderList/Bussiness/BussinessDocType'),
      detail: text('Không có loại nghiệp vụ, coi là văn bản mới.', 'There is no business type; taken as a new document.'),
      expected: '0 | 1 | 2 | 3'
    })
    return 'new'
  }
  const docType = /^0?[0-3]$/.test(raw) ? DOC_TYPES[Number(raw)] : undefined
  if (docType !== undefined) return docType
  notes.note('business-type', { code: 'FIELD_INVALID', pointer: pointerOf(element), detail: text('Loại nghiệp vụ không hợp lệ.', 'The business type is not valid.'), expected: '0 | 1 | 2 | 3', found: raw })
  return 'new'
}

export function readBusiness (reading: Reading): Business | undefined {
  const { traces, reader } = reading
  const element = childOf(traces, 'Bussiness')
  if (element === undefined) return undefined
  const changes = childrenOf(element, 'BussinessDocumentInfo')
  return definedGroup({
    documentId: reader.text(element, 'DocumentId', LENGTHS.documentId),
    reason: reader.text(element, 'BussinessDocReason', { limit: 2000 }),
    paper: readFlag(childOf(element, 'Paper') ?? childOf(traces, 'Paper'), reading),
    documentChanged: readFlag(childOf(changes[0], 'DocumentInfo'), reading),
    receiversChanged: readFlag(childOf(changes[0], 'DocumentReceiver'), reading),
    receivers: nonEmpty(changes.flatMap(change => childrenOf(childOf(change, 'ReceiverList'), 'Receiver')).flatMap(receiver => readReceiver(receiver, reading))),
    replacements: nonEmpty(childrenOf(childOf(element, 'ReplacementInfoList'), 'ReplacementInfo').flatMap(replacement => readReplacement(replacement, reading))),
    staff: nonEmpty(childrenOf(element, 'StaffInfo').flatMap(staff => readStaff(staff, reading) ?? []))
  })
}

/** 0 or 1; anything else counts as not given, with a warning. */
function readFlag (element: XmlElement | undefined, { notes }: Reading): boolean | undefined {
  const raw = textOf(element)
  if (element === undefined || raw === undefined) return undefined
  if (raw === '0' || raw === '1') return raw === '1'
  if (/^(true|false)$/i.test(raw)) return raw.toLowerCase() === 'true'
  notes.note('flag', { code: 'FIELD_INVALID', pointer: pointerOf(element), detail: text('Phải là 0 hoặc 1; bỏ qua.', 'It must be 0 or 1; left out.'), expected: '0 | 1', found: raw })
  return undefined
}

function readReceiver (element: XmlElement, { reader, notes }: Reading): NonNullable<Business['receivers']> {
  const organId = reader.text(element, 'OrganId', LENGTHS.organId)
  const type = textOf(childOf(element, 'ReceiverType'))
  if (organId === undefined) {
    notes.note('receiver-change', { code: 'FIELD_MISSING', pointer: pointerTo(element, 'OrganId'), detail: text('Thiếu mã cơ quan nhận thay đổi.', 'The code of the changed receiver is missing.'), expected: 'an agency code' })
  }
  if (type !== '0' && type !== '1') {
    const code = type === undefined ? 'FIELD_MISSING' : 'FIELD_INVALID'
    notes.note('receiver-change', { code, pointer: pointerTo(element, 'ReceiverType'), detail: text('Phải là 0 (bỏ) hoặc 1 (thêm).', 'It must be 0 (removed) or 1 (added).'), expected: '0 | 1', ...(type === undefined ? {} : { found: type }) })
  }
  return organId === undefined || (type !== '0' && type !== '1') ? [] : [{ organId, change: type === '0' ? 'removed' : 'added' }]
}

function readReplacement (element: XmlElement, { reader, notes }: Reading): NonNullable<Business['replacements']> {
  const documentId = reader.text(element, 'DocumentId', LENGTHS.documentId)
  if (documentId === undefined) {
    notes.note('replacement-target', { code: 'FIELD_MISSING', pointer: pointerTo(element, 'DocumentId'), detail: text('Thiếu mã văn bản bị thay thế.', 'The identifier of the replaced document is missing.'), expected: 'DocumentId' })
    return []
  }
  const organIds = childrenOf(childOf(element, 'OrganIdList'), 'OrganId').flatMap(organId => reader.own(organId, LENGTHS.organId) ?? [])
  return [defined({ documentId, organIds: nonEmpty(organIds) })]
}
