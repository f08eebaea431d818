// The form before QCVN 102:2016: a SOAP message and its files as MIME parts, split without ever holding a part in memory.
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'
import { decodeFile } from '../../../../src/decode-file.js'
import { HubError } from '../../../../src/errors.js'
import type { Decoded, DecodeLimits } from '../../../../src/formats/codec.js'
import { codecFor } from '../../../../src/formats/index.js'
import { isMime, type MimePart, mimeParts } from '../../../../src/formats/mime.js'
import { chunksOf, createMemoryContext, type MemoryContext } from '../../../support/spool.js'
import { documentMessage, fixture, NAMESPACE, shown } from '../edxml-messages.js'
import fc from '../../../support/property.js'

const FILE = fixture('edxml/wild/e-doc.mime')
/** As a request brings it: the header is that of HTTP. */
const BODY = FILE.subarray(FILE.indexOf('\r\n------=_Part') + 2)

async function decode (bytes: Buffer | string, { chunk, limits = {}, context = createMemoryContext(limits) }: { chunk?: number, limits?: Partial<DecodeLimits>, context?: MemoryContext } = {}): Promise<Decoded> {
  return await codecFor({ contentType: 'multipart/related' }).decode(chunksOf(bytes, chunk), (async function * () {})(), context)
}

async function codeOf (promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'read'
  } catch (error) {
    if (error instanceof HubError) return error.code
    throw error
  }
}

