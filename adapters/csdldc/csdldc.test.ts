// The csdldc adapter keeps the contract; it asks as the database expects, passes on named fields only, and takes nothing hostile.
import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import type { AdapterSession, ServiceCall, ServiceOutcome } from '../../src/adapter/index.js'
import { adapterSuite, openSession } from '../../test/support/adapter-suite.js'
import { ACCOUNT, createHarness, sampleCall } from './harness.js'
import { adapter } from './index.js'
import { CITIZEN, type Population, startPopulation } from './harness-population.js'
import { authorizationOf, upperName } from './request.js'
import { parseXml } from './xml.js'

await adapterSuite(t, { adapter, harness: createHarness() })

interface Opened { population: Population, session: AdapterSession, ask (request: ServiceCall): Promise<ServiceOutcome | undefined> }

async function open (t: Test, settings: object = {}): Promise<Opened> {
  const population = await startPopulation({ account: ACCOUNT })
  t.teardown(population.stop)
  const { user, secret, apiKey } = ACCOUNT
  const session = await openSession(t, adapter, { url: population.url, authorization: { user, secret }, apiKey, ...settings })
  return { population, session, ask: async request => await session.call?.(request, AbortSignal.timeout(5000)) }
}

const SOAP = (content: string): string => `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${content}</e:Body></e:Envelope>`

t.test('a name goes out in Vietnamese capitals, composed', async t => {
  t.equal(upperName(' đỗ  thị mười '), 'ĐỖ THỊ MƯỜI')
  t.equal(upperName('nguyễn văn ửng'.normalize('NFD')), 'NGUYỄN VĂN ỬNG')
  t.equal(upperName('Ðặng'), 'ÐẶNG')
})

t.test('the Authorization is user and hash, as the database computes them', async t => {
  const digest = createHash('sha256').update('http://auth.exampleu1700000000000s3cret-s3cret').digest('hex')
  t.equal(authorizationOf({ user: 'u', secret: 's3cret-s3cret', authUrl: 'http://auth.example' }, { url: 'http://x', timestamp: 1700000000000 }), `Basic ${Buffer.from(`u:${digest}`).toString('base64')}`)
})

t.test('every question has the fields of its schema, and the headers', async t => {
  const { population, ask } = await open(t, { xRoadClient: 'VN/GOV/H36', account: { taiKhoan: 'tk', soDienThoai: '0263' } })
  const requests = ['citizen-exists', 'citizen-lookup', 'relatives-verify'].map(operation => sampleCall(operation))
  for (const request of requests) await ask(request)
  const person = { SoDinhDanh: CITIZEN.soDinhDanh, HoVaTen: 'ĐỖ THỊ MƯỜI' }
  const born = { NgayThangNamSinh: '19990203' }
  t.same(population.asked.map(({ operation, fields }) => [operation, fields]), [
    ['XacThucThongTinCongDanRequest', { MaYeuCau: requests[0]?.requestId, MaDichVu: '033', MaCanBo: 'CB-0142', ...person }],
    ['TraCuuThongTinCongDan', { MaYeuCau: requests[1]?.requestId, MaDVC: 'VPCP', MaTichHop: '037', MaCanBo: 'CB-0142', MaDonVi: '000.00.11.H36', TaiKhoan: 'tk', SoDienThoai: '0263', ...person, ...born }],
    ['XacMinhThongTinNhanThanRequest', { MaYeuCau: requests[2]?.requestId, MaDVC: 'VPCP', MaTichHop: '037', MaDonVi: '000.00.11.H36', MaCanBo: 'CB-0142', ...person, ...born }]
  ])
  for (const { headers } of population.asked) t.match(headers, { soapaction: '""', 'content-type': 'text/xml; charset=utf-8', 'x-road-client': 'VN/GOV/H36', apikey: ACCOUNT.apiKey, timestamp: /^\d{13}$/, traceparent: requests[0]?.traceparent })
})

t.test('an answer holds the named fields and nothing else', async t => {
  const { ask } = await open(t, { moreFields: { gioiTinh: 'GioiTinh' } })
  t.same(await ask(sampleCall('citizen-exists')), { kind: 'answered', result: { exists: true } })
  t.same(await ask(sampleCall('citizen-exists', { hoVaTen: 'Đỗ Thị Chín' })), { kind: 'answered', result: { exists: false } })
  const person = { ...CITIZEN, gioiTinh: 'Nữ', cha: { soDinhDanh: '068070000001', hoVaTen: 'Đỗ Chín' }, me: { hoVaTen: 'Lê Thị Tám & Bảy' } }
  t.same(await ask(sampleCall('relatives-verify')), { kind: 'answered', result: { count: 1, persons: [person], dataAsOf: '20261120080000' } })
  t.same(await ask(sampleCall('citizen-lookup', { hoVaTen: 'Ai' })), { kind: 'answered', result: { count: 0, persons: [], dataAsOf: '20261120080000' } })
  const { ask: askLittle } = await open(t, { fields: ['hoVaTen'] })
  t.same(await askLittle(sampleCall('citizen-lookup')), { kind: 'answered', result: { count: 1, persons: [{ hoVaTen: 'Đỗ Thị Mười' }], dataAsOf: '20261120080000' } })
})

