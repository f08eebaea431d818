// The delivery worker knows how long what it holds is certainly its own.
import t from 'tap'
import type { Broker, ReceivedClaim } from '../../../src/ports/broker.js'
import type { ClaimedDelivery } from '../../../src/ports/store.js'
import type { Log } from '../../../src/ports/log.js'
import { createDeliveryWorker, type DeliveryWorkerOptions } from '../../../src/workers/delivery.js'
import { createManualClock } from '../../support/time.js'

const LEASE_MS = 15_000
const SILENT: Log = { debug () {}, info () {}, warn () {}, error () {} }

t.test('a delivery is held from the moment it was asked for until its lease ends, longer when that was prolonged, and not by a process that was paused', async t => {
  const clock = createManualClock()
  // Of a paused process the clock goes on, but no timer fires.
  let pausedFor = 0
  let away = false
  let hand: (claim: ReceivedClaim) => void = () => {}
  const broker: Pick<Broker, 'consume'> = { async consume (lane, _options, onClaim) { if (lane === 'normal') hand = onClaim; return { stop: async () => {} } } }
  const store: DeliveryWorkerOptions['store'] = {
    async claim (ids) {
      // The answer is slow: the lease counts from the question.
      pausedFor += 1000
      return ids.map(id => ({ delivery: { id, attempts: 1 } }) as ClaimedDelivery)
    },
    async renew (ids) { if (away) throw new Error('away'); return [...ids] },
    begin: async ids => [...ids],
    release: async () => {},
    settle: async () => ({ lost: [] })
  }
  let end: () => void = () => {}
  const begun = new Promise<() => boolean>(resolve => {
    const worker = createDeliveryWorker({
      store, broker: broker as Broker, relay: { publish () {} }, clock: { ...clock, now: () => clock.now() + pausedFor }, log: SILENT, owner: 'a', leaseMs: LEASE_MS, batchSize: 10, prefetch: { urgent: 1, normal: 1 },
      async attempt (_claimed, { isHeld }) {
        resolve(isHeld)
        await new Promise<void>(done => { end = done })
        return { dueAt: 0 }
      }
    })
    t.teardown(async () => { end(); await worker.stop(0) })
    void worker.start().then(() => { hand({ deliveryId: 'd', lane: 'normal', publishedAt: 0, ack () {}, requeue () {} }) })
  })
  const pass = async (ms: number): Promise<void> => { clock.advance(ms); await new Promise(setImmediate) }
  const isHeld = await begun
  const heldAfter = (ms: number): boolean => {
    pausedFor += ms
    const held = isHeld()
    pausedFor -= ms
    return held
  }
  t.same([heldAfter(0), heldAfter(LEASE_MS - 1001), heldAfter(LEASE_MS - 1000)], [true, true, false])
  await pass(LEASE_MS / 3)
  t.same([heldAfter(LEASE_MS - 1), heldAfter(LEASE_MS)], [true, false], 'prolonged')
  away = true
  await pass(LEASE_MS / 3)
  t.same([heldAfter(LEASE_MS * 2 / 3 - 1), heldAfter(LEASE_MS * 2 / 3)], [true, false], 'while the store is away nothing is prolonged')
})
