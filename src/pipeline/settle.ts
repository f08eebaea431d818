// settle: the heart. A pure function from what an adapter saw to what the hub does next.
import type { Outcome, Settlement } from '../model/delivery.js'
import type { Problem } from '../model/problem.js'
import { text } from '../model/text.js'

export interface RetryPolicy {
  /** Wait after the first failed attempt, ms. */
  firstMs: number
  /** Each further wait is this many times the one before. */
  factor: number
  /** No wait is longer, ms; caps `Retry-After`, too. */
  maxMs: number
  /** Each wait is spread over ± this share of itself, so that failures do not come back in step. */
  jitter: number
  /** After so many attempts the delivery is dead. */
  maxAttempts: number
}

export interface SettleFacts {
  /** The attempt that has just ended, from 1. */
  attempt: number
  /** Now, epoch ms. */
  at: number
  /** When the hub gives up, epoch ms. */
  expiresAt: number
  policy: RetryPolicy
  /** The other side honours the delivery id: what may have arrived may be sent again. */
  idempotent: boolean
  /** Uniform in [0, 1). */
  random: number
}

/** Nobody outside said no: the hub itself cannot make the message, or may not send it there. An operator mends the cause and replays. */
const PARKED: ReadonlySet<string> = new Set(['TRANSFORM_FAILED', 'EGRESS_FORBIDDEN', 'RELAY_LOOP', 'CONTENT_PURGED'])

/** Decides. Total: every outcome has exactly one settlement, and every deferral ends (attempts or expiry). */
export function settle (outcome: Outcome, facts: SettleFacts): Settlement {
  switch (outcome.kind) {
    case 'delivered':
      return { state: 'delivered', ...(outcome.externalId === undefined ? {} : { externalId: outcome.externalId }) }
    case 'available':
      return { state: 'available' }
    case 'refused':
      return { state: PARKED.has(outcome.problem.code) ? 'dead' : 'refused', problem: outcome.problem }
    case 'deferred':
      return settleDeferred(outcome, facts)
  }
}

type Deferred = Extract<Outcome, { kind: 'deferred' }>

/** An attempt that the hub itself cut short, because it stops: due at once, whoever goes on, and never the last one. */
export function settleInterrupted (outcome: Deferred, { at, idempotent }: Pick<SettleFacts, 'at' | 'idempotent'>): Settlement {
  if (outcome.uncertain === true && !idempotent) return { state: 'held', problem: uncertain(outcome.problem) }
  return { state: 'deferred', dueAt: at, problem: outcome.problem }
}

function settleDeferred (outcome: Deferred, facts: SettleFacts): Settlement {
  const { problem, retryAfterMs } = outcome
  const { attempt, at, expiresAt, policy } = facts
  // Sending again might make it arrive twice, giving up might lose it: a person asks the recipient.
  if (outcome.uncertain === true && !facts.idempotent) return { state: 'held', problem: uncertain(problem) }
  if (attempt >= policy.maxAttempts) return { state: 'dead', problem: exhausted(problem, attempt) }
  // What the other side asks for is honoured as a floor, up to the cap: a partner cannot park a delivery for days.
  const waitMs = Math.max(backoffMs(attempt, policy, facts.random), Math.min(Math.max(retryAfterMs ?? 0, 0), policy.maxMs))
  const dueAt = at + waitMs
  return dueAt >= expiresAt ? { state: 'expired', problem: expired(problem, attempt) } : { state: 'deferred', dueAt, problem }
}

/** No wait of a delivery with an appointed time is longer while it can still keep it, ms. */
const TIMED_MAX_MS = 10_000

/** The policy for a delivery that is to be made by `deliverBy` (epoch ms): tried often until then, as any other afterwards. */
export function timedPolicy (policy: RetryPolicy, { deliverBy, at }: { deliverBy: number | undefined, at: number }): RetryPolicy {
  if (deliverBy === undefined || at >= deliverBy) return policy
  const maxMs = Math.min(policy.maxMs, TIMED_MAX_MS)
  return { ...policy, firstMs: Math.min(policy.firstMs, maxMs), maxMs }
}

/** Exponential backoff with jitter and a cap: the wait in ms after the given attempt (from 1). */
export function backoffMs (attempt: number, { firstMs, factor, maxMs, jitter }: RetryPolicy, random: number): number {
  const planned = Math.min(firstMs * factor ** Math.min(attempt - 1, 64), maxMs)
  return Math.round(Math.min(planned * (1 + jitter * (2 * random - 1)), maxMs))
}

function uncertain (last: Problem): Problem {
  const detail = text(`Không rõ hệ thống nhận đã nhận hay chưa, và hệ thống đó không nhận biết gói tin gửi lại: ${last.detail.vi}`,
    `It is not known whether the package arrived, and this system would not recognise it if it came again: ${last.detail.en}`)
  return { code: 'DELIVERY_UNCERTAIN', detail, errors: last.errors ?? [] }
}

function exhausted (last: Problem, attempt: number): Problem {
  return { code: 'ATTEMPTS_EXHAUSTED', detail: text(`Đã gửi ${attempt} lần không thành; lần cuối: ${last.detail.vi}`, `${attempt} attempts failed; the last: ${last.detail.en}`), errors: last.errors ?? [] }
}

function expired (last: Problem, attempt: number): Problem {
  return { code: 'DELIVERY_EXPIRED', detail: text(`Hết hạn sau ${attempt} lần gửi; lần cuối: ${last.detail.vi}`, `Expired after ${attempt} attempts; the last: ${last.detail.en}`), errors: last.errors ?? [] }
}
