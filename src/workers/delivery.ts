// The delivery worker: takes claims from the lanes, claims their rows in batches, tries them, records in batches, acks last
// (but before the end of a long attempt, whose lease is as safe as the claim).
import { setMaxListeners } from 'node:events'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { Broker, Consumer, ReceivedClaim } from '../ports/broker.js'
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import type { AttemptRecord, ClaimedDelivery, Store } from '../ports/store.js'
import { defined } from '../model/defined.js'
import { LANES, type Lane } from '../model/lane.js'
import type { Settled } from '../pipeline/types.js'
import { createBatcher } from './batcher.js'
import type { NotNow } from './endpoints.js'
import { persist } from './persist.js'
import type { Relay } from './relay.js'

export interface DeliveryWorkerOptions {
  store: Pick<Store, 'claim' | 'begin' | 'renew' | 'release' | 'settle'>
  broker: Broker
  relay: Pick<Relay, 'publish'>
  clock: Clock
  log: Log
  /** Names this process in leases. */
  owner: string
  leaseMs: number
  batchSize: number
  prefetch: Record<Lane, number>
  /**
   * One attempt; never rejects. `NotNow`: it was not made, because the endpoint is busy or rests, or `draining` has aborted.
   * `begin` notes durably that bytes may go out; it rejects when the delivery is not this process's any more. `isHeld`: it certainly still is.
   */
  attempt: (claimed: ClaimedDelivery, options: StopSignals & { begin: () => Promise<void>, isHeld: () => boolean }) => Promise<{ result: Settled } | NotNow>
}

/** A stop comes in two steps. */
export interface StopSignals {
  /** Begin nothing any more. */
  draining: AbortSignal
  /** End what is under way. */
  stopping: AbortSignal
}

export interface DeliveryWorker {
  start (): Promise<void>
  /** Takes no more, gives back what has not begun, waits up to `graceMs` for attempts under way, aborts and records the rest. */
  stop (graceMs: number): Promise<void>
  /** Store time up to which claims of a lane have been handed to this process; 0 before the first. */
  readUpTo (lane: Lane): number
}

/** A claim in the hands of this process; `leasedAt` once its row is, and until when it is. */
interface InFlight { received: ReceivedClaim, done: Promise<void>, leasedAt?: number, leasedUntil?: number }
interface Leased { claimed: ClaimedDelivery, leasedUntil: number }

/** The claim of an attempt that takes longer is acknowledged before its end. */
const LONGEST_HOLD_MS = 250

