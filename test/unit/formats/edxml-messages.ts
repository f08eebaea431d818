// Writes edXML messages for tests from a few parameters, so that a test shows only what it is about.
import { readFileSync } from 'node:fs'
import { edxmlCodec } from '../../../src/formats/edxml/index.js'
import type { DecodeLimits, Decoded, Part } from '../../../src/formats/codec.js'
import { chunksOf, createMemoryContext, type MemoryContext } from '../../support/spool.js'

export const NAMESPACE = 'http://www.mic.gov.vn/TBT/QCVN_102_2016'
const FIXTURES = new URL('../../../../test/fixtures/', import.meta.url)

export function fixture (path: string): Buffer {
  return readFileSync(new URL(path, FIXTURES))
}

export interface MessageParts {
  from?: string
  to?: string[]
  documentId?: string
  /** Children of MessageHeader instead of the usual ones after `To`. */
  fields?: string
  /** More children of MessageHeader. */
  more?: string
  /** The whole TraceHeaderList. */
  traces?: string
  /** Children of edXMLHeader after the traces. */
  afterTraces?: string
  attachments?: Array<{ id?: string, name: string, type?: string, content: string }>
  references?: string
}

const FIELDS = '<Code><CodeNumber>1</CodeNumber><CodeNotation>UBND</CodeNotation></Code>' +
  '<PromulgationInfo><Place>Lâm Đồng</Place><PromulgationDate>2026/03/16</PromulgationDate></PromulgationInfo>' +
  '<DocumentType><Type>2</Type><TypeName>Công văn</TypeName></DocumentType><Subject>V/v thử</Subject>' +
  '<SignerInfo><FullName>Nguyễn Văn An</FullName></SignerInfo>'

export function traceList (business: string, at = '2026/03/16 09:00:00'): string {
  return `<TraceHeaderList><TraceHeader><OrganId>H36</OrganId><Timestamp>${at}</Timestamp></TraceHeader><Bussiness>${business}</Bussiness></TraceHeaderList>`
}

const NEW = traceList('<BussinessDocType>0</BussinessDocType>')
const FILE: NonNullable<MessageParts['attachments']>[number] = { name: 'a.pdf', content: Buffer.from('%PDF-1.4 a').toString('base64') }

export function documentMessage (parts: MessageParts = {}): string {
  const { from = 'H36', to = ['H36.11'], documentId = 'H36,2026/03/16,1/UBND', fields = FIELDS, more = '', traces = NEW, afterTraces = '', attachments = [FILE] } = parts
  const idOf = (index: number): string => attachments[index]?.id ?? `f${index}`
  const references = parts.references ??
    attachments.map(({ name }, index) => `<Reference><ContentId>cid:${idOf(index)}</ContentId><AttachmentName>${name}</AttachmentName></Reference>`).join('')
  const files = attachments.map(({ name, type = 'application/pdf', content }, index) =>
    `<Attachment><ContentId>${idOf(index)}</ContentId><AttachmentName>${name}</AttachmentName><ContentType>${type}</ContentType>` +
    `<ContentTransferEncoded>${content}</ContentTransferEncoded></Attachment>`).join('')
  const id = documentId === '' ? '' : `<DocumentId>${documentId}</DocumentId>`
  return `<?xml version="1.0" encoding="UTF-8"?><edXML xmlns="${NAMESPACE}"><edXMLEnvelope><edXMLHeader><MessageHeader>` +
    `<From><OrganId>${from}</OrganId></From>${to.map(code => `<To><OrganId>${code}</OrganId></To>`).join('')}${id}${fields}${more}</MessageHeader>${traces}${afterTraces}</edXMLHeader>` +
    `<edXMLBody><edXMLManifest version="1.0">${references}</edXMLManifest></edXMLBody></edXMLEnvelope>` +
    `${attachments.length === 0 ? '' : `<AttachmentEncoded>${files}</AttachmentEncoded>`}</edXML>`
}

export function statusMessage (code: string, more = ''): string {
  return `<edXML xmlns="${NAMESPACE}"><edXMLEnvelope><edXMLHeader><MessageHeader><From><OrganId>H36.11</OrganId></From>` +
    '<ResponseFor><OrganId>H36</OrganId><Code>1/UBND</Code><DocumentId>D1</DocumentId></ResponseFor>' +
    `<StatusCode>${code}</StatusCode><Timestamp>2026/03/16 10:00:00</Timestamp>${more}</MessageHeader></edXMLHeader></edXMLEnvelope></edXML>`
}

async function * none (): AsyncGenerator<Part> {}

export async function decode (content: string | Buffer, options: { context?: MemoryContext, chunk?: number, limits?: Partial<DecodeLimits>, files?: AsyncIterable<Part> } = {}): Promise<Decoded> {
  const context = options.context ?? createMemoryContext(options.limits)
  return await edxmlCodec.decode(chunksOf(content, options.chunk), options.files ?? none(), context)
}

/** Code and pointer of each fault or warning, short enough to compare. */
export function shown (findings: Decoded['faults']): string[] {
  return findings.map(({ code, pointer }) => `${code} ${pointer.replace('/edXML/edXMLEnvelope/edXMLHeader', '…')}`)
}
