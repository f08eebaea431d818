// A whole hub between a one-stop, the national portal and the linked services: files are fetched by link and are the bytes that
// came in, a linked dossier arrives with its files and is confirmed, and its status finds the way back.
import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { PASSWORD, startServices } from '../../adapters/dvclt/harness.js'
import { startSimulator } from '../../adapters/dvcqg/simulator.js'
import type { ApiClient } from '../../src/demo/client.js'
import type { HubConfig } from '../../src/model/generated.js'
import { freePort, openProvince, runHub, type TestProvince } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { briskly, deliveryIn, findPackage, PUSHED } from '../support/traffic.js'

type EndpointConfig = HubConfig['endpoints'][number]

const PDF = Buffer.from('%PDF-1.4\n% giấy báo tử\n%%EOF')
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

const BASE: Omit<EndpointConfig, 'id' | 'adapter' | 'serves' | 'settings'> =
  { axis: 'national', format: 'original', codes: 'as-written', zip: 'vendor', receipts: [], arrivalStatus: 'system', concurrency: 2, timeoutMs: 5000, scope: 'own' }

/** The sample province with one endpoint more, under an address that is known before the hub runs. */
async function open (t: Test, endpoint: EndpointConfig, links: (publicUrl: string) => Partial<HubConfig['links']> = () => ({})): Promise<{ province: TestProvince, client: ApiClient, url: string }> {
  const port = await freePort()
  const province = await openProvince(t, 'embedded', config => ({
    ...briskly(config), endpoints: [...config.endpoints, endpoint], http: { ...config.http, port }, links: { ...config.links, ...links(`http://127.0.0.1:${port}`) }
  }))
  const { url } = await runHub(t, province.config)
  return { province, client: province.client(url, 'so-tu-phap'), url }
}

function dossier (more: object): object {
  return {
    packageId: 'ht-1', kind: 'submit', from: PUSHED.justice, to: ['G22'], MaHoSo: '000.00.11.H36-261120-0007', MaTTHC: '1.000656',
    HoSo: {
      MaHoSo: '000.00.11.H36-261120-0007', MaTTHC: '1.000656', TenTTHC: '1.000656', KenhThucHien: '2', LoaiDoiTuong: '1', NgayNopHoSo: '20261120081512',
      NgayTiepNhan: '20261120093000', NgayHenTra: '20261124170000', TrangThaiHoSo: '2', ChuHoSo: 'Phạm Thị Dung'
    },
    ...more
  }
}

async function submit (client: ApiClient, body: object, file?: Buffer): Promise<string> {
  const form = new FormData()
  form.append('package', new Blob([JSON.stringify(body)], { type: 'application/json' }))
  if (file !== undefined) form.append('file', new Blob([new Uint8Array(file)]), 'giay-bao-tu.pdf')
  const answer = await client.post<{ id: string }>('/v1/packages', form)
  if (answer.status !== 202) throw new Error(JSON.stringify(answer.body))
  return answer.body.id
}

const PAPERS = { ThanhPhanHoSo: [{ TenThanhPhanHoSo: 'Giấy báo tử', LoaiBan: '2', GiayToDinhKem: [{ IdGiayTo: '501', TenGiayTo: 'giay-bao-tu.pdf', HashTepTin: sha256(PDF), size: PDF.length }] }] }
const PORTAL = { ...BASE, id: 'cong-dvcqg', adapter: 'dvcqg', serves: ['G22'] }

