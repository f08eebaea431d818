// What the hub writes as edXML: the strict form, the same content back through our own reader, the same bytes every time,
// and nothing at all where the content has no form on the wire.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, promisify } from 'node:util'
import t, { test } from 'tap'
import type { Attachment, Extension } from '../../../src/model/generated.js'
import type { Decoded } from '../../../src/formats/codec.js'
import { withCodes } from '../../../src/formats/codes.js'
import { encodeEdxml, type EdxmlSource, type EncodeOptions } from '../../../src/formats/edxml/encode.js'
import { HubError } from '../../../src/errors.js'
import { escapeXml } from '../../../src/formats/xml-text.js'
import { byPath } from '../../support/arbitrary-extensions.js'
import { arbitraryPackage, type GeneratedPackage } from '../../support/arbitrary-packages.js'
import type { Cost } from '../../support/measure.js'
import { createMemoryContext } from '../../support/spool.js'
import { strictFaults } from '../../support/strict-edxml.js'
import { decode, fixture } from './edxml-messages.js'
import fc from '../../support/property.js'

// Two thousand packages there and back take longer than the usual half minute on a busy machine.
t.setTimeout(300_000)

async function bytesOf (stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

async function * inChunks (bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function encode (source: EdxmlSource, files: ReadonlyMap<number, Buffer>, options: Partial<EncodeOptions> & { chunk?: number } = {}): Promise<Buffer> {
  return await bytesOf(encodeEdxml(source, { openAttachment: async n => inChunks(files.get(n) ?? Buffer.alloc(0), options.chunk ?? 65_536), ...options }))
}

/** How a file was packed is a fact of the wire, not of the file. */
function unpacked ({ declaredType, unwrapped, ...file }: Attachment): object {
  return file
}

function sha256 (bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Decodes, and looks into the spools for the bytes of each file. */
async function decodeWithFiles (bytes: Buffer): Promise<Decoded & { files: Map<number, Buffer> }> {
  const context = createMemoryContext()
  const decoded = await decode(bytes, { context })
  const bySha = new Map(context.spools.map(spool => [sha256(spool.bytes()), spool.bytes()]))
  return { ...decoded, files: new Map(decoded.attachments.map(({ n, sha256 }) => [n, bySha.get(sha256) ?? Buffer.from('not there')])) }
}

const fixed = (name: string): Buffer => fixture(`edxml/${name}`)
const SAMPLES = readdirSync(new URL('../../../../test/fixtures/edxml/', import.meta.url)).filter(name => name.endsWith('.edxml'))

function ordered<T extends { extensions?: Extension[] }> (body: T): T {
  return body.extensions === undefined ? body : { ...body, extensions: byPath(body.extensions) }
}

/** Where the decoded package differs from the generated one. */
function differences (back: Decoded & { files: Map<number, Buffer> }, made: GeneratedPackage): string[] {
  const routing = ({ kind, action, from, to, priority }: GeneratedPackage['envelope']): object => ({ kind, action, from, to, priority })
  const contentOf = ({ content }: Pick<GeneratedPackage, 'content'>): object =>
    content.kind === 'document' ? ordered({ ...content.document, attachments: content.document.attachments.map(unpacked) }) : content.kind === 'status' ? ordered(content.status) : content
  const found: string[] = []
  if (!isDeepStrictEqual(routing(back.envelope), routing(made.envelope))) found.push('envelope')
  if (!isDeepStrictEqual(contentOf(back), contentOf(made))) found.push(`content: ${JSON.stringify(contentOf(back))} is not ${JSON.stringify(contentOf(made))}`)
  for (const [n, bytes] of made.files) if (back.files.get(n)?.equals(bytes) !== true) found.push(`file ${n}`)
  return found
}

test('what is decoded again is what was encoded: 2 000 generated packages of every kind', { timeout: 300_000 }, async t => {
  let count = 0
  await fc.assert(fc.asyncProperty(arbitraryPackage, fc.constantFrom('vendor' as const, 'raw' as const), fc.constantFrom(7, 1000, 65_536), async (made, zip, chunk) => {
    count++
    const large = made.attachments.some(({ size }) => size > 5000)
    const first = await encode(made, made.files, { zip, chunk: large ? Math.max(chunk, 1000) : chunk })
    const back = await decodeWithFiles(first)
    const wrong = [...strictFaults(first.toString()), ...back.faults.map(fault => JSON.stringify(fault)), ...differences(back, made)]
    // Once through the wire the model is in its final form: a second time changes nothing, in the model or in the bytes.
    if (!(await encode(back, back.files, { zip })).equals(first)) wrong.push('other bytes')
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
  }), { numRuns: 2000, seed: 20_261_122 })
  t.equal(count, 2000)
})

/** Every text of a value between blanks, as a mapping or a form may leave them. */
function padded<T> (value: T): T {
  const keep = new Set(['attachments', 'extensions', 'docType', 'change', 'statusCode', 'kind'])
  const walk = (each: unknown): unknown => {
    if (typeof each === 'string') return ` \t${each}\r\n `
    if (Array.isArray(each)) return each.map(walk)
    if (typeof each !== 'object' || each === null) return each
    return Object.fromEntries(Object.entries(each).map(([name, inner]) => [name, keep.has(name) ? inner : walk(inner)]))
  }
  return walk(value) as T
}

test('blanks around values are no part of them: they are gone on the way, and nothing else is', async t => {
  await fc.assert(fc.asyncProperty(arbitraryPackage, async made => {
    const { envelope: { from, to }, content } = made
    const wide: EdxmlSource = { ...made, envelope: { ...made.envelope, from: padded(from), to: padded(to) }, content: padded(content) }
    const wrong = differences(await decodeWithFiles(await encode(wide, made.files)), made)
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
  }), { numRuns: 300, seed: 20_261_123 })
  t.pass()
})

test('any characters at all: what XML cannot carry is refused, and all else comes back as it was', async t => {
  const { files, ...decoded } = await decodeWithFiles(fixed('edoc_new.edxml'))
  const units = fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 9, 10, 13, 0x26, 0x3c, 0x5d, 0x3e, 0xd800, 0xdc00, 0xfffe, 0x1b))
  const strings = fc.array(units, { minLength: 1, maxLength: 12 }).map(codes => String.fromCharCode(...codes))
  const carried = { yes: 0, no: 0 }
  await fc.assert(fc.asyncProperty(strings, async subject => {
    if (decoded.content.kind !== 'document') throw new Error('no document')
    const document = { ...decoded.content.document, subject: `x${subject}x` }
    const legal = /^[\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u.test(subject)
    try {
      const bytes = await encode({ ...decoded, content: { kind: 'document', document } }, files)
      carried.yes++
      const { content } = await decode(bytes)
      return legal && strictFaults(bytes.toString()).length === 0 && content.kind === 'document' && content.document.subject === document.subject
    } catch (error) {
      carried.no++
      return !legal && error instanceof HubError && error.code === 'TRANSFORM_FAILED'
    }
  }), { numRuns: 1000, seed: 20_261_124 })
  t.ok(carried.yes > 50 && carried.no > 50, JSON.stringify(carried))
})

test('every sample is written again with nothing lost, and a strict reader takes it', async t => {
  for (const name of SAMPLES) {
    const { warnings, faults, files, ...decoded } = await decodeWithFiles(fixed(name))
    const bytes = await encode(decoded, files)
    t.same(strictFaults(bytes.toString()), [], name)
    const again = await decodeWithFiles(bytes)
    t.same(again.envelope, decoded.envelope, name)
    t.same(again.content, decoded.content, name)
    t.same(again.files, files, name)
    t.same(again.warnings, [], name)
  }
})

test('own hops: added once behind what was there, earlier ones never edited; a document that goes round in a circle is refused', async t => {
  const { files, ...decoded } = await decodeWithFiles(fixed('edoc_new.edxml'))
  const relay = { code: 'H36.LT', at: Date.UTC(2026, 2, 16, 2, 30, 5) }
  const once = await decodeWithFiles(await encode(decoded, files, { relay }))
  if (once.content.kind !== 'document' || decoded.content.kind !== 'document') throw new Error('no document')
  t.same(once.content.document.trace, [...decoded.content.document.trace ?? [], { organId: 'H36.LT', at: '2026-03-16T09:30:05+07:00' }])
  const twice = await decodeWithFiles(await encode(once, once.files, { relay }))
  const openAttachment = async (): Promise<never> => { throw new Error('must not be read') }
  t.throws(() => encodeEdxml(twice, { openAttachment, relay }), { code: 'RELAY_LOOP' })
  t.throws(() => encodeEdxml(twice, { openAttachment, relay: { ...relay, code: 'LT.H36' } }), { code: 'RELAY_LOOP' }, 'also when the hub is named in the old order')
})

test('what has no form on the wire is refused before the first byte, with the field named', async t => {
  const { files: _files, ...decoded } = await decodeWithFiles(fixed('edoc_new.edxml'))
  if (decoded.content.kind !== 'document') throw new Error('no document')
  const openAttachment = async (): Promise<never> => { throw new Error('must not be read') }
  for (const [character, name] of [['\u0000', 'U+0000'], ['\u001b', 'U+001B'], ['\ud800', 'U+D800'], ['\udc00', 'U+DC00'], ['\ufffe', 'U+FFFE']] as const) {
    t.throws(() => escapeXml(`a${character}b`, 'Subject'), { code: 'TRANSFORM_FAILED', errors: [{ pointer: 'Subject', found: `${name} at 1` }] })
  }
  const { document } = decoded.content
  t.throws(() => encodeEdxml({ ...decoded, content: { kind: 'document', document: { ...document, signer: { fullName: 'An\u0007' } } } }, { openAttachment }), { code: 'TRANSFORM_FAILED', errors: [{ pointer: 'FullName' }] })
  const badNames = decoded.attachments.map(each => ({ ...each, name: 'a\u0001.pdf' }))
  t.throws(() => encodeEdxml({ ...decoded, attachments: badNames }, { openAttachment }), { code: 'TRANSFORM_FAILED', errors: [{ pointer: 'Attachment[1]/AttachmentName' }] })
  const dossier = { kind: 'dossier', dossier: {} } as unknown as EdxmlSource['content']
  t.throws(() => encodeEdxml({ ...decoded, content: dossier }, { openAttachment }), { code: 'TRANSFORM_FAILED' })
  t.equal(escapeXml('😀 ữ & < > \r " \' ]]>', 'x'), '😀 ữ &amp; &lt; &gt; &#xD; " \' ]]&gt;')
})

test('a stored file that ends early never goes out as if it were whole', async t => {
  const { files: _files, ...decoded } = await decodeWithFiles(fixed('edoc_new.edxml'))
  await t.rejects(encode(decoded, new Map(), {}), { code: 'CONTENT_MISSING' })
})

test('codes are written anew in every place, and nowhere else', async t => {
  for (const name of ['edoc_update.edxml', 'edoc_replacement.edxml', 'status_03_acceptance.edxml']) {
    const { envelope, content } = await decode(fixed(name))
    const source = { envelope, content }
    const marked = JSON.stringify(source).replace(/"(code|organId)":"(H36[^"]*)"/g, '"$1":"$2!"')
      .replace(/"organIds":\[([^\]]*)\]/g, (_all, ids: string) => `"organIds":[${ids.replace(/"([^"]+)"/g, '"$1!"')}]`)
    t.same(withCodes(source, code => `${code}!`), JSON.parse(marked), name)
    t.equal(withCodes(source, code => code), source, 'nothing to change: the same object')
  }
})

