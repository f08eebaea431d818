// The parts that documents and status messages share: parties, staff, references to other documents, dates.
import type { DocumentReference, Party, Staff } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { defined, definedGroup } from '../../model/defined.js'
import { isCanonicalTime, isDefaultTime, parseDate, parseInstant } from './dates.js'
import { childOf, pointerOf, pointerTo, textOf, type XmlElement } from './element.js'
import type { FieldReader } from './field-reader.js'
import type { Notes } from './notes.js'

/** What reading a message needs. */
export interface Reading {
  /** `MessageHeader`. */
  readonly header: XmlElement
  /** `TraceHeaderList`, when there is one. */
  readonly traces: XmlElement | undefined
  /** `edXML`, or what stands for it. */
  readonly root: XmlElement
  /** True for a message of the schema before QCVN 102:2016. */
  readonly old: boolean
  readonly reader: FieldReader
  readonly notes: Notes
}

export const LENGTHS = {
  organId: { usual: 50, limit: 50 },
  documentId: { usual: 200, limit: 200 },
  date: { limit: 40 }
} as const

/** An organisation as written; its code is empty (and a fault) when there is none. */
export function readParty (element: XmlElement, { reader, notes }: Reading, check: 'sender-code' | 'recipient'): Party {
  const code = reader.text(element, 'OrganId', LENGTHS.organId)
  if (code === undefined) {
    notes.note(check, { code: 'FIELD_MISSING', pointer: pointerTo(element, 'OrganId'), detail: text('Thiếu mã cơ quan.', 'The agency code is missing.'), expected: 'an agency code' })
  }
  return defined({
    code: code ?? '',
    name: reader.text(element, 'OrganName', { usual: 200, limit: 400 }),
    inCharge: reader.text(element, 'OrganizationInCharge', { usual: 200, limit: 400 }),
    address: reader.text(element, 'OrganAdd', { usual: 250, limit: 500 }),
    email: reader.text(element, 'Email', { usual: 100, limit: 200 }),
    telephone: reader.text(element, 'Telephone', { usual: 50, limit: 100 }),
    fax: reader.text(element, 'Fax', { usual: 50, limit: 100 }),
    website: reader.text(element, 'Website', { usual: 100, limit: 200 })
  })
}

/** The sender; a fault when there is none. */
export function readSender (reading: Reading): Party {
  const from = childOf(reading.header, 'From')
  if (from !== undefined) return readParty(from, reading, 'sender-code')
  reading.notes.note('sender-code', { code: 'FIELD_MISSING', pointer: `${pointerOf(reading.header)}/From`, detail: text('Thiếu cơ quan gửi.', 'The sender is missing.'), expected: 'From/OrganId' })
  return { code: '' }
}

export function readStaff (element: XmlElement | undefined, { reader }: Reading): Staff | undefined {
  return definedGroup({
    department: reader.text(element, 'Department', { usual: 250, limit: 500 }),
    name: reader.text(element, 'Staff', { usual: 100, limit: 200 }),
    email: reader.text(element, 'Email', { usual: 100, limit: 200 }),
    mobile: reader.text(element, 'Mobile', { usual: 100, limit: 100 })
  })
}

export function readReference (element: XmlElement | undefined, reading: Reading): DocumentReference | undefined {
  const { reader } = reading
  return definedGroup({
    organId: reader.text(element, 'OrganId', LENGTHS.organId),
    code: reader.text(element, 'Code', { limit: 200 }),
    promulgationDate: readDate(element, 'PromulgationDate', reading),
    documentId: reader.text(element, 'DocumentId', LENGTHS.documentId)
  })
}

/** ISO date; the raw text with a warning when it is none. */
export function readDate (parent: XmlElement | undefined, name: string, reading: Reading): string | undefined {
  return readTime(parent, name, reading, { parse: parseDate, expected: 'yyyy/MM/dd' })
}

/** ISO instant with +07:00; the raw text with a warning when it is none. */
export function readInstant (parent: XmlElement | undefined, name: string, reading: Reading): string | undefined {
  return readTime(parent, name, reading, { parse: parseInstant, expected: 'yyyy/MM/dd HH:mm:ss' })
}

interface TimeForm {
  parse: (raw: string) => string | undefined
  expected: string
}

function readTime (parent: XmlElement | undefined, name: string, { reader, notes }: Reading, { parse, expected }: TimeForm): string | undefined {
  const element = childOf(parent, name)
  const raw = textOf(element)
  if (element === undefined || raw === undefined) return undefined
  const parsed = parse(raw)
  if (parsed !== undefined) {
    if (!isCanonicalTime(raw)) notes.note('date-form', { code: 'FIELD_INVALID', pointer: pointerOf(element), detail: text('Ngày giờ viết khác quy chuẩn; đã đọc được.', 'The date or time is written in another form; it was read.'), expected, found: raw })
    return parsed
  }
  if (isDefaultTime(raw)) {
    notes.note('date-default', { code: 'FIELD_INVALID', pointer: pointerOf(element), detail: text('Ngày mặc định của chương trình; coi như không có.', 'It is the default date of a program; taken as not given.'), expected, found: raw })
    return undefined
  }
  notes.note('date-valid', { code: 'FIELD_INVALID', pointer: pointerOf(element), detail: text('Ngày giờ không hợp lệ, giữ nguyên văn.', 'It is no valid date or time; kept as written.'), expected, found: raw })
  return reader.own(element, LENGTHS.date)
}

/** True for an ISO date that a reader made, false for raw text. */
export function isDate (value: string | undefined): value is string {
  return value !== undefined && parseDate(value) === value
}

/** True for an instant that a reader made, false for raw text. */
export function isInstant (value: string | undefined): value is string {
  return value !== undefined && value.endsWith('+07:00') && parseInstant(value) === value
}
