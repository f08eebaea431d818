// The vendor's Java SDK 2.0 as it was seen on the wire, byte for byte and fault for fault: one map of headers for all calls of a
// service object, which therefore leak; the time stamp of the first call, again and again; CR LF behind a file; a SHA-256
// whose bytes have lost their leading zero; bodies of `{}` that wait for 100 Continue. On bare sockets: no client would do this.
import { createHash, createHmac } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { writeVxpTimestamp } from '../../src/formats/vxp/signature.js'

export interface SdkOptions {
  /** Address of the hub. */
  url: string
  /** Of the door. */
  path?: string
  systemId: string
  secret: string
  /** When the service object is made, epoch ms. */
  at?: number
}

export interface SdkAnswer { httpStatus: number, status: string, ErrorCode: string, ErrorDesc: string, DocId?: string, count?: number, data?: any }

export interface VxpSdk {
  registerAgency (agency: Record<string, string>): Promise<SdkAnswer>
  deleteAgency (header: { AgencyCode: string }): Promise<SdkAnswer>
  getAgenciesList (): Promise<SdkAnswer>
  sendEdoc (header: { from: string, messagetype: string, to?: string }, file: Buffer | string): Promise<SdkAnswer>
  getReceivedEdocList (header: { messagetype: string, status?: string }): Promise<SdkAnswer>
  /** `data` as bytes, as the SDK would write them to a file. */
  getEdoc (header: { docId: string }): Promise<SdkAnswer & { file: Buffer }>
  updateStatus (header: { docid: string, status: string, description?: string }): Promise<SdkAnswer>
  getSentEdocList (header: { messagetype: string, docId?: string }): Promise<SdkAnswer>
  /** Any other call, with headers of its own only. */
  call (method: 'GET' | 'POST', operation: string, header?: Record<string, string>): Promise<SdkAnswer>
  /** Bytes of the last request. */
  readonly sent: Buffer
}

/** SHA-256 as the SDK prints it. */
export function unpaddedSha256 (bytes: Buffer): string {
  return [...createHash('sha256').update(bytes).digest()].map(byte => byte.toString(16)).join('')
}

