// Reading what is to be verified, step by step.
import type { ByteSource } from '../ports/signatures.js'

export type { ByteSource } from '../ports/signatures.js'

/** Bytes read at a time when a source is read from its beginning to its end. */
export const STEP_BYTES = 256 * 1024

export function bufferSource (bytes: Buffer): ByteSource {
  return { size: bytes.length, read: async (start, end) => bytes.subarray(start, end) }
}

/** The bytes from `start` to `end` in steps. */
export async function * steps (source: ByteSource, start = 0, end = source.size): AsyncGenerator<Buffer> {
  for (let at = start; at < end; at += STEP_BYTES) yield await source.read(at, Math.min(end, at + STEP_BYTES))
}
