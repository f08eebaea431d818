// The places of one endpoint: so many attempts at a time, urgent ones first. Who would wait long is sent away, because a
// waiting delivery holds room in a lane that all endpoints share: a slow endpoint must not fill it.
import type { Clock } from '../ports/clock.js'
import type { Lane } from '../model/lane.js'

export interface Places {
  /**
   * Runs `work` in a place. Answers how many ms later it makes sense to ask again, and has not run it, when there would be
   * none within a second, or `signal` aborts first.
   */
  run<T> (work: () => Promise<T>, options: { lane: Lane, signal: AbortSignal }): Promise<{ result: T } | { askAgainInMs: number }>
}

/** Nobody waits longer for a place: about what a sweep takes to bring a delivery back. */
const LONGEST_WAIT_MS = 1000
const SHORTEST_ABSENCE_MS = 500
/** Caps a guess: an endpoint that recovers gets its backlog soon. */
const LONGEST_ABSENCE_MS = 30_000
/** Weight of the last attempt in the usual duration. */
const NEWEST_WEIGHT = 0.2

interface Waiter { called: boolean, wake: () => void }

export function createPlaces ({ concurrency, clock }: { concurrency: number, clock: Clock }): Places {
  /** Start of each attempt under way, oldest first. */
  const running = new Set<{ startedAt: number }>()
  const waiting: Record<Lane, Waiter[]> = { urgent: [], normal: [] }
  let usualMs: number | undefined
  let turnAt = 0

  /** What an attempt takes at present; one that hangs shows by its age, before it has ended. */
  function typicalMs (): number {
    const [oldest] = running
    return Math.max(usualMs ?? 0, oldest === undefined ? 0 : clock.now() - oldest.startedAt)
  }

  /** Those sent away get turns one after another, so that they do not all come back at once. */
  function nextTurn (): number {
    const at = clock.now()
    const next = Math.max(turnAt, at + SHORTEST_ABSENCE_MS) + typicalMs() / concurrency
    turnAt = Math.min(next, at + LONGEST_ABSENCE_MS)
    return Math.ceil(turnAt - at)
  }

  async function waitForPlace (lane: Lane, signal: AbortSignal): Promise<boolean> {
    const ahead = waiting.urgent.length + (lane === 'urgent' ? 0 : waiting.normal.length)
    if (signal.aborted || (ahead + 1) * typicalMs() / concurrency > LONGEST_WAIT_MS) return false
    const over = new AbortController()
    const waiter: Waiter = { called: false, wake: () => { over.abort() } }
    signal.addEventListener('abort', waiter.wake, { once: true })
    waiting[lane].push(waiter)
    await clock.sleep(LONGEST_WAIT_MS, over.signal)
    signal.removeEventListener('abort', waiter.wake)
    if (!waiter.called) waiting[lane].splice(waiting[lane].indexOf(waiter), 1)
    return waiter.called
  }

  /** A place that is freed is handed on, so that a newcomer cannot slip in between. */
  function handOn (): void {
    const next = waiting.urgent.shift() ?? waiting.normal.shift()
    if (next === undefined) { taken--; return }
    next.called = true
    next.wake()
  }

  let taken = 0
  return {
    async run (work, { lane, signal }) {
      if (taken < concurrency) taken++
      else if (!await waitForPlace(lane, signal)) return { askAgainInMs: signal.aborted ? 0 : nextTurn() }
      const own = { startedAt: clock.now() }
      running.add(own)
      try {
        // Called in the moment of the abort: the place goes on unused.
        if (signal.aborted) return { askAgainInMs: 0 }
        return { result: await work() }
      } finally {
        running.delete(own)
        const durationMs = clock.now() - own.startedAt
        usualMs = usualMs === undefined ? durationMs : usualMs + (durationMs - usualMs) * NEWEST_WEIGHT
        handOn()
      }
    }
  }
}
