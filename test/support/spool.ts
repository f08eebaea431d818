// Spools in memory for tests of the codecs: what was written can be looked at, also after it was ended or discarded.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { DEFAULT_LIMITS, type DecodeContext, type DecodeLimits, type Spool } from '../../src/formats/codec.js'

export interface MemorySpool extends Spool {
  bytes (): Buffer
  readonly state: 'open' | 'ended' | 'discarded'
}

export interface MemoryContext extends DecodeContext {
  /** Every spool that was opened, in order. */
  readonly spools: MemorySpool[]
}

export function createMemorySpool (): MemorySpool {
  const chunks: Buffer[] = []
  let state: MemorySpool['state'] = 'open'
  const bytes = (): Buffer => Buffer.concat(chunks)
  return {
    bytes,
    get state () { return state },
    async write (chunk) {
      if (state !== 'open') throw new Error(`the spool is ${state}`)
      chunks.push(Buffer.from(chunk))
    },
    async read (start, end) { return Readable.from([bytes().subarray(start, end)]) },
    async end () {
      if (state !== 'open') throw new Error(`the spool is ${state}`)
      state = 'ended'
      return { sha256: createHash('sha256').update(bytes()).digest('hex'), size: bytes().length }
    },
    async discard () { state = 'discarded' }
  }
}

export function createMemoryContext (limits: Partial<DecodeLimits> = {}): MemoryContext {
  const spools: MemorySpool[] = []
  return {
    limits: { ...DEFAULT_LIMITS, ...limits },
    spools,
    async spool () {
      const spool = createMemorySpool()
      spools.push(spool)
      return spool
    }
  }
}

/** The bytes as a request would bring them: in chunks of `size`. */
export async function * chunksOf (content: string | Buffer, size = 16 * 1024): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(content as string)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
