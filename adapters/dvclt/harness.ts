// The linked services as one-stops and sector systems meet them: a list, details with files, confirmations and statuses. It
// keeps its own idea of every dossier, and misbehaves on order.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AdapterHarness, dossierSample, type HarnessDelivery, type Misbehaviour } from 'lienthong/adapter'

export const PASSWORD = 'harness-linked-password'
export const SECRET_PASS = 'harness-status-secret'
const RETRY_AFTER_SECONDS = 7

export interface Offered { id: string, maHoSo: string, maDonVi: number, module: string, ngayTiepNhan: string, files: Buffer[], note: string, fate: 'waiting' | 'acknowledged' | 'refused' }

export interface FakeServices {
  readonly url: string
  readonly port: number
  /** By id. */
  readonly offers: Map<string, Offered>
  readonly statuses: Array<Record<string, unknown>>
  readonly pushed: Array<{ body: Record<string, unknown>, headers: IncomingMessage['headers'] }>
  readonly counts: Record<string, number>
  /** Played for what is sent there; `hang` for everything but tokens. */
  play: Misbehaviour | undefined
  /** Answers statuses and pushes with this, having taken nothing. */
  says: { status: number, body: unknown } | undefined
  offer (change?: Partial<Offered>): Offered
  /** Tokens given so far are worth nothing any more. */
  expireTokens (): void
  stop (): Promise<void>
}

export async function startServices (port = 0): Promise<FakeServices> {
  const state = { offers: new Map<string, Offered>(), statuses: [], pushed: [], counts: {} as Record<string, number>, play: undefined, says: undefined, generation: 1 }
  const services = state as unknown as FakeServices & { generation: number }
  const server = createServer((request, response) => { serve(services, request, response).catch(() => { response.destroy() }) })
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, '127.0.0.1', resolve) })
  const { port: given } = server.address() as AddressInfo
  return Object.assign(services, {
    url: `http://127.0.0.1:${given}`,
    port: given,
    offer: (change: Partial<Offered> = {}) => {
      const number = services.offers.size + 1
      const offered: Offered = {
        id: `lt-${number}`, maHoSo: `G22.99.LT-261120-${String(number).padStart(5, '0')}`, maDonVi: 24958, module: 'LTKT', ngayTiepNhan: '20/11/2026 08:15:12',
        files: [Buffer.from(`%PDF-1.4\n% giấy báo tử ${number}\n%%EOF`)], note: '', fate: 'waiting', ...change
      }
      services.offers.set(offered.id, offered)
      return offered
    },
    expireTokens () { services.generation++ },
    stop: async () => { await new Promise(resolve => { server.close(resolve); server.closeAllConnections() }) }
  })
}

