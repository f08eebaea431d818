// A fake population database on a real socket: SOAP 1.1 read with namespaces, the Authorization recomputed, invented citizens, and
// accidents on order.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Parser } from 'xml2js'

/** `status` with an empty body; `fault` as SOAP; the rest as their names say. */
export type Accident = { kind: 'status', status: number, headers?: Record<string, string> } | { kind: 'fault', code: string, words: string } | { kind: 'hang' | 'drop' | 'malformed' } | { kind: 'answer', body: string }

export interface Account { user: string, secret: string, apiKey?: string }

/** A question as it arrived. */
export interface Asked { operation: string, fields: Record<string, string>, headers: IncomingMessage['headers'] }

export interface Population {
  readonly url: string
  readonly port: number
  readonly asked: readonly Asked[]
  fail (accident: Accident | undefined): void
  accident (): Accident | undefined
  stop (): Promise<void>
}

export const CITIZEN = { soDinhDanh: '068099000123', soCMND: '250999123', hoVaTen: 'Đỗ Thị Mười', ngaySinh: '1999-02-03' }

const NAMESPACES: Readonly<Record<string, string>> = {
  XacThucThongTinCongDanRequest: 'http://dancuquocgia.bca', TraCuuThongTinCongDan: 'http://dancuquocgia.bca', XacMinhThongTinNhanThanRequest: 'http://gtel.vn/qldc'
}
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  XacThucThongTinCongDanRequest: ['MaYeuCau', 'MaDichVu', 'MaCanBo', 'HoVaTen'],
  TraCuuThongTinCongDan: ['MaYeuCau', 'MaDVC', 'MaTichHop', 'MaCanBo', 'MaDonVi', 'HoVaTen', 'NgayThangNamSinh'],
  XacMinhThongTinNhanThanRequest: ['MaYeuCau', 'MaDVC', 'MaTichHop', 'MaDonVi', 'MaCanBo', 'HoVaTen', 'NgayThangNamSinh']
}

export interface PopulationStart {
  account: Account
  /** 0, as when absent, lets the system choose. */
  port?: number
  /** Loopback when absent. */
  host?: string
  /** Answers what comes under /simulator, whatever the accident. */
  control?: (request: IncomingMessage, response: ServerResponse) => Promise<void>
}

/** Rejects when the port is in use. */
export async function startPopulation ({ port = 0, host = '127.0.0.1', account, control }: PopulationStart): Promise<Population> {
  const asked: Asked[] = []
  const numbers = new Set<string>()
  let accident: Accident | undefined
  const server = createServer((request, response) => {
    const answer = control !== undefined && request.url?.startsWith('/simulator') === true ? control : serve
    void answer(request, response).catch(() => { response.destroy() })
  })

  async function serve (request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (accident?.kind === 'hang') return
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    if (accident?.kind === 'drop') { response.destroy(); return }
    if (accident?.kind === 'status') { response.writeHead(accident.status, accident.headers).end(); return }
    if (request.method === 'GET') { response.writeHead(405).end(); return }
    const bytes = Buffer.concat(chunks)
    const denied = refusalOf(request, account)
    if (denied !== undefined) { response.writeHead(401, { 'content-type': 'text/plain' }).end(denied); return }
    if (accident?.kind === 'malformed') { response.writeHead(200, { 'content-type': 'text/xml' }).end('<html><body>Bảo trì'); return }
    if (accident?.kind === 'answer') { response.writeHead(200).end(accident.body); return }
    if (/json/.test(request.headers['content-type'] ?? '')) { answerProxy(request, response, bytes); return }
    const found = await readQuestion(bytes)
    if (found === undefined || accident?.kind === 'fault' || isRepeated(found.fields['MaYeuCau'])) {
      const { code, words } = accident?.kind === 'fault' ? accident : { code: 'soapenv:Client', words: 'Yêu cầu không hợp lệ' }
      // Real ones quote what they were asked.
      response.writeHead(500, { 'content-type': 'text/xml' }).end(envelope(`<soapenv:Fault><faultcode>${code}</faultcode><faultstring>${words} ${Object.values(found?.fields ?? {}).join(' ')}</faultstring></soapenv:Fault>`))
      return
    }
    asked.push({ ...found, headers: request.headers })
    response.writeHead(200, { 'content-type': 'text/xml; charset=utf-8' }).end(envelope(answerTo(found)))
  }

  function isRepeated (number = ''): boolean {
    if (number === '' || numbers.has(number)) return true
    numbers.add(number)
    return false
  }

  function answerProxy (request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
    const fields = JSON.parse(bytes.toString()) as Record<string, string>
    asked.push({ operation: 'proxy', fields, headers: request.headers })
    const data = isCitizen(fields) ? [{ SoDinhDanh: CITIZEN.soDinhDanh, HoVaTen: { Ho: 'Đỗ', ChuDem: 'Thị', Ten: 'Mười' }, NgayThangNamSinh: { NgayThangNam: '19990203' }, GhiChuNoiBo: 'không chuyển' }] : []
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data }))
  }

  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, host, resolve) })
  const address = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    asked,
    fail (next) { accident = next },
    accident: () => accident,
    async stop () {
      server.closeAllConnections()
      await new Promise<void>(resolve => { server.close(() => { resolve() }) })
    }
  }
}

