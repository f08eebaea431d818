// May a delivery go now, or must it wait for what came before it? A pure decision over facts that the store has locked.
import type { DeliveryState } from './generated.js'

/** An earlier delivery of the same streams to the same agency that is not settled. */
export interface Predecessor {
  id: string
  /** What it waits for itself. */
  waitsFor: readonly string[]
  /** It carries the very document that a revocation takes back. */
  isTarget: boolean
  /** Nobody can have seen it: no attempt was made, or it lies in an inbox where nobody has looked. */
  isUntouched: boolean
}

export interface OrderFacts {
  isRevocation: boolean
  /** It is complete without what came before it: see `standsAlone`. */
  standsAlone: boolean
  /** Statuses only: no document of the stream has ever been accepted. */
  isDocumentUnknown: boolean
  unsettled: readonly Predecessor[]
  /** The newest earlier delivery that is settled; of the same sender when this is a status. */
  newestSettled?: { id: string, state: DeliveryState }
  /** A revocation's document has settled deliveries to this agency that were attempted, or never were. */
  settledTargets: 'none' | 'unattempted' | 'attempted'
}

/** Where a delivery stands in its streams. */
export type Placement =
  | { state: 'queued' }
  /** Until `waitsFor` are settled and, when `isParked`, its document is known. */
  | { state: 'blocked', waitsFor: string[], isParked: boolean }
  /** `waitsFor` will not be delivered: an operator decides. */
  | { state: 'held', waitsFor: string[] }
  /** A revocation that has nothing to take back any more: `revoked` are cancelled with it. */
  | { state: 'cancelled', revoked: string[] }

/** After these a follower may go: the recipient has it, or has said no. After the other final states it must not. */
export const PASSING_STATES: readonly DeliveryState[] = ['delivered', 'refused']
/** After these one that stands alone may go, too. A dead one may still be retried, and would then come late. */
const PASSING_ALONE: readonly DeliveryState[] = [...PASSING_STATES, 'expired', 'cancelled']

/** Decides. `force` is an operator's word: what will not be delivered and what is unknown no longer counts, order still does. */
export function placeOf (facts: OrderFacts, force?: 'force'): Placement {
  if (isRevokedInTime(facts)) return { state: 'cancelled', revoked: facts.unsettled.map(({ id }) => id) }
  const waitsFor = directly(facts.unsettled)
  const isParked = facts.isDocumentUnknown && force === undefined
  if (waitsFor.length > 0 || isParked) return { state: 'blocked', waitsFor, isParked }
  const { newestSettled: last } = facts
  if (force === undefined && last !== undefined && !(facts.standsAlone ? PASSING_ALONE : PASSING_STATES).includes(last.state)) return { state: 'held', waitsFor: [last.id] }
  return { state: 'queued' }
}

function isRevokedInTime ({ isRevocation, unsettled, settledTargets }: OrderFacts): boolean {
  return isRevocation && settledTargets !== 'attempted' && (unsettled.length > 0 || settledTargets === 'unattempted') &&
    unsettled.every(({ isTarget, isUntouched }) => isTarget && isUntouched)
}

/** Without those that another one waits for already: in a chain each waits for the one before it, and a list stays short. */
function directly (unsettled: readonly Predecessor[]): string[] {
  const implied = new Set(unsettled.flatMap(({ waitsFor }) => waitsFor))
  return unsettled.map(({ id }) => id).filter(id => !implied.has(id))
}
