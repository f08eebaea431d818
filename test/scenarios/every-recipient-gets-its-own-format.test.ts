// Promise: a recipient gets the format and code order that its endpoint declares, whatever the sender used; a partner's own
// JSON or XML is read by a mapping. What went over the wire is parsed here by readers that are not the hub's.
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import xml2js from 'xml2js'
import type { ReceivedDelivery } from '../../adapters/webhook/harness.js'
import type { HubConfig, MappingConfig } from '../../src/model/generated.js'
import { openProvince, runHub, type TestProvince } from '../support/hub.js'
import { strictFaults } from '../support/strict-edxml.js'
import { eventually } from '../support/time.js'
import { call, JSON_BODY, XML, type Answer, type CallOptions } from '../support/wire.js'
import { fixture } from '../unit/formats/edxml-messages.js'

const MAPPINGS = fileURLToPath(new URL('../../../test/fixtures/mapping/', import.meta.url))
const mapping = (name: string, file: string, more: Partial<MappingConfig>): MappingConfig =>
  ({ name, version: '1.0', direction: 'outbound', engine: 'table', input: 'json', output: 'json', file: join(MAPPINGS, file), examples: [], ...more })
const INBOUND = mapping('cong-van-di', 'cong-van-di.table.json', { direction: 'inbound', version: '2.3', files: ['NoiDung'], examples: [{ in: join(MAPPINGS, 'cong-van-di.in.json'), out: join(MAPPINGS, 'cong-van-di.out.json') }] })
const MADE: MappingConfig[] = [
  mapping('van-ban-den', 'van-ban-den.table.json', { output: 'xml' }),
  mapping('phieu', 'phieu.jsonata', { engine: 'jsonata', version: '4' }),
  INBOUND,
  mapping('cong-van-di-xml', 'cong-van-di-xml.jsonata', { direction: 'inbound', engine: 'jsonata', input: 'xml', files: ['NoiDung'] })
]

type EndpointChange = Partial<HubConfig['endpoints'][number]>

/** What each agency system of the sample province declares here. */
const ENDPOINTS: Record<string, EndpointChange> = {
  'so-tu-phap': { format: 'original' },
  'mot-cua-tinh': { format: 'json' },
  'dat-dai-duc-trong': { format: 'edxml', codes: 'qd20' },
  'ubnd-tinh': { format: 'edxml', codes: 'qcvn102', zip: 'raw' },
  'xa-duc-trong': { format: 'mapping', mapping: 'van-ban-den' },
  'da-lat': { format: 'mapping', mapping: 'phieu' },
  'truc-quoc-gia': { format: 'noihoso' }
}

function adapted (endpoints: Record<string, EndpointChange>, more: Partial<HubConfig> = {}): (config: HubConfig) => HubConfig {
  return config => ({
    ...config,
    mappings: MADE,
    endpoints: config.endpoints.map(endpoint => ({ ...endpoint, ...endpoints[endpoint.id] })),
    clients: config.clients.map(client => client.id === 'chuyen-doi-so' ? { ...client, translation: { name: 'dvcqg', to: ['H36.01.01', 'H29'] } } : client),
    ...more
  })
}

interface Running { province: TestProvince, post: (as: string, body: CallOptions['body'], headers?: Record<string, string>, query?: string) => Promise<Answer>, read: (path: string) => Promise<Answer>, arrived: (endpoint: string, answer: Answer) => Promise<ReceivedDelivery & { body: Buffer }> }

async function start (t: Test, change: (config: HubConfig) => HubConfig): Promise<Running> {
  const province = await openProvince(t, 'embedded', change)
  const { url } = await runHub(t, province.config)
  return {
    province,
    post: async (as, body, headers = JSON_BODY, query = '') => await call(`${url}/v1/packages${query}`, { key: province.keys.get(as), headers, body }),
    read: async path => await call(`${url}${path}`, { key: province.keys.get('van-hanh') }),
    arrived: async (endpoint, answer) => await eventually(() => {
      const found = province.receivers.get(endpoint)?.received().find(({ packageId }) => packageId === answer.json['id'])
      return found?.body === undefined ? undefined : { ...found, body: found.body }
    })
  }
}

