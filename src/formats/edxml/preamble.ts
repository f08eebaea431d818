// What may stand before the XML: a byte order mark, and (in files seen on the axis) a few stray characters.
import { HubError } from '../../errors.js'
import { text } from '../../model/text.js'

const MOST_STRAY_BYTES = 64
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])
const BEGINNINGS = /<\?xml|<edxml/i

export interface Preamble {
  /** The bytes of the XML among `bytes`; none while its beginning is not found. */
  strip (bytes: Buffer): Buffer
  /** What is still held back. Throws BODY_EMPTY when there was nothing. */
  end (): Buffer
  skippedBytes (): number
}

/** Leaves out at most 64 stray bytes before `<?xml` or `<edXML`; when neither comes, the parser gets everything and says why it fails. */
export function createPreamble (): Preamble {
  let head: Buffer = Buffer.alloc(0)
  let passed = false
  let skippedBytes = 0

  const settle = (final: boolean): Buffer => {
    const from = head.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0
    const body = head.subarray(from)
    if (isUtf16(head)) throw new HubError('ENCODING_INVALID', text('Chỉ chấp nhận mã hóa UTF-8', 'Only the encoding UTF-8 is accepted'))
    if (body.length > 0 && body[0] === 0x3c) { passed = true; return body }
    const found = body.toString('latin1', 0, MOST_STRAY_BYTES + 6).search(BEGINNINGS)
    if (found < 0 && !final && body.length < MOST_STRAY_BYTES + 6) return Buffer.alloc(0)
    passed = true
    if (found > 0 && found <= MOST_STRAY_BYTES) skippedBytes = found
    return body.subarray(skippedBytes)
  }

  return {
    strip (bytes) {
      if (passed) return bytes
      head = head.length === 0 ? bytes : Buffer.concat([head, bytes])
      return head.length < 4 ? Buffer.alloc(0) : settle(false)
    },
    end () {
      if (passed) return Buffer.alloc(0)
      if (/^(\xEF\xBB\xBF)?\s*$/.test(head.toString('latin1'))) throw new HubError('BODY_EMPTY', text('Nội dung trống', 'The body is empty'))
      return settle(true)
    },
    skippedBytes: () => skippedBytes
  }
}

/** A mark of UTF-16, or its pattern without the mark: one of the first two bytes is zero. */
function isUtf16 (head: Buffer): boolean {
  const [first, second] = head
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || first === 0 || second === 0
}
