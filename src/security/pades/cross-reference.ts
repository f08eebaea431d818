// The cross-references of a PDF, as tables or as streams (ISO 32000-1 §7.5.4, §7.5.8): which objects an increment links, and
// which definition of an object is in effect.
import { inflateSync } from 'node:zlib'
import type { ByteSource } from '../byte-source.js'

/** `offset`: of the object in the file; {@link FREE} or {@link PACKED}. */
export interface CrossReferenceEntry { readonly number: number, readonly offset: number }

export const FREE = -1
/** It lies in an object stream. */
export const PACKED = -2

const MOST_BYTES = 4 * 2 ** 20
const MOST_SECTIONS = 100

/** Every object in use that the increment links; undefined when that cannot be read with certainty. */
export function readEntries (increment: string, objects: ReadonlyMap<string, { dictionary: string, stream?: string }>): CrossReferenceEntry[] | undefined {
  const streams = [...objects.values()].filter(({ dictionary }) => /\/Type\s*\/XRef\b/.test(dictionary))
  const tables = [...increment.matchAll(/(?<!start)xref\s+((?:\d+\s+\d+\s+(?:\d{10}\s\d{5}\s[nf]\s*)*)+)trailer/g)]
  if (streams.length + tables.length !== 1) return undefined
  const entries = tables[0]?.[1] === undefined ? readStream(streams[0]) : readTable(tables[0][1])
  return entries?.some(({ offset }) => offset === PACKED) === true ? undefined : entries
}

/** Where the objects of these numbers lie, as a reader finds them that begins at `start`; undefined when one cannot be found with certainty. */
export async function findInEffect (source: ByteSource, start: number, numbers: ReadonlySet<string>): Promise<Map<string, number> | undefined> {
  const found = new Map<string, number>()
  let next: number | undefined = start
  for (let section = 0; next !== undefined && section < MOST_SECTIONS; section++) {
    if (next >= source.size) return undefined
    const text = (await source.read(next, Math.min(source.size, next + MOST_BYTES))).toString('latin1')
    const read = readSection(text)
    if (read === undefined) return undefined
    for (const { number, offset } of read.entries) if (numbers.has(String(number)) && !found.has(String(number))) found.set(String(number), offset)
    next = read.previous
  }
  return next === undefined ? found : undefined
}

/** One cross-reference at the beginning of a text. */
function readSection (text: string): { entries: CrossReferenceEntry[], previous: number | undefined } | undefined {
  const table = /^\s*xref\s+((?:\d+\s+\d+\s+(?:\d{10}\s\d{5}\s[nf]\s*)*)+)trailer([^]*?)startxref/.exec(text)
  const stream = /^\s*\d+\s+\d+\s+obj\b([^]*?)\bstream\r?\n/.exec(text)
  const dictionary = table?.[2] ?? stream?.[1]
  if (dictionary === undefined || dictionary.includes('/XRefStm')) return undefined
  const entries = table?.[1] !== undefined ? readTable(table[1]) : readStream({ dictionary, stream: text.slice(stream?.[0].length ?? 0, text.indexOf('endstream')) })
  const previous = /\/Prev\s+(\d+)/.exec(dictionary)?.[1]
  return entries === undefined ? undefined : { entries, previous: previous === undefined ? undefined : Number(previous) }
}

function readTable (table: string): CrossReferenceEntry[] | undefined {
  const entries: CrossReferenceEntry[] = []
  for (const [, first = '', count = '', rows = ''] of table.matchAll(/(\d+)\s+(\d+)\s+((?:\d{10}\s\d{5}\s[nf]\s*)*)/g)) {
    const found = [...rows.matchAll(/(\d{10})\s\d{5}\s([nf])/g)]
    if (found.length !== Number(count)) return undefined
    for (const [index, [, offset, use]] of found.entries()) {
      const number = Number(first) + index
      // An object taken out of use disappears from the page: that is a change as well.
      if (use === 'n' || number !== 0) entries.push({ number, offset: use === 'n' ? Number(offset) : FREE })
    }
  }
  return entries
}

function readStream (object: { dictionary: string, stream?: string } | undefined): CrossReferenceEntry[] | undefined {
  if (object?.stream === undefined) return undefined
  const { dictionary } = object
  const numbers = (key: string): number[] | undefined => new RegExp(`/${key}\\s*\\[([\\d\\s]*)\\]`).exec(dictionary)?.[1]?.trim().split(/\s+/).map(Number)
  const widths = numbers('W')
  const size = Number(/\/Size\s+(\d+)/.exec(dictionary)?.[1])
  const index = numbers('Index') ?? [0, size]
  const rows = inflate(object.stream, dictionary)
  const [first = 0, second = 0, third = 0] = widths ?? []
  const width = first + second + third
  if (rows === undefined || widths?.length !== 3 || width === 0 || second > 6) return undefined
  const entries: CrossReferenceEntry[] = []
  let at = 0
  for (let section = 0; section + 1 < index.length; section += 2) {
    for (let n = 0; n < (index[section + 1] ?? 0); n++, at += width) {
      if (at + width > rows.length) return undefined
      const type = first === 0 ? 1 : rows.readUIntBE(at, first)
      const number = (index[section] ?? 0) + n
      if (type === 2) entries.push({ number, offset: PACKED })
      else if (type === 1 || number !== 0) entries.push({ number, offset: type === 1 && second > 0 ? rows.readUIntBE(at + first, second) : FREE })
    }
  }
  return entries
}

/** Plain or Flate, without a predictor or with "up" rows of PNG, as every producer writes them. */
function inflate (stream: string, dictionary: string): Buffer | undefined {
  const bytes = Buffer.from(stream, 'latin1')
  if (!/\/Filter\b/.test(dictionary)) return bytes
  if (!/\/Filter\s*(?:\[\s*)?\/FlateDecode\b/.test(dictionary)) return undefined
  try {
    const inflated = inflateSync(bytes, { maxOutputLength: MOST_BYTES })
    const predictor = Number(/\/Predictor\s+(\d+)/.exec(dictionary)?.[1] ?? 1)
    return predictor === 1 ? inflated : unpredict(inflated, Number(/\/Columns\s+(\d+)/.exec(dictionary)?.[1] ?? 1))
  } catch {
    return undefined
  }
}

function unpredict (rows: Buffer, columns: number): Buffer | undefined {
  const count = rows.length / (columns + 1)
  if (!Number.isInteger(count) || columns < 1) return undefined
  const out = Buffer.alloc(count * columns)
  for (let row = 0; row < count; row++) {
    const filter = rows[row * (columns + 1)]
    if (filter !== 0 && filter !== 2) return undefined
    for (let column = 0; column < columns; column++) {
      const above = filter === 2 && row > 0 ? out[(row - 1) * columns + column] ?? 0 : 0
      out[row * columns + column] = ((rows[row * (columns + 1) + 1 + column] ?? 0) + above) & 0xff
    }
  }
  return out
}
