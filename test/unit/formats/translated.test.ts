// Dossiers in a partner's format, and a partner's own JSON and XML, as the codecs behind `translation` read them: the same
// dossier as the canonical one beside it, files in spools, faults in terms of the message.
import { createHash } from 'node:crypto'
import { test } from 'tap'
import { faultsOf } from '../../../src/schema.js'
import type { Codec, Decoded, Part } from '../../../src/formats/codec.js'
import { mappingCodec, type InboundMapping } from '../../../src/formats/translated/mapping.js'
import { wireCodec } from '../../../src/formats/translated/wire.js'
import type { WireName } from '../../../src/ports/dossier-wire.js'
import type { Dossier } from '../../../src/model/generated.js'
import { PACKAGE_EXAMPLE } from '../../../src/http/examples.js'
import { chunksOf, createMemoryContext, type MemoryContext } from '../../support/spool.js'
import { fixture, shown } from './edxml-messages.js'

const PDF = fixture('dossier/giay-bao-tu.pdf')
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

interface Options { context?: MemoryContext, files?: Array<[string, Buffer]> }

async function read (codec: Codec, content: string | Buffer, { context = createMemoryContext(), files = [] }: Options = {}): Promise<Decoded> {
  async function * parts (): AsyncGenerator<Part> {
    for (const [filename, bytes] of files) yield { filename, contentType: 'application/pdf', body: chunksOf(bytes) }
  }
  return await codec.decode(chunksOf(content, 11), parts(), context)
}

const codec = (name: WireName, to: string[] = ['H36.11']): Codec => wireCodec(name, { to, senderOf: unit => unit === '' ? 'H36' : undefined })

const PAIRS: Array<{ format: WireName, name: string, files?: Array<[string, Buffer]> }> = [
  { format: 'dvcqg', name: 'create' },
  { format: 'dvcqg', name: 'progress' },
  { format: 'noihoso', name: 'create', files: [['f-77', PDF]] },
  { format: 'noihoso', name: 'steps' },
  { format: 'dvclt', name: 'detail' },
  { format: 'dvclt', name: 'result' },
  { format: 'dvclt', name: 'sector' }
]
for (const { format, name, files = [] } of PAIRS) {
  test(`${format}/${name}: the dossier of the message, each of its files in a spool`, async t => {
    const context = createMemoryContext()
    const { faults, content, attachments, translation } = await read(codec(format), fixture(`dossier/${format}/${name}.wire.json`), { context, files })
    t.same(shown(faults), [])
    if (content.kind !== 'dossier') throw new Error('no dossier')
    t.same(faultsOf('dossier', content.dossier), [])
    const expected = JSON.parse(fixture(`dossier/${format}/${name}.canonical.json`).toString()) as Dossier
    const facts = ({ packageId, from, to, sentAt, ...rest }: Dossier): object => ({ ...rest, HoSo: rest.HoSo === undefined ? undefined : { ...rest.HoSo, TenTTHC: '' } })
    t.strictSame(JSON.parse(JSON.stringify(facts(content.dossier))), JSON.parse(JSON.stringify(facts(expected))))
    t.equal(content.dossier.from, 'H36')
    t.equal(translation?.name, format)
    const spooled = context.spools.map(spool => sha256(spool.bytes()))
    t.ok(attachments.every(file => spooled.includes(file.sha256)))
    t.equal(attachments.length, (expected.ThanhPhanHoSo ?? []).flatMap(paper => paper.GiayToDinhKem ?? []).length)
  })
}

test('the same message has the same identifier, to other recipients another one', async t => {
  const wire = fixture('dossier/dvcqg/create.wire.json')
  const [one, again, other] = await Promise.all([codec('dvcqg'), codec('dvcqg'), codec('dvcqg', ['H36.12'])].map(async each => (await read(each, wire)).envelope.identifier))
  t.equal(one, again)
  t.not(one, other)
})

test('a fault of a message stands where the message has it', async t => {
  const wire = JSON.parse(fixture('dossier/noihoso/create.wire.json').toString()) as Record<string, unknown>
  t.same(shown((await read(codec('noihoso'), JSON.stringify(wire))).faults), ['ATTACHMENT_MISSING /ThanhPhanHoSo/0/GiayToDinhKem/0/HashTepTin'])
  t.same(shown((await read(codec('noihoso'), JSON.stringify({ ...wire, LoaiDoiTuong: 9 }), { files: [['f-77', PDF]] })).faults), ['FIELD_INVALID /LoaiDoiTuong'])
  const decoded = await read(codec('noihoso'), JSON.stringify(wire), { files: [['f-77', PDF]] })
  t.same([decoded.places?.sender, decoded.places?.recipient(0)], ['/from', '/MaDonViTiepNhan'])
  const twice = '{"service":"DongBoHoSoMC","service":"x","data":[]}'
  t.same(shown((await read(codec('dvcqg'), twice)).faults).slice(0, 1), ['FIELD_INVALID /service'])
  t.match((await read(codec('dvcqg'), '[]')).faults, [{ code: 'FIELD_INVALID', pointer: '' }])
})

/** A mapping that leaves its input as it is but moves the file. */
const moving = (input: 'json' | 'xml', run: InboundMapping['run']): Codec => mappingCodec({ name: 'm', version: '1', input, files: new Set(['Tep']), run })

test('a mapping sees a mark in place of each file, and a mark of its own making is no file', async t => {
  const seen: unknown[] = []
  const base64 = PDF.toString('base64')
  const put = async (value: unknown): Promise<string> => {
    seen.push(value)
    return JSON.stringify({ ...PACKAGE_EXAMPLE, attachments: [{ name: 'a.pdf', base64: (value as { Goi: { Tep: string } }).Goi.Tep }] })
  }
  const json = await read(moving('json', put), JSON.stringify({ Goi: { Tep: base64 } }))
  const xml = await read(moving('xml', put), `<Goi><Tep><![CDATA[${base64}]]></Tep></Goi>`)
  for (const { faults, attachments } of [json, xml]) t.same([shown(faults), attachments.map(file => file.sha256)], [[], [sha256(PDF)]])
  t.ok(seen.every(value => !JSON.stringify(value).includes(base64)))
  const forged = await read(moving('json', async () => JSON.stringify({ ...PACKAGE_EXAMPLE, attachments: [{ name: 'a.pdf', base64: '~file:0:0~' }] })), '{"Goi":{}}')
  t.same(shown(forged.faults), ['ATTACHMENT_INVALID mapping:m#/attachments/0/base64'])
})

test('what a mapping makes is looked at as if a stranger had sent it', async t => {
  const made = async (json: string): Promise<Decoded> => await read(moving('json', async () => json), '{}')
  await t.rejects(made('[]'), { code: 'TRANSLATION_FAILED', errors: [{ pointer: 'mapping:m#' }] })
  await t.rejects(made('{"a":1}'), { code: 'TRANSLATION_FAILED' })
  t.same(shown((await made(JSON.stringify({ ...PACKAGE_EXAMPLE, envelope: { ...PACKAGE_EXAMPLE.envelope, sender: 'x' } }))).faults), ['FIELD_UNKNOWN mapping:m#/envelope/sender'])
  await t.rejects(read(moving('json', async () => '{}'), '{"a":1,"a":2}'), { code: 'PACKAGE_INVALID', errors: [{ pointer: '/a' }] })
  await t.rejects(read(moving('xml', async () => '{}'), '<!DOCTYPE a><a/>'), { code: 'XML_FORBIDDEN' })
})
