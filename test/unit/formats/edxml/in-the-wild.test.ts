// edXML as other products write it: what each generator's habit becomes (nothing, a warning, or the exact refusal), whatever
// the chunks; and what was read goes out again in the strict form.
import { test } from 'tap'
import { HubError } from '../../../../src/errors.js'
import type { Decoded } from '../../../../src/formats/codec.js'
import { encodeEdxml } from '../../../../src/formats/edxml/encode.js'
import type { Document, Status } from '../../../../src/model/generated.js'
import { chunksOf } from '../../../support/spool.js'
import { strictFaults } from '../../../support/strict-edxml.js'
import { decode, documentMessage, fixture, NAMESPACE, shown, statusMessage, traceList } from '../edxml-messages.js'

interface Row {
  name: string
  message: string | Buffer
  /** Code and place of each warning. */
  warnings?: string[]
  faults?: string[]
  /** Code of the error with which reading ends at once. */
  error?: string
  document?: object
  status?: object
  attachment?: object
}

const M = documentMessage()
const HEADER = '…/MessageHeader'
const PDF = Buffer.from('%PDF-1.4 a').toString('base64')
const subject = (content: string): string => M.replace('V/v thử', content)
const file = (content: string, name = 'a.pdf'): string => documentMessage({ attachments: [{ name, content, type: name.endsWith('.pdf') ? 'application/pdf' : 'text/plain' }] })
const inSoap = (uri: string, body: string): string => `<s:Envelope xmlns:s="${uri}"><s:Header/><s:Body>${body}</s:Body></s:Envelope>`
const BARE = M.slice(M.indexOf('<edXML'))
const SOAP_11 = 'http://schemas.xmlsoap.org/soap/envelope/'
const SOAP_12 = 'http://www.w3.org/2003/05/soap-envelope'
const promulgated = (date: string): string => M.replace('2026/03/16</Promul', `${date}</Promul`)
const DATE = `FIELD_INVALID ${HEADER}/PromulgationInfo/PromulgationDate`

async function outcome ({ message }: Row, chunk: number): Promise<Decoded | HubError> {
  try {
    return await decode(message, { chunk })
  } catch (error) {
    if (error instanceof HubError) return error
    throw error
  }
}

function bodyOf ({ content }: Decoded): Document | Status {
  if (content.kind === 'dossier') throw new Error('it is a dossier')
  return content.kind === 'document' ? content.document : content.status
}

async function strict (decoded: Decoded): Promise<string> {
  const openAttachment = async (n: number): Promise<AsyncIterable<Uint8Array>> => chunksOf(Buffer.alloc(decoded.attachments.find(each => each.n === n)?.size ?? 0, 'x'))
  const chunks: Buffer[] = []
  for await (const each of encodeEdxml(decoded, { openAttachment })) chunks.push(each)
  return Buffer.concat(chunks).toString()
}

function table (title: string, rows: Row[]): void {
  void test(title, async t => {
    for (const row of rows) {
      const { name, warnings = [], faults = [], error, document, status, attachment } = row
      const read = await outcome(row, 65_536)
      const sliced = await outcome(row, 7)
      if (read instanceof HubError || sliced instanceof HubError) {
        t.same([read, sliced].map(each => each instanceof HubError ? each.code : 'read'), [error, error], name)
        if (read instanceof HubError) t.ok(read.detail.vi !== '' && read.detail.en !== '', name)
        continue
      }
      t.equal(error, undefined, name)
      t.same(sliced, read, `${name}: in small chunks`)
      t.same(shown(read.faults), faults, name)
      t.same(shown(read.warnings).sort(), [...warnings].sort(), name)
      if (document !== undefined || status !== undefined) t.match(bodyOf(read), document ?? status ?? {}, name)
      if (attachment !== undefined) t.match(read.attachments[0], attachment, name)
      if (read.faults.length > 0) continue
      const again = await decode(await strict(read))
      t.same(again.faults, [], `${name}: written strictly`)
      t.same(again.envelope, { ...read.envelope, ...(read.envelope.sentAt === undefined ? {} : { sentAt: read.envelope.sentAt.replace(/\.\d+/, '') }) }, `${name}: written strictly, without fractions of a second`)
    }
  })
}

