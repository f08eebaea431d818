// The payloads of one package on their way in: in memory while small, a blob in the making beyond that.
// Nothing is durable before `commit`, nothing is left behind after `discard`.
import { hash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { BlobRef, Blobs, BlobWriter } from '../ports/blobs.js'
import type { PayloadRef } from '../model/package.js'
import type { ByteSource } from '../ports/signatures.js'
import type { Spool } from '../formats/codec.js'
import { createMarks } from './marks.js'

export type InlinePayload = PayloadRef & { bytes: Buffer }

/** An ended payload, readable until it is discarded. */
export interface Kept {
  readonly size: number
  /** It may hold a signature. */
  readonly signed: boolean
  read (start: number, end: number): Promise<Readable>
}

export interface Spooled {
  spool (): Promise<Spool>
  /** Small payloads, to be stored in rows. Only after every spool has ended. */
  inline (): InlinePayload[]
  /** A payload by its hash. */
  find (sha256: string): Kept | undefined
  /** Makes the large payloads durable. */
  commit (): Promise<void>
  discard (): Promise<void>
}

/** Methods, not getters: V8 makes a hidden class of its own for every literal with getters, and it lives until the next full collection. */
interface Entry extends Spool {
  ref (): BlobRef | undefined
  bytes (): Buffer | undefined
  writer (): BlobWriter | undefined
  signed (): boolean
}

export function createSpooled (blobs: Pick<Blobs, 'writer'>, inlineBytes: number): Spooled {
  const entries = new Set<Entry>()
  return {
    async spool () {
      const entry = createEntry(blobs, inlineBytes, () => { entries.delete(entry) })
      entries.add(entry)
      return entry
    },
    inline () {
      const inline: InlinePayload[] = []
      for (const entry of entries) {
        const ref = entry.ref()
        const bytes = entry.bytes()
        if (ref !== undefined && bytes !== undefined && !inline.some(other => other.sha256 === ref.sha256)) inline.push({ ...ref, bytes })
      }
      return inline
    },
    find (sha256) {
      for (const entry of entries) {
        const ref = entry.ref()
        if (ref?.sha256 === sha256) return { size: ref.size, signed: entry.signed(), read: entry.read }
      }
      return undefined
    },
    async commit () {
      // Together: each waits for the disk. What is committed when another fails is a blob that no row names, as after a crash.
      const commits = await Promise.allSettled([...entries].map(async ({ writer }) => { await writer()?.commit() }))
      // All have come to an end before the sender is told: nothing goes on behind a refusal.
      for (const commit of commits) if (commit.status === 'rejected') throw commit.reason
    },
    async discard () {
      await Promise.all([...entries].map(async entry => { await entry.discard() }))
    }
  }
}

function createEntry (blobs: Pick<Blobs, 'writer'>, inlineBytes: number, forget: () => void): Entry {
  const marks = createMarks()
  let chunks: Buffer[] = []
  let size = 0
  let writer: BlobWriter | undefined
  let ref: BlobRef | undefined
  let bytes: Buffer | undefined
  return {
    ref: () => ref,
    bytes: () => bytes,
    writer: () => writer,
    signed: marks.signed,
    async write (chunk) {
      size += chunk.length
      marks.take(chunk)
      if (writer === undefined && size <= inlineBytes) {
        // Copied: the source may reuse its buffer after this call.
        chunks.push(Buffer.from(chunk))
        return
      }
      if (writer === undefined) {
        writer = await blobs.writer()
        for (const earlier of chunks) await writer.write(earlier)
        chunks = []
      }
      await writer.write(chunk)
    },
    async read (start, end) {
      return writer === undefined ? Readable.from([Buffer.concat(chunks).subarray(start, end)]) : await writer.read(start, end)
    },
    async end () {
      if (writer !== undefined) return (ref = await writer.end())
      bytes = Buffer.concat(chunks)
      return (ref = { sha256: hash('sha256', bytes), size })
    },
    async discard () {
      forget()
      chunks = []
      await writer?.discard()
    }
  }
}

/** A payload as something that signatures are checked or made over. */
export function sourceOf ({ size, read }: Pick<Kept, 'size' | 'read'>): ByteSource {
  return {
    size,
    async read (start, end) {
      const chunks: Buffer[] = []
      for await (const chunk of await read(start, end) as AsyncIterable<Buffer>) chunks.push(chunk)
      return Buffer.concat(chunks)
    }
  }
}
