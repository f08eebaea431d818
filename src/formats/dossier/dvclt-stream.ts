// Reads the detail of a DVCLT dossier as a stream: base64 files inside the JSON go straight into spools while the rest,
// small, is kept for the parser. Memory does not grow with the files.
import { HubError } from '../../errors.js'
import { text } from '../../model/text.js'
import type { DecodeContext } from '../codec.js'
import { createBase64Decoder, type Base64Decoder } from '../edxml/base64.js'
import { createPayloadWriter, type PayloadWriter, settlePlain } from '../payload.js'
import { createUtf8Decoder } from '../utf8.js'
import { CutFile } from './dvclt-files.js'
import { dvcltWire } from './dvclt.js'
import { parseJson } from './json.js'
import type { Read, WireContext } from './wire-format.js'
import { isObject } from './wire-reader.js'

const FIELD = 'duLieuTepDinhKem'
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
/** A property name longer than this is not ours. */
const MOST_KEY = 200
/** Longest JSON escape: \uXXXX. */
const ESCAPE_LENGTH = 6

/**
 * The dossier of a detail answer. Its files are in spools of `decode`, found by hash in the result.
 * Rejects as decoding does: JSON_MALFORMED, ENCODING_INVALID, BODY_TOO_LARGE; everything else is a fault in the result.
 */
export async function readDvcltStream (body: AsyncIterable<Uint8Array>, decode: DecodeContext, context: WireContext): Promise<Read> {
  const cutter = createCutter(decode)
  for await (const chunk of body) await cutter.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
  const { markup, files } = cutter.end()
  if (markup.length === 0) throw new HubError('BODY_EMPTY', text('Nội dung trống', 'The body is empty'))
  const decoder = createUtf8Decoder()
  const json = decoder.decode(markup)
  decoder.end()
  const { value, faults } = parseJson(json.charCodeAt(0) === 0xfeff ? json.slice(1) : json, decode.limits.maxDepth)
  const read = dvcltWire.fromWire(restore(value, files), context)
  return faults.length === 0 ? read : { ...read, dossiers: [], files: [], faults: [...faults, ...read.faults] }
}

/** Every text under the field was cut out and is a number now: no sender's text is left there. */
function restore (value: unknown, files: readonly CutFile[]): unknown {
  if (Array.isArray(value)) return value.map(item => restore(item, files))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, name === FIELD && typeof inner === 'string' ? files[Number(inner)] : restore(inner, files)]))
}

interface Cutter { write (chunk: Buffer): Promise<void>, end (): { markup: Buffer, files: CutFile[] } }

/** Where the reader stands: between texts, in a text, or in one that is cut out. */
type Place = 'between' | 'text' | 'file'

