// A ministry's portal that speaks the protocol and misbehaves on order: it counts codes, hashes files while they stream, and
// makes a dossier each time that it is told to, as the real one would.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AdapterHarness, dossierSample, type HarnessDelivery, type Misbehaviour } from 'lienthong/adapter'

export const CLIENT_ID = 'tinh-lam-dong'
export const CLIENT_SECRET = 'harness-ministry-secret'
const RETRY_AFTER_SECONDS = 7

export interface MadeDossier { idHoSo: string, maHoSo: string, body: Record<string, unknown>, headers: IncomingMessage['headers'] }

export interface FakePortal {
  readonly url: string
  readonly port: number
  readonly made: MadeDossier[]
  /** By IdTepTin. */
  readonly files: Map<string, { name: string, size: number, sha256: string }>
  readonly reports: Array<{ path: string, body: unknown }>
  readonly counts: Record<string, number>
  /** What is played, at which path; everywhere for `hang`, at the making of a dossier otherwise. */
  play: { kind: Misbehaviour | 'expired', at?: string, status?: number, body?: unknown } | undefined
  stop (): Promise<void>
}

export async function startPortal (port = 0): Promise<FakePortal> {
  const portal = { made: [], files: new Map(), reports: [], counts: {}, play: undefined } as unknown as FakePortal & { server: Server }
  const server = createServer((request, response) => { serve(portal, request, response).catch(() => { response.destroy() }) })
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, '127.0.0.1', resolve) })
  const { port: given } = server.address() as AddressInfo
  return Object.assign(portal, {
    url: `http://127.0.0.1:${given}/api`,
    port: given,
    stop: async () => { await new Promise(resolve => { server.close(resolve); server.closeAllConnections() }) }
  })
}

async function serve (portal: FakePortal, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://portal')
  const name = url.pathname.replace(/^\/api\//, '')
  portal.counts[name] = (portal.counts[name] ?? 0) + 1
  const { play } = portal
  if (play?.kind === 'hang' && name !== 'token') return
  const at = play !== undefined && (play.at ?? 'TaoHoSo') === name ? play : undefined
  if (name === 'token') { await giveToken(request, response); return }
  if (!/^Bearer ministry-token/.test(request.headers.authorization ?? '')) { answer(response, 401, { message: 'token' }); return }
  if (name === 'UploadFile') {
    const file = await readFile(request)
    if (refused(response, at)) return
    const IdTepTin = `f-${portal.files.size + 1}`
    portal.files.set(IdTepTin, file)
    if (at?.kind === 'drop') { response.socket?.destroy(); return }
    answer(response, 200, [{ IdTepTin, HashTepTin: file.sha256 }])
    return
  }
  const body = await readJson(request)
  if (refused(response, at)) return
  const said = perform(portal, { name, url, body, headers: request.headers })
  if (at?.kind === 'drop') { response.socket?.destroy(); return }
  if (at?.kind === 'malformed') { response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>'); return }
  answer(response, said.status, said.body)
}

function perform (portal: FakePortal, { name, url, body, headers }: { name: string, url: URL, body: unknown, headers: IncomingMessage['headers'] }): { status: number, body: unknown } {
  switch (name) {
    case 'GetNextValue': return { status: 200, body: `${url.searchParams.get('code') ?? ''}-20261120-${String(portal.counts[name] ?? 0).padStart(7, '0')}` }
    case 'TaoHoSo': {
      const given = body as Record<string, unknown>
      const made = { idHoSo: `id-${portal.made.length + 1}`, maHoSo: String(given['MaHoSo']), body: given, headers }
      portal.made.push(made)
      return { status: 200, body: { idHoSo: made.idHoSo, maHoSo: made.maHoSo } }
    }
    case 'TraCuu': {
      const found = portal.made.find(({ maHoSo }) => maHoSo === url.searchParams.get('maHoSo'))
      return found === undefined ? { status: 404, body: { message: 'không có' } } : { status: 200, body: { data: { idHoSo: found.idHoSo, maHoSo: found.maHoSo } } }
    }
    case 'CapNhatTienTrinh':
    case 'CapNhatTrangThai':
      portal.reports.push({ path: name, body })
      return { status: 200, body: { message: 'ok' } }
    default: return { status: 404, body: { message: 'no such path' } }
  }
}

function refused (response: ServerResponse, play: FakePortal['play']): boolean {
  if (play?.kind === 'overload') response.writeHead(503, { 'retry-after': String(RETRY_AFTER_SECONDS) }).end()
  // Echoes what no reason may repeat.
  else if (play?.kind === 'refuse') answer(response, play.status ?? 400, play.body === undefined ? { message: `Thiếu thành phần hồ sơ (${CLIENT_SECRET})` } : play.body)
  else if (play?.kind === 'expired') answer(response, 401, { message: 'expired' })
  else return false
  return true
}

async function giveToken (request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = ''
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString()
  const isJson = /json/.test(request.headers['content-type'] ?? '')
  const form = isJson ? JSON.parse(text) as Record<string, unknown> : Object.fromEntries(new URLSearchParams(text))
  const known = [form['client_id'] ?? form['clientId'], form['client_secret'] ?? form['clientSecret']].join() === `${CLIENT_ID},${CLIENT_SECRET}`
  answer(response, known ? 200 : 401, known ? { access_token: 'ministry-token-1', expires_in: 3600 } : { error: 'invalid_client' })
}

/** The one part of a form, hashed while it streams: nothing of it is held but its ends. */
async function readFile (request: IncomingMessage): Promise<{ name: string, size: number, sha256: string }> {
  const boundary = /boundary=(\S+)/.exec(request.headers['content-type'] ?? '')?.[1] ?? ''
  const tail = Buffer.byteLength(`\r\n--${boundary}--\r\n`)
  const hash = createHash('sha256')
  let head: string | undefined
  let held = Buffer.alloc(0)
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    held = Buffer.concat([held, chunk])
    if (head === undefined) {
      const end = held.indexOf('\r\n\r\n')
      if (end < 0) continue
      head = held.subarray(0, end).toString('utf8')
      held = held.subarray(end + 4)
    }
    const ready = Math.max(0, held.length - tail)
    hash.update(held.subarray(0, ready))
    size += ready
    held = held.subarray(ready)
  }
  if (!request.complete || held.toString('latin1') !== `\r\n--${boundary}--\r\n`) throw new Error('the form broke off')
  return { name: /filename="([^"]*)"/.exec(head ?? '')?.[1] ?? '', size, sha256: hash.digest('hex') }
}

