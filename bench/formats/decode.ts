// Decoding a 12 kB message: xml2js only parses the same bytes; the codec also extracts and hashes the attachments, and in the
// second row does all that it does in the hub: the hub's spools, every check of the profile, the dates against now.
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseStringPromise } from 'xml2js'
import { DEFAULT_LIMITS, type DecodeContext, type Part } from '../../src/formats/codec.js'
import { edxmlCodec } from '../../src/formats/edxml/index.js'
import { DEFAULT_PROFILE } from '../../src/formats/profile.js'
import { parseEdxml } from '../../src/formats/edxml/stream.js'
import { createBase64Decoder } from '../../src/formats/edxml/base64.js'
import { createSpooled } from '../../src/pipeline/spool.js'
import type { Blobs } from '../../src/ports/blobs.js'
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
const AT = Date.parse('2026-03-16T12:00:00+07:00')
/** As configured by default. */
const INLINE_BYTES = 64 * 1024
const blobs: Pick<Blobs, 'writer'> = { async writer () { throw new Error('files of this size go into rows, not into blobs') } }

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

/** As `receive` does it, for every message spools of its own. */
async function decode (): Promise<void> {
  const { spool } = createSpooled(blobs, INLINE_BYTES)
  const context: DecodeContext = { limits: DEFAULT_LIMITS, at: AT, direction: 'outbound', profile: DEFAULT_PROFILE, spool }
  const { faults, warnings } = await edxmlCodec.decode(once(), none, context)
  if (faults.length > 0 || warnings.length > 0) throw new Error(`the message has findings: ${JSON.stringify([...faults, ...warnings])}`)
}

export const DECODE_CASES: readonly FormatCase[] = [
  { name: 'xml2js parses 12 kB', run: async () => await parseStringPromise(message.toString()) },
  { name: 'edXML 12 kB: parsed, extracted, hashed', unit: 'xml2js parses 12 kB', atMost: 0.6, run: extract },
  { name: 'edXML 12 kB: decoded with the whole profile', unit: 'xml2js parses 12 kB', atMost: 0.8, run: decode }
]
