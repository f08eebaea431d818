// Messages made to harm, and messages cut at the worst places: refused with the right code, cheaply, or read the same.
import { createHash } from 'node:crypto'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from 'tap'
import { ZipFile } from 'yazl'
import type { DecodeLimits } from '../../../src/formats/codec.js'
import { createBase64Decoder } from '../../../src/formats/edxml/base64.js'
import { edxmlCodec } from '../../../src/formats/edxml/index.js'
import { HubError } from '../../../src/errors.js'
import { createMemoryContext } from '../../support/spool.js'
import { decode, documentMessage, fixture, NAMESPACE, shown } from './edxml-messages.js'
import fc from '../../support/property.js'

async function zipOf (entries: Record<string, Buffer>): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [name, bytes] of Object.entries(entries)) zip.addBuffer(bytes, name)
  zip.end()
  const chunks: Buffer[] = []
  for await (const chunk of zip.outputStream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Renames an entry in place: a writer refuses such names. */
function renamed (zip: Buffer, from: string, to: string): Buffer {
  return Buffer.from(zip.toString('latin1').replaceAll(from, to), 'latin1')
}

async function errorOf (promise: Promise<unknown>): Promise<HubError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof HubError) return error
    throw error
  }
  throw new Error('it was read')
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const withFile = (name: string, bytes: Buffer, type = 'application/zip'): string =>
  documentMessage({ attachments: [{ name, type, content: bytes.toString('base64') }] })
const nested = (depth: number): string => `<edXML xmlns="${NAMESPACE}">${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}</edXML>`

