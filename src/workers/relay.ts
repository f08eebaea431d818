// The relay: nothing publishes except it. What it fails to publish it keeps, up to a limit, for the moment the broker is back;
// what it does not keep the sweeper finds again in the store.
import type { Broker, ClaimCheck } from '../ports/broker.js'
import type { Log } from '../ports/log.js'
import { createBatcher } from './batcher.js'

export interface Relay {
  /** Hands claims over; never rejects, never blocks the caller. */
  publish (claims: readonly ClaimCheck[]): void
  /** Resolves when everything handed over is confirmed or given up. */
  idle (): Promise<void>
}

/** Some megabytes. */
const MOST_KEPT = 20_000

export function createRelay ({ broker, log }: { broker: Pick<Broker, 'publish' | 'onPublishable'>, log: Log }): Relay {
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
  const kept = new Map<string, ClaimCheck>()

  function publish (claims: readonly ClaimCheck[]): void {
    for (const claim of claims) {
      publishOne(claim).then(
        () => { down = false },
        (error: unknown) => {
          if (kept.size < MOST_KEPT) kept.set(claim.deliveryId, claim)
          if (!down) log.warn({ err: error }, 'claims.unpublished')
          down = true
        })
    }
  }

  broker.onPublishable(() => {
    const claims = [...kept.values()]
    kept.clear()
    publish(claims)
  })
  return { publish, idle: publishOne.idle }
}
