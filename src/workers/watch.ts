// Keeps a process that asks endpoints but delivers nothing informed about them: their circuits, pauses and probes.
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import type { Endpoints } from './endpoints.js'
import { createLoop, type Loop } from './loop.js'

/** In a process that delivers, the sweeper does this. */
export function createWatch ({ control, clock, log, intervalMs }: { control: Pick<Endpoints, 'watch'>, clock: Clock, log: Log, intervalMs: number }): Loop {
  return createLoop({
    clock,
    onFailure: error => { log.warn({ err: error }, 'endpoints.unwatched') },
    retryMs: intervalMs,
    async round () {
      await control.watch()
      return intervalMs
    }
  })
}