t.test('a fault refuses only when it says that the question is at fault, and is not quoted', async t => {
  const { population, ask } = await open(t)
  for (const [code, kind] of [['soapenv:Client', 'refused'], ['Client.Invalid', 'refused'], ['soapenv:Server', 'unavailable'], ['', 'unavailable'], ['Clientele', 'unavailable'], ['x:Err068099000123', 'unavailable']] as const) {
    population.fail({ kind: 'fault', code, words: 'Không tìm thấy công dân' })
    const outcome = await ask(sampleCall('citizen-lookup'))
    t.equal(outcome?.kind, kind, code)
    t.notMatch(JSON.stringify(outcome), /068099000123|công dân Đ|Mười|MƯỜI/i)
  }
})

t.test('a wrong key is the fault of the hub, and its answer is not quoted', async t => {
  const { ask } = await open(t, { authorization: { user: ACCOUNT.user, secret: 'another-secret' } })
  const outcome = await ask(sampleCall('citizen-exists'))
  t.match(outcome, { kind: 'unavailable', problem: { code: 'ENDPOINT_UNAVAILABLE', detail: { en: /401/ } } })
  t.notMatch(JSON.stringify(outcome), /Basic|another-secret/)
})

t.test('what cannot be read is unavailable, never "no such person"', async t => {
  const { population, ask } = await open(t)
  const answers = [
    '', '{}', '<a/>', SOAP(''), SOAP('<TonTai>có</TonTai>'), SOAP('<TonTai>true</TonTai><TonTai>false</TonTai>'), `<!DOCTYPE x [<!ENTITY a "true">]>${SOAP('<TonTai>&a;</TonTai>')}`,
    `<?php x?>${SOAP('<TonTai>true</TonTai>')}`, SOAP('<TonTai>true'), SOAP(`${'<a>'.repeat(5000)}<TonTai>true</TonTai>${'</a>'.repeat(5000)}`), SOAP(`<x>${'y'.repeat(70_000)}</x><TonTai>true</TonTai>`),
    SOAP('<__proto__><TonTai>x</TonTai></__proto__>')
  ]
  for (const body of answers) {
    population.fail({ kind: 'answer', body })
    t.equal((await ask(sampleCall('citizen-exists')))?.kind, 'unavailable', body.slice(0, 60))
  }
  population.fail({ kind: 'answer', body: SOAP('<TonTai>0</TonTai>') })
  t.same(await ask(sampleCall('citizen-exists')), { kind: 'answered', result: { exists: false } })
  t.equal(await parseXml(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e])), undefined, 'no UTF-8')
  t.notOk('TonTai' in {}, 'no prototype was touched')
})

t.test('what XML cannot carry is refused before anything goes out; the rest is escaped', async t => {
  const { population, ask } = await open(t)
  t.match(await ask({ ...sampleCall('citizen-exists'), officer: { id: 'a\u0001', unit: 'u' } }), { kind: 'refused', problem: { code: 'FIELD_INVALID' } })
  t.equal(population.asked.length, 0)
  await ask({ ...sampleCall('citizen-exists'), officer: { id: '</q:MaCanBo>&<x a="1">', unit: 'u' } })
  t.equal(population.asked[0]?.fields['MaCanBo'], '</q:MaCanBo>&<x a="1">')
})

t.test('the JSON proxy is asked with its own fields, for a look-up only', async t => {
  const { population, ask } = await open(t, { protocol: 'json', proxy: { type: '1', staffEmail: 'cuc@example.vn' } })
  const request = sampleCall('citizen-lookup')
  t.same(await ask(request), { kind: 'answered', result: { count: 1, persons: [{ soDinhDanh: CITIZEN.soDinhDanh, hoVaTen: CITIZEN.hoVaTen, ngaySinh: CITIZEN.ngaySinh }] } })
  t.same(population.asked[0]?.fields, {
    MaYeuCau: request.requestId, MaTichHop: '037', StaffEmail: 'cuc@example.vn', GovAgencyCode: '000.00.11.H36', MaDVC: 'VPCP', HoVaTen: 'ĐỖ THỊ MƯỜI', type: '1',
    NgayThangNamSinh: '19990203', SoDinhDanh: CITIZEN.soDinhDanh
  })
  t.match(await ask(sampleCall('citizen-exists')), { kind: 'refused' })
  population.fail({ kind: 'answer', body: '{"message":"lỗi"}' })
  t.match(await ask(sampleCall('citizen-lookup')), { kind: 'unavailable' })
})
