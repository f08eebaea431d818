// Fatal, streaming UTF-8 decoding. TextDecoder does the same, but each one holds an ICU converter: for a 12 KB message
// its making and collecting cost more than the decoding.
import { isUtf8 } from 'node:buffer'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'

export interface Utf8Decoder {
  /** The characters that are complete. Throws ENCODING_INVALID. */
  decode (bytes: Buffer): string
  /** Throws ENCODING_INVALID when half a character is left. */
  end (): void
}

export function createUtf8Decoder (): Utf8Decoder {
  let held = Buffer.alloc(0)
  return {
    decode (bytes) {
      const all = held.length === 0 ? bytes : Buffer.concat([held, bytes])
      const whole = all.length - incompleteTail(all)
      const complete = all.subarray(0, whole)
      if (!isUtf8(complete)) throw invalidEncoding()
      held = whole === all.length ? EMPTY : Buffer.from(all.subarray(whole))
      return complete.toString('utf8')
    },
    end () {
      if (held.length > 0) throw invalidEncoding()
    }
  }
}

const EMPTY = Buffer.alloc(0)

/** True when `bytes` are UTF-8 but for a character cut at the end. */
export function isUtf8Start (bytes: Buffer): boolean {
  return isUtf8(bytes.subarray(0, bytes.length - incompleteTail(bytes)))
}

/** Bytes at the end that begin a character and do not finish it: 0 to 3. */
function incompleteTail (bytes: Buffer): number {
  for (let length = 1; length <= 3 && length <= bytes.length; length++) {
    const byte = bytes[bytes.length - length] ?? 0
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return needed > length ? length : 0
  }
  return 0
}

function invalidEncoding (): HubError {
  return new HubError('ENCODING_INVALID', text('Nội dung không phải UTF-8 hợp lệ', 'The content is not valid UTF-8'))
}