test('what no message may hold is refused with its code', async t => {
  const message = documentMessage()
  const body = message.slice(message.indexOf('<edXML'))
  const laughs = `<!DOCTYPE l [<!ENTITY a "ha">${[...'bcdefghij'].map((name, index) => `<!ENTITY ${name} "${`&${'abcdefghij'[index] ?? ''};`.repeat(10)}">`).join('')}]>`
  const cases: Array<[string, string | Buffer, string, Partial<DecodeLimits>?]> = [
    ['nothing', '', 'BODY_EMPTY'],
    ['only a mark and spaces', '\uFEFF \n', 'BODY_EMPTY'],
    ['words', 'không phải XML', 'XML_MALFORMED'],
    ['JSON', '{"a": 1}', 'XML_MALFORMED'],
    ['a billion laughs', laughs + body.replace('V/v thử', '&j;'), 'XML_FORBIDDEN'],
    ['an external entity', `<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/hostname">]>${body.replace('V/v thử', '&x;')}`, 'XML_FORBIDDEN'],
    ['an external DTD', `<!DOCTYPE edXML SYSTEM "http://127.0.0.1/e.dtd">${body}`, 'XML_FORBIDDEN'],
    ['a bare DOCTYPE', `<!DOCTYPE edXML>${body}`, 'XML_FORBIDDEN'],
    ['an entity nobody declared', message.replace('V/v thử', '&x;'), 'XML_MALFORMED'],
    ['a processing instruction', message.replace('V/v thử', '<?p V/v khác ?>'), 'XML_FORBIDDEN'],
    ['a style sheet', `<?xml-stylesheet href="x"?>${body}`, 'XML_FORBIDDEN'],
    ['a processing instruction in a file', message.replace('<ContentTransferEncoded>', '<ContentTransferEncoded><?p?>'), 'XML_FORBIDDEN'],
    ['another encoding by declaration', message.replace('encoding="UTF-8"', 'encoding="ISO-8859-1"'), 'XML_FORBIDDEN'],
    ['XML 1.1', message.replace('version="1.0" enc', 'version="1.1" enc'), 'XML_FORBIDDEN'],
    ['UTF-16 with a mark', Buffer.from(`\uFEFF${message}`, 'utf16le'), 'ENCODING_INVALID'],
    ['UTF-16 without a mark', Buffer.from(message, 'utf16le'), 'ENCODING_INVALID'],
    ['bytes that are no UTF-8', Buffer.from(message.replace('V/v th', 'V\xff'), 'latin1'), 'ENCODING_INVALID'],
    ['an overlong slash', Buffer.concat([Buffer.from(message.slice(0, 300)), Buffer.from([0xc0, 0xaf])]), 'ENCODING_INVALID'],
    ['half a character at the end', Buffer.concat([Buffer.from(message), Buffer.from([0xe1])]), 'ENCODING_INVALID'],
    ['U+0000 by reference', message.replace('V/v thử', '&#0;'), 'XML_MALFORMED'],
    ['text after the end', `${message}x`, 'XML_MALFORMED'],
    ['two roots', message + body, 'XML_MALFORMED'],
    ['crossed tags', message.replace('</Subject>', '</Sub>'), 'XML_MALFORMED'],
    ['one attribute twice', message.replace('<Subject>', '<Subject a="1" a="2">'), 'XML_MALFORMED'],
    ['a prefix nobody declared', message.replace('<Subject>', '<Subject abc:href="x">'), 'XML_MALFORMED'],
    ['10 000 levels', nested(10_000), 'XML_LIMIT'],
    ['65 levels', nested(64), 'XML_LIMIT'],
    ['20 000 attributes', `<edXML xmlns="${NAMESPACE}" ${Array.from({ length: 20_000 }, (_, index) => `a${index}="1"`).join(' ')}/>`, 'XML_LIMIT'],
    ['20 001 elements', `<edXML xmlns="${NAMESPACE}">${'<a/>'.repeat(20_000)}</edXML>`, 'XML_LIMIT'],
    ['a text of 300 000 characters', message.replace('V/v thử', 'x'.repeat(300_000)), 'XML_LIMIT'],
    ['an attribute of 300 000 characters', message.replace('<Subject>', `<Subject a="${'x'.repeat(300_000)}">`), 'XML_LIMIT'],
    ['3 MB of comments', message.replace('<Subject>', `<!--${'x'.repeat(3 * 2 ** 20)}--><Subject>`), 'XML_LIMIT'],
    ['3 MB of one name', `<edXML xmlns="${NAMESPACE}"><${'x'.repeat(3 * 2 ** 20)}/></edXML>`, 'XML_LIMIT'],
    ['too many files', message, 'XML_LIMIT', { maxAttachments: 0 }],
    ['a file that is too large', message, 'BODY_TOO_LARGE', { maxAttachmentBytes: 9 }],
    ['a request that is too large', message, 'BODY_TOO_LARGE', { maxBytes: 500 }],
    ['another root', `<edoc xmlns="${NAMESPACE}"/>`, 'EDXML_STRUCTURE'],
    ['another namespace', message.replace(NAMESPACE, 'http://www.go.vn/eDoc'), 'EDXML_STRUCTURE'],
    ['no header', `<edXML xmlns="${NAMESPACE}"><edXMLEnvelope/></edXML>`, 'EDXML_STRUCTURE']
  ]
  for (const [name, content, code, limits] of cases) {
    const startedAt = performance.now()
    const error = await errorOf(decode(content, limits === undefined ? {} : { limits }))
    t.equal(error.code, code, name)
    t.ok(performance.now() - startedAt < 1000, `${name} is refused at once`)
  }
})

test('a syntax error is told with line and column, also behind an attachment', async t => {
  const wrapped = documentMessage({ attachments: [{ name: 'a.txt', content: 'QUJD\nQUJD\nQUJD' }] })
  const error = await errorOf(decode(wrapped.replace('</AttachmentEncoded>', '\n  </Wrong>')))
  t.match(error.detail.en, /line 4, column 10/)
  t.match(error.errors[0], { code: 'XML_MALFORMED', pointer: '/edXML' })
  t.match((await errorOf(decode('<edXML>\n  <a b></a></edXML>'))).detail.vi, /dòng 2/)
})