const xml = async (bytes: Buffer): Promise<any> => await xml2js.parseStringPromise(bytes.toString(), { tagNameProcessors: [xml2js.processors.stripPrefix], explicitArray: true }) as unknown
const header = (message: any): any => message.edXML.edXMLEnvelope[0].edXMLHeader[0].MessageHeader[0]
const codesOf = (message: any): { from: string, to: string[] } =>
  ({ from: header(message).From[0].OrganId[0], to: header(message).To.map((party: any) => party.OrganId[0]) })
const fileOf = (message: any): Buffer => Buffer.from(message.edXML.AttachmentEncoded[0].Attachment[0].ContentTransferEncoded[0]._ ?? message.edXML.AttachmentEncoded[0].Attachment[0].ContentTransferEncoded[0], 'base64')
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

const PDF = Buffer.from('%PDF-1.4\n% cong van\n')
const ODD = `\ufeff<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><ns0:edXMLEnvelope xmlns:ns0="http://www.mic.gov.vn/TBT/QCVN_102_2016"><ns0:edXMLHeader><ns0:MessageHeader>
<ns0:From><ns0:OrganId>000.00.03.H36</ns0:OrganId><ns0:OrganName>Sở Tài chính</ns0:OrganName></ns0:From>
${['H36.11', 'H36.01.01', 'H36.10.01', 'H36', 'H36.101', 'H36.201'].map(code => `<ns0:To><ns0:OrganId>${code}</ns0:OrganId></ns0:To>`).join('')}
<ns0:DocumentId>000.00.03.H36,2026/11/20,9/STC</ns0:DocumentId><ns0:Code><ns0:CodeNumber>9</ns0:CodeNumber><ns0:CodeNotation>STC</ns0:CodeNotation></ns0:Code>
<ns0:PromulgationInfo><ns0:Place>Lâm Đồng</ns0:Place><ns0:PromulgationDate>20/11/2026</ns0:PromulgationDate></ns0:PromulgationInfo>
<ns0:DocumentType><ns0:TypeName>Công văn</ns0:TypeName></ns0:DocumentType><ns0:Subject>V/v <![CDATA[thu & chi]]></ns0:Subject>
<ns0:SignerInfo><ns0:Signer>Nguyễn Văn An</ns0:Signer></ns0:SignerInfo></ns0:MessageHeader>
<ns0:TraceHeaderList><ns0:TraceHeader><ns0:OrganId>000.00.03.H36</ns0:OrganId><ns0:Timestamp>20/11/2026 09:00:00</ns0:Timestamp></ns0:TraceHeader><ns0:Business><ns0:BusinessDocType>0</ns0:BusinessDocType></ns0:Business></ns0:TraceHeaderList></ns0:edXMLHeader>
<ns0:edXMLBody><ns0:edXMLManifest><ns0:Reference><ns0:ContentId>f1</ns0:ContentId></ns0:Reference></ns0:edXMLManifest></ns0:edXMLBody></ns0:edXMLEnvelope>
<AttachmentEncoded><Attachment><ContentId>cid:f1</ContentId><AttachmentName>a.pdf</AttachmentName><ContentType>application/pdf</ContentType><ContentTransferEncoded>${PDF.toString('base64')}</ContentTransferEncoded></Attachment></AttachmentEncoded></edXML>`

