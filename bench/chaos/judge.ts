// The judge: from what was sent, what the endpoints saw and what the hub says in the end, to what went wrong. It is a pure
// function that believes neither side: a package is known by the SHA-256 of its bytes, not by what the hub calls it.

/** One package as its sender knows it. Times are ms of one monotonic clock. */
export interface Sent {
  /** What it is, for people: `document update H36,2026/11/20,12/UBND-VX`. */
  readonly title: string
  /** Of the bytes posted; no two packages of a run are alike. */
  readonly sha256: string
  /** Main codes of the recipients. */
  readonly to: readonly string[]
  /** Documents and dossiers in whose order it stands. */
  readonly streams: readonly string[]
  /** It revokes the documents of its streams. */
  readonly revokes: boolean
  /** When it was posted for the first time. */
  readonly postedAt: number
  /** When its 202 came; absent when none came. */
  readonly acceptedAt?: number
  readonly packageId?: string
  /** Status and code of an answer that was neither 202 nor "later". */
  readonly turnedAway?: string
}

/** What a recipient did with a package that had arrived whole: `failed` is every answer that asks for another try. */
export type Reaction = 'taken' | 'failed' | 'refused'

/** One arrival of whole bytes at a recipient. */
export interface Observation {
  readonly at: number
  /** The recipient. Each endpoint of a run serves one agency. */
  readonly agency: string
  /** Idempotency-Key of the request, or the delivery id of the inbox. */
  readonly key: string
  readonly sha256: string
  readonly reaction: Reaction
  /** Of a recipient that keeps no keys: what it has taken this arrival as, another one each time. */
  readonly docId?: string
}

/** A delivery as the hub tells of it in the end. */
export interface ToldDelivery {
  readonly id: string
  readonly packageId: string
  readonly agency: string
  readonly state: string
  /** Code of the problem. */
  readonly code?: string
}

export interface History {
  readonly sent: readonly Sent[]
  readonly observations: readonly Observation[]
  readonly told: readonly ToldDelivery[]
}

export interface Finding {
  readonly what: string
  readonly packageId?: string
  readonly deliveryId?: string
}

export interface Verdict {
  readonly packages: number
  /** Deliveries promised by a 202. */
  readonly accepted: number
  /** Promised deliveries that arrived unaltered and are told as delivered. */
  readonly delivered: number
  /** Promised deliveries that rightly ended otherwise. */
  readonly refused: number
  readonly cancelled: number
  readonly held: number
  /** Arrivals of a package that its recipient already had, with the same key: allowed, at least once. */
  readonly repeats: number
  /** Arrivals that no sender of the run knows, such as messages of the hub itself. */
  readonly foreign: number
  readonly lost: Finding[]
  readonly duplicated: Finding[]
  readonly overtaken: Finding[]
  readonly stuck: Finding[]
}

/** One promised delivery with everything known about it. */
interface Promised {
  readonly sent: Sent
  readonly agency: string
  readonly told: ToldDelivery | undefined
  /** In the order of arrival. */
  readonly seen: readonly Observation[]
}

type Fate = 'delivered' | 'refused' | 'cancelled' | 'held' | 'lost' | 'stuck'

const FINAL: ReadonlySet<string> = new Set(['delivered', 'refused', 'dead', 'expired', 'cancelled'])

/** Compares the books of both sides. */
export function judge ({ sent, observations, told }: History): Verdict {
  const toldBy = new Map(told.map(delivery => [`${delivery.packageId} ${delivery.agency}`, delivery]))
  const seenBy = groupBy([...observations].sort((a, b) => a.at - b.at), ({ sha256, agency }) => [`${sha256} ${agency}`])
  const promised = sent.filter(({ packageId }) => packageId !== undefined).flatMap(each => each.to.map((agency): Promised => (
    { sent: each, agency, told: toldBy.get(`${each.packageId ?? ''} ${agency}`), seen: seenBy.get(`${each.sha256} ${agency}`) ?? [] })))
  const streams = groupByStream(promised)
  const fates = promised.map(each => ({ each, ...fateOf(each, streams) }))
  const count = (fate: Fate): number => fates.filter(one => one.fate === fate).length
  const findings = (fate: Fate): Finding[] => fates.filter(one => one.fate === fate).map(({ each, why }) => finding(each, why))
  const known = new Set(sent.map(({ sha256 }) => sha256))
  return {
    packages: sent.filter(({ packageId }) => packageId !== undefined).length,
    accepted: promised.length,
    delivered: count('delivered'),
    refused: count('refused'),
    cancelled: count('cancelled'),
    held: count('held'),
    repeats: promised.reduce((sum, { seen }) => sum + repeatsAmong(seen), 0),
    foreign: observations.filter(({ sha256 }) => !known.has(sha256)).length,
    lost: [...findings('lost'), ...sent.flatMap(turnedAway)],
    duplicated: duplicatesAmong(promised, observations),
    overtaken: overtakersIn(streams),
    stuck: [...findings('stuck'), ...sent.filter(({ acceptedAt, turnedAway: answer }) => acceptedAt === undefined && answer === undefined).map(({ title }) => ({ what: `${title}: never accepted` }))]
  }
}

/** Promised deliveries to one agency about one document or dossier, in the order of their 202s. */
function groupByStream (promised: readonly Promised[]): Map<string, Promised[]> {
  const inOrder = [...promised].sort((a, b) => (a.sent.acceptedAt ?? 0) - (b.sent.acceptedAt ?? 0))
  return groupBy(inOrder, ({ agency, sent }) => sent.streams.map(stream => `${agency} ${stream}`))
}

