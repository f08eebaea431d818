// Lenient, streaming base64: real messages hold line breaks, references to them (Java writers) and lack padding.
// State between chunks is a few characters, whatever the size; the result never depends on where chunks are cut.

export interface Base64Decoder {
  /** Decodes what can be decoded of the text so far. Nothing comes out after the first wrong character. */
  push (encoded: Buffer): Buffer
  /** The last bytes. */
  end (): Buffer
  /** The first wrong character; undefined while all is well. */
  wrong (): string | undefined
  /** After {@link Base64Decoder.end}: true when `=` are missing at the end. */
  unpadded (): boolean
}

const NOTHING = Buffer.alloc(0)
const LINE_FEED = 0x0a
const FOREIGN = /[^A-Za-z0-9+/]/
const SPACE_REFERENCE = /&#(?:0{0,4}(?:9|10|13|32)|x0{0,4}(?:9|[aA]|[dD]|20));/g
const LONGEST_REFERENCE = '&#x000020;'.length + 1

export function createBase64Decoder (): Base64Decoder {
  /** Characters that do not make a group of four yet. */
  let rest = ''
  /** The beginning of a character reference, cut by the end of a chunk. */
  let reference = ''
  let padding = 0
  let wrong: string | undefined

  /** Spaces and references to them out; an unfinished reference at the end is kept for the next chunk. */
  const pack = (characters: string): string => {
    let kept = characters
    if (kept.includes('&')) {
      kept = kept.replace(SPACE_REFERENCE, '')
      const open = kept.lastIndexOf('&')
      if (open >= 0 && kept.length - open < LONGEST_REFERENCE && !kept.includes(';', open)) {
        reference = kept.slice(open)
        kept = kept.slice(0, open)
      }
    }
    return kept.replace(/[ \t\r\n]+/g, '')
  }

  /**
   * Decodes `rest` and clean text; undefined when the text holds anything else. Node skips foreign characters and reads
   * the URL alphabet, so a short result or `-` or `_` gives them away: three times as fast as looking at each character.
   */
  const decodeClean = (characters: string): Buffer | undefined => {
    const all = rest + characters
    const whole = all.length & ~3
    const decoded = Buffer.from(all.slice(0, whole), 'base64')
    if (decoded.length !== whole / 4 * 3 || all.includes('-') || all.includes('_') || FOREIGN.test(all.slice(whole))) return undefined
    rest = all.slice(whole)
    return decoded
  }

  /** A clean end with its padding, without looking at each character. */
  const decodeEnd = (characters: string): Buffer | undefined => {
    if (!characters.endsWith('=')) return undefined
    const pads = characters.endsWith('==') ? 2 : 1
    const decoded = decodeClean(characters.slice(0, -pads))
    if (decoded !== undefined) padding = pads
    return decoded
  }

  /** The leading part that is base64; remembers padding and what is wrong after it. */
  const cleanPart = (packed: string): string => {
    const at = padding > 0 ? 0 : packed.search(FOREIGN)
    const tail = at < 0 ? '' : packed.slice(at)
    if (tail === '') return packed
    if (padding > 0 || tail.startsWith('=')) {
      const pads = /^=*/.exec(tail)?.[0].length ?? 0
      padding += pads
      if (pads < tail.length || padding > 2) wrong = '='
    } else wrong = tail.charAt(0)
    return packed.slice(0, at)
  }

  return {
    push (encoded) {
      if (wrong !== undefined) return NOTHING
      const characters = reference + encoded.toString('latin1')
      const plain = padding === 0 && reference === ''
      reference = ''
      const dense = plain && !encoded.includes(LINE_FEED) ? characters : pack(characters)
      const decoded = padding === 0 ? decodeEnd(dense) ?? decodeClean(dense) : undefined
      return decoded ?? decodeClean(cleanPart(dense === characters ? pack(characters) : dense)) ?? NOTHING
    },
    end () {
      if (wrong !== undefined) return NOTHING
      if (reference !== '') wrong = '&'
      // One character alone holds six bits, no byte; and padding stands only where a group is cut short.
      else if (rest.length === 1 || (padding > 0 && (rest.length < 2 || rest.length + padding > 4))) wrong = '='
      return wrong === undefined ? Buffer.from(rest, 'base64') : NOTHING
    },
    wrong: () => wrong,
    unpadded: () => rest.length >= 2 && rest.length + padding < 4
  }
}