await t.test('one document of odd spelling, six recipients, six forms', async t => {
  const { post, arrived, read } = await start(t, adapted(ENDPOINTS))
  const answer = await post('so-tai-chinh', Buffer.from(ODD), XML)
  t.equal(answer.status, 202, JSON.stringify(answer.json))

  await t.test('original: the very bytes', async t => {
    const { body } = await arrived('so-tu-phap', answer)
    t.ok(body.equals(Buffer.from(ODD)))
  })
  await t.test('edxml, qd20: the strict form, all codes in that order, the file intact', async t => {
    const { body } = await arrived('dat-dai-duc-trong', answer)
    t.same(strictFaults(body.toString()), [])
    const message = await xml(body)
    t.same(codesOf(message), { from: 'H36.03', to: ['H36.11', 'H36.01.01', 'H36.10.01', 'H36', 'H36.101', 'H36.201'] })
    t.equal(header(message).Subject[0], 'V/v thu & chi')
    t.equal(header(message).PromulgationInfo[0].PromulgationDate[0], '2026/11/20')
    t.ok(fileOf(message).equals(PDF))
  })
  await t.test('edxml, qcvn102: an agency without such a code parks its delivery, and half an envelope is never sent', async t => {
    const state = await eventually(async () => {
      const { json } = await read(`/v1/packages/${answer.json['id'] as string}`)
      const delivery = json['deliveries'].find(({ to }: { to: string }) => to === 'H36')
      return delivery.state === 'dead' ? delivery : undefined
    })
    t.match(state, { attempts: 1, problem: { code: 'TRANSFORM_FAILED', detail: /H36\.10\.01/ } })
  })
  await t.test('json: the canonical form', async t => {
    const { body } = await arrived('mot-cua-tinh', answer)
    t.match(JSON.parse(body.toString()), { envelope: { kind: 'document', from: { code: '000.00.03.H36' } }, document: { subject: 'V/v thu & chi', signer: { fullName: 'Nguyễn Văn An' } }, attachments: [{ sha256: sha256(PDF) }] })
  })
  await t.test('mapping: the partner\'s own XML, and another\'s own JSON', async t => {
    const { VanBanDen: record } = await xml((await arrived('xa-duc-trong', answer)).body)
    t.match(record, { $: { loai: 'moi' }, SoKyHieu: ['9/STC'], NgayBanHanh: ['20/11/2026'], TrichYeu: ['V/v thu & chi'], DanhSachTep: [{ Tep: [{ Ten: ['a.pdf'] }] }] })
    t.same(JSON.parse((await arrived('da-lat', answer)).body.toString()), { so: '9/STC', nhan: ['H36.11', 'H36.01.01', 'H36.10.01', 'H36', 'H36.101', 'H36.201'], tep: 1 })
  })
  await t.test('how each was made is in the timeline', async t => {
    const made = await eventually(async () => {
      const { json } = await read(`/v1/packages/${answer.json['id'] as string}/timeline?limit=200`)
      const attempts = json['items'].filter(({ type }: { type: string }) => type === 'delivery.attempted')
      return attempts.length >= 6 ? attempts.flatMap(({ data }: any) => data.transformation ?? []) : undefined
    })
    t.ok(made.some((each: any) => each.mapping?.name === 'phieu' && each.mapping.version === '4'))
    t.ok(made.some((each: any) => each.format === 'edxml' && each.codes === 'qd20'))
  })
})

await t.test('a document whose recipients all have the old codes goes out in the old order', async t => {
  const { post, arrived } = await start(t, adapted(ENDPOINTS))
  const answer = await post('so-tai-chinh', Buffer.from(ODD.replaceAll(/<ns0:To>.*<\/ns0:To>/g, '<ns0:To><ns0:OrganId>H36.11</ns0:OrganId></ns0:To><ns0:To><ns0:OrganId>H36</ns0:OrganId></ns0:To>')), XML)
  const { body } = await arrived('ubnd-tinh', answer)
  t.same(strictFaults(body.toString()), [])
  t.same(codesOf(await xml(body)), { from: '000.00.03.H36', to: ['000.00.11.H36', '000.00.00.H36'] })
})

