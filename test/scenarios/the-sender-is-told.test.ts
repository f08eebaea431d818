// Promise: what becomes of a package reaches its sender through its own endpoint and in its own format, a refusal at once,
// everything once; the hub speaks in the name of a recipient, and nobody else can.
import t from 'tap'
import { statusMessage } from '../../src/demo/edxml.js'
import { DOSSIER_EXAMPLE } from '../../src/http/examples.js'
import type { HubConfig } from '../../src/model/generated.js'
import { openProvince, runHub, setUps } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { briskly, deliveryIn, eventsOf, FETCHED, listPackages, makeLetter, PUSHED, receiverOf, send, withEndpoint } from '../support/traffic.js'
import { call, XML, type Answer } from '../support/wire.js'
import { documentMessage, traceList } from '../unit/formats/edxml-messages.js'

const DAY = Date.UTC(2026, 10, 20, 2)
const PACKAGE = { 'content-type': 'application/vnd.lienthong.package+json' }
const JSON_BODY = { 'content-type': 'application/json' }

const prepare = (config: HubConfig): HubConfig => withEndpoint(withEndpoint(briskly(config, { retry: { maxAttempts: 2, jitter: 0 } }),
  'xa-duc-trong', { arrivalStatus: 'hub' }), 'mot-cua-tinh', { receipts: ['accepted', 'delivered', 'refused', 'overdue', 'dead'] })

