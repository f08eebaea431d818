// What a recipient gets: its endpoint's format and code order, whole and kept before it is sent, or nothing and the reason.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { test } from 'tap'
import { HubError } from '../../../src/errors.js'
import type { Agency } from '../../../src/model/generated.js'
import { text } from '../../../src/model/text.js'
import { attempt, type AttemptOptions } from '../../../src/pipeline/index.js'
import { createSpooled } from '../../../src/pipeline/spool.js'
import { transform, type TransformOptions } from '../../../src/pipeline/transform.js'
import type { Blobs } from '../../../src/ports/blobs.js'
import type { Endpoint } from '../../../src/ports/directory.js'
import type { ClaimedDelivery } from '../../../src/ports/store.js'
import { createMemoryContext } from '../../support/spool.js'
import { createManualClock } from '../../support/time.js'
import { strictFaults } from '../../support/strict-edxml.js'
import { decode, fixture } from '../formats/edxml-messages.js'

const AT = Date.UTC(2026, 2, 16, 2, 15)
const AGENCIES: Agency[] = [
  { code: 'H36', name: 'UBND tỉnh', level: 'ubnd_tinh', codes: [{ scheme: 'qcvn102', code: '000.00.00.H36' }] },
  { code: 'H36.11', name: 'Sở Tư pháp', level: 'so_nganh', codes: [{ scheme: 'qcvn102', code: '000.00.07.H36', validTo: '2026-01-01' }, { scheme: 'qcvn102', code: '000.00.11.H36', validFrom: '2026-01-01' }] },
  { code: 'H36.101', name: 'UBND xã Đức Trọng', level: 'ubnd_xa', codes: [{ scheme: 'qcvn102', code: '000.01.01.H36' }] }
] as Agency[]
const find = (code: string): Agency | undefined => AGENCIES.find(agency => agency.code === code || agency.codes?.some(other => other.code === code))

async function claimedOf (name: string, format: Endpoint['format']): Promise<{ claimed: ClaimedDelivery, files: Map<string, Buffer> }> {
  const bytes = fixture(`edxml/${name}`)
  const context = createMemoryContext()
  const { envelope, content, attachments } = await decode(bytes, { context })
  const files = new Map(context.spools.map(spool => [createHash('sha256').update(spool.bytes()).digest('hex'), spool.bytes()]))
  const id = '0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e'
  return {
    files,
    claimed: {
      delivery: { id, packageId: id, to: 'H36.11', agency: 'H36.11', endpoint: 'e', axis: 'province', adapter: 'x', format, state: 'active', reasons: [], attempts: 1, createdAt: AT, expiresAt: AT + 1e9 },
      package: { id, acceptedBy: 'client:x', acceptedAt: AT, expiresAt: AT + 1e9, traceId: 'a'.repeat(32), format: 'edxml', mediaType: 'application/edxml+xml', fromAgency: 'H36', envelope, content, attachments, warnings: [], original: { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length } },
      inline: bytes
    }
  }
}

function optionsOf (files: ReadonlyMap<string, Buffer>, endpoint: Partial<Endpoint>, more: Partial<TransformOptions> = {}): TransformOptions {
  return {
    endpoint: { id: 'e', axis: 'province', adapter: 'x', format: 'original', concurrency: 1, timeoutMs: 1000, settings: {}, ...endpoint },
    payloads: { open: async (_id, { sha256 }) => Readable.from([files.get(sha256) ?? Buffer.from('?')]) },
    openSpooled: () => createSpooled({} as Blobs, 10_000_000),
    mappings: { run: async (name, input) => ({ bytes: Buffer.from(JSON.stringify({ name, input })), mediaType: 'application/json', version: '7' }) },
    directory: { find },
    nodeCode: 'LIENTHONG',
    ...more
  }
}

async function read (stream: Promise<Readable>): Promise<Buffer> {
  return Buffer.concat(await (await stream).toArray() as Buffer[])
}

test('original, with codes already in the endpoint\'s order: the sender\'s bytes, untouched', async t => {
  const { claimed, files } = await claimedOf('edoc_new.edxml', 'original')
  for (const codes of ['as-written', 'qd20'] as const) {
    const { outbound, sent } = await transform(claimed, optionsOf(files, { codes }))
    t.ok((await read(outbound.body.open())).equals(claimed.inline ?? Buffer.alloc(0)), codes)
    t.equal(sent.transformation, undefined)
  }
})