await t.test('a partner\'s own JSON or XML becomes strict edXML with its file, and its own bytes stay the original', async t => {
  const { post, arrived, read } = await start(t, adapted({ 'so-tu-phap': { format: 'edxml', codes: 'qcvn102' }, 'ubnd-tinh': { format: 'original' } }))
  const letter = await readFile(join(MAPPINGS, 'cong-van-di.in.json'), 'utf8')
  const plain = await post('ubnd-tinh', letter, JSON_BODY, '?translation=cong-van-di')
  t.match(plain, { status: 202 }, JSON.stringify(plain.json))
  const { body } = await arrived('so-tu-phap', plain)
  t.same(strictFaults(body.toString()), [])
  const message = await xml(body)
  t.same(codesOf(message), { from: '000.00.00.H36', to: ['000.00.11.H36'] })
  t.same([header(message).Subject[0], header(message).OtherInfo[0].Priority[0]], ['V/v kiểm tra <an toàn> & kỹ thuật', '1'])
  t.equal(fileOf(message).toString(), '%PDF-1.4\n% cong van 77\n')
  t.equal((await read(`/v1/packages/${plain.json['id'] as string}/content`)).bytes.toString(), letter, 'what was handed in is kept as it came')
  t.match((await read(`/v1/packages/${plain.json['id'] as string}/timeline`)).json['items'][0], { type: 'package.accepted', data: { translation: { name: 'cong-van-di', version: '2.3' }, sha256: sha256(Buffer.from(letter)) } })
  t.match((await post('ubnd-tinh', letter, JSON_BODY, '?translation=cong-van-di')).json, { id: plain.json['id'], repeated: true })

  const big = Buffer.concat([PDF, Buffer.alloc(3 * 2 ** 20, 'x')])
  const large = await post('ubnd-tinh', JSON.stringify({ ...JSON.parse(letter) as object, Id: 'H36,2026/11/20,78/UBND-KT', Tep: [{ Ten: 'lon.txt', NoiDung: big.toString('base64') }] }), JSON_BODY, '?translation=cong-van-di')
  t.match(large, { status: 202 }, 'a file larger than the markup may be')
  t.match((await read(`/v1/packages/${large.json['id'] as string}`)).json['attachments'], [{ name: 'lon.txt', size: big.length, sha256: sha256(big) }])

  const ownXml = `<CongVan><Id>H36.03,2026/11/20,5</Id><So>5</So><KyHieu>STC</KyHieu><Ngay>2026-11-20</Ngay><Loai>Công văn</Loai><TrichYeu>V/v thử</TrichYeu><NguoiKy>An</NguoiKy><DonViGui ma="H36.03"/><NoiNhan><DonVi ma="H36"/></NoiNhan><Tep ten="a.pdf"><NoiDung>${PDF.toString('base64')}</NoiDung></Tep></CongVan>`
  const translated = await post('so-tai-chinh', ownXml, XML, '?translation=cong-van-di-xml')
  t.match(translated, { status: 202 }, JSON.stringify(translated.json))
  const original = await arrived('ubnd-tinh', translated)
  t.ok(fileOf(await xml(original.body)).equals(PDF), 'one partner\'s private form is not sent to another that takes the original: it gets edXML')
})

await t.test('what a mapping cannot make is refused with its name, and nothing is stored', async t => {
  const { post, read } = await start(t, adapted({}))
  const letter = JSON.parse(await readFile(join(MAPPINGS, 'cong-van-di.in.json'), 'utf8')) as Record<string, unknown>
  const cases: Array<[string, unknown, object]> = [
    ['a required value is missing', { ...letter, TrichYeu: '' }, { status: 422, code: 'TRANSLATION_FAILED', detail: /cong-van-di/, errors: [{ pointer: 'mapping:cong-van-di#/rows/11' }] }],
    ['the result breaks a rule', { ...letter, NguoiKy: '' }, { status: 422, errors: [{ code: 'FIELD_MISSING', pointer: 'mapping:cong-van-di#/document/signer/fullName' }] }],
    ['the recipient is unknown', { ...letter, NoiNhan: [{ Ma: 'H36.999' }] }, { status: 422, code: 'RECIPIENT_UNKNOWN', errors: [{ pointer: 'mapping:cong-van-di#/envelope/to/0/code' }] }],
    ['it speaks for another', { ...letter, DonViGui: { Ma: 'H36.03' } }, { status: 403, code: 'SENDER_NOT_ALLOWED' }]
  ]
  for (const [name, body, expected] of cases) t.match((await post('ubnd-tinh', JSON.stringify(body), JSON_BODY, '?translation=cong-van-di')).json, expected, name)
  t.match((await post('ubnd-tinh', '{}', JSON_BODY, '?translation=phieu')).json, { status: 400, code: 'REQUEST_INVALID', errors: [{ pointer: '/query/translation', expected: /cong-van-di/ }] }, 'an outbound mapping reads nothing')
  t.same((await read('/v1/packages')).json['items'], [])
})

