// What goes wrong, when and for how long: drawn from the seed before the run. Each track hits its own targets, one fault after
// the other; the tracks overlap, so that a hub dies while its database is away and an endpoint drops what it took.
import { createRandom, type Random } from '../random.js'

export interface Fault {
  /** Such as `postgres.killed`. */
  readonly kind: FaultKind
  /** Which one of its kind: the number of a hub process from 0, or the agency of an endpoint. */
  readonly target: string
  /** From the beginning of the run, ms. A fault that is healed late moves those after it on its track. */
  readonly atMs: number
  readonly forMs: number
}

export type Track = readonly Fault[]

/** Every fault there is, with the shortest and the longest time until it is healed, seconds. */
export const FAULTS = {
  'hub.killed': [0.2, 5],
  'hub.paused': [2, 20],
  'hub.restarted': [0, 2],
  'postgres.killed': [0.2, 5],
  'postgres.paused': [2, 8],
  'postgres.restarted': [0, 3],
  'rabbitmq.killed': [0.2, 5],
  'rabbitmq.paused': [2, 8],
  'rabbitmq.restarted': [0, 3],
  'store-link.cut': [0, 0.1],
  'store-link.refused': [1, 6],
  'store-link.silent': [1, 6],
  'broker-link.cut': [0, 0.1],
  'broker-link.refused': [1, 6],
  'broker-link.silent': [1, 6],
  'endpoint.down': [2, 10],
  'endpoint.unavailable': [2, 8],
  'endpoint.throttling': [2, 8],
  'endpoint.dropping': [1, 5],
  'endpoint.slow': [3, 10],
  'endpoint.hanging': [2, 8],
  'endpoint.garbling': [1, 5],
  'endpoint.resetting': [1, 5],
  'endpoint.refusing': [0.5, 1.5],
  'inbox.unread': [2, 8]
} as const satisfies Record<string, readonly [number, number]>

export type FaultKind = keyof typeof FAULTS

export interface Surface {
  readonly embedded: boolean
  /** Agencies whose endpoints misbehave. */
  readonly pushed: readonly string[]
  /** Those behind the national axis, which has a track of its own. */
  readonly national: readonly string[]
  /** Agencies that fetch, and at times do not. */
  readonly fetching: readonly string[]
}

/** The run begins in good health, and it takes this long before the first fault of each track. Seconds. */
const QUIET = [2, 6] as const
/** Between two faults of a track, seconds. */
const GAP = [2, 7] as const

/** Draws the tracks of a run of so many seconds. The same arguments give the same tracks. */
export function planFaults (seed: number, seconds: number, { embedded, pushed, national, fetching }: Surface): Track[] {
  const random = createRandom(seed)
  const processes = embedded ? ['0'] : ['0', '1']
  const halves = [pushed.filter((_, n) => n % 2 === 0), pushed.filter((_, n) => n % 2 === 1)]
  const decks: Array<Array<Pick<Fault, 'kind' | 'target'>>> = [
    deckOf(['hub.'], processes),
    ...(embedded ? [] : [deckOf(['postgres.', 'rabbitmq.'], ['0']), deckOf(['store-link.', 'broker-link.'], processes)]),
    ...[...halves, national].map(agencies => deckOf(['endpoint.'], agencies)),
    deckOf(['inbox.'], fetching)
  ]
  return decks.filter(deck => deck.length > 0).map(deck => drawTrack(deck, seconds, random))
}

function deckOf (prefixes: readonly string[], targets: readonly string[]): Array<Pick<Fault, 'kind' | 'target'>> {
  const kinds = (Object.keys(FAULTS) as FaultKind[]).filter(kind => prefixes.some(prefix => kind.startsWith(prefix)))
  return kinds.flatMap(kind => targets.map(target => ({ kind, target })))
}

/** Every kind comes before one comes again; of one kind, the targets take turns. */
function drawTrack (deck: ReadonlyArray<Pick<Fault, 'kind' | 'target'>>, seconds: number, random: Random): Track {
  const track: Fault[] = []
  let rest: Array<Pick<Fault, 'kind' | 'target'>> = []
  for (let at = random.between(...QUIET); ;) {
    if (rest.length === 0) rest = firstOfEachKindFirst(random.shuffle(deck))
    const next = rest.shift()
    if (next === undefined) return track
    const [shortest, longest] = FAULTS[next.kind]
    const lasts = random.between(shortest, longest)
    if (at + lasts > seconds) return track
    track.push({ ...next, atMs: at * 1000, forMs: lasts * 1000 })
    at += lasts + random.between(...GAP)
  }
}

function firstOfEachKindFirst (deck: Array<Pick<Fault, 'kind' | 'target'>>): Array<Pick<Fault, 'kind' | 'target'>> {
  const turn = (card: Pick<Fault, 'kind' | 'target'>): number => deck.filter(({ kind }) => kind === card.kind).indexOf(card)
  return deck.map(card => ({ card, turn: turn(card) })).sort((a, b) => a.turn - b.turn).map(({ card }) => card)
}
