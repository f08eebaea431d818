// Reads edXML the way the axis' .NET deserialiser does: exact root, exact prefixes, one namespace, known elements only, each
// at most once where the format has one. It knows nothing of our encoder: the grammar is written out from the standard.
import { SaxesParser } from 'saxes'

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
  ResponseFor: ['OrganId', 'Code', 'DocumentId', 'PromulgationDate'],
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

/** Order of MessageHeader as the vendor's builder writes it; a document must keep it. */
const HEADER_ORDER = ['From', 'To', 'DocumentId', 'Code', 'PromulgationInfo', 'DocumentType', 'Subject', 'Content', 'SignerInfo', 'DueDate', 'OtherInfo', 'ResponseFor', 'SteeringType', 'ToPlaces']

interface Open { local: string, counts: Map<string, number>, empty: boolean }

/** Everything that a strict reader would trip over; empty for a good message. */
export function strictFaults (xml: string): string[] {
  const faults: string[] = []
  const open: Open[] = []
  const headerOrder: string[] = []
  if (!xml.startsWith('<?xml version="1.0" encoding="UTF-8"?><edXML xmlns=')) faults.push(`begins with ${xml.slice(0, 60)}`)
  const saxes = new SaxesParser({ xmlns: true })
  saxes.on('error', error => { faults.push(`not well-formed: ${error.message}`) })
  saxes.on('opentag', ({ name, local, uri, attributes }) => {
    const parent = open.at(-1)
    const path = [...open.map(each => each.local), local].join('/')
    if (uri !== NAMESPACE) faults.push(`${path}: namespace ${uri}`)
    if (name !== (isPrefixed(local, path) ? `edXML:${local}` : local)) faults.push(`${path}: written ${name}`)
    const expected: Record<string, string> = local === 'edXML' ? { xmlns: NAMESPACE } : local === 'edXMLEnvelope' || local === 'ContentTransferEncoded' ? { 'xmlns:edXML': NAMESPACE } : local === 'edXMLManifest' ? { version: '1.0' } : {}
    const found = Object.fromEntries(Object.values(attributes).map(attribute => [attribute.name, attribute.value]))
    if (JSON.stringify(found) !== JSON.stringify(expected)) faults.push(`${path}: attributes ${JSON.stringify(found)}`)
    if (parent !== undefined) checkPlace(parent, local, path, faults)
    if (parent?.local === 'MessageHeader') headerOrder.push(local)
    if (parent !== undefined) parent.empty = false
    open.push({ local, counts: new Map(), empty: true })
  })
  saxes.on('text', characters => {
    const current = open.at(-1)
    if (current !== undefined && characters !== '') current.empty = false
  })
  saxes.on('closetag', ({ local }) => {
    const closed = open.pop()
    if (closed?.empty === true && local !== 'edXMLManifest') faults.push(`${local} is empty`)
  })
  saxes.write(xml).close()
  const positions = headerOrder.map(name => HEADER_ORDER.indexOf(name))
  if (!headerOrder.includes('StatusCode') && positions.some((position, index) => position < (positions[index - 1] ?? -1))) faults.push(`order ${headerOrder.join(' ')}`)
  return faults
}

function isPrefixed (local: string, path: string): boolean {
  return path.startsWith('edXML/edXMLEnvelope') || local === 'ContentTransferEncoded'
}

function checkPlace (parent: Open, local: string, path: string, faults: string[]): void {
  const children = GRAMMAR[path.split('/').slice(-3, -1).join('/')] ?? GRAMMAR[parent.local] ?? []
  const many = children.includes(`${local}*`)
  if (!many && !children.includes(local)) faults.push(`${path}: not expected`)
  const count = (parent.counts.get(local) ?? 0) + 1
  parent.counts.set(local, count)
  if (!many && count > 1) faults.push(`${path}: ${count} times`)
}
