// Promise: what waits in an inbox is handed out until its recipient says that it has it, or that it does not want it.
import { createHash } from 'node:crypto'
import t from 'tap'
import { openProvince, runHub, setUps } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { call, JSON_BODY, XML, type Answer } from '../support/wire.js'
import { documentMessage } from '../unit/formats/edxml-messages.js'

interface Item { deliveryId: string, lockedUntil: string, sha256: string, size: number, contentType: string, package: { id: string, envelope: { priority: number } }, links: Record<string, string> }

const NOTHING = '0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e'

for (const setUp of await setUps()) {
  await t.test(setUp, async t => {
    const province = await openProvince(t, setUp)
    const hub = await runHub(t, province.config)
    const ask = async (as: string, path: string, options: { body?: string, headers?: Record<string, string>, method?: string } = {}): Promise<Answer> =>
      await call(`${hub.url}${path}`, { key: province.keys.get(as), ...options })
    const messageOf = (documentId: string, { to = 'H36.02', priority = 0 } = {}): string =>
      documentMessage({ to: [to], documentId, more: `<OtherInfo><Priority>${priority}</Priority></OtherInfo>` })
    /** Sends and waits until it can be fetched. */
    const deposit = async (documentId: string, more: { to?: string, priority?: number } = {}): Promise<{ id: string, body: string }> => {
      const body = messageOf(documentId, more)
      const { status, json } = await ask('ubnd-tinh', '/v1/packages', { headers: XML, body })
      t.equal(status, 202)
      await eventually(async () => await stateOf(json['id']) === 'available')
      return { id: json['id'], body }
    }
    const stateOf = async (id: string): Promise<string> => (await ask('ubnd-tinh', `/v1/packages/${id}`)).json['deliveries'][0].state
    const peek = async (as: string, query: string): Promise<Item[]> => (await ask(as, `/v1/inbox?${query}`)).json['items']
    const ack = async (as: string, deliveryId: string): Promise<Answer> => await ask(as, `/v1/inbox/${deliveryId}/ack`, { method: 'POST' })
    const reject = async (as: string, deliveryId: string, reason = 'Gửi nhầm.'): Promise<Answer> =>
      await ask(as, `/v1/inbox/${deliveryId}/reject`, { headers: JSON_BODY, body: JSON.stringify({ reason }) })

    await t.test('a peek hides, the lock ends, the word settles', async t => {
      const { id, body } = await deposit('inbox-1')
      const [item] = await peek('so-noi-vu', 'lockSeconds=1') as [Item]
      t.equal(item.package.id, id)
      t.strictSame(await peek('so-noi-vu', 'lockSeconds=1'), [], 'hidden while locked')
      const content = await ask('so-noi-vu', item.links['content'] ?? '')
      const sha256 = createHash('sha256').update(body)
      const digest = sha256.copy().digest('base64')
      t.equal(content.bytes.toString(), body, 'the bytes are those that were sent')
      t.strictSame([item.sha256, item.size, item.contentType], [sha256.digest('hex'), Buffer.byteLength(body), content.headers.get('content-type')])
      t.equal(content.headers.get('content-digest'), `sha-256=:${digest}:`)
      t.equal(content.headers.get('etag'), `"${item.sha256}"`)
      const [again] = await eventually(async () => { const items = await peek('so-noi-vu', 'lockSeconds=60'); return items.length > 0 && items })
      t.equal(again?.deliveryId, item.deliveryId, 'it comes again after the lock')
      t.ok(Date.parse(again?.lockedUntil ?? '') >= Date.parse(item.lockedUntil))
      t.equal(await stateOf(id), 'available')
      t.equal((await ack('so-noi-vu', item.deliveryId)).status, 204)
      t.equal(await stateOf(id), 'delivered')
      t.equal((await ack('so-noi-vu', item.deliveryId)).status, 204, 'twice is harmless')
      t.match((await reject('so-noi-vu', item.deliveryId)).json, { status: 409, code: 'DELIVERY_NOT_AVAILABLE' })
      t.equal(await stateOf(id), 'delivered', 'the first word counts')
      t.equal((await ask('so-noi-vu', item.links['content'] ?? '')).status, 200, 'it can still be fetched')
    })

    await t.test('a refusal reaches the sender at once, with its reason', async t => {
      const { id } = await deposit('inbox-2')
      const [item] = await peek('so-noi-vu', 'lockSeconds=60') as [Item]
      for (const [body, headers, code] of [['{}', JSON_BODY, 'REQUEST_INVALID'], ['{"reason":" "}', JSON_BODY, 'REQUEST_INVALID'], ['{"reason":1}', JSON_BODY, 'REQUEST_INVALID'], ['{', JSON_BODY, 'JSON_MALFORMED'], ['reason=a', { 'content-type': 'application/x-www-form-urlencoded' }, 'CONTENT_TYPE_UNSUPPORTED']] as const) {
        t.equal((await ask('so-noi-vu', `/v1/inbox/${item.deliveryId}/reject`, { headers, body })).json['code'], code, body)
      }
      t.equal(await stateOf(id), 'available')
      t.equal((await reject('so-noi-vu', item.deliveryId, 'Gửi nhầm cơ quan nhận.')).status, 204)
      const seen = (await ask('ubnd-tinh', `/v1/packages/${id}`)).json['deliveries'][0]
      t.match(seen, { state: 'refused', problem: { code: 'RECIPIENT_REFUSED', detail: 'Gửi nhầm cơ quan nhận.' } })
      const timeline = (await ask('ubnd-tinh', `/v1/packages/${id}/timeline`)).json['items'] as Array<{ type: string }>
      t.match(timeline.find(({ type }) => type === 'delivery.refused'), { actor: 'client:so-noi-vu', data: { problem: { detail: 'Gửi nhầm cơ quan nhận.' } } })
      t.equal((await reject('so-noi-vu', item.deliveryId)).status, 204, 'twice is harmless')
      t.match((await ack('so-noi-vu', item.deliveryId)).json, { status: 409, code: 'DELIVERY_NOT_AVAILABLE' })
      t.equal((await ask('so-noi-vu', `/v1/inbox/${item.deliveryId}/content`)).status, 409)
    })

    await t.test('one word of many said at once counts', async t => {
      const { id } = await deposit('inbox-3')
      const [item] = await peek('so-noi-vu', 'lockSeconds=60') as [Item]
      const answers = await Promise.all(Array.from({ length: 12 }, async (_, n) => n % 2 === 0 ? await ack('so-noi-vu', item.deliveryId) : await reject('so-noi-vu', item.deliveryId)))
      const state = await stateOf(id)
      const [said, unsaid] = state === 'delivered' ? [0, 1] : [1, 0]
      t.strictSame([...new Set(answers.filter((_, n) => n % 2 === said).map(({ status }) => status))], [204])
      t.strictSame([...new Set(answers.filter((_, n) => n % 2 === unsaid).map(({ status }) => status))], [409])
      const events = (await ask('ubnd-tinh', `/v1/packages/${id}/timeline`)).json['items'].filter(({ type }: { type: string }) => /^delivery\.(delivered|refused)$/.test(type))
      t.equal(events.length, 1)
    })

    await t.test('what is not there is not found', async t => {
      for (const path of ['content', 'ack', 'reject']) {
        const options = path === 'content' ? {} : path === 'ack' ? { method: 'POST' } : { headers: JSON_BODY, body: '{"reason":"x"}' }
        t.match((await ask('so-noi-vu', `/v1/inbox/${NOTHING}/${path}`, options)).json, { status: 404, code: 'NOT_FOUND' }, path)
        t.match((await ask('so-noi-vu', `/v1/inbox/no-id/${path}`, options)).json, { status: 400, code: 'REQUEST_INVALID' }, path)
      }
      for (const query of ['limit=0', 'limit=101', 'lockSeconds=0', 'lockSeconds=999999', 'limit=x', 'more=1']) t.equal((await ask('so-noi-vu', `/v1/inbox?${query}`)).status, 400, query)
    })

    await t.test('urgent packages come first, then the oldest', async t => {
      const sent = ['a', 'b', 'c', 'd'].map((name, index) => ({ name: `inbox-4${name}`, priority: [0, 2, 0, 4][index] ?? 0 }))
      const ids: string[] = []
      for (const { name, priority } of sent) ids.push((await deposit(name, { to: 'H36.102', priority })).id)
      const items = await peek('xa-di-linh', 'limit=10&lockSeconds=60')
      t.strictSame(items.map(each => each.package.id), [ids[1], ids[3], ids[0], ids[2]])
    })

    await t.test('a hundred and twenty items are read page by page by two readers, each item by one', async t => {
      const ids = await Promise.all(Array.from({ length: 120 }, async (_, n) => (await ask('ubnd-tinh', '/v1/packages', { headers: XML, body: messageOf(`inbox-5-${n}`, { to: 'H36.212', priority: n % 10 === 0 ? 2 : 0 }) })).json['id'] as string))
      t.equal(new Set(ids).size, 120)
      const states = async (): Promise<number> => {
        const { json } = await ask('van-hanh', '/v1/packages?to=H36.212&state=available&limit=200')
        return json['items'].length
      }
      await eventually(async () => await states() === 120)
      const seen: Item[] = []
      const read = async (limit: number): Promise<void> => {
        for (;;) {
          const items = await peek('phuong-phan-thiet', `limit=${limit}&lockSeconds=300`)
          if (items.length === 0) return
          seen.push(...items)
          const urgency = items.map(each => Number(each.package.envelope.priority > 0))
          t.strictSame(urgency, [...urgency].sort().reverse(), 'urgent first on every page')
          if (items.length < limit) continue
          t.equal(items.length, limit)
        }
      }
      await Promise.all([read(20), read(7)])
      t.equal(seen.length, 120)
      t.strictSame(seen.map(each => each.package.id).sort(), [...ids].sort(), 'none twice, none forgotten')
      t.strictSame([...new Set(await Promise.all(seen.map(async ({ deliveryId }) => (await ack('phuong-phan-thiet', deliveryId)).status)))], [204])
      t.equal(await states(), 0)
    })
  })
}