table('encodings and the beginning of the file', [
  { name: 'a byte order mark', message: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(M)]) },
  { name: 'two byte order marks', message: `\uFEFF\uFEFF${M}`, warnings: ['XML_MALFORMED '] },
  { name: 'lower case', message: M.replace('UTF-8', 'utf-8') },
  { name: 'standalone', message: M.replace('"UTF-8"', '"UTF-8" standalone="yes"') },
  { name: 'single quotes', message: M.replace(/^<\?xml.*?\?>/, '<?xml version=\'1.0\' encoding=\'UTF-8\'?>') },
  { name: 'no declaration', message: BARE },
  { name: 'blank lines before it', message: `\r\n  ${M}`, warnings: ['XML_MALFORMED '] },
  { name: 'blank lines after it', message: `${M}\r\n\r\n` },
  { name: 'UTF-16 declared by .NET, written in UTF-8', message: M.replace('UTF-8', 'utf-16'), warnings: ['ENCODING_INVALID '] },
  { name: 'UTF-16 with a mark', message: Buffer.from(`\uFEFF${M}`, 'utf16le'), error: 'ENCODING_INVALID' },
  { name: 'UTF-16 BE with a mark', message: Buffer.from(`\uFEFF${M}`, 'utf16le').swap16(), error: 'ENCODING_INVALID' },
  { name: 'windows-1258 declared', message: M.replace('UTF-8', 'windows-1258'), error: 'XML_FORBIDDEN' },
  { name: 'TCVN3 bytes', message: Buffer.from(M.replace('Lâm Đồng', 'L\xa9m'), 'latin1'), error: 'ENCODING_INVALID' },
  { name: 'Windows line ends', message: M.replaceAll('><', '>\r\n\t<').replace('>\r\n\t</', '></') }
])

table('texts', [
  { name: 'CDATA', message: subject('<![CDATA[V/v <khẩn> & "gấp"]]>'), document: { subject: 'V/v <khẩn> & "gấp"' } },
  { name: 'CDATA in pieces', message: subject('a<![CDATA[]]]]><![CDATA[>b]]>'), document: { subject: 'a]]>b' } },
  { name: 'references, astral too', message: subject('V/v th&#7917; &#x1F4C4;&#128196; &lt;&amp;&gt;&apos;&quot;'), document: { subject: 'V/v thử 📄📄 <&>\'"' } },
  { name: 'a reference to a surrogate', message: subject('&#xD83D;&#xDCC4;'), error: 'XML_MALFORMED' },
  { name: 'a vertical tab out of Word, as .NET escapes it', message: subject('a&#xB;b'), error: 'XML_MALFORMED' },
  { name: 'a vertical tab as it is', message: subject('a\u000bb'), error: 'XML_MALFORMED' },
  { name: 'an HTML entity', message: subject('a&nbsp;b'), error: 'XML_MALFORMED' },
  { name: 'a comment in a text', message: subject('V/v<!-- & < -- -->'.replace(' -- -->', ' -->') + ' thử') },
  { name: 'comments between all elements', message: M.replaceAll('><', '><!-- x --><') },
  { name: 'a processing instruction', message: M.replace('<Subject>', '<?mso-infoPathSolution x?><Subject>'), error: 'XML_FORBIDDEN' },
  { name: 'line ends and tabs in a text', message: subject('\r\n\tV/v thử\r\n\tlần hai\r\n'), document: { subject: 'V/v thử\n\tlần hai' } },
  { name: 'nothing but blanks in an optional field', message: documentMessage({ more: '<Content>  \r\n </Content>' }), document: { content: undefined } },
  { name: 'nothing but blanks in a required field', message: subject(' \t '), faults: [`FIELD_MISSING ${HEADER}/Subject`] },
  { name: 'decomposed Vietnamese', message: subject('V/v thử nghiệm'.normalize('NFD')), document: { subject: 'V/v thử nghiệm'.normalize('NFD') } },
  { name: 'a decomposed text that would be too long if marks counted', message: subject('ệ'.repeat(490).normalize('NFD')) },
  { name: 'a subject of 501 letters', message: subject('ệ'.repeat(501)), warnings: [`FIELD_INVALID ${HEADER}/Subject`] },
  { name: 'a subject of 1001 letters', message: subject('ệ'.repeat(1001)), faults: [`FIELD_INVALID ${HEADER}/Subject`] }
])

