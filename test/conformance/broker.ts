// What any broker promises, as named tests. An implementation passes all of them or is none.
import { test, type Test } from 'tap'
import type { Broker, ClaimCheck, Lane, ReceivedClaim } from '../../src/ports/broker.js'
import { eventually } from '../support/time.js'

/** One place where claims live, fresh for each promise; brokers opened on it share its lanes. */
export interface BrokerPlace {
  open (): Promise<Broker>
  close (): Promise<void>
}

export function claims (count: number, { lane = 'normal', from = 0 }: { lane?: Lane, from?: number } = {}): ClaimCheck[] {
  return Array.from({ length: count }, (_, index) => from + index)
    .map(number => ({ deliveryId: `${lane}-${String(number).padStart(6, '0')}`, lane, publishedAt: 1_795_140_000_000 + number }))
}

export const idsOf = (list: readonly ClaimCheck[]): string[] => list.map(claim => claim.deliveryId)

export function testBrokerPromises (name: string, openPlace: () => Promise<BrokerPlace>): void {
  const promise = (sentence: string, check: (t: Test, open: () => Promise<Broker>) => Promise<void>): void => {
    void test(`${name}: ${sentence}`, async t => {
      const place = await openPlace()
      const brokers: Broker[] = []
      t.teardown(async () => {
        await Promise.all(brokers.map(async broker => { await broker.close() }))
        await place.close()
      })
      await check(t, async () => {
        const broker = await place.open()
        brokers.push(broker)
        await eventually(async () => await broker.probe().then(() => true, () => false))
        return broker
      })
    })
  }

  promise('every claim published is handed out as it was published, in order, to one consumer', async (t, open) => {
    const broker = await open()
    const received: ReceivedClaim[] = []
    await broker.consume('normal', { prefetch: 100 }, claim => { received.push(claim); claim.ack() })
    for (let from = 0; from < 300; from += 50) await broker.publish(claims(50, { from }))
    await eventually(() => received.length >= 300)
    t.same(received.map(({ deliveryId, lane, publishedAt }) => ({ deliveryId, lane, publishedAt })), claims(300))
  })

  promise('claims wait for a consumer that comes later', async (t, open) => {
    const broker = await open()
    await broker.publish(claims(3))
    await eventually(async () => (await broker.inspect('normal')).ready === 3)
    const received: string[] = []
    await broker.consume('normal', { prefetch: 10 }, claim => { received.push(claim.deliveryId); claim.ack() })
    await eventually(() => received.length >= 3)
    t.same(received, idsOf(claims(3)))
  })

  promise('publishing nothing succeeds', async (t, open) => {
    await t.resolves((await open()).publish([]))
  })

  promise('never more than prefetch claims are unacked at a consumer', async (t, open) => {
    const broker = await open()
    const held: ReceivedClaim[] = []
    let received = 0
    let most = 0
    await broker.publish(claims(60))
    await broker.consume('normal', { prefetch: 5 }, claim => { held.push(claim); received++; most = Math.max(most, held.length) })
    await eventually(() => held.length === 5)
    await eventually(async () => (await broker.inspect('normal')).ready === 55)
    t.equal(held.length, 5)
    await eventually(() => { held.shift()?.ack(); return received === 60 })
    for (const claim of held) claim.ack()
    t.equal(most, 5)
  })

  promise('consumers of one lane share the work', async (t, open) => {
    const [one, two] = await Promise.all([open(), open()])
    const counts = { one: 0, two: 0 }
    const ids = new Set<string>()
    await one.consume('normal', { prefetch: 10 }, claim => { counts.one++; ids.add(claim.deliveryId); claim.ack() })
    await two.consume('normal', { prefetch: 10 }, claim => { counts.two++; ids.add(claim.deliveryId); claim.ack() })
    await one.publish(claims(200))
    await eventually(() => ids.size === 200)
    t.ok(counts.one > 20 && counts.two > 20, `${counts.one} and ${counts.two}`)
  })

  promise('a requeued claim goes to another consumer', async (t, open) => {
    const [leaving, staying] = await Promise.all([open(), open()])
    const held: ReceivedClaim[] = []
    await leaving.publish(claims(1))
    const consumer = await leaving.consume('normal', { prefetch: 1 }, claim => { held.push(claim) })
    await eventually(() => held.length === 1)
    await consumer.stop()
    await leaving.publish(claims(1, { from: 1 }))
    held[0]?.requeue()
    await eventually(async () => (await staying.inspect('normal')).ready === 2)
    const received: string[] = []
    await staying.consume('normal', { prefetch: 10 }, claim => { received.push(claim.deliveryId); claim.ack() })
    await eventually(() => received.length === 2)
    // In any order: a quorum queue without a delivery limit puts what comes back at its end.
    t.same(received.sort(), idsOf(claims(2)))
  })

  promise('unacked claims come again after their broker is closed, acked ones do not', async (t, open) => {
    const [dying, surviving] = await Promise.all([open(), open()])
    const held: ReceivedClaim[] = []
    await dying.publish(claims(10))
    await dying.consume('normal', { prefetch: 10 }, claim => { held.push(claim) })
    await eventually(() => held.length === 10)
    for (const claim of held.slice(0, 4)) claim.ack()
    await dying.close()
    const received: string[] = []
    await surviving.consume('normal', { prefetch: 10 }, claim => { received.push(claim.deliveryId); claim.ack() })
    await eventually(() => received.length >= 6)
    t.same(received.sort(), idsOf(claims(10).slice(4)))
    for (const claim of held) claim.ack()
    held[9]?.requeue()
  })

  promise('a claim settled twice counts once', async (t, open) => {
    const broker = await open()
    const received: string[] = []
    await broker.publish(claims(20))
    await broker.consume('normal', { prefetch: 2 }, claim => { received.push(claim.deliveryId); claim.ack(); claim.ack(); claim.requeue() })
    await eventually(() => received.length >= 20)
    await broker.probe()
    t.same(received, idsOf(claims(20)))
    t.equal((await broker.inspect('normal')).ready, 0)
  })

  promise('urgent and normal claims do not mix, and neither waits for the other', async (t, open) => {
    const broker = await open()
    const urgent: string[] = []
    const normal: ReceivedClaim[] = []
    await broker.consume('normal', { prefetch: 1 }, claim => { normal.push(claim) })
    await broker.consume('urgent', { prefetch: 10 }, claim => { urgent.push(claim.deliveryId); claim.ack() })
    await broker.publish([...claims(20), ...claims(5, { lane: 'urgent' }), ...claims(20, { from: 20 })])
    await eventually(() => urgent.length === 5 && normal.length === 1)
    t.same(urgent, idsOf(claims(5, { lane: 'urgent' })))
    t.same(idsOf(normal), idsOf(claims(1)))
  })

  promise('inspect counts what is ready, not what is held', async (t, open) => {
    const broker = await open()
    const held: ReceivedClaim[] = []
    t.same(await broker.inspect('urgent'), { ready: 0 })
    await broker.publish(claims(7, { lane: 'urgent' }))
    await eventually(async () => (await broker.inspect('urgent')).ready === 7)
    await broker.consume('urgent', { prefetch: 3 }, claim => { held.push(claim) })
    await eventually(async () => (await broker.inspect('urgent')).ready === 4)
    t.same(await broker.inspect('normal'), { ready: 0 })
    t.equal(held.length, 3)
  })

  promise('a stopped consumer takes no more, and what it holds can still be acked', async (t, open) => {
    const broker = await open()
    const held: ReceivedClaim[] = []
    await broker.publish(claims(2))
    const consumer = await broker.consume('normal', { prefetch: 2 }, claim => { held.push(claim) })
    await eventually(() => held.length === 2)
    await consumer.stop()
    await consumer.stop()
    await broker.publish(claims(5, { from: 2 }))
    for (const claim of held) claim.ack()
    await eventually(async () => (await broker.inspect('normal')).ready === 5)
    t.equal(held.length, 2)
    await broker.close()
    const later = await open()
    t.equal((await later.inspect('normal')).ready, 5, 'the acks arrived')
  })

  promise('after close, publish, consume, inspect and probe reject, and close may be repeated', async (t, open) => {
    const broker = await open()
    await broker.close()
    await t.rejects(broker.publish(claims(1)), { code: 'BROKER_UNAVAILABLE' })
    await t.rejects(broker.consume('normal', { prefetch: 1 }, () => {}), { code: 'BROKER_UNAVAILABLE' })
    await t.rejects(broker.inspect('normal'), { code: 'BROKER_UNAVAILABLE' })
    await t.rejects(broker.probe(), { code: 'BROKER_UNAVAILABLE' })
    await t.resolves(broker.close())
  })

  promise('close waits for what is being published', async (t, open) => {
    const [closing, other] = await Promise.all([open(), open()])
    const publishing = closing.publish(claims(500))
    await closing.close()
    await t.resolves(publishing)
    await eventually(async () => (await other.inspect('normal')).ready === 500)
  })

  promise('a consumer is never called from inside publish or ack', async (t, open) => {
    const broker = await open()
    let inside = false
    const calls: boolean[] = []
    await broker.consume('normal', { prefetch: 1 }, claim => {
      calls.push(inside)
      inside = true
      claim.ack()
      inside = false
    })
    inside = true
    const published = broker.publish(claims(5))
    inside = false
    await published
    await eventually(() => calls.length === 5)
    t.notOk(calls.includes(true))
  })

  promise('10,000 claims go through, each once', async (t, open) => {
    const broker = await open()
    const seen = new Map<string, number>()
    await broker.consume('normal', { prefetch: 200 }, claim => { seen.set(claim.deliveryId, (seen.get(claim.deliveryId) ?? 0) + 1); claim.ack() })
    for (let from = 0; from < 10_000; from += 500) await broker.publish(claims(500, { from }))
    await eventually(() => seen.size === 10_000)
    t.equal([...seen.values()].reduce((sum, times) => sum + times, 0), 10_000)
  })
}
