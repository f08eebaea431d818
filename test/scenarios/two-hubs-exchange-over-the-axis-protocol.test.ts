// Promise: a hub speaks the protocol of the national axis from both sides. A national hub with the axis door open and provincial
// hubs with an endpoint on the adapter vxp exchange documents and statuses, each once and in order, whatever breaks in between.
import t, { type Test } from 'tap'
import { pullDirectory } from '../../src/pull-directory.js'
import { documentIdOf, documentMessage, statusMessage, type DemoChange, type DemoFile, type DemoOrganization } from '../../src/demo/edxml.js'
import type { ApiClient } from '../../src/demo/client.js'
import type { HubConfig } from '../../src/model/generated.js'
import { newDocumentIdentifier } from '../../src/formats/edxml/envelope.js'
import { openProvince, type TestProvince } from '../support/hub.js'
import { type Account, apart, emptyInbox, type Fetched, filesIn, openHub, openNation, towards, type Nation, type RestartableHub } from '../support/nation.js'
import { eventually } from '../support/time.js'
import { allSettled, findPackage, listPackages, receiverOf, type AcceptedView } from '../support/traffic.js'
import { createVxpSdk } from '../support/vxp-sdk.js'

const AT = Date.UTC(2026, 10, 20, 2)
const LAM_DONG: Account = { id: 'hub-h36', secret: 'secret-of-lam-dong', agencies: ['H36', 'H36.03', 'H36.11', 'H36.101', 'H36.102'] }
const HA_NOI: Account = { id: 'hub-h26', secret: 'secret-of-ha-noi', agencies: ['H26'] }
const MINISTRY: Account = { id: 'bo-tu-phap', agencies: ['G15'] }
const JUSTICE = { code: 'H36.11', name: 'Sở Tư pháp tỉnh Lâm Đồng' }
const G15 = { code: 'G15', name: 'Bộ Tư pháp' }
const H26 = { code: 'H26', name: 'UBND thành phố Hà Nội' }
const FILES: DemoFile[] = [
  { name: 'van-ban.pdf', contentType: 'application/pdf', bytes: Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(300_000, 'nội dung')]) },
  { name: 'phu-luc.xlsx', contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', bytes: Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(2000, 7)]) }
]
const XML = { 'content-type': 'application/xml' }

/** `identifier`: what hubs call the package of the new document. */
interface Written { body: Buffer, documentId: string, identifier: string, notation: string, sha256: string[] }
let numbers = 100

/** A document with two files; `of` makes it a change of that one. */
function write (from: DemoOrganization, to: readonly DemoOrganization[], { of, change, files = FILES }: { of?: string, change?: DemoChange, files?: DemoFile[] } = {}): Written {
  const number = of ?? String(++numbers)
  const facts = { from, to: [...to], number, notation: 'XYZ', at: AT }
  const body = documentMessage({ ...facts, subject: `V/v trao đổi ${number}`, priority: 0, files, ...(change === undefined ? {} : { change }) })
  const documentId = documentIdOf(facts)
  return { body, documentId, identifier: newDocumentIdentifier(documentId), notation: `${number}/XYZ`, sha256: filesIn(body) }
}

