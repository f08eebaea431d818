// Bad surroundings end by themselves: work that failed because a service was away is tried again until it is back.
import { CATALOGUE, HubError } from '../errors.js'
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'

export interface PersistOptions { clock: Clock, log: Log, what: string, signal: AbortSignal }

/** Runs `work` until it succeeds, waiting 0.2 s to 5 s between tries while the hub's own services are away. Other errors, and an abort, end it. */
export async function persist<T> (work: () => Promise<T>, { clock, log, what, signal }: PersistOptions): Promise<T> {
  for (let waitMs = 200, failures = 0; ; waitMs = Math.min(waitMs * 2, 5000), failures++) {
    try {
      const result = await work()
      if (failures > 0) log.info({ what, failures }, 'work.recovered')
      return result
    } catch (error) {
      if (signal.aborted || !isTransient(error)) throw error
      if (failures === 0) log.warn({ what, err: error }, 'work.interrupted')
      await clock.sleep(waitMs, signal)
    }
  }
}

function isTransient (error: unknown): boolean {
  return error instanceof HubError && CATALOGUE[error.code].faultOf === 'hub' && CATALOGUE[error.code].retry && error.code !== 'INTERNAL'
}
