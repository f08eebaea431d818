// A MIME multipart body (RFC 2046) → its parts, one after the other, streamed: flat memory whatever the size of a part.
// The boundary is taken from the first line that begins with two dashes, so that header and body cannot disagree.
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import { createBase64Decoder } from './edxml/base64.js'

export interface MimePart {
  /** Content-ID without `<` and `>`; empty when there is none. */
  readonly id: string
  readonly filename?: string
  /** Lower case, without parameters. */
  readonly contentType: string
  /** Out of its transfer encoding. What is left unread is skipped. */
  readonly body: AsyncIterable<Uint8Array>
}

const MOST_HEADER_BYTES = 16 * 1024
const HEADER_LINE = /^(?:[!-9;-~]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)+/
const LONGEST_BOUNDARY = 70
const CARRIAGE_RETURN = 0x0d

/** True when `head`, the beginning of a file, is a MIME header with a multipart body, or its first boundary. */
export function isMime (head: string): boolean {
  return /^(?:\r?\n)*--[^\s<>-][^\r\n<>]{0,69}\r?\n[!-9;-~]+:/.test(head) || /^content-type:\s*multipart\//im.test(HEADER_LINE.exec(head)?.[0] ?? '')
}

/** Throws REQUEST_INVALID for what is no multipart body, BODY_TRUNCATED when the last boundary is missing, BODY_TOO_LARGE over `maxBytes`. */
export async function * mimeParts (source: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<MimePart> {
  const input = createInput(source, maxBytes)
  const boundary = await findBoundary(input)
  const delimiter = Buffer.from(`\n${boundary}`)
  for (let line = await input.line(); !line.startsWith('--'); line = await input.line()) {
    if (line.trim() !== '') throw invalid('boundary')
    const headers = await readHeaders(input)
    const raw = bodyOf(input, delimiter)
    yield toPart(headers, raw)
    for await (const chunk of raw) void chunk
  }
  await input.drain()
}

interface Input {
  /** The bytes at hand; at least `wanted`, unless the source has ended. */
  peek (wanted: number): Promise<Buffer>
  take (count: number): void
  /** Without its end. Throws REQUEST_INVALID when it is too long. */
  line (): Promise<string>
  /** Reads what follows the last boundary: it has no meaning, but the sender must get rid of it. */
  drain (): Promise<void>
}

function createInput (source: AsyncIterable<Uint8Array>, maxBytes: number): Input {
  const chunks = source[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  let total = 0

  const more = async (): Promise<boolean> => {
    const next = await chunks.next()
    if (next.done === true) return false
    total += next.value.byteLength
    if (total > maxBytes) throw new HubError('BODY_TOO_LARGE', text(`Nội dung vượt quá ${maxBytes} byte`, `The body is over ${maxBytes} bytes`))
    const bytes = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength)
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes])
    return true
  }

  return {
    async peek (wanted) {
      while (held.length < wanted && await more());
      return held
    },
    take (count) { held = held.subarray(count) },
    async line () {
      let end = held.indexOf('\n')
      while (end < 0 && held.length <= MOST_HEADER_BYTES && await more()) end = held.indexOf('\n')
      if (end > MOST_HEADER_BYTES || (end < 0 && held.length > MOST_HEADER_BYTES)) throw invalid('header')
      const line = held.toString('utf8', 0, end < 0 ? held.length : end).replace(/\r$/, '')
      if (end < 0 && line === '') throw truncated()
      held = end < 0 ? Buffer.alloc(0) : held.subarray(end + 1)
      return line
    },
    async drain () {
      do held = Buffer.alloc(0); while (await more())
    }
  }
}

/** `--boundary`; a header and a preamble before it are left out. What follows it on its line is still there. */
async function findBoundary (input: Input): Promise<string> {
  if ((await input.peek(1)).length === 0) throw new HubError('BODY_EMPTY', text('Nội dung trống', 'The body is empty'))
  for (let read = 0; read <= MOST_HEADER_BYTES && (await input.peek(1)).length > 0;) {
    const found = /^--[^\r\n]*[^\s-][^\r\n]*(?=\r?\n|$)/.exec((await input.peek(LONGEST_BOUNDARY + 4)).toString('latin1', 0, LONGEST_BOUNDARY + 4))?.[0].trimEnd()
    if (found !== undefined && found.length <= LONGEST_BOUNDARY + 2) {
      input.take(found.length)
      return found
    }
    read += (await input.line()).length + 1
  }
  throw invalid('boundary')
}