async function send (client: ApiClient, body: Buffer): Promise<AcceptedView> {
  const answer = await client.post<AcceptedView>('/v1/packages', body, XML)
  if (answer.status !== 202) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

/** What an agency gets by its inbox, as soon as there is so much. */
async function fetchAll (client: ApiClient, count = 1): Promise<Fetched[]> {
  const found: Fetched[] = []
  await eventually(async () => {
    found.push(...await emptyInbox(client))
    return found.length >= count
  }, 30_000)
  return found
}

interface World { nation: Nation, province: TestProvince, hub: RestartableHub, justice: ApiClient, ministry: ApiClient }

async function openWorld (t: Test, change: (config: HubConfig) => HubConfig): Promise<World> {
  const province = await openProvince(t, 'embedded')
  const nation = await openNation(t, province.config, [LAM_DONG, HA_NOI, MINISTRY])
  const hub = await openHub(t, change(towards(nation, province.config, { account: LAM_DONG })))
  return { nation, province, hub, justice: province.client(hub.url, 'so-tu-phap'), ministry: nation.client('bo-tu-phap') }
}

t.test('a national hub and provincial hubs', async t => {
  const { nation, province, hub, justice, ministry } = await openWorld(t, config => ({ ...config, limits: { ...config.limits, maxAttachments: 3 } }))
  const receiver = receiverOf(province, 'so-tu-phap')
  const sdk = (): ReturnType<typeof createVxpSdk> => createVxpSdk({ url: nation.url, systemId: LAM_DONG.id, secret: LAM_DONG.secret ?? '' })

  await t.test('a document with files goes up, its bytes arrive, and the status comes back', async t => {
    const document = write(JUSTICE, [G15, H26])
    const { id } = await send(justice, document.body)
    const [got] = await fetchAll(ministry)
    t.match(got, { kind: 'document', identifier: document.identifier })
    t.same(filesIn(got?.bytes ?? Buffer.alloc(0)), document.sha256)
    t.same(got?.files, document.sha256, 'as the national hub has counted them')
    await allSettled(justice)
    t.same((await findPackage(justice, id)).deliveries.map(({ to, state }) => [to, state]).sort(), [['G15', 'delivered'], ['H26', 'delivered']])
    const waiting = await listPackages(nation.client('hub-h26'))
    t.same(waiting.flatMap(({ deliveries }) => deliveries.map(({ to, state }) => [to, state])), [['H26', 'available']])

    const status = statusMessage({ from: G15, issuer: 'H36.11', documentId: document.documentId, code: document.notation, promulgationDate: '2026/11/20', statusCode: '03', description: 'Đã tiếp nhận', at: AT })
    await send(ministry, status)
    const back = await eventually(() => receiver.received().find(({ kind }) => kind === 'status'))
    t.match(back.body?.toString(), /<edXML:StatusCode>03</)
    const { data } = await sdk().getSentEdocList({ messagetype: 'edoc' })
    t.same((data as Array<Record<string, string>>).map(({ toCode, sendStatus, receiveStatus }) => [toCode, sendStatus, receiveStatus]).sort(), [['G15', 'sent', 'done'], ['H26', 'sent', 'initial']], 'the sent list tells who has it')
  })

  await t.test('a document comes down to two agencies, once each, and is done upstream', async t => {
    const document = write(G15, [JUSTICE, { code: 'H36.102', name: 'UBND xã Di Linh' }, H26])
    const { id } = await send(ministry, document.body)
    const pushed = await eventually(() => receiver.received().find(({ kind }) => kind === 'document'))
    const [fetched] = await fetchAll(province.client(hub.url, 'xa-di-linh'))
    for (const bytes of [pushed.body, fetched?.bytes]) t.same(filesIn(bytes ?? Buffer.alloc(0)), document.sha256)
    await eventually(async () => (await findPackage(ministry, id)).deliveries.filter(({ state }) => state === 'delivered').length === 2, 30_000)
    const down = (await listPackages(province.client(hub.url, 'van-hanh'))).filter(({ envelope }) => envelope.identifier.split('#')[0] === document.identifier)
    t.same(down.map(({ deliveries }) => deliveries.map(({ to }) => to)).sort(), [['H36.102'], ['H36.11']], 'each by its own item; the axis serves its own')
    t.equal(new Set(down.map(({ envelope: { correlationId } }) => correlationId)).size, 1, 'as one document')
    const status = statusMessage({ from: JUSTICE, issuer: 'G15', documentId: document.documentId, code: document.notation, promulgationDate: '2026/11/20', statusCode: '06', description: 'Đã hoàn thành', at: AT })
    await send(justice, status)
    t.match((await fetchAll(ministry)).map(({ kind, bytes }) => [kind, bytes.toString()]), [['status', /<edXML:StatusCode>06</]])
  })

  await t.test('an update and a revocation arrive behind their document, whatever the network does', async t => {
    nation.network.refuse()
    const document = write(JUSTICE, [G15])
    await send(justice, document.body)
    const number = document.notation.split('/')[0] ?? ''
    await send(justice, write(JUSTICE, [G15], { of: number, change: { kind: 'update', reason: 'Sửa trích yếu', at: AT + 60_000 } }).body)
    nation.network.restore()
    const kinds = (message: Buffer): string => /<edXML:BussinessDocType>(\d)</.exec(message.toString())?.[1] ?? ''
    const first = await fetchAll(ministry, 2)
    await allSettled(justice)
    await send(justice, write(JUSTICE, [G15], { of: number, change: { kind: 'revocation', reason: 'Ban hành nhầm', at: AT + 120_000 } }).body)
    const all = [...first, ...await fetchAll(ministry)]
    t.same(all.map(({ bytes }) => [bytes.includes(document.documentId), kinds(bytes)]), [[true, '0'], [true, '2'], [true, '1']])

    const down = write(G15, [JUSTICE])
    await send(ministry, down.body)
    await send(ministry, write(G15, [JUSTICE], { of: down.notation.split('/')[0] ?? '', change: { kind: 'update', reason: 'Sửa', at: AT + 60_000 } }).body)
    const mine = await eventually(() => { const seen = receiver.received().filter(({ body }) => body?.includes(down.documentId)); return seen.length === 2 && seen })
    t.same(mine.map(({ body }) => kinds(body ?? Buffer.alloc(0))), ['0', '2'])
  })

  await t.test('a refusal is told on both sides with its reason', async t => {
    const up = write(JUSTICE, [G15])
    await send(justice, up.body)
    await eventually(async () => (await emptyInbox(ministry, { reject: 'Sai thể thức' })).length > 0)
    const { data } = await sdk().getSentEdocList({ messagetype: 'edoc' })
    t.match((data as Array<Record<string, string>>).find(({ notation }) => notation === up.notation), { sendStatus: 'sent', receiveStatus: 'fail', receiveStatusDesc: 'Sai thể thức' })

    const down = await send(ministry, write(G15, [JUSTICE], { files: [...FILES, ...FILES] }).body)
    const [refused] = await eventually(async () => { const { deliveries } = await findPackage(ministry, down.id); return deliveries[0]?.state === 'refused' && deliveries }, 30_000)
    t.match(refused?.problem?.detail, /^[A-Z_]+: /, 'what the province said')
    t.match((await fetchAll(ministry)).map(({ kind, bytes }) => [kind, bytes.toString()]), [['status', /<edXML:StatusCode>02</]], 'and the national hub tells it as a status')
  })

  await t.test('the directory of the national hub can be pulled', async t => {
    const { file, changes } = await pullDirectory('truc-quoc-gia', { config: hub.config, at: Date.now() })
    t.ok(file.agencies.length > 50)
    t.match(file.agencies.find(({ code }) => code === 'H36.11'), { name: JUSTICE.name, parent: 'H36', codes: [{ code: '000.00.11.H36' }] })
    t.same(changes, [], 'both have the same directory')
  })

  /** Packages that bring this document, whoever to. */
  const atNation = async (identifier: string): Promise<number> => (await listPackages(nation.client('operator'))).filter(({ envelope }) => envelope.identifier.startsWith(identifier)).length

  await t.test('an answer that gets lost after the door took the document leads to exactly one document', async t => {
    nation.network.mute()
    const document = write(JUSTICE, [G15])
    const { id } = await send(justice, document.body)
    await eventually(async () => await atNation(document.identifier) === 1)
    t.not((await findPackage(justice, id)).deliveries[0]?.state, 'delivered', 'the province does not know')
    nation.network.restore()
    await allSettled(justice)
    t.same((await fetchAll(ministry)).map(({ identifier }) => identifier), [document.identifier])
    t.equal(await atNation(document.identifier), 1)
    t.match((await findPackage(justice, id)).deliveries, [{ state: 'delivered' }])
  })

  await t.test('hubs that restart in the middle lose nothing and repeat nothing', async t => {
    const up = Array.from({ length: 6 }, () => write(JUSTICE, [G15, H26]))
    const down = Array.from({ length: 6 }, () => write(G15, [JUSTICE]))
    for (const { body } of up.slice(0, 3)) await send(justice, body)
    for (const { body } of down.slice(0, 3)) await send(ministry, body)
    await nation.restart()
    for (const { body } of up.slice(3)) await send(justice, body)
    for (const { body } of down.slice(3)) await send(ministry, body)
    await hub.restart()
    nation.network.cut()
    const fetched = await fetchAll(ministry, 6)
    await allSettled(justice, 60_000)
    t.same(fetched.map(({ identifier }) => identifier.split('#')[0]).sort(), up.map(({ identifier }) => identifier).sort())
    const taken = (): string[] => receiverOf(province, 'so-tu-phap').received().flatMap(({ body }) => down.find(({ documentId }) => body?.includes(documentId))?.identifier ?? [])
    await eventually(() => taken().length >= down.length, 30_000)
    t.same(taken().sort(), down.map(({ identifier }) => identifier).sort())
    const others = (await listPackages(nation.client('hub-h26'))).filter(({ envelope }) => up.some(({ identifier }) => envelope.identifier.startsWith(identifier)))
    t.equal(others.flatMap(({ deliveries }) => deliveries).length, up.length, 'the second recipient has each once, too')
  })

  await t.test('two provinces exchange through one national hub', async t => {
    const other = await apart(province.config, 'ha-noi')
    const endpoints = other.endpoints.filter(({ id }) => id === 'truc-quoc-gia' || id === 'so-nganh')
    const second = await openHub(t, towards(nation, { ...other, node: { code: 'H26.LT', name: 'Hà Nội' }, endpoints }, { account: HA_NOI }))
    const haNoi = province.client(second.url, 'truc-quoc-gia')
    const document = write(JUSTICE, [H26])
    await send(justice, document.body)
    // What has waited for it comes first.
    const got = await eventually(async () => (await emptyInbox(haNoi)).find(({ identifier }) => identifier.startsWith(document.identifier)), 30_000)
    t.same(filesIn(got.bytes), document.sha256)
    await send(haNoi, statusMessage({ from: H26, issuer: 'H36.11', documentId: document.documentId, code: document.notation, promulgationDate: '2026/11/20', statusCode: '01', description: 'Đã đến', at: AT }))
    const back = await eventually(() => receiver.received().find(({ kind, body }) => kind === 'status' && body?.includes(document.documentId)), 30_000)
    t.match(back.body?.toString(), /<edXML:StatusCode>01</)
  })
})
