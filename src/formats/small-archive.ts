// ZIP archives that are in memory: most wrapped files are a few kilobytes, and opening streams on them costs ten times the
// reading. Anything out of the ordinary is left to the general reader of `archive.ts`.
import { inflateRawSync } from 'node:zlib'

/** Larger entries would hold up the event loop. */
const MOST_INFLATED = 1024 * 1024
const MOST_ENTRIES = 64
const END_LENGTH = 22
const END_SIGNATURE = 0x06054b50
const DIRECTORY_SIGNATURE = 0x02014b50
const LOCAL_SIGNATURE = 0x04034b50
const STORED = 0
const DEFLATED = 8
const ENCRYPTED = 1

export interface SmallArchive {
  /** Of the files, without folders. */
  readonly names: readonly string[]
  /** Bytes the only entry claims to hold; undefined when there are several. */
  readonly soleSize: number | undefined
  /** The only entry. Throws when it is damaged or holds other than the claimed number of bytes. */
  inflateSole (): Buffer
}

interface Entry { name: string, flags: number, method: number, packed: number, size: number, offset: number }

/** Undefined when the archive is not a plain one: then the general reader decides. */
export function openSmallArchive (bytes: Buffer): SmallArchive | undefined {
  // Some programs list the folder beside the file that is in it.
  const entries = entriesOf(bytes)?.filter(({ name }) => !name.endsWith('/'))
  const [sole, second] = entries ?? []
  if (entries === undefined || sole === undefined) return undefined
  const names = entries.map(({ name }) => name)
  if (second !== undefined) return { names, soleSize: undefined, inflateSole () { throw new Error('the archive holds several files') } }
  const content = contentOf(bytes, sole)
  if (content === undefined) return undefined
  return {
    names,
    soleSize: sole.size,
    inflateSole () {
      const inflated = sole.method === STORED ? content : inflateRawSync(content, { maxOutputLength: Math.max(1, sole.size) })
      if (inflated.length !== sole.size) throw new Error('the entry holds another number of bytes than it claims')
      return inflated
    }
  }
}

function entriesOf (bytes: Buffer): Entry[] | undefined {
  const end = bytes.length - END_LENGTH
  if (end < 0 || bytes.readUInt32LE(end) !== END_SIGNATURE || bytes.readUInt16LE(end + 20) !== 0) return undefined
  const count = bytes.readUInt16LE(end + 10)
  let at = bytes.readUInt32LE(end + 16)
  if (count === 0 || count > MOST_ENTRIES || bytes.readUInt16LE(end + 8) !== count || at + bytes.readUInt32LE(end + 12) !== end) return undefined
  const entries: Entry[] = []
  for (let n = 0; n < count; n++) {
    if (at + 46 > end || bytes.readUInt32LE(at) !== DIRECTORY_SIGNATURE) return undefined
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28)
    const next = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
    if (next > end) return undefined
    entries.push({
      name: bytes.toString('utf8', at + 46, nameEnd),
      flags: bytes.readUInt16LE(at + 8),
      method: bytes.readUInt16LE(at + 10),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42)
    })
    at = next
  }
  return at === end ? entries : undefined
}

function contentOf (bytes: Buffer, { name, flags, method, packed, size, offset }: Entry): Buffer | undefined {
  if ((flags & ENCRYPTED) !== 0 || size > MOST_INFLATED || name.endsWith('/') || (method !== DEFLATED && (method !== STORED || packed !== size))) return undefined
  if (offset + 30 > bytes.length || bytes.readUInt32LE(offset) !== LOCAL_SIGNATURE) return undefined
  const start = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28)
  return start + packed > bytes.length ? undefined : bytes.subarray(start, start + packed)
}
