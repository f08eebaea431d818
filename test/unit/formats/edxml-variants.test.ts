// The forms in which other products write edXML: each is read, and each deviation is told once, with place, expectation and find.
import { test } from 'tap'
import { SaxesParser } from 'saxes'
import { DEFAULT_LIMITS } from '../../../src/formats/codec.js'
import type { CheckId, ValidationRow } from '../../../src/formats/check.js'
import { CHECKS, KINDS } from '../../../src/formats/edxml/profile.js'
import { DOSSIER_CHECKS } from '../../../src/formats/dossier/profile.js'
import { compileProfile, DEFAULT_PROFILE, misplacedRows, relaxedFixedRows } from '../../../src/formats/profile.js'
import { documentTypeOf } from '../../../src/formats/edxml/document-types.js'
import { markInLevel, markInSubject, markInType } from '../../../src/formats/edxml/secrecy.js'
import { XmlScanner } from '../../../src/formats/edxml/xml-scanner.js'
import type { Document } from '../../../src/model/generated.js'
import { faultsOf, SCHEMAS } from '../../../src/schema.js'
import { createMemoryContext } from '../../support/spool.js'
import { decode, documentMessage, fixture, NAMESPACE, shown, statusMessage, traceList } from './edxml-messages.js'
import fc from '../../support/property.js'

const AT = Date.parse('2026-03-16T12:00:00+07:00')

test('the files of other products are read, each deviation told once', async t => {
  const cases: Array<{ file: string, warnings: string[], envelope?: object, document?: object, attachment?: object }> = [
    { file: 'unbound-xlink', warnings: ['XML_MALFORMED /edXML/edXMLEnvelope/edXMLBody/edXMLManifest'] },
    { file: 'unbound-edxml', warnings: ['XML_MALFORMED /edXML'] },
    { file: 'no-namespace', warnings: ['EDXML_STRUCTURE /edxml', 'EDXML_STRUCTURE /edxml'] },
    {
      file: 'bkav',
      warnings: ['FIELD_INVALID …/MessageHeader/PromulgationInfo/PromulgationDate', 'FIELD_INVALID …/TraceHeaderList/TraceHeader/Timestamp', 'EDXML_STRUCTURE …/TraceHeaderList/Business',
        'EDXML_STRUCTURE …/TraceHeaderList/Business/BusinessDocType', 'EDXML_STRUCTURE …/MessageHeader/From/OrganInCharge', 'EDXML_STRUCTURE …/MessageHeader/SignerInfo/Signer'],
      envelope: { from: { inCharge: 'UBND tỉnh Lâm Đồng' }, sentAt: '2026-03-16T09:12:30+07:00' },
      document: { promulgation: { date: '2026-03-16' }, signer: { fullName: 'Nguyễn Văn An' } }
    },
    { file: 'dotnet', warnings: ['EDXML_STRUCTURE …/DigitalSignature'], document: { trace: [{ organId: 'H36' }] } },
    { file: 'flat-manifest', warnings: ['EDXML_STRUCTURE /edXML/edXMLEnvelope/edXMLBody/Manifest/Attachment'], attachment: { name: 'a.pdf', contentType: 'application/pdf', declaredType: 'application/pdf', size: 10 } },
    {
      file: 'axis',
      warnings: ['ATTACHMENT_INVALID /edXML/AttachmentEncoded/Attachment/ContentType', 'ATTACHMENT_INVALID /edXML/edXMLEnvelope/edXMLBody/edXMLManifest/Reference/ContentType', 'FIELD_MISSING …/MessageHeader/ResponseFor', 'FIELD_INVALID …/TraceHeaderList/TraceHeader[2]/OrganId'],
      document: { trace: [{ organId: 'H36' }, { at: '2026-03-16T09:00:09+07:00' }], extensions: [{ path: 'edXMLEnvelope/edXMLHeader/MessageHeader/OtherInfo', element: { name: 'Direction', text: 'false' } }] },
      attachment: { unwrapped: true, contentType: 'application/pdf' }
    },
    { file: 'e-doc', warnings: ['EDXML_STRUCTURE /Envelope', 'EDXML_STRUCTURE /Envelope/Header/MessageHeader', 'FIELD_INVALID /Envelope/Header/MessageHeader/PromulgationInfo/PromulgationDate', 'FIELD_INVALID /Envelope/Header/TraceHeaderList/TraceHeader/Timestamp'], envelope: { from: { code: '000.00.00.H36' } }, document: { documentId: '000.00.00.H36,2026/03/16,1/UBND', docType: 'new' }, attachment: { name: 'a.pdf', size: 10 } },
    { file: 'soap', warnings: ['EDXML_STRUCTURE /Envelope'] }
  ]
  for (const { file, warnings, envelope = {}, document = {}, attachment = {} } of cases) {
    for (const chunk of [1, 16384]) {
      const decoded = await decode(fixture(`edxml/variants/${file}.edxml`), { chunk })
      t.same(decoded.faults, [], file)
      t.same(shown(decoded.warnings).sort(), [...warnings].sort(), file)
      t.ok(decoded.warnings.every(({ detail, expected, found }) => detail.vi !== '' && detail.en !== '' && expected !== undefined && found !== undefined), file)
      t.match(decoded.envelope, envelope, file)
      t.match(decoded.content, { kind: 'document', document }, file)
      t.match(decoded.attachments, [attachment], file)
      if (decoded.content.kind === 'document') t.same(faultsOf('document', decoded.content.document), [], file)
    }
  }
})

