// A hub that answers as it is told, one answer for each request, and remembers what it was asked. A real server on a real socket.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface Asked { method: string, path: string, headers: IncomingHttpHeaders, body: Buffer }

/** A status with headers and a body; `reset` breaks the connection, `hang` never answers. */
export type Play = 'reset' | 'hang' | { status: number, headers?: Record<string, string>, body?: string | Buffer | object } | ((asked: Asked, response: ServerResponse) => void)

export interface Double { url: string, asked: Asked[] }

/** The last answer is given for all further requests. */
export async function startDouble (t: Test, plays: readonly Play[]): Promise<Double> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    const play = plays[Math.min(asked.length, plays.length - 1)]
    const now: Asked = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: Buffer.alloc(0) }
    asked.push(now)
    if (play === 'reset') { request.socket.destroy(); return }
    request.on('error', () => {}).on('data', (chunk: Buffer) => { chunks.push(chunk) }).on('end', () => {
      now.body = Buffer.concat(chunks)
      if (play === 'hang' || play === undefined) return
      if (typeof play === 'function') { play(now, response); return }
      const { status, headers = {}, body = '' } = play
      const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
      response.writeHead(status, { ...(typeof body === 'object' && !Buffer.isBuffer(body) ? { 'content-type': 'application/json' } : {}), ...headers }).end(bytes)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

export const ACCEPTED = { id: '0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e', acceptedAt: '2026-11-20T01:00:00.000Z', repeated: false, deliveries: [], warnings: [] }

/** A problem as the hub writes it for who wants both languages. */
export function problemOf (status: number, code: string, headers: Record<string, string> = {}): Play {
  const texts = { title: { vi: 'Có lỗi', en: 'A fault' }, detail: { vi: 'Thiếu trường.', en: 'A field is missing.' }, errors: [{ vi: 'Cần có.', en: 'Needed.' }] }
  const body = {
    type: 'urn:x', title: texts.title.vi, status, detail: texts.detail.vi, code, traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    errors: [{ code: 'FIELD_MISSING', pointer: '/HoSo/MaTTHC', detail: 'Cần có.', expected: 'string' }], texts
  }
  return { status, headers: { 'content-type': 'application/problem+json; charset=utf-8', ...headers }, body: JSON.stringify(body) }
}
