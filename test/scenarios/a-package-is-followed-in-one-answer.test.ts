// Promise: one answer tells the sender who has a package, who refused it and who is waited for, and what each agency has done
// with the document; a status said twice counts once, and a recipient sees no more than itself.
import t from 'tap'
import { statusMessage } from '../../src/demo/edxml.js'
import { statesAfter } from '../../src/model/delivery-states.js'
import { openProvince, runHub, setUps } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { briskly, deliveryIn, eventsOf, FETCHED, findPackage, listPackages, makeLetter, PUSHED, receiverOf, send } from '../support/traffic.js'
import { call, XML, type Answer } from '../support/wire.js'
import { documentMessage, traceList } from '../unit/formats/edxml-messages.js'

const DAY = Date.UTC(2026, 10, 20, 2)
const CLERKS = { 'H36.11': 'so-tu-phap', 'H36.101': 'xa-duc-trong', [FETCHED]: 'xa-di-linh' } as const

for (const setUp of await setUps()) {
  await t.test(setUp, async t => {
    const province = await openProvince(t, setUp, config => briskly(config, { retry: { maxAttempts: 2, jitter: 0 } }))
    const { url } = await runHub(t, province.config)
    const sender = province.client(url, 'ubnd-tinh')
    const post = async (client: string, body: string | Buffer, more: Record<string, string> = {}): Promise<Answer> =>
      await call(`${url}/v1/packages`, { key: province.keys.get(client), headers: { ...XML, ...more }, body })
    /** A status of a recipient, or a retract request of the sender to it. */
    const say = async (recipient: keyof typeof CLERKS, statusCode: string, { documentId, at = DAY, description = 'Ghi chú' }: { documentId: string, at?: number, description?: string }): Promise<Answer> => {
      const [from, to] = statusCode === '13' ? ['H36', recipient] : [recipient, 'H36']
      const body = statusMessage({ from: { code: from, name: from }, issuer: to, documentId, code: '1/UBND-VX', promulgationDate: '2026/11/20', statusCode, description, at })
      return await post(statusCode === '13' ? 'ubnd-tinh' : CLERKS[recipient], body)
    }
    const recipientsOf = async (id: string, client = 'ubnd-tinh'): Promise<Answer['json']> => (await call(`${url}/v1/packages/${id}/recipients`, { key: province.keys.get(client), headers: { 'accept-language': 'en' } })).json
    const stateOf = async (id: string, to: string): Promise<string> => (await recipientsOf(id))['items'].find((item: { to: string }) => item.to === to).business.state

    await t.test('who has it, who refused it, who is waited for', async t => {
      receiverOf(province, 'xa-duc-trong').misbehave({ kind: 'status', status: 422, body: 'wrong register', times: 1 })
      const letter = makeLetter({ to: [PUSHED.justice, PUSHED.ducTrong, FETCHED] })
      const { id } = await send(sender, letter)
      const documentId = letter.identifier
      // The refusal is told to the sender, and counts as the word of the recipient.
      await eventually(async () => (await recipientsOf(id))['summary'].counts.business.REFUSED === 1)
      await eventually(async () => (await recipientsOf(id))['summary'].has.length === 1)
      for (const code of ['01', '03']) t.match(await say('H36.11', code, { documentId }), { status: 202, json: { repeated: false } })
      t.match(await recipientsOf(id), {
        packageId: id,
        summary: { recipients: 3, has: ['H36.11'], refused: ['H36.101'], waiting: [FETCHED], failed: [], counts: { business: { ACCEPTED: 1, REFUSED: 1, SENT: 1 } } },
        items: [
          { to: 'H36.11', delivery: { state: 'delivered' }, business: { state: 'ACCEPTED', history: [{ code: '01', effect: 'applied' }, { code: '03', effect: 'applied' }] } },
          { to: 'H36.101', delivery: { state: 'refused', problem: { code: 'ENDPOINT_REFUSED', detail: /wrong register/ } } },
          { to: FETCHED, delivery: { state: 'available' } }
        ]
      })
      t.same((await recipientsOf(id, 'so-tu-phap'))['items'].map(({ to }: { to: string }) => to), ['H36.11'], 'a recipient sees itself')
      t.match(await call(`${url}/v1/packages/${id}/recipients`, { key: province.keys.get('so-noi-vu') }), { status: 404 })
      t.equal((await recipientsOf(id, 'van-hanh'))['items'].length, 3, 'an operator sees all')
    })

    await t.test('a status said again, later and in other words, is acknowledged and counts once', async t => {
      const letter = makeLetter({ to: [PUSHED.justice] })
      const { id } = await send(sender, letter)
      const documentId = letter.identifier
      await deliveryIn(sender, id, ['delivered'])
      const first = await say('H36.11', '01', { documentId })
      t.match(await say('H36.11', '01', { documentId, at: DAY + 60_000, description: 'Đã nhận' }), { status: 202, json: { repeated: true, id: first.json['id'] } })
      await say('H36.11', '05', { documentId })
      t.match(await say('H36.11', '03', { documentId }), { status: 202, json: { repeated: false } }, 'a step back is stored')
      t.match((await recipientsOf(id))['items'], [{ business: { state: 'PROCESSING', history: [{ code: '01' }, { code: '05' }, { code: '03', effect: 'regression' }] } }])
    })

    await t.test('a retract request waits for its answer, and may be made again after a no', async t => {
      const letter = makeLetter({ to: [PUSHED.justice] })
      const { id } = await send(sender, letter)
      const documentId = letter.identifier
      await deliveryIn(sender, id, ['delivered'])
      const asked = await say('H36.11', '13', { documentId })
      t.equal(asked.status, 202, JSON.stringify(asked.json))
      await deliveryIn(sender, asked.json['id'], ['delivered'])
      t.match((await recipientsOf(id))['items'], [{ business: { state: 'CHANGE_PENDING', pending: { change: '13', behind: 'SENT', answerBy: /^\d{4}-\d\d-\d\d$/, overdue: false } } }])
      t.match(await say('H36.11', '13', { documentId, at: DAY + 1000 }), { status: 202, json: { repeated: true, id: asked.json['id'] } }, 'the question is open already')
      await say('H36.11', '16', { documentId, at: DAY + 2000 })
      t.equal(await stateOf(id, 'H36.11'), 'SENT')
      const again = await say('H36.11', '13', { documentId, at: DAY + 3000 })
      t.match(again, { status: 202, json: { repeated: false } })
      await deliveryIn(sender, again.json['id'], ['delivered'])
      t.match(await say('H36.11', '15', { documentId, at: DAY + 4000 }), { json: { repeated: false } })
      t.match(await say('H36.11', '15', { documentId, at: DAY + 5000 }), { json: { repeated: true } })
      t.equal(await stateOf(id, 'H36.11'), 'WITHDRAWN')
    })

    await t.test('a revocation and an update wait for their answers, too', async t => {
      const documentId = `followed-${setUp}`
      const { json } = await post('ubnd-tinh', documentMessage({ documentId }))
      const id = json['id'] as string
      await deliveryIn(sender, id, ['delivered'])
      const change = (type: number, at: string): string => documentMessage({ documentId, traces: traceList(`<DocumentId>${documentId}</DocumentId><BussinessDocType>${type}</BussinessDocType><BussinessDocReason>Sửa</BussinessDocReason>`, at) })
      const update = await post('ubnd-tinh', change(2, '2026/03/17 09:00:00'))
      await deliveryIn(sender, update.json['id'], ['delivered'])
      t.match((await recipientsOf(id))['items'][0].business, { state: 'CHANGE_PENDING', pending: { change: 'update' } })
      await say('H36.11', '15', { documentId })
      t.equal(await stateOf(id, 'H36.11'), 'UPDATED')
      const revocation = await post('ubnd-tinh', documentMessage({ documentId, traces: traceList('<BussinessDocType>1</BussinessDocType><BussinessDocReason>Gửi nhầm</BussinessDocReason>', '2026/03/18 09:00:00') }))
      await deliveryIn(sender, revocation.json['id'], ['delivered'])
      await say('H36.11', '15', { documentId, at: DAY + 1000 })
      t.equal(await stateOf(id, 'H36.11'), 'WITHDRAWN')
    })

    await t.test('the history of every delivery of this hub is one that the table of its life allows', async t => {
      const operator = province.client(url, 'van-hanh')
      const packages = await listPackages(operator)
      t.ok(packages.length > 10)
      for (const { id } of packages) {
        // Read one after the other: a step may lie between.
        await eventually(async () => {
          const events = await eventsOf(operator, id)
          const { deliveries } = await findPackage(operator, id)
          return deliveries.every(({ id: deliveryId, state }) => statesAfter(events.filter(event => event.deliveryId === deliveryId)).includes(state))
        }, 5000)
      }
    })
  })
}