test('what the model has no field for survives, bounded', async t => {
  const message = documentMessage({ more: '<DoKhan x="1">thường</DoKhan><q:a xmlns:q="urn:q" q:b="c">mot<q:d/></q:a><OtherInfo><ReplyFors>r</ReplyFors></OtherInfo><Subject>hai</Subject>' })
  const { content, warnings, faults } = await decode(message)
  const header = 'edXMLEnvelope/edXMLHeader/MessageHeader'
  t.same(faults, [])
  t.same((content as { document: Document }).document.extensions, [
    { path: header, element: { name: 'DoKhan', attributes: [{ name: 'x', value: '1' }], text: 'thường' } },
    { path: header, element: { name: 'a', namespace: 'urn:q', attributes: [{ name: 'b', namespace: 'urn:q', value: 'c' }], text: 'mot', children: [{ name: 'd', namespace: 'urn:q' }] } },
    { path: `${header}/OtherInfo`, element: { name: 'ReplyFors', text: 'r' } },
    { path: header, element: { name: 'Subject', text: 'hai' } }
  ])
  t.same(shown(warnings), ['FIELD_UNKNOWN …/MessageHeader/DoKhan', 'FIELD_UNKNOWN …/MessageHeader/a', 'EDXML_STRUCTURE …/MessageHeader/Subject[2]'])
  const many = await decode(documentMessage({ more: '<x/>'.repeat(3000) }))
  t.equal((many.content as { document: Document }).document.extensions?.length, 200)
  t.equal(many.warnings.length, 200)
})

test('what follows from a deviation is a cell of the table', async t => {
  const consequences = async (message: string, rows: ValidationRow[], direction: 'inbound' | 'outbound' = 'outbound'): Promise<string[][]> => {
    const { faults, warnings } = await decode(message, { context: { ...createMemoryContext(), profile: compileProfile(rows), direction, at: AT } as ReturnType<typeof createMemoryContext> })
    return [faults.map(({ code }) => code), warnings.map(({ code }) => code)]
  }
  const bare = documentMessage().replace(/<Subject>.*<\/Subject>/, '')
  t.same(await consequences(bare, []), [['FIELD_MISSING'], []])
  t.same(await consequences(bare, [], 'inbound'), [[], ['FIELD_MISSING']])
  t.same(await consequences(bare, [{ check: 'subject', consequence: 'warn' }]), [[], ['FIELD_MISSING']])
  t.same(await consequences(bare, [{ check: 'subject', consequence: 'warn', kind: 'update' }]), [['FIELD_MISSING'], []])
  t.same(await consequences(bare, [{ check: 'subject', consequence: 'off', direction: 'inbound' }], 'inbound'), [[], []])
  t.same(await consequences(bare, [{ check: 'subject', consequence: 'quarantine' }]), [['PACKAGE_QUARANTINED'], []])
  t.same(await consequences(documentMessage(), [{ check: 'recipient-name', consequence: 'reject' }]), [['FIELD_MISSING'], []])
  t.same(await consequences(documentMessage().replace('2026/03/16</Promul', '2026/03/18</Promul'), [{ check: 'date-order', consequence: 'off' }]), [[], ['FIELD_INVALID']], 'a day that is to come')
  t.same(await consequences(documentMessage().replace('Công văn', 'Bài thơ'), []), [[], ['FIELD_INVALID']])
  t.same(await consequences(documentMessage().replace('V/v thử', '[MẬT] V/v thử'), []), [['STATE_SECRET'], []])
  t.same(await consequences(documentMessage({ more: '<DoMat>Tối mật</DoMat>' }), [], 'inbound'), [['STATE_SECRET'], ['FIELD_UNKNOWN']])
  t.same(await consequences(statusMessage('09'), []), [[], ['FIELD_INVALID']])
  t.same(await consequences(statusMessage('13'), [], 'inbound'), [[], ['FIELD_MISSING']])
  t.same(relaxedFixedRows([{ check: 'document-id', consequence: 'warn' }, { check: 'subject', consequence: 'off' }, { check: 'document-id', consequence: 'reject' }]), [0])
  t.same(misplacedRows([{ check: 'subject', kind: 'submit', consequence: 'off' }, { check: 'dossier.filled', kind: 'status', consequence: 'off' }, { check: 'target-known', kind: 'status', consequence: 'warn' }, { check: 'dossier.filled', kind: 'ack', consequence: 'off' }]), [0, 1])
})

