// Promise 4: an endpoint that fails, is paused or is under maintenance is left alone. Its deliveries rest and say why; nothing is
// tried in vain, and everything arrives when it may be tried again.
import t from 'tap'
import type { HubConfig } from '../../src/model/generated.js'
import { runEngine, type Engine } from '../support/engine.js'
import { setUps } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { allSettled, briskly, deliveryIn, inParallel, listPackages, makeLetter, PUSHED, receiverOf, send, withEndpoint, type DeliveryView } from '../support/traffic.js'

const ENDPOINT = 'so-tu-phap'
const letters = (count: number) => Array.from({ length: count }, () => makeLetter({ to: [PUSHED.justice] }))

async function sendAll ({ client }: Engine, count: number): Promise<void> {
  await inParallel(letters(count), 8, async letter => { await send(client, letter) })
}

async function deliveriesOf ({ client }: Engine): Promise<DeliveryView[]> {
  return (await listPackages(client, `&to=${PUSHED.justice}`)).flatMap(({ deliveries }) => deliveries)
}

/** Once every delivery rests: none is due, each says why. */
async function resting (engine: Engine): Promise<DeliveryView[]> {
  return await eventually(async () => {
    const found = await deliveriesOf(engine)
    return found.every(({ state, problem, dueAt }) => state === 'deferred' && problem !== undefined && dueAt === undefined) && found
  })
}

const circuitOf = async ({ store }: Engine): Promise<string | undefined> => (await store.endpointStates()).find(({ endpoint }) => endpoint === ENDPOINT)?.circuit.state

