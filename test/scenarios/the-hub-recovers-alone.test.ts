// Promise 6: the hub recovers alone from a restart of PostgreSQL, RabbitMQ or an endpoint; no person has to touch anything.
import amqplib from 'amqplib'
import t, { type Test } from 'tap'
import type { HubConfig } from '../../src/model/generated.js'
import { runEngine } from '../support/engine.js'
import { openProvince, runHub, setUps, type TestProvince } from '../support/hub.js'
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.js'
import { eventually } from '../support/time.js'
import { allSettled, briskly, deliveryIn, inParallel, makeLetter, post, PUSHED, receiverOf, send, takenBy, type Letter } from '../support/traffic.js'

const available = await setUps()
const letters = (count: number): Letter[] => Array.from({ length: count }, (_, n) => makeLetter({ to: [PUSHED.justice, PUSHED.daLat], priority: n % 2 }))

for (const setUp of available) {
  await t.test(`${setUp}: an endpoint that was away gets everything when it is back`, async t => {
    const province = await openProvince(t, setUp, briskly)
    const receiver = receiverOf(province, 'so-tu-phap')
    const { url } = await runHub(t, province.config)
    const client = province.client(url, 'ubnd-tinh')
    await receiver.stop()
    const { id } = await send(client, makeLetter({ to: [PUSHED.justice] }))
    t.match(await deliveryIn(client, id, ['deferred']), { problem: { code: 'ENDPOINT_UNAVAILABLE' } })
    await inParallel(letters(20), 5, async letter => { await send(client, letter) })
    t.equal((await fetch(`${url}/health/ready`)).status, 200, 'an endpoint that is away is no reason to stop accepting')
    await receiver.start()
    await everythingArrived(t, province, url)
  })
}

/** Waits for the end of all deliveries and compares the books of both sides. */
async function everythingArrived (t: Test, province: TestProvince, url: string): Promise<void> {
  const deliveries = await allSettled(province.client(url, 'ubnd-tinh'))
  t.same(deliveries.filter(({ state }) => state !== 'delivered'), [])
  t.same(new Set(takenBy(province.receivers).keys()), new Set(deliveries.map(({ id }) => id)))
}

interface Proxied { province: TestProvince, postgres: TcpProxy, rabbitmq: TcpProxy }

/** A province whose services are reached over a network that fails on command. */
async function openProxied (t: Test): Promise<Proxied> {
  const proxies: TcpProxy[] = []
  const through = async (address: string): Promise<{ proxy: TcpProxy, url: string }> => {
    const url = new URL(address)
    const proxy = await openTcpProxy({ host: url.hostname, port: Number(url.port === '' ? (url.protocol === 'amqp:' ? 5672 : 5432) : url.port) })
    proxies.push(proxy)
    url.hostname = '127.0.0.1'
    url.port = String(proxy.port)
    return { proxy, url: url.href }
  }
  t.teardown(async () => { await Promise.all(proxies.map(async proxy => { await proxy.close() })) })
  const direct = await openProvince(t, 'services', briskly)
  const postgres = await through(direct.config.store.url ?? '')
  const rabbitmq = await through(direct.config.broker.url ?? '')
  const config: HubConfig = { ...direct.config, store: { ...direct.config.store, url: postgres.url }, broker: { ...direct.config.broker, url: rabbitmq.url } }
  return { province: { ...direct, config }, postgres: postgres.proxy, rabbitmq: rabbitmq.proxy }
}

const needServices = available.includes('services') ? {} : { skip: 'PostgreSQL or RabbitMQ does not answer' }

interface Ready { ok: boolean, checks: Array<{ name: string, ok: boolean }> }

async function readiness (url: string): Promise<{ status: number, failing: string[] }> {
  const response = await fetch(`${url}/health/ready`)
  const { checks } = await response.json() as Ready
  return { status: response.status, failing: checks.filter(({ ok }) => !ok).map(({ name }) => name) }
}

await t.test('services: connections that are cut again and again while packages flow lose nothing', needServices, async t => {
  const { province, postgres, rabbitmq } = await openProxied(t)
  const { url } = await runHub(t, province.config)
  const client = province.client(url, 'ubnd-tinh')
  let sent = 0
  await inParallel(letters(120), 10, async letter => {
    await send(client, letter)
    sent++
    if (sent % 30 === 10) rabbitmq.cut()
    if (sent % 30 === 20) postgres.cut()
  })
  await everythingArrived(t, province, url)
})