/** Why a call is not let in. */
function refusalOf ({ headers, url = '' }: IncomingMessage, { user, secret, apiKey }: Account): string | undefined {
  const digest = createHash('sha256').update(`http://${headers.host ?? ''}${url === '/' ? '' : url}${user}${String(headers['timestamp'])}${secret}`).digest('hex')
  if (headers.authorization !== `Basic ${Buffer.from(`${user}:${digest}`).toString('base64')}`) return `wrong authorization ${String(headers.authorization)}`
  if (Math.abs(Date.now() - Number(headers['timestamp'])) > 300_000) return 'wrong timestamp'
  return apiKey === undefined || headers['apikey'] === apiKey ? undefined : 'wrong key'
}

interface XmlNode { $ns: { uri: string, local: string }, $$?: XmlNode[], _?: string }

/** The question with its fields flat; undefined when it is not what the schema says. */
async function readQuestion (bytes: Buffer): Promise<{ operation: string, fields: Record<string, string> } | undefined> {
  const root = Object.values(await new Parser({ xmlns: true, explicitChildren: true, preserveChildrenOrder: true }).parseStringPromise(bytes.toString('utf8')) as Record<string, XmlNode>)[0]
  const body = root?.$$?.[0]
  const question = body?.$$?.[0]
  if (root?.$ns.uri !== SOAP || root.$ns.local !== 'Envelope' || body?.$ns.local !== 'Body' || question === undefined) return undefined
  const { local: operation, uri } = question.$ns
  if (NAMESPACES[operation] !== uri) return undefined
  const fields = Object.fromEntries((question.$$ ?? []).map(({ $ns, $$, _ }) => [$ns.local, $$?.[0]?._ ?? _ ?? '']))
  const isWhole = NEEDED[operation]?.every(name => fields[name] !== undefined) === true && (question.$$ ?? []).every(({ $ns }) => $ns.uri === uri)
  return isWhole && (fields['SoDinhDanh'] ?? fields['SoCMND']) !== undefined ? { operation, fields } : undefined
}

function isCitizen ({ SoDinhDanh, SoCMND, HoVaTen }: Record<string, string>): boolean {
  return HoVaTen === 'ĐỖ THỊ MƯỜI' && (SoDinhDanh === CITIZEN.soDinhDanh || SoCMND === CITIZEN.soCMND)
}

function answerTo ({ operation, fields }: { operation: string, fields: Record<string, string> }): string {
  const found = isCitizen(fields)
  if (operation === 'XacThucThongTinCongDanRequest') return `<ns2:KetQuaXacThucResponse xmlns:ns2="http://dancuquocgia.bca"><ns2:TonTai>${String(found)}</ns2:TonTai></ns2:KetQuaXacThucResponse>`
  const person = `<CongDan><SoDinhDanh>${CITIZEN.soDinhDanh}</SoDinhDanh><SoCMND>${CITIZEN.soCMND}</SoCMND><HoVaTen><Ho>Đỗ</Ho><ChuDem>Thị</ChuDem><Ten>Mười</Ten></HoVaTen>` +
    '<NgayThangNamSinh><NgayThangNam>19990203</NgayThangNam></NgayThangNamSinh><GioiTinh>Nữ</GioiTinh><NhomMau>không chuyển</NhomMau>' +
    '<Cha><SoDinhDanh>068070000001</SoDinhDanh><HoVaTen><Ho>Đỗ</Ho><Ten>Chín</Ten></HoVaTen></Cha><Me><HoVaTen>Lê Thị Tám &amp; Bảy</HoVaTen></Me></CongDan>'
  return `<CongdanCollection xmlns="http://www.mic.gov.vn/dancu/1.0" SoCongDan="${found ? 1 : 0}" ThoiDiemDuLieu="20261120080000" id="x">${found ? person : ''}</CongdanCollection>`
}

function envelope (content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${SOAP}"><soapenv:Body>${content}</soapenv:Body></soapenv:Envelope>`
}