test('elements without a field of their own are written back where they stood, and cannot break out of their place', async t => {
  const { files, ...decoded } = await decodeWithFiles(fixed('edoc_new.edxml'))
  if (decoded.content.kind !== 'document') throw new Error('no document')
  const { document } = decoded.content
  const header = 'edXMLEnvelope/edXMLHeader/MessageHeader'
  const withExtensions = (extensions: NonNullable<typeof document.extensions>): EdxmlSource => ({ ...decoded, content: { kind: 'document', document: { ...document, extensions } } })
  const xml = (await encode(withExtensions([
    { path: `${header}/OtherInfo`, element: { name: 'Direction', text: 'false' } },
    { path: `${header}/To[2]`, element: { name: 'X', namespace: 'urn:x', attributes: [{ name: 'a', value: '"<' }, { name: 'href', namespace: 'urn:l', value: '1' }], children: [{ name: 'Y', namespace: 'urn:x', text: '&' }, { name: 'Z' }] } },
    { path: 'AttachmentEncoded/Attachment[2]', element: { name: 'MimeType', text: 'x/y' } },
    { path: 'edXMLEnvelope/edXMLHeader/TraceHeaderList', element: { name: 'Bussiness', children: [{ name: 'BussinessDocType', text: '1' }] } }
  ]), files)).toString()
  t.match(xml, '<edXML:Direction>false</edXML:Direction></edXML:OtherInfo>')
  t.match(xml, '<X xmlns="urn:x" a="&quot;&lt;" a1:href="1" xmlns:a1="urn:l"><Y>&amp;</Y><edXML:Z/></X></edXML:To><edXML:DocumentId>')
  t.match(xml, '<MimeType>x/y</MimeType><edXML:ContentTransferEncoded')
  t.equal(xml.split('<edXML:Bussiness>').length, 2, 'a repetition would override the first in a strict reader')
  const again = await decode(xml)
  t.same(again.faults, [])
  for (const name of ['a b', 'x><y', '1', 'xml:a', '']) {
    t.throws(() => encodeEdxml(withExtensions([{ path: header, element: { name } }]), { openAttachment: async () => inChunks(Buffer.alloc(0), 1) }), { code: 'TRANSFORM_FAILED' }, name)
  }
})

test('a 100 MB attachment read from a blob leaves memory flat, as it is and in a ZIP', async t => {
  const measure = fileURLToPath(new URL('../../support/measure-encode.js', import.meta.url))
  for (const name of ['a.pdf', 'a.bin']) {
    const { stdout } = await promisify(execFile)(process.execPath, [measure, '100', name])
    const { sizeMb, growthMb } = JSON.parse(stdout) as Cost
    t.equal(sizeMb, 100)
    t.ok(growthMb < 60, `${name}: ${growthMb} MB`)
  }
})