await t.test('the national portal fetches the files of a dossier by link, and they are what came in', async t => {
  const simulator = await startSimulator({ options: { accounts: { '000.00.00.H36': 'portal-password' } } })
  t.teardown(simulator.stop)
  const settings = { url: simulator.url, username: '000.00.00.H36', password: 'portal-password', unit: '000.00.00.H36' }
  const { client, url } = await open(t, { ...PORTAL, settings }, publicUrl => ({ publicUrl, secret: 'links-secret-of-the-scenario-test-1' }))
  const id = await submit(client, dossier(PAPERS), PDF)
  t.match(await deliveryIn(client, id, ['delivered', 'refused', 'dead']), { state: 'delivered' })
  await eventually(() => simulator.links.length > 0)
  t.match(simulator.links, [{ verdict: 'good', status: 200, sha256: sha256(PDF), bytes: PDF.length, name: 'giay-bao-tu.pdf' }])
  const [sync] = simulator.taken.filter(({ service }) => service === 'DongBoHoSoMC')
  const [paper] = ((sync?.body['data'] as Array<Record<string, unknown>>)[0]?.['TaiLieuNop'] ?? []) as Array<Record<string, string>>
  t.ok(paper?.['DuongDanTaiTepTin']?.startsWith(`${url}/files/`))
  const { packageId: _id, HoSo: _hoSo, ...rest } = dossier({ kind: 'progress' }) as Record<string, unknown>
  const steps = [{ NguoiXuLy: 'Lê Thị Cúc', ThoiDiemXuLy: '20261120093000', NoiDungXuLy: 'Tiếp nhận', TrangThai: '2' }]
  t.match(await deliveryIn(client, await submit(client, { ...rest, packageId: 'ht-2', TienDo: steps }), ['delivered', 'refused', 'dead']), { state: 'delivered' })
  t.match([...simulator.state.dossiers.values()], [{ steps: [{ NoiDungXuLy: 'Tiếp nhận' }] }])
})

await t.test('sender and operator fetch exactly what went to the portal, and nobody else does', async t => {
  const simulator = await startSimulator({ options: { accounts: { '000.00.00.H36': 'portal-password' } } })
  t.teardown(simulator.stop)
  const settings = { url: simulator.url, username: '000.00.00.H36', password: 'portal-password', unit: '000.00.00.H36' }
  const { province, client, url } = await open(t, { ...PORTAL, settings }, publicUrl => ({ publicUrl, secret: 'links-secret-of-the-scenario-test-1' }))
  const steps = [{ NguoiXuLy: 'Lê Thị Cúc', ThoiDiemXuLy: '20261120093000', NoiDungXuLy: 'Tiếp nhận', TrangThai: '2' }]
  simulator.fail({ kind: 'status', status: 503, service: 'CapNhatTienDoHoSoMC', times: 1 })
  const id = await submit(client, dossier({ ...PAPERS, TienDo: steps }), PDF)
  t.match(await deliveryIn(client, id, ['delivered', 'refused', 'dead']), { state: 'delivered', attempts: 2 })
  const operator = province.client(url, 'van-hanh')
  for (const reader of [client, operator]) {
    const [delivery] = (await findPackage(reader, id)).deliveries as Array<{ sent?: Array<{ call: string, attempt: number, link: string, sha256: string, size: number, mediaType: string }> }>
    const sent = delivery?.sent ?? []
    t.same(sent.map(({ call, attempt, mediaType }) => `${attempt} ${call} ${mediaType}`),
      ['1 DongBoHoSoMC', '1 CapNhatTienDoHoSoMC', '2 DongBoHoSoMC', '2 DongBoHoSoMC', '2 CapNhatTienDoHoSoMC'].map(line => `${line} application/json`), 'the portal knows the dossier at the second attempt')
    const got = await Promise.all(sent.map(async ({ link }) => (await reader.bytes(link)).toString()))
    const taken = simulator.taken.filter(({ body }) => 'data' in body).map(({ body }) => JSON.stringify({ ...body, session: '***' }))
    t.same([got[0], got[3], got[4]], taken)
    t.equal(sha256(await reader.bytes(sent[0]?.link ?? '')), sent[0]?.sha256)
  }
  const { items } = (await client.get<{ items: Array<{ type: string, data: { requests?: Array<{ call: string }> } }> }>(`/v1/packages/${id}/timeline`)).body
  t.same(items.flatMap(({ type, data }) => type === 'delivery.attempted' ? [data.requests?.length] : []), [2, 3])
  const [{ sent: [first] = [] } = {}] = (await findPackage(client, id)).deliveries as Array<{ sent?: Array<{ link: string }> }>
  t.equal((await province.client(url, 'so-noi-vu').get(first?.link ?? '')).status, 404)
  t.equal((await client.get(`/v1/packages/${id}/sent/${'0'.repeat(64)}`)).status, 404)
})

