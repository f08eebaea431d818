// A token bucket: so many attempts a second on average, some at once after a quiet time.
import type { Clock } from '../ports/clock.js'

export interface Bucket {
  /** Takes a token when there is one. */
  take (): boolean
  /** Until there are `tokens`, ms. */
  msUntil (tokens: number): number
  /** Tokens that come within `ms`, and those that are there. */
  within (ms: number): number
}

export interface BucketOptions {
  perSecond: number
  burst: number
  /** The part of the rate that is this process's: several share one endpoint. In (0, 1]. */
  share: () => number
  clock: Pick<Clock, 'now'>
}

export function createBucket ({ perSecond, burst, share, clock }: BucketOptions): Bucket {
  let tokens = burst
  let filledAt = clock.now()
  const perMs = (): number => perSecond * share() / 1000

  function fill (): void {
    const at = clock.now()
    tokens = Math.min(burst, tokens + Math.max(0, at - filledAt) * perMs())
    filledAt = at
  }

  return {
    take () {
      fill()
      if (tokens < 1) return false
      tokens--
      return true
    },
    msUntil (wanted) {
      fill()
      return Math.max(0, Math.ceil((wanted - tokens) / perMs()))
    },
    within (ms) {
      fill()
      return tokens + ms * perMs()
    }
  }
}
