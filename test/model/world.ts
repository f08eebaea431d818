// A world around the store for random runs: senders, a broker that misbehaves, processes that hold deliveries in their hands,
// recipients that remember what took effect and in which order. Knows what must hold and writes down what does not.
import { newId } from '../../src/ids.js'
import type { AcceptedPackage } from '../../src/model/package.js'
import type { ClaimCheck } from '../../src/ports/broker.js'
import type { AttemptRecord, ClaimedDelivery, Store, StoredDelivery } from '../../src/ports/store.js'
import { makePackage, START } from '../support/packages.js'
import fc from '../support/property.js'

type Outcome = 'delivered' | 'uncertain' | 'deferred' | 'refused' | 'dead'

export type Action =
  | { kind: 'accept', packages: Array<{ stream: number, what: 'document' | 'status' | 'dossier', action: number }>, crash: boolean }
  | { kind: 'take', claim: number, process: number, again: boolean }
  | { kind: 'lose', claim: number }
  | { kind: 'attempt', hand: number, outcome: Outcome }
  | { kind: 'record', hand: number, together: boolean, crash: boolean }
  | { kind: 'renew', process: number }
  | { kind: 'crash', process: number }
  | { kind: 'sweep', ms: number }

const index = fc.nat(1000)
const often = fc.constantFrom(true, false, false, false, false, false)

export const ACTIONS: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('accept' as const), packages: fc.array(fc.record({ stream: fc.nat(1), what: fc.constantFrom('document', 'document', 'status', 'dossier'), action: fc.nat(7) }), { minLength: 1, maxLength: 3 }), crash: often }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('take' as const), claim: index, process: fc.nat(2), again: often }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), claim: index }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('attempt' as const), hand: index, outcome: fc.constantFrom('delivered', 'delivered', 'delivered', 'uncertain', 'deferred', 'refused', 'dead') }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('record' as const), hand: index, together: fc.boolean(), crash: often }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('renew' as const), process: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), process: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sweep' as const), ms: fc.constantFrom(0, 500, 2000, 31_000) }) }
)

export interface World {
  act (action: Action): Promise<void>
  /** Nothing fails any more: until nothing more happens. */
  heal (): Promise<void>
  /** Time passes until everything must have expired. */
  expire (): Promise<void>
  deliveries (): Promise<StoredDelivery[]>
  /** Whether a delivery took effect. */
  took (deliveryId: string): boolean
  /** What must not have happened. */
  readonly faults: string[]
}

interface Hand { claimed: ClaimedDelivery, process: number, outcome?: Outcome, startedAt: number }

const LEASE_MS = 30_000
const PARK_MS = 86_400_000
const LIFETIME_MS = 40 * PARK_MS
const OPERATIONS = ['update', 'update', 'update', 'revocation', 'replacement', 'replacement', 'update', 'update'] as const
const PROBLEM = { code: 'ENDPOINT_UNAVAILABLE', detail: { vi: 'Không phản hồi', en: 'No answer' } }

