// Who guesses is slowed down: counts failures by caller in windows of time, in bounded memory. Each process counts its own.

export interface Attempts {
  /** Had this caller too many failures just now? Answers the seconds to wait, 0 for none. */
  waitOf (caller: string): number
  fail (caller: string): void
}

/** So many callers are remembered; beyond that the oldest are forgotten. */
const MOST_CALLERS = 10_000

/** `most` failures in `perMs` are allowed. `now` is epoch ms. */
export function createAttempts ({ most, perMs, now }: { most: number, perMs: number, now: () => number }): Attempts {
  const failures = new Map<string, { count: number, endsAt: number }>()
  const current = (caller: string): { count: number, endsAt: number } | undefined => {
    const found = failures.get(caller)
    if (found === undefined || found.endsAt > now()) return found
    failures.delete(caller)
    return undefined
  }
  return {
    waitOf (caller) {
      const found = current(caller)
      return found === undefined || found.count < most ? 0 : Math.ceil((found.endsAt - now()) / 1000)
    },
    fail (caller) {
      const found = current(caller)
      if (found !== undefined) { found.count++; return }
      const [oldest] = failures.keys()
      if (failures.size >= MOST_CALLERS && oldest !== undefined) failures.delete(oldest)
      failures.set(caller, { count: 1, endsAt: now() + perMs })
    }
  }
}
