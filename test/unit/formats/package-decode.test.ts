// Canonical JSON as input: what is accepted is what would be accepted as edXML or as a dossier, files inside become files,
// and every fault points into the JSON that was sent.
import { createHash } from 'node:crypto'
import { test } from 'tap'
import type { Decoded, Part } from '../../../src/formats/codec.js'
import { codecFor } from '../../../src/formats/index.js'
import { PACKAGE_MEDIA_TYPE } from '../../../src/formats/package/index.js'
import { canonicalForm } from '../../../src/formats/canonical.js'
import { PACKAGE_EXAMPLE } from '../../../src/http/examples.js'
import { chunksOf, createMemoryContext, type MemoryContext } from '../../support/spool.js'
import { decode, fixture, shown } from './edxml-messages.js'

interface Options { context?: MemoryContext, files?: ReadonlyArray<{ filename: string, bytes: Buffer }>, chunk?: number }

async function read (value: unknown, { context = createMemoryContext(), files = [], chunk = 7 }: Options = {}): Promise<Decoded> {
  async function * parts (): AsyncGenerator<Part> {
    for (const { filename, bytes } of files) yield { name: 'file', filename, contentType: 'application/octet-stream', body: chunksOf(bytes) }
  }
  const json = typeof value === 'string' ? value : JSON.stringify(value)
  return await codecFor({ contentType: PACKAGE_MEDIA_TYPE }).decode(chunksOf(json, chunk), parts(), context)
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const PDF = fixture('dossier/giay-bao-tu.pdf')

for (const name of ['edoc_new', 'edoc_update', 'edoc_replacement', 'edoc_revocation', 'status_03_acceptance', 'retract_request_13']) {
  test(`${name}: what an endpoint gets as JSON can be handed in again, and is the same package`, async t => {
    const context = createMemoryContext()
    const decoded = await decode(fixture(`edxml/${name}.edxml`), { context })
    const bytes = new Map(context.spools.map(spool => [sha256(spool.bytes()), spool.bytes()]))
    const json = canonicalForm({ id: 'p', ...decoded })
    const inside = { ...json, attachments: decoded.attachments.map(file => ({ ...file, base64: bytes.get(file.sha256)?.toString('base64') })) }
    const again = await read(inside, { chunk: 64 * 1024 })
    t.same(shown(again.faults), [])
    t.strictSame(again.envelope, decoded.envelope)
    const bare = ({ attachments }: Decoded): unknown => attachments.map(({ declaredType, unwrapped, ...file }) => file)
    t.strictSame(bare(again), bare(decoded))
    const apart = await read(json, { chunk: 64 * 1024, files: decoded.attachments.map(({ name, sha256 }) => ({ filename: name, bytes: bytes.get(sha256) ?? Buffer.alloc(0) })) })
    t.same(shown(apart.faults), [], 'files may be later parts of the form instead')
    t.strictSame(bare(apart), bare(decoded))
  })
}

test('a file inside goes into a spool, however it is written: escapes, line breaks, a data: URL, any cut of the stream', async t => {
  const base64 = PDF.toString('base64')
  const forms = [base64, `data:application/pdf;base64,${base64}`, `${base64.slice(0, 20)}\r\n${base64.slice(20)}`]
  for (const form of forms) {
    for (const chunk of [1, 3, 64, 100_000]) {
      const context = createMemoryContext()
      const json = JSON.stringify({ ...PACKAGE_EXAMPLE, attachments: [{ name: 'a.pdf', base64: form }] }).replaceAll('/', '\\/').replaceAll('+', '\\u002B')
      const { faults, attachments } = await read(json, { context, chunk })
      t.same([shown(faults), attachments.map(({ sha256, contentType }) => [sha256, contentType])], [[], [[sha256(PDF), 'application/pdf']]], `${form.slice(0, 10)} ${chunk}`)
      t.ok(context.spools[0]?.bytes().equals(PDF))
      t.same(context.spools.map(({ state }) => state), ['ended', ...context.spools.slice(1).map(() => 'discarded')], 'only the file itself is kept')
    }
  }
})

test('a dossier brings its files in its papers', async t => {
  const dossier = JSON.parse(fixture('dossier/submit.json').toString()) as Record<string, any>
  const [paper] = dossier['ThanhPhanHoSo'] as [Record<string, any>]
  const papers = [{ ...paper, GiayToDinhKem: [{ TenGiayTo: 'Giay_bao_tu.pdf', base64: PDF.toString('base64') }] }]
  const { faults, content, attachments, envelope } = await read({ dossier: { ...dossier, ThanhPhanHoSo: papers } })
  t.same(shown(faults), [])
  t.match(attachments, [{ name: 'Giay_bao_tu.pdf', sha256: sha256(PDF), size: PDF.length }])
  t.match(content, { kind: 'dossier', dossier: { ThanhPhanHoSo: [{ GiayToDinhKem: [{ HashTepTin: sha256(PDF), size: PDF.length, base64: undefined }] }] } })
  t.equal(envelope.correlationId, `dossier:${dossier['MaHoSo'] as string}`)
  const alone = await read(dossier, { files: [{ filename: 'x', bytes: PDF }] })
  t.same(shown(alone.faults), [], 'it may stand alone, its file a part of the form')
})

const { document, envelope, attachments: [FILE] } = PACKAGE_EXAMPLE
const { subject: _subject, ...subjectless } = document
const FAULTS: Array<{ when: string, given: unknown, faults: string[] }> = [
  { when: 'a field is missing that edXML needs', given: { ...PACKAGE_EXAMPLE, document: subjectless }, faults: ['FIELD_MISSING /document/subject'] },
  { when: 'a new document has no file', given: { envelope, document }, faults: ['ATTACHMENT_MISSING /attachments/0'] },
  { when: 'the sender is missing', given: { ...PACKAGE_EXAMPLE, envelope: { to: envelope.to } }, faults: ['FIELD_MISSING /envelope/from'] },
  { when: 'there is no recipient', given: { ...PACKAGE_EXAMPLE, envelope: { from: envelope.from } }, faults: ['RECIPIENT_MISSING /envelope/to'] },
  { when: 'a field is unknown or of the wrong type', given: { ...PACKAGE_EXAMPLE, document: { ...document, subjekt: 1, docType: 'other' } }, faults: ['FIELD_UNKNOWN /document/subjekt', 'FIELD_INVALID /document/docType'] },
  { when: 'a file is no base64', given: { ...PACKAGE_EXAMPLE, attachments: [FILE, { name: 'b.pdf', base64: '!!' }] }, faults: ['ATTACHMENT_INVALID /attachments/1/base64'] },
  { when: 'a file is nowhere', given: { ...PACKAGE_EXAMPLE, attachments: [FILE, { name: 'b.pdf' }] }, faults: ['ATTACHMENT_MISSING /attachments/1'] },
  { when: 'a file has another size', given: { ...PACKAGE_EXAMPLE, attachments: [{ ...FILE, size: 3 }] }, faults: ['FIELD_INVALID /attachments/0/size'] },
  { when: 'the document is a state secret', given: { ...PACKAGE_EXAMPLE, document: { ...document, subject: '[Tối mật] V/v tăng cường' } }, faults: ['STATE_SECRET /document/subject'] },
  { when: 'a character cannot stand in any message', given: { ...PACKAGE_EXAMPLE, document: { ...document, subject: 'a\u0001b' } }, faults: ['FIELD_INVALID /document'] },
  { when: 'a status goes to another than it answers', given: { envelope: { from: { code: 'H36.11' }, to: [{ code: 'H36.12' }] }, status: { statusCode: '03', responseFor: { organId: 'H36', documentId: 'D1' }, at: '2026-03-16T10:00:00+07:00' } }, faults: ['FIELD_INVALID /envelope/to/0/code'] }
]
for (const { when, given, faults } of FAULTS) {
  test(`a fault points into the JSON when ${when}`, async t => {
    const decoded = await read(given)
    t.same(shown(decoded.faults), faults)
    t.ok(decoded.faults.every(({ detail }) => detail.vi !== '' && detail.en !== ''))
  })
}

test('what is no package, or over a limit, is refused whole', async t => {
  for (const [given, code] of [['[]', 'PACKAGE_INVALID'], ['{"document":{},"status":{}}', 'PACKAGE_INVALID'], ['{"a":', 'JSON_MALFORMED'], ['', 'BODY_EMPTY'], ['{"attachments":[{"base64":"AAAA', 'JSON_MALFORMED']] as const) {
    await t.rejects(read(given), { code }, given)
  }
  await t.rejects(read({ ...PACKAGE_EXAMPLE, attachments: Array.from({ length: 4 }, (_, n) => ({ name: `${n}.pdf`, base64: 'JVBERg==' })) }, { context: createMemoryContext({ maxAttachments: 3 }) }), { code: 'BODY_TOO_LARGE' })
  await t.rejects(read({ ...PACKAGE_EXAMPLE, attachments: [{ name: 'a.pdf', base64: Buffer.alloc(5000).toString('base64') }] }, { context: createMemoryContext({ maxAttachmentBytes: 4000 }) }), { code: 'BODY_TOO_LARGE' })
  await t.rejects(read({ ...PACKAGE_EXAMPLE, document: { ...document, content: 'x'.repeat(5000) } }, { context: createMemoryContext({ maxMarkupBytes: 4000 }) }), { code: 'BODY_TOO_LARGE' })
})
