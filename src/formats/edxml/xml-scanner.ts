// A strict, streaming scanner for the XML 1.0 that messages may be written in: no DOCTYPE, no processing instruction, only
// predefined entities. Each character is looked at once, whatever the chunks; a tag is told the moment its `>` is there, so
// that the caller can take the bytes behind it away. A third of the time of a general parser; `edxml-scanner.test.ts` holds
// it against saxes.
import type { DecodeLimits } from '../codec.js'
import { createNamespaces } from './namespaces.js'
import { readInstruction } from './xml-declaration.js'
import type { XmlAttribute, XmlEvents, XmlFault } from './xml-events.js'
import { decodeReferences, FORBIDDEN_CHARACTER, parseName, type XmlName } from './xml-names.js'

type State = 'text' | 'tag' | 'comment' | 'cdata'

const NO_ATTRIBUTES: readonly XmlAttribute[] = []
const NO_NAMES: ReadonlyMap<string, XmlName> = new Map()
const SPACES = /^[ \t\r\n]*$/
const ATTRIBUTE = /[ \t\r\n]+([^ \t\r\n=<>"'/]+)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y
const LONGEST_REFERENCE = 64
const LONGEST_INSTRUCTION = 1024
const LONGEST_NAME = 512

/** One field more and V8 keeps the scanner in a slow form: reading a message of 12 kB took 450 µs instead of 350. */
export class XmlScanner {
  readonly #events: XmlEvents
  readonly #limits: DecodeLimits
  readonly #namespaces = createNamespaces()
  readonly #known: ReadonlyMap<string, XmlName>
  readonly #names = new Map<string, XmlName>()
  readonly #open: XmlName[] = []
  #state: State = 'text'
  /** The end of a slice that cannot be understood without the next one; a few characters. */
  #held = ''
  #tagParts: string[] = []
  #quote = ''
  #slice = ''
  /** The slice holds no reference, carriage return or `]]>`: its texts are what they look like. */
  #plain = true
  #line = 1
  #column = 0
  #elements = 0
  #started = false
  #rootSeen = false

  /** `known`: names that most tags have; each message would take them apart anew. */
  constructor (events: XmlEvents, limits: DecodeLimits, known: ReadonlyMap<string, XmlName> = NO_NAMES) {
    this.#events = events
    this.#limits = limits
    this.#known = known
  }

  /** True when the root has closed and nothing is unfinished. */
  get complete (): boolean { return this.#rootSeen && this.#open.length === 0 && this.#state === 'text' && SPACES.test(this.#held) }
  get depth (): number { return this.#open.length }

  write (characters: string): void {
    const slice = this.#held + characters
    this.#held = ''
    this.#slice = slice
    this.#plain = !slice.includes('&') && !slice.includes('\r') && !slice.includes(']]>')
    const forbidden = slice.search(FORBIDDEN_CHARACTER)
    this.#scan(forbidden < 0 ? slice : slice.slice(0, forbidden))
    // Only now: what stands before it tells in which element it is.
    if (forbidden >= 0) this.#malformed(forbidden, 'a character that XML forbids')
    this.#advance(slice, slice.length - this.#held.length)
  }

  #scan (slice: string): void {
    for (let at = 0; at < slice.length;) {
      if (this.#state === 'text') at = this.#text(slice, at)
      else if (this.#state === 'tag') at = this.#tag(slice, at)
      else at = this.#state === 'comment' ? this.#comment(slice, at) : this.#cdata(slice, at)
    }
  }

  /** Counts text that was taken away behind the last tag. */
  skipped (lines: number, columns: number): void {
    this.#line += lines
    this.#column = lines > 0 ? columns : this.#column + columns
  }

  #advance (slice: string, end: number): void {
    let last = -1
    for (let at = slice.indexOf('\n'); at >= 0 && at < end; at = slice.indexOf('\n', at + 1)) { this.#line++; last = at }
    this.#column = last < 0 ? this.#column + end : end - last - 1
    this.#slice = ''
  }

  fail (at: number, fault: Omit<XmlFault, 'line' | 'column'>): never {
    this.#advance(this.#slice, Math.min(at, this.#slice.length))
    return this.#events.fail({ ...fault, line: this.#line, column: this.#column })
  }

  #malformed (at: number, en: string): never {
    return this.fail(at, { code: 'XML_MALFORMED', vi: 'XML không đúng cú pháp', en: `The XML is not well-formed: ${en}` })
  }

  limit (at: number, what: string, most: number): never {
    return this.fail(at, { code: 'XML_LIMIT', vi: `XML vượt giới hạn: ${what} không quá ${most}`, en: `The XML is over a limit: ${what} at most ${most}` })
  }

  #text (slice: string, at: number): number {
    const markup = slice.indexOf('<', at)
    if (markup > at) this.#emit(slice, at, markup)
    if (markup >= 0) return this.#markup(slice, markup)
    const end = this.#heldFrom(slice, at)
    if (end > at) this.#emit(slice, at, end)
    this.#held = slice.slice(end)
    return slice.length
  }

  /** Where the end of a slice begins that may belong to a reference, a `]]>` or a line end. */
  #heldFrom (slice: string, at: number): number {
    const reference = slice.lastIndexOf('&')
    if (reference >= at && !slice.includes(';', reference)) {
      if (slice.length - reference > LONGEST_REFERENCE) this.#malformed(reference, 'an unfinished reference')
      return reference
    }
    if (slice.endsWith('\r')) return slice.length - 1
    const brackets = slice.endsWith(']]') ? 2 : slice.endsWith(']') ? 1 : 0
    return Math.max(at, slice.length - brackets)
  }

  #emit (slice: string, at: number, end: number): void {
    const raw = slice.slice(at, end)
    if (this.#open.length === 0) {
      if (!SPACES.test(raw)) this.#malformed(at, 'text outside the root element')
      this.#started = true
      return
    }
    if (this.#plain) return this.#events.text(raw)
    const bracket = raw.indexOf(']]>')
    if (bracket >= 0) this.#malformed(at + bracket, ']]> in text')
    const lines = raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw
    this.#events.text(raw.includes('&') ? this.#decoded(lines, at) : lines)
  }

  #decoded (raw: string, at: number): string {
    return decodeReferences(raw) ?? this.#malformed(at, 'an undefined or forbidden reference')
  }

  /** `at` is a `<`. */
  #markup (slice: string, at: number): number {
    const next = slice.charAt(at + 1)
    if (next === '!') return this.#declaration(slice, at)
    if (next === '?') return this.#instruction(slice, at)
    if (next === '') {
      this.#held = '<'
      return slice.length
    }
    const plain = this.#plainTag(slice, at + 1, next)
    if (plain !== undefined) return plain
    this.#state = 'tag'
    return this.#tag(slice, at + 1)
  }

  #declaration (slice: string, at: number): number {
    if (slice.startsWith('<!--', at)) {
      this.#state = 'comment'
      return at + 4
    }
    if (slice.startsWith('<![CDATA[', at)) {
      if (this.#open.length === 0) this.#malformed(at, 'CDATA outside the root element')
      this.#state = 'cdata'
      return at + 9
    }
    const start = slice.slice(at, at + 9)
    if (start === '<!DOCTYPE') this.fail(at, { code: 'XML_FORBIDDEN', vi: 'Không được có DOCTYPE hay khai báo thực thể', en: 'A DOCTYPE or entity declaration is forbidden' })
    if (start.length < 9 && ['<!--', '<![CDATA[', '<!DOCTYPE'].some(whole => whole.startsWith(start))) {
      this.#held = start
      return slice.length
    }
    return this.#malformed(at, 'a wrong declaration')
  }

  #instruction (slice: string, at: number): number {
    const end = slice.indexOf('?>', at + 2)
    if (end < 0 && slice.length - at < LONGEST_INSTRUCTION) {
      this.#held = slice.slice(at)
      return slice.length
    }
    const whole = slice.slice(at, end < 0 ? undefined : end + 2)
    const { fault, misdeclared } = readInstruction(whole, { first: !this.#started })
    if (fault !== undefined) this.fail(at, fault)
    if (misdeclared !== undefined) this.#events.misdeclared(misdeclared)
    this.#started = true
    return end + 2
  }

  #comment (slice: string, at: number): number {
    this.#started = true
    const dashes = slice.indexOf('--', at)
    if (dashes >= 0 && dashes + 2 < slice.length) {
      if (slice.charAt(dashes + 2) !== '>') this.#malformed(dashes, '-- in a comment')
      this.#state = 'text'
      this.#events.ended()
      return dashes + 3
    }
    this.#held = dashes >= 0 ? '--' : slice.endsWith('-') ? '-' : ''
    return slice.length
  }

  #cdata (slice: string, at: number): number {
    const close = slice.indexOf(']]>', at)
    const end = close >= 0 ? close : slice.endsWith('\r') ? slice.length - 1 : Math.max(at, slice.endsWith(']]') ? slice.length - 2 : slice.endsWith(']') ? slice.length - 1 : slice.length)
    const raw = slice.slice(at, end)
    if (raw !== '') this.#events.text(raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw)
    if (close < 0) {
      this.#held = slice.slice(end)
      return slice.length
    }
    this.#state = 'text'
    this.#events.ended()
    return close + 3
  }

  /** Nearly every tag: the close tag of the open element, or a name that was seen before. Undefined for others. */
  #plainTag (slice: string, at: number, first: string): number | undefined {
    if (first === '/') {
      const raw = this.#open[this.#open.length - 1]?.raw
      if (raw === undefined || !slice.startsWith(raw, at + 1) || slice.charCodeAt(at + 1 + raw.length) !== 0x3e) return undefined
      this.#leave()
      this.#events.ended()
      return at + raw.length + 2
    }
    const end = slice.indexOf('>', at)
    const name = end < 0 ? undefined : this.#seen(slice.slice(at, end))
    if (name === undefined) return undefined
    this.#enter(name, NO_ATTRIBUTES, end + 1)
    this.#events.ended()
    return end + 1
  }

  /** Looks for the `>` that is in no quotes; `at` is behind the `<` or goes on in a tag. */
  #tag (slice: string, at: number): number {
    let next = at
    for (; next < slice.length; next++) {
      const character = slice.charCodeAt(next)
      if (this.#quote !== '') {
        const close = slice.indexOf(this.#quote, next)
        if (close < 0) { next = slice.length; break }
        this.#quote = ''
        next = close
      } else if (character === 0x3e) break
      else if (character === 0x22 || character === 0x27) this.#quote = slice.charAt(next)
    }
    const part = slice.slice(at, next)
    if (next >= slice.length) {
      this.#tagParts.push(part)
      return slice.length
    }
    const body = this.#tagParts.length === 0 ? part : this.#tagParts.join('') + part
    if (this.#tagParts.length > 0) this.#tagParts = []
    this.#state = 'text'
    if (body.charCodeAt(0) === 0x2f) this.#closeTag(body, next + 1)
    else this.#openTag(body, next + 1)
    this.#events.ended()
    return next + 1
  }

  #closeTag (body: string, at: number): void {
    const name = this.#open[this.#open.length - 1]
    if (name === undefined || (body.length !== name.raw.length + 1 ? body.slice(1).replace(/[ \t\r\n]+$/, '') : body.slice(1)) !== name.raw) {
      this.#malformed(at, `unexpected close tag ${body.slice(0, 100)}`)
    }
    this.#leave()
  }

  #openTag (body: string, at: number): void {
    const selfClosing = body.charCodeAt(body.length - 1) === 0x2f
    const inner = selfClosing ? body.slice(0, -1) : body
    const plain = this.#seen(inner)
    const end = plain === undefined ? inner.search(/[ \t\r\n]|$/) : inner.length
    const name = plain ?? this.#name(inner.slice(0, end), at)
    this.#enter(name, end === inner.length ? NO_ATTRIBUTES : this.#attributes(inner, end, at), at)
    if (selfClosing) this.#leave()
  }

  #enter (name: XmlName, attributes: readonly XmlAttribute[], at: number): void {
    if (this.#open.length === 0 && this.#rootSeen) this.#malformed(at, 'a second root element')
    this.#started = this.#rootSeen = true
    if (this.#open.length >= this.#limits.maxDepth) this.limit(at, 'depth of nesting', this.#limits.maxDepth)
    if (++this.#elements > this.#limits.maxElements) this.limit(at, 'elements', this.#limits.maxElements)
    const uri = this.#resolve(name, at)
    this.#namespaces.open()
    this.#open.push(name)
    this.#events.opened(name, uri, attributes)
  }

  #leave (): void {
    this.#open.pop()
    this.#events.closed()
    this.#namespaces.close()
  }

  #seen (raw: string): XmlName | undefined {
    return this.#known.get(raw) ?? this.#names.get(raw)
  }

  #name (raw: string, at: number): XmlName {
    const seen = this.#seen(raw)
    if (seen !== undefined) return seen
    if (raw.length > LONGEST_NAME) this.limit(at, 'characters of one name', LONGEST_NAME)
    const name = parseName(raw) ?? this.#malformed(at, 'a wrong name')
    if (this.#names.size < 500) this.#names.set(raw, name)
    return name
  }

  #resolve ({ prefix }: XmlName, at: number): string {
    const uri = prefix === 'xmlns' ? undefined : this.#namespaces.resolve(prefix)
    if (uri === undefined) this.#malformed(at, `unbound namespace prefix: ${JSON.stringify(prefix.slice(0, 50))}`)
    for (const rescued of this.#namespaces.takeRescued()) this.#events.rescue(rescued)
    return uri
  }

  /** Declarations come first, wherever they stand in the tag. */
  #attributes (inner: string, from: number, at: number): readonly XmlAttribute[] {
    const found: Array<{ name: XmlName, value: string }> = []
    const seen = new Set<string>()
    ATTRIBUTE.lastIndex = from
    let end = from
    for (let match = ATTRIBUTE.exec(inner); match !== null; match = ATTRIBUTE.exec(inner)) {
      end = ATTRIBUTE.lastIndex
      const [, raw = '', double, single = ''] = match
      if (seen.size >= this.#limits.maxAttributesPerElement) this.limit(at, 'attributes of one element', this.#limits.maxAttributesPerElement)
      if (seen.has(raw)) this.#malformed(at, 'an attribute is given twice')
      seen.add(raw)
      const value = this.#attributeValue(double ?? single, at)
      const name = this.#name(raw, at)
      const declares = name.prefix === 'xmlns' || raw === 'xmlns'
      if (!declares) found.push({ name, value })
      else if (!this.#namespaces.declare(raw === 'xmlns' ? '' : name.local, value.trim())) this.#malformed(at, 'a forbidden namespace declaration')
    }
    if (!SPACES.test(inner.slice(end))) this.#malformed(at, 'a wrong attribute')
    return this.#named(found, at)
  }

  #named (found: ReadonlyArray<{ name: XmlName, value: string }>, at: number): readonly XmlAttribute[] {
    if (found.length === 0) return NO_ATTRIBUTES
    const attributes = found.map(({ name, value }) => ({ name, value, uri: name.prefix === '' ? '' : this.#resolve(name, at) }))
    const spaced = attributes.filter(({ uri }) => uri !== '').map(({ uri, name }) => `${uri} ${name.local}`)
    if (new Set(spaced).size < spaced.length) this.#malformed(at, 'an attribute is given twice')
    return attributes
  }

  #attributeValue (raw: string, at: number): string {
    if (raw.length > this.#limits.maxTextLength) this.limit(at, 'characters of one attribute', this.#limits.maxTextLength)
    const spaced = /[\t\r\n]/.test(raw) ? raw.replace(/\r\n|[\t\r\n]/g, ' ') : raw
    return spaced.includes('&') ? this.#decoded(spaced, at) : spaced
  }
}