for (const setUp of await setUps()) {
  await t.test(setUp, async t => {
    const province = await openProvince(t, setUp, prepare)
    const { url } = await runHub(t, province.config)
    const sender = province.client(url, 'ubnd-tinh')
    const ask = async (as: string, path: string, { body, headers = {} }: { body?: string | Buffer, headers?: Record<string, string> } = {}): Promise<Answer> =>
      await call(`${url}${path}`, { key: province.keys.get(as), headers: { 'accept-language': 'en', ...headers }, ...(body === undefined ? {} : { body }) })
    /** What the system of a sender has been handed, as text, that speaks of something. */
    const toldTo = (endpoint: string, about: string): string[] => receiverOf(province, endpoint).received().map(({ body }) => body?.toString() ?? '').filter(body => body.includes(about))
    const firstTold = async (endpoint: string, about: string): Promise<string> => await eventually(() => toldTo(endpoint, about)[0])

    await t.test('a refusal reaches the sender at once, as a status 02 of the recipient with its reason', async t => {
      receiverOf(province, 'so-tu-phap').misbehave({ kind: 'status', status: 422, body: 'sai nơi nhận', times: 1 })
      const letter = makeLetter({ to: [PUSHED.justice] })
      const startedAt = performance.now()
      const { id } = await send(sender, letter)
      const told = await firstTold('ubnd-tinh', letter.identifier)
      const tookMs = performance.now() - startedAt
      t.comment(`from handing in to the refusal in the sender's system: ${Math.round(tookMs)} ms`)
      t.ok(tookMs < 3000, `told after ${Math.round(tookMs)} ms`)
      t.match(told, /<edXML:OrganId>H36\.11</)
      t.match(told, /<edXML:StatusCode>02</)
      t.match(told, /Cơ quan nhận từ chối tiếp nhận: .*sai nơi nhận/)
      const { type, data } = await eventually(async () => (await eventsOf(sender, id)).find(event => event.type === 'receipt.sent')) as { type: string, data: { event?: string, receiptId?: string } }
      t.match({ type, data }, { data: { event: 'refused', receiptId: String } })
      t.match((await ask('ubnd-tinh', `/v1/packages/${data.receiptId}`)).json, { fromAgency: 'H36.11', status: { receipt: { event: 'refused', packageId: id, to: 'H36.11', problem: { code: 'ENDPOINT_REFUSED' } } } })
      t.match((await ask('ubnd-tinh', `/v1/packages/${id}/recipients`)).json, { summary: { refused: ['H36.11'] }, items: [{ business: { state: 'REFUSED' } }] })
    })

    await t.test('a rejection in the inbox, too', async t => {
      const letter = makeLetter({ to: [FETCHED] })
      const { id } = await send(sender, letter)
      const { id: deliveryId } = await deliveryIn(sender, id, ['available'])
      t.equal((await ask('xa-di-linh', `/v1/inbox/${deliveryId}/reject`, { headers: JSON_BODY, body: JSON.stringify({ reason: 'Gửi nhầm cơ quan nhận.' }) })).status, 204)
      const told = await firstTold('ubnd-tinh', letter.identifier)
      t.match(told, /<edXML:StatusCode>02</)
      t.match(told, /Gửi nhầm cơ quan nhận/)
    })

    await t.test('what is dead, or has expired, is told; what is delivered only to who wants to know', async t => {
      receiverOf(province, 'so-tu-phap').misbehave({ kind: 'status', status: 503 })
      const dead = makeLetter({ to: [PUSHED.justice] })
      const { id } = await send(sender, dead)
      t.match(await firstTold('ubnd-tinh', dead.identifier), /Trục liên thông không chuyển được/)
      receiverOf(province, 'so-tu-phap').misbehave(undefined)
      t.match((await ask('ubnd-tinh', `/v1/packages/${id}/recipients`)).json, { summary: { failed: ['H36.11'] }, items: [{ delivery: { state: 'dead' }, business: { state: 'SENT' } }] }, 'which is no word of the recipient')
      const expiring = makeLetter({ to: [FETCHED] })
      const accepted = await ask('ubnd-tinh', `/v1/packages?expiresAt=${encodeURIComponent(new Date(Date.now() + 1500).toISOString())}`, { headers: XML, body: expiring.body })
      t.equal(accepted.status, 202, JSON.stringify(accepted.json))
      t.match(await firstTold('ubnd-tinh', expiring.identifier), /không chuyển được trong thời hạn/)
      const delivered = makeLetter({ to: [PUSHED.justice] })
      await deliveryIn(sender, (await send(sender, delivered)).id, ['delivered'])
      t.same(toldTo('ubnd-tinh', delivered.identifier), [])
    })

    await t.test('where the recipient\'s system gives none, the hub says that a document has arrived', async t => {
      const letter = makeLetter({ to: [PUSHED.ducTrong] })
      const { id } = await send(sender, letter)
      t.match(await firstTold('ubnd-tinh', letter.identifier), /<edXML:StatusCode>01</)
      t.match((await ask('ubnd-tinh', `/v1/packages/${id}/recipients`)).json, { items: [{ business: { state: 'ARRIVED' } }] })
      const own = statusMessage({ from: { code: 'H36.101', name: 'Đức Trọng' }, issuer: 'H36', documentId: letter.identifier, code: '1/UBND-VX', promulgationDate: '2026/11/20', statusCode: '01', description: '', at: DAY })
      t.match(await ask('xa-duc-trong', '/v1/packages', { headers: XML, body: own }), { status: 202, json: { repeated: true } }, 'which it may say itself: it counts once')
    })

    await t.test('a sender that speaks JSON is told in JSON, with all facts, of all that it asked for', async t => {
      const documentId = `json-${setUp}`
      const { json } = await ask('mot-cua-tinh', '/v1/packages', { headers: XML, body: documentMessage({ from: 'H36.01.01', documentId }) })
      await eventually(() => toldTo('mot-cua-tinh', documentId).length === 2)
      // The hub's word and the recipient's are statuses of two senders: they do not wait for each other on the way.
      const told = toldTo('mot-cua-tinh', documentId).map(body => (JSON.parse(body) as { status: { receipt: { at: string } } }).status.receipt).sort((a, b) => a.at < b.at ? -1 : 1)
      t.match(told, [{ event: 'accepted', packageId: json['id'], to: 'H36.11' }, { event: 'delivered', packageId: json['id'], agency: 'H36.11', attempts: 1 }])
    })

    await t.test('of a dossier it is told as an answer to the dossier', async t => {
      receiverOf(province, 'so-tu-phap').misbehave({ kind: 'status', status: 422, body: 'hồ sơ lạ', times: 1 })
      const packageId = `dossier-${setUp}`
      const { status } = await ask('mot-cua-tinh', '/v1/packages', { headers: JSON_BODY, body: JSON.stringify({ ...DOSSIER_EXAMPLE, packageId, from: 'H36.01.01' }) })
      t.equal(status, 202)
      await eventually(() => toldTo('mot-cua-tinh', packageId).length === 2)
      t.match(toldTo('mot-cua-tinh', packageId).map(body => JSON.parse(body)), [
        { dossier: { kind: 'ack', from: 'H36.11', inReplyTo: packageId } },
        { dossier: { kind: 'error', from: 'H36.11', MaHoSo: DOSSIER_EXAMPLE.MaHoSo, inReplyTo: packageId, reason: /hồ sơ lạ/ } }
      ])
    })

    await t.test('what is late for its appointed time is told, shown and still delivered', async t => {
      const letter = makeLetter({ to: [FETCHED], priority: 4 })
      const deliverBy = new Date(Date.now() + 1000).toISOString()
      const { json } = await ask('ubnd-tinh', `/v1/packages?deliverBy=${encodeURIComponent(deliverBy)}`, { headers: XML, body: letter.body })
      t.match(await firstTold('ubnd-tinh', letter.identifier), /<edXML:StatusCode>00<[\s\S]*chưa chuyển được đúng hẹn/)
      t.match((await ask('ubnd-tinh', `/v1/packages/${json['id']}/recipients`)).json, { items: [{ delivery: { state: 'available', deliverBy, overdueAt: String } }] })
      t.ok((await eventsOf(sender, json['id'])).some(({ type }) => type === 'deadline.missed'))
      const { id: deliveryId } = await deliveryIn(sender, json['id'], ['available'])
      await ask('xa-di-linh', `/v1/inbox/${deliveryId}/ack`, { headers: JSON_BODY, body: '{}' })
      await eventually(() => toldTo('ubnd-tinh', letter.identifier).some(body => body.includes('<edXML:StatusCode>01<')))
    })

    await t.test('deadlines that are over, or too far away, are refused', async t => {
      for (const query of ['expiresAt=2020-01-01T00:00:00Z', 'expiresAt=2199-01-01T00:00:00Z', 'deliverBy=2020-01-01T00:00:00Z', 'expiresAt=tomorrow']) {
        t.match(await ask('ubnd-tinh', `/v1/packages?${query}`, { headers: XML, body: makeLetter({ to: [PUSHED.justice] }).body }), { status: 400, json: { code: 'REQUEST_INVALID' } }, query)
      }
    })

    await t.test('a revocation in time is answered at once: agreed to, since nobody ever saw the document', async t => {
      const documentId = `recalled-${setUp}`
      const blocker = await ask('ubnd-tinh', '/v1/packages', { headers: XML, body: documentMessage({ documentId, to: [FETCHED] }) })
      await deliveryIn(sender, blocker.json['id'], ['available'])
      await ask('ubnd-tinh', '/v1/packages', { headers: XML, body: documentMessage({ documentId, to: [FETCHED], traces: traceList('<BussinessDocType>1</BussinessDocType><BussinessDocReason>Gửi nhầm</BussinessDocReason>') }) })
      t.match(await firstTold('ubnd-tinh', documentId), /<edXML:StatusCode>15</)
      t.match((await ask('ubnd-tinh', `/v1/packages/${blocker.json['id']}/recipients`)).json, { items: [{ delivery: { state: 'cancelled' }, business: { state: 'WITHDRAWN' } }] })
    })

    await t.test('nobody but the hub tells', async t => {
      const status = { statusCode: '02', responseFor: { organId: 'H36', documentId: 'x', code: '1', promulgationDate: '2026-11-20' }, description: 'x', at: '2026-11-20T09:00:00+07:00' }
      const receipt = { event: 'dead', packageId: '0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e', deliveryId: '0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e', to: 'H36.11', at: '2026-11-20T02:00:00.000Z' }
      const body = JSON.stringify({ envelope: { from: { code: 'H36.11' } }, status: { ...status, receipt } })
      const answer = await ask('so-tu-phap', '/v1/packages', { headers: PACKAGE, body })
      t.ok(answer.status >= 400, String(answer.status))
      t.match(answer.json['errors'], [{ pointer: '/status/receipt' }])
    })

    await t.test('everything is told once, and of what is told nothing is told', async t => {
      const all = await listPackages(province.client(url, 'van-hanh'))
      const events = (await Promise.all(all.map(async ({ id }) => await eventsOf(province.client(url, 'van-hanh'), id)))).flat()
      const told = events.filter(({ type }) => type === 'receipt.sent').map(({ deliveryId, data }) => `${deliveryId} ${(data as { event?: string }).event}`)
      t.ok(told.length >= 10, String(told.length))
      t.same(told, [...new Set(told)])
      t.same(events.filter(({ type }) => type === 'receipt.refused'), [])
      const statuses = new Set(all.filter(({ envelope }) => (envelope as { kind?: string }).kind === 'status').map(({ id }) => id))
      t.same(events.filter(({ type, ...event }) => type === 'receipt.sent' && statuses.has((event as { packageId?: string }).packageId ?? '')), [])
    })
  })
}
