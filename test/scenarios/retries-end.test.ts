// Promises 5 and 7: what fails is tried again in growing steps, every waiting ends, and whatever the end, the reason is told.
import { createHash } from 'node:crypto'
import t from 'tap'
import { openProvince, runHub, setUps } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { briskly, deliveryIn, eventsOf, listPackages, makeLetter, post, PUSHED, receiverOf, send, withEndpoint } from '../support/traffic.js'

for (const setUp of await setUps()) {
  await t.test(setUp, async t => {
    const province = await openProvince(t, setUp, config =>
      withEndpoint(briskly(config, { retry: { firstMs: 100, factor: 3, maxMs: 3000, jitter: 0, maxAttempts: 4 } }), 'so-tu-phap', { timeoutMs: 300 }))
    const receiver = receiverOf(province, 'so-tu-phap')
    const { url } = await runHub(t, province.config)
    const client = province.client(url, 'ubnd-tinh')
    const letter = () => makeLetter({ to: [PUSHED.justice] })
    /** How long each attempt waited after the one before, ms. */
    const waitsOf = async (id: string): Promise<number[]> => {
      const instants = (await eventsOf(client, id)).filter(({ type }) => type === 'delivery.attempted').map(({ at }) => Date.parse(at))
      return instants.slice(1).map((at, n) => at - (instants[n] ?? 0))
    }

    await t.test('an endpoint that fails twice is asked a third time, in growing steps', async t => {
      receiver.misbehave({ kind: 'status', status: 503, times: 2 })
      const { id } = await send(client, letter())
      t.equal((await deliveryIn(client, id, ['delivered'])).attempts, 3)
      const [first = 0, second = 0] = await waitsOf(id)
      t.ok(first >= 100 && second >= 300, `waited ${first} ms, then ${second} ms`)
      t.ok(second < 3000)
      t.equal(receiver.received().find(({ packageId }) => packageId === id)?.attempt, 3, 'the receiver is told which attempt it is')
    })

    await t.test('Retry-After is honoured', async t => {
      receiver.misbehave({ kind: 'status', status: 503, headers: { 'retry-after': '2' }, times: 1 })
      const { id } = await send(client, letter())
      const deferred = await deliveryIn(client, id, ['deferred'])
      t.match(deferred, { attempts: 1, dueAt: String, problem: { code: 'ENDPOINT_UNAVAILABLE' } }, 'the sender sees when and why')
      await deliveryIn(client, id, ['delivered'])
      const [wait = 0] = await waitsOf(id)
      t.ok(wait >= 2000 && wait < 5000, `waited ${wait} ms`)
    })

    await t.test('after the last attempt it is dead: listed with its reason, its payload still there', async t => {
      receiver.misbehave({ kind: 'status', status: 503, body: 'register closed' })
      const sent = letter()
      const { id } = await send(client, sent)
      const dead = await deliveryIn(client, id, ['dead'])
      receiver.misbehave(undefined)
      t.match(dead, { attempts: 4, settledAt: String, problem: { code: 'ATTEMPTS_EXHAUSTED', detail: /503.*register closed|register closed/ } })
      t.same((await listPackages(client, '&state=dead')).map(found => found.id), [id])
      t.match((await eventsOf(client, id)).map(({ type }) => type), ['package.accepted', ...Array.from({ length: 4 }, () => 'delivery.attempted'), 'delivery.dead'])
      const bytes = await client.bytes(`/v1/packages/${id}/content`)
      t.equal(createHash('sha256').update(bytes).digest('hex'), sent.sha256)
      t.notOk(receiver.has(dead.id))
    })

    await t.test('a refusal is final and seen at once', async t => {
      receiver.misbehave({ kind: 'status', status: 422, body: 'unknown register', times: 1 })
      const startedAt = performance.now()
      const { id } = await send(client, letter())
      t.match(await deliveryIn(client, id, ['refused']), { attempts: 1, problem: { code: 'ENDPOINT_REFUSED', detail: /unknown register/ } })
      t.ok(performance.now() - startedAt < 2000)
    })

    await t.test('no answer in time is tried again, and says so', async t => {
      receiver.misbehave({ kind: 'hang', times: 1 })
      const { id } = await send(client, letter())
      t.match(await deliveryIn(client, id, ['deferred']), { problem: { code: 'ENDPOINT_TIMEOUT' } })
      t.equal((await deliveryIn(client, id, ['delivered'])).attempts, 2)
    })

    await t.test('a lost answer is asked for again; the recipient has the package once', async t => {
      receiver.misbehave({ kind: 'drop', times: 1 })
      const before = receiver.counts.duplicates
      const { id } = await send(client, letter())
      await deliveryIn(client, id, ['delivered'])
      t.equal(receiver.counts.duplicates, before + 1)
      t.equal(receiver.received().filter(({ packageId }) => packageId === id).length, 1)
    })

    await t.test('a repeated letter is answered as the first was and sends nothing', async t => {
      const sent = letter()
      const first = await post(client, sent)
      const again = await post(client, sent)
      t.same([first.status, again.status, again.body.id, again.body.repeated], [202, 202, first.body.id, true])
      const { id } = await deliveryIn(client, first.body.id, ['delivered'])
      t.equal(receiver.received().filter(({ deliveryId }) => deliveryId === id).length, 1)
    })
  })

  await t.test(`${setUp}: what is not delivered in time expires, with the last reason, whether or not its endpoint is there`, async t => {
    const province = await openProvince(t, setUp, config => briskly(config, { expiresAfterMs: 1500, retry: { firstMs: 200, jitter: 0, maxMs: 400 } }))
    const receiver = receiverOf(province, 'so-tu-phap')
    await receiver.stop()
    const { url } = await runHub(t, province.config)
    const client = province.client(url, 'ubnd-tinh')
    const { id } = await send(client, makeLetter({ to: [PUSHED.justice] }))
    const fetched = await send(client, makeLetter({ to: ['H36.102'] }))
    const expired = await deliveryIn(client, id, ['expired'])
    t.match(expired, { problem: { code: 'DELIVERY_EXPIRED' } })
    t.ok(expired.attempts > 1)
    t.match(await deliveryIn(client, fetched.id, ['expired']), { problem: { code: 'DELIVERY_EXPIRED' } }, 'an inbox that nobody empties expires, too')
    await receiver.start()
    await eventually(async () => (await listPackages(client, '&state=expired')).length === 2)
    t.equal(receiver.counts.requests, 0, 'nothing is sent after its time')
  })
}