async function readHeaders (input: Input): Promise<ReadonlyMap<string, string>> {
  const headers = new Map<string, string>()
  let last = ''
  let read = 0
  for (let line = await input.line(); line !== ''; line = await input.line()) {
    read += line.length + 2
    const colon = line.indexOf(':')
    if (read > MOST_HEADER_BYTES) throw invalid('header')
    if (/^[ \t]/.test(line) && last !== '') headers.set(last, `${headers.get(last) ?? ''} ${line.trim()}`)
    else if (colon <= 0) throw invalid('header')
    else {
      last = line.slice(0, colon).trim().toLowerCase()
      headers.set(last, line.slice(colon + 1).trim())
    }
  }
  return headers
}

/** Up to the line break before the delimiter; throws when that never comes. One reader at a time; leaving early keeps the place. */
function bodyOf (input: Input, delimiter: Buffer): AsyncIterable<Buffer> {
  const margin = delimiter.length + 1
  const boundary = delimiter.subarray(1)
  let begun = false
  let ended = false
  return {
    async * [Symbol.asyncIterator] () {
      // Without a body, the line break that ends the header is also that of the delimiter.
      if (!begun && (await input.peek(boundary.length)).subarray(0, boundary.length).equals(boundary)) {
        ended = true
        input.take(boundary.length)
      }
      begun = true
      while (!ended) {
        const bytes = await input.peek(margin + 1)
        const at = bytes.indexOf(delimiter)
        ended = at >= 0
        if (!ended && bytes.length <= margin) throw truncated()
        const end = !ended ? bytes.length - margin : at > 0 && bytes[at - 1] === CARRIAGE_RETURN ? at - 1 : at
        const chunk = Buffer.from(bytes.subarray(0, end))
        input.take(ended ? at + delimiter.length : end)
        if (chunk.length > 0) yield chunk
      }
    }
  }
}

function toPart (headers: ReadonlyMap<string, string>, raw: AsyncIterable<Buffer>): MimePart {
  const type = headers.get('content-type') ?? 'text/plain'
  const filename = parameter(headers.get('content-disposition') ?? '', 'filename') ?? parameter(type, 'name')
  return {
    id: (headers.get('content-id') ?? '').replace(/^<|>$/g, '').trim(),
    contentType: (type.split(';', 1)[0] ?? '').trim().toLowerCase(),
    body: decoded(raw, (headers.get('content-transfer-encoding') ?? 'binary').toLowerCase()),
    ...(filename === undefined ? {} : { filename })
  }
}

/** A parameter of a header, in quotes or not. RFC 2231 forms (`filename*=UTF-8''…`) come first where both are given. */
function parameter (header: string, name: string): string | undefined {
  const extended = new RegExp(`;\\s*${name}\\*\\s*=\\s*utf-8'[^']*'([^;\\s]+)`, 'i').exec(header)?.[1]
  if (extended !== undefined && isPercentEncoded(extended)) return decodeURIComponent(extended)
  const match = new RegExp(`;\\s*${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(header)
  const value = (match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2])?.trim()
  return value === '' ? undefined : value
}

function isPercentEncoded (value: string): boolean {
  try {
    return decodeURIComponent(value) !== ''
  } catch {
    return false
  }
}

async function * decoded (raw: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  if (encoding === '7bit' || encoding === '8bit' || encoding === 'binary') return yield * raw
  if (encoding !== 'base64') throw new HubError('REQUEST_INVALID', text(`Không đọc được Content-Transfer-Encoding ${encoding.slice(0, 50)}.`, `The Content-Transfer-Encoding ${encoding.slice(0, 50)} cannot be read.`))
  const decoder = createBase64Decoder()
  for await (const chunk of raw) yield decoder.push(chunk)
  yield decoder.end()
  if (decoder.wrong() !== undefined) throw new HubError('REQUEST_INVALID', text('Một phần MIME không phải base64.', 'A MIME part is not base64.'))
}

function truncated (): HubError {
  return new HubError('BODY_TRUNCATED', text('Nội dung MIME kết thúc quá sớm.', 'The MIME body ends too early.'))
}

function invalid (place: 'boundary' | 'header'): HubError {
  return new HubError('REQUEST_INVALID', text(`Nội dung multipart không đúng cú pháp (${place}).`, `The multipart body is not well-formed (${place}).`))
}
