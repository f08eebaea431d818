// Dossier packages: our canonical JSON, checked in one go, and their files found by hash.
import { test } from 'tap'
import { HubError } from '../../../src/errors.js'
import { DEFAULT_LIMITS, type Decoded, type Part } from '../../../src/formats/codec.js'
import { parseDossierCode } from '../../../src/formats/dossier/code.js'
import { dossierCodec } from '../../../src/formats/dossier/index.js'
import { parseJson } from '../../../src/formats/dossier/json.js'
import type { Consequence, ValidationRow } from '../../../src/formats/check.js'
import { checkDossier, DOSSIER_CHECKS } from '../../../src/formats/dossier/profile.js'
import { createFindings, type Findings } from '../../../src/formats/findings.js'
import { compileProfile } from '../../../src/formats/profile.js'
import type { Dossier } from '../../../src/model/generated.js'
import { faultsOf } from '../../../src/schema.js'
import { chunksOf, createMemoryContext, type MemoryContext } from '../../support/spool.js'
import { fixture, shown } from './edxml-messages.js'

const FILE = fixture('dossier/giay-bao-tu.pdf')

function partOf (bytes: Buffer, filename = 'Giay_bao_tu.pdf'): Part {
  return { name: 'file', filename, contentType: 'application/octet-stream', body: chunksOf(bytes) }
}

async function decode (content: string | Buffer, files: Part[] = [], context: MemoryContext = createMemoryContext()): Promise<Decoded> {
  return await dossierCodec.decode(chunksOf(content, 1000), (async function * () { yield * files })(), context)
}

function changed (name: string, change: (dossier: Record<string, unknown>) => void): string {
  const dossier = JSON.parse(fixture(`dossier/${name}.json`).toString()) as Record<string, unknown>
  change(dossier)
  return JSON.stringify(dossier)
}

test('every sample decodes without a fault, and fits the contract', async t => {
  for (const [name, files] of [['submit', [partOf(FILE)]], ['progress', []], ['withdraw', []]] as Array<[string, Part[]]>) {
    const { envelope, content, faults, warnings } = await decode(fixture(`dossier/${name}.json`), files)
    t.same([faults, warnings], [[], []], name)
    t.same(faultsOf('envelope', envelope), [], name)
    t.equal(content.kind === 'dossier' && faultsOf('dossier', content.dossier).length, 0, name)
  }
})

test('the envelope names the dossier, and a file is found by its hash', async t => {
  const { envelope, attachments } = await decode(fixture('dossier/submit.json'), [partOf(FILE, 'khac-ten.bin')])
  t.same(envelope, {
    kind: 'dossier',
    action: 'submit',
    identifier: 'dossier:ht-0007-1',
    correlationId: 'dossier:000.00.11.H36-260316-0007',
    from: { code: 'H36.101' },
    to: [{ code: 'H36.11' }],
    priority: 1,
    notation: '000.00.11.H36-260316-0007',
    title: 'Đăng ký khai tử',
    sentAt: '2026-03-16T09:31:00+07:00'
  })
  t.match(attachments, [{ n: 1, contentId: '501', name: 'Giay_bao_tu.pdf', description: 'Giấy báo tử', contentType: 'application/pdf', declaredType: 'application/octet-stream', size: FILE.length }])
})

test('all faults are told at once, each with its pointer', async t => {
  const broken = changed('submit', dossier => {
    delete dossier['packageId']
    dossier['kind'] = 'sell'
    dossier['more'] = 1
    const dossierFields = dossier['HoSo'] as Record<string, unknown>
    dossierFields['KenhThucHien'] = 2
  })
  const { faults, envelope } = await decode(broken, [partOf(FILE)])
  t.same(shown(faults).sort(), ['FIELD_INVALID /HoSo/KenhThucHien', 'FIELD_INVALID /HoSo/KenhThucHien', 'FIELD_INVALID /kind', 'FIELD_MISSING /packageId', 'FIELD_UNKNOWN /more'])
  t.equal(envelope.from.code, 'H36.101')
})

