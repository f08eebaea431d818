// The sweeper: what is due, was lost on the way, or was left by a process that died is published again. This is how the
// hub heals; no person has to touch anything.
import type { Broker } from '../ports/broker.js'
import type { Lane } from '../model/lane.js'
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import type { Store } from '../ports/store.js'
import { createLoop, type Loop } from './loop.js'
import type { Relay } from './relay.js'

export interface SweeperOptions {
  store: Pick<Store, 'sweep' | 'sweepWaiting' | 'foldCounts'>
  broker: Pick<Broker, 'inspect'>
  relay: Relay
  clock: Clock
  log: Log
  intervalMs: number
  /** A claim may be on its way for this long before it counts as lost. */
  republishAfterMs: number
  readUpTo: (lane: Lane) => number
  /** What else is to be done at every sweep, after it. */
  afterwards: ReadonlyArray<() => Promise<void>>
}

/** Rows per statement. */
const BATCH = 500
/** Changes of counts per statement. */
const FOLD = 2000

export interface Sweeper extends Loop {
  /** One sweep over everything that is due now. */
  sweep (): Promise<number>
}

export function createSweeper (options: SweeperOptions): Sweeper {
  const { store, relay, clock, log } = options

  async function sweep (stopping?: AbortSignal): Promise<number> {
    const readUpTo = { urgent: await horizon('urgent', options), normal: await horizon('normal', options) }
    let published = 0
    for (let full = true; full && stopping?.aborted !== true;) {
      const { claims } = await store.sweep({ at: clock.now(), readUpTo, limit: BATCH })
      relay.publish(claims)
      published += claims.length
      full = claims.length === BATCH
    }
    for (let full = true; full && stopping?.aborted !== true;) {
      const { claims } = await store.sweepWaiting({ at: clock.now(), limit: BATCH })
      relay.publish(claims)
      published += claims.length
      full = claims.length >= BATCH
    }
    while (await store.foldCounts({ limit: FOLD }) === FOLD && stopping?.aborted !== true);
    if (published > 0) log.debug({ published }, 'deliveries.republished')
    return published
  }

  const loop = createLoop({
    clock,
    onFailure: error => { log.warn({ err: error }, 'sweep.failed') },
    onRecovery: () => { log.info({}, 'sweep.recovered') },
    retryMs: options.intervalMs,
    async round (stopping) {
      await sweep(stopping)
      for (const work of options.afterwards) await work()
      return options.intervalMs
    }
  })
  return { ...loop, sweep: async () => await sweep() }
}

/**
 * How far a lane has been read, as store time. A queued row published before that was passed over, so its claim is lost.
 * While the lane still holds claims, only what this process has been handed proves progress: a long backlog is never
 * published twice.
 */
async function horizon (lane: Lane, { broker, clock, readUpTo, republishAfterMs }: SweeperOptions): Promise<number> {
  const at = clock.now()
  try {
    const { ready } = await broker.inspect(lane)
    return (ready === 0 ? at : Math.min(readUpTo(lane), at)) - republishAfterMs
  } catch {
    // No broker: nothing queued can be told lost, but what has expired must expire and what is due becomes queued.
    return 0
  }
}