test('a message that ends early is never read', async t => {
  const bytes = fixture('edxml/edoc_new.edxml')
  const end = bytes.lastIndexOf('</edXML>')
  for (let at = 1; at < end + 8; at += 50) {
    const { code } = await errorOf(decode(bytes.subarray(0, at)))
    t.ok(['BODY_TRUNCATED', 'XML_MALFORMED'].includes(code), `${at}: ${code}`)
  }
  t.equal((await errorOf(decode(bytes.subarray(0, end)))).code, 'BODY_TRUNCATED')
})

test('harmless oddities stay harmless', async t => {
  const proto = await decode(documentMessage({ more: '<__proto__><Subject>x</Subject></__proto__><constructor>y</constructor><toString/>' }))
  t.same(proto.faults, [])
  t.equal(({} as Record<string, unknown>)['Subject'], undefined)
  const brackets = await decode(documentMessage().replace('<Subject>', '<Subject a="x>y" b=\'&lt;\'>').replace('<ContentTransferEncoded>', '<ContentTransferEncoded a="1>2>" >'))
  t.same([brackets.faults, brackets.envelope.title, brackets.attachments[0]?.size], [[], 'V/v thử', 10])
  const named = await decode(documentMessage({ more: '<Content>ContentTransferEncoded > x</Content><!-- ContentTransferEncoded> -->' }))
  t.same([named.faults, named.attachments.length], [[], 1])
  const elsewhere = await decode(documentMessage({ more: '<ContentTransferEncoded>!!</ContentTransferEncoded>' }))
  t.same([elsewhere.faults, elsewhere.attachments.length], [[], 1])
})

test('nothing is read from inside a signature or a foreign element', async t => {
  const forged = '<MessageHeader><From><OrganId>G22</OrganId></From><To><OrganId>H99</OrganId></To><StatusCode>02</StatusCode><DocumentId>X</DocumentId></MessageHeader>'
  const files = '<AttachmentEncoded><Attachment><ContentId>z</ContentId><ContentTransferEncoded>QUJD</ContentTransferEncoded></Attachment></AttachmentEncoded>'
  for (const wrapper of ['Signature xmlns="http://www.w3.org/2000/09/xmldsig#"', 'Signature', 'other xmlns="urn:x"']) {
    const name = wrapper.split(' ')[0] ?? ''
    const message = documentMessage({ afterTraces: `<${wrapper}><Reference URI=""/><Object>${forged}${files}</Object></${name}>` })
    const { envelope, faults, attachments } = await decode(message)
    t.same([envelope.kind, envelope.from.code, envelope.to, faults, attachments.length], ['document', 'H36', [{ code: 'H36.11' }], [], 1], wrapper)
    const before = documentMessage().replace('<MessageHeader>', `<${wrapper}>${forged}</${name}><MessageHeader>`)
    t.equal((await decode(before)).envelope.from.code, 'H36', `${wrapper} first`)
  }
})

test('base64 is read as leniently as real files need, and no further', async t => {
  const cases: Array<[string, string | undefined]> = [
    ['QUJDRA==', 'ABCD'], ['QUJDRA', 'ABCD'], ['QUJDRA=', 'ABCD'], ['QUJD', 'ABC'], [' QU\r\nJD\t', 'ABC'], ['QUJD&#13;\nQUJD&#xD;&#10;&#x0a;', 'ABCABC'],
    ['<![CDATA[QUJD]]>', 'ABC'], ['QU<![CDATA[JD]]>QUJD', 'ABCABC'], ['QU<!-- x > y -->JD', 'ABC'], ['QUJDRA==\n', 'ABCD'], ['QUJDRA=&#13;=', 'ABCD'],
    ['QUJDR', undefined], ['QUJDR===', undefined], ['QUJDRA==QUJD', undefined], ['QUJD=', undefined], ['QU-_', undefined], ['QU&amp;JD', undefined], ['QU&#65;JD', undefined],
    ['<![CDATA[QU]JD]]>', undefined], ['<![CDATA[QUJD]]]>', undefined], ['QU<x>JD</x>', undefined], ['tệp', undefined], ['QUJD&#13', undefined], ['QU\u0001JD', undefined]
  ]
  for (const [content, expected] of cases) {
    const context = createMemoryContext()
    const { faults } = await decode(documentMessage({ attachments: [{ name: 'a.txt', content }] }), { context })
    if (expected === undefined) t.match(faults, [{ code: 'ATTACHMENT_INVALID', expected: 'base64' }], content)
    else t.same([faults, context.spools[0]?.bytes().toString()], [[], expected], content)
  }
})

