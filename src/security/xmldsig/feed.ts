// Bytes of an XML message → text for the parser, with the long content of attachments cut out: base64 of any length
// reaches the digest as bytes and never becomes a string.
import { isAscii } from 'node:buffer'
import { SignatureFailure } from './failure.js'

/** Name of the element whose content is cut out. */
export const CUT_ELEMENT = 'ContentTransferEncoded'

const NEEDLE = Buffer.from(CUT_ELEMENT)
const LESS_THAN = 0x3c
const GREATER_THAN = 0x3e
const AMPERSAND = 0x26
const CARRIAGE_RETURN = 0x0d
const LINE_FEED = 0x0a
/** Markup of one message; the intake refuses more than this by default, too. */
const MOST_MARKUP_BYTES = 4 * 2 ** 20
const LONGEST_REFERENCE = 8

export interface Consumer {
  /** Markup and ordinary text. Returns true when the text ends with the tag that opens the cut element. */
  markup (text: string): boolean
  /** Canonical bytes of cut content. */
  content (canonical: Buffer): void
}

export interface Feed {
  write (bytes: Buffer): void
  end (): void
}

/** Throws a {@link SignatureFailure} for bytes that are no UTF-8, or too much markup. */
export function createFeed (consumer: Consumer): Feed {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const content = createContentFilter(canonical => { consumer.content(canonical) })
  let markupBytes = 0
  let held: Buffer | undefined
  let tagByTag = false
  let raw = false

  const decode = (bytes: Buffer | undefined): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch {
      throw new SignatureFailure('indeterminate', 'not-utf-8')
    }
  }
  const markup = (bytes: Buffer): boolean => {
    markupBytes += bytes.length
    if (markupBytes > MOST_MARKUP_BYTES) throw new SignatureFailure('indeterminate', 'too-much-markup')
    return consumer.markup(decode(bytes))
  }
  /** One step from `at`; returns how far it got. */
  const step = (bytes: Buffer, at: number): number => {
    if (raw) {
      const tag = bytes.indexOf(LESS_THAN, at)
      const end = tag < 0 ? bytes.length : tag
      content.take(bytes.subarray(at, end))
      if (tag >= 0) { content.end(); raw = false; tagByTag = true }
      return end
    }
    if (tagByTag) {
      const close = bytes.indexOf(GREATER_THAN, at)
      const end = close < 0 ? bytes.length : close + 1
      if (markup(bytes.subarray(at, end))) raw = true
      // The closing tag names the element, too: the search goes on behind it.
      else if (close >= 0) tagByTag = false
      return end
    }
    const found = bytes.indexOf(NEEDLE, at)
    if (found >= 0) {
      tagByTag = true
      markup(bytes.subarray(at, found + NEEDLE.length))
      return found + NEEDLE.length
    }
    const end = Math.max(at, bytes.length - NEEDLE.length + 1)
    markup(bytes.subarray(at, end))
    held = Buffer.from(bytes.subarray(end))
    return bytes.length
  }

  return {
    write (chunk) {
      const bytes = held === undefined ? chunk : Buffer.concat([held, chunk])
      held = undefined
      for (let at = 0; at < bytes.length;) at = step(bytes, at)
    },
    end () {
      if (raw) content.end()
      if (held !== undefined) markup(held)
      consumer.markup(decode(undefined))
    }
  }
}

/** Line ends and character references of cut content in canonical form. Base64 needs no others: anything else fails safe. */
function createContentFilter (write: (canonical: Buffer) => void): { take (bytes: Buffer): void, end (): void } {
  let afterReturn = false
  let reference = ''

  const takePlain = (bytes: Buffer): void => {
    if (bytes.length === 0) return
    let plain = afterReturn && bytes[0] === LINE_FEED ? bytes.subarray(1) : bytes
    afterReturn = bytes[bytes.length - 1] === CARRIAGE_RETURN
    if (plain.includes(CARRIAGE_RETURN)) plain = Buffer.from(plain.toString('latin1').replace(/\r\n?/g, '\n'), 'latin1')
    if (plain.includes(GREATER_THAN) || !isAscii(plain)) throw new SignatureFailure('indeterminate', 'attachment-not-base64')
    write(plain)
  }
  const takeReference = (): void => {
    const digits = /^&#(?:x([0-9a-f]+)|([0-9]+));$/i.exec(reference)
    const code = digits?.[1] === undefined ? Number(digits?.[2]) : Number.parseInt(digits[1], 16)
    if (code !== CARRIAGE_RETURN && code !== LINE_FEED) throw new SignatureFailure('indeterminate', 'attachment-not-base64')
    write(Buffer.from(code === CARRIAGE_RETURN ? '&#xD;' : '\n'))
    reference = ''
    afterReturn = false
  }

  return {
    take (bytes) {
      for (let at = 0; at < bytes.length;) {
        if (reference !== '') {
          reference += String.fromCharCode(bytes[at++] ?? 0)
          if (reference.endsWith(';')) takeReference()
          else if (reference.length > LONGEST_REFERENCE) throw new SignatureFailure('indeterminate', 'attachment-not-base64')
          continue
        }
        const ampersand = bytes.indexOf(AMPERSAND, at)
        const end = ampersand < 0 ? bytes.length : ampersand
        takePlain(bytes.subarray(at, end))
        if (ampersand >= 0) { reference = '&'; at = ampersand + 1 } else at = end
      }
    },
    end () {
      if (reference !== '') throw new SignatureFailure('indeterminate', 'not-well-formed')
      afterReturn = false
    }
  }
}
