// What a recipient gets: its endpoint's format and code order, whole and kept before it is sent, or nothing and the reason.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'tap'
import { bufferSource } from '../../../src/security/byte-source.js'
import { createChainCheck } from '../../../src/security/chain.js'
import { createEnvelopeSigning } from '../../../src/security/signing.js'
import { verifyEnvelope } from '../../../src/security/xmldsig/verify.js'
import { HubError } from '../../../src/errors.js'
import type { Agency, Dossier } from '../../../src/model/generated.js'
import { text } from '../../../src/model/text.js'
import { attempt, type AttemptOptions } from '../../../src/pipeline/index.js'
import { createSpooled } from '../../../src/pipeline/spool.js'
import { transform, type TransformOptions } from '../../../src/pipeline/transform.js'
import type { Blobs } from '../../../src/ports/blobs.js'
import type { Endpoint } from '../../../src/ports/directory.js'
import type { ClaimedDelivery } from '../../../src/ports/store.js'
import { createMemoryContext } from '../../support/spool.js'
import { makePki, NOW } from '../../support/pki.js'
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
    signing: { sign: async () => { throw new Error('must not be asked') } },
    directory: { find },
    nodeCode: 'LIENTHONG',
    findOtherIds: async id => [`beside ${id}`],
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
    t.same(await outbound.otherIds(), [`beside ${claimed.delivery.id}`])
  }
})