export function createDeliveryWorker (options: DeliveryWorkerOptions): DeliveryWorker {
  const { store, broker, relay, clock, log, owner, leaseMs, batchSize } = options
  const draining = new AbortController()
  const stopping = new AbortController()
  const closed = new AbortController()
  // Every attempt under way listens; Node takes more than ten listeners for a leak.
  setMaxListeners(0, draining.signal, stopping.signal, closed.signal)
  const inFlight = new Map<string, InFlight>()
  const newest: Record<Lane, number> = { urgent: 0, normal: 0 }
  const consumers: Consumer[] = []
  let running: Array<Promise<void>> = []

  const claimOne = createBatcher<string, Leased | undefined>({
    maxItems: batchSize,
    concurrency: 2,
    run: async ids => {
      let at = 0
      const claim = async (): Promise<ClaimedDelivery[]> => await store.claim(ids, { owner, at: at = clock.now(), leaseMs })
      const claimed = await persist(claim, { clock, log, what: 'claim', signal: draining.signal })
      const byId = new Map(claimed.map(each => [each.delivery.id, each]))
      return ids.map(id => {
        const mine = byId.get(id)
        // An id twice in one batch is claimed once.
        byId.delete(id)
        return mine === undefined ? undefined : { claimed: mine, leasedUntil: at + leaseMs }
      })
    }
  })

  const recordOne = createBatcher<AttemptRecord, boolean>({
    maxItems: batchSize,
    concurrency: 2,
    run: async records => {
      const { lost, woken = [] } = await persist(async () => await store.settle(records), { clock, log, what: 'settle', signal: closed.signal })
      relay.publish(woken)
      return records.map(({ deliveryId }) => !lost.includes(deliveryId))
    }
  })

  const beginOne = createBatcher<string, boolean>({
    maxItems: batchSize,
    concurrency: 2,
    run: async ids => {
      const begun = await persist(async () => await store.begin(ids, { owner }), { clock, log, what: 'begin', signal: stopping.signal })
      return ids.map(id => begun.includes(id))
    }
  })

  const giveBackOne = createBatcher<NotNow & { deliveryId: string }, undefined>({
    maxItems: batchSize,
    concurrency: 1,
    run: async deliveries => {
      await persist(async () => { await store.release(deliveries, { owner }) }, { clock, log, what: 'release', signal: closed.signal })
      return deliveries.map(() => undefined)
    }
  })

  async function begin (deliveryId: string): Promise<void> {
    if (!await beginOne(deliveryId)) throw new HubError('STOPPING', text('Lượt chuyển đã thuộc về tiến trình khác.', 'The delivery belongs to another process by now.'))
  }

  async function work (received: ReceivedClaim): Promise<void> {
    const { deliveryId } = received
    let leased: Leased | undefined
    try {
      leased = await claimOne(deliveryId)
    } catch (error) {
      if (draining.signal.aborted) { received.requeue(); return }
      // Its row is queued; the sweeper publishes it again. Given back to the lane it would come at once, again and again.
      log.error({ deliveryId, err: error }, 'claim.failed')
      received.ack()
      return
    }
    // Not queued any more: somebody else has it, or it is settled. The claim has done its work.
    if (leased === undefined) { received.ack(); return }
    const { claimed, leasedUntil } = leased
    const own = inFlight.get(deliveryId)
    if (own !== undefined) Object.assign(own, { leasedAt: clock.now(), leasedUntil })
    const isHeld = (): boolean => clock.now() < (own?.leasedUntil ?? leasedUntil)
    try {
      const attempted = await options.attempt(claimed, { draining: draining.signal, stopping: stopping.signal, begin: async () => { await begin(deliveryId) }, isHeld })
      if ('result' in attempted) logAttempt(log, attempted.result, await recordOne(toRecord(attempted.result, owner)))
      else await giveBackOne({ deliveryId, ...attempted })
    } catch (error) {
      // The lease ends by itself and the sweeper publishes the delivery again.
      log.error({ deliveryId, err: error }, 'settlement.unrecorded')
    }
    received.ack()
  }

  function onClaim (received: ReceivedClaim): void {
    newest[received.lane] = Math.max(newest[received.lane], received.publishedAt)
    const { deliveryId } = received
    // A repeated claim of what is being tried here says nothing new.
    if (inFlight.has(deliveryId)) { received.ack(); return }
    if (draining.signal.aborted) { received.requeue(); return }
    const own: InFlight = { received, done: Promise.resolve() }
    inFlight.set(deliveryId, own)
    own.done = work(received)
      .catch((error: unknown) => { log.error({ deliveryId, err: error }, 'delivery.crashed') })
      .finally(() => { inFlight.delete(deliveryId) })
  }

  async function renewLeases (): Promise<void> {
    while (!closed.signal.aborted) {
      await clock.sleep(leaseMs / 3, closed.signal)
      if (inFlight.size === 0) continue
      const at = clock.now()
      try {
        for (const id of await store.renew([...inFlight.keys()], { owner, at, leaseMs })) Object.assign(inFlight.get(id) ?? {}, { leasedUntil: at + leaseMs })
      } catch (error) {
        log.warn({ err: error }, 'leases.unrenewed')
      }
    }
  }

  /** The lease keeps it safe: a long attempt must not hold room in a lane that all endpoints share. */
  async function letGo (): Promise<void> {
    while (!closed.signal.aborted) {
      await clock.sleep(LONGEST_HOLD_MS / 2, closed.signal)
      for (const { received, leasedAt = Infinity } of inFlight.values()) if (leasedAt < clock.now() - LONGEST_HOLD_MS) received.ack()
    }
  }

  return {
    async start () {
      running = [renewLeases(), letGo()]
      for (const lane of LANES) consumers.push(await broker.consume(lane, { prefetch: options.prefetch[lane] }, onClaim))
    },
    async stop (graceMs) {
      draining.abort(new Error('the hub is stopping'))
      await Promise.all(consumers.map(async consumer => { await consumer.stop() }))
      const settled = Promise.all([...inFlight.values()].map(async ({ done }) => { await done }))
      await atMost(settled, graceMs, clock)
      stopping.abort(new Error('the hub is stopping'))
      // The store may be away; leases end by themselves, so a bounded wait loses nothing.
      await atMost(settled, 5000, clock)
      closed.abort()
      await Promise.all(running)
    },
    readUpTo: lane => newest[lane]
  }
}

/** Waits for `work`, but no longer than `ms`; leaves no timer behind. */
async function atMost (work: Promise<unknown>, ms: number, clock: Clock): Promise<void> {
  const waiting = new AbortController()
  await Promise.race([work, clock.sleep(ms, waiting.signal)])
  waiting.abort()
}

function toRecord ({ claimed, outcome, settlement, startedAt, finishedAt, sent, requests, payloads }: Settled, owner: string): AttemptRecord {
  const { id, packageId, attempts } = claimed.delivery
  return { deliveryId: id, packageId, owner, attempt: attempts, startedAt, finishedAt, outcome: outcome.kind, settlement, ...defined({ sent, requests, payloads }) }
}

function logAttempt (log: Log, { claimed, settlement, startedAt, finishedAt }: Settled, recorded: boolean): void {
  const { delivery, package: { traceId } } = claimed
  const fields = {
    deliveryId: delivery.id,
    packageId: delivery.packageId,
    endpoint: delivery.endpoint,
    attempt: delivery.attempts,
    state: settlement.state,
    durationMs: finishedAt - startedAt,
    recorded,
    traceId,
    ...(settlement.problem === undefined ? {} : { code: settlement.problem.code })
  }
  // Normal operation is quiet: only what somebody may have to look at is above debug.
  if (settlement.state === 'delivered' || settlement.state === 'available') log.debug(fields, 'delivery.attempted')
  else log.info(fields, 'delivery.attempted')
}
