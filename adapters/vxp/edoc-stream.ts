// The answer of getEdoc while it comes: JSON whose field `data` is a message of up to hundreds of megabytes in base64.
// Everything but `data` is kept (it is small) and judged at the end; `data` goes through, decoded, chunk by chunk.
import { createBase64Decoder } from 'lienthong/adapter'
import { nonsense } from './axis.js'

/** All of the answer but the message may have this many bytes. */
const MOST_AROUND_BYTES = 64 * 1024

/**
 * The bytes of the message. `check` is asked about the other fields at the end, and throws when they tell of no success: then,
 * as after any other fault, the iteration fails, and what came out of it must not be kept.
 */
export async function * readEdoc (body: AsyncIterable<Buffer>, check: (fields: unknown) => unknown): AsyncGenerator<Buffer> {
  const decoder = createBase64Decoder()
  const scan = createScan()
  let size = 0
  for await (const chunk of body) {
    for (const part of scan.push(chunk.toString('latin1'))) {
      const decoded = decoder.push(Buffer.from(part, 'latin1'))
      size += decoded.length
      if (decoded.length > 0) yield decoded
    }
    if (decoder.wrong() !== undefined) throw nonsense()
  }
  const fields = scan.end()
  check(fields)
  const last = decoder.end()
  if (decoder.wrong() !== undefined || size + last.length === 0) throw nonsense()
  if (last.length > 0) yield last
}

interface Scan {
  /** Characters of `data` in the next characters of the answer. */
  push (characters: string): string[]
  /** The fields, `data` empty. Throws when the answer is no whole JSON. */
  end (): unknown
}

function createScan (): Scan {
  /** The answer without the content of `data`, one character for each byte. */
  let around = ''
  let place: 'value' | 'string' | 'data' = 'value'
  let depth = 0
  let string = ''
  let key = ''
  let isValueNext = false
  let isEscaped = false
  /** The beginning of an escape in data, cut by the end of a chunk. */
  let cut = ''

  const takeAround = (characters: string, from: number): number => {
    let at = from
    for (; at < characters.length && place !== 'data'; at++) {
      const character = characters.charAt(at)
      if (place === 'string') {
        if (isEscaped) isEscaped = false
        else if (character === '\\') isEscaped = true
        else if (character === '"') place = 'value'
        else string += character
        // Names of fields are short; a longer text is none.
        if (string.length > 1000) string = string.slice(0, 1000)
      } else if (character === '"') {
        place = isValueNext && depth === 1 && key === 'data' ? 'data' : 'string'
        string = ''
        isValueNext = false
      } else if (character === ':') {
        key = string
        isValueNext = true
      } else if (character.trim() !== '') {
        isValueNext = false
        if (character === '{' || character === '[') depth++
        else if (character === '}' || character === ']') depth--
      }
    }
    around += characters.slice(from, at)
    if (around.length > MOST_AROUND_BYTES) throw nonsense()
    return at
  }

  return {
    push (characters) {
      const parts: string[] = []
      const whole = cut + characters
      cut = ''
      for (let at = 0; at < whole.length;) {
        if (place !== 'data') { at = takeAround(whole, at); continue }
        const end = whole.indexOf('"', at)
        const open = end < 0 ? /\\(?:u[0-9a-fA-F]{0,3})?$/.exec(whole.slice(-6))?.[0] ?? '' : ''
        cut = open
        parts.push(unescaped(whole.slice(at, end < 0 ? whole.length - open.length : end)))
        at = end < 0 ? whole.length : end + 1
        if (end >= 0) {
          around += '"'
          place = 'value'
        }
      }
      return parts
    },
    end () {
      try {
        return JSON.parse(Buffer.from(around, 'latin1').toString('utf8')) as unknown
      } catch {
        throw nonsense()
      }
    }
  }
}

/** JSON writers escape `/`, `=`, `+` and line breaks of base64, each in its own way. */
function unescaped (characters: string): string {
  if (!characters.includes('\\')) return characters
  return characters.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_all, hex: string | undefined, plain: string | undefined) =>
    hex !== undefined ? String.fromCharCode(Number.parseInt(hex, 16)) : plain === '/' ? '/' : 'rnt'.includes(plain ?? '') ? '\n' : '"')
}
