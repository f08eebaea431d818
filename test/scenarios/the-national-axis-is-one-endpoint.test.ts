// A whole hub beside the simulated national axis: documents go out and come in once, statuses go both ways, and nothing that the
// axis brought is sent back to it.
import t from 'tap'
import { startSimulator, type VxpSimulator } from '../../adapters/vxp/simulator.js'
import { documentMessage, statusMessage } from '../../src/demo/edxml.js'
import { openProvince, runHub } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { allSettled, briskly, listPackages } from '../support/traffic.js'

const AT = Date.UTC(2026, 10, 20, 2)
const file = { name: 'a.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF-1.4 thử') }
const FACTS = { notation: 'STP', subject: 'V/v kết nối', priority: 0, at: AT, files: [file] }

async function offer ({ url }: VxpSimulator, query: string, message: Buffer): Promise<void> {
  await fetch(`${url}/simulator/offer?${query}`, { method: 'POST', body: new Uint8Array(message) })
}

t.test('documents and statuses cross the axis in both directions, once each', async t => {
  const axis = await startSimulator({ port: 0, host: '127.0.0.1', options: { resetAfterCommit: '1', updateErrors: '1' } })
  t.teardown(axis.stop)
  const settings = { url: axis.url, default: { systemId: 'HUB-H36', secret: 'demo-secret-hub-h36' }, pollIntervalMs: 100 }
  const province = await openProvince(t, 'embedded', config => {
    const endpoints = briskly(config).endpoints.map(endpoint => endpoint.id === 'truc-quoc-gia' ? { ...endpoint, adapter: 'vxp', settings } : endpoint)
    return { ...briskly(config), endpoints }
  })
  const hub = await runHub(t, province.config)
  const justice = province.client(hub.url, 'so-tu-phap')

  // Out: to two agencies of the axis; the first answer gets lost.
  const document = documentMessage({ ...FACTS, from: { code: 'H36.11', name: 'Sở Tư pháp' }, to: [{ code: 'G15', name: 'Bộ' }, { code: 'H26', name: 'Hà Nội' }], number: '15' })
  t.equal((await justice.post('/v1/packages', document, { 'content-type': 'application/xml' })).status, 202)
  await eventually(async () => (await allSettled(justice)).length === 2)
  t.same([...axis.tables.messages.values()].map(({ items }) => items.map(({ to }) => to).join()).sort(), ['G15', 'H26'], 'each recipient once, also the one whose answer was lost')

  // In: a status about it, and a document to three of ours, of which one is not known here, and one of the axis, which is three queue items of ours.
  const status = statusMessage({ from: { code: 'G15', name: 'Bộ' }, issuer: 'H36.11', documentId: 'H36.11,2026/11/20,15/STP', code: '15/STP', promulgationDate: '2026/11/20', statusCode: '03', description: 'Đã tiếp nhận', at: AT })
  await offer(axis, 'from=G15&messagetype=status', status)
  const incoming = documentMessage({ ...FACTS, from: { code: 'G15', name: 'Bộ' }, to: ['H36.11', 'H36.101', 'H36.99.01', 'H26'].map(code => ({ code, name: code })), number: '99' })
  await offer(axis, 'from=G15&to=H36.11,H36.101,H36.99.01', incoming)
  await offer(axis, 'from=G15&to=H36.11', documentMessage({ ...FACTS, from: { code: 'H26', name: 'Hà Nội' }, to: [{ code: 'H36.11', name: 'Sở' }], number: '1' }))
  const mine = [...axis.tables.queue.values()].filter(({ item: { to } }) => to.startsWith('H36'))
  await eventually(() => mine.every(({ item }) => item.status === 'done' || item.status === 'fail'), 30_000)
  t.same(mine.map(({ message, item }) => [message.messageType, item.to, item.status]), [['status', 'H36.11', 'done'], ['edoc', 'H36.11', 'done'], ['edoc', 'H36.101', 'done'], ['edoc', 'H36.99.01', 'fail'], ['edoc', 'H36.11', 'fail']])
  t.match(mine.find(({ item: { to } }) => to === 'H36.99.01')?.item.description, /^RECIPIENT_UNKNOWN: /, 'the word about one is not that about the others')
  t.match(mine.at(-1)?.item.description, /^SENDER_NOT_ALLOWED: /, 'the axis says who sent it')

  const packages = await eventually(async () => {
    const all = await listPackages(province.client(hub.url, 'van-hanh'))
    return all.length >= 4 && all.every(({ deliveries }) => deliveries.every(({ state }) => state === 'delivered')) && all
  }, 30_000)
  t.same(packages.map(({ deliveries }) => deliveries.map(({ to }) => to).sort().join()).sort(), ['G15,H26', 'H36.101', 'H36.11', 'H36.11'], 'to each of ours once, by its own item, and nothing back to the axis')
  const parts = packages.filter(({ envelope: { notation } }) => notation?.includes('99') === true)
  t.equal(new Set(parts.map(({ envelope: { correlationId } }) => correlationId)).size, 1, 'as one document')
  t.equal([...axis.tables.messages.values()].filter(({ deliveryId }) => deliveryId !== undefined).length, 2)

  // As after a crash between storing and saying so, at an axis that writes messages anew each time.
  for (const { message, item } of mine.slice(0, 3)) {
    message.bytes = Buffer.from(`${message.bytes?.toString() ?? ''}<!-- ${item.to} -->`)
    item.status = 'initial'
  }
  await eventually(() => mine.slice(0, 3).every(({ item }) => item.status !== 'initial' && item.status !== 'processing'), 30_000)
  t.same(mine.slice(0, 3).map(({ item: { status, description } }) => [status, description]), [['done', ''], ['done', ''], ['done', '']], 'what was stored is not refused because it looks different')
  t.equal((await listPackages(province.client(hub.url, 'van-hanh'))).length, packages.length, 'and not stored again')
})