await t.test('services: without its broker the hub starts, accepts, and delivers once it is there', needServices, async t => {
  const { province, rabbitmq } = await openProxied(t)
  rabbitmq.refuse()
  const { url } = await runHub(t, province.config)
  const client = province.client(url, 'ubnd-tinh')
  t.same(await readiness(url), { status: 200, failing: ['broker'] }, 'accepting is safe without a broker')
  await inParallel(letters(10), 5, async letter => { await send(client, letter) })
  t.equal(takenBy(province.receivers).size, 0)
  rabbitmq.restore()
  await everythingArrived(t, province, url)
  t.same(await readiness(url), { status: 200, failing: [] })
})

await t.test('services: while the store is away the hub says so and nothing is half accepted; then it goes on by itself', needServices, async t => {
  const { province, postgres } = await openProxied(t)
  const { url } = await runHub(t, province.config)
  const client = province.client(url, 'ubnd-tinh')
  receiverOf(province, 'so-tu-phap').misbehave({ kind: 'slow', delayMs: 400 })
  await inParallel(letters(10), 5, async letter => { await send(client, letter) })
  postgres.refuse()
  const refused = makeLetter({ to: [PUSHED.justice] })
  const awayUntil = performance.now() + 3000
  let answers = 0
  while (performance.now() < awayUntil) {
    const response = await fetch(`${url}/v1/packages`, {
      method: 'POST', body: new Uint8Array(refused.body), headers: { 'content-type': 'application/xml', authorization: `Bearer ${province.keys.get('ubnd-tinh') ?? ''}` }
    })
    const { code } = await response.json() as { code: string }
    t.same([response.status, code], [503, 'STORE_UNAVAILABLE'])
    t.ok(Number(response.headers.get('retry-after')) > 0, 'with Retry-After')
    answers++
    await new Promise(resolve => setTimeout(resolve, 500))
  }
  t.ok(answers > 1)
  t.same(await readiness(url), { status: 503, failing: ['store'] })
  t.equal((await fetch(`${url}/health/live`)).status, 200, 'the process itself is well')
  postgres.restore()
  await eventually(async () => (await readiness(url)).status === 200)
  t.equal((await post(client, refused)).body.repeated, false, 'what was refused had not been stored')
  await everythingArrived(t, province, url)
})

await t.test('services: a store that is silent for a while stops nothing for ever', needServices, async t => {
  const { province, postgres, rabbitmq } = await openProxied(t)
  const { url } = await runHub(t, province.config)
  const client = province.client(url, 'ubnd-tinh')
  await inParallel(letters(5), 5, async letter => { await send(client, letter) })
  postgres.blackhole()
  rabbitmq.blackhole()
  const during = post(client, makeLetter({ to: [PUSHED.justice] })).catch(() => undefined)
  await new Promise(resolve => setTimeout(resolve, 1500))
  postgres.restore()
  rabbitmq.restore()
  await during
  await inParallel(letters(5), 5, async letter => { await send(client, letter) })
  await everythingArrived(t, province, url)
})

await t.test('services: what was accepted while the broker was away is published the moment it is back, on the new connection', needServices, async t => {
  const { province, rabbitmq } = await openProxied(t)
  rabbitmq.refuse()
  // So late that the sweeper has no part in it.
  const { url } = await runHub(t, { ...province.config, delivery: { ...province.config.delivery, republishAfterMs: 600_000 } })
  const client = province.client(url, 'ubnd-tinh')
  await inParallel(letters(10), 5, async letter => { await send(client, letter) })
  t.equal(takenBy(province.receivers).size, 0)
  rabbitmq.restore()
  await everythingArrived(t, province, url)
  rabbitmq.refuse()
  await inParallel(letters(10), 5, async letter => { await send(client, letter) })
  rabbitmq.restore()
  await everythingArrived(t, province, url)
})

await t.test('services: a message that is no claim kills no consumer; an alarm tells of it until it is removed', needServices, async t => {
  const { province, url, client, logged } = await runEngine(t, 'services', briskly)
  const { url: broker, prefix } = province.config.broker
  const connection = await amqplib.connect(broker ?? '')
  t.teardown(async () => { await connection.close() })
  const amqpChannel = await connection.createChannel()
  for (const rubbish of ['', '<xml', '{"deliveryId":7}']) amqpChannel.sendToQueue(`${prefix}.normal`, Buffer.from(rubbish))
  await eventually(() => logged('lane.polluted').some(({ count }) => count === 3))
  t.same(await readiness(url), { status: 200, failing: ['invalid-lane'] })
  await inParallel(letters(5), 5, async letter => { await send(client, letter) })
  await everythingArrived(t, province, url)
  await amqpChannel.purgeQueue(`${prefix}.invalid`)
  await eventually(() => logged('lane.cleaned').length === 1)
  t.same(await readiness(url), { status: 200, failing: [] })
})
