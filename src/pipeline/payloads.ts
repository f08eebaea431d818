// Reading payloads back: from the row while small, else from the blobs.
import { Readable } from 'node:stream'
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

/** A stream of one chunk; `Readable.from(buffer)` would need an extra turn of the loop and an empty buffer none. */
export function bytesOf (bytes: Buffer): Readable {
  return Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false })
}
