// Reads JSON with files inside as a stream: base64 under named fields goes straight into spools while the rest, small, is
// kept for the parser. Memory does not grow with the files.
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { DecodeContext } from './codec.js'
import { parseJson, type ParsedJson } from './dossier/json.js'
import { createFileCollection, type CutFiles, type FileCollection, type FileSink } from './inline-files.js'
import { markupOf, markupTooLarge } from './markup.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
/** A property name longer than this is not one of ours. */
const MOST_KEY = 200

export interface JsonWithFiles extends ParsedJson {
  /** What stands in the value where a file was. */
  readonly files: CutFiles
}

/** Throws as decoding does: JSON_MALFORMED, ENCODING_INVALID, BODY_EMPTY, BODY_TOO_LARGE. */
export async function readJsonWithFiles (body: AsyncIterable<Uint8Array>, fields: ReadonlySet<string>, decode: DecodeContext): Promise<JsonWithFiles> {
  const collection = createFileCollection(decode)
  const cutter = createCutter(fields, collection, decode.limits)
  for await (const chunk of body) await cutter.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
  return { ...parseJson(markupOf(cutter.end()), decode.limits.maxDepth), files: collection.files }
}

interface Cutter { write (chunk: Buffer): Promise<void>, end (): Buffer }

/** Where the reader stands: between texts, in a text, or in one that is cut out. */
type Place = 'between' | 'text' | 'file'

function createCutter (fields: ReadonlySet<string>, collection: FileCollection, { maxMarkupBytes }: { maxMarkupBytes: number }): Cutter {
  const markup: Buffer[] = []
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
    if (size > maxMarkupBytes) throw markupTooLarge(maxMarkupBytes)
    markup.push(Buffer.from(bytes))
  }
  /** One byte between texts; true when a text begins that is to be cut out. */
  const between = (byte: number): boolean => {
    if (byte === QUOTE) {
      if (afterColon && fields.has(key)) return true
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
    keep(Buffer.from(`"${await file?.end() ?? ''}"`))
    file = undefined
    place = 'between'
    afterColon = false
    last = []
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
          file = await collection.open()
          place = 'file'
          from = at + 1
        }
      }
      if (place !== 'file' && from < chunk.length) keep(chunk.subarray(from))
    },
    end () {
      if (file !== undefined) throw new HubError('JSON_MALFORMED', text('JSON kết thúc giữa một tệp', 'The JSON ends in the middle of a file'))
      return Buffer.concat(markup)
    }
  }
}

/** The name that the bytes of a JSON text spell; escapes read, so that no spelling of a field slips through. */
function nameOf (bytes: readonly number[]): string {
  const written = Buffer.from(bytes).toString('utf8')
  if (!written.includes('\\')) return written
  try {
    return JSON.parse(`"${written}"`) as string
  } catch {
    return ''
  }
}
