// The receiving systems of the isolation benchmark, a child process: one port for the good ones, and one for each way of being bad.
// On command the bad ones refuse connections, take them and never answer, or answer after five seconds; or all behave.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { answerParent } from '../child.js'
import { monotonicMs } from '../measure.js'

export const GROUPS = ['good', 'refusing', 'silent', 'slow'] as const
export type Group = typeof GROUPS[number]

export type CounterpartQuestion =
  | { kind: 'addresses' }
  /** Packages are coming; earlier ones are forgotten. */
  | { kind: 'expect', count: number }
  | { kind: 'misbehave' }
  | { kind: 'behave' }
  /** Resolves when so many of this group are here (of any: absent), or after `timeoutMs`. */
  | { kind: 'arrivals', group?: Group, count: number, timeoutMs: number }

/** Number of the package → when it arrived, ms of the monotonic clock; and how many came again. */
export interface Arrived { at: Array<[number, number]>, repeated: number }

export const SLOW_MS = 5000

const servers = new Map<Group, Server>()
const ports = new Map<Group, number>()
const arrived = new Map<number, { group: Group, at: number }>()
const unanswered = new Set<ServerResponse>()
let repeated = 0
let misbehaving = false
let onArrival = (): void => {}

async function receive (group: Group, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (misbehaving && group === 'silent') {
    unanswered.add(response)
    return
  }
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const number = Number(/CodeNumber>(\d+)</.exec(Buffer.concat(chunks).toString('latin1'))?.[1])
  if (request.method === 'POST') {
    if (arrived.has(number)) repeated++
    else arrived.set(number, { group, at: monotonicMs() })
    onArrival()
  }
  const answer = (): void => { response.writeHead(200, { 'content-length': '0' }).end() }
  if (misbehaving && group === 'slow') setTimeout(answer, SLOW_MS)
  else answer()
}

async function listen (group: Group): Promise<void> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => { receive(group, request, response).catch(() => { response.destroy() }) })
  servers.set(group, server)
  server.listen(ports.get(group) ?? 0, '127.0.0.1')
  await once(server, 'listening')
  ports.set(group, (server.address() as AddressInfo).port)
}

async function misbehave (): Promise<void> {
  misbehaving = true
  const server = servers.get('refusing')
  server?.closeAllConnections()
  server?.close()
}

async function behave (): Promise<void> {
  misbehaving = false
  for (const response of unanswered) response.destroy()
  unanswered.clear()
  if (servers.get('refusing')?.listening !== true) await listen('refusing')
}

async function arrivals ({ group, count, timeoutMs }: Extract<CounterpartQuestion, { kind: 'arrivals' }>): Promise<Arrived> {
  const found = (): Array<[number, number]> => [...arrived].filter(([, each]) => group === undefined || each.group === group).map(([number, { at }]) => [number, at])
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, timeoutMs)
    onArrival = () => { if (arrived.size >= count && found().length >= count) { clearTimeout(timer); resolve() } }
    onArrival()
  })
  onArrival = () => {}
  return { at: found(), repeated }
}

await Promise.all(GROUPS.map(listen))
answerParent<CounterpartQuestion>(async question => {
  switch (question.kind) {
    case 'addresses': return Object.fromEntries([...ports].map(([group, port]) => [group, `http://127.0.0.1:${port}`]))
    case 'expect':
      arrived.clear()
      repeated = 0
      return undefined
    case 'misbehave': await misbehave(); return undefined
    case 'behave': await behave(); return undefined
    case 'arrivals': return await arrivals(question)
  }
})