test('files and papers must agree', async t => {
  const submit = fixture('dossier/submit.json')
  const missing = await decode(submit)
  t.same(shown(missing.faults), ['ATTACHMENT_MISSING /ThanhPhanHoSo/0/GiayToDinhKem/0/HashTepTin'])
  const stranger = await decode(submit, [partOf(FILE), partOf(Buffer.from('lạ'), 'la.txt')])
  t.match(stranger.faults, [{ code: 'ATTACHMENT_INVALID', found: /^la\.txt / }])
  const size = await decode(submit.toString().replace(`"size": ${FILE.length}`, '"size": 1'), [partOf(FILE)])
  t.same(shown(size.faults), ['FIELD_INVALID /ThanhPhanHoSo/0/GiayToDinhKem/0/size'])
  const code = await decode(changed('submit', dossier => { dossier['MaHoSo'] = 'HS 1' }), [partOf(FILE)])
  t.same([shown(code.faults), shown(code.warnings)], [['FIELD_INVALID /HoSo/MaHoSo'], ['FIELD_INVALID /MaHoSo']])
  await t.rejects(decode(submit, [partOf(FILE)], createMemoryContext({ maxAttachmentBytes: 5 })), { code: 'BODY_TOO_LARGE' })
  await t.rejects(decode(submit, [partOf(FILE)], createMemoryContext({ maxAttachments: 0 })), { code: 'BODY_TOO_LARGE' })
})

test('JSON that no package may be is refused with its code and place', async t => {
  const valid = fixture('dossier/withdraw.json').toString()
  const cases: Array<[string, string | Buffer, string, RegExp?]> = [
    ['nothing', '', 'BODY_EMPTY'],
    ['half', valid.slice(0, 60), 'JSON_MALFORMED', /end of text|end of the string/],
    ['a comma too many', valid.replace('"withdraw",', '"withdraw",,'), 'JSON_MALFORMED', /line 3, column 22/],
    ['single quotes', "{'a': 1}", 'JSON_MALFORMED', /line 1, column 2/],
    ['a comment', '{} // x', 'JSON_MALFORMED', /column 4/],
    ['NaN', '{"a": NaN}', 'JSON_MALFORMED'],
    ['a leading zero', '{"a": 01}', 'JSON_MALFORMED'],
    ['a line break in a text', '{"a": "x\ny"}', 'JSON_MALFORMED'],
    ['100 000 levels', '['.repeat(100_000), 'JSON_MALFORMED'],
    ['65 levels', '['.repeat(65) + ']'.repeat(65), 'JSON_MALFORMED'],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'ENCODING_INVALID'],
    ['half a character', Buffer.from([0x7b, 0x7d, 0xe1, 0xbb]), 'ENCODING_INVALID'],
    ['a list', '[]', 'PACKAGE_INVALID'],
    ['3 MB', `{"a": "${'x'.repeat(3 * 2 ** 20)}"}`, 'BODY_TOO_LARGE']
  ]
  for (const [name, content, code, place] of cases) {
    const error = await decode(content).then(() => undefined, (thrown: unknown) => thrown)
    t.type(error, HubError, name)
    if (!(error instanceof HubError)) continue
    t.equal(error.code, code, name)
    if (place !== undefined) t.match(`${error.detail.en} ${JSON.stringify(error.errors)}`, place, name)
  }
})

test('names and texts that harm whoever reads them later are faults', async t => {
  const withdraw = fixture('dossier/withdraw.json').toString()
  const added = (json: string): string => withdraw.replace('{', `{${json},`)
  const cases: Array<[string, string[]]> = [
    ['"__proto__": {"role": "main"}', ['FIELD_UNKNOWN /__proto__']],
    ['"\\u005f_proto__": {}', ['FIELD_UNKNOWN /__proto__']],
    ['"constructor": {}', ['FIELD_UNKNOWN /constructor']],
    ['"MaTTHC": "1"', ['FIELD_INVALID /MaTTHC']],
    ['"MaHoSoKhac": "a\\u0000b"', ['FIELD_INVALID /MaHoSoKhac']],
    ['"MaHoSoKhac": "\\ud800"', ['FIELD_INVALID /MaHoSoKhac']]
  ]
  for (const [json, faults] of cases) t.same(shown((await decode(added(json))).faults), faults, json)
  t.equal(({} as Record<string, unknown>)['role'], undefined)
})

test('the JSON reader takes what JSON.parse takes', async t => {
  for (const json of ['{"a":[1,-0.5e+3,true,false,null,"\\u1ec7\\n\\"",{}],"b":[]}', ' [ ] ', '"x"', '0', '[[[]],{"a":{"b":1}}]', '{"":"","/~":1}']) {
    const { value, faults } = parseJson(json, DEFAULT_LIMITS.maxDepth)
    t.same({ value, faults }, { value: JSON.parse(json), faults: [] }, json)
  }
  for (const json of ['[1,]', '{"a"}', '{"a":1,}', '[1 2]', '{,}', ']', '"\\x"', '"\\u12"', '1.', '.5', '+1', 'tru', '[1}', '{"a":1]', '', '"a']) {
    t.throws(() => parseJson(json, DEFAULT_LIMITS.maxDepth), { code: 'JSON_MALFORMED' }, json)
    t.throws(() => { JSON.parse(json) }, json)
  }
})

