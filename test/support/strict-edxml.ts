// Reads edXML the way the axis' .NET deserialiser does: exact root, exact prefixes, one namespace, elements in their order and
// each at most once where the format has one, values in their form. It knows nothing of our encoder: the grammar is written out from the standard.
import { SaxesParser } from 'saxes'
import { parseDate } from '../../src/formats/edxml/dates.js'

const NAMESPACE = 'http://www.mic.gov.vn/TBT/QCVN_102_2016'

/** Children of each element; `*` after a name: may repeat. */
const ORGANIZATION = ['OrganId', 'OrganizationInCharge', 'OrganName', 'OrganAdd', 'Email', 'Telephone', 'Fax', 'Website']
const GRAMMAR: Record<string, string[]> = {
  edXML: ['edXMLEnvelope', 'AttachmentEncoded'],
  edXMLEnvelope: ['edXMLHeader', 'edXMLBody'],
  edXMLHeader: ['MessageHeader', 'TraceHeaderList', 'Signature'],
  MessageHeader: ['From', 'To*', 'DocumentId', 'Code', 'PromulgationInfo', 'DocumentType', 'Subject', 'Content', 'SignerInfo', 'DueDate', 'OtherInfo',
    'ResponseFor*', 'SteeringType', 'ResponseForTask', 'ApplicationType', 'ToPlaces', 'StaffInfo', 'StatusCode', 'Description', 'Timestamp'],
  From: ORGANIZATION,
  To: ORGANIZATION,
  'MessageHeader/Code': ['CodeNumber', 'CodeNotation'],
  PromulgationInfo: ['Place', 'PromulgationDate'],
  DocumentType: ['Type', 'TypeDetail', 'TypeName'],
  SignerInfo: ['Competence', 'Position', 'FullName'],
  OtherInfo: ['Priority', 'SphereOfPromulgation', 'TyperNotation', 'PromulgationAmount', 'PageAmount', 'ReplyFors', 'Direction', 'ReferenceCodes', 'Appendixes'],
  Appendixes: ['Appendix*'],
  ResponseFor: ['OrganId', 'Code', 'PromulgationDate', 'DocumentId'],
  ToPlaces: ['Place*'],
  StaffInfo: ['Department', 'DepartmentId', 'Staff', 'StaffId', 'Email', 'Mobile'],
  TraceHeaderList: ['TraceHeader*', 'Bussiness', 'Paper'],
  TraceHeader: ['OrganId', 'Timestamp'],
  Bussiness: ['DocumentId', 'BussinessDocType', 'BussinessDocReason', 'Paper', 'BussinessDocumentInfo*', 'ReplacementInfoList', 'StaffInfo*'],
  BussinessDocumentInfo: ['DocumentInfo', 'DocumentReceiver', 'ReceiverList'],
  ReceiverList: ['Receiver*'],
  Receiver: ['OrganId', 'ReceiverType'],
  ReplacementInfoList: ['ReplacementInfo*'],
  ReplacementInfo: ['DocumentId', 'OrganIdList'],
  OrganIdList: ['OrganId*'],
  edXMLBody: ['edXMLManifest'],
  edXMLManifest: ['Reference*'],
  Reference: ['ContentId', 'ContentType', 'Description', 'AttachmentName'],
  AttachmentEncoded: ['Attachment*'],
  Attachment: ['ContentId', 'AttachmentName', 'Description', 'ContentType', 'ContentTransferEncoded']
}

/** Order of a status message where it is not that of a document, as in the samples. */
const STATUS_ORDER: Record<string, string[]> = {
  MessageHeader: ['From', 'ResponseFor', 'StaffInfo', 'StatusCode', 'Description', 'Timestamp'],
  From: ['OrganId', 'OrganName', 'OrganizationInCharge', 'OrganAdd', 'Email', 'Telephone', 'Fax', 'Website']
}

const INSTANT = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/
/** What a typed property takes; a reader without the type takes any text, so raw dates of the sender are allowed where they are none. */
const FORMS: Record<string, (value: string) => boolean> = {
  PromulgationDate: value => /^\d{4}\/\d\d\/\d\d$/.test(value) || parseDate(value) === undefined,
  DueDate: value => /^\d{4}\/\d\d\/\d\d$/.test(value) || parseDate(value) === undefined,
  Timestamp: value => INSTANT.test(value) || parseDate(value) === undefined,
  BussinessDocType: value => /^[0-3]$/.test(value),
  Priority: value => /^[0-4]$/.test(value),
  StatusCode: value => /^\d\d$/.test(value),
  ReceiverType: value => /^[01]$/.test(value),
  DocumentInfo: value => /^[01]$/.test(value),
  DocumentReceiver: value => /^[01]$/.test(value),
  Paper: value => /^[01]$/.test(value),
  ContentId: value => /^cid:./s.test(value),
  ContentTransferEncoded: value => /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$|^[A-Za-z0-9+/]{2,3}={1,2}$/.test(value)
}

