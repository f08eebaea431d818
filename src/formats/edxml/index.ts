// edXML (QCVN 102:2016/BTTTT) → canonical model: one streaming pass, then the tree is read and checked.
import { HubError } from '../../errors.js'
import type { Attachment, Envelope } from '../../model/generated.js'
import type { Content } from '../../model/package.js'
import { text } from '../../model/text.js'
import { faultsOf, type SchemaName } from '../../schema.js'
import type { Codec, Decoded, Part } from '../codec.js'
import { createFindings, type Findings, toFault } from '../findings.js'
import { createAttachments, type EdxmlAttachments } from './attachments.js'
import { readDocument } from './document.js'
import { childOf, pointerTo, type XmlElement } from './element.js'
import { documentEnvelope, statusEnvelope } from './envelope.js'
import { createFieldReader } from './field-reader.js'
import type { Reading } from './message.js'
import { checkAttachments, checkDates, checkRequired, checkSpellings, kindOfStatus } from './profile.js'
import { readStatus } from './status.js'
import { parseEdxml } from './stream.js'

/** Form fields under which the axis and its clients send a message, whatever content type they give it. */
const FORM_FIELDS: ReadonlySet<string> = new Set(['file_doc', 'edocFile'])
const MEDIA_TYPES: ReadonlySet<string> = new Set(['application/xml', 'text/xml', 'application/edxml+xml'])
/** Media type of edXML, as it came or written anew. */
export const EDXML_MEDIA_TYPE = 'application/edxml+xml'

export const edxmlCodec: Codec = {
  format: 'edxml',
  mediaType: EDXML_MEDIA_TYPE,
  accepts ({ name, filename, contentType }) {
    if (name !== undefined && FORM_FIELDS.has(name)) return true
    return MEDIA_TYPES.has(contentType) || (contentType !== 'application/json' && /\.(edxml|xml)$/i.test(filename ?? ''))
  },
  async decode (content, files, context) {
    const findings = createFindings()
    const reader = createFieldReader(findings)
    const attachments = createAttachments(context, reader, findings)
    const { root, skippedBytes } = await parseEdxml(content, context.limits, attachments)
    if (skippedBytes > 0) {
      findings.add('warn', { code: 'XML_MALFORMED', pointer: '', detail: text('Có ký tự thừa trước XML; bỏ qua.', 'There are stray characters before the XML; left out.'), found: `${skippedBytes} bytes` })
    }
    const edxmlHeader = childOf(childOf(root, 'edXMLEnvelope'), 'edXMLHeader')
    const header = childOf(edxmlHeader, 'MessageHeader')
    if (header === undefined) throw structureError(root)
    const message = readMessage({ root, header, traces: childOf(edxmlHeader, 'TraceHeaderList'), reader, findings }, attachments)
    await refuseParts(files, findings)
    return message
  }
}

function readMessage (reading: Reading, { taken }: EdxmlAttachments): Decoded {
  const { findings, header } = reading
  const attachments = taken.flatMap(({ attachment }) => attachment ?? [])
  checkSpellings(reading)
  const { envelope, content } = childOf(header, 'StatusCode') === undefined
    ? readDocumentMessage(reading, attachments)
    : readStatusMessage(reading)
  const kind = content.kind === 'status' ? kindOfStatus(content.status) : content.kind === 'document' ? content.document.docType : 'new'
  checkRequired(kind, reading)
  checkAttachments(kind, taken, reading)
  addSchemaFaults(findings, envelope, content)
  return { envelope, content, attachments, warnings: findings.warnings, faults: findings.faults }
}

function readDocumentMessage (reading: Reading, attachments: Attachment[]): { envelope: Envelope, content: Content } {
  const document = readDocument(reading, attachments)
  checkDates(document, reading)
  return { envelope: documentEnvelope(document, reading), content: { kind: 'document', document } }
}

function readStatusMessage (reading: Reading): { envelope: Envelope, content: Content } {
  const status = readStatus(reading)
  return { envelope: statusEnvelope(status, reading), content: { kind: 'status', status } }
}

/** The safety net: whatever the rules above let through still fits the contract, or is refused. Microseconds when all is well. */
function addSchemaFaults (findings: Findings, envelope: Envelope, content: Content): void {
  if (findings.faults.length > 0) return
  const parts: Array<[SchemaName, unknown]> = [['envelope', envelope]]
  if (content.kind === 'document') parts.push(['document', content.document])
  if (content.kind === 'status') parts.push(['status', content.status])
  for (const [name, value] of parts) findings.faults.push(...faultsOf(name, value))
}

function structureError (root: XmlElement): HubError {
  const detail = text('Thiếu edXMLEnvelope/edXMLHeader/MessageHeader', 'edXMLEnvelope/edXMLHeader/MessageHeader is missing')
  return new HubError('EDXML_STRUCTURE', detail, {
    errors: [toFault({ code: 'EDXML_STRUCTURE', pointer: pointerTo(root, 'edXMLEnvelope/edXMLHeader/MessageHeader'), detail })]
  })
}

/** edXML carries its files inside. Other parts are read to their end, so that the request can be answered. */
async function refuseParts (files: AsyncIterable<Part>, findings: Findings): Promise<void> {
  for await (const { name, filename, body } of files) {
    for await (const chunk of body) void chunk
    findings.add('refuse', { code: 'ATTACHMENT_INVALID', pointer: '', detail: text('Gói edXML không có phần nào khác đi kèm.', 'An edXML package has no other parts.'), found: filename ?? name ?? '' })
  }
}