test('dossier codes are taken apart, unusual ones are not', t => {
  const cases: Array<[string, string | undefined]> = [
    ['000.00.11.H36-260316-0007', '000.00.11.H36 2026-03-16 0007'],
    ['000.01.01.H22-250610-0001', '000.01.01.H22 2025-06-10 0001'],
    ['G09.20-20260609-0092637', 'G09.20 2026-06-09 0092637'],
    ['H36.101-20260609-12345', 'H36.101 2026-06-09 12345'],
    ['H36.101-260609-123456', 'H36.101 2026-06-09 123456'],
    ['000-12.H36-260316-0007', '000-12.H36 2026-03-16 0007'],
    ['H36-240229-0001', 'H36 2024-02-29 0001'],
    ['H36-000101-0001', 'H36 2000-01-01 0001'],
    ['H36-19991231-0001', 'H36 1999-12-31 0001'],
    ['', undefined], ['HS-1', undefined], ['-260316-0001', undefined], ['H36_260316_0001', undefined],
    ['H36-260316-001', undefined], ['H36-260316-12345678', undefined], ['H36-260316-', undefined], ['H36-260316', undefined],
    ['H36-2603160-0001', undefined], ['H36-26031-0001', undefined], ['H36-261332-0001', undefined], ['H36-260230-0001', undefined], ['H36-250229-0001', undefined],
    ['H36-260316-0001 ', undefined], ['H36-260316-0001\n', undefined], ['H36-260316-000A', undefined], ['H36-２６0316-0001', undefined]
  ]
  for (const [code, expected] of cases) {
    const parsed = parseDossierCode(code)
    t.equal(parsed === undefined ? undefined : `${parsed.organization} ${parsed.date} ${parsed.sequence}`, expected, JSON.stringify(code))
  }
  t.end()
})

test('every rule beyond the shape has its consequence', async t => {
  const stamps = { NgayNopHoSo: '20260316081512', NgayTiepNhan: '20260316093000' }
  const submit = (fields: object, more: object = {}): Dossier => {
    const dossier = JSON.parse(fixture('dossier/submit.json').toString()) as Dossier
    return { ...dossier, ...more, HoSo: { ...dossier.HoSo, ...stamps, ...fields } as NonNullable<Dossier['HoSo']> }
  }
  const bare = (more: object): Dossier => ({ packageId: '1', kind: 'progress', from: 'a', to: ['b'], MaHoSo: '000.00.11.H36-260316-0007', ...more })
  const cases: Array<[string, Dossier, string[], string[]]> = [
    ['online without an account', submit({ MaDoiTuong: '' }), [], ['/HoSo/MaDoiTuong']],
    ['accepted without an appointment', submit({ TrangThaiHoSo: '2', NgayHenTra: '' }), [], ['/HoSo/NgayHenTra']],
    ['refused without a reason', submit({ TrangThaiHoSo: '3' }), ['/reason'], ['/HoSo/NgayTuChoi']],
    ['refused with a reason', submit({ TrangThaiHoSo: '3', NgayTuChoi: '20260316100000', GhiChu: 'Không thuộc thẩm quyền' }), [], []],
    ['a supplement of nothing', submit({ TrangThaiHoSo: '5' }), [], ['/HoSo/DanhSachHoSoBoSung']],
    ['stopped without a reason', submit({ TrangThaiHoSo: '8' }), ['/reason'], []],
    ['returned without a date', submit({ TrangThaiHoSo: '10', NgayKetThucXuLy: '20260318091000' }), [], ['/HoSo/NgayTra', '/HoSo/ThongTinTra']],
    ['a day that is none', submit({ NgayHenTra: '20260431170000' }), ['/HoSo/NgayHenTra'], []],
    ['due before it was accepted', submit({ NgayHenTra: '20260310170000' }), [], ['/HoSo/NgayHenTra']],
    ['a short identity number', submit({ DinhDanhCHS: [{ LoaiDinhDanh: '1', SoDinhDanh: '123' }] }), [], ['/HoSo/DinhDanhCHS/0/SoDinhDanh']],
    ['two codes, both kept', submit({ MaHoSo: 'G09.20-20260609-0092637' }, { MaHoSoKhac: 'G09.20-20260609-0092637' }), [], []],
    ['progress of nothing', bare({}), ['/TienDo'], []],
    ['a result of nothing', bare({ kind: 'result' }), ['/HoSo'], []],
    ['an answer to nobody knows what', bare({ kind: 'ack' }), [], ['/inReplyTo']],
    ['a step too far', bare({ TienDo: ['10', '4'].map(TrangThai => ({ NguoiXuLy: 'x', ThoiDiemXuLy: '20260316093000', NoiDungXuLy: 'x', TrangThai })) }), [], ['/TienDo/1/TrangThai']]
  ]
  for (const [name, dossier, faults, warnings] of cases) {
    const findings = checked(dossier)
    t.same([findings.faults.map(({ pointer }) => pointer), findings.warnings.map(({ pointer }) => pointer)], [faults, warnings], name)
  }
})

