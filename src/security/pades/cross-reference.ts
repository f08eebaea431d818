// The cross-reference of one PDF increment, as a table or as a stream (ISO 32000-1 §7.5.4, §7.5.8): which objects it links, and where.
import { inflateSync } from 'node:zlib'

export interface CrossReferenceEntry { readonly number: number, readonly offset: number }

const MOST_BYTES = 4 * 2 ** 20

/** Every object in use that the increment links; undefined when that cannot be read with certainty. */
export function readEntries (increment: string, objects: ReadonlyMap<string, { dictionary: string, stream?: string }>): CrossReferenceEntry[] | undefined {
  const streams = [...objects.values()].filter(({ dictionary }) => /\/Type\s*\/XRef\b/.test(dictionary))
  const tables = [...increment.matchAll(/(?<!start)xref\s+((?:\d+\s+\d+\s+(?:\d{10}\s\d{5}\s[nf]\s*)*)+)trailer/g)]
  if (streams.length + tables.length !== 1) return undefined
  return tables[0]?.[1] === undefined ? readStream(streams[0]) : readTable(tables[0][1])
}

function readTable (table: string): CrossReferenceEntry[] | undefined {
  const entries: CrossReferenceEntry[] = []
  for (const [, first = '', count = '', rows = ''] of table.matchAll(/(\d+)\s+(\d+)\s+((?:\d{10}\s\d{5}\s[nf]\s*)*)/g)) {
    const found = [...rows.matchAll(/(\d{10})\s\d{5}\s([nf])/g)]
    if (found.length !== Number(count)) return undefined
    for (const [index, [, offset, use]] of found.entries()) {
      const number = Number(first) + index
      // An object taken out of use disappears from the page: that is a change as well.
      if (use === 'n' || number !== 0) entries.push({ number, offset: use === 'n' ? Number(offset) : -1 })
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
      if (type === 2) return undefined
      if (type === 1 || number !== 0) entries.push({ number, offset: type === 1 && second > 0 ? rows.readUIntBE(at + first, second) : -1 })
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
