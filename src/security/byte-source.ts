// Where a verification reads its bytes from, in ranges: a buffer, a spool, or the other side of a worker's port.

export interface ByteSource {
  /** Bytes. */
  readonly size: number
  /** The bytes from `start` up to, not including, `end`; both within the size. */
  read (start: number, end: number): Promise<Buffer>
}

/** Bytes read at a time when a source is read from its beginning to its end. */
export const STEP_BYTES = 256 * 1024

export function bufferSource (bytes: Buffer): ByteSource {
  return { size: bytes.length, read: async (start, end) => bytes.subarray(start, end) }
}

/** The bytes from `start` to `end` in steps. */
export async function * steps (source: ByteSource, start = 0, end = source.size): AsyncGenerator<Buffer> {
  for (let at = start; at < end; at += STEP_BYTES) yield await source.read(at, Math.min(end, at + STEP_BYTES))
}