interface Open { local: string, children: string[], text: string }

/** Everything that a strict reader would trip over; empty for a good message. What it skips, as .NET does: elements it does not know, if they are marked as {@link isForeign}. */
export function strictFaults (xml: string): string[] {
  const faults: string[] = []
  const open: Open[] = []
  const ids: Record<string, string[]> = { Reference: [], Attachment: [] }
  const isStatus = xml.includes('<edXML:StatusCode>')
  let skipped = 0
  if (!xml.startsWith('<?xml version="1.0" encoding="UTF-8"?><edXML xmlns=')) faults.push(`begins with ${xml.slice(0, 60)}`)
  const saxes = new SaxesParser({ xmlns: true })
  saxes.on('error', error => { faults.push(`not well-formed: ${error.message}`) })
  saxes.on('opentag', ({ name, local, uri, attributes }) => {
    if (skipped > 0 || isForeign(local)) {
      skipped++
      return
    }
    const parent = open.at(-1)
    const path = [...open.map(each => each.local), local].join('/')
    if (uri !== NAMESPACE) faults.push(`${path}: namespace ${uri}`)
    if (name !== (isPrefixed(local, path) ? `edXML:${local}` : local)) faults.push(`${path}: written ${name}`)
    const expected: Record<string, string> = local === 'edXML' ? { xmlns: NAMESPACE } : local === 'edXMLEnvelope' || local === 'ContentTransferEncoded' ? { 'xmlns:edXML': NAMESPACE } : local === 'edXMLManifest' ? { version: '1.0' } : {}
    const found = Object.fromEntries(Object.values(attributes).map(attribute => [attribute.name, attribute.value]))
    if (JSON.stringify(found) !== JSON.stringify(expected)) faults.push(`${path}: attributes ${JSON.stringify(found)}`)
    if (parent !== undefined) checkPlace(parent, { local, path, isStatus }, faults)
    open.push({ local, children: [], text: '' })
  })
  saxes.on('text', characters => {
    const current = open.at(-1)
    if (current !== undefined && skipped === 0) current.text += characters
  })
  saxes.on('closetag', ({ local }) => {
    if (skipped > 0) {
      skipped--
      return
    }
    const closed = open.pop()
    if (closed === undefined) return
    if (closed.text === '' && closed.children.length === 0 && local !== 'edXMLManifest' && !HOLDERS.has(local)) faults.push(`${local} is empty`)
    if (closed.text !== '' && closed.children.length > 0) faults.push(`${local} has text between its elements`)
    if (closed.text !== '' && FORMS[local]?.(closed.text) === false && open.at(-1)?.local !== 'ResponseFor') faults.push(`${local}: ${closed.text.slice(0, 60)}`)
    if (local === 'ContentId') ids[open.at(-1)?.local ?? '']?.push(closed.text)
  })
  saxes.write(xml).close()
  if (JSON.stringify(ids['Reference']) !== JSON.stringify(ids['Attachment'])) faults.push(`manifest ${JSON.stringify(ids)}`)
  if (new Set(ids['Attachment']).size < (ids['Attachment'] ?? []).length) faults.push('a ContentId twice')
  return faults
}

/** An element that the standard does not have, as the tests name them. */
function isForeign (local: string): boolean {
  return /^(?:La|Con|Direction|MimeType)/.test(local)
}

/** May hold nothing but what the standard does not have. */
const HOLDERS: ReadonlySet<string> = new Set(Object.keys(GRAMMAR))

function isPrefixed (local: string, path: string): boolean {
  return path.startsWith('edXML/edXMLEnvelope') || local === 'ContentTransferEncoded'
}

function checkPlace (parent: Open, { local, path, isStatus }: { local: string, path: string, isStatus: boolean }, faults: string[]): void {
  const children = GRAMMAR[path.split('/').slice(-3, -1).join('/')] ?? GRAMMAR[parent.local] ?? []
  const many = children.includes(`${local}*`)
  if (!many && !children.includes(local)) faults.push(`${path}: not expected`)
  if (!many && parent.children.includes(local)) faults.push(`${path}: twice`)
  const order = (isStatus ? STATUS_ORDER[parent.local] : undefined) ?? children.map(name => name.replace('*', ''))
  const before = parent.children.at(-1)
  if (before !== undefined && order.indexOf(before) > order.indexOf(local)) faults.push(`${path}: behind ${before}`)
  parent.children.push(local)
}