async function readJson (request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString()
  return text === '' ? undefined : JSON.parse(text) as unknown
}

function answer (response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}

export function createHarness (): AdapterHarness {
  let portal: FakePortal | undefined
  return {
    can: ['refuse', 'overload', 'hang', 'drop', 'malformed', 'offline'],
    retryAfterMs: RETRY_AFTER_SECONDS * 1000,
    sample: ({ deliveryId, size }) => sampleDossier(deliveryId, size),
    async start () { portal = await startPortal() },
    settings: () => ({ url: portal?.url, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, nextValueCode: 'G17' }),
    async misbehave (kind) {
      if (portal === undefined) return
      if (kind === 'offline') { await portal.stop(); return }
      if (portal.play === undefined && kind === undefined) {
        const { port, made, files } = portal
        portal = await startPortal(port).then(again => Object.assign(again, { made, files }), () => portal)
      }
      if (portal !== undefined) portal.play = kind === undefined ? undefined : { kind }
    },
    received: () => (portal?.made ?? []).map(made => receivedOf(made, portal?.files ?? new Map())),
    async stop () { await portal?.stop() }
  }
}

function receivedOf ({ body, headers }: MadeDossier, files: FakePortal['files']): HarnessDelivery {
  const papers = body['ThanhPhanHoSo'] as Array<{ GiayToDinhKem: Array<{ IdGiayTo: string }> }> | undefined
  const file = files.get(papers?.[0]?.GiayToDinhKem[0]?.IdGiayTo ?? '')
  return { deliveryId: String(headers['idempotency-key']), traceparent: String(headers['traceparent']), kind: 'dossier', size: file?.size ?? 0, sha256: file?.sha256 ?? '' }
}

/** A dossier that is handed in, with one file of that size; the same for the same delivery. */
export function sampleDossier (deliveryId: string, size: number): ReturnType<typeof dossierSample> {
  return dossierSample(deliveryId, { name: 'tờ trình.pdf', bytes: Buffer.alloc(Math.max(1, size), deliveryId) }, ({ MaHoSo, file }) => ({
    from: 'H36.99.01',
    to: ['G17'],
    MaTTHC: '1.009972',
    HoSo: {
      MaHoSo, MaTTHC: '1.009972', TenTTHC: 'Thẩm định báo cáo', KenhThucHien: '2', ChuHoSo: 'Công ty TNHH Mẫu', LoaiDoiTuong: '2',
      NgayNopHoSo: '20261120080000', NgayTiepNhan: '20261120090000', TrangThaiHoSo: '2'
    },
    TienDo: [{ NguoiXuLy: 'Lê Thị Cúc', ThoiDiemXuLy: '20261120090000', NoiDungXuLy: 'Tiếp nhận hồ sơ', TrangThai: '2' }],
    ThanhPhanHoSo: [{
      MaThanhPhanHoSo: 'TP01', TenThanhPhanHoSo: 'Tờ trình', SoLuong: '1', LoaiBan: '2', GiayToDinhKem: [{ IdGiayTo: '1', ...file }]
    }]
  }))
}
