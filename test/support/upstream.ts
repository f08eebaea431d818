// An outside system that hub processes fetch from: hands out each letter until it is acknowledged, and notes who asked when.
// The same module is the adapter that the hub loads.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { HubConfig } from '../../src/model/generated.js'
import type { Adapter, AdapterSession } from '../../src/ports/adapter.js'
import type { Letter } from './traffic.js'

export interface Upstream {
  /** The endpoint of the configuration that fetches from it. */
  readonly endpoint: HubConfig['endpoints'][number]
  /** Who asked, in order; the process id and the time of each change. */
  askers (): Array<{ pid: number, firstAt: number, lastAt: number }>
  offer (letters: readonly Letter[]): void
  /** Letters that nobody has acknowledged. */
  waiting (): number
}

export async function startUpstream (t: Test): Promise<Upstream> {
  const letters = new Map<string, Letter>()
  const askers: Array<{ pid: number, firstAt: number, lastAt: number }> = []
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://upstream')
    if (pathname === '/ack') letters.delete(searchParams.get('key') ?? '')
    else noteAsker(askers, Number(searchParams.get('pid')))
    const [letter] = letters.values()
    if (pathname === '/ack' || letter === undefined) response.writeHead(204).end()
    else response.writeHead(200, { key: letter.key }).end(letter.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => { await new Promise(resolve => { server.close(resolve).closeAllConnections() }) })
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  return {
    endpoint: {
      id: 'truc-ngoai', axis: 'national', adapter: fileURLToPath(import.meta.url), format: 'original', codes: 'as-written', zip: 'vendor', receipts: [], arrivalStatus: 'system', concurrency: 1, timeoutMs: 5000, serves: [], scope: 'own', settings: { url }
    },
    askers: () => askers,
    offer (more) { for (const letter of more) letters.set(letter.key, letter) },
    waiting: () => letters.size
  }
}

function noteAsker (askers: Array<{ pid: number, firstAt: number, lastAt: number }>, pid: number): void {
  const last = askers.at(-1)
  const at = performance.now()
  if (last?.pid === pid) last.lastAt = at
  else askers.push({ pid, firstAt: at, lastAt: at })
}

export const adapter: Adapter<{ url: string }> = {
  manifest: { name: 'upstream', version: '1.0.0', contract: 1, title: { vi: 'Trục ngoài', en: 'Outside hub' }, directions: ['inbound'], kinds: ['document'], formats: ['original'], receipts: [], idempotent: true },
  settingsSchema: { type: 'object', additionalProperties: false, required: ['url'], properties: { url: { type: 'string', description: 'Where it is.' } } },
  async open ({ url }, { http }): Promise<AdapterSession> {
    return {
      probe: async () => ({ kind: 'delivered' }),
      async receive (accept, signal) {
        while (!signal.aborted) {
          const { status, headers: { key = '' }, body } = await http.request({ method: 'GET', url: `${url}/next?pid=${process.pid}`, signal })
          if (status === 200) {
            await accept({ agencies: ['H36'], contentType: 'application/xml', body: Readable.from([body]), idempotencyKey: key })
            await http.request({ method: 'POST', url: `${url}/ack?key=${key}`, signal })
          }
          await sleep(10, undefined, { signal })
        }
      },
      async close () {}
    }
  }
}
