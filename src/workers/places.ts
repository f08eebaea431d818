// The places of one endpoint: so many attempts at a time, and where it is limited so many a second, the most urgent first. Who
// would wait long is sent away to rest, because a waiting delivery holds room in a lane that all endpoints share.
import type { Clock } from '../ports/clock.js'
import { createBucket } from './bucket.js'

export interface Places {
  /**
   * Runs `work` in a place. Answers undefined, and has not run it, when there would be none within a second, or `signal`
   * aborts first.
   */
  run<T> (work: () => Promise<T>, options: { priority: number, signal: AbortSignal }): Promise<{ result: T } | undefined>
  /** How many more attempts it can begin within `ms`, going by how long they take at present. At least one while a place is free. */
  roomWithin (ms: number): number
}

export interface PlacesOptions {
  concurrency: number
  clock: Clock
  rateLimit?: { perSecond: number, burst: number }
  /** See `Bucket`. */
  share?: () => number
}

/** Nobody waits longer for a place: about what a sweep takes to bring a delivery back. */
const LONGEST_WAIT_MS = 1000
/** Weight of the last attempt in the usual duration. */
const NEWEST_WEIGHT = 0.2
/** What an attempt is thought to take before one has ended. */
const GUESS_MS = 100

interface Waiter { called: boolean, priority: number, wake: () => void }

export function createPlaces ({ concurrency, clock, rateLimit, share = () => 1 }: PlacesOptions): Places {
  /** Start of each attempt under way, oldest first. */
  const running = new Set<{ startedAt: number }>()
  /** The most urgent first, then in the order they came. */
  const waiting: Waiter[] = []
  const bucket = rateLimit === undefined ? undefined : createBucket({ ...rateLimit, share, clock })
  let usualMs: number | undefined
  let taken = 0
  let refilling = false

  /** What an attempt takes at present; one that hangs shows by its age, before it has ended. */
  function typicalMs (): number {
    const [oldest] = running
    return Math.max(usualMs ?? 0, oldest === undefined ? 0 : clock.now() - oldest.startedAt)
  }

  /** Calls those whose turn it is. A place that is freed is handed on here, so that a newcomer cannot slip in between. */
  function callNext (): void {
    while (taken < concurrency && waiting.length > 0) {
      if (bucket?.take() === false) { void refill(bucket.msUntil(1)); return }
      const next = waiting.shift()
      if (next === undefined) return
      taken++
      next.called = true
      next.wake()
    }
  }

  async function refill (ms: number): Promise<void> {
    if (refilling) return
    refilling = true
    // A waiter gives up after a second, so this timer never outlives them for long.
    await clock.sleep(Math.min(ms, LONGEST_WAIT_MS))
    refilling = false
    callNext()
  }

  function waitMs (ahead: number): number {
    return Math.max(taken < concurrency ? 0 : (ahead + 1) * typicalMs() / concurrency, bucket?.msUntil(ahead + 1) ?? 0)
  }

  async function waitForPlace (priority: number, signal: AbortSignal): Promise<boolean> {
    const found = waiting.findIndex(other => other.priority < priority)
    const ahead = found === -1 ? waiting.length : found
    if (signal.aborted || waitMs(ahead) > LONGEST_WAIT_MS) return false
    const over = new AbortController()
    const waiter: Waiter = { called: false, priority, wake: () => { over.abort() } }
    signal.addEventListener('abort', waiter.wake, { once: true })
    waiting.splice(ahead, 0, waiter)
    callNext()
    if (!waiter.called) await clock.sleep(LONGEST_WAIT_MS, over.signal)
    signal.removeEventListener('abort', waiter.wake)
    if (!waiter.called) waiting.splice(waiting.indexOf(waiter), 1)
    return waiter.called
  }

  return {
    async run (work, { priority, signal }) {
      if (waiting.length === 0 && taken < concurrency && bucket?.take() !== false) taken++
      else if (!await waitForPlace(priority, signal)) return undefined
      const own = { startedAt: clock.now() }
      running.add(own)
      try {
        // Called in the moment of the abort: the place goes on unused.
        if (signal.aborted) return undefined
        return { result: await work() }
      } finally {
        running.delete(own)
        const durationMs = clock.now() - own.startedAt
        usualMs = usualMs === undefined ? durationMs : usualMs + (durationMs - usualMs) * NEWEST_WEIGHT
        taken--
        callNext()
      }
    },
    roomWithin (ms) {
      const typical = Math.max(1, running.size === 0 && usualMs === undefined ? GUESS_MS : typicalMs())
      const byTime = Math.max(concurrency - taken, Math.floor(concurrency * ms / typical))
      return Math.max(0, Math.min(byTime, Math.floor(bucket?.within(ms) ?? Infinity)) - waiting.length)
    }
  }
}
