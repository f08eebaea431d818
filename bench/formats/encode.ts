// What writing edXML costs, beside xml2js.Builder writing the same message.
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { Builder, parseStringPromise } from 'xml2js'
import { DEFAULT_LIMITS, type Spool } from '../../src/formats/codec.js'
import { edxmlCodec } from '../../src/formats/edxml/index.js'
import { encodeEdxml, type EdxmlSource } from '../../src/formats/edxml/encode.js'
import type { FormatCase } from './case.js'

const SAMPLE = readFileSync(new URL('../../../test/fixtures/edxml/edoc_update.edxml', import.meta.url))
const PDF = Buffer.alloc(3000, '%PDF-1.4 Công văn ')
const SHA256 = 'a'.repeat(64)

function emptySpool (): Spool {
  return { write: async () => {}, read: async () => Readable.from([]), end: async () => ({ sha256: SHA256, size: 0 }), discard: async () => {} }
}

async function sampleSource (): Promise<EdxmlSource> {
  const message = (async function * () { yield SAMPLE })()
  const { envelope, content } = await edxmlCodec.decode(message, (async function * () {})(), { limits: DEFAULT_LIMITS, spool: async () => emptySpool() })
  return { envelope, content, attachments: [{ n: 1, contentId: 'a', name: 'a.pdf', contentType: 'application/pdf', size: PDF.length, sha256: SHA256 }] }
}

const source = await sampleSource()

async function encodeOnce (): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of encodeEdxml(source, { openAttachment: async () => (async function * () { yield PDF })() })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const encoded = await encodeOnce()
const tree: unknown = await parseStringPromise(encoded.toString())
const builder = new Builder({ renderOpts: { pretty: false } })

export const ENCODE_CASES: readonly FormatCase[] = [
  { name: 'encode: xml2js.Builder', run: () => Buffer.from(builder.buildObject(tree)) },
  { name: `encode: ${encoded.length} bytes of edXML`, unit: 'encode: xml2js.Builder', atMost: 1 / 3, run: encodeOnce }
]
