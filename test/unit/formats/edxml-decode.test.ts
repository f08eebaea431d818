// What an edXML message means: samples of every kind, the tolerant reader's rules, and the fault of each broken rule.
// xml2js, another parser by other people, is the oracle for the header fields.
import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { test } from 'tap'
import { parseStringPromise, processors } from 'xml2js'
import type { Content } from '../../../src/model/package.js'
import type { Document, Status } from '../../../src/model/generated.js'
import { parseDate, parseInstant } from '../../../src/formats/edxml/dates.js'
import { codecFor, CODECS } from '../../../src/formats/index.js'
import { edxmlCodec } from '../../../src/formats/edxml/index.js'
import { createSaxes } from '../../../src/formats/saxes.js'
import { faultsOf } from '../../../src/schema.js'
import { chunksOf } from '../../support/spool.js'
import { decode, documentMessage, fixture, shown, statusMessage, traceList } from './edxml-messages.js'

const SAMPLES = readdirSync(new URL('../../../../test/fixtures/edxml/', import.meta.url)).filter(name => name.endsWith('.edxml'))

function documentOf (content: Content): Document {
  if (content.kind !== 'document') throw new Error(`it is a ${content.kind}`)
  return content.document
}

function statusOf (content: Content): Status {
  if (content.kind !== 'status') throw new Error(`it is a ${content.kind}`)
  return content.status
}

type Tree = Record<string, unknown[]>
const at = (tree: unknown, ...path: string[]): unknown => path.reduce<unknown>((node, step) => (node as Tree | undefined)?.[step]?.[0], tree)
const all = (tree: unknown, name: string): unknown[] => (tree as Tree | undefined)?.[name] ?? []

test('every sample decodes without a fault or a warning, and fits the contract', async t => {
  t.equal(SAMPLES.length, 13)
  for (const name of SAMPLES) {
    const { envelope, content, faults, warnings } = await decode(fixture(`edxml/${name}`))
    t.same(faults, [], name)
    t.same(warnings, [], name)
    t.same(faultsOf('envelope', envelope), [], name)
    t.same(content.kind === 'status' ? faultsOf('status', content.status) : faultsOf('document', documentOf(content)), [], name)
  }
})

test('the header fields of every sample are those that another parser reads', async t => {
  for (const name of SAMPLES) {
    const { envelope, content } = await decode(fixture(`edxml/${name}`))
    const { edXML } = await parseStringPromise(fixture(`edxml/${name}`).toString(), { tagNameProcessors: [processors.stripPrefix], trim: true }) as { edXML: unknown }
    const edxmlHeader = at(edXML, 'edXMLEnvelope', 'edXMLHeader')
    const header = at(edxmlHeader, 'MessageHeader')
    const party = (node: unknown): Record<string, unknown> => ({ code: at(node, 'OrganId'), name: at(node, 'OrganName'), inCharge: at(node, 'OrganizationInCharge'), address: at(node, 'OrganAdd'), email: at(node, 'Email'), telephone: at(node, 'Telephone'), fax: at(node, 'Fax'), website: at(node, 'Website') })
    t.match(party(at(header, 'From')), envelope.from, name)
    if (content.kind === 'status') {
      t.match(content.status, { statusCode: at(header, 'StatusCode'), description: at(header, 'Description'), responseFor: { organId: at(header, 'ResponseFor', 'OrganId'), code: at(header, 'ResponseFor', 'Code'), documentId: at(header, 'ResponseFor', 'DocumentId') } }, name)
      t.same(envelope.to, [{ code: at(header, 'ResponseFor', 'OrganId') }], name)
      continue
    }
    const document = documentOf(content)
    const business = at(edxmlHeader, 'TraceHeaderList', 'Bussiness')
    all(header, 'To').forEach((to, index) => { t.match(party(to), envelope.to[index] ?? {}, `${name} To ${index}`) })
    t.equal(envelope.to.length, all(header, 'To').length, name)
    t.match(document, {
      documentId: at(header, 'DocumentId'),
      code: { number: at(header, 'Code', 'CodeNumber'), notation: at(header, 'Code', 'CodeNotation') },
      promulgation: { place: at(header, 'PromulgationInfo', 'Place'), date: String(at(header, 'PromulgationInfo', 'PromulgationDate')).replaceAll('/', '-') },
      subject: at(header, 'Subject'),
      signer: { competence: at(header, 'SignerInfo', 'Competence'), position: at(header, 'SignerInfo', 'Position'), fullName: at(header, 'SignerInfo', 'FullName') },
      otherInfo: { priority: Number(at(header, 'OtherInfo', 'Priority')), pageAmount: at(header, 'OtherInfo', 'PageAmount') },
      toPlaces: all(at(header, 'ToPlaces'), 'Place'),
      business: { reason: at(business, 'BussinessDocReason'), staff: [{ name: at(business, 'StaffInfo', 'Staff'), mobile: at(business, 'StaffInfo', 'Mobile') }] },
      docType: ['new', 'revocation', 'update', 'replacement'][Number(at(business, 'BussinessDocType'))]
    }, name)
  }
})