for (const setUp of await setUps()) {
  await t.test(`${setUp}: a dead endpoint is left alone; its backlog rests without attempts and arrives when it is back`, async t => {
    const engine = await runEngine(t, setUp, briskly)
    const receiver = receiverOf(engine.province, ENDPOINT)
    await receiver.stop()
    await sendAll(engine, 80)
    const waiting = await resting(engine)
    t.equal(await circuitOf(engine), 'open')
    const attempts = waiting.reduce((sum, delivery) => sum + delivery.attempts, 0)
    t.comment(`${setUp}: ${attempts} attempts for ${waiting.length} deliveries of a dead endpoint`)
    t.ok(waiting.filter(delivery => delivery.attempts === 0).length > 40, 'most were never tried')
    t.match(engine.logged('circuit.opened')[0], { endpoint: ENDPOINT, code: 'ENDPOINT_UNAVAILABLE' })
    await receiver.start()
    t.same((await allSettled(engine.client)).filter(({ state }) => state !== 'delivered'), [])
    t.equal(await circuitOf(engine), 'closed')
    t.equal(engine.logged('circuit.closed').length, 1)
    t.equal(receiver.counts.duplicates, 0)
  })

  await t.test(`${setUp}: one poisonous package alone keeps nobody else from being delivered`, async t => {
    const engine = await runEngine(t, setUp, config => withEndpoint(briskly(config, { retry: { firstMs: 30, maxMs: 60, jitter: 0 } }), ENDPOINT, { circuit: { failures: 3, openMs: 60_000, maxOpenMs: 60_000 } }))
    receiverOf(engine.province, ENDPOINT).misbehave({ kind: 'status', status: 500, times: 8 })
    const { id } = await send(engine.client, makeLetter({ to: [PUSHED.justice] }))
    t.equal((await deliveryIn(engine.client, id, ['delivered'])).attempts, 9)
    t.equal(await circuitOf(engine), undefined)
  })

  await t.test(`${setUp}: a storm of retries ends the moment its endpoint is paused, and what waited arrives when it is resumed`, async t => {
    const engine = await runEngine(t, setUp, config => withEndpoint(briskly(config, { retry: { firstMs: 20, maxMs: 50, maxAttempts: 10_000 } }), ENDPOINT, { circuit: { failures: 1000, openMs: 1, maxOpenMs: 1 } }))
    const receiver = receiverOf(engine.province, ENDPOINT)
    receiver.misbehave({ kind: 'status', status: 503 })
    await sendAll(engine, 40)
    await eventually(() => receiver.counts.requests > 100)
    t.equal(await engine.store.pauseEndpoint(ENDPOINT, { actor: 'operator:an', reason: 'Hệ thống nhận đang sửa', at: Date.UTC(2026, 10, 22) }), true)
    t.match((await resting(engine)).find(({ problem }) => problem?.code === 'ENDPOINT_RESTING'), { problem: { detail: /Hệ thống nhận đang sửa/ } })
    const { requests } = receiver.counts
    const neighbour = await send(engine.client, makeLetter({ to: [PUSHED.daLat] }))
    await deliveryIn(engine.client, neighbour.id, ['delivered'])
    t.equal(receiver.counts.requests, requests, 'not one attempt more')
    receiver.misbehave(undefined)
    await engine.store.resumeEndpoint(ENDPOINT, { actor: 'operator:an', reason: 'Đã sửa xong', at: Date.UTC(2026, 10, 22) })
    t.same((await allSettled(engine.client)).filter(({ state }) => state !== 'delivered'), [])
  })

  await t.test(`${setUp}: during maintenance nothing is sent, and the others go on`, async t => {
    const maintained = (config: HubConfig): HubConfig => withEndpoint(briskly(config), ENDPOINT, { maintenance: [{ from: '2026-01-01T00:00', to: '2099-01-01T00:00' }] })
    const engine = await runEngine(t, setUp, maintained)
    await sendAll(engine, 5)
    const { id } = await send(engine.client, makeLetter({ to: [PUSHED.daLat] }))
    await deliveryIn(engine.client, id, ['delivered'])
    t.match((await resting(engine))[0], { attempts: 0, problem: { code: 'ENDPOINT_RESTING', detail: /bảo trì|maintenance/ } })
    t.equal(receiverOf(engine.province, ENDPOINT).counts.requests, 0)
  })

  await t.test(`${setUp}: what rests during a maintenance window flows when the window ends, without anybody's help`, async t => {
    // Around now and for two minutes more at least, as the configuration writes it: Vietnamese time, to the minute. Receivers check
    // signatures by their own clock, so the hub's may not go far ahead.
    const local = (at: number): string => new Date(at + 7 * 3_600_000).toISOString().slice(0, 16)
    const at = Date.now()
    const engine = await runEngine(t, setUp, config => withEndpoint(briskly(config), ENDPOINT, { maintenance: [{ from: local(at - 3_600_000), to: local(at + 180_000) }] }))
    const receiver = receiverOf(engine.province, ENDPOINT)
    await sendAll(engine, 12)
    t.match((await resting(engine))[0], { attempts: 0, problem: { code: 'ENDPOINT_RESTING', detail: /bảo trì/ } })
    engine.advance(10_000)
    const { id } = await send(engine.client, makeLetter({ to: [PUSHED.daLat] }))
    await deliveryIn(engine.client, id, ['delivered'])
    t.equal(receiver.counts.requests, 0, 'the window is still open')
    t.equal((await resting(engine)).length, 12)
    engine.advance(175_000)
    t.same((await allSettled(engine.client)).filter(({ state }) => state !== 'delivered'), [])
    t.match(receiver.counts, { taken: 12, duplicates: 0 })
  })

  await t.test(`${setUp}: no more attempts a second than an endpoint allows, urgent ones first`, async t => {
    const engine = await runEngine(t, setUp, config => withEndpoint(briskly(config), ENDPOINT, { rateLimit: { perSecond: 20, burst: 1 } }))
    const receiver = receiverOf(engine.province, ENDPOINT)
    const beganAt = performance.now()
    await sendAll(engine, 40)
    const before = receiver.counts.taken
    const urgent = await send(engine.client, makeLetter({ to: [PUSHED.justice], priority: 4 }))
    const { id } = await deliveryIn(engine.client, urgent.id, ['delivered'])
    t.ok(receiver.received().findIndex(({ deliveryId }) => deliveryId === id) <= before + 6, 'it goes before the backlog')
    t.same((await allSettled(engine.client)).filter(({ state }) => state !== 'delivered'), [])
    const perSecond = 1000 * receiver.counts.requests / (performance.now() - beganAt)
    t.comment(`${setUp}: ${perSecond.toFixed(1)} attempts a second where 20 are allowed`)
    t.ok(perSecond <= 21)
  })
}