test('the checks of the table are those of the configuration, and every one has its sentence', t => {
  t.same([...Object.keys(CHECKS), ...Object.keys(DOSSIER_CHECKS)], SCHEMAS.config.$defs.validationRow.properties.check.enum)
  for (const [id, { about, kinds }] of Object.entries(CHECKS)) {
    t.ok(about.vi !== '' && about.en !== '', id)
    t.equal(KINDS.some(kind => DEFAULT_PROFILE.consequenceOf(id as CheckId, kind, 'outbound') !== 'off'), id !== 'recipient-name', id)
    t.ok(kinds.length > 0, id)
  }
  t.end()
})

test('document types are known by name, marks of secrecy by their place', t => {
  for (const name of ['Công văn', 'CÔNG VĂN', 'cong van', 'Quyết định (cá biệt)', 'Tờ trình', 'Bản thoả thuận', 'Giấy uỷ quyền']) t.ok(documentTypeOf(name) !== undefined, name)
  for (const name of ['Bài thơ', 'Công văn mật', '']) t.equal(documentTypeOf(name), undefined, name)
  for (const subject of ['MẬT: V/v x', '[Mật] x', '(Tối mật) x', 'TUYỆT MẬT V/v x', 'Tối mật - x', 'mật: x'.normalize('NFD')]) t.ok(markInSubject(subject) !== undefined, subject)
  for (const subject of ['Mật ong rừng', 'Mật độ dân số', 'V/v bảo vệ bí mật nhà nước', 'Về danh mục tối mật', 'Mặt: đường', 'Bí mật: kinh doanh', 'Mật-độ']) t.equal(markInSubject(subject), undefined, subject)
  for (const level of ['Mật', 'TỐI MẬT', 'Độ mật: Tuyệt mật', '(mật)']) t.ok(markInLevel(level) !== undefined, level)
  for (const level of ['Nội bộ', 'Bí mật kinh doanh', 'Không mật', 'Thường']) t.equal(markInLevel(level), undefined, level)
  for (const type of ['Công văn mật', 'Tờ trình (Tối mật)']) t.ok(markInType(type) !== undefined, type)
  for (const type of ['Danh mục bí mật', 'Công văn']) t.equal(markInType(type), undefined, type)
  t.end()
})

/** Events as text, or `refused`; text runs are joined. */
function scan (xml: string, sizes: readonly number[]): string {
  const events: string[] = []
  const scanner = new XmlScanner({
    opened: ({ local }, uri, attributes) => { events.push(`<${uri} ${local}${attributes.map(({ name, uri: own, value }) => ` ${own}|${name.local}=${value}`).sort().join('')}>`) },
    closed: () => { events.push('</>') },
    text: characters => { events.push(characters) },
    ended () {},
    misdeclared () {},
    rescue () {},
    fail: ({ en }) => { throw new Error(en) }
  }, DEFAULT_LIMITS)
  try {
    let n = 0
    for (let at = 0; at < xml.length; n++) {
      const size = sizes[n % sizes.length] ?? 1
      scanner.write(xml.slice(at, at + size))
      at += size
    }
    return scanner.complete ? events.join('') : 'refused'
  } catch {
    return 'refused'
  }
}

