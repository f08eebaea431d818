// Several hub processes on one store and one broker share the work; when one dies, the others finish it.
import t from 'tap'
import type { Role } from '../../src/model/role.js'
import { openProvince, setUps, spawnHub, type HubProcess } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { allSettled, briskly, inParallel, makeLetter, PUSHED, receiverOf, send, takenBy, type Letter } from '../support/traffic.js'
import { startUpstream, type Upstream } from '../support/upstream.js'

const available = await setUps()

await t.test('two processes share the work and survive the death of one', available.includes('services') ? {} : { skip: 'PostgreSQL or RabbitMQ does not answer' }, async t => {
  const LETTERS = 200
  const province = await openProvince(t, 'services', config => ({ ...briskly(config), broker: { ...config.broker, prefetch: 20 } }))
  const receiver = receiverOf(province, 'so-tu-phap')
  receiver.misbehave({ kind: 'slow', delayMs: 20 })
  const [first, second] = await Promise.all([spawnHub(t, province.config), spawnHub(t, province.config)])
  const [one, other] = [province.client(first.url, 'ubnd-tinh'), province.client(second.url, 'ubnd-tinh')]
  const letters = Array.from({ length: LETTERS }, (_, n) => makeLetter({ to: [PUSHED.justice], priority: n % 3 === 0 ? 1 : 0 }))

  // The same letter to both at once is one package.
  const [shared] = letters
  if (shared === undefined) throw new Error('no letters')
  const answers = await Promise.all([send(one, shared), send(other, shared)])
  t.same(answers.map(({ id }) => id), [answers[0].id, answers[0].id])
  t.same(answers.map(({ repeated }) => repeated).sort(), [false, true])

  const accepted = new Set([answers[0].id])
  let death: Promise<number | null> | undefined
  await inParallel(letters.slice(1), 10, async letter => {
    // A sender turns to the other process when one does not answer; the Idempotency-Key makes that safe.
    const answer = await send(accepted.size % 2 === 0 ? [one, other] : [other, one], letter)
    accepted.add(answer.id)
    if (accepted.size >= LETTERS / 2) death ??= eventually(() => receiver.counts.taken > 20).then(async () => await first.end('SIGKILL'))
  })
  t.equal(await death, null)

  const deliveries = await allSettled(other)
  t.equal(deliveries.length, LETTERS)
  t.same(deliveries.filter(({ state }) => state !== 'delivered'), [])
  t.same(new Set(deliveries.map(({ packageId }) => packageId)), accepted)
  t.same(new Set(takenBy(province.receivers).keys()), new Set(deliveries.map(({ id }) => id)))
  t.comment(`${receiver.counts.duplicates} deliveries went over the wire again after the death`)
  t.equal(await second.end('SIGTERM'), 0)
})

await t.test('with split roles, two processes of each, the loss of any is made good', available.includes('services') ? {} : { skip: 'PostgreSQL or RabbitMQ does not answer' }, async t => {
  const upstream = await startUpstream(t)
  const province = await openProvince(t, 'services', config => ({ ...briskly(config), endpoints: [...config.endpoints, upstream.endpoint] }))
  receiverOf(province, 'so-tu-phap').misbehave({ kind: 'slow', delayMs: 20 })
  const start = async (role: Role): Promise<HubProcess> => await spawnHub(t, { ...province.config, roles: [role] })
  const [api, otherApi, delivery, , pollers, otherPollers] = await Promise.all([start('api'), start('api'), start('delivery'), start('delivery'), start('pollers'), start('pollers')])
  t.same(await (await fetch(`${delivery.url}/health/ready`)).json(), { ok: true, roles: ['delivery'], checks: [{ name: 'store', ok: true }, { name: 'blobs', ok: true }, { name: 'broker', ok: true }, { name: 'invalid-lane', ok: true }] })
  t.equal((await fetch(`${delivery.url}/v1/packages`)).status, 404, 'the API is elsewhere')

  const [one, other] = [province.client(api.url, 'ubnd-tinh'), province.client(otherApi.url, 'ubnd-tinh')]
  const [sent, fetched] = [0, 1].map(() => Array.from({ length: 60 }, () => makeLetter({ to: [PUSHED.justice] }))) as [Letter[], Letter[]]
  upstream.offer(fetched)
  const deaths: Array<Promise<unknown>> = []
  let accepted = 0
  await inParallel(sent, 5, async letter => {
    await send([one, other], letter)
    if (++accepted === 20) deaths.push(api.end('SIGKILL'), delivery.end('SIGKILL'), endReceiving([pollers, otherPollers], upstream))
  })
  await Promise.all(deaths)
  await eventually(() => upstream.waiting() === 0)
  const deliveries = await allSettled(other)
  t.equal(deliveries.length, sent.length + fetched.length)
  t.same(deliveries.filter(({ state }) => state !== 'delivered'), [])
  t.equal(takenBy(province.receivers).size, deliveries.length)
})

/** Kills the process that fetches at present. */
async function endReceiving (hubs: readonly HubProcess[], upstream: Upstream): Promise<void> {
  await eventually(() => upstream.askers().length > 0)
  await hubs.find(({ child }) => child.pid === upstream.askers().at(-1)?.pid)?.end('SIGKILL')
}
