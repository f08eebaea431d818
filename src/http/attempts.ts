// Who guesses is slowed down: counts failures by caller in windows of time, in bounded memory. Each process counts its own.

export interface Attempts {
  /** Had this caller too many failures just now? Answers the seconds to wait, 0 for none. */
  waitOf (caller: string): number
  fail (caller: string): void
  /** It was right: its failures count no more. */
  succeed (caller: string): void
}

export interface AttemptLimits {
  /** So many failures in `perMs` are allowed. */
  most: number
  perMs: number
  /** The wait after the last that is allowed, twice as long after each further one; absent: until the window ends. */
  growing?: { firstMs: number, maxMs: number }
}

/** So many callers are remembered; beyond that the oldest are forgotten. */
const MOST_CALLERS = 10_000

/** `now` is epoch ms. With growing waits a caller is forgotten `perMs` after its last wait has ended. */
export function createAttempts ({ most, perMs, growing, now }: AttemptLimits & { now: () => number }): Attempts {
  const failures = new Map<string, { count: number, waitUntil: number, endsAt: number }>()
  const current = (caller: string): { count: number, waitUntil: number, endsAt: number } | undefined => {
    const found = failures.get(caller)
    if (found === undefined || found.endsAt > now()) return found
    failures.delete(caller)
    return undefined
  }
  return {
    waitOf: caller => Math.max(0, Math.ceil(((current(caller)?.waitUntil ?? 0) - now()) / 1000)),
    fail (caller) {
      const found = current(caller) ?? { count: 0, waitUntil: 0, endsAt: now() + perMs }
      found.count++
      if (found.count >= most) {
        found.waitUntil = growing === undefined ? found.endsAt : now() + Math.min(growing.maxMs, growing.firstMs * 2 ** (found.count - most))
        if (growing !== undefined) found.endsAt = found.waitUntil + perMs
      }
      const [oldest] = failures.keys()
      if (failures.size >= MOST_CALLERS && oldest !== undefined && !failures.has(caller)) failures.delete(oldest)
      failures.set(caller, found)
    },
    succeed (caller) { failures.delete(caller) }
  }
}
