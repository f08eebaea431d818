// Time in tests: a clock turned by hand, and waiting for something to become true instead of sleeping.
import type { Clock } from '../../src/ports/clock.js'

export interface ManualClock extends Clock {
  /** Moves time forward and wakes the sleepers whose time has come. */
  advance (ms: number): void
}

export function createManualClock (start = Date.UTC(2026, 10, 20, 1)): ManualClock {
  let at = start
  const sleepers = new Set<{ until: number, wake: () => void }>()
  return {
    now: () => at,
    sleep: async (ms, signal) => await new Promise(resolve => {
      if (signal?.aborted === true) { resolve(); return }
      const sleeper = { until: at + ms, wake: () => { sleepers.delete(sleeper); signal?.removeEventListener('abort', sleeper.wake); resolve() } }
      sleepers.add(sleeper)
      signal?.addEventListener('abort', sleeper.wake, { once: true })
    }),
    advance (ms) {
      at += ms
      for (const sleeper of [...sleepers]) if (sleeper.until <= at) sleeper.wake()
    }
  }
}

/** Polls until `probe` answers something other than undefined or false; fails after `timeoutMs` with the last answer. */
export async function eventually<T> (probe: () => Promise<T | undefined | false> | T | undefined | false, timeoutMs = 60_000): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answer = await probe()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`still ${String(answer)} after ${timeoutMs} ms: ${probe.toString().slice(0, 200)}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
