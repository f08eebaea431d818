// A push of the national portal may hold several dossiers, or steps of several. Each dossier becomes a message of its own: the
// bytes as they came, without those of the others.
import { isJsonObject, own } from '../json-object.js'
import { PROGRESS, SYNC } from './dvcqg.js'

/** What one dossier has of a push. */
export interface PushPart {
  /** Made anew each time: what a push holds besides its entries is in each of them. */
  bytes (): Buffer
  /** Bytes of its entries alone. */
  readonly size: number
  /** Where in `data` of the push its entries stood, in their order. */
  readonly places: readonly number[]
}

/** One part for each dossier, in the order of their first entries. Whole, where there is one, or where the codec will find more to say. Throws a `RangeError` for more entries than `mostEntries`. */
export function splitPush (push: Buffer, mostEntries: number): PushPart[] {
  const whole = [{ bytes: () => push, size: push.length, places: [] }]
  const list = findData(push, mostEntries)
  const groups = list === undefined ? [] : groupsOf(push, list.items.length)
  if (list === undefined || groups.length < 2) return whole
  const [head, tail] = [push.subarray(0, list.start), push.subarray(list.end)]
  return groups.map(places => ({
    bytes: () => Buffer.concat([head, ...places.flatMap((place, n) => [...(n === 0 ? [] : [COMMA]), push.subarray(...list.items[place] ?? [0, 0])]), tail]),
    size: places.reduce((sum, place) => sum + (list.items[place]?.[1] ?? 0) - (list.items[place]?.[0] ?? 0), 0),
    places
  }))
}

/** Entries that are about one dossier: every HoSo is one, steps belong together by their code. Empty for what is no push of so many entries. */
function groupsOf (push: Buffer, count: number): number[][] {
  const request = parsed(push)
  const data = isJsonObject(request) ? own(request, 'data') : undefined
  if (!isJsonObject(request) || !Array.isArray(data) || data.length !== count) return []
  const service = own(request, 'service')
  if (service === SYNC) return data.map((_entry, place) => [place])
  if (service !== PROGRESS) return []
  const groups = new Map<unknown, number[]>()
  for (const [place, entry] of (data as unknown[]).entries()) {
    const code = isJsonObject(entry) ? own(entry, 'MaHoSo') : undefined
    const group = groups.get(code)
    if (group === undefined) groups.set(code, [place])
    else group.push(place)
  }
  return [...groups.values()]
}

function parsed (push: Buffer): unknown {
  try {
    return JSON.parse(push.toString('utf8').replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
}

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a]
const COMMA = Buffer.from(',')
const OPENING: ReadonlySet<number> = new Set([...Buffer.from('{[')])
const CLOSING: ReadonlySet<number> = new Set([...Buffer.from('}]')])

interface DataList {
  /** Offsets of what is between the brackets. */
  start: number
  end: number
  /** From and to of each entry, with the space around it. */
  items: Array<[number, number]>
}

/** The list `data` of the outermost object; undefined when there is none. Only for JSON: anything else it misreads. Throws for nothing but too long a list. */
function findData (json: Buffer, mostEntries: number): DataList | undefined {
  let list: DataList | undefined
  let isOpen = false
  let depth = 0
  let from = 0
  let name = ''
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] ?? 0
    if (byte === QUOTE) {
      const end = endOfText(json, at)
      if (depth === 1) name = json.toString('utf8', at + 1, end)
      at = end
    } else if (OPENING.has(byte)) {
      depth++
      if (depth === 2 && name === 'data:') { list = { start: from = at + 1, end: at + 1, items: [] }; isOpen = true }
    } else if (byte === COLON && depth === 1) {
      name += ':'
    } else if (list !== undefined && isOpen && depth === 2 && (byte === COMMA[0] || CLOSING.has(byte))) {
      if (list.items.length === mostEntries) throw new RangeError(`more than ${mostEntries} entries`)
      list.items.push([from, at])
      from = at + 1
      if (CLOSING.has(byte)) { list.end = at; isOpen = false; depth-- }
    } else if (CLOSING.has(byte)) {
      depth--
    }
  }
  return list
}

/** Where the text that begins at `start` ends: at its quote. */
function endOfText (json: Buffer, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1
  return at
}