test('what came as MIME parts is written anew also for who wants the original: its header is not there to read it by', async t => {
  const { claimed, files } = await claimedOf('edoc_new.edxml', 'original')
  const related = { ...claimed, package: { ...claimed.package, mediaType: 'multipart/related' } }
  const { outbound, sent } = await transform(related, optionsOf(files, {}))
  t.same([sent.mediaType, strictFaults((await read(outbound.body.open())).toString())], ['application/edxml+xml', []])
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

test('edXML written anew for an endpoint that asks for it is signed: valid here, its files whole, the same bytes at every attempt', async t => {
  const pki = makePki(t.testdir())
  const key = pki.agency.key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const configs = [{ name: 'truc', key, certificate: pki.agency.pem + pki.issuer.pem }]
  const signing = createEnvelopeSigning(configs, () => NOW)
  const chain = createChainCheck({ trustAnchors: [pki.rootFile], crls: [], revocation: 'pass' })
  for (const [format, codes] of [['edxml', 'as-written'], ['original', 'qcvn102']] as const) {
    const { claimed, files } = await claimedOf('edoc_update.edxml', format)
    const options = optionsOf(files, { codes, sign: 'truc' }, { signing })
    const { outbound, sent } = await transform(claimed, options)
    const bytes = await read(outbound.body.open())
    t.match(await verifyEnvelope(bufferSource(bytes), { at: NOW, chain, alias: 'refused' }), { status: 'valid', signer: { fingerprint: /./ } }, format)
    t.match(await verifyEnvelope(bufferSource(Buffer.from(bytes.toString().replace('<edXML:Subject>', '<edXML:Subject>x'))), { at: NOW, chain, alias: 'refused' }), { status: 'invalid' })
    t.match(sent.transformation, { format: 'edxml', codes, zip: 'vendor', signedWith: 'truc' })
    t.equal(createHash('sha256').update(bytes).digest('hex'), outbound.body.sha256)
    t.same(strictFaults(bytes.toString().replace(/<Signature [\s\S]*<\/Signature>/, '')), [], 'strict edXML but for the signature')
    t.same((await decode(bytes)).attachments.map(({ sha256 }) => sha256), claimed.package.attachments.map(({ sha256 }) => sha256))
    t.equal((await transform({ ...claimed, delivery: { ...claimed.delivery, attempts: 9 } }, options)).outbound.body.sha256, outbound.body.sha256)
  }
  const { claimed, files } = await claimedOf('edoc_update.edxml', 'original')
  const untouched = await transform(claimed, optionsOf(files, { sign: 'truc' }, { signing }))
  t.equal(untouched.outbound.body.sha256, claimed.package.original.sha256, 'the bytes of the sender are never signed')
  const edxml = { ...claimed, delivery: { ...claimed.delivery, format: 'edxml' as const } }
  const years = createEnvelopeSigning(configs, () => NOW + 1000 * 86_400_000)
  await t.rejects(transform(edxml, optionsOf(files, { sign: 'truc' }, { signing: years })), { code: 'CONFIG_INVALID' }, 'with a certificate out of date nothing is signed, and the delivery waits')
})

const xmlsec = spawnSync('xmlsec1', ['--version']).status === 0
test('what goes out signed is valid for xmlsec1', { skip: xmlsec ? false : 'xmlsec1 is not installed' }, async t => {
  const directory = t.testdir()
  const pki = makePki(directory)
  const signing = createEnvelopeSigning([{ name: 'truc', key: pki.agency.key.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate: pki.agency.pem + pki.issuer.pem }], () => NOW)
  const { claimed, files } = await claimedOf('edoc_update.edxml', 'edxml')
  const file = join(directory, 'sent.edxml')
  writeFileSync(file, await read((await transform(claimed, optionsOf(files, { sign: 'truc' }, { signing }))).outbound.body.open()))
  const check = (): number | null => spawnSync('xmlsec1', ['--verify', '--enabled-key-data', 'x509', '--trusted-pem', pki.rootFile, '--verification-time', '2026-11-20 02:00:00', file]).status
  t.equal(check(), 0)
  writeFileSync(file, readFileSync(file, 'utf8').replace('<edXML:Subject>', '<edXML:Subject>x'))
  t.not(check(), 0)
})

test('unknown codes stay and are noted; a known agency without a code in that order parks the delivery, never half an envelope', async t => {
  const { claimed, files } = await claimedOf('edoc_new.edxml', 'edxml')
  const without = (code: string, change: (agency: Agency) => Agency[]): Partial<TransformOptions> =>
    ({ directory: { find: wanted => AGENCIES.flatMap(agency => agency.code === code ? change(agency) : [agency]).find(agency => agency.code === wanted) } })
  const { sent } = await transform(claimed, optionsOf(files, { codes: 'qcvn102' }, without('H36.101', () => [])))
  t.same(sent.transformation?.unknownCodes, ['H36.101'])
  await t.rejects(transform(claimed, optionsOf(files, { codes: 'qcvn102' }, without('H36.101', agency => [{ ...agency, codes: [] }]))), { code: 'TRANSFORM_FAILED' })
})

test('who fans out gets a message that names the delivery\'s own recipient, under the code of the agency that gets it today', async t => {
  for (const format of ['original', 'edxml'] as const) {
    const { claimed, files } = await claimedOf('edoc_new.edxml', format)
    const { delivery, package: accepted } = claimed
    t.ok(accepted.envelope.to.length > 1)
    const codesTo = async (more: Partial<ClaimedDelivery['delivery']>, endpoint: Partial<Endpoint> = {}): Promise<string[]> => {
      const { outbound } = await transform({ ...claimed, delivery: { ...delivery, ...more } }, optionsOf(files, { fansOut: true, ...endpoint }))
      const { envelope, content } = await decode(await read(outbound.body.open()))
      if (content.kind !== 'document') throw new Error('no document')
      t.same([outbound.envelope.to.map(({ code }) => code), content.document.documentId], [envelope.to.map(({ code }) => code), 'H36,2026/03/16,1520/UBND-VX'])
      return envelope.to.map(({ code }) => code)
    }
    for (const { code } of accepted.envelope.to) t.same(await codesTo({ to: code, agency: find(code)?.code ?? code }), [code], format)
    t.same(await codesTo({ to: 'H36.11', agency: 'H36.101' }), ['H36.101'], 'a successor')
    t.same(await codesTo({ to: 'H36.11', agency: 'H36.101' }, { codes: 'qcvn102' }), ['000.01.01.H36'])
    const alone = { ...claimed, package: { ...accepted, envelope: { ...accepted.envelope, to: accepted.envelope.to.filter(({ code }) => code === 'H36.11') } } }
    const { sent } = await transform(alone, optionsOf(files, { fansOut: true }))
    t.equal(sent.sha256 === accepted.original.sha256, format === 'original', 'who is named alone may get the sender\'s bytes')
  }
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
    begin: async () => {},
    isHeld: () => true,
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

test('a delivery that another process may have taken over is not sent, not even by one that has just woken up', async t => {
  const { claimed, files } = await claimedOf('edoc_new.edxml', 'original')
  let sent = 0
  let held = true
  const options: AttemptOptions = {
    ...optionsOf(files, {}),
    // The process is paused while it opens the session.
    session: async () => { held = false; return { deliver: async () => { sent++; return { kind: 'delivered' } }, probe: async () => ({ kind: 'delivered' }), close: async () => {} } },
    policy: { firstMs: 1, factor: 1, maxMs: 1, jitter: 0, maxAttempts: 9 },
    begin: async () => {},
    isHeld: () => held,
    clock: createManualClock(AT),
    stopping: new AbortController().signal,
    onDefect: () => {},
    random: () => 0
  }
  t.match((await attempt(claimed, options)).settlement, { state: 'deferred', problem: { code: 'STOPPING' } })
  t.equal(sent, 0)
})

const DOSSIER = JSON.parse(fixture('dossier/submit.json').toString()) as Dossier
const PAPER = fixture('dossier/giay-bao-tu.pdf')

async function claimedDossier (format: Endpoint['format'], dossier: Dossier): Promise<{ claimed: ClaimedDelivery, files: Map<string, Buffer> }> {
  const { claimed } = await claimedOf('edoc_new.edxml', format)
  const sha256 = createHash('sha256').update(PAPER).digest('hex')
  const attachments = [{ n: 1, name: 'Giay_bao_tu.pdf', contentType: 'application/pdf', size: PAPER.length, sha256 }]
  const envelope = { kind: 'dossier' as const, action: dossier.kind, identifier: 'i', correlationId: 'c', from: { code: dossier.from }, to: dossier.to.map(code => ({ code })), priority: 0 }
  return { files: new Map([[sha256, PAPER]]), claimed: { ...claimed, package: { ...claimed.package, format: 'dossier-json', envelope, content: { kind: 'dossier', dossier }, attachments } } }
}

test('a dossier goes to a plain receiver as one request of its format, for its own recipient, with what was lost on record', async t => {
  const { claimed, files } = await claimedDossier('noihoso', { ...DOSSIER, to: ['H36.101', 'H36.11'] })
  const { outbound, sent } = await transform(claimed, optionsOf(files, { format: 'noihoso' }))
  const body = JSON.parse((await read(outbound.body.open())).toString()) as unknown
  t.match(body, { MaHoSo: DOSSIER.MaHoSo, MaDonViTiepNhan: 'H36.11', ThanhPhanHoSo: [{ GiayToDinhKem: [{ TenGiayTo: 'Giay_bao_tu.pdf' }] }] })
  t.match(sent, { mediaType: 'application/json', transformation: { format: 'noihoso', service: 'TaoHoSo' } })
  t.ok(sent.transformation?.lossy?.includes('/HoSo/MaLinhVuc'))
  const portal = await claimedDossier('dvcqg', DOSSIER)
  const made = await transform(portal.claimed, optionsOf(portal.files, { format: 'dvcqg' }, { nodeCode: 'H36' }))
  t.match(JSON.parse((await read(made.outbound.body.open())).toString()), { service: 'DongBoHoSoMC', madonvi: '000.00.00.H36', data: [{ MaHoSo: DOSSIER.MaHoSo }] })
})

test('a dossier that takes two requests, lacks what the format needs, or is none is not sent, and the reason says why', async t => {
  const step = { NguoiXuLy: 'A', ThoiDiemXuLy: '20260316093000', NoiDungXuLy: 'Tiếp nhận', TrangThai: '2' as const }
  const two = await claimedDossier('dvcqg', { ...DOSSIER, TienDo: [step] })
  await t.rejects(transform(two.claimed, optionsOf(two.files, { format: 'dvcqg' })), { code: 'TRANSFORM_FAILED', message: /DongBoHoSoMC, CapNhatTienDoHoSoMC/ })
  const formless = await claimedDossier('dvclt', DOSSIER)
  await t.rejects(transform(formless.claimed, optionsOf(formless.files, { format: 'dvclt' })), { code: 'TRANSFORM_FAILED', errors: [{ code: 'FIELD_MISSING', pointer: '/BieuMau' }] })
  const letter = await claimedOf('edoc_new.edxml', 'dvclt')
  await t.rejects(transform(letter.claimed, optionsOf(letter.files, { format: 'dvclt' })), { code: 'TRANSFORM_FAILED' })
})

test('what was sent is the message, or the requests that the adapter made instead; that one cannot be kept changes no outcome', async t => {
  const { claimed, files } = await claimedDossier('original', DOSSIER)
  const defects: unknown[] = []
  const body = Buffer.from('{"MaHoSo":"1"}')
  const sha256 = createHash('sha256').update(body).digest('hex')
  const tryOnce = async (notes: boolean, { inlineBytes = 10_000_000, kind = 'delivered' as 'delivered' | 'available' } = {}): Promise<Awaited<ReturnType<typeof attempt>>> => await attempt(claimed, {
    ...optionsOf(files, { idempotent: true }),
    openSpooled: () => createSpooled({ writer: async () => { throw new HubError('STORAGE_UNAVAILABLE', text('vắng', 'away')) } }, inlineBytes),
    session: async () => ({
      probe: async () => ({ kind: 'delivered' }),
      async deliver ({ noteSent }) {
        if (notes) noteSent({ call: 'TaoHoSo', mediaType: 'application/json', body })
        return { kind }
      },
      close: async () => {}
    }),
    policy: { firstMs: 1, factor: 1, maxMs: 1, jitter: 0, maxAttempts: 9 },
    begin: async () => {},
    isHeld: () => true,
    clock: createManualClock(AT),
    stopping: new AbortController().signal,
    onDefect: error => { defects.push(error) },
    random: () => 0
  })
  const plain = await tryOnce(false)
  t.match(plain, { settlement: { state: 'delivered' }, sent: { sha256: claimed.package.original.sha256 } })
  t.notOk('requests' in plain)
  const made = await tryOnce(true)
  t.match(made, { settlement: { state: 'delivered' }, requests: [{ call: 'TaoHoSo', sha256, size: body.length, attempt: 1 }], payloads: [{ sha256, inline: body }] })
  t.notOk('sent' in made, 'the message of the hub never went out')
  t.match(await tryOnce(true, { kind: 'available' }), { requests: [{ sha256 }], sent: { sha256: claimed.package.original.sha256 } }, 'the recipient fetches the message')
  t.same(defects, [])
  const unkept = await tryOnce(true, { inlineBytes: 0 })
  t.match([unkept.settlement.state, defects], ['delivered', [{ code: 'STORAGE_UNAVAILABLE' }]])
  t.notOk('sent' in unkept || 'requests' in unkept)
})
