// The two building blocks of the markup: a field and a group of fields. Empty ones are left out, as the vendor's builder does.
import type { DocumentReference, Party, Staff } from '../../model/generated.js'
import { escapeXml, isPlainXml } from '../xml-text.js'
import { writeDate } from './write-dates.js'

/** `<edXML:name>value</edXML:name>`; nothing for a value that is absent or blank. Throws TRANSFORM_FAILED naming the field. */
export function field (name: string, value: string | undefined, parent = ''): string {
  if (value === undefined || isBlank(value)) return ''
  const content = isPlainXml(value) ? value : escapeXml(value, parent === '' ? name : `${parent}/${name}`)
  return '<edXML:' + name + '>' + content + '</edXML:' + name + '>'
}

function isBlank (value: string): boolean {
  const first = value.charCodeAt(0)
  // Nearly every value begins with a letter or a digit.
  return !(first > 0x20 && first < 0x80) && value.trim() === ''
}

/** `<edXML:name>inner</edXML:name>`; nothing around nothing. */
export function group (name: string, inner: string): string {
  return inner === '' ? '' : `<edXML:${name}>${inner}</edXML:${name}>`
}

/** A field for each value. */
export function fields (name: string, values: readonly string[] | undefined, parent: string): string {
  return values === undefined ? '' : values.map(value => field(name, value, parent)).join('')
}

/** 1, 0 or nothing. */
export function flag (name: string, value: boolean | undefined, parent: string): string {
  return value === undefined ? '' : field(name, value ? '1' : '0', parent)
}

/** Organization (QCVN 102:2016 §1.3.1). Status messages name the agency before its superior. `more`: extensions, behind the known fields. */
export function writeParty (element: 'From' | 'To', party: Party, { order, more }: { order: 'document' | 'status', more: string }): string {
  const name = field('OrganName', party.name, element)
  const inCharge = field('OrganizationInCharge', party.inCharge, element)
  return group(element, field('OrganId', party.code, element) + (order === 'document' ? inCharge + name : name + inCharge) +
    field('OrganAdd', party.address, element) + field('Email', party.email, element) + field('Telephone', party.telephone, element) +
    field('Fax', party.fax, element) + field('Website', party.website, element) + more)
}

export function writeStaff (staff: Staff | undefined, more: string): string {
  return group('StaffInfo', field('Department', staff?.department, 'StaffInfo') + field('Staff', staff?.name, 'StaffInfo') +
    field('Email', staff?.email, 'StaffInfo') + field('Mobile', staff?.mobile, 'StaffInfo') + more)
}

export function writeReference ({ organId, code, promulgationDate, documentId }: DocumentReference, more: string): string {
  const within = 'ResponseFor'
  return group(within, field('OrganId', organId, within) + field('Code', code, within) +
    field('PromulgationDate', promulgationDate === undefined ? undefined : writeDate(promulgationDate), within) + field('DocumentId', documentId, within) + more)
}
