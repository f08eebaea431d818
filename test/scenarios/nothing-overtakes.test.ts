// Promise 3: no package overtakes another of the same document (or dossier) to the same recipient; other documents are not held up.
import t from 'tap'
import { dossierBody } from '../../src/demo/scenario.js'
import { statusMessage, toDate, type DemoOrganization } from '../../src/demo/edxml.js'
import { openProvince, runHub, setUps } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { allSettled, briskly, deliveryIn, eventsOf, FETCHED, findPackage, makeLetter, PUSHED, receiverOf, send, type Letter } from '../support/traffic.js'
import type { ApiClient } from '../../src/demo/client.js'

const JUSTICE: DemoOrganization = { code: PUSHED.justice, name: 'Sở Tư pháp' }
const TYPES = { revocation: '1', update: '2' } as const
let turn = 0

/** The next package about the same document: later in its trace, of another type. */
function following ({ body, key, identifier }: Letter, type: keyof typeof TYPES): Letter {
  const second = String(++turn % 60).padStart(2, '0')
  const next = body.toString()
    .replace(/(BussinessDocType>)0</, `$1${TYPES[type]}<`)
    .replace(/(Bussiness>\s*)(<edXML:BussinessDocType)/, `$1<edXML:DocumentId>${identifier}</edXML:DocumentId>$2`)
    .replace(/(BussinessDocReason>)[^<]*</, '$1Đính chính số liệu<')
    .replace(/(Timestamp>\d{4}\/\d\d\/\d\d \d\d:\d\d:)\d\d/, `$1${second}`)
  return { key: `${key}-${type}-${turn}`, identifier, body: Buffer.from(next), sha256: '' }
}

/** A status of the department of justice about a letter of the province's committee. */
function statusOf ({ identifier }: Letter, statusCode: string, from: DemoOrganization = JUSTICE, issuer = 'H36'): Letter {
  const at = Date.UTC(2026, 10, 20, 3) + ++turn * 1000
  const code = identifier.split(',')[2] ?? ''
  const body = statusMessage({ from, issuer, documentId: identifier, code, promulgationDate: toDate(at), statusCode, description: 'Văn thư đã tiếp nhận', at })
  return { key: `status-${turn}`, identifier, body, sha256: '' }
}

async function sendStep (client: ApiClient, more: { kind: 'submit' | 'transfer', MaHoSo: string }): Promise<string> {
  const body = dossierBody({ packageId: `step-${++turn}`, from: PUSHED.ducTrong, to: [PUSHED.justice], ...more })
  const { status, body: { id } } = await client.post<{ id: string }>('/v1/packages', body, { 'content-type': 'application/json' })
  if (status !== 202) throw new Error(String(status))
  return id
}

for (const setUp of await setUps()) {
  await t.test(`${setUp}: a recipient that was away gets everything in the order it was sent`, async t => {
    const province = await openProvince(t, setUp, briskly)
    const receiver = receiverOf(province, 'so-tu-phap')
    const { url } = await runHub(t, province.config)
    const [committee, commune] = [province.client(url, 'ubnd-tinh'), province.client(url, 'xa-duc-trong')]
    const letter = makeLetter({ to: [PUSHED.justice] })
    const MaHoSo = `000.00.11.H36-261120-${setUp === 'embedded' ? '0001' : '0002'}`
    await receiver.stop()

    const first = await send(committee, letter)
    await deliveryIn(committee, first.id, ['deferred'])
    const document = [first.id]
    for (const next of [following(letter, 'update'), following(letter, 'update'), statusOf(letter, '13', { code: 'H36', name: 'UBND tỉnh' }, PUSHED.justice), following(letter, 'revocation')]) {
      document.push((await send(committee, next)).id)
    }
    const dossier: string[] = []
    for (const kind of ['submit', 'transfer', 'submit', 'transfer'] as const) dossier.push(await sendStep(commune, { kind, MaHoSo }))
    for (const id of document.slice(1)) t.match(await deliveryIn(committee, id, ['blocked']), { waitsFor: [String] })
    t.equal(receiver.counts.taken, 0)

    await receiver.start()
    const other = await send(committee, makeLetter({ to: [PUSHED.justice] }))
    for (const client of [committee, commune]) t.same((await allSettled(client)).filter(({ state }) => state !== 'delivered'), [])
    const arrived = receiver.received().map(({ packageId }) => packageId)
    t.same(arrived.filter(id => document.includes(id ?? '')), document, 'the document')
    t.same(arrived.filter(id => dossier.includes(id ?? '')), dossier, 'the dossier')
    t.ok(arrived.includes(other.id))
    t.match((await eventsOf(committee, document[1] ?? '')).map(({ type }) => type), ['package.accepted', 'delivery.blocked', 'delivery.unblocked', 'delivery.attempted', 'delivery.delivered'])
  })

  await t.test(`${setUp}: statuses keep their order, in either spelling of the codes, and one before its document waits for it`, async t => {
    const province = await openProvince(t, setUp, briskly)
    const receiver = receiverOf(province, 'ubnd-tinh')
    const { url } = await runHub(t, province.config)
    const [committee, justice] = [province.client(url, 'ubnd-tinh'), province.client(url, 'so-tu-phap')]
    const letter = makeLetter({ to: [PUSHED.justice] })
    await receiver.stop()
    const early = await send(justice, statusOf(letter, '01'))
    t.match(await deliveryIn(justice, early.id, ['blocked']), { awaits: `document:H36:${letter.identifier}`, parkedUntil: String })
    await send(committee, letter)
    const statuses = [early.id]
    for (const [code, issuer] of [['03', '000.00.00.H36'], ['04', 'H36'], ['06', 'H36']] as const) statuses.push((await send(justice, statusOf(letter, code, undefined, issuer))).id)
    await eventually(async () => (await findPackage(justice, early.id)).deliveries[0]?.attempts)
    await receiver.start()
    t.same((await allSettled(justice)).filter(({ state }) => state !== 'delivered'), [])
    t.same(receiver.received().map(({ packageId }) => packageId).filter(id => statuses.includes(id ?? '')), statuses)
  })

  await t.test(`${setUp}: a revocation of what the recipient has not seen is done at once`, async t => {
    const province = await openProvince(t, setUp, briskly)
    const { url } = await runHub(t, province.config)
    const [committee, fetching] = [province.client(url, 'ubnd-tinh'), province.client(url, 'xa-di-linh')]
    const letter = makeLetter({ to: [FETCHED] })
    const { id } = await send(committee, letter)
    await deliveryIn(committee, id, ['available'])
    const revocation = await send(committee, following(letter, 'revocation'))
    t.match(await deliveryIn(committee, id, ['cancelled']), { problem: { code: 'REVOKED' } })
    t.match(await deliveryIn(committee, revocation.id, ['cancelled']), { problem: { code: 'REVOKED_BEFORE_DELIVERY' } })
    t.same((await fetching.get<{ items: unknown[] }>('/v1/inbox')).body.items, [])
  })
}
