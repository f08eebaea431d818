// The rules of a document are those of edXML, and speak in its XPaths; a sender of JSON is told the place in its JSON.
import type { Places } from '../pointers.js'
import type { Kind } from './read.js'

const HEADER = '/edXML/edXMLEnvelope/edXMLHeader/'

/** XPath behind the header, without positions → JSON Pointer. The longest that fits counts. */
const SHARED: ReadonlyArray<readonly [string, string]> = [
  ['MessageHeader/From', '/envelope/from'],
  ['MessageHeader/From/OrganId', '/envelope/from/code'],
  ['MessageHeader/To', '/envelope/to']
]

const OF: Readonly<Record<'document' | 'status', ReadonlyArray<readonly [string, string]>>> = {
  document: [
    ...SHARED,
    ['MessageHeader', '/document'],
    ['MessageHeader/DocumentId', '/document/documentId'],
    ['MessageHeader/Code', '/document/code'],
    ['MessageHeader/Code/CodeNumber', '/document/code/number'],
    ['MessageHeader/Code/CodeNotation', '/document/code/notation'],
    ['MessageHeader/PromulgationInfo', '/document/promulgation'],
    ['MessageHeader/PromulgationInfo/Place', '/document/promulgation/place'],
    ['MessageHeader/PromulgationInfo/PromulgationDate', '/document/promulgation/date'],
    ['MessageHeader/DocumentType', '/document/documentType'],
    ['MessageHeader/DocumentType/Type', '/document/documentType/type'],
    ['MessageHeader/DocumentType/TypeName', '/document/documentType/typeName'],
    ['MessageHeader/Subject', '/document/subject'],
    ['MessageHeader/Content', '/document/content'],
    ['MessageHeader/SignerInfo', '/document/signer'],
    ['MessageHeader/SignerInfo/FullName', '/document/signer/fullName'],
    ['MessageHeader/DueDate', '/document/dueDate'],
    ['MessageHeader/OtherInfo', '/document/otherInfo'],
    ['MessageHeader/OtherInfo/Priority', '/document/otherInfo/priority'],
    ['MessageHeader/OtherInfo/TyperNotation', '/document/otherInfo/typerNotation'],
    ['MessageHeader/ResponseFor', '/document/responseFor'],
    ['MessageHeader/SteeringType', '/document/steeringType'],
    ['MessageHeader/ToPlaces', '/document/toPlaces'],
    ['TraceHeaderList', '/document/trace'],
    ['TraceHeaderList/Bussiness', '/document/business'],
    ['TraceHeaderList/Bussiness/BussinessDocType', '/document/docType'],
    ['TraceHeaderList/Bussiness/BussinessDocReason', '/document/business/reason'],
    ['TraceHeaderList/Bussiness/DocumentId', '/document/business/documentId'],
    ['TraceHeaderList/Bussiness/BussinessDocumentInfo/ReceiverList', '/document/business/receivers'],
    ['TraceHeaderList/Bussiness/ReplacementInfoList', '/document/business/replacements']
  ],
  status: [
    ...SHARED,
    ['MessageHeader', '/status'],
    ['MessageHeader/ResponseFor', '/status/responseFor'],
    ['MessageHeader/ResponseFor/OrganId', '/status/responseFor/organId'],
    ['MessageHeader/ResponseFor/DocumentId', '/status/responseFor/documentId'],
    ['MessageHeader/StaffInfo', '/status/staff'],
    ['MessageHeader/StatusCode', '/status/statusCode'],
    ['MessageHeader/Description', '/status/description'],
    ['MessageHeader/Timestamp', '/status/at']
  ]
}

const FILE = /^\/edXML\/(?:edXML:)?AttachmentEncoded\/(?:edXML:)?Attachment(?:\[(\d+)\])?(?:\/(.*))?$/
const FILE_FIELDS: Readonly<Record<string, string>> = { AttachmentName: '/name', ContentTransferEncoded: '/base64', ContentId: '/contentId', ContentType: '/contentType' }

/** The place in canonical JSON of an XPath in the edXML that it stands for; the content as a whole when there is no nearer one. */
export function fromXPath (xpath: string, kind: 'document' | 'status'): string {
  const file = FILE.exec(xpath)
  if (file !== null) return `/attachments/${Number(file[1] ?? 1) - 1}${FILE_FIELDS[file[2] ?? ''] ?? ''}`
  if (!xpath.startsWith(HEADER)) return `/${kind}`
  const steps = xpath.slice(HEADER.length)
  const recipient = /^MessageHeader\/To\[(\d+)\](\/OrganId)?/.exec(steps)
  if (recipient !== null) return `/envelope/to/${Number(recipient[1]) - 1}${recipient[2] === undefined ? '' : '/code'}`
  const plain = steps.replace(/\[\d+\]/g, '')
  const fitting = OF[kind].filter(([path]) => plain === path || plain.startsWith(`${path}/`)).sort(([a], [b]) => b.length - a.length)
  return fitting[0]?.[1] ?? `/${kind}`
}

/** Where the routing facts stand in canonical JSON. */
export function packagePlaces (kind: Kind, pointer: string): Places {
  const attachment = (n: number): string => `/attachments/${n - 1}`
  if (kind === 'dossier') return { sender: `${pointer}/from`, recipient: index => `${pointer}/to/${index}`, attachment, edxml: xpath => xpath }
  return { sender: '/envelope/from/code', recipient: index => kind === 'status' ? '/status/responseFor/organId' : `/envelope/to/${index}/code`, attachment, edxml: xpath => fromXPath(xpath, kind) }
}
