// The life of a delivery, as a table: from → event → to. The store's statements make these steps and no others; tests hold the
// recorded history of real deliveries against it.
import type { DeliveryState } from './generated.js'

/** What happens to a delivery. Most are events of the package; being taken, given back and queued again leave no trace of their own. */
export type DeliveryStep =
  /** It is taken to be tried. */
  | 'claim'
  /** It is given back untried: the endpoint is busy, the hub stops. */
  | 'release'
  /** It is to be published again: due, lost on the way, or left by a process that died. */
  | 'requeue'
  | 'deliver' | 'offer' | 'defer' | 'refuse' | 'kill' | 'expire'
  /** It waits for what came before it, or for its document. */
  | 'block' | 'unblock'
  /** It waits for an operator. */
  | 'hold'
  | 'cancel'
  /** Words of an operator: it is tried anew, goes to another endpoint, need not wait for what it was held for. Where that leads is found next. */
  | 'retry' | 'redirect' | 'free'

type Steps = Readonly<Partial<Record<DeliveryStep, DeliveryState>>>

/** Every state that waits ends by itself (expire) or by a word of an operator (cancel). */
export const DELIVERY_STEPS: Readonly<Record<DeliveryState, Steps>> = {
  queued: { claim: 'active', requeue: 'queued', block: 'blocked', hold: 'held', redirect: 'held', cancel: 'cancelled', expire: 'expired' },
  // Held: it may have arrived where a repeat would not be recognised.
  active: { deliver: 'delivered', offer: 'available', defer: 'deferred', refuse: 'refused', kill: 'dead', hold: 'held', expire: 'expired', release: 'deferred', requeue: 'queued' },
  deferred: { requeue: 'queued', retry: 'queued', hold: 'held', redirect: 'held', cancel: 'cancelled', expire: 'expired' },
  available: { deliver: 'delivered', refuse: 'refused', redirect: 'held', cancel: 'cancelled', expire: 'expired' },
  blocked: { unblock: 'queued', block: 'blocked', hold: 'held', redirect: 'held', cancel: 'cancelled', expire: 'expired' },
  held: { unblock: 'queued', block: 'blocked', hold: 'held', retry: 'held', redirect: 'held', free: 'held', cancel: 'cancelled', expire: 'expired' },
  delivered: {},
  refused: { retry: 'held', redirect: 'held' },
  dead: { retry: 'held', redirect: 'held', cancel: 'cancelled' },
  expired: { retry: 'held', redirect: 'held' },
  cancelled: {}
}

/** Where a delivery may begin: an unserved recipient is refused at once. */
export const FIRST_STATES: readonly DeliveryState[] = ['queued', 'refused']
/** Where one begins that repeats another: an operator's word lets it go. */
const FIRST_STATES_AGAIN: readonly DeliveryState[] = ['held']

/** Types of events and the step that each records. */
const RECORDED: Readonly<Record<string, DeliveryStep>> = {
  'delivery.delivered': 'deliver',
  'delivery.refused': 'refuse',
  'delivery.dead': 'kill',
  'delivery.expired': 'expire',
  'delivery.blocked': 'block',
  'delivery.unblocked': 'unblock',
  'delivery.held': 'hold',
  'delivery.cancelled': 'cancel',
  'delivery.retried': 'retry',
  'delivery.redirected': 'redirect',
  'delivery.resumed': 'free'
}

/** Steps without a trace: between two events any number of them may have been made. */
const SILENT: readonly DeliveryStep[] = ['claim', 'release', 'requeue']

export interface RecordedEvent { readonly type: string, readonly data: Readonly<Record<string, unknown>> }

/**
 * The states that a delivery can be in after these events of its own, in their order; none when the table does not allow such
 * a history. Events about something else (a receipt, a deadline, another delivery that repeats this one) change nothing.
 */
export function statesAfter (events: readonly RecordedEvent[]): DeliveryState[] {
  let states = settled(events[0]?.type === 'delivery.resumed' ? FIRST_STATES_AGAIN : FIRST_STATES)
  let told: unknown
  for (const { type, data } of events) {
    // What an attempt or the acceptance led to is told once more, as the end that it is.
    const isEcho = type === `delivery.${String(told)}`
    const next = isEcho ? states : after(states, type, data['state'])
    told = type === 'delivery.attempted' ? data['state'] : undefined
    if (next !== undefined) states = settled(next)
  }
  return states
}

/** Undefined for an event that is no step. */
function after (states: readonly DeliveryState[], type: string, led: unknown): DeliveryState[] | undefined {
  if (type === 'delivery.attempted') return states.includes('active') ? Object.values(DELIVERY_STEPS.active).filter(state => state === led) : []
  // What the hub held is let go and placed at once; what an operator held is placed next.
  if (type === 'delivery.resumed' && led !== undefined) return states.includes('held') ? Object.values(DELIVERY_STEPS.held).filter(state => state === led) : []
  if (type === 'delivery.refused' && states.includes('refused')) return ['refused']
  const step = RECORDED[type]
  return step === undefined ? undefined : states.flatMap(state => DELIVERY_STEPS[state][step] ?? [])
}

/** With what may have happened unrecorded since. */
function settled (states: readonly DeliveryState[]): DeliveryState[] {
  const all = new Set(states)
  for (const state of all) for (const step of SILENT) for (const next of [DELIVERY_STEPS[state][step] ?? []].flat()) all.add(next)
  return [...all]
}