function createCutter (decode: DecodeContext): Cutter {
  const { maxMarkupBytes, maxAttachments } = decode.limits
  const markup: Buffer[] = []
  const files: CutFile[] = []
  let size = 0
  let place: Place = 'between'
  let escaped = false
  /** The text that is being read or was read last; a property name when a colon follows. */
  let last: number[] = []
  let key = ''
  let afterColon = false
  let file: FileSink | undefined

  const keep = (bytes: Buffer): void => {
    size += bytes.length
    if (size > maxMarkupBytes) throw new HubError('BODY_TOO_LARGE', text(`JSON vượt quá ${maxMarkupBytes} byte`, `The JSON is over ${maxMarkupBytes} bytes`))
    markup.push(Buffer.from(bytes))
  }
  const openFile = async (): Promise<void> => {
    if (files.length >= maxAttachments) throw new HubError('BODY_TOO_LARGE', text(`Quá ${maxAttachments} tệp`, `More than ${maxAttachments} files`))
    file = createSink(await createPayloadWriter(decode))
    place = 'file'
  }
  /** One byte between texts; true when a text begins that is to be cut out. */
  const between = (byte: number): boolean => {
    if (byte === QUOTE) {
      if (afterColon && key === FIELD) return true
      place = 'text'
      last = []
      afterColon = false
    } else if (byte === COLON) {
      key = nameOf(last)
      afterColon = true
    } else if (byte > 0x20) {
      afterColon = false
      last = []
    }
    return false
  }
  const within = (byte: number): void => {
    if (byte === QUOTE && !escaped) { place = 'between'; return }
    escaped = byte === BACKSLASH && !escaped
    if (last.length <= MOST_KEY) last.push(byte)
  }
  /** Takes bytes of the file from `at`; answers where it ended. */
  const intoFile = async (chunk: Buffer, at: number): Promise<number> => {
    const end = chunk.indexOf(QUOTE, at)
    await file?.push(chunk.subarray(at, end < 0 ? chunk.length : end))
    if (end < 0) return chunk.length
    files.push(new CutFile(await file?.end()))
    file = undefined
    place = 'between'
    afterColon = false
    last = []
    keep(Buffer.from(`"${files.length - 1}"`))
    return end + 1
  }

  return {
    async write (chunk) {
      let from = 0
      for (let at = 0; at < chunk.length; at++) {
        if (place === 'file') {
          from = at = await intoFile(chunk, at)
          at--
          continue
        }
        const byte = chunk[at] ?? 0
        if (place === 'text') within(byte)
        else if (between(byte)) {
          keep(chunk.subarray(from, at))
          await openFile()
          from = at + 1
        }
      }
      if (place !== 'file' && from < chunk.length) keep(chunk.subarray(from))
    },
    end () {
      if (file !== undefined) throw new HubError('JSON_MALFORMED', text('JSON kết thúc giữa một tệp', 'The JSON ends in the middle of a file'))
      return { markup: Buffer.concat(markup), files }
    }
  }
}

/** The name that the bytes of a JSON text spell; escapes read, so that no spelling of the field slips through. */
function nameOf (bytes: readonly number[]): string {
  const written = Buffer.from(bytes).toString('utf8')
  if (!written.includes('\\')) return written
  try {
    return JSON.parse(`"${written}"`) as string
  } catch {
    return ''
  }
}

interface FileSink { push (bytes: Buffer): Promise<void>, end (): Promise<Omit<Read['files'][number], 'name'> | undefined> }

function createSink (writer: PayloadWriter): FileSink {
  const decoder: Base64Decoder = createBase64Decoder()
  let held = ''
  const decodeText = async (characters: string): Promise<void> => { await writer.write(decoder.push(Buffer.from(characters, 'latin1'))) }
  return {
    async push (bytes) {
      if (held === '' && !bytes.includes(BACKSLASH)) { await writer.write(decoder.push(bytes)); return }
      const characters = held + bytes.toString('latin1')
      const cut = characters.lastIndexOf('\\')
      // An escape that the end of the chunk may have cut apart waits for the next one.
      const open = cut >= 0 && characters.length - cut < ESCAPE_LENGTH ? cut : characters.length
      held = characters.slice(open)
      await decodeText(unescape(characters.slice(0, open)))
    },
    async end () {
      await decodeText(unescape(held))
      await writer.write(decoder.end())
      const wrong = decoder.wrong !== undefined || writer.size === 0
      const { sha256, size } = await settlePlain(writer, '')
      return wrong ? undefined : { sha256, size }
    }
  }
}

/** .NET writes `+` of base64 as \u002B, others `/` as \/ and line breaks as \r\n. */
function unescape (characters: string): string {
  return characters.replace(/\\(?:u([0-9a-fA-F]{4})|([/nrt]))/g, (_, code: string | undefined, letter: string | undefined) => {
    if (code === undefined) return letter === '/' ? '/' : ' '
    const unit = Number.parseInt(code, 16)
    // Anything beyond ASCII is no base64: a character that says so.
    return unit < 0x80 ? String.fromCharCode(unit) : '!'
  })
}