test('everything about one document shares a correlation id, and each message has an identifier of its own', async t => {
  const envelopes = await Promise.all(SAMPLES.map(async name => (await decode(fixture(`edxml/${name}`))).envelope))
  t.same([...new Set(envelopes.map(({ correlationId }) => correlationId))], ['document:H36:H36,2026/03/16,1520/UBND-VX'])
  t.equal(new Set(envelopes.map(({ identifier }) => identifier)).size, SAMPLES.length)
  const update = envelopes.find(({ action }) => action === 'update')
  t.equal(update?.identifier, 'edxml:2:H36,2026/03/16,1520/UBND-VX:2026-03-17T08:05:00+07:00')
  t.match(update, { priority: 1, notation: '1520/UBND-VX', sentAt: '2026-03-17T08:05:00+07:00' })
  const retract = envelopes.find(({ action }) => action === '13')
  t.match(retract, { kind: 'status', to: [{ code: 'H36.11' }], identifier: 'edxml:status:13:H36,2026/03/16,1520/UBND-VX:H36.11:2026-03-17T10:41:00+07:00' })
})

test('changes of an update and targets of a replacement are read', async t => {
  const update = documentOf((await decode(fixture('edxml/edoc_update.edxml'))).content)
  t.match(update.business, { documentChanged: true, receiversChanged: true, receivers: [{ organId: 'H36.101', change: 'removed' }, { organId: 'H36.102', change: 'added' }] })
  const replacement = documentOf((await decode(fixture('edxml/edoc_replacement.edxml'))).content)
  t.same(replacement.business?.replacements, [{ documentId: 'H36,2026/03/16,1520/UBND-VX', organIds: ['H36.11', 'H36.101'] }])
})

