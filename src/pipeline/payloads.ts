// Reading payloads back: from the row while small, else from the blobs.
import { Readable } from 'node:stream'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { Blobs } from '../ports/blobs.js'
import type { Store } from '../ports/store.js'
import type { PayloadRef } from '../model/package.js'

export interface Payloads {
  /** A fresh stream of a payload of a package. Rejects with `CONTENT_MISSING` when it is nowhere. */
  open (packageId: string, ref: PayloadRef): Promise<Readable>
}

export function createPayloads (options: { store: Pick<Store, 'findPayload'>, blobs: Pick<Blobs, 'open'>, inlineBytes: number }): Payloads {
  const { store, blobs, inlineBytes } = options
  return {
    async open (packageId, { sha256, size }) {
      // The threshold may have been another when the payload was stored, so a miss in the likelier place is no proof.
      const small = size <= inlineBytes
      const bytes = small ? await store.findPayload(packageId, sha256) : undefined
      if (bytes !== undefined) return bytesOf(bytes)
      try {
        return await blobs.open(sha256)
      } catch (error) {
        const late = small ? undefined : await store.findPayload(packageId, sha256)
        if (late !== undefined) return bytesOf(late)
        throw error
      }
    }
  }
}

/** Throws `CONTENT_PURGED` for a package whose bytes are gone, also where others with the same content still keep theirs. */
export function assertKept ({ purgedAt }: { purgedAt?: number }): void {
  if (purgedAt === undefined) return
  const day = new Date(purgedAt).toISOString().slice(0, 10)
  throw new HubError('CONTENT_PURGED', text(`Nội dung đã hết thời hạn lưu giữ và được xóa ngày ${day}; mã băm vẫn còn.`,
    `The content was purged on ${day}, when its retention ended; its hash remains.`))
}

/** A stream of one chunk; `Readable.from(buffer)` would need an extra turn of the loop and an empty buffer none. */
export function bytesOf (bytes: Buffer): Readable {
  return Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false })
}