/** Each item under each of its keys, in the order given. */
function groupBy<Item> (items: readonly Item[], keysOf: (item: Item) => readonly string[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    for (const key of new Set(keysOf(item))) {
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [item])
      else group.push(item)
    }
  }
  return groups
}

function repeatsAmong (seen: readonly Observation[]): number {
  const taken = seen.filter(({ reaction }) => reaction === 'taken')
  return taken.length - new Set(taken.map(({ key, docId = key }) => docId)).size
}

/** All its valid packages count: a hub that turns one away for good has not kept it. */
function turnedAway ({ title, turnedAway: answer }: Sent): Finding[] {
  return answer === undefined ? [] : [{ what: `${title}: turned away with ${answer}` }]
}

function fateOf (each: Promised, streams: ReadonlyMap<string, Promised[]>): { fate: Fate, why: string } {
  const { told, seen } = each
  if (told === undefined) return { fate: 'lost', why: 'accepted, and the hub does not know it' }
  const wasTaken = seen.some(({ reaction }) => reaction === 'taken')
  const said = `${told.state}${told.code === undefined ? '' : ` (${told.code})`}`
  switch (told.state) {
    case 'delivered':
      return wasTaken ? { fate: 'delivered', why: '' } : { fate: 'lost', why: 'told as delivered, and its bytes never arrived' }
    case 'refused':
      return seen.some(({ reaction }) => reaction === 'refused') ? { fate: 'refused', why: '' } : { fate: 'lost', why: `told as ${said}, and the recipient refused nothing` }
    case 'cancelled':
      return isRightlyCancelled(each, streams) ? { fate: 'cancelled', why: '' } : { fate: 'lost', why: `told as ${said} without a reason that holds` }
    case 'held':
      return told.code === 'PREDECESSOR_DEAD' && before(each, streams).some(({ told: earlier }) => ['dead', 'expired', 'cancelled'].includes(earlier?.state ?? ''))
        ? { fate: 'held', why: '' }
        : { fate: 'stuck', why: `still ${said}` }
    default:
      return FINAL.has(told.state) ? { fate: 'lost', why: `given up: ${said}` } : { fate: 'stuck', why: `still ${said}` }
  }
}

/** Revoked before anybody saw it, or itself the revocation of what nobody saw. */
function isRightlyCancelled (each: Promised, streams: ReadonlyMap<string, Promised[]>): boolean {
  const arrived = ({ seen }: Promised): boolean => seen.some(({ reaction }) => reaction === 'taken')
  if (each.told?.code?.startsWith('REVOKED') !== true || arrived(each)) return false
  return each.sent.revokes
    ? !before(each, streams).some(arrived)
    : membersBeside(each, streams).some(({ sent }) => sent.revokes && (sent.acceptedAt ?? Infinity) > each.sent.postedAt)
}

function membersBeside (each: Promised, streams: ReadonlyMap<string, Promised[]>): Promised[] {
  return each.sent.streams.flatMap(stream => streams.get(`${each.agency} ${stream}`) ?? []).filter(other => other !== each)
}

/** What certainly stands before it: accepted before it was posted. */
function before (each: Promised, streams: ReadonlyMap<string, Promised[]>): Promised[] {
  return membersBeside(each, streams).filter(({ sent }) => (sent.acceptedAt ?? Infinity) < each.sent.postedAt)
}

/** One key for two contents, or one package at one recipient under two keys, or taken as two. */
function duplicatesAmong (promised: readonly Promised[], observations: readonly Observation[]): Finding[] {
  const underTwo = (nameOf: (seen: Observation) => string | undefined, how: string): Finding[] => promised.flatMap(each => {
    const names = [...new Set(each.seen.flatMap(seen => nameOf(seen) ?? []))]
    return names.length > 1 ? [finding(each, `${how} ${names.join(', ')}`)] : []
  })
  const byKey = groupBy(observations, ({ agency, key }) => [`${agency} ${key}`])
  const twoContents = [...byKey.values()].flatMap(([first, ...others]): Finding[] => first === undefined || others.every(({ sha256 }) => sha256 === first.sha256)
    ? []
    : [{ what: `${first.agency}: different contents under one key`, deliveryId: first.key }])
  return [...underTwo(({ key }) => key, 'arrived under the keys'), ...underTwo(({ docId }) => docId, 'was taken as'), ...twoContents]
}

/** Each delivery that came into its recipient's hands before an earlier one of its stream was dealt with; once each. */
function overtakersIn (streams: ReadonlyMap<string, Promised[]>): Finding[] {
  const found = new Map<Promised, Finding>()
  for (const members of streams.values()) {
    for (const later of members) {
      const first = later.seen[0]?.at
      if (first === undefined || found.has(later)) continue
      const passed = members.find(earlier => earlier !== later && (earlier.sent.acceptedAt ?? Infinity) < later.sent.postedAt && doneAt(earlier) > first)
      if (passed !== undefined) found.set(later, finding(later, `arrived before ${passed.sent.title}, which was accepted ${Math.round(later.sent.postedAt - (passed.sent.acceptedAt ?? 0))} ms before it was posted`))
    }
  }
  return [...found.values()]
}

/** When its successors may come: it was taken, or refused; never, while the hub still owes it. */
function doneAt ({ seen, told }: Promised): number {
  const done = seen.find(({ reaction }) => reaction === 'taken') ?? seen.find(({ reaction }) => reaction === 'refused')
  if (done !== undefined) return done.at
  return FINAL.has(told?.state ?? '') ? -Infinity : Infinity
}

function finding ({ sent, agency, told }: Promised, why: string): Finding {
  return {
    what: `${sent.title} → ${agency}: ${why}`,
    ...(sent.packageId === undefined ? {} : { packageId: sent.packageId }),
    ...(told === undefined ? {} : { deliveryId: told.id })
  }
}