function checked (dossier: Dossier, rows: readonly ValidationRow[] = [], direction: 'inbound' | 'outbound' = 'outbound'): Findings {
  const findings = createFindings()
  checkDossier(dossier, findings, { profile: compileProfile(rows), direction })
  return findings
}

test('what follows from a broken rule is a cell of the table, and the pipeline hands it to the codec', async t => {
  const text = changed('submit', dossier => { Object.assign(dossier['HoSo'] as object, { TrangThaiHoSo: '8' }) })
  const dossier = JSON.parse(text) as Dossier
  const row = (consequence: Consequence, more: Partial<ValidationRow> = {}): ValidationRow => ({ check: 'dossier.status-8-reason', consequence, ...more })
  const cases: Array<[string, ValidationRow[], 'outbound' | 'inbound', string[], string[]]> = [
    ['by default a fault', [], 'outbound', ['FIELD_MISSING'], []],
    ['also from an axis', [], 'inbound', ['FIELD_MISSING'], []],
    ['reject', [row('warn'), row('reject')], 'outbound', ['FIELD_MISSING'], []],
    ['warn', [row('warn')], 'outbound', [], ['FIELD_MISSING']],
    ['quarantine', [row('quarantine')], 'outbound', ['PACKAGE_QUARANTINED'], []],
    ['off', [row('off')], 'outbound', [], []],
    ['off for its kind', [row('off', { kind: 'submit' })], 'outbound', [], []],
    ['off for another kind', [row('off', { kind: 'result' })], 'outbound', ['FIELD_MISSING'], []],
    ['off for its direction', [row('off', { direction: 'inbound' })], 'inbound', [], []],
    ['off for the other direction', [row('off', { direction: 'inbound' })], 'outbound', ['FIELD_MISSING'], []],
    ['another row', [{ check: 'dossier.status-3-reason', consequence: 'off' }], 'outbound', ['FIELD_MISSING'], []],
    ['the row of documents with the like name', [{ check: 'date-order', consequence: 'reject' }], 'outbound', ['FIELD_MISSING'], []]
  ]
  for (const [name, rows, direction, faults, warnings] of cases) {
    const findings = checked(dossier, rows, direction)
    t.same([findings.faults.map(({ code }) => code), findings.warnings.map(({ code }) => code)], [faults, warnings], name)
    const decoded = await decode(text, [partOf(FILE)], { ...createMemoryContext(), profile: compileProfile(rows), direction } as MemoryContext)
    t.same([decoded.faults.map(({ code }) => code), decoded.warnings.map(({ code }) => code)], [faults, warnings], `${name}: by the codec`)
  }
})

test('every rule beyond the shape can be refused, warned of, quarantined and switched off', t => {
  for (const [id, { kinds, outbound, inbound }] of Object.entries(DOSSIER_CHECKS) as Array<[ValidationRow['check'], typeof DOSSIER_CHECKS[keyof typeof DOSSIER_CHECKS]]>) {
    for (const kind of kinds) {
      t.same([compileProfile([]).consequenceOf(id, kind, 'outbound'), compileProfile([]).consequenceOf(id, kind, 'inbound')], [outbound, inbound], `${id} ${kind}`)
      for (const consequence of ['reject', 'warn', 'quarantine', 'off'] as const) t.equal(compileProfile([{ check: id, consequence }]).consequenceOf(id, kind, 'outbound'), consequence)
    }
  }
  t.end()
})
