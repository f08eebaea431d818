// A hub beside another one's facade (docs/doors.md): a document to several agencies there reaches each of them once, a status comes
// back, and what has arrived is found there before anything is sent again.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import t from 'tap'
import { adapter } from '../../adapters/edoc-rest/index.js'
import { documentIdOf, documentMessage, statusMessage } from '../../src/demo/edxml.js'
import type { HubConfig } from '../../src/model/generated.js'
import { openSession, sampleOf } from '../support/adapter-suite.js'
import { openProvince, runHub } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { allSettled, briskly, listPackages } from '../support/traffic.js'

const AT = Date.UTC(2026, 10, 20, 2)
const DOCUMENT = {
  from: { code: 'H36.11', name: 'Sở Tư pháp' }, to: [{ code: 'H36.02', name: 'Sở Nội vụ' }, { code: '000.00.05.H36', name: 'Sở Y tế' }], number: '15', notation: 'STP',
  subject: 'V/v kết nối', priority: 0, at: AT, files: [{ name: 'a.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF-1.4 thử') }]
}
const SYSTEM = { systemId: 'SYS-STP', secret: 'secret-of-justice', username: 'hub-h36', password: 'password-of-justice' }

/** The other hub: its facade is open, and Sở Tư pháp, which lives at ours, fetches from its inbox. */
function platform (config: HubConfig): HubConfig {
  return {
    ...briskly(config),
    doors: { ...config.doors, facade: { ...config.doors.facade, enabled: true } },
    endpoints: config.endpoints.map(endpoint => {
      if (endpoint.id === 'so-nganh') return { ...endpoint, format: 'edxml' }
      return endpoint.id === 'so-tu-phap' ? { ...endpoint, adapter: 'inbox', format: 'edxml', settings: {} } : endpoint
    }),
    clients: config.clients.map(client => client.id === 'so-tu-phap' ? { ...client, systems: [SYSTEM] } : client)
  }
}

t.test('documents and statuses cross the facade of another hub in both directions, once each', async t => {
  const there = await openProvince(t, 'embedded', platform)
  const { url } = await runHub(t, there.config)
  const { systemId, secret: secretKey, username, password } = SYSTEM
  const settings = { url: `${url}/lgsp`, accounts: [{ agencies: ['H36.11'], systemId, secretKey, username, password }], pollIntervalMs: 100 }
  const here = await openProvince(t, 'embedded', config => {
    const brisk = briskly(config)
    return { ...brisk, endpoints: brisk.endpoints.map(endpoint => endpoint.id === 'so-nganh' ? { ...endpoint, adapter: 'edoc-rest', settings } : endpoint) }
  })
  const hub = await runHub(t, here.config)
  const justice = here.client(hub.url, 'so-tu-phap')
  const overseer = there.client(url, 'van-hanh')

  t.equal((await justice.post('/v1/packages', documentMessage(DOCUMENT), { 'content-type': 'application/xml' })).status, 202)
  const settled = await eventually(async () => { const all = await allSettled(justice); return all.length === 2 && all })
  t.same(settled.map(({ state }) => state), ['delivered', 'delivered'])
  const listDocuments = async () => (await listPackages(overseer)).filter(({ deliveries }) => deliveries.every(({ to }) => DOCUMENT.to.some(({ code }) => code === to)))
  const documents = await listDocuments()
  t.same(documents.map(({ deliveries }) => deliveries.map(({ to }) => to).join()).sort(), ['000.00.05.H36', 'H36.02'], 'each recipient once, by a message of its own')

  // A try whose answer got lost: another process only knows that it is the second one.
  const bytes = documentMessage({ ...DOCUMENT, to: DOCUMENT.to.slice(0, 1) })
  const body = { mediaType: 'application/xml', size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), open: async () => Readable.from([bytes], { objectMode: false }) }
  const sample = sampleOf(adapter, { attempt: 2 })
  const envelope = { ...sample.envelope, from: DOCUMENT.from, to: DOCUMENT.to.slice(0, 1), title: DOCUMENT.subject, notation: '15/STP' }
  const session = await openSession(t, adapter, settings)
  t.same(await session.probe(AbortSignal.timeout(10_000)), { kind: 'delivered' })
  const known = documents.find(({ deliveries }) => deliveries[0]?.to === 'H36.02')
  t.same(await session.deliver?.({ ...sample, envelope, recipient: 'H36.02', body }, AbortSignal.timeout(10_000)), { kind: 'delivered', externalId: known?.id })
  t.ok((await session.listAgencies?.(AbortSignal.timeout(10_000)))?.some(({ code, otherCodes }) => code === 'H36.05' && otherCodes?.includes('000.00.05.H36')))

  const status = statusMessage({ from: { code: 'H36.02', name: 'Sở Nội vụ' }, issuer: 'H36.11', documentId: documentIdOf(DOCUMENT), code: '15/STP', promulgationDate: '2026/11/20', statusCode: '03', description: 'Đã tiếp nhận', at: AT })
  t.equal((await there.client(url, 'so-noi-vu').post('/v1/packages', status, { 'content-type': 'application/xml' })).status, 202)
  await eventually(() => here.receivers.get('so-tu-phap')?.received().some(({ kind }) => kind === 'status'), 30_000)
  await eventually(async () => (await listPackages(overseer)).flatMap(({ deliveries }) => deliveries).filter(({ to }) => to === 'H36.11').every(({ state }) => state === 'delivered'), 30_000)
  t.equal((await listDocuments()).length, 2, 'and no more than that')
})
