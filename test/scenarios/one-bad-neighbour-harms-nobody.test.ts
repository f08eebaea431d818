// Promise 4: a slow, dead or hanging endpoint never delays others, and urgent packages overtake the backlog.
import t from 'tap'
import { openProvince, runHub, setUps } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { allSettled, briskly, inParallel, listPackages, makeLetter, PUSHED, receiverOf, send, withEndpoint } from '../support/traffic.js'

for (const setUp of await setUps()) {
  await t.test(`${setUp}: packages for others pass a backlog of an endpoint that hangs`, async t => {
    const BACKLOG = 300
    const province = await openProvince(t, setUp, config => withEndpoint({ ...briskly(config), broker: { ...config.broker, prefetch: 50 } }, 'so-tu-phap', { concurrency: 4, timeoutMs: 60_000 }))
    const hanging = receiverOf(province, 'so-tu-phap')
    hanging.misbehave({ kind: 'hang' })
    const arrivedAt = new Map<string, number>()
    const neighbour = receiverOf(province, 'da-lat')
    const hub = await runHub(t, province.config)
    const client = province.client(hub.url, 'ubnd-tinh')
    await inParallel(Array.from({ length: BACKLOG }, () => makeLetter({ to: [PUSHED.justice] })), 10, async letter => { await send(client, letter) })

    const latencies: number[] = []
    await inParallel(Array.from({ length: 40 }, () => makeLetter({ to: [PUSHED.daLat] })), 2, async letter => {
      const sentAt = performance.now()
      const { deliveries: [delivery] } = await send(client, letter)
      await eventually(() => neighbour.has(delivery?.id ?? ''))
      latencies.push(performance.now() - sentAt)
      arrivedAt.set(letter.key, performance.now())
    })
    latencies.sort((a, b) => a - b)
    const [median = Infinity, worst = Infinity] = [latencies[20], latencies.at(-1)]
    t.comment(`${setUp}: latency beside a backlog of ${BACKLOG}: median ${Math.round(median)} ms, worst ${Math.round(worst)} ms`)
    t.ok(median < 500, 'most at once')
    t.ok(worst < 3000, 'nobody has to wait for the timeout of another endpoint')
    t.equal(hanging.counts.taken, 0)

    const waiting = (await listPackages(client, `&to=${PUSHED.justice}`)).flatMap(({ deliveries }) => deliveries)
    t.equal(waiting.length, BACKLOG)
    t.ok(waiting.filter(({ attempts }) => attempts === 0).length > BACKLOG / 2, 'waiting for a turn is no attempt')
    t.ok(waiting.filter(({ state }) => state === 'active').length <= 50)
  })

  await t.test(`${setUp}: urgent packages arrive before the backlog`, async t => {
    const province = await openProvince(t, setUp, config => withEndpoint(briskly(config), 'so-tu-phap', { concurrency: 2 }))
    const receiver = receiverOf(province, 'so-tu-phap')
    receiver.misbehave({ kind: 'slow', delayMs: 50 })
    const hub = await runHub(t, province.config)
    const client = province.client(hub.url, 'ubnd-tinh')
    await inParallel(Array.from({ length: 120 }, () => makeLetter({ to: [PUSHED.justice] })), 10, async letter => { await send(client, letter) })
    const before = receiver.received().length
    const urgent = await send(client, makeLetter({ to: [PUSHED.justice], priority: 3 }))
    await eventually(() => receiver.received().some(({ packageId }) => packageId === urgent.id))
    const overtaken = receiver.received().findIndex(({ packageId }) => packageId === urgent.id) - before
    t.comment(`${setUp}: ${overtaken} of the backlog of ${120 - before} went before the urgent one`)
    t.ok(overtaken <= 25, 'at most those that were under way')
    receiver.misbehave(undefined)
    t.ok((await allSettled(client)).every(({ state, attempts }) => state === 'delivered' && attempts === 1))
    t.equal(receiver.counts.duplicates, 0)
  })
}
