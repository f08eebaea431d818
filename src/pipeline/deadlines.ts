// deadlines: until when a delivery is tried, and by when it is to be made. What the sender says counts first, then the policy.
import { fault, HubError } from '../errors.js'
import type { Axis, DeliveryConfig, Envelope } from '../model/generated.js'
import { text } from '../model/text.js'

export type DeadlinePolicy = Pick<DeliveryConfig, 'expiresAfterMs' | 'maxExpiresAfterMs' | 'expiry' | 'timedWithinMs'>

/** Epoch ms, as the sender asked for them. */
export interface Wishes { readonly expiresAt?: number, readonly deliverBy?: number }

/** hỏa tốc hẹn giờ */
const TIMED_PRIORITY = 4

/** Throws REQUEST_INVALID for an instant that is over, or later than the policy allows. */
export function checkWishes ({ expiresAt, deliverBy }: Wishes, { at, policy }: { at: number, policy: DeadlinePolicy }): void {
  const latest = at + policy.maxExpiresAfterMs
  const faults = [...outside('expiresAt', expiresAt, { at, latest }), ...outside('deliverBy', deliverBy, { at, latest: Math.min(latest, expiresAt ?? latest) })]
  if (faults.length > 0) throw new HubError('REQUEST_INVALID', text('Thời hạn không hợp lệ.', 'A deadline is not valid.'), { errors: faults })
}

function outside (parameter: string, value: number | undefined, { at, latest }: { at: number, latest: number }): ReturnType<typeof fault>[] {
  if (value === undefined || (value > at && value <= latest)) return []
  const detail = value <= at ? text('Thời điểm này đã qua.', 'This instant is over.') : text('Thời điểm này quá muộn.', 'This instant is too late.')
  return [fault('FIELD_INVALID', `/query/${parameter}`, detail, { expected: `after ${iso(at)}, at most ${iso(latest)}`, found: iso(value) })]
}

function iso (at: number): string {
  return new Date(at).toISOString()
}

/** Of one delivery, epoch ms. `deliverBy` is absent for what has no appointed time. */
export function deadlinesOf ({ kind, action, priority }: Pick<Envelope, 'kind' | 'action' | 'priority'>, axis: Axis | undefined, { at, wishes, policy }: { at: number, wishes: Wishes, policy: DeadlinePolicy }): { expiresAt: number, deliverBy?: number } {
  const row = policy.expiry.find(each => fits(each.kind, kind) && fits(each.action, action) && fits(each.priority, priority) && fits(each.axis, axis))
  const expiresAt = wishes.expiresAt ?? at + (row?.afterMs ?? policy.expiresAfterMs)
  const timed = wishes.deliverBy ?? (priority === TIMED_PRIORITY ? at + policy.timedWithinMs : undefined)
  return { expiresAt, ...(timed === undefined ? {} : { deliverBy: Math.min(timed, expiresAt) }) }
}

function fits<T> (wanted: T | undefined, given: T | undefined): boolean {
  return wanted === undefined || wanted === given
}