test('where a chunk ends makes no difference', async t => {
  const zip = await zipOf({ [`${'a'.repeat(8)}-bbbb-cccc-dddd-${'e'.repeat(12)}.txt`]: Buffer.from('trong tệp nén') })
  const message = Buffer.from('1212' + documentMessage({
    more: '<Content>ContentTransferEncoded ệ 😀</Content>',
    attachments: [
      { name: 'a.txt', content: `<![CDATA[${Buffer.from('một hai ba').toString('base64')}]]>` },
      { name: 'b.txt', content: 'QUJD&#13;\n<!-- > -->QUJDRA' },
      { name: 'c.txt', content: zip.toString('base64') },
      { name: 'd.txt', content: 'QUJD<x/>!' }
    ]
  }))
  const whole = await decode(message)
  t.equal(whole.attachments.length, 4)
  t.equal(whole.attachments[2]?.sha256, sha256(Buffer.from('trong tệp nén')))
  const files = message.indexOf('<AttachmentEncoded>')
  // Every place where the cut-out decides; fewer where only the header is read.
  for (let at = 1; at < message.length; at += at < 80 || at > files ? 1 : 31) {
    const context = createMemoryContext()
    const split = await edxmlCodec.decode((async function * () { yield message.subarray(0, at); yield message.subarray(at) })(), (async function * () {})(), context)
    if (JSON.stringify(split) !== JSON.stringify(whole)) t.same(split, whole, `cut at ${at}`)
  }
  t.same(await decode(message, { chunk: 1 }), whole, 'byte by byte')
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 700 }), async chunk => JSON.stringify(await decode(message, { chunk })) === JSON.stringify(whole)), { numRuns: 8 })
})

test('base64 of any bytes, wrapped and cut anywhere, gives the bytes back', async t => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 50 }), fc.boolean(), (bytes, width, chunk, padded) => {
    const plain = Buffer.from(bytes).toString('base64')
    const encoded = Buffer.from((padded ? plain : plain.replace(/=+$/, '')).replace(new RegExp(`.{${width}}`, 'g'), '$&&#13;\n'))
    const decoder = createBase64Decoder()
    const parts: Buffer[] = []
    for (let at = 0; at < encoded.length; at += chunk) parts.push(decoder.push(encoded.subarray(at, at + chunk)))
    parts.push(decoder.end())
    return decoder.wrong() === undefined && Buffer.concat(parts).equals(Buffer.from(bytes))
  }))
  t.pass()
})