export function createVxpSdk ({ url, path = '/vxp', systemId, secret, at = Date.now() }: SdkOptions): VxpSdk {
  /** Lives as long as the service object: what a call has put here, every later call sends again. */
  const header = new Map<string, string>([['systemid', systemId]])
  let sent: Buffer = Buffer.alloc(0)

  async function post (operation: string, own: Record<string, string | undefined>, { contentType = 'application/json', body = Buffer.alloc(0), expect = false, method = 'POST' }: { contentType?: string, body?: Buffer, expect?: boolean, method?: string } = {}): Promise<SdkAnswer> {
    if (!header.has('timestamp')) header.set('timestamp', writeVxpTimestamp(at))
    for (const [name, value] of Object.entries({ ...own, 'Content-Type': contentType })) if (value !== undefined) header.set(name, value)
    // No order that means anything: that of a hash map.
    const named = [...header].sort(([a], [b]) => createHash('md5').update(a).digest('hex') < createHash('md5').update(b).digest('hex') ? -1 : 1)
    const signed = JSON.stringify(Object.fromEntries(named.map(([name, value]) => [`XroadVnpt-${name}`, value])))
    const lines = [
      `${method} ${path}/${operation} HTTP/1.1`,
      ...named.map(([name, value]) => `XroadVnpt-${name}: ${value}`),
      `Content-Type: ${contentType}`,
      `XroadVnpt-sign-header-key: ${named.map(([name]) => name).join(';')}`,
      `XroadVnpt-sign-header: ${signed}`,
      `XroadVnpt-hash-header: ${createHmac('sha256', secret).update(signed).digest('hex')}`,
      'XroadVnpt-version: 3.0.201608',
      ...(expect ? ['Expect: 100-continue'] : []),
      ...(method === 'GET' ? [] : [`Content-Length: ${body.length}`]),
      `Host: ${new URL(url).host}`,
      'Connection: Keep-Alive',
      'User-Agent: JAVASDKAgent/1.0.0 XRoad/VPCP',
      'Accept-Encoding: gzip,deflate'
    ]
    const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
    sent = Buffer.concat([head, body])
    const { httpStatus, content } = await exchange(url, { head, body, expect })
    return { httpStatus, ...JSON.parse(content.toString()) as Omit<SdkAnswer, 'httpStatus'> }
  }
  const servicetype = 'eDoc'
  return {
    get sent () { return sent },
    registerAgency: async agency => await post('registerAgency', {}, { body: Buffer.from(JSON.stringify(agency)) }),
    deleteAgency: async own => await post('deleteAgency', own, { body: Buffer.from('{}'), expect: true }),
    getAgenciesList: async () => await post('getAgenciesList', {}),
    async sendEdoc (own, file) {
      const bytes = Buffer.from(file)
      return await post('sendEdoc', { ...own, servicetype, 'hash-file': unpaddedSha256(bytes) }, { contentType: 'application/octet-stream', body: Buffer.concat([bytes, Buffer.from('\r\n')]) })
    },
    getReceivedEdocList: async own => await post('getReceivedEdocList', { ...own, servicetype }),
    async getEdoc (own) {
      const answer = await post('getEdoc', { ...own, filePath: '../../store' }, { body: Buffer.from('{}'), expect: true })
      return { ...answer, file: Buffer.from(String(answer.data ?? ''), 'base64') }
    },
    updateStatus: async own => await post('updateStatus', own, { body: Buffer.from('{}'), expect: true }),
    getSentEdocList: async own => await post('getSentEdocList', { ...own, servicetype }),
    call: async (method, operation, own = {}) => await post(operation, own, { method })
  }
}

/** One exchange on a connection of its own. A body that is expected is sent only when the server asks for it. */
export async function exchange (url: string, { head, body, expect = false }: { head: Buffer, body: Buffer, expect?: boolean }): Promise<{ httpStatus: number, headers: string, content: Buffer }> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) })
  try {
    socket.write(head)
    let received = expect ? await read(socket, Buffer.alloc(0), bytes => bytes.includes('\r\n\r\n')) : Buffer.alloc(0)
    if (!expect) socket.write(body)
    else if (received.toString('latin1').startsWith('HTTP/1.1 100')) {
      received = received.subarray(received.indexOf('\r\n\r\n') + 4)
      socket.write(body)
    }
    received = await read(socket, received, isWhole)
    const end = received.indexOf('\r\n\r\n')
    const headers = received.subarray(0, end).toString('latin1')
    return { httpStatus: Number(headers.split(' ', 2)[1]), headers, content: received.subarray(end + 4) }
  } finally {
    socket.destroy()
  }
}

/** The SDK reads no chunks. */
function isWhole (bytes: Buffer): boolean {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /^content-length: *(\d+)/im.exec(bytes.subarray(0, end).toString('latin1'))?.[1]
  if (length === undefined) throw new Error(`an answer without Content-Length: ${bytes.subarray(0, end).toString('latin1')}`)
  return bytes.length >= end + 4 + Number(length)
}

async function read (socket: Socket, before: Buffer, enough: (bytes: Buffer) => boolean): Promise<Buffer> {
  let received = before
  if (enough(received)) return received
  return await new Promise((resolve, reject) => {
    const stop = (): void => { socket.off('data', take).off('close', fail).off('error', reject) }
    const fail = (): void => { stop(); reject(new Error(`the connection closed after ${received.length} bytes: ${received.toString('latin1', 0, 200)}`)) }
    const take = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk])
      try {
        if (enough(received)) { stop(); resolve(received) }
      } catch (error) { stop(); reject(error as Error) }
    }
    socket.on('data', take).once('close', fail).once('error', reject)
  })
}
