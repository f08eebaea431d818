// What an operator may do with a delivery, and in which state: one table, read by every door.
import type { DeliveryFormat } from './delivery.js'
import type { Axis, DeliveryState, Envelope } from './generated.js'

export const OPERATIONS = ['retry', 'cancel', 'hold', 'release', 'redirect', 'resend'] as const
export type Operation = typeof OPERATIONS[number]

/** Operations that a batch may repeat. Sending again what was delivered is a decision about one delivery. */
export const BATCH_OPERATIONS = ['retry', 'cancel', 'hold', 'release', 'redirect'] as const satisfies readonly Operation[]
export type BatchOperation = typeof BATCH_OPERATIONS[number]

interface Rule {
  /** States in which it may be done. */
  from: readonly DeliveryState[]
  /** States that it leads to: repeating it there changes nothing, and is no mistake. */
  done: readonly DeliveryState[]
}

/**
 * Nothing is done to an `active` delivery: an attempt is under way, and whether the recipient has it nobody can say until it
 * ends. A `dead` one can be cancelled: until then it is open work, and keeps its package from being purged.
 */
export const RULES: Readonly<Record<Operation, Rule>> = {
  retry: { from: ['dead', 'refused', 'expired', 'held', 'deferred'], done: ['queued', 'active', 'blocked'] },
  cancel: { from: ['queued', 'deferred', 'available', 'blocked', 'held', 'dead'], done: ['cancelled'] },
  hold: { from: ['queued', 'deferred', 'blocked'], done: ['held'] },
  release: { from: ['held'], done: ['queued', 'active', 'blocked'] },
  redirect: { from: ['queued', 'deferred', 'available', 'blocked', 'held', 'dead', 'refused', 'expired'], done: [] },
  resend: { from: ['delivered'], done: [] }
}

/** May it be done, has it been done, or must it be refused? */
export function verdictOf (operation: Operation, state: DeliveryState): 'allowed' | 'done' | 'refused' {
  const { from, done } = RULES[operation]
  if (from.includes(state)) return 'allowed'
  return done.includes(state) ? 'done' : 'refused'
}

/** Where a redirected delivery goes. */
export interface OperationTarget {
  endpoint: string
  axis: Axis
  adapter: string
  format: DeliveryFormat
  /** Kinds of packages that can take this format. */
  kinds: ReadonlyArray<Envelope['kind']>
}

/** The counted states: queued, active and deferred change within seconds and are counted as one. */
export const COUNTED_STATES = ['underway', 'available', 'blocked', 'held', 'delivered', 'refused', 'dead', 'expired', 'cancelled'] as const
/** `underway`: queued, active or deferred. */
export type CountedState = typeof COUNTED_STATES[number]

export type BatchState = 'frozen' | 'running' | 'done' | 'cancelled'
/** What became of one delivery of a batch. `skipped`: nothing was done, for the reason in its problem. */
export type ItemOutcome = 'done' | 'skipped' | 'failed'
