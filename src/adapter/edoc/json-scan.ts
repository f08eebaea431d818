// JSON of any length while it comes: short values are kept, one long text goes through, everything else is passed over. Bytes
// are looked at one character each (latin1), so that what is cut in the middle of a letter stays whole.

/** What is to be done with the text at a path (`data.attachments[].fileName`): keep it, let it through, pass over it. */
export type Wish = 'keep' | 'through' | 'pass'

export interface JsonScan {
  /** The bytes (UTF-8) of what goes through. Throws a `RangeError` where the JSON is none, or too deep. */
  push (chunk: Buffer): Buffer[]
  /** Throws a `RangeError` unless the JSON was whole. */
  end (): void
}

interface Level { readonly kind: '{' | '['; key: string; isKeyNext: boolean }

const MOST_LEVELS = 32
/** Of a text that is kept, or of a key. */
const MOST_KEPT = 2000
/** A text that is kept and longer is none that an answer would hold. */
const MOST_SAID = 64 * 1024

/** `wishOf` is asked when a text begins, `onValue` told each text kept (up to 2000 bytes of it) and each number or boolean, as written. */
export function createJsonScan (wishOf: (path: string) => Wish, onValue: (path: string, value: string) => void): JsonScan {
  const levels: Level[] = []
  let place: 'between' | 'text' | 'literal' | 'over' = 'between'
  let wish: Wish | 'key' = 'pass'
  let held = ''
  let said = 0
  /** An escape, or the first half of a pair of them, cut by the end of a chunk. */
  let cut = ''
  let isStarted = false

  const pathOf = (): string => levels.map(({ kind, key }, index) => kind === '[' ? '[]' : index === 0 ? key : `.${key}`).join('')
  const keep = (characters: string): void => { if (held.length < MOST_KEPT) held = (held + characters).slice(0, MOST_KEPT) }
  const endValue = (): void => { if (levels.length === 0) place = 'over'; else place = 'between' }

  const take = (characters: string, parts: Buffer[]): void => {
    if (wish === 'through') { if (characters !== '') parts.push(Buffer.from(characters, 'latin1')) }
    else if (wish !== 'pass') {
      said += characters.length
      if (said > MOST_SAID) throw new RangeError('too much')
      keep(characters)
    }
  }

  const endText = (): void => {
    const top = levels.at(-1)
    const text = Buffer.from(held, 'latin1').toString('utf8')
    if (wish === 'key' && top !== undefined) { top.key = text; top.isKeyNext = false; place = 'between'; return }
    if (wish === 'keep') onValue(pathOf(), text)
    endValue()
  }

  const endLiteral = (): void => {
    if (held !== 'null') onValue(pathOf(), held)
    endValue()
  }

  /** One character outside of texts. */
  const step = (character: string): void => {
    const top = levels.at(-1)
    if (character === '"') {
      place = 'text'
      held = ''
      said = 0
      wish = top?.isKeyNext === true ? 'key' : wishOf(pathOf())
    } else if (character === '{' || character === '[') {
      if (levels.length >= MOST_LEVELS) throw new RangeError('too deep')
      levels.push({ kind: character, key: '', isKeyNext: character === '{' })
    } else if (character === '}' || character === ']') {
      if (levels.pop()?.kind !== (character === '}' ? '{' : '[')) throw new RangeError('no JSON')
      endValue()
    } else if (character === ',') {
      if (top === undefined) throw new RangeError('no JSON')
      top.isKeyNext = top.kind === '{'
    } else if (character !== ':' && character.trim() !== '') {
      place = 'literal'
      held = character
    }
    if (character.trim() !== '') isStarted = true
  }

  return {
    push (chunk) {
      const parts: Buffer[] = []
      const all = cut + chunk.toString('latin1')
      cut = ''
      for (let at = 0; at < all.length;) {
        if (place === 'text') {
          const { text, next, isOver, open } = readText(all, at)
          take(text, parts)
          cut = open
          at = next
          if (isOver) endText()
        } else if (place === 'literal' && !/[\s,\]}]/.test(all.charAt(at))) {
          keep(all.charAt(at++))
        } else {
          if (place === 'literal') endLiteral()
          if ((place as string) === 'over' && all.charAt(at).trim() !== '') throw new RangeError('something after the end')
          step(all.charAt(at++))
        }
      }
      return parts
    },
    end () {
      if (place !== 'over' || cut !== '' || !isStarted) throw new RangeError('not whole')
    }
  }
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

/** The text from `at` up to its end, or to the end of what is there; `open`: what has to wait for more. */
function readText (all: string, at: number): { text: string, next: number, isOver: boolean, open: string } {
  let quote = all.indexOf('"', at)
  const slash = all.indexOf('\\', at)
  if (slash < 0 || (quote >= 0 && quote < slash)) {
    const end = quote < 0 ? all.length : quote
    return { text: all.slice(at, end), next: quote < 0 ? end : end + 1, isOver: quote >= 0, open: '' }
  }
  let text = ''
  let from = at
  for (let next = slash; next >= 0 && next < all.length; next = all.indexOf('\\', from)) {
    if (quote >= 0 && quote < from) quote = all.indexOf('"', from)
    if (quote >= 0 && quote < next) break
    text += all.slice(from, next)
    const escape = /^\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([^u]))/.exec(all.slice(next, next + 12))
    // Half of a pair may be all that has come so far.
    if (escape === null || (escape[3] !== undefined && /^[dD][89abAB]/.test(escape[3]) && all.length - next < 12)) {
      if (all.length - next >= 12) throw new RangeError('no JSON')
      return { text, next: all.length, isOver: false, open: all.slice(next) }
    }
    const [whole, high, low, one, plain = ''] = escape
    const character = high !== undefined && low !== undefined
      ? String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16))
      : one !== undefined ? String.fromCharCode(Number.parseInt(one, 16)) : ESCAPED[plain] ?? plain
    // A plain character stands for its own bytes already.
    text += one === undefined && high === undefined ? character : Buffer.from(character, 'utf8').toString('latin1')
    from = next + whole.length
  }
  const end = all.indexOf('"', from)
  return { text: text + all.slice(from, end < 0 ? all.length : end), next: end < 0 ? all.length : end + 1, isOver: end >= 0, open: '' }
}
