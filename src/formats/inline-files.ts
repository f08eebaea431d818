// Files that stood as base64 inside a message: in spools, each with a mark where it stood, so that what reads or maps the
// message never holds their bytes. A mark cannot be guessed: no text of a sender is taken for a file.
import { randomUUID } from 'node:crypto'
import { HubError } from '../errors.js'
import type { PayloadRef } from '../model/package.js'
import { text } from '../model/text.js'
import type { DecodeContext, Spool } from './codec.js'
import { createBase64Decoder, type Base64Decoder } from './edxml/base64.js'
import { createPayloadWriter, type PayloadWriter, settlePlain } from './payload.js'
import { sniff } from './sniff.js'

/** A file in its spool. */
export interface SpooledFile extends PayloadRef {
  /** Sniffed from its bytes. */
  readonly contentType: string
  /** Its first bytes: for some types only the name decides. */
  readonly head: Buffer
  readonly spool: Spool
}

/** Puts the place of a file that was cut out where its base64 was; `file` is undefined when that was no base64. */
export class CutFile {
  constructor (readonly file: SpooledFile | undefined) {}
}

/** By their marks. */
export type CutFiles = ReadonlyMap<string, CutFile>

export interface FileCollection {
  readonly files: CutFiles
  /** Opens the next file. Throws BODY_TOO_LARGE over `limits.maxAttachments`. */
  open (): Promise<FileSink>
}

export interface FileSink {
  /** Characters of base64 as they stand in JSON or elsewhere: escapes are read, a `data:` URL loses its head. */
  push (characters: Buffer): Promise<void>
  /** Ends the file; answers its mark. */
  end (): Promise<string>
}

export function createFileCollection (decode: DecodeContext): FileCollection {
  const files = new Map<string, CutFile>()
  const stem = `~file:${randomUUID()}:`
  let opened = 0
  return {
    files,
    async open () {
      const { maxAttachments } = decode.limits
      if (opened >= maxAttachments) throw new HubError('BODY_TOO_LARGE', text(`Quá ${maxAttachments} tệp`, `More than ${maxAttachments} files`))
      const mark = `${stem}${opened++}~`
      const sink = createSink(await createPayloadWriter(decode))
      return {
        push: async characters => { await sink.push(characters) },
        async end () {
          files.set(mark, new CutFile(await sink.end()))
          return mark
        }
      }
    }
  }
}

/** The media type of a file under a name: among OLE files only the name decides. */
export function typeOf ({ head, contentType }: SpooledFile, name: string): string {
  const named = sniff(head, name)
  return contentType === 'application/x-ole-storage' ? named : contentType
}

/** A copy of parsed JSON with the files in place of their marks. */
export function restoreFiles (value: unknown, files: CutFiles): unknown {
  if (typeof value === 'string') return files.get(value) ?? value
  if (Array.isArray(value)) return value.map(item => restoreFiles(item, files))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, restoreFiles(inner, files)]))
}

/** A copy of a value with the texts of these fields cut out: for messages that had to be parsed whole. */
export async function cutFiles (value: unknown, fields: ReadonlySet<string>, collection: FileCollection): Promise<unknown> {
  if (fields.size === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items: unknown[] = []
    for (const item of value) items.push(await cutFiles(item, fields, collection))
    return items
  }
  const copy = Object.create(null) as Record<string, unknown>
  for (const [name, inner] of Object.entries(value)) copy[name] = typeof inner === 'string' && fields.has(name) ? await cutText(inner, collection) : await cutFiles(inner, fields, collection)
  return copy
}

/** The mark of a file given as text. */
export async function cutText (base64: string, collection: FileCollection): Promise<string> {
  const sink = await collection.open()
  await sink.push(Buffer.from(base64))
  return await sink.end()
}

/** Longest JSON escape: \uXXXX. */
const ESCAPE_LENGTH = 6
const DATA_URL = /^data:[^,]{0,200},/
const MOST_DATA_HEAD = 'data:,'.length + 200

function createSink (writer: PayloadWriter): { push (bytes: Buffer): Promise<void>, end (): Promise<SpooledFile | undefined> } {
  const decoder: Base64Decoder = createBase64Decoder()
  let held = ''
  /** The beginning, while it may still be the head of a `data:` URL; undefined once that is settled. */
  let start: string | undefined = ''
  const write = async (bytes: Buffer): Promise<void> => { await writer.write(decoder.push(bytes)) }
  const pushText = async (characters: string): Promise<void> => {
    if (start === undefined) { await write(Buffer.from(characters, 'latin1')); return }
    start += characters
    if (start.length < MOST_DATA_HEAD && 'data:'.startsWith(start.slice(0, 5)) && !DATA_URL.test(start)) return
    const rest = start.replace(DATA_URL, '')
    start = undefined
    await write(Buffer.from(rest, 'latin1'))
  }
  return {
    async push (bytes) {
      if (held === '' && start === undefined && !bytes.includes(BACKSLASH)) { await write(bytes); return }
      const characters = held + bytes.toString('latin1')
      const cut = characters.lastIndexOf('\\')
      // An escape that the end of the chunk may have cut apart waits for the next one.
      const open = cut >= 0 && characters.length - cut < ESCAPE_LENGTH ? cut : characters.length
      held = characters.slice(open)
      await pushText(unescape(characters.slice(0, open)))
    },
    async end () {
      await pushText(unescape(held))
      if (start !== undefined) await write(Buffer.from(start, 'latin1'))
      await writer.write(decoder.end())
      const wrong = decoder.wrong() !== undefined || writer.size() === 0
      const { sha256, size, contentType } = await settlePlain(writer, '')
      return wrong ? undefined : { sha256, size, contentType, head: writer.head(), spool: writer.spool }
    }
  }
}

const BACKSLASH = 0x5c

/** .NET writes `+` of base64 as \u002B, others `/` as \/ and line breaks as \r\n. */
function unescape (characters: string): string {
  return characters.replace(/\\(?:u([0-9a-fA-F]{4})|([/nrt]))/g, (_, code: string | undefined, letter: string | undefined) => {
    if (code === undefined) return letter === '/' ? '/' : ' '
    const unit = Number.parseInt(code, 16)
    // Anything beyond ASCII is no base64: a character that says so.
    return unit < 0x80 ? String.fromCharCode(unit) : '!'
  })
}