test('codes in the other order: the whole envelope is written anew, valid on the day, and the same at every attempt', async t => {
  const { claimed, files } = await claimedOf('edoc_new.edxml', 'original')
  const options = optionsOf(files, { codes: 'qcvn102' })
  const { outbound, sent } = await transform(claimed, options)
  const bytes = await read(outbound.body.open())
  t.same(strictFaults(bytes.toString()), [])
  t.equal(createHash('sha256').update(bytes).digest('hex'), outbound.body.sha256)
  t.equal(bytes.length, outbound.body.size)
  const back = await decode(bytes)
  t.same([back.envelope.from.code, ...back.envelope.to.map(({ code }) => code)], ['000.00.00.H36', '000.00.11.H36', '000.01.01.H36'])
  if (back.content.kind !== 'document') throw new Error('no document')
  t.same(back.content.document.trace?.map(({ organId }) => organId), ['000.00.00.H36', 'LIENTHONG'])
  t.equal(back.content.document.documentId, 'H36,2026/03/16,1520/UBND-VX', 'names stay')
  t.same(sent.transformation, { format: 'edxml', codes: 'qcvn102', zip: 'vendor' })
  t.same((await transform({ ...claimed, delivery: { ...claimed.delivery, attempts: 9 } }, options)).outbound.body.sha256, outbound.body.sha256)
})

test('unknown codes stay and are noted; a known agency without a code in that order parks the delivery, never half an envelope', async t => {
  const { claimed, files } = await claimedOf('edoc_new.edxml', 'edxml')
  const without = (code: string, change: (agency: Agency) => Agency[]): Partial<TransformOptions> =>
    ({ directory: { find: wanted => AGENCIES.flatMap(agency => agency.code === code ? change(agency) : [agency]).find(agency => agency.code === wanted) } })
  const { sent } = await transform(claimed, optionsOf(files, { codes: 'qcvn102' }, without('H36.101', () => [])))
  t.same(sent.transformation?.unknownCodes, ['H36.101'])
  await t.rejects(transform(claimed, optionsOf(files, { codes: 'qcvn102' }, without('H36.101', agency => [{ ...agency, codes: [] }]))), { code: 'TRANSFORM_FAILED' })
})

test('json and mapping get the canonical form; the version of the mapping is kept with what was sent', async t => {
  const json = await claimedOf('status_03_acceptance.edxml', 'json')
  const canonical = JSON.parse((await read((await transform(json.claimed, optionsOf(json.files, { codes: 'qcvn102' }))).outbound.body.open())).toString()) as { envelope: { from: { code: string } } }
  t.equal(canonical.envelope.from.code, '000.00.11.H36')
  const { claimed, files } = await claimedOf('edoc_new.edxml', 'mapping')
  const { sent, outbound } = await transform(claimed, optionsOf(files, { mapping: 'm' }))
  t.same(sent.transformation, { format: 'mapping', mapping: { name: 'm', version: '7' }, codes: 'as-written' })
  t.match(JSON.parse((await read(outbound.body.open())).toString()), { name: 'm', input: { envelope: { kind: 'document' }, document: { docType: 'new' } } })
  await t.rejects(transform(claimed, optionsOf(files, {})), { code: 'TRANSFORM_FAILED' })
})

test('what cannot be made is dead at the first attempt with the reason, and the adapter is never asked', async t => {
  const { claimed, files } = await claimedOf('edoc_new.edxml', 'mapping')
  const failing = { run: async () => { throw new HubError('TRANSFORM_FAILED', text('hỏng', 'broken')) } }
  const options: AttemptOptions = {
    ...optionsOf(files, { mapping: 'm' }, { mappings: failing }),
    session: async () => { throw new Error('must not be asked') },
    policy: { firstMs: 1, factor: 1, maxMs: 1, jitter: 0, maxAttempts: 9 },
    clock: createManualClock(AT),
    stopping: new AbortController().signal,
    onDefect: () => {},
    random: () => 0
  }
  t.match((await attempt(claimed, options)).settlement, { state: 'dead', problem: { code: 'TRANSFORM_FAILED', detail: { en: 'broken' } } })
  const away = { payloads: { open: async () => { throw new HubError('STORAGE_UNAVAILABLE', text('vắng', 'away')) } } }
  const edxml = await claimedOf('edoc_new.edxml', 'edxml')
  t.match((await attempt(edxml.claimed, { ...options, ...away })).settlement, { state: 'deferred', problem: { code: 'STORAGE_UNAVAILABLE' } }, 'a service that is away is no reason to give up')
})
