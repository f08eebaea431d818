// Where large bytes live: content-addressed, write once. The address is the lower-case hex SHA-256 of the content.
import type { Readable } from 'node:stream'

export interface BlobRef {
  /** Lower-case hex SHA-256. */
  sha256: string
  /** Bytes. */
  size: number
}

/** Bytes on their way in. Nothing is visible to readers before `commit`. */
export interface BlobWriter {
  /** Takes one chunk. Resolves when more may come, so memory stays flat. Rejects with `STORAGE_FULL` when the disk is. */
  write (chunk: Uint8Array): Promise<void>
  /** The bytes from `start` up to, not including, `end` of what was written so far. For formats with a trailing directory (ZIP). */
  read (start: number, end: number): Promise<Readable>
  /** Ends writing and tells the address; nothing is durable yet. */
  end (): Promise<BlobRef>
  /** After `end`: makes the blob durable (synced and renamed) and readable. Committing content that is there already succeeds. */
  commit (): Promise<void>
  /** Forgets the bytes. Safe at any time, also after `commit` (then it does nothing) and twice. */
  discard (): Promise<void>
}

export interface Blobs {
  writer (): Promise<BlobWriter>
  /** Streams a blob. Rejects with `CONTENT_MISSING` when it is not there. */
  open (sha256: string): Promise<Readable>
  has (sha256: string): Promise<boolean>
  /** Removes a blob; removing an absent one succeeds. */
  remove (sha256: string): Promise<void>
  /** Addresses that begin with `prefix` (two hex digits) of blobs that nobody has written for `untouchedMs`, by the storage's own clock. */
  list (prefix: string, options: { untouchedMs: number }): Promise<string[]>
  /**
   * Removes a blob unless somebody has written it within `untouchedMs`, even at this very moment: writing what is there
   * already counts as writing. Answers whether it is gone.
   */
  removeUntouched (sha256: string, options: { untouchedMs: number }): Promise<boolean>
  /** Proves that the place can be written to. Throws `STORAGE_FULL` or another error with the reason. */
  probe (): Promise<void>
  close (): Promise<void>
}
