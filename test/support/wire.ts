// HTTP as strangers speak it: plain calls whose answers are easy to compare, and bare sockets for what no client would send.
import { connect, type Socket } from 'node:net'

export interface Answer {
  status: number
  headers: Headers
  bytes: Buffer
  /** The body as JSON; an empty object when there is none. */
  json: Record<string, any>
}

export interface CallOptions {
  method?: string
  key?: string | undefined
  headers?: Record<string, string>
  body?: RequestInit['body'] | Buffer
}

/** One request. A streamed body is sent chunked. */
export async function call (url: string, { method, key, headers = {}, body }: CallOptions = {}): Promise<Answer> {
  const streamed = body instanceof ReadableStream ? { duplex: 'half' as const } : {}
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...headers },
    ...(body === undefined ? {} : { body: body as NonNullable<RequestInit['body']>, ...streamed })
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, bytes, json: isJson ? JSON.parse(bytes.toString()) as Answer['json'] : {} }
}

export interface Wire {
  socket: Socket
  received (): string
  closed (): boolean
}

/** A bare connection to the hub. */
export function openWire (url: string): Wire {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) })
  let received = ''
  let closed = false
  socket.setEncoding('utf8').on('data', chunk => { received += String(chunk) }).on('error', () => {}).on('close', () => { closed = true })
  return { socket, received: () => received, closed: () => closed }
}

export interface FormPart { name: string, filename?: string, type?: string, content: string | Buffer }

/** The bytes of a form with the boundary `b`, in exactly this order. */
export function formBytes (parts: readonly FormPart[]): Buffer {
  return Buffer.concat([...parts.flatMap(({ name, filename, type, content }) => [
    Buffer.from(`--b\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n` +
      `${type === undefined ? '' : `Content-Type: ${type}\r\n`}\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n')
  ]), Buffer.from('--b--\r\n')])
}

export const FORM = { 'content-type': 'multipart/form-data; boundary=b' }
export const XML = { 'content-type': 'application/xml' }
export const JSON_BODY = { 'content-type': 'application/json' }
