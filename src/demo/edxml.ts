// Writes the demo's edXML messages the way the agencies' own systems do (QCVN 102:2016/BTTTT §1.1 to 1.7, §2.2).
import { randomUUID } from 'node:crypto'
import { Builder } from 'xml2js'

const NAMESPACE = 'http://www.mic.gov.vn/TBT/QCVN_102_2016'

export interface DemoOrganization { code: string, name: string }

export interface DemoFile {
  name: string
  /** The declared content type. */
  contentType: string
  bytes: Buffer
}

export interface DemoDocument {
  from: DemoOrganization
  to: DemoOrganization[]
  number: string
  notation: string
  subject: string
  /** OtherInfo/Priority, 0 to 4. */
  priority: number
  /** Promulgation, epoch ms. */
  at: number
  files: DemoFile[]
  /** Absent: a new document. */
  change?: DemoChange
}

/** A revocation, an update, or a document that replaces others. */
export interface DemoChange {
  kind: 'revocation' | 'update' | 'replacement'
  reason: string
  /** Epoch ms; tells one update of a document from the next. */
  at: number
  /** DocumentIds that a replacement replaces. */
  replaces?: string[]
}

export interface DemoStatus {
  from: DemoOrganization
  /** The agency that issued the document. */
  issuer: string
  documentId: string
  code: string
  /** yyyy/MM/dd. */
  promulgationDate: string
  statusCode: string
  description: string
  at: number
}

type Tree = Record<string, unknown>

/** DocumentId in the comma form of the official samples: issuer, date, number/notation. */
export function documentIdOf ({ from, at, number, notation }: Pick<DemoDocument, 'from' | 'at' | 'number' | 'notation'>): string {
  return `${from.code},${toDate(at)},${number}/${notation}`
}

export function documentMessage (document: DemoDocument): Buffer {
  const { from, to, number, notation, subject, priority, at, files, change } = document
  const documentId = documentIdOf(document)
  const cids = files.map(() => randomUUID())
  const header = prefixed({
    MessageHeader: {
      From: organization(from),
      To: to.map(organization),
      DocumentId: documentId,
      Code: { CodeNumber: number, CodeNotation: notation },
      PromulgationInfo: { Place: 'Lâm Đồng', PromulgationDate: toDate(at) },
      DocumentType: { Type: '2', TypeDetail: '18', TypeName: 'Công văn' },
      Subject: subject,
      Content: subject,
      SignerInfo: { Competence: 'KT. CHỦ TỊCH', Position: 'PHÓ CHỦ TỊCH', FullName: 'Nguyễn Văn An' },
      OtherInfo: { Priority: String(priority) },
      SteeringType: '1'
    },
    TraceHeaderList: {
      TraceHeader: { OrganId: from.code, Timestamp: toTimestamp(change?.at ?? at) },
      Bussiness: businessOf(documentId, change)
    }
  })
  const references = files.map(({ name, contentType }, index) => ({ ContentId: `cid:${cids[index]}`, ContentType: contentType, Description: name, AttachmentName: name }))
  const body = prefixed({ edXMLManifest: { $: { version: '1.0' }, Reference: references } })
  const attachments = files.map(({ name, contentType, bytes }, index) => ({
    ContentId: `cid:${cids[index]}`,
    AttachmentName: name,
    Description: name,
    ContentType: contentType,
    'edXML:ContentTransferEncoded': { $: { 'xmlns:edXML': NAMESPACE }, _: bytes.toString('base64') }
  }))
  return message({ 'edXML:edXMLHeader': header, 'edXML:edXMLBody': body }, files.length === 0 ? {} : { AttachmentEncoded: { Attachment: attachments } })
}

/** Bussiness of §1.4; an update says what has changed. */
function businessOf (documentId: string, change: DemoChange | undefined): Tree {
  if (change === undefined) return { BussinessDocType: '0', BussinessDocReason: 'Văn bản điện tử mới', Paper: '0' }
  const { kind, reason, replaces = [] } = change
  const rest = { BussinessDocReason: reason, Paper: '0' }
  switch (kind) {
    case 'revocation': return { BussinessDocType: '1', ...rest }
    case 'update': return { DocumentId: documentId, BussinessDocType: '2', ...rest, BussinessDocumentInfo: { DocumentInfo: '1', DocumentReceiver: '0' } }
    case 'replacement': return { BussinessDocType: '3', ...rest, ReplacementInfoList: { ReplacementInfo: replaces.map(id => ({ DocumentId: id })) } }
  }
}

export function statusMessage ({ from, issuer, documentId, code, promulgationDate, statusCode, description, at }: DemoStatus): Buffer {
  return message({
    'edXML:edXMLHeader': prefixed({
      MessageHeader: {
        From: organization(from),
        ResponseFor: { OrganId: issuer, Code: code, PromulgationDate: promulgationDate, DocumentId: documentId },
        StaffInfo: { Department: 'Văn thư', Staff: 'Lê Thị Cúc' },
        StatusCode: statusCode,
        Description: description,
        Timestamp: toTimestamp(at)
      }
    })
  }, {})
}

function message (envelope: Tree, rest: Tree): Buffer {
  const tree = { edXML: { $: { xmlns: NAMESPACE }, 'edXML:edXMLEnvelope': { $: { 'xmlns:edXML': NAMESPACE }, ...envelope }, ...rest } }
  return Buffer.from(new Builder({ xmldec: { version: '1.0', encoding: 'UTF-8' } }).buildObject(tree))
}

function organization ({ code, name }: DemoOrganization): Tree {
  return { OrganId: code, OrganName: name }
}

/** Adds the prefix `edXML:` to every element below. */
function prefixed (value: unknown): unknown {
  if (Array.isArray(value)) return value.map(prefixed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, child]) => name === '$' ? [name, child] : [`edXML:${name}`, prefixed(child)]))
}

/** yyyy/MM/dd at UTC+7 (QCVN 102:2016 §1.3). */
export function toDate (at: number): string {
  return new Date(at + 7 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '/')
}

function toTimestamp (at: number): string {
  return `${toDate(at)} ${new Date(at + 7 * 3_600_000).toISOString().slice(11, 19)}`
}