function scanBySaxes (xml: string): string {
  const events: string[] = []
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', error => { throw error })
  parser.on('doctype', () => { throw new Error('doctype') })
  parser.on('processinginstruction', () => { throw new Error('instruction') })
  parser.on('xmldecl', ({ version, encoding }) => { if (version !== '1.0' || (encoding !== undefined && !/^utf-?8$/i.test(encoding))) throw new Error('declaration') })
  parser.on('opentag', ({ uri, local, attributes }) => {
    const own = Object.values(attributes).filter(({ prefix, name }) => prefix !== 'xmlns' && name !== 'xmlns')
    events.push(`<${uri} ${local}${own.map(({ uri: each, local: name, value }) => ` ${each}|${name}=${value}`).sort().join('')}>`)
  })
  parser.on('closetag', () => { events.push('</>') })
  const text = (characters: string): void => { if (parser.position > 0 && events.length > 0) events.push(characters) }
  parser.on('text', text)
  parser.on('cdata', text)
  try {
    parser.write(xml).close()
    // Blanks behind the root are no events of the scanner.
    return events.join('').replace(/<\/>\s*$/, '</>')
  } catch {
    return 'refused'
  }
}

test('the scanner reads and refuses what saxes reads and refuses, wherever it is cut', async t => {
  const pieces = fc.constantFrom('<a>', '</a>', '<b/>', '<a x="1">', '<a x="1" x="2">', '<p:a xmlns:p="u">', '</p:a>', '<p:a>', '<a xmlns="v">', '<a xmlns:q="u" q:x="1" x="2"/>', '<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>',
    'x', ' ', '\n', '\r\n', '\r', '&amp;', '&lt', '&#65;', '&#x1EC7;', '&#0;', '&b;', '&', ']]>', ']]', '>', '<![CDATA[', '<![CDATA[a<b]]>', '<!--', '-->', '<!-- c -->', '<!-- -- -->', '<?xml version="1.0"?>', '<?p?>', '<!DOCTYPE a>',
    '<a b>', '<a b=1>', '<a b="<">', '<a b=\'"\'>', '<a b="&amp;\n">', '<1>', '<a:b:c/>', '<ệ/>', '</ a>', '</a >', '< a>', '<a / >', '<a/', '"', '=', '<', '<!', '\u0001', '😀', '<a xml:lang="vi"/>', '<a xmlns:xml="u"/>', '<a xmlns:p=""/>', '<xmlns:a/>')
  let accepted = 0
  fc.assert(fc.property(fc.array(pieces, { maxLength: 8 }), fc.boolean(), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }), (parts, wrapped, sizes) => {
    const xml = wrapped ? `<r>${parts.join('')}</r>` : parts.join('')
    const expected = scanBySaxes(xml)
    const whole = scan(xml, [1_000_000])
    if (whole !== 'refused') accepted++
    return whole === expected && scan(xml, sizes) === whole
  }), { numRuns: 20_000, seed: 102 })
  t.ok(accepted > 500, `${accepted} of them were accepted`)
})

test('what is accepted fits the contract', async t => {
  const text = fc.string({ maxLength: 1200 }).map(value => value.replace(/[<&\u0000-\u001f\uD800-\uDFFF\uFFFE\uFFFF]|\]\]>/g, 'x'))
  await fc.assert(fc.asyncProperty(text, text, fc.constantFrom('0', '1', '2', '3', ''), text, async (one, two, type, three) => {
    const message = documentMessage({
      documentId: one,
      more: `<Content>${two}</Content><DueDate>${three}</DueDate><ResponseFor><Code>${one}</Code><PromulgationDate>${two}</PromulgationDate></ResponseFor><OtherInfo><Priority>${three}</Priority></OtherInfo><x>${two}</x>`,
      traces: traceList(`<BussinessDocType>${type}</BussinessDocType><BussinessDocReason>${two}</BussinessDocReason><ReplacementInfoList><ReplacementInfo><DocumentId>${three}</DocumentId></ReplacementInfo></ReplacementInfoList>`, one)
    })
    const { envelope, content, faults } = await decode(message)
    return faults.length > 0 || [...faultsOf('envelope', envelope), ...(content.kind === 'document' ? faultsOf('document', content.document) : [])].length === 0
  }), { numRuns: 300, seed: 102 })
  t.match(NAMESPACE, /QCVN_102_2016/)
})