test('deviations of real files are read, and named as warnings', async t => {
  const cases: Array<{ name: string, message: string, warnings: string[], expected?: Partial<Document> }> = [
    { name: 'stray bytes before the XML', message: `1212${documentMessage()}`, warnings: ['XML_MALFORMED '] },
    { name: 'a byte order mark', message: `\uFEFF${documentMessage()}`, warnings: [] },
    { name: 'no namespace at all', message: documentMessage().replace(/ xmlns="[^"]+"/, ''), warnings: ['EDXML_STRUCTURE /edXML'] },
    { name: 'another prefix', message: documentMessage().replace(/<(\/?)(?=[A-Za-z])/g, '<$1q:').replace('xmlns=', 'xmlns:q='), warnings: [] },
    { name: 'no Bussiness', message: documentMessage({ traces: '' }), warnings: ['FIELD_MISSING …/TraceHeaderList/Bussiness/BussinessDocType', 'FIELD_MISSING …/TraceHeaderList/TraceHeader/Timestamp'], expected: { docType: 'new' } },
    { name: 'an empty ResponseFor', message: documentMessage({ more: '<ResponseFor/><ResponseFor><OrganId>H01</OrganId></ResponseFor>' }), warnings: ['FIELD_MISSING …/MessageHeader/ResponseFor[1]'], expected: { responseFor: [{ organId: 'H01' }] } },
    { name: 'a trace of nobody', message: documentMessage().replace('<TraceHeader><OrganId>H36', '<TraceHeader><OrganId>null'), warnings: ['FIELD_INVALID …/TraceHeaderList/TraceHeader/OrganId'], expected: { trace: [{ at: '2026-03-16T09:00:00+07:00' }] } },
    { name: 'single-s business', message: documentMessage().replaceAll('Bussiness>', 'Business>').replaceAll('BussinessDocType', 'BusinessDocType'), warnings: ['EDXML_STRUCTURE …/TraceHeaderList/Business', 'EDXML_STRUCTURE …/TraceHeaderList/Business/BusinessDocType'] },
    { name: 'Signer for FullName', message: documentMessage().replaceAll('FullName', 'Signer'), warnings: ['EDXML_STRUCTURE …/MessageHeader/SignerInfo/Signer'], expected: { signer: { fullName: 'Nguyễn Văn An' } } },
    { name: 'an impossible date', message: documentMessage().replace('2026/03/16</Promul', '2014/02/30</Promul'), warnings: ['FIELD_INVALID …/MessageHeader/PromulgationInfo/PromulgationDate'], expected: { promulgation: { place: 'Lâm Đồng', date: '2014/02/30' } } },
    { name: 'a priority that is none', message: documentMessage({ more: '<OtherInfo><Priority>cao</Priority></OtherInfo>' }), warnings: ['FIELD_INVALID …/MessageHeader/OtherInfo/Priority'] },
    { name: 'a long subject', message: documentMessage().replace('V/v thử', 'x'.repeat(501)), warnings: ['FIELD_INVALID …/MessageHeader/Subject'] },
    { name: 'a second Bussiness', message: documentMessage().replace('</Bussiness>', '</Bussiness><Bussiness/>'), warnings: ['EDXML_STRUCTURE …/TraceHeaderList/Bussiness[2]'] },
    { name: 'a promulgation in the future of its sending', message: documentMessage().replace('2026/03/16</Promul', '2026/04/16</Promul'), warnings: ['FIELD_INVALID …/MessageHeader/PromulgationInfo/PromulgationDate'] },
    { name: 'comments and CDATA in a text', message: documentMessage().replace('V/v thử', 'V/v<!-- x --> <![CDATA[thử]]>'), warnings: [], expected: { subject: 'V/v thử' } },
    { name: 'the name only in the manifest', message: documentMessage().replace('<AttachmentName>a.pdf</AttachmentName><ContentType>', '<ContentType>'), warnings: [] }
  ]
  for (const { name, message, warnings, expected = {} } of cases) {
    const decoded = await decode(message)
    t.same(decoded.faults, [], name)
    t.same(shown(decoded.warnings), warnings, name)
    t.match(documentOf(decoded.content), expected, name)
    t.equal(decoded.envelope.from.code, 'H36', name)
    t.equal(decoded.attachments[0]?.contentType, 'application/pdf', name)
  }
})

test('a broken rule is a fault at its place', async t => {
  const without = (path: string): string => documentMessage().replace(new RegExp(`<${path}>[^<]*</${path}>`), '')
  const cases: Array<[string, string, string[]]> = [
    ['no recipient', documentMessage({ to: [] }), ['RECIPIENT_MISSING …/MessageHeader/To']],
    ['a recipient without a code', documentMessage({ to: ['H01', ''] }), ['FIELD_MISSING …/MessageHeader/To[2]/OrganId']],
    ['no sender code', documentMessage({ from: ' ' }), ['FIELD_MISSING …/MessageHeader/From/OrganId']],
    ['no DocumentId', documentMessage({ documentId: '' }), ['FIELD_MISSING …/MessageHeader/DocumentId']],
    ['no CodeNumber', without('CodeNumber'), ['FIELD_MISSING …/MessageHeader/Code/CodeNumber']],
    ['no TypeName', without('TypeName'), ['FIELD_MISSING …/MessageHeader/DocumentType/TypeName']],
    ['no FullName', without('FullName'), ['FIELD_MISSING …/MessageHeader/SignerInfo/FullName']],
    ['nothing but addresses', documentMessage({ fields: '' }), ['Code/CodeNumber', 'Code/CodeNotation', 'PromulgationInfo/Place', 'PromulgationInfo/PromulgationDate', 'DocumentType/TypeName', 'Subject', 'SignerInfo/FullName'].map(path => `FIELD_MISSING …/MessageHeader/${path}`)],
    ['a far too long subject', documentMessage().replace('V/v thử', 'x'.repeat(1001)), ['FIELD_INVALID …/MessageHeader/Subject']],
    ['an identifier of 201 characters', documentMessage({ documentId: 'x'.repeat(201) }), ['FIELD_INVALID …/MessageHeader/DocumentId']],
    ['an unknown business type', documentMessage({ traces: traceList('<BussinessDocType>7</BussinessDocType>') }), ['FIELD_INVALID …/TraceHeaderList/Bussiness/BussinessDocType']],
    ['a revocation without a reason', documentMessage({ traces: traceList('<BussinessDocType>1</BussinessDocType>') }), ['FIELD_MISSING …/TraceHeaderList/Bussiness/BussinessDocReason']],
    ['a replacement of nothing', documentMessage({ traces: traceList('<BussinessDocType>3</BussinessDocType><BussinessDocReason>x</BussinessDocReason>') }), ['FIELD_MISSING …/TraceHeaderList/Bussiness/ReplacementInfoList/ReplacementInfo']],
    ['no attachment', documentMessage({ attachments: [] }), ['ATTACHMENT_MISSING /edXML/AttachmentEncoded/Attachment']],
    ['a manifest entry without a file', documentMessage({ references: '<Reference><ContentId>f0</ContentId></Reference><Reference><ContentId>cid:f9</ContentId></Reference>' }), ['ATTACHMENT_MISSING /edXML/edXMLEnvelope/edXMLBody/edXMLManifest/Reference[2]/ContentId']],
    ['a file that is not in the manifest', documentMessage({ references: '' }), ['ATTACHMENT_INVALID /edXML/AttachmentEncoded/Attachment/ContentId']],
    ['an empty file', documentMessage({ attachments: [{ name: 'a.txt', content: ' ' }] }), ['ATTACHMENT_INVALID /edXML/AttachmentEncoded/Attachment/ContentTransferEncoded']],
    ['a file that is no base64', documentMessage({ attachments: [{ name: 'a.txt', content: 'QUJD!!!!' }, { name: 'b.txt', content: 'QUJD' }] }), ['ATTACHMENT_INVALID /edXML/AttachmentEncoded/Attachment[1]/ContentTransferEncoded']],
    ['one id for two files', documentMessage({ attachments: [{ id: 'x', name: 'a.txt', content: 'QUJD' }, { id: 'x', name: 'b.txt', content: 'QUJD' }] }), ['ATTACHMENT_INVALID /edXML/AttachmentEncoded/Attachment[2]/ContentId']],
    ['a refusal without a reason', statusMessage('02'), ['FIELD_MISSING …/MessageHeader/Description']],
    ['a status of letters', statusMessage('ab'), ['FIELD_INVALID …/MessageHeader/StatusCode']],
    ['a status about nothing', statusMessage('03').replace(/<ResponseFor>.*<\/ResponseFor>/, ''), ['FIELD_MISSING …/MessageHeader/ResponseFor/OrganId', 'FIELD_MISSING …/MessageHeader/ResponseFor/DocumentId']]
  ]
  for (const [name, message, faults] of cases) {
    const decoded = await decode(message)
    t.same(shown(decoded.faults), faults, name)
    t.ok(decoded.faults.every(({ detail }) => detail.vi !== '' && detail.en !== ''), name)
  }
})

test('a revocation needs no file, an unknown status code is kept, a lost leading zero is given back', async t => {
  const revocation = await decode(documentMessage({ attachments: [], traces: traceList('<BussinessDocType>1</BussinessDocType><BussinessDocReason>nhầm</BussinessDocReason>') }))
  t.same(revocation.faults, [])
  t.equal(revocation.envelope.action, 'revocation')
  const unknown = await decode(statusMessage('09'))
  t.same([unknown.faults, statusOf(unknown.content).statusCode], [[], '09'])
  const short = await decode(statusMessage('3'))
  t.same([short.faults, short.envelope.action, shown(short.warnings)], [[], '03', ['FIELD_INVALID …/MessageHeader/StatusCode']])
})

test('every part beside an edXML message is a fault', async t => {
  const files = (async function * () { yield { name: 'more', filename: 'b.pdf', contentType: 'application/pdf', body: chunksOf('x') } })()
  const { faults } = await decode(documentMessage(), { files })
  t.match(faults, [{ code: 'ATTACHMENT_INVALID', found: 'b.pdf' }])
})

test('dates are read in the forms of real files, and in no other', async t => {
  const instants: Array<[string, string | undefined]> = [
    ['2026/03/16 09:12:30', '2026-03-16T09:12:30+07:00'],
    ['16/03/2026 09:12:30', '2026-03-16T09:12:30+07:00'],
    ['2026-03-16T02:12:30Z', '2026-03-16T09:12:30+07:00'],
    ['2026-03-16T20:00:00.250Z', '2026-03-17T03:00:00.250+07:00'],
    ['2026-03-16T09:12:30+0700', '2026-03-16T09:12:30+07:00'],
    ['2026/3/6', '2026-03-06T00:00:00+07:00'],
    ['2026/02/30', undefined], ['2026/13/01', undefined], ['0001/01/01', undefined], ['2026/03-16', undefined],
    ['2026/03/16 24:00:00', undefined], ['16.03.2026', undefined], ['hôm nay', undefined], ['', undefined], ['2026-03-16T09:00:00+99:00', undefined]
  ]
  for (const [raw, expected] of instants) t.equal(parseInstant(raw), expected, raw)
  t.equal(parseDate('16/03/2026'), '2026-03-16')
  t.equal(parseDate('2026-03-16T23:30:00Z'), '2026-03-17', 'the day in Vietnam')
  t.equal(parseDate('2024/02/29'), '2024-02-29')
})

test('the codec is chosen by field name, media type or file name', async t => {
  const cases: Array<[Parameters<typeof codecFor>[0], string | undefined]> = [
    [{ contentType: 'application/xml' }, 'edxml'], [{ contentType: 'text/xml' }, 'edxml'], [{ contentType: 'application/edxml+xml' }, 'edxml'],
    [{ name: 'file_doc', contentType: 'application/octet-stream' }, 'edxml'], [{ name: 'edocFile', contentType: 'text/plain' }, 'edxml'],
    [{ name: 'f', filename: 'A.EDXML', contentType: 'application/octet-stream' }, 'edxml'],
    [{ contentType: 'application/json' }, 'dossier-json'], [{ name: 'package', contentType: 'text/plain' }, 'dossier-json'],
    [{ contentType: 'text/html' }, undefined], [{ name: 'x', filename: 'a.pdf', contentType: 'application/pdf' }, undefined]
  ]
  for (const [part, format] of cases) {
    if (format === undefined) t.throws(() => codecFor(part), { code: 'CONTENT_TYPE_UNSUPPORTED' })
    else t.equal(codecFor(part).format, format, JSON.stringify(part))
  }
  t.ok(CODECS.includes(edxmlCodec))
})

test('the XML parser is no dictionary to V8, because then it would be four times as slow', t => {
  setFlagsFromString('--allow-natives-syntax')
  const isFast = new Function('object', 'return %HasFastProperties(object)') as (object: object) => boolean
  setFlagsFromString('--no-allow-natives-syntax')
  const saxes = createSaxes()
  for (const event of ['error', 'xmldecl', 'doctype', 'processinginstruction', 'opentagstart', 'attribute', 'opentag', 'closetag', 'text', 'cdata', 'comment'] as const) saxes.on(event, () => {})
  saxes.write('<a>')
  t.ok(isFast(saxes))
  t.end()
})
