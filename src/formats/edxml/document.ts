// Tree of a document message → canonical document (QCVN 102:2016 §1.3 to 1.5). Reads what is there; `profile.ts` says what must be.
import type { Attachment, Document, Extension } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { defined, definedGroup, nonEmpty } from '../../model/defined.js'
import { readBusiness } from './business.js'
import { childOf, childrenOf, pointerOf, pointerTo, textOf, type XmlElement } from './element.js'
import { LENGTHS, readDate, readInstant, readReference, type Reading } from './message.js'

/** What the message says; `docType` and `extensions` were read before. */
export function readDocument (reading: Reading, parts: { docType: Document['docType'], attachments: Attachment[], extensions: Extension[] | undefined }): Document {
  const { header, reader } = reading
  const child = (name: string): XmlElement | undefined => childOf(header, name)
  return defined({
    documentId: reader.text(header, 'DocumentId', LENGTHS.documentId) ?? '',
    docType: parts.docType,
    code: definedGroup({
      number: reader.text(child('Code'), 'CodeNumber', { usual: 50, limit: 100 }),
      notation: reader.text(child('Code'), 'CodeNotation', { usual: 50, limit: 100 })
    }),
    promulgation: definedGroup({
      place: reader.text(child('PromulgationInfo'), 'Place', { usual: 50, limit: 100 }),
      date: readDate(child('PromulgationInfo'), 'PromulgationDate', reading)
    }),
    documentType: definedGroup({
      type: reader.text(child('DocumentType'), 'Type', { limit: 10 }),
      typeDetail: reader.text(child('DocumentType'), 'TypeDetail', { limit: 10 }),
      typeName: reader.text(child('DocumentType'), 'TypeName', { usual: 100, limit: 200 })
    }),
    subject: reader.text(header, 'Subject', { usual: 500, limit: 2000 }),
    content: reader.text(header, 'Content', { usual: 500, limit: 5000 }),
    signer: definedGroup({
      competence: reader.text(child('SignerInfo'), 'Competence', { usual: 100, limit: 200 }),
      position: reader.text(child('SignerInfo'), 'Position', { usual: 100, limit: 200 }),
      fullName: reader.text(child('SignerInfo'), 'FullName', { usual: 50, limit: 200 })
    }),
    dueDate: readDate(header, 'DueDate', reading),
    otherInfo: readOtherInfo(child('OtherInfo'), reading),
    responseFor: nonEmpty(childrenOf(header, 'ResponseFor').flatMap(element => readAnswered(element, reading) ?? [])),
    steeringType: reader.text(header, 'SteeringType', { limit: 10 }),
    toPlaces: readLines(child('ToPlaces'), 'Place', reading),
    business: readBusiness(reading),
    trace: readTrace(reading),
    attachments: parts.attachments,
    extensions: parts.extensions
  })
}

/** The axis leaves an empty one where there was none. */
function readAnswered (element: XmlElement, reading: Reading): NonNullable<Document['responseFor']>[number] | undefined {
  const reference = readReference(element, reading)
  if (reference === undefined) reading.notes.note('response-empty', { code: 'FIELD_MISSING', pointer: pointerOf(element), detail: text('ResponseFor rỗng; bỏ qua.', 'ResponseFor is empty; left out.'), expected: 'OrganId, Code, DocumentId', found: '' })
  return reference
}

function readOtherInfo (element: XmlElement | undefined, reading: Reading): Document['otherInfo'] {
  const { reader } = reading
  return definedGroup({
    priority: readPriority(element, reading),
    sphereOfPromulgation: reader.text(element, 'SphereOfPromulgation', { usual: 100, limit: 200 }),
    typerNotation: reader.text(element, 'TyperNotation', { usual: 10, limit: 50 }),
    promulgationAmount: reader.text(element, 'PromulgationAmount', { limit: 20 }),
    pageAmount: reader.text(element, 'PageAmount', { limit: 20 }),
    appendixes: readLines(childOf(element, 'Appendixes'), 'Appendix', reading)
  })
}

/** 0 to 4; anything else is a warning and counts as not given. */
function readPriority (otherInfo: XmlElement | undefined, { notes }: Reading): number | undefined {
  const element = childOf(otherInfo, 'Priority')
  const raw = textOf(element)
  if (element === undefined || raw === undefined) return undefined
  if (/^[0-4]$/.test(raw)) return Number(raw)
  notes.note('urgency', { code: 'FIELD_INVALID', pointer: pointerOf(element), detail: text('Độ khẩn không hợp lệ, coi là thường.', 'The urgency is not valid; taken as normal.'), expected: '0 | 1 | 2 | 3 | 4', found: raw })
  return undefined
}

function readLines (parent: XmlElement | undefined, name: string, { reader }: Reading): string[] | undefined {
  return nonEmpty(childrenOf(parent, name).flatMap(line => reader.own(line, { limit: 1000 }) ?? []))
}

function readTrace (reading: Reading): Document['trace'] {
  return nonEmpty(childrenOf(reading.traces, 'TraceHeader').flatMap(hop => {
    const at = readInstant(hop, 'Timestamp', reading)
    const organId = reading.reader.text(hop, 'OrganId', LENGTHS.organId)
    // The axis itself writes the word "null" for a node without a code.
    if (organId === 'null') reading.notes.note('trace-code', { code: 'FIELD_INVALID', pointer: pointerTo(hop, 'OrganId'), detail: text('Vết truyền nhận không có mã cơ quan.', 'The trace header has no agency code.'), expected: 'an agency code', found: organId })
    // A hop without its time still counts against circles.
    return definedGroup({ organId: organId === 'null' ? undefined : organId, at }) ?? []
  }))
}