async function serve (services: FakeServices & { generation: number }, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://services').pathname
  const name = /^\/api\/(?:lienthongdvclt\/)?([a-z]+)/.exec(path)?.[1] ?? ''
  services.counts[name] = (services.counts[name] ?? 0) + 1
  if (services.play === 'hang' && name !== 'token') return
  if (name === 'token') {
    const given = await readJson(request)
    const known = given['password'] === PASSWORD || given['SecretPass'] === SECRET_PASS
    answer(response, known ? 200 : 401, known ? { token: `linked-token-${services.generation}`, refreshToken: 'r', refreshTokenExpiryTime: '2026-12-01' } : { message: 'sai mật khẩu' })
    return
  }
  if (request.headers.authorization !== `Bearer linked-token-${services.generation}`) { request.resume(); answer(response, 401, { message: 'token' }); return }
  if (request.method === 'GET') { give(services, name, path, response); return }
  const body = await readJson(request)
  const isReport = name === 'capnhattrangthai' || name === 'chuyennganh'
  if (isReport && refused(services, response)) return
  const said = take(services, name, { body, headers: request.headers })
  if (isReport && services.play === 'drop') { response.socket?.destroy(); return }
  if (isReport && services.play === 'malformed') { response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>'); return }
  answer(response, said.status, said.body)
}

function give ({ offers }: FakeServices, name: string, path: string, response: ServerResponse): void {
  if (name === 'danhsach') {
    const data = [...offers.values()].filter(({ fate }) => fate === 'waiting')
      .map(({ id, maDonVi, module, maHoSo, ngayTiepNhan }) => ({ id, maDonVi, maTTHC: '2.002622', module, maHoSo, ngayTiepNhan, techId: 'tech-1' }))
    answer(response, 200, { data })
    return
  }
  const offered = offers.get(decodeURIComponent(path.split('/').at(-1) ?? ''))
  if (offered === undefined) { answer(response, 404, { message: 'không có' }); return }
  const { id, maDonVi, module, maHoSo, ngayTiepNhan, files, note } = offered
  const fileDinhKem = files.map((file, index) => ({ id: index + 1, loaiGiayTo: 3, tenGiayTo: `Giấy báo tử ${index + 1}`, tenTepDinhKem: `giay-${index + 1}.pdf`, huyGiayTo: 0, duLieuTepDinhKem: file.toString('base64') }))
  const data = JSON.stringify({ hoTich: { nktHoTen: 'PHẠM VĂN EM', nycHoTen: 'PHẠM THỊ DUNG', ...(note === '' ? {} : { note }) } })
  answer(response, 200, { data: { id, maDonVi, maTTHC: '2.002622', module, maHoSo, ngayTiepNhan, techId: 'tech-1', data, fileDinhKem } })
}

function take (services: FakeServices, name: string, { body, headers }: { body: Record<string, unknown>, headers: IncomingMessage['headers'] }): { status: number, body: object } {
  switch (name) {
    case 'xacnhan': {
      const offered = services.offers.get(String(body['id']))
      if (offered === undefined) return { status: 404, body: { message: 'không có' } }
      offered.fate = 'acknowledged'
      return { status: 200, body: { status: 1 } }
    }
    case 'capnhattrangthai': {
      services.statuses.push(body)
      const offered = [...services.offers.values()].find(({ maHoSo }) => maHoSo === body['soHoSoLT'])
      if (offered !== undefined && body['trangThai'] === 6) offered.fate = 'refused'
      return { status: 200, body: { status: 1, statusDescription: 'Thành công' } }
    }
    case 'chuyennganh':
      services.pushed.push({ body, headers })
      return { status: 200, body: { status: 1, statusDescription: 'Thành công', errorCode: 0, errorDescription: '' } }
    default: return { status: 404, body: { message: 'không có' } }
  }
}

function refused ({ play, says }: FakeServices, response: ServerResponse): boolean {
  if (says !== undefined) answer(response, says.status, says.body)
  else if (play === 'overload') response.writeHead(503, { 'retry-after': String(RETRY_AFTER_SECONDS) }).end()
  // Echoes what no reason may repeat.
  else if (play === 'refuse') answer(response, 400, { status: 0, errorCode: 9, errorDescription: `Logic xử lý không hợp lệ (${PASSWORD})` })
  else return false
  return true
}

async function readJson (request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const length = request.headers['content-length']
  const bytes = Buffer.concat(chunks)
  if (!request.complete || (length !== undefined && Number(length) !== bytes.length)) throw new Error('the body broke off')
  return JSON.parse(bytes.toString('utf8')) as Record<string, unknown>
}

function answer (response: ServerResponse, status: number, body: object | unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}

export function createHarness (): AdapterHarness {
  let services: FakeServices | undefined
  return {
    can: ['refuse', 'overload', 'hang', 'drop', 'malformed', 'offline'],
    retryAfterMs: RETRY_AFTER_SECONDS * 1000,
    sample: ({ deliveryId, size }) => sampleDossier(deliveryId, size),
    async start () { services = await startServices() },
    settings: () => ({
      url: services?.url, userName: 'ubnd-xa', password: PASSWORD, agency: 'G22.99', units: { 24958: 'H36.99.03' }, paths: { push: 'api/chuyennganh' },
      statusAccount: { secretId: 'tinh', secretPass: SECRET_PASS }, pollMs: 100, onRefused: 'reject'
    }),
    async misbehave (kind) {
      if (services === undefined) return
      if (kind === 'offline') { await services.stop(); return }
      const { port, offers, statuses, pushed } = services
      if (kind === undefined) services = await startServices(port).then(again => Object.assign(again, { offers, statuses, pushed }), () => services)
      if (services !== undefined) services.play = kind
    },
    received: () => (services?.pushed ?? []).flatMap(receivedOf),
    async offer () { return services?.offer().id ?? '' },
    fateOf: id => services?.offers.get(id)?.fate ?? 'waiting',
    async stop () { await services?.stop() }
  }
}

/** Each delivery once: a repeated push of a dossier is the same dossier. */
function receivedOf ({ body, headers }: FakeServices['pushed'][number], index: number, all: FakeServices['pushed']): HarnessDelivery[] {
  if (all.findIndex(other => other.body['maHoSoLT'] === body['maHoSoLT']) !== index) return []
  const files = body['fileDinhKem'] as Array<{ duLieuTepDinhKem: string }>
  const bytes = Buffer.from(files[0]?.duLieuTepDinhKem ?? '', 'base64')
  return [{ deliveryId: String(headers['idempotency-key']), traceparent: String(headers['traceparent']), kind: 'dossier', size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }]
}

/** A linked dossier for the sector system, with one file of that size; the same for the same delivery. */
export function sampleDossier (deliveryId: string, size: number): ReturnType<typeof dossierSample> {
  return dossierSample(deliveryId, { name: 'giay.pdf', bytes: Buffer.alloc(Math.max(1, size), deliveryId) }, ({ number, file }) => ({
    from: 'H36.99.03',
    to: ['G22.99'],
    MaHoSoKhac: `G22.99.LT-261120-${number}`,
    MaTTHC: '2.002622',
    HoSo: { MaTTHC: '2.002622', TenTTHC: 'Liên thông đăng ký khai tử', KenhThucHien: '2', LoaiDoiTuong: '1', NgayNopHoSo: '20261120080000', NgayTiepNhan: '20261120090000', TrangThaiHoSo: '2' },
    BieuMau: { Ma: 'LTKT', MaDonVi: '24958', NoiDung: { hoTich: { nktHoTen: 'PHẠM VĂN EM' } } },
    ThanhPhanHoSo: [{ MaThanhPhanHoSo: '3', TenThanhPhanHoSo: 'Giấy báo tử', LoaiBan: '2', GiayToDinhKem: [{ IdGiayTo: '1', ...file }] }]
  }))
}