test('a ZIP that a sender made around one file is taken off; other archives stay', async t => {
  const inner = Buffer.from('%PDF-1.7 trong')
  const uuid = '4cdb1f06-3f4b-4b8e-8a0e-6b8c2d9a7e02'
  const docx = await zipOf({ '[Content_Types].xml': Buffer.from('<Types/>'), 'word/document.xml': Buffer.from('<w/>') })
  const slip = renamed(await zipOf({ 'AA/AA/etc/passwd': inner }), 'AA/AA/', '../../')
  const cases: Array<[string, string, Buffer, { unwrapped?: true, contentType: string, sha256: string }]> = [
    ['one entry under a PDF name', 'a.pdf', await zipOf({ [`${uuid}.pdf`]: inner }), { unwrapped: true, contentType: 'application/pdf', sha256: sha256(inner) }],
    ['a uuid entry under an Office name', 'a.xlsx', await zipOf({ [`${uuid}.xlsx`]: docx }), { unwrapped: true, contentType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', sha256: sha256(docx) }],
    ['an entry whose path climbs', 'a.pdf', slip, { unwrapped: true, contentType: 'application/pdf', sha256: sha256(inner) }],
    ['two entries', 'a.pdf', await zipOf({ a: inner, b: inner }), { contentType: 'application/zip', sha256: '' }],
    ['an Office file', 'a.docx', docx, { contentType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', sha256: sha256(docx) }],
    ['a ZIP by name with one entry', 'a.zip', await zipOf({ 'x.pdf': inner }), { contentType: 'application/zip', sha256: '' }],
    ['a damaged ZIP', 'a.pdf', (await zipOf({ a: inner })).subarray(0, 60), { contentType: 'application/zip', sha256: '' }]
  ]
  for (const [name, filename, bytes, expected] of cases) {
    const context = createMemoryContext()
    const { attachments, faults } = await decode(withFile(filename, bytes), { context })
    t.same(faults, [], name)
    t.match(attachments[0], { ...expected, sha256: expected.sha256 === '' ? sha256(bytes) : expected.sha256, name: filename }, name)
    t.equal(attachments[0]?.unwrapped, expected.unwrapped, name)
    t.same(context.spools.map(spool => spool.state), expected.unwrapped === true ? ['discarded', 'ended'] : ['ended'], name)
  }
})

test('an archive that inflates beyond its bounds is stopped', async t => {
  const limits = { maxInflationBytes: 100_000, maxInflationRatio: 5 }
  const bomb = await zipOf({ x: Buffer.alloc(2_000_000) })
  const honest = createMemoryContext(limits)
  t.match((await decode(withFile('a.pdf', bomb), { context: honest })).faults, [{ code: 'ATTACHMENT_INVALID', found: '2000000 bytes' }])
  t.same(honest.spools.map(spool => spool.state), ['ended'])
  // The directory claims 10 bytes, the stream holds two million.
  const small = await zipOf({ x: Buffer.alloc(10) })
  const liar = Buffer.from(bomb)
  const directory = liar.indexOf('PK\x01\x02')
  small.copy(liar, directory + 24, small.indexOf('PK\x01\x02') + 24, small.indexOf('PK\x01\x02') + 28)
  const lying = createMemoryContext(limits)
  t.match((await decode(withFile('a.pdf', liar), { context: lying })).faults, [{ code: 'ATTACHMENT_INVALID' }])
  t.same(lying.spools.map(spool => spool.state), ['ended', 'discarded'])
  t.ok(lying.spools.every(spool => spool.bytes().length < 100_000))
  const many = documentMessage({ attachments: Array.from({ length: 10 }, (_, index) => ({ name: `${index}.pdf`, content: '' })) })
  const zip = (await zipOf({ x: Buffer.alloc(30_000) })).toString('base64')
  const { faults } = await decode(many.replaceAll('<ContentTransferEncoded>', `<ContentTransferEncoded>${zip}`), { limits })
  t.ok(faults.length >= 6, 'the bound holds for all archives of a message together')
})

test('the number of faults in an answer is bounded', async t => {
  const { faults } = await decode(documentMessage({ to: Array.from({ length: 1500 }, () => '') }))
  t.equal(faults.length, 200)
  t.ok(shown(faults).some(line => line.endsWith('/To[1]/OrganId')))
})

test('a 50 MB attachment leaves memory flat, in small chunks and in one', async t => {
  const measure = fileURLToPath(new URL('../../support/measure-decode.js', import.meta.url))
  for (const chunk of ['65536', '73400320']) {
    const { stdout } = await promisify(execFile)(process.execPath, [measure, '50', chunk])
    const { growthMb, sizeMb } = JSON.parse(stdout) as { growthMb: number, sizeMb: number }
    t.equal(sizeMb, 50)
    t.ok(growthMb < 80, `${growthMb} MB`)
  }
})
