// Bytes of an edXML message → tree and attachments, in one pass with flat memory: markup goes to the tree parser, the
// content of attachments is cut out at byte level and never becomes a string of the document.
import { HubError } from '../../errors.js'
import { text } from '../../model/text.js'
import type { DecodeLimits } from '../codec.js'
import { toFault } from '../findings.js'
import { createUtf8Decoder } from '../utf8.js'
import type { XmlElement } from './element.js'
import { createPreamble } from './preamble.js'
import { createTreeParser, CUT_ELEMENT, type TreeParser } from './tree-parser.js'

/** Takes the attachments of a message, one after the other. Every promise is awaited before more bytes are read. */
export interface AttachmentTaker {
  /** The content of this `Attachment` begins. */
  begin (attachment: XmlElement): Promise<void>
  /** Base64 text, at most 64 KiB at a time. */
  take (encoded: Buffer): Promise<void>
  /** The `Attachment` element has closed: every field of it is known. */
  close (attachment: XmlElement): Promise<void>
}

export interface ParsedEdxml {
  readonly root: XmlElement
  /** Bytes before the XML that were left out. */
  readonly skippedBytes: number
  readonly rescued: TreeParser['rescued']
  readonly encodings: TreeParser['encodings']
}

const STEP = 64 * 1024
const LESS_THAN = 0x3c
const GREATER_THAN = 0x3e
const RIGHT_BRACKET = 0x5d
const LINE_FEED = 0x0a
/** Behind these names the next tags are fed one at a time: one of them may open the content of an attachment. */
const NEEDLES = [CUT_ELEMENT, '<Manifest', ':Manifest', 'AllDocument'].map(name => Buffer.from(name))
const LONGEST_NEEDLE = CUT_ELEMENT.length
const NOWHERE = Number.MAX_SAFE_INTEGER
const CDATA_OPEN = Buffer.from('<![CDATA[')
const CDATA_CLOSE = Buffer.from(']]>')

/** Reads `source` to its end. Throws a `HubError` when no tree can be made of it. */
export async function parseEdxml (source: AsyncIterable<Uint8Array>, limits: DecodeLimits, taker: AttachmentTaker): Promise<ParsedEdxml> {
  const preamble = createPreamble()
  const router = createRouter(limits, taker)
  let total = 0
  for await (const chunk of source) {
    total += chunk.byteLength
    if (total > limits.maxBytes) throw new HubError('BODY_TOO_LARGE', text(`Nội dung vượt quá ${limits.maxBytes} byte`, `The body is over ${limits.maxBytes} bytes`))
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    // A chunk may be the whole message: small steps keep back-pressure and memory honest.
    for (let at = 0; at < bytes.length; at += STEP) await router.route(preamble.strip(bytes.subarray(at, at + STEP)))
  }
  await router.route(preamble.end())
  const root = await router.end()
  return { root, skippedBytes: preamble.skippedBytes(), rescued: router.rescued, encodings: router.encodings }
}

interface Router {
  route (bytes: Buffer): Promise<void>
  end (): Promise<XmlElement>
  readonly rescued: TreeParser['rescued']
  readonly encodings: TreeParser['encodings']
}

