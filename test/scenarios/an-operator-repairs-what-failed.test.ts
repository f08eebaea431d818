// Promise 5: every failure stays actionable. An operator sees why, and has it sent again, elsewhere, or not at all; one by
// one or as a frozen set, also across a restart.
import t from 'tap'
import type { ApiAnswer, ApiClient } from '../../src/demo/client.js'
import { statesAfter } from '../../src/model/delivery-states.js'
import { openProvince, runHub, setUps } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { briskly, deliveryIn, eventsOf, listPackages, makeLetter, PUSHED, receiverOf, send, type DeliveryView } from '../support/traffic.js'
import { call, JSON_BODY } from '../support/wire.js'

interface Cause { state: string, endpoint: string, code: string, faultOf: string, count: number, sampleId: string }
interface BatchView { id: string, state: string, total: number, progress: Record<'done' | 'skipped' | 'failed' | 'pending', number> }
interface Counts { items: Array<{ endpoint: string, counts: Record<string, number> }> }

const REASON = { reason: 'Sở đã sửa máy chủ.' }
const ask = async <Body>(client: ApiClient, path: string, body: object): Promise<ApiAnswer<Body>> => await client.post<Body>(path, JSON.stringify(body), { 'content-type': 'application/json' })

for (const setUp of await setUps()) {
  await t.test(setUp, async whole => {
    const province = await openProvince(whole, setUp, config => {
      const brisk = briskly(config, { retry: { firstMs: 50, maxMs: 100, jitter: 0, maxAttempts: 2 } })
      // Deliveries shall die here, not rest until their endpoint is back.
      return { ...brisk, endpoints: brisk.endpoints.map(endpoint => ({ ...endpoint, circuit: { failures: 1000, openMs: 1, maxOpenMs: 1 } })) }
    })
    const receiver = receiverOf(province, 'so-tu-phap')
    let hub = await runHub(whole, province.config)
    let sender = province.client(hub.url, 'ubnd-tinh')
    let operator = province.client(hub.url, 'van-hanh')

    /** A letter whose only delivery has died. */
    async function dies (): Promise<DeliveryView> {
      const { id } = await send(sender, makeLetter({ to: [PUSHED.justice] }))
      return await deliveryIn(sender, id, ['dead'])
    }

    async function until (id: string, states: readonly string[]): Promise<DeliveryView> {
      return await eventually(async () => {
        const { body } = await operator.get<DeliveryView>(`/v1/deliveries/${id}`)
        return states.includes(body.state) ? body : undefined
      })
    }

    await whole.test('a group of dead deliveries is seen by its cause, and retried as the set that was previewed', async t => {
      receiver.misbehave({ kind: 'status', status: 503 })
      const dead = [await dies(), await dies(), await dies()]
      const { body: causes } = await operator.get<{ items: Cause[] }>('/v1/deliveries/causes')
      t.match(causes.items, [{ state: 'dead', endpoint: 'so-tu-phap', code: 'ATTEMPTS_EXHAUSTED', faultOf: 'partner', count: 3, sampleId: dead[2]?.id }])
      const filter = { state: 'dead', endpoint: 'so-tu-phap', code: 'ATTEMPTS_EXHAUSTED' }
      const { status, body: batch } = await ask<BatchView>(operator, '/v1/batches', { operation: 'retry', filter, ...REASON })
      t.match({ status, batch }, { status: 201, batch: { state: 'frozen', total: 3 } })
      const late = await dies()
      receiver.misbehave(undefined)
      t.equal((await ask(operator, `/v1/batches/${batch.id}/start`, {})).status, 200)
      // The end of a process is not the end of its batches.
      await hub.stop()
      hub = await runHub(whole, province.config)
      sender = province.client(hub.url, 'ubnd-tinh')
      operator = province.client(hub.url, 'van-hanh')
      const done = await eventually(async () => {
        const { body } = await operator.get<BatchView>(`/v1/batches/${batch.id}`)
        return body.state === 'done' ? body : undefined
      })
      t.same(done.progress, { done: 3, skipped: 0, failed: 0, pending: 0 })
      for (const { id, packageId } of dead) {
        await until(id, ['delivered'])
        t.equal(receiver.has(id), true, 'under its old key')
        t.match((await eventsOf(sender, packageId)).find(({ type }) => type === 'delivery.retried'), { data: { reason: REASON.reason, batchId: batch.id } })
      }
      t.equal((await until(late.id, ['dead'])).state, 'dead', 'what came later is not touched')
      const { body: counts } = await operator.get<Counts>('/v1/counts')
      t.match(counts.items.find(({ endpoint }) => endpoint === 'so-tu-phap')?.counts, { delivered: 3, dead: 1 })
      t.match(await ask(operator, `/v1/deliveries/${late.id}/cancel`, REASON), { status: 200, body: { changed: true, delivery: { state: 'cancelled', problem: { detail: /đã sửa máy chủ/ } } } })
      t.match(await ask(operator, `/v1/deliveries/${late.id}/retry`, REASON), { status: 409, body: { code: 'OPERATION_NOT_POSSIBLE', errors: [{ found: 'cancelled' }] } })
    })

    await whole.test('a dead delivery is redirected to an endpoint that works', async t => {
      receiver.misbehave({ kind: 'status', status: 503 })
      const { id } = await dies()
      receiver.misbehave(undefined)
      t.match(await ask(operator, `/v1/deliveries/${id}/redirect`, { ...REASON, endpoint: 'nowhere' }), { status: 400, body: { code: 'REQUEST_INVALID' } })
      t.match(await ask(operator, `/v1/deliveries/${id}/redirect`, { ...REASON, endpoint: 'dat-dai-duc-trong' }), { status: 200 })
      await until(id, ['delivered'])
      t.equal(receiver.has(id), false)
      t.equal(receiverOf(province, 'dat-dai-duc-trong').has(id), true)
    })

    await whole.test('what was delivered is sent again only as a duplicate that somebody wants', async t => {
      const { id: packageId } = await send(sender, makeLetter({ to: [PUSHED.justice] }))
      const { id } = await deliveryIn(sender, packageId, ['delivered'])
      t.match(await ask(operator, `/v1/deliveries/${id}/resend`, REASON), { status: 409, body: { code: 'DUPLICATE_NOT_ACCEPTED' } })
      const { body } = await ask<{ delivery: { id: string, resendOf: string } }>(operator, `/v1/deliveries/${id}/resend`, { ...REASON, acceptDuplicate: true })
      t.equal(body.delivery.resendOf, id)
      await until(body.delivery.id, ['delivered'])
      t.equal(receiver.received().filter(each => each.packageId === packageId).length, 2, 'each under a key of its own')
      t.match((await operator.get(`/v1/deliveries/${id}`)).body, { resentAs: body.delivery.id })
    })

    await whole.test('while an attempt is under way cancelling is refused and says when to ask again; the attempt ends as it would have', async t => {
      receiver.misbehave({ kind: 'slow', delayMs: 1500, times: 1 })
      const { id: packageId } = await send(sender, makeLetter({ to: [PUSHED.justice] }))
      const { id } = await deliveryIn(sender, packageId, ['active'])
      const { status, headers, json } = await call(`${hub.url}/v1/deliveries/${id}/cancel`, { key: province.keys.get('van-hanh'), headers: { ...JSON_BODY, 'accept-language': 'vi' }, body: JSON.stringify(REASON) })
      t.match({ status, json }, { status: 409, json: { code: 'OPERATION_NOT_POSSIBLE', detail: /thử lại sau \d+ giây/, errors: [{ found: 'active' }] } })
      t.match(headers.get('retry-after'), /^\d+$/)
      await until(id, ['delivered'])
    })

    await whole.test('an endpoint is paused and resumed; meanwhile its deliveries rest, say why and are seen to wait, and who did it is recorded', async t => {
      const path = '/v1/endpoints/so-tu-phap'
      t.match(await ask(operator, `${path}/pause`, { reason: 'Sở chuyển máy chủ.' }), { status: 200, body: { state: 'paused', configured: true } })
      t.match(await ask(operator, `${path}/pause`, REASON), { status: 409, body: { code: 'OPERATION_NOT_POSSIBLE', detail: /Sở chuyển máy chủ/ } })
      // Until the next sweep of the process one may still be delivered.
      const { id } = await eventually(async () => {
        const { id: packageId } = await send(sender, makeLetter({ to: [PUSHED.justice] }))
        const found = await deliveryIn(sender, packageId, ['deferred', 'delivered'])
        return found.state === 'deferred' && found
      })
      const before = receiver.counts.requests
      t.match((await operator.get(`/v1/deliveries/${id}`)).body, { attempts: 0, problem: { code: 'ENDPOINT_RESTING', detail: /Sở chuyển máy chủ/ } })
      t.match((await operator.get(path)).body, { state: 'paused', counts: { underway: 1 }, oldest: { deliveryId: id, ageSeconds: Number } })
      t.equal(receiver.counts.requests, before, 'nothing was attempted')
      t.match(await ask(operator, `${path}/resume`, { reason: 'Đã chuyển xong.' }), { status: 200, body: { state: 'working' } })
      await until(id, ['delivered'])
      t.notOk('oldest' in (await operator.get<object>(path)).body, 'nothing waits')
      const { body } = await operator.get<{ items: object[] }>('/v1/operator-actions?subject=endpoint:so-tu-phap')
      t.match(body.items, [
        { action: 'endpoint.resumed', actor: 'client:van-hanh', reason: 'Đã chuyển xong.', detail: { pausedReason: 'Sở chuyển máy chủ.' } }, { action: 'endpoint.paused', reason: 'Sở chuyển máy chủ.' }
      ])
      t.equal(body.items.length, 2)
    })

    await whole.test('a delivery that is held stays where it is until it is released', async t => {
      receiver.misbehave({ kind: 'status', status: 503, headers: { 'retry-after': '3600' } })
      const { id: packageId } = await send(sender, makeLetter({ to: [PUSHED.justice] }))
      const { id } = await deliveryIn(sender, packageId, ['deferred'])
      t.match(await ask(operator, `/v1/deliveries/${id}/hold`, REASON), { body: { delivery: { state: 'held' } } })
      t.match(await ask(operator, `/v1/deliveries/${id}/hold`, REASON), { status: 200, body: { changed: false } }, 'twice is once')
      receiver.misbehave(undefined)
      t.match(await ask(operator, `/v1/deliveries/${id}/release`, REASON), { status: 200, body: { changed: true } })
      await until(id, ['delivered'])
    })

    await whole.test('what operators did to a delivery is a history that the table of states allows', async t => {
      const deliveries = (await listPackages(sender)).flatMap(each => each.deliveries)
      t.ok(deliveries.length > 5)
      for (const { id, packageId, state } of deliveries) {
        const events = (await eventsOf(operator, packageId)).filter(({ deliveryId }) => deliveryId === id)
        t.ok(statesAfter(events).includes(state), `${state} after ${events.map(({ type }) => type).join(', ')}`)
      }
    })
  })
}