export function createWorld (store: Store, run: number): World {
  const faults: string[] = []
  const accepted: AcceptedPackage[] = []
  /** Group of packages that keep their order → place of each delivery in it. */
  const order = new Map<string, { group: string, place: number }>()
  const effects = new Map<string, number[]>()
  const taken = new Set<string>()
  const refusing = new Set<string>()
  let lane: ClaimCheck[] = []
  let hands: Hand[] = []
  const senders = createSenders()
  // Runs follow one another in time, so that what one leaves is not in the way of the next.
  let at = START + run * 2 * LIFETIME_MS

  const ownerOf = (process: number): string => `run-${run}-${process}`
  const pick = <T>(items: readonly T[], n: number): T | undefined => items.length === 0 ? undefined : items[n % items.length]

  async function accept (wishes: Extract<Action, { kind: 'accept' }>['packages'], crash: boolean): Promise<void> {
    const packages = wishes.map(({ stream, what, action }) => senders.make({ stream, what, action, at }))
    const results = await store.accept(packages)
    // New documents and dossiers of a batch are stored first: that is the order their senders can know of.
    const stored = packages.map((entry, n) => ({ entry, result: results[n] }))
    for (const { entry, result } of [...stored.filter(({ entry }) => senders.starts(entry)), ...stored.filter(({ entry }) => !senders.starts(entry))]) {
      if (result?.kind !== 'stored') { faults.push(`not stored: ${JSON.stringify(result)}`); continue }
      accepted.push(entry)
      const group = senders.groupOf(entry)
      entry.deliveries.forEach(({ id, agency = '' }) => { order.set(id, { group: `${group} ${agency}`, place: order.size }) })
      if (!crash) lane.push(...result.claims ?? entry.deliveries.map(({ id }) => ({ deliveryId: id, lane: 'normal' as const, publishedAt: at })))
    }
  }

  async function take (claim: ClaimCheck | undefined, process: number, again: boolean): Promise<void> {
    if (claim === undefined) return
    if (!again) lane = lane.filter(other => other !== claim)
    const claimed = await store.claim([claim.deliveryId], { owner: ownerOf(process), at, leaseMs: LEASE_MS })
    hands.push(...claimed.map(each => ({ claimed: each, process, startedAt: at })))
  }

  function attempt (hand: Hand | undefined, outcome: Outcome): void {
    if (hand === undefined || hand.outcome !== undefined) return
    const { id } = hand.claimed.delivery
    if (outcome === 'refused') refusing.add(id)
    // A recipient that has said no says no again; one that has it says so again.
    hand.outcome = taken.has(id) ? (outcome === 'uncertain' ? outcome : 'delivered') : refusing.has(id) ? 'refused' : outcome
    if (hand.outcome === 'delivered' || hand.outcome === 'uncertain') takeEffect(id)
  }

  function takeEffect (id: string): void {
    if (taken.has(id)) return
    taken.add(id)
    const { group, place } = order.get(id) ?? { group: 'unknown', place: -1 }
    const before = effects.get(group) ?? []
    if (before.some(other => other > place)) faults.push(`${id} was overtaken in ${group}`)
    effects.set(group, [...before, place])
  }

  async function record (chosen: Hand | undefined, together: boolean, crash: boolean): Promise<void> {
    if (chosen?.outcome === undefined) return
    const batch = hands.filter(hand => hand === chosen || (together && hand.process === chosen.process && hand.outcome !== undefined))
    hands = hands.filter(hand => !batch.includes(hand))
    const { woken = [] } = await store.settle(batch.map(hand => toRecord(hand, ownerOf(hand.process), at)))
    if (!crash) lane.push(...woken)
  }

  async function sweep (ms: number): Promise<number> {
    at += ms
    const readUpTo = { urgent: at - 5000, normal: at - 5000 }
    const { claims } = await store.sweep({ at, readUpTo, limit: 500 })
    const waiting = await store.sweepWaiting({ at, limit: 500 })
    lane.push(...claims, ...waiting.claims)
    return claims.length + waiting.claims.length
  }

  async function deliveries (): Promise<StoredDelivery[]> {
    return (await Promise.all(accepted.map(async ({ id }) => (await store.findPackage(id, 'all'))?.deliveries ?? []))).flat()
  }

  async function settleDown (): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      let moved = await sweep(61_000)
      for (const claim of [...lane]) await take(claim, 0, false)
      moved += hands.length
      for (const hand of [...hands]) {
        attempt(hand, 'delivered')
        await record(hand, false, false)
      }
      quiet = moved === 0 && lane.length === 0 ? quiet + 1 : 0
    }
  }

  return {
    faults,
    deliveries,
    took: id => taken.has(id),
    async act (action) {
      switch (action.kind) {
        case 'accept': await accept(action.packages, action.crash); break
        case 'take': await take(pick(lane, action.claim), action.process, action.again); break
        case 'lose': { const lost = pick(lane, action.claim); lane = lane.filter(claim => claim !== lost); break }
        case 'attempt': attempt(pick(hands, action.hand), action.outcome); break
        case 'record': await record(pick(hands, action.hand), action.together, action.crash); break
        case 'renew': await store.renew(hands.filter(({ process }) => process === action.process).map(({ claimed }) => claimed.delivery.id), { owner: ownerOf(action.process), at, leaseMs: LEASE_MS }); break
        case 'crash': hands = hands.filter(({ process }) => process !== action.process); break
        case 'sweep': await sweep(action.ms); break
      }
    },
    async heal () {
      await settleDown()
      // A status whose document has not come until now is told so.
      await sweep(PARK_MS)
      await settleDown()
    },
    async expire () {
      for (let n = 0; n < 3; n++) await sweep(LIFETIME_MS)
    }
  }
}

