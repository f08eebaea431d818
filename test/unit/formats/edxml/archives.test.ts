// Files as senders pack and label them: which archive is taken off, which stays, and what the hub says the file is.
import { createHash } from 'node:crypto'
import { test } from 'tap'
import { ZipFile } from 'yazl'
import { zipOf as streamedZip } from '../../../../src/formats/zip.js'
import { createMemoryContext } from '../../../support/spool.js'
import { decode, documentMessage } from '../edxml-messages.js'

type Entries = Record<string, Buffer | undefined>

/** Entries without bytes are folders. */
async function zipOf (entries: Entries, options: { forceZip64Format?: boolean, compress?: boolean } = {}): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [name, bytes] of Object.entries(entries)) {
    if (bytes === undefined) zip.addEmptyDirectory(name)
    else zip.addBuffer(bytes, name, options)
  }
  zip.end({ forceZip64Format: options.forceZip64Format === true, comment: '' })
  const chunks: Buffer[] = []
  for await (const chunk of zip.outputStream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** With a data descriptor: the size follows the content. */
async function streamed (name: string, bytes: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of streamedZip((async function * () { yield bytes })(), name)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function encrypted (zip: Buffer): Buffer {
  const copy = Buffer.from(zip)
  copy.writeUInt16LE(copy.readUInt16LE(6) | 1, 6)
  const directory = copy.indexOf('PK\x01\x02')
  copy.writeUInt16LE(copy.readUInt16LE(directory + 8) | 1, directory + 8)
  return copy
}

/** The name in bytes of another code page, without the flag of UTF-8. */
function renamed (zip: Buffer, from: string, to: Buffer): Buffer {
  const copy = Buffer.from(zip)
  for (let at = copy.indexOf(from); at >= 0; at = copy.indexOf(from, at + 1)) to.copy(copy, at)
  return copy
}

const PDF = Buffer.from('%PDF-1.7 nội dung')
const XLS = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)])
const UUID = '4cdb1f06-3f4b-4b8e-8a0e-6b8c2d9a7e02'
const large = Buffer.alloc(200_000, 'x')

test('archives and labels of real senders', async t => {
  const docx = await zipOf({ '[Content_Types].xml': Buffer.from('<Types/>'), 'word/': undefined, 'word/document.xml': Buffer.from('<w/>') })
  const inner = await zipOf({ 'x.pdf': PDF })
  const kept = Buffer.alloc(0)
  const cases: Array<{ name: string, file: string, type?: string, bytes: Buffer, content?: Buffer, is: string, warnings?: number }> = [
    { name: 'a folder and the file in it', file: 'a.pdf', bytes: await zipOf({ 'van-ban/': undefined, [`van-ban/${UUID}.pdf`]: PDF }), content: PDF, is: 'application/pdf' },
    { name: 'a folder and a large file in it', file: 'a.txt', bytes: await zipOf({ 'd/': undefined, 'd/a.txt': large }, { compress: false }), content: large, is: 'text/plain' },
    { name: 'nothing but a folder', file: 'a.pdf', bytes: await zipOf({ 'd/': undefined }), is: 'application/zip', warnings: 1 },
    { name: 'two files in a folder', file: 'a.pdf', bytes: await zipOf({ 'd/': undefined, 'd/a': PDF, 'd/b': PDF }), is: 'application/zip', warnings: 1 },
    { name: 'a ZIP in a ZIP under a PDF name: only the outer one', file: 'a.pdf', bytes: await zipOf({ [`${UUID}.zip`]: inner }), content: inner, is: 'application/zip' },
    { name: 'a ZIP in a ZIP under its own name', file: 'a.zip', bytes: await zipOf({ [`${UUID}.zip`]: inner }), content: inner, is: 'application/zip' },
    { name: 'a ZIP sent as one', file: 'a.zip', bytes: inner, is: 'application/zip' },
    { name: 'a data descriptor', file: 'a.pdf', bytes: await streamed(`${UUID}.pdf`, PDF), content: PDF, is: 'application/pdf' },
    { name: 'ZIP64', file: 'a.pdf', bytes: await zipOf({ 'a.pdf': PDF }, { forceZip64Format: true }), content: PDF, is: 'application/pdf' },
    { name: 'stored, not deflated', file: 'a.pdf', bytes: await zipOf({ 'a.pdf': PDF }, { compress: false }), content: PDF, is: 'application/pdf' },
    { name: 'encrypted', file: 'a.pdf', bytes: encrypted(await zipOf({ 'a.pdf': PDF })), is: 'application/zip', warnings: 1 },
    { name: 'a name in UTF-8', file: 'Phụ lục.pdf', bytes: await zipOf({ 'Phụ lục.pdf': PDF }), content: PDF, is: 'application/pdf' },
    { name: 'a name in code page 437', file: 'a.pdf', bytes: renamed(await zipOf({ 'QQQQ.pdf': PDF }), 'QQQQ', Buffer.from([0x80, 0x81, 0x82, 0x83])), content: PDF, is: 'application/pdf' },
    { name: 'an Office file with its folders', file: 'a.docx', type: 'application/docx', bytes: docx, is: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document' },
    { name: 'an Office file in a ZIP', file: 'a.docx', bytes: await zipOf({ [`${UUID}.docx`]: docx }), content: docx, is: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document' },
    { name: '.xls under application/zip, not zipped', file: 'a.xls', bytes: XLS, is: 'application/vnd.ms-excel', warnings: 1 },
    { name: '.xls in a ZIP', file: 'a.XLS', bytes: await zipOf({ [`${UUID}.XLS`]: XLS }), content: XLS, is: 'application/vnd.ms-excel' },
    { name: 'a PDF labelled as a ZIP', file: 'a.pdf', bytes: PDF, is: 'application/pdf', warnings: 1 },
    { name: 'a ZIP labelled as a PDF', file: 'a.pdf', type: 'application/pdf', bytes: await zipOf({ [`${UUID}.pdf`]: PDF }), content: PDF, is: 'application/pdf', warnings: 1 },
    { name: 'a PDF under the name of a ZIP', file: 'a.zip', bytes: PDF, is: 'application/pdf', warnings: 1 },
    { name: 'an empty file in a ZIP', file: 'a.txt', bytes: await zipOf({ 'a.txt': kept }), content: kept, is: 'application/octet-stream' }
  ]
  for (const { name, file, type = 'application/zip', bytes, content, is, warnings = 0 } of cases) {
    const read = await decode(documentMessage({ attachments: [{ name: file, type, content: bytes.toString('base64') }] }), { context: createMemoryContext() })
    t.same(read.faults, [], name)
    t.equal(read.warnings.length, warnings, `${name}: ${JSON.stringify(read.warnings)}`)
    t.match(read.attachments[0], { contentType: is, sha256: createHash('sha256').update(content ?? bytes).digest('hex'), name: file }, name)
    t.equal(read.attachments[0]?.unwrapped, content === undefined ? undefined : true, name)
  }
})
