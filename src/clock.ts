// The hub's clock: it follows the store's time and the host's monotonic clock, so a jump of the host's wall clock is not seen
// and all processes of one hub agree.
import type { Clock } from './ports/clock.js'

/** How often the store is asked again; between, monotonic time drifts by microseconds. */
const SYNC_INTERVAL_MS = 30_000

export interface StoreClock extends Clock { stop (): void }

/** Asks the store for its time now and every 30 s. A store that is away leaves the clock running on monotonic time. */
export async function createStoreClock (store: { now (): Promise<number> }): Promise<StoreClock> {
  let base = await measure(store)
  const timer = setInterval(() => {
    measure(store).then(measured => { base = measured }, () => {})
  }, SYNC_INTERVAL_MS)
  timer.unref()
  return {
    now: () => Math.floor(base.at + performance.now() - base.mark),
    sleep,
    stop () { clearInterval(timer) }
  }
}

async function measure (store: { now (): Promise<number> }): Promise<{ at: number, mark: number }> {
  const asked = performance.now()
  const at = await store.now()
  const answered = performance.now()
  // The store looked at its clock about half-way.
  return { at, mark: (asked + answered) / 2 }
}

async function sleep (ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>(resolve => {
    if (signal?.aborted === true) { resolve(); return }
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end, { once: true })
  })
}

/** The host's wall clock, epoch ms: for commands that run without a store. */
export function hostNow (): number {
  return Date.now()
}