function toRecord ({ claimed: { delivery }, outcome, startedAt }: Hand, owner: string, at: number): AttemptRecord {
  const ends = {
    delivered: { outcome: 'delivered', settlement: { state: 'delivered' } },
    uncertain: { outcome: 'deferred', settlement: { state: 'deferred', dueAt: at + 1000, problem: PROBLEM } },
    deferred: { outcome: 'deferred', settlement: { state: 'deferred', dueAt: at + 1000, problem: PROBLEM } },
    refused: { outcome: 'refused', settlement: { state: 'refused', problem: PROBLEM } },
    dead: { outcome: 'deferred', settlement: { state: 'dead', problem: PROBLEM } }
  } as const satisfies Record<Outcome, Pick<AttemptRecord, 'outcome' | 'settlement'>>
  return { deliveryId: delivery.id, packageId: delivery.packageId, owner, attempt: delivery.attempts, startedAt, finishedAt: at, ...ends[outcome ?? 'deferred'] }
}

interface Wish { stream: number, what: 'document' | 'status' | 'dossier', action: number, at: number }

/** Two documents to two agencies each, their statuses, two dossiers; names of their own for every run. */
function createSenders (): { make (wish: Wish): AcceptedPackage, starts (entry: AcceptedPackage): boolean, groupOf (entry: AcceptedPackage): string } {
  const [issuer, a, b] = [newId(), newId(), newId()].map(id => `H36.${id}`) as [string, string, string]
  const name = newId()
  const begun = new Set<string>()
  const starts = ({ envelope: { action } }: AcceptedPackage): boolean => action === 'new' || action === 'submit'

  function make ({ stream, what, action, at }: Wish): AcceptedPackage {
    const correlationId = `${what === 'dossier' ? 'dossier' : 'document'}:${name}:${stream}`
    const isFirst = what !== 'status' && !begun.has(correlationId)
    if (what !== 'status') begun.add(correlationId)
    const [first, more] = what === 'document' ? ['new', OPERATIONS[action % OPERATIONS.length] ?? 'update'] : ['submit', 'progress']
    const from = what === 'status' ? (action % 2 === 0 ? a : b) : issuer
    const entry = makePackage({
      at,
      expiresAt: at + LIFETIME_MS / 2,
      from,
      to: what === 'status' ? [issuer] : action % 3 === 0 ? [a] : [a, b],
      envelope: { kind: what, action: what === 'status' ? '01' : isFirst ? first : more, correlationId }
    })
    const documentId = correlationId
    if (what === 'document') return { ...entry, content: { kind: 'document', document: { documentId, docType: 'new', attachments: [] } } }
    return what === 'status' ? { ...entry, parkedUntil: at + PARK_MS } : entry
  }

  return {
    make,
    starts,
    groupOf: ({ envelope: { kind, correlationId }, fromAgency }) => `${correlationId}${kind === 'status' ? ` status of ${fromAgency}` : ''}`
  }
}