await t.test('a dossier in the national portal\'s format reaches a system that takes JSON and a ministry portal that has its own', async t => {
  const { post, arrived, read } = await start(t, adapted({ 'mot-cua-tinh': { format: 'json' }, 'truc-quoc-gia': { format: 'noihoso' } }))
  const wire = JSON.parse(fixture('dossier/dvcqg/create.wire.json').toString()) as { data: Array<Record<string, unknown>> }
  // The account is set to dvcqg and to these recipients: the message names neither.
  const answer = await post('chuyen-doi-so', JSON.stringify({ ...wire, madonvi: 'H36.07.02' }))
  t.match(answer, { status: 202 }, JSON.stringify(answer.json))
  const json = JSON.parse((await arrived('mot-cua-tinh', answer)).body.toString()) as unknown
  t.match(json, { envelope: { kind: 'dossier', action: 'submit', from: { code: 'H36.07.02' } }, dossier: { MaHoSo: wire.data[0]?.['MaHoSo'], HoSo: { TenTTHC: 'Đăng ký khai tử' } } })
  const ministry = JSON.parse((await arrived('truc-quoc-gia', answer)).body.toString()) as unknown
  t.match(ministry, { MaHoSo: wire.data[0]?.['MaHoSo'], LoaiDoiTuong: 0, MaDonViTiepNhan: 'H29', NgayNop: '2026-03-16T08:15:12+07:00' })
  t.match((await read(`/v1/packages/${answer.json['id'] as string}/timeline`)).json['items'][0].data.translation, { name: 'dvcqg' })

  const others: Array<[string, unknown, string, object]> = [
    ['several dossiers at once', { ...wire, data: [wire.data[0], { ...wire.data[0], MaHoSo: 'X-260316-0001' }] }, '', { status: 422, errors: [{ pointer: '/data', found: '2' }] }],
    ['a wrong value: the place in the message', { ...wire, data: [{ ...wire.data[0], TrangThaiHoSo: '99' }] }, '', { errors: [{ pointer: '/data/0/TrangThaiHoSo' }] }],
    ['an unknown recipient', wire, '?to=H36.999&translation=dvcqg', { code: 'RECIPIENT_UNKNOWN' }],
    ['no recipient at all', wire, '?translation=dvcqg', { errors: [{ pointer: '/to', detail: /to/ }] }],
    ['recipients where the content names them', '{}', '?translation=none&to=H36.11', { status: 400, errors: [{ pointer: '/query/to' }] }]
  ]
  for (const [name, body, query, expected] of others) t.match((await post('chuyen-doi-so', JSON.stringify(body), JSON_BODY, query)).json, expected, name)
  const letter = await post('chuyen-doi-so', Buffer.from(ODD.replaceAll('000.00.03.H36', 'H36.07.02').replace('H36.01.01', 'H29')), XML, '?translation=none')
  t.match(letter.json['deliveries'].find(({ to }: { to: string }) => to === 'H29'), { problem: { code: 'RECIPIENT_FORMAT' } }, 'a document cannot go to a system of dossiers, and the sender knows at once')
})

await t.test('a mapping that fails on real content parks the delivery with the reason, and nothing is sent', async t => {
  const folder = t.testdir()
  await writeFile(join(folder, 'strict.json'), JSON.stringify({ rows: [{ target: 'so', path: 'document.otherInfo.pageAmount', required: true }] }))
  const { post, province, read } = await start(t, adapted({ 'xa-duc-trong': { format: 'mapping', mapping: 'strict' } }, { mappings: [mapping('strict', join(folder, 'strict.json'), { file: join(folder, 'strict.json') }), INBOUND] }))
  const answer = await post('so-tai-chinh', Buffer.from(ODD.replaceAll(/<ns0:To>.*<\/ns0:To>/g, '<ns0:To><ns0:OrganId>H36.101</ns0:OrganId></ns0:To>')), XML)
  const delivery = await eventually(async () => {
    const [found] = (await read(`/v1/packages/${answer.json['id'] as string}`)).json['deliveries']
    return found.state === 'dead' ? found : undefined
  })
  t.match(delivery, { attempts: 1, problem: { code: 'TRANSFORM_FAILED', errors: [{ pointer: '/rows/0' }] } })
  t.same(province.receivers.get('xa-duc-trong')?.received(), [])
})