await t.test('without links a dossier with files waits, and says what is missing', async t => {
  const simulator = await startSimulator({})
  t.teardown(simulator.stop)
  const settings = { url: simulator.url, username: '000.00.00.H36', password: 'simulator-password', unit: '000.00.00.H36' }
  const { client } = await open(t, { ...PORTAL, settings })
  const id = await submit(client, dossier(PAPERS), PDF)
  const delivery = await eventually(async () => (await findPackage(client, id)).deliveries.find(({ problem }) => problem !== undefined))
  t.match(delivery, { state: /^(deferred|queued|active)$/, problem: { code: 'CONFIG_INVALID', detail: /links\.publicUrl/ } })
  t.same(simulator.taken.filter(({ service }) => service === 'DongBoHoSoMC'), [])
})

await t.test('a linked dossier comes in with its files, is confirmed, and its result goes back', async t => {
  const services = await startServices()
  t.teardown(services.stop)
  const settings = { url: services.url, userName: 'ubnd', password: PASSWORD, agency: 'G22', units: { 24958: PUSHED.justice }, pollMs: 100 }
  const { province, client } = await open(t, { ...BASE, id: 'lien-thong', adapter: 'dvclt', serves: ['G22'], translation: { name: 'dvclt' }, settings })
  const offered = services.offer()
  const astray = services.offer({ maDonVi: 99999 })
  await eventually(() => offered.fate === 'acknowledged')
  const receiver = province.receivers.get('so-tu-phap')
  const [arrived] = await eventually(() => receiver !== undefined && receiver.received().length > 0 ? receiver.received() : undefined)
  const got = JSON.parse(arrived?.body?.toString('utf8') ?? '{}') as { MaHoSo: string, to: string[], ThanhPhanHoSo: Array<{ GiayToDinhKem: Array<{ HashTepTin: string }> }> }
  t.match(got, { MaHoSo: offered.maHoSo, to: [PUSHED.justice], ThanhPhanHoSo: [{ GiayToDinhKem: [{ HashTepTin: sha256(offered.files[0] ?? Buffer.alloc(0)) }] }] })
  t.equal(astray.fate, 'waiting')
  const certificate = Buffer.from('%PDF-1.4\n% trích lục\n%%EOF')
  const id = await submit(client, {
    packageId: 'kq-1', kind: 'result', from: PUSHED.justice, to: ['G22'], MaHoSo: '000.00.11.H36-261120-0008', MaHoSoKhac: offered.maHoSo, MaTTHC: '2.002622',
    TienDo: [{ NguoiXuLy: 'Hoàng Minh', ThoiDiemXuLy: '20261121091000', NoiDungXuLy: 'Hoàn thành', TrangThai: '9' }],
    BieuMau: { Ma: 'LTKT', NoiDung: { soDangKy: '21/2026' } },
    ThanhPhanHoSo: [{ TenThanhPhanHoSo: 'giayKhaiTu', LoaiBan: '2', GiayToDinhKem: [{ IdGiayTo: 'giayKhaiTu', TenGiayTo: 'giayKhaiTu.pdf', HashTepTin: sha256(certificate), size: certificate.length }] }]
  }, certificate)
  t.match(await deliveryIn(client, id, ['delivered', 'refused', 'dead']), { state: 'delivered' })
  t.match(services.statuses, [{ soHoSoLT: offered.maHoSo, maHoSo: '000.00.11.H36-261120-0008', trangThai: 4 }])
  t.match(JSON.parse(String(services.statuses[0]?.['ketQuaXuLy'])), { soDangKy: '21/2026', giayKhaiTu: certificate.toString('base64') })
})
