// For partners that know no idempotency key: whether a delivery stands already in the partner's list of what was sent.
import type { Envelope } from '../model/generated.js'

/** So many entries are remembered; the oldest are forgotten first. */
const MOST_REMEMBERED = 10_000

/** Whether a listed title and number are those of a document. What the list does not say speaks neither for nor against; without either nothing is recognised. */
export function isListedAs ({ notation, title }: { notation: string | undefined, title: string | undefined }, envelope: Envelope): boolean {
  const pairs = [[notation, envelope.notation], [title, envelope.title]].flatMap(([theirs, ours]) => theirs === undefined || ours === undefined ? [] : [[squeezed(theirs), squeezed(ours)] as const])
  // Lists shorten what is long.
  return pairs.length > 0 && pairs.every(([theirs, ours]) => theirs === ours || (theirs.length >= 40 && ours.startsWith(theirs.replace(/(…|\.{3})$/, ''))))
}

function squeezed (value: string): string {
  return value.normalize('NFC').replace(/\s+/g, '').toLowerCase()
}

/** A delivery id of the hub (UUID version 7) tells when it was made, epoch ms; any other says nothing: 0. */
export function deliveryMadeAt (deliveryId: string): number {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7/i.exec(deliveryId) ?? []
  return high === undefined || low === undefined ? 0 : Number.parseInt(high + low, 16)
}

/** Sets an entry of a map that must not grow without end. */
export function rememberLatest<V> (map: Map<string, V>, key: string, value: V): void {
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= MOST_REMEMBERED) break
    map.delete(oldest)
  }
}
