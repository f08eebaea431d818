// Decoding a 12 kB message: xml2js only parses the same bytes, the codec also extracts and hashes the attachments.
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseStringPromise } from 'xml2js'
import { createMemorySpool } from '../../src/decode-file.js'
import { DEFAULT_LIMITS, type DecodeContext, type Part } from '../../src/formats/codec.js'
import { edxmlCodec } from '../../src/formats/edxml/index.js'
import { parseEdxml } from '../../src/formats/edxml/stream.js'
import { createBase64Decoder } from '../../src/formats/edxml/base64.js'
import type { FormatCase } from './case.js'

const SAMPLE = readFileSync(new URL('../../../test/fixtures/edxml/edoc_new.edxml', import.meta.url), 'utf8')
const SIZE = 12 * 1024

/** The sample with its PDF grown so that the message has about 12 kB; its other file stays a ZIP. */
export function twelveKilobytes (): Buffer {
  const more = randomBytes((SIZE - Buffer.byteLength(SAMPLE)) / 4 * 3)
  return Buffer.from(SAMPLE.replace(/JVBERi0[^<]*/, encoded => Buffer.concat([Buffer.from(encoded, 'base64'), more]).toString('base64')))
}

const message = twelveKilobytes()
const none: AsyncIterable<Part> = { async * [Symbol.asyncIterator] () {} }
const context: DecodeContext = { limits: DEFAULT_LIMITS, at: Date.parse('2026-03-16T12:00:00+07:00'), direction: 'outbound', spool: async () => createMemorySpool() }

async function * once (): AsyncGenerator<Uint8Array> { yield message }

/** Tree, attachments extracted and hashed; nothing is judged. */
async function extract (): Promise<string[]> {
  const digests: string[] = []
  let hash = createHash('sha256')
  let decoder = createBase64Decoder()
  await parseEdxml(once(), DEFAULT_LIMITS, {
    async begin () { hash = createHash('sha256'); decoder = createBase64Decoder() },
    async take (encoded) { hash.update(decoder.push(encoded)) },
    async close () { digests.push(hash.update(decoder.end()).digest('hex')) }
  })
  return digests
}

export const DECODE_CASES: readonly FormatCase[] = [
  { name: 'xml2js parses 12 kB', run: async () => await parseStringPromise(message.toString()) },
  { name: 'edXML 12 kB: parsed, extracted, hashed', unit: 'xml2js parses 12 kB', atMost: 0.6, run: extract },
  { name: 'edXML 12 kB: decoded with the whole profile', unit: 'xml2js parses 12 kB', atMost: 0.8, run: async () => await edxmlCodec.decode(once(), none, context) }
]
