// Promise: sending again is harmless. The same content gets the first answer, other content under a used name is refused.
import t from 'tap'
import { openProvince, runHub, setUps } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { call, JSON_BODY, XML, type Answer } from '../support/wire.js'
import { documentMessage } from '../unit/formats/edxml-messages.js'
import { dossier } from './hostile-requests.js'

interface Sending { as?: string, body: string, key?: string, headers?: Record<string, string> }

for (const setUp of await setUps()) {
  await t.test(setUp, async t => {
    const province = await openProvince(t, setUp)
    let { url, stop } = await runHub(t, province.config)
    const keyOf = (id: string): string => province.keys.get(id) ?? ''
    const send = async ({ as = 'ubnd-tinh', body, key, headers = XML }: Sending): Promise<Answer> =>
      await call(`${url}/v1/packages`, { key: keyOf(as), headers: { ...headers, ...(key === undefined ? {} : { 'idempotency-key': key }) }, body })
    const countOf = async (documentId: string): Promise<number> => {
      const { json } = await call(`${url}/v1/packages?limit=200`, { key: keyOf('van-hanh') })
      return json['items'].filter(({ envelope }: { envelope: { identifier: string } }) => envelope.identifier.endsWith(documentId)).length
    }
    const arrivals = (packageId: string): number =>
      [...province.receivers.values()].flatMap(receiver => receiver.received()).filter(other => other.packageId === packageId).length

    await t.test('the same bytes get the same answer', async t => {
      const body = documentMessage({ documentId: 'again-1', to: ['H36.11', 'H36.101', 'H36.999'] })
      const first = await send({ body })
      t.match(first, { status: 202, json: { repeated: false } })
      t.equal(first.headers.get('idempotent-replayed'), null)
      const again = await send({ body })
      t.match(again, { status: 202, json: { repeated: true } })
      t.equal(again.headers.get('idempotent-replayed'), 'true')
      t.equal(again.headers.get('location'), `/v1/packages/${first.json['id']}`)
      t.strictSame({ ...again.json, repeated: false }, first.json, 'the answer is the first one')
      await eventually(() => arrivals(first.json['id']) === 2)
    })

    await t.test('twenty senders of one package at once make one package', async t => {
      const body = documentMessage({ documentId: 'again-2' })
      const answers = await Promise.all(Array.from({ length: 20 }, async (_, n) => await send({ body, ...(n % 2 === 0 ? { key: 'crowd' } : {}) })))
      t.strictSame([...new Set(answers.map(({ status }) => status))], [202])
      t.equal(new Set(answers.map(({ json }) => json['id'])).size, 1)
      t.equal(answers.filter(({ json }) => json['repeated'] === false).length, 1)
      t.equal(await countOf('again-2'), 1)
      await eventually(() => arrivals(answers[0]?.json['id']) === 1)
    })

    await t.test('twenty contents for one identifier make one package and nineteen conflicts', async t => {
      const answers = await Promise.all(Array.from({ length: 20 }, async (_, n) => await send({ body: documentMessage({ documentId: 'again-3', more: `<Content>${n}</Content>` }) })))
      t.equal(answers.filter(({ status }) => status === 202).length, 1)
      const id = answers.find(({ status }) => status === 202)?.json['id'] as string
      for (const { json } of answers.filter(({ status }) => status !== 202)) t.match(json, { status: 409, code: 'PACKAGE_CONFLICT', detail: new RegExp(id) })
      t.equal(await countOf('again-3'), 1)
    })

    await t.test('a copy that came another way, with other traces, is the same document', async t => {
      const trace = (code: string, time: string): string => `<TraceHeader>${code === '' ? '' : `<OrganId>${code}</OrganId>`}<Timestamp>2026/03/16 ${time}</Timestamp></TraceHeader>`
      const traces = (type: string, ...way: string[]): string => `<TraceHeaderList>${trace('H36', '09:00:00')}${way.join('')}<Bussiness><BussinessDocType>${type}</BussinessDocType><BussinessDocReason>x</BussinessDocReason></Bussiness></TraceHeaderList>`
      for (const type of ['0', '2']) {
        const copy = (to: string[], ...way: string[]): string => documentMessage({ documentId: 'again-carried', to, traces: traces(type, ...way) })
        const first = await send({ body: copy(['H36.11', 'H36.101'], trace('VXP', '09:00:05')) })
        t.match(first, { status: 202, json: { repeated: false } })
        for (const way of [[], [trace('VXP', '09:00:07')], [trace('', '09:01:00'), trace('null', '09:02:00')]]) {
          t.match(await send({ body: copy(['H36.11', 'H36.101'], ...way) }), { status: 202, json: { repeated: true, id: first.json['id'] } }, `type ${type}`)
        }
        t.match(await send({ body: copy(['H36.11'], trace('VXP', '09:00:07')) }), { status: 202, json: { repeated: true, id: first.json['id'] } }, 'a copy that names one of them')
      }
    })

    await t.test('the same document once more in a message that names others reaches those; with other content it is a conflict', async t => {
      const naming = (to: string[], more = ''): string => documentMessage({ documentId: 'again-9', to, more })
      const first = await send({ body: naming(['H36.11']) })
      const second = await send({ body: naming(['H36.101']) })
      t.match([first.status, second.status, second.json], [202, 202, { repeated: false, deliveries: [{ to: 'H36.101' }] }])
      t.match((await send({ body: naming(['H36.101']) })).json, { id: second.json['id'], repeated: true })
      t.match((await send({ body: naming(['H36.11']) })).json, { id: first.json['id'], repeated: true })
      t.match((await send({ body: naming(['H36.201'], '<Content>x</Content>') })).json, { status: 409, code: 'PACKAGE_CONFLICT' })
      await eventually(() => arrivals(first.json['id']) === 1 && arrivals(second.json['id']) === 1)
    })

    await t.test('the identifier of another agency does not collide', async t => {
      const other = await send({ as: 'so-tai-chinh', body: documentMessage({ from: 'H36.03', documentId: 'again-3' }) })
      t.match(other, { status: 202, json: { repeated: false } })
    })

    await t.test('an Idempotency-Key belongs to its client and to one content', async t => {
      const first = await send({ body: documentMessage({ documentId: 'again-4' }), key: 'k-1' })
      const again = await send({ body: documentMessage({ documentId: 'again-4' }), key: '"k-1"' })
      t.match(again.json, { id: first.json['id'], repeated: true })
      const reused = await send({ body: documentMessage({ documentId: 'again-5' }), key: 'k-1' })
      t.match(reused.json, { status: 409, code: 'IDEMPOTENCY_KEY_REUSED' })
      t.equal(await countOf('again-5'), 0)
      const theirs = await send({ as: 'so-tai-chinh', body: documentMessage({ from: 'H36.03', documentId: 'again-5' }), key: 'k-1' })
      t.match(theirs, { status: 202, json: { repeated: false } })
      const keyed = await send({ body: documentMessage({ documentId: 'again-4', more: '<Content>other</Content>' }), key: 'k-2' })
      t.match(keyed.json, { status: 409, code: 'PACKAGE_CONFLICT' })
      const otherKey = await send({ body: documentMessage({ documentId: 'again-4' }), key: 'k-3' })
      t.match(otherKey.json, { id: first.json['id'], repeated: true })
    })

    await t.test('a dossier is the same by its own identifier', async t => {
      const first = await send({ headers: JSON_BODY, body: dossier({ packageId: 'again-6' }) })
      t.match((await send({ headers: JSON_BODY, body: dossier({ packageId: 'again-6' }) })).json, { id: first.json['id'], repeated: true })
      t.match((await send({ headers: JSON_BODY, body: dossier({ packageId: 'again-6', reason: 'Khác.' }) })).json, { status: 409, code: 'PACKAGE_CONFLICT' })
    })

    await t.test('a restart forgets nothing', async t => {
      const body = documentMessage({ documentId: 'again-7' })
      const first = await send({ body, key: 'k-7' })
      await eventually(() => arrivals(first.json['id']) === 1)
      await stop()
      ;({ url, stop } = await runHub(t, province.config))
      t.match((await send({ body, key: 'k-7' })).json, { id: first.json['id'], repeated: true })
      t.match((await send({ body })).json, { id: first.json['id'], repeated: true })
      t.match((await send({ body: documentMessage({ documentId: 'again-8' }), key: 'k-7' })).json, { status: 409, code: 'IDEMPOTENCY_KEY_REUSED' })
      t.match((await send({ body: documentMessage({ documentId: 'again-7', more: '<Content>x</Content>' }) })).json, { status: 409, code: 'PACKAGE_CONFLICT' })
      t.equal(arrivals(first.json['id']), 1)
    })

    t.equal([...province.receivers.values()].reduce((sum, { counts }) => sum + counts.duplicates, 0), 0, 'no receiver got anything twice')
  })
}