table('names and namespaces', [
  ...['edXml', 'EdXML', 'EDXML', 'edxml'].map(root => ({ name: `root ${root}`, message: M.replace('<edXML ', `<${root} `).replace('</edXML>', `</${root}>`), warnings: [`EDXML_STRUCTURE /${root}`] })),
  { name: 'another case within', message: M.replaceAll('edXMLEnvelope>', 'EdXMLEnvelope>').replaceAll('edXMLHeader>', 'edXmlHeader>'), warnings: ['EDXML_STRUCTURE /edXML/EdXMLEnvelope', 'EDXML_STRUCTURE /edXML/EdXMLEnvelope/edXmlHeader'] },
  ...['ns0', 'ns2', 'edXML', 'QCVN'].map(prefix => ({ name: `prefix ${prefix}`, message: M.replace(/<(\/?)(?=[A-Za-z])/g, `<$1${prefix}:`).replace('xmlns=', `xmlns:${prefix}=`) })),
  { name: 'the namespace declared on every element', message: M.replaceAll('<OrganId>', `<OrganId xmlns="${NAMESPACE}">`) },
  { name: 'a namespace taken away inside', message: M.replace('<MessageHeader>', '<MessageHeader xmlns="">'), warnings: [`EDXML_STRUCTURE ${HEADER}`] },
  { name: 'no namespace', message: M.replace(/ xmlns="[^"]+"/, ''), warnings: ['EDXML_STRUCTURE /edXML'] },
  { name: 'another namespace', message: M.replace(NAMESPACE, `${NAMESPACE}/`), error: 'EDXML_STRUCTURE' },
  { name: 'ID for Id', message: M.replaceAll('OrganId>', 'OrganID>').replaceAll('DocumentId>', 'DocumentID>').replaceAll('ContentId>', 'ContentID>').replaceAll('Timestamp>', 'TimeStamp>'), warnings: [`EDXML_STRUCTURE ${HEADER}/From/OrganID`, `EDXML_STRUCTURE ${HEADER}/DocumentID`, 'EDXML_STRUCTURE …/TraceHeaderList/TraceHeader/TimeStamp', 'EDXML_STRUCTURE /edXML/edXMLEnvelope/edXMLBody/edXMLManifest/Reference/ContentID'] },
  { name: 'xsi:nil and xsi:type', message: documentMessage({ more: '<Content xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/><DueDate xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"></DueDate>' }).replace('<Subject>', '<Subject xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="string">'), document: { content: undefined, dueDate: undefined } },
  { name: 'xsi undeclared', message: documentMessage({ more: '<Content xsi:nil="true"/>' }), warnings: [`XML_MALFORMED ${HEADER}`] },
  { name: 'a schema location', message: M.replace('<edXML ', '<edXML xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b" ') }
])

table('wrappers', [
  { name: 'SOAP 1.1', message: inSoap(SOAP_11, BARE), warnings: ['EDXML_STRUCTURE /Envelope'] },
  { name: 'SOAP 1.2', message: inSoap(SOAP_12, BARE), warnings: ['EDXML_STRUCTURE /Envelope'] },
  { name: 'SOAP with an operation', message: inSoap(SOAP_11, `<SendEdoc xmlns="http://tempuri.org/">${BARE}</SendEdoc>`), warnings: ['EDXML_STRUCTURE /Envelope'] },
  { name: 'SOAP around nothing', message: inSoap(SOAP_11, ''), error: 'EDXML_STRUCTURE' },
  { name: 'XML as text in SOAP', message: inSoap(SOAP_11, `<x xmlns="u">${BARE.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</x>`), error: 'EDXML_STRUCTURE' },
  { name: 'XML in JSON', message: JSON.stringify({ edoc: M }), error: 'XML_MALFORMED' }
])

const CONTENT = 'ATTACHMENT_INVALID /edXML/AttachmentEncoded/Attachment/ContentTransferEncoded'
table('base64', [
  { name: 'CDATA', message: file(`<![CDATA[${PDF}]]>`), attachment: { size: 10 } },
  { name: 'lines of 4 with blanks, tabs and CR LF', message: file(PDF.replace(/(.{4})/g, ' \t$1\r\n')), attachment: { size: 10 } },
  { name: 'lines of 76', message: file(`\n${'QUJD'.repeat(40).replace(/(.{76})/g, '$1\r\n')}\n`, 'a.txt'), attachment: { size: 120 } },
  { name: 'no padding', message: file(PDF.replaceAll('=', '')), warnings: [CONTENT], attachment: { size: 10 } },
  { name: 'the URL alphabet', message: file('-_-_', 'a.txt'), faults: [CONTENT] },
  { name: 'a data URL', message: file(`data:application/pdf;base64,${PDF}`, 'a.txt'), faults: [CONTENT] },
  { name: 'hex', message: file('0x25504446-', 'a.txt'), faults: [CONTENT] },
  { name: 'nothing', message: file('', 'a.txt'), faults: [CONTENT] },
  { name: 'xsi:nil', message: M.replace(/<ContentTransferEncoded>[^<]*<\/ContentTransferEncoded>/, '<ContentTransferEncoded/>'), faults: [CONTENT.replace('INVALID', 'MISSING')] },
  { name: 'no element', message: M.replace(/<ContentTransferEncoded>[^<]*<\/ContentTransferEncoded>/, ''), faults: ['ATTACHMENT_MISSING /edXML/AttachmentEncoded/Attachment/ContentTransferEncoded'] },
  { name: 'the content before its name', message: M.replace(/(<ContentId>f0.*?)(<ContentTransferEncoded>.*?<\/ContentTransferEncoded>)/, '$2$1'), attachment: { name: 'a.pdf', contentId: 'f0' } }
])

const LISTED = (id: string): string => documentMessage({ references: `<Reference><ContentId>${id}</ContentId><AttachmentName>a.pdf</AttachmentName></Reference>` })
const ATTACHED = 'ATTACHMENT_INVALID /edXML/AttachmentEncoded/Attachment/ContentId'
const MANIFEST = '/edXML/edXMLEnvelope/edXMLBody/edXMLManifest/Reference'
table('manifest and attachments', [
  ...['f0', 'cid:f0', 'CID:f0', '<cid:f0>', '<f0>', 'cid: f0 '].map(id => ({ name: `ContentId ${id}`, message: LISTED(id.replace('<', '&lt;').replace('>', '&gt;')) })),
  { name: 'another case', message: LISTED('cid:F0'), warnings: [`ATTACHMENT_INVALID ${MANIFEST}/ContentId`] },
  { name: 'only in xlink:href', message: documentMessage({ references: '<Reference xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="cid:f0"><AttachmentName>a.pdf</AttachmentName></Reference>' }) },
  { name: 'two ids that differ only in case', message: documentMessage({ attachments: [{ id: 'a', name: 'a.pdf', content: PDF }, { id: 'A', name: 'b.pdf', content: PDF }] }) },
  { name: 'one id twice', message: documentMessage({ attachments: [{ id: 'a', name: 'a.pdf', content: PDF }, { id: 'a', name: 'b.pdf', content: PDF }] }), faults: ['ATTACHMENT_INVALID /edXML/AttachmentEncoded/Attachment[2]/ContentId'] },
  { name: 'a file the manifest does not list', message: documentMessage({ references: '' }), faults: [ATTACHED] },
  { name: 'a listed file that is not there', message: LISTED('x'), faults: [`ATTACHMENT_MISSING ${MANIFEST}/ContentId`, ATTACHED] },
  { name: 'no body at all', message: M.replace(/<edXMLBody>.*<\/edXMLBody>/, ''), faults: [ATTACHED] },
  { name: 'attachments inside the envelope', message: M.replace(/<\/edXMLEnvelope>(<AttachmentEncoded>.*<\/AttachmentEncoded>)/, '$1</edXMLEnvelope>') }
])

table('dates', [
  ...['2026/3/16', '16/3/2026', '16/03/2026', '2026-03-16', '2026-03-16T00:00:00', '2026-03-16T00:00:00+07:00', '2026-03-15T17:00:00Z', '2026-03-15T17:00:00.000+0000', '2026/03/16 12:00:00 SA']
    .map(date => ({ name: date, message: promulgated(date), warnings: date.startsWith('2026/03/16 ') || !/^\d{4}\/\d\d\/\d\d$/.test(date) ? [DATE] : [], document: { promulgation: { date: '2026-03-16' } } })),
  ...['2026/02/30', '16.03.2026', '20260316', '3/16/2026 9:00:00 AM', '1773622800000'].map(date => ({ name: `${date}, kept`, message: promulgated(date), warnings: [DATE], document: { promulgation: { date } } })),
  ...['0001-01-01T00:00:00', '0001/01/01', '01/01/0001 00:00:00', '1/1/0001 12:00:00 SA'].map(date => ({ name: `${date} is none`, message: documentMessage({ more: `<DueDate>${date}</DueDate>` }), warnings: [`FIELD_INVALID ${HEADER}/DueDate`], document: { dueDate: undefined } })),
  { name: 'a promulgation that is none', message: promulgated('0001-01-01T00:00:00'), warnings: [DATE], faults: [DATE.replace('INVALID', 'MISSING')], document: { promulgation: { date: undefined, place: 'Lâm Đồng' } } },
  { name: 'a hop without a time keeps its place', message: documentMessage({ traces: traceList('<BussinessDocType>0</BussinessDocType>', '0001-01-01T00:00:00') }), warnings: ['FIELD_INVALID …/TraceHeaderList/TraceHeader/Timestamp', 'FIELD_MISSING …/TraceHeaderList/TraceHeader/Timestamp'], document: { trace: [{ organId: 'H36', at: undefined }] } }
])

table('recipients and codes', [
  { name: 'one agency three times', message: documentMessage({ to: ['H36.11', 'H36.11', '000.00.11.H36'] }) },
  { name: 'a recipient with a name only', message: M.replace('<To><OrganId>H36.11</OrganId>', '<To><OrganName>Sở Tư pháp</OrganName>'), faults: [`FIELD_MISSING ${HEADER}/To/OrganId`] },
  { name: 'blanks around a code', message: M.replace('<OrganId>H36.11<', '<OrganId>\r\n\t H36.11 \r\n<') },
  { name: 'lower case', message: documentMessage({ from: 'h36', to: ['h36.11'] }) },
  { name: 'a code of no scheme', message: documentMessage({ to: ['vxp.saas.03'] }) }
])

table('status codes', [
  { name: '03', message: statusMessage('03'), status: { statusCode: '03' } },
  { name: '3', message: statusMessage('3'), warnings: [`FIELD_INVALID ${HEADER}/StatusCode`], status: { statusCode: '03' } },
  { name: '1', message: statusMessage('1'), warnings: [`FIELD_INVALID ${HEADER}/StatusCode`], status: { statusCode: '01' } },
  { name: '03 with blanks', message: statusMessage(' 03 \r\n'), status: { statusCode: '03' } },
  { name: '003', message: statusMessage('003'), faults: [`FIELD_INVALID ${HEADER}/StatusCode`] },
  { name: 'a name', message: statusMessage('acceptance'), faults: [`FIELD_INVALID ${HEADER}/StatusCode`] },
  { name: '02 without a reason', message: statusMessage('02'), faults: [`FIELD_MISSING ${HEADER}/Description`] },
  { name: '02 with an empty reason', message: statusMessage('02', '<Description/>'), faults: [`FIELD_MISSING ${HEADER}/Description`] },
  { name: 'an empty body and attachments', message: statusMessage('03').replace('</edXMLEnvelope>', '<edXMLBody><edXMLManifest version="1.0"/></edXMLBody></edXMLEnvelope><AttachmentEncoded/>') }
])

table('traces', [
  { name: 'Bussiness first', message: M.replace(/(<TraceHeader>.*<\/TraceHeader>)(<Bussiness>.*<\/Bussiness>)/, '<Paper>1</Paper>$2$1'), document: { business: { paper: true } } },
  { name: 'Bussiness twice', message: M.replace(/(<Bussiness>.*<\/Bussiness>)/, '$1<Bussiness><BussinessDocType>1</BussinessDocType></Bussiness>'), warnings: ['EDXML_STRUCTURE …/TraceHeaderList/Bussiness[2]'], document: { docType: 'new' } },
  { name: 'single s', message: M.replaceAll('Bussiness', 'Business'), warnings: ['EDXML_STRUCTURE …/TraceHeaderList/Business', 'EDXML_STRUCTURE …/TraceHeaderList/Business/BusinessDocType'] },
  { name: 'a type with a zero before it', message: documentMessage({ traces: traceList('<BussinessDocType> 00 </BussinessDocType>') }), document: { docType: 'new' } },
  { name: 'a hop without a time, then one with', message: M.replace('<TraceHeader>', '<TraceHeader><OrganId>H01</OrganId></TraceHeader><TraceHeader>'), warnings: ['FIELD_MISSING …/TraceHeaderList/TraceHeader[1]/Timestamp'], document: { trace: [{ organId: 'H01', at: undefined }, { organId: 'H36', at: '2026-03-16T09:00:00+07:00' }] } },
  { name: 'no traces', message: documentMessage({ traces: '' }), warnings: ['FIELD_MISSING …/TraceHeaderList/Bussiness/BussinessDocType', 'FIELD_MISSING …/TraceHeaderList/TraceHeader/Timestamp'], document: { docType: 'new' } }
])

table('whole files of other products', [
  {
    name: '.NET, XmlSerializer on a StringWriter',
    message: fixture('edxml/wild/dotnet-stringwriter.edxml'),
    warnings: ['ENCODING_INVALID ', `FIELD_INVALID ${HEADER}/PromulgationInfo/PromulgationDate`, `FIELD_INVALID ${HEADER}/DueDate`, `FIELD_MISSING ${HEADER}/ResponseFor`, 'FIELD_INVALID …/TraceHeaderList/TraceHeader/Timestamp', 'EDXML_STRUCTURE …/DigitalSignature', `ATTACHMENT_INVALID ${MANIFEST}/ContentId`],
    document: { subject: 'V/v rà soát "điểm nghẽn" & báo cáo', business: { paper: false } }
  },
  { name: 'Java, JAXB', message: fixture('edxml/wild/jaxb.edxml'), warnings: [DATE], attachment: { name: '15.pdf', contentType: 'application/pdf', size: 346 } },
  { name: 'Java, jdom', message: fixture('edxml/wild/jdom.edxml'), warnings: [DATE], attachment: { name: '15.pdf', contentType: 'application/pdf', size: 346 } }
])

test('elements nobody knows survive at every level, and are written back where they stood', async t => {
  const inside = ['edXML', 'edXMLEnvelope', 'edXMLHeader', 'MessageHeader', 'From', 'To', 'Code', 'PromulgationInfo', 'DocumentType', 'SignerInfo', 'TraceHeaderList', 'TraceHeader', 'Bussiness', 'edXMLBody', 'edXMLManifest', 'Reference', 'AttachmentEncoded', 'Attachment']
  const message = inside.reduce((xml, name) => xml.replace(`</${name}>`, `<La a="1">${name}<Con xmlns="urn:x" b="2"/></La></${name}>`), M)
  const read = await decode(message)
  t.same(read.faults, [])
  const found = bodyOf(read).extensions ?? []
  t.same(found.map(({ element }) => element.text).sort(), [...inside].sort())
  const again = await decode(await strict(read))
  const byText = (a: { element: { text?: string } }, b: { element: { text?: string } }): number => (a.element.text ?? '') < (b.element.text ?? '') ? -1 : 1
  t.same([...bodyOf(again).extensions ?? []].sort(byText), [...found].sort(byText))
})

test('what looks the same names the same: composed and decomposed identifiers are one document', async t => {
  const id = 'H36,2026/03/16,1/QĐ-UBND Đạ Tẻh'
  const [composed, decomposed] = await Promise.all(['NFC', 'NFD'].map(async form => await decode(documentMessage({ documentId: id.normalize(form) }))))
  t.equal(decomposed?.envelope.identifier, composed?.envelope.identifier)
  t.equal(decomposed?.envelope.correlationId, composed?.envelope.correlationId)
  t.match(decomposed === undefined ? {} : bodyOf(decomposed), { documentId: id.normalize('NFD') }, 'the content is as it was written')
})

test('the strict form of everything here is strict', async t => {
  for (const message of [M, statusMessage('03'), fixture('edxml/wild/dotnet-stringwriter.edxml'), fixture('edxml/wild/jaxb.edxml')]) {
    t.same(strictFaults(await strict(await decode(message))), [])
  }
})
