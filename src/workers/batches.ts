// Works the batches that operators have started, item by item, in every process that delivers.
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import type { Store } from '../ports/store.js'
import { createLoop, type Loop } from './loop.js'
import type { Relay } from './relay.js'

export interface BatchesOptions {
  store: Pick<Store, 'workBatches'>
  relay: Pick<Relay, 'publish'>
  clock: Clock
  log: Log
  /** Rest when there is nothing to do, and after a failure. */
  intervalMs: number
  /** What is sent again lives at least so long, ms. */
  expiresAfterMs: number
}

/** Items per call: a stop waits for no more than these. */
const ITEMS = 20

export function createBatches ({ store, relay, clock, log, intervalMs, expiresAfterMs }: BatchesOptions): Loop {
  return createLoop({
    clock,
    onFailure: error => { log.warn({ err: error }, 'batches.interrupted') },
    onRecovery: () => { log.info({}, 'batches.recovered') },
    retryMs: intervalMs,
    async round () {
      const { worked, claims } = await store.workBatches({ at: clock.now(), limit: ITEMS, expiresAfterMs })
      relay.publish(claims)
      return worked === 0 ? intervalMs : 0
    }
  })
}
