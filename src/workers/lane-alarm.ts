// Says when messages lie in the invalid lane, and when they are gone: each is a bug of somebody who writes into the queues, and
// nothing else would tell of it a minute later.
import type { Broker } from '../ports/broker.js'
import type { Log } from '../ports/log.js'

export interface LaneAlarm {
  /** Asks the broker. Never rejects: a broker that is away is told of elsewhere. */
  check (): Promise<void>
}

export function createLaneAlarm ({ broker, log }: { broker: Pick<Broker, 'countInvalid'>, log: Log }): LaneAlarm {
  let known = 0
  return {
    async check () {
      const count = await broker.countInvalid().catch(() => undefined)
      if (count === undefined || count === known) return
      if (count === 0) log.info({}, 'lane.cleaned')
      else if (count > known) log.warn({ lane: 'invalid', count }, 'lane.polluted')
      known = count
    }
  }
}