test('a message with its files beside it is read like one with its files inside', async t => {
  for (const [name, bytes] of [['file', FILE], ['body', BODY], ['line ends of Unix', Buffer.from(FILE.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')]] as const) {
    for (const chunk of [1, 7, 65_536]) {
      const context = createMemoryContext()
      const { envelope, content, attachments, faults, warnings } = await decode(bytes, { chunk, context })
      t.same(faults, [], name)
      t.ok(warnings.some(({ found }) => found === 'http://www.e-doc.vn/Schema/'), name)
      t.match(envelope, { from: { code: '000.00.00.H36' }, to: [{ code: '000.00.11.H36' }], title: 'V/v tập huấn', sentAt: '2015-01-02T09:00:00+07:00' }, name)
      t.match(content, { kind: 'document', document: { documentId: '000.00.00.H36,2015/01/02,77/UBND', docType: 'new' } }, name)
      t.match(attachments, [
        { n: 1, contentId: 'file1', name: '77.pdf', contentType: 'application/pdf', size: 346 },
        { n: 2, contentId: 'file2', name: 'Phụ lục.xls', contentType: 'application/vnd.ms-excel', size: 108 }
      ], name)
      t.same(attachments.map(({ sha256 }) => sha256), context.spools.map(spool => createHash('sha256').update(spool.bytes()).digest('hex')), name)
    }
  }
})

test('lienthong decode takes a file that begins with MIME headers, or with the boundary', async t => {
  const path = fileURLToPath(new URL('../../../../../test/fixtures/edxml/wild/e-doc.mime', import.meta.url))
  const { exitCode, printed } = await decodeFile(path, { at: Date.UTC(2026, 2, 16), direction: 'inbound' })
  t.equal(exitCode, 0)
  t.match(printed, { format: 'edxml', attachments: [{ name: '77.pdf' }, { name: 'Phụ lục.xls' }] })
  for (const head of ['Content-Type: Multipart/Related; boundary=x\r\n\r\n', 'MIME-Version: 1.0\nX: y\n z\nContent-Type: multipart/related\n', '--x\r\nContent-ID: <Start>\r\n', '\r\n--x\nContent-Type: text/xml\n']) t.ok(isMime(head), head)
  for (const head of ['<?xml version="1.0"?>', '1212<?xml', '<!-- a: b -->', '-- x', '{"content-type": "multipart/related"}', 'Content-Type: text/xml\r\n\r\n<a/>', '']) t.notOk(isMime(head), head)
})

test('the message of the standard may have its files beside it, too; its manifest names them', async t => {
  const message = documentMessage({ attachments: [], references: '<Reference><ContentId>cid:a</ContentId><AttachmentName>a.pdf</AttachmentName></Reference>' })
  const part = (id: string): string => `--b\r\nContent-Type: application/pdf\r\nContent-ID: <${id}>\r\n\r\n%PDF-1.4 a\r\n`
  const read = await decode(`--b\r\nContent-Type: text/xml\r\n\r\n${message}\r\n${part('a')}--b--`)
  t.same([read.faults, read.attachments.map(({ name, size }) => [name, size])], [[], [['a.pdf', 10]]])
  t.same(shown((await decode(`--b\r\n\r\n${message}\r\n${part('x')}--b--`)).faults), ['FIELD_MISSING /edXML/AttachmentEncoded/Attachment/AttachmentName', 'ATTACHMENT_MISSING /edXML/edXMLEnvelope/edXMLBody/edXMLManifest/Reference/ContentId', 'ATTACHMENT_INVALID /edXML/AttachmentEncoded/Attachment/ContentId'])
})

test('what is no MIME body is refused with its code', async t => {
  const root = `<edXML xmlns="${NAMESPACE}"/>`
  const cases: Array<[string, string | Buffer, string, Partial<DecodeLimits>?]> = [
    ['nothing', '', 'BODY_EMPTY'],
    ['plain XML', root, 'REQUEST_INVALID'],
    ['a boundary that never comes', 'x\n'.repeat(20_000), 'REQUEST_INVALID'],
    ['a boundary of 100 characters', `--${'b'.repeat(100)}\r\n\r\n`, 'REQUEST_INVALID'],
    ['a line without an end', 'x'.repeat(20_000), 'REQUEST_INVALID'],
    ['no part', '--b--\r\n', 'BODY_TRUNCATED'],
    ['only a boundary', '--b\r\n', 'BODY_TRUNCATED'],
    ['a header that is none', '--b\r\nhello\r\n\r\n', 'REQUEST_INVALID'],
    ['a header without an end', `--b\r\n${'a: b\r\n'.repeat(5000)}`, 'REQUEST_INVALID'],
    ['no last boundary', FILE.subarray(0, FILE.length - 30), 'BODY_TRUNCATED'],
    ['a root of another kind', '--b\r\n\r\n%PDF-1.4\r\n--b--', 'XML_MALFORMED'],
    ['another transfer encoding', '--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<a=3D/>\r\n--b--', 'REQUEST_INVALID'],
    ['a file that is no base64', FILE.toString('latin1').replace('JVBERi0', 'JVB!Ri0'), 'REQUEST_INVALID'],
    ['too large', FILE, 'BODY_TOO_LARGE', { maxBytes: 2000 }],
    ['too many files', FILE, 'XML_LIMIT', { maxAttachments: 1 }]
  ]
  for (const [name, bytes, code, limits] of cases) {
    for (const chunk of [1, 65_536]) t.equal(await codeOf(decode(bytes, { chunk, ...(limits === undefined ? {} : { limits }) })), code, name)
  }
  for (let at = 1; at < FILE.length - 4; at += 37) t.not(await codeOf(decode(FILE.subarray(0, at))), 'read', `cut at ${at}`)
})

async function collect (body: MimePart['body']): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('parts come out as they went in, wherever the chunks end and whether they are read or not', async t => {
  const content = fc.array(fc.constantFrom('\r\n', '\n', '\r', '--', '--b', 'b', 'x', '\u0000', '\r\n-', 'ệ'), { maxLength: 12 }).map(pieces => pieces.join('')).filter(text => !/(^|\n)--b/.test(text) && !text.endsWith('\r'))
  await fc.assert(fc.asyncProperty(fc.array(fc.record({ content, skipped: fc.boolean() }), { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 40 }), async (parts, chunk) => {
    const bytes = Buffer.from(parts.map(part => `--b\r\nContent-ID: <i>\r\n\r\n${part.content}\r\n`).join('') + '--b--\r\nepilogue')
    const read: Array<string | undefined> = []
    for await (const part of mimeParts(chunksOf(bytes, chunk), 1e6)) read.push(parts[read.length]?.skipped === true ? undefined : (await collect(part.body)).toString())
    t.same(read, parts.map(part => part.skipped ? undefined : part.content))
  }), { numRuns: 500, seed: 2387 })
})

test('names of files: quoted, plain, of RFC 2231, or those of the type', async t => {
  const cases: Array<[string, string | undefined]> = [
    ['Content-Disposition: attachment; filename="a \\"b\\".pdf"', 'a "b".pdf'],
    ['Content-Disposition: attachment;\r\n filename=a.pdf', 'a.pdf'],
    ['Content-Disposition: attachment; filename="x"; filename*=UTF-8\'\'Ph%E1%BB%A5%20l%E1%BB%A5c.pdf', 'Phụ lục.pdf'],
    ['Content-Disposition: attachment; filename*=UTF-8\'\'%E1%ZZ; filename=b', 'b'],
    ['Content-Type: application/pdf; name="Công văn.pdf"', 'Công văn.pdf'],
    ['Content-Type: application/pdf', undefined],
    ['Content-Disposition: attachment; filename=""', undefined]
  ]
  for (const [header, filename] of cases) {
    for await (const part of mimeParts(chunksOf(`--b\r\n${header}\r\n\r\nx\r\n--b--`), 1e6)) t.equal(part.filename, filename, header)
  }
})
