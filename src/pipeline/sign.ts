// A message and the signature that belongs into the middle of it: what is signed ends long after the place of the signature,
// so the message is written down once unsigned and read twice, never held.
import type { ByteSource, EnvelopeSignature } from '../ports/signatures.js'
import { sourceOf, type Spooled } from './spool.js'

/** Bytes copied at a time. */
const STEP_BYTES = 256 * 1024

export interface InsertOptions {
  /** Where the unsigned message lies meanwhile; it is never made durable. */
  openSpooled: () => Spooled
  sign: (message: ByteSource) => Promise<EnvelopeSignature>
}

/** The message with its signature. Rejects as `message` and `sign` do; then nothing is left behind. */
export async function * insertSignature (message: AsyncIterable<Buffer>, { openSpooled, sign }: InsertOptions): AsyncGenerator<Buffer> {
  const spooled = openSpooled()
  try {
    const spool = await spooled.spool()
    for await (const chunk of message) await spool.write(chunk)
    const { size } = await spool.end()
    const source = sourceOf({ size, read: spool.read })
    const { xml, insertAt } = await sign(source)
    yield * copied(source, 0, insertAt)
    yield Buffer.from(xml)
    yield * copied(source, insertAt, size)
  } finally {
    await spooled.discard()
  }
}

async function * copied ({ read }: ByteSource, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; at += STEP_BYTES) yield await read(at, Math.min(end, at + STEP_BYTES))
}
