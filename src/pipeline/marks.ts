// Notices while bytes pass whether they may be signed: a Signature in XML, a byte range in a PDF. Searching costs a
// microsecond for a small package; verifying, in another thread, is only asked for where something was noticed.

export interface Marks {
  take (chunk: Uint8Array): void
  /** True when there may be a signature; never false when there is one where it must be. */
  signed (): boolean
}

const PDF = Buffer.from('%PDF-')
const BYTE_RANGE = Buffer.from('/ByteRange')
const SIGNATURE = Buffer.from('Signature')
/** A Signature stands in the header, before the attachments. */
const MOST_XML_BYTES = 4 * 2 ** 20

export function createMarks (): Marks {
  let size = 0
  let held = Buffer.alloc(0)
  let isPdf: boolean | undefined
  let signed = false
  return {
    signed: () => signed,
    take (chunk) {
      if (signed || (isPdf === false && size > MOST_XML_BYTES)) return
      size += chunk.byteLength
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      const joined = held.length === 0 ? bytes : Buffer.concat([held, bytes.subarray(0, BYTE_RANGE.length)])
      if (isPdf === undefined) {
        if (size >= PDF.length) isPdf = Buffer.concat([held, bytes.subarray(0, PDF.length)]).subarray(0, PDF.length).equals(PDF)
        else { held = Buffer.concat([held, bytes]); return }
      }
      const needle = isPdf ? BYTE_RANGE : SIGNATURE
      signed = joined.includes(needle) || bytes.includes(needle)
      held = Buffer.concat([held, bytes.subarray(-needle.length)]).subarray(-needle.length + 1)
    }
  }
}
