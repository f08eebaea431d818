// The objects that lie compressed in object streams (ISO 32000-1 §7.5.7), as text: what a file held before a signature can
// only be compared with what came after when these are known, too.
import { constants, inflateSync } from 'node:zlib'
import { STEP_BYTES, type ByteSource } from '../byte-source.js'

export interface PackedObject { readonly number: string, readonly text: string }

const NEEDLE = '/ObjStm'
/** Bytes before and behind the name in which the rest of its dictionary stands. */
const DICTIONARY_BYTES = 2048
const MOST_STREAM_BYTES = 4 * 2 ** 20
const MOST_INFLATED_BYTES = 16 * 2 ** 20

/** Every object in the object streams before `end`; undefined when one of them cannot be read with certainty. */
export async function readPacked (source: ByteSource, end: number): Promise<PackedObject[] | undefined> {
  const objects: PackedObject[] = []
  let inflated = 0
  for (const offset of await offsetsOf(source, end)) {
    const from = Math.max(0, offset - DICTIONARY_BYTES)
    const text = (await source.read(from, Math.min(end, offset + MOST_STREAM_BYTES))).toString('latin1')
    const packed = unpack(text, offset - from)
    if (packed === undefined) return undefined
    for (const object of packed) {
      inflated += object.text.length
      if (inflated > MOST_INFLATED_BYTES) return undefined
      objects.push(object)
    }
  }
  return objects
}

async function offsetsOf (source: ByteSource, end: number): Promise<number[]> {
  const offsets: number[] = []
  for (let at = 0; at < end; at += STEP_BYTES) {
    const bytes = await source.read(at, Math.min(end, at + STEP_BYTES + NEEDLE.length - 1))
    for (let found = bytes.indexOf(NEEDLE); found >= 0 && found < STEP_BYTES; found = bytes.indexOf(NEEDLE, found + 1)) offsets.push(at + found)
  }
  return offsets
}

/** The objects of the stream whose dictionary holds position `at` of `text`. */
function unpack (text: string, at: number): PackedObject[] | undefined {
  const start = text.lastIndexOf(' obj', at)
  const stream = /stream\r?\n/g
  stream.lastIndex = at
  const mark = stream.exec(text)
  if (start < 0 || mark === null) return undefined
  const dictionary = text.slice(start + 4, mark.index)
  const content = stream.lastIndex
  const endstream = text.indexOf('endstream', content)
  const [first, count] = ['First', 'N'].map(key => Number(new RegExp(`/${key}\\s+(\\d+)`).exec(dictionary)?.[1]))
  if (endstream < 0 || first === undefined || count === undefined || Number.isNaN(first + count) || /\/(?:DecodeParms|Crypt)\b/.test(dictionary)) return undefined
  const inflated = inflate(text.slice(content, endstream), dictionary)
  const numbers = inflated?.slice(0, first).trim().split(/\s+/).map(Number) ?? []
  if (inflated === undefined || numbers.length !== 2 * count || numbers.some(Number.isNaN)) return undefined
  return Array.from({ length: count }, (_, index) => {
    const next = index + 1 < count ? first + (numbers[2 * index + 3] ?? 0) : inflated.length
    return { number: String(numbers[2 * index]), text: inflated.slice(first + (numbers[2 * index + 1] ?? 0), next).trim() }
  })
}

function inflate (stream: string, dictionary: string): string | undefined {
  if (!/\/Filter\b/.test(dictionary)) return stream
  if (!/\/Filter\s*(?:\[\s*)?\/FlateDecode\b/.test(dictionary)) return undefined
  try {
    // The line end before endstream belongs to no data: what follows the end of the deflated data is not looked at.
    return inflateSync(Buffer.from(stream, 'latin1'), { maxOutputLength: MOST_INFLATED_BYTES, finishFlush: constants.Z_SYNC_FLUSH }).toString('latin1')
  } catch {
    return undefined
  }
}
