// The relay: nothing publishes except it. What it fails to publish the sweeper finds again in the store.
import type { Broker, ClaimCheck } from '../ports/broker.js'
import type { Log } from '../ports/log.js'
import { createBatcher } from './batcher.js'

export interface Relay {
  /** Hands claims over; never rejects, never blocks the caller. */
  publish (claims: readonly ClaimCheck[]): void
  /** Resolves when everything handed over is confirmed or given up. */
  idle (): Promise<void>
}

export function createRelay ({ broker, log }: { broker: Broker, log: Log }): Relay {
  const publishOne = createBatcher<ClaimCheck, undefined>({
    maxItems: 500,
    concurrency: 4,
    run: async claims => {
      await broker.publish(claims)
      return claims.map(() => undefined)
    }
  })
  // A broker that is away would log once per package; one line per outage and recovery is enough.
  let down = false
  return {
    publish (claims) {
      for (const claim of claims) {
        publishOne(claim).then(
          () => { down = false },
          (error: unknown) => {
            if (!down) log.warn({ err: error }, 'claims.unpublished')
            down = true
          })
      }
    },
    idle: publishOne.idle
  }
}