function createRouter (limits: DecodeLimits, taker: AttachmentTaker): Router {
  const parser = createTreeParser(limits)
  const decoder = createUtf8Decoder()
  let markupBytes = 0
  /** The end of a step that may be the beginning of one of {@link NEEDLES}. */
  let held = Buffer.alloc(0)
  /** The name of the cut element was seen: go tag by tag until its meaning is clear. */
  let watching = false
  let begun: XmlElement | undefined
  /** How much of {@link CDATA_OPEN} or {@link CDATA_CLOSE} was matched. */
  let matched = 0
  let inCdata = false

  const feed = (bytes: Buffer): void => {
    markupBytes += bytes.length
    if (markupBytes > limits.maxMarkupBytes) {
      const detail = text(`Phần XML ngoài tệp đính kèm vượt quá ${limits.maxMarkupBytes} byte`, `The XML apart from attachments is over ${limits.maxMarkupBytes} bytes`)
      throw new HubError('XML_LIMIT', detail, { errors: [toFault({ code: 'XML_LIMIT', pointer: '', detail })] })
    }
    const before = parser.eventCount
    parser.write(decoder.decode(bytes))
    if (parser.eventCount !== before) watching = false
  }

  /** Feeds markup from `at`; returns how far it got. Never feeds past the tag that opens an attachment's content. */
  const feedMarkup = (bytes: Buffer, at: number, needleEnd: NeedleFinder): number => {
    if (watching || parser.careful) {
      const close = bytes.indexOf(GREATER_THAN, at)
      const end = close < 0 ? bytes.length : close + 1
      feed(bytes.subarray(at, end))
      return end
    }
    const found = needleEnd(at)
    if (found > 0) {
      feed(bytes.subarray(at, found))
      watching = true
      return found
    }
    const end = Math.max(at, bytes.length - LONGEST_NEEDLE + 1)
    feed(bytes.subarray(at, end))
    held = Buffer.from(bytes.subarray(end))
    return bytes.length
  }

  const takeContent = async (bytes: Buffer): Promise<void> => {
    if (bytes.length === 0) return
    let lines = 0
    let last = -1
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) { lines++; last = at }
    parser.skipped(lines, bytes.length - last - 1)
    await taker.take(bytes)
  }

  /** Content outside CDATA, up to the next `<`; decides what the `<` begins, also across the end of a step. */
  const cutOut = async (bytes: Buffer, at: number): Promise<number> => {
    if (matched === 0 && bytes[at] !== LESS_THAN) {
      const markup = bytes.indexOf(LESS_THAN, at)
      const end = markup < 0 ? bytes.length : markup
      await takeContent(bytes.subarray(at, end))
      return end
    }
    let next = at
    while (next < bytes.length && matched < CDATA_OPEN.length && bytes[next] === CDATA_OPEN[matched]) { next++; matched++ }
    if (matched === CDATA_OPEN.length) {
      inCdata = true
      matched = 0
    } else if (next < bytes.length) {
      parser.leaveRaw()
      feed(CDATA_OPEN.subarray(0, matched))
      matched = 0
    }
    return next
  }

  const cutOutCdata = async (bytes: Buffer, at: number): Promise<number> => {
    const byte = bytes[at]
    if (byte === CDATA_CLOSE[matched]) {
      matched++
      if (matched === CDATA_CLOSE.length) { inCdata = false; matched = 0 }
      return at + 1
    }
    if (matched > 0) {
      // Brackets that end nothing are content (and wrong there); of three brackets the last two may still end it.
      await takeContent(CDATA_CLOSE.subarray(0, 1))
      matched = matched === 2 && byte === RIGHT_BRACKET ? 2 : matched - 1
      return matched === 2 ? at + 1 : at
    }
    const bracket = bytes.indexOf(RIGHT_BRACKET, at)
    const end = bracket < 0 ? bytes.length : bracket
    await takeContent(bytes.subarray(at, end))
    return end
  }

  const report = async (): Promise<void> => {
    const attachment = parser.cut?.parent
    if (attachment !== undefined && attachment !== begun) {
      begun = attachment
      await taker.begin(attachment)
    }
    for (const closed of parser.takeClosed()) await taker.close(closed)
  }

  return {
    async route (step) {
      const bytes = held.length === 0 ? step : Buffer.concat([held, step])
      held = Buffer.alloc(0)
      const needleEnd = createNeedleFinder(bytes)
      for (let at = 0; at < bytes.length;) {
        if (parser.raw) at = inCdata ? await cutOutCdata(bytes, at) : await cutOut(bytes, at)
        else {
          at = feedMarkup(bytes, at, needleEnd)
          await report()
        }
      }
    },
    async end () {
      feed(held)
      await report()
      // Half a character at the end is a cut message while the root is open, and wrong encoding after it.
      parser.close()
      decoder.end()
      if (parser.root === undefined) throw new HubError('XML_MALFORMED', text('Không có phần tử gốc', 'There is no root element'))
      return parser.root
    },
    rescued: parser.rescued,
    encodings: parser.encodings
  }
}

/** Where the first of {@link NEEDLES} ends that begins at or behind `at`; 0 when there is none. */
type NeedleFinder = (at: number) => number

/** The places asked for only grow, so that nothing is searched twice. */
function createNeedleFinder (bytes: Buffer): NeedleFinder {
  const places = NEEDLES.map(() => -1)
  return at => {
    let first = 0
    for (const [n, needle] of NEEDLES.entries()) {
      let place = places[n] ?? NOWHERE
      if (place < at) {
        const found = bytes.indexOf(needle, at)
        place = places[n] = found < 0 ? NOWHERE : found
      }
      if (place !== NOWHERE && (first === 0 || place + needle.length < first)) first = place + needle.length
    }
    return first
  }
}
