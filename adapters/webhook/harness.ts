// A real HTTP receiver that remembers what it took and misbehaves on order. It serves this adapter's tests and also the
// demo, the crash tests and the bench: bodies are hashed while they stream and kept only when small.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AdapterHarness, HarnessDelivery, Misbehaviour } from 'lienthong/adapter'
import { type Verdict, verifySignature } from './signature.js'

/** How the receiver treats requests. `times` requests are treated so (all when absent), then it behaves. */
export type Mischief = { times?: number } & (
  /** Answers this, takes nothing. */
  | { kind: 'status', status: number, headers?: Record<string, string>, body?: string }
  /** Takes the package, answers late. */
  | { kind: 'slow', delayMs: number }
  /** Takes the package, sends the head of the answer and then one byte every 50 ms, without end. */
  | { kind: 'trickle' }
  /** Reads nothing, never answers. */
  | { kind: 'hang' }
  /** Resets the connection when it has the head of the request. */
  | { kind: 'reset' }
  /** Takes the package, then closes the connection without an answer. */
  | { kind: 'drop' }
  /** Takes the package, answers what is no HTTP. */
  | { kind: 'malformed' })

export interface ReceivedDelivery extends HarnessDelivery {
  readonly deliveryId: string
  readonly attempt: number
  readonly signature: Verdict
  readonly headers: IncomingMessage['headers']
  /** Only up to `keepBytes`. */
  readonly body?: Buffer
}

export interface Receiver {
  readonly port: number
  readonly url: string
  /** Each delivery once, in the order of first arrival. */
  received (): ReceivedDelivery[]
  has (deliveryId: string): boolean
  /** Requests that arrived whole, including repeats and those that were not taken. */
  readonly counts: { requests: number, taken: number, duplicates: number, rejected: number }
  misbehave (mischief: Mischief | undefined): void
  /** Closes the port and every connection. `start` opens the same port again. */
  stop (): Promise<void>
  start (): Promise<void>
}

export interface ReceiverOptions {
  /** Default: one that is free. */
  port?: number
  /** Signatures are then required and checked. */
  secret?: string
  /** Bodies up to this size are kept. Default 64 KiB; 0 keeps none. */
  keepBytes?: number
  /** Called for every package taken, once. */
  onDelivery?: (delivery: ReceivedDelivery) => void
  /** Called for every package that arrived whole, each time; `status` is what an order to misbehave answers instead of taking it. */
  onArrival?: (arrival: Arrival) => void
}

export interface Arrival {
  readonly deliveryId: string
  readonly sha256: string
  readonly status?: number
}

interface State extends ReceiverOptions {
  readonly taken: Map<string, ReceivedDelivery>
  readonly counts: Receiver['counts']
  mischief: Mischief | undefined
}

/** Starts a receiver on 127.0.0.1 that takes packages at any path. HEAD and GET answer 204. */
export async function startReceiver (options: ReceiverOptions = {}): Promise<Receiver> {
  const state: State = { ...options, taken: new Map(), counts: { requests: 0, taken: 0, duplicates: 0, rejected: 0 }, mischief: undefined }
  let server = await listen(state, options.port ?? 0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}/packages`,
    received: () => [...state.taken.values()],
    has: deliveryId => state.taken.has(deliveryId),
    counts: state.counts,
    misbehave (mischief) { state.mischief = mischief === undefined ? undefined : { ...mischief } },
    async start () { if (!server.listening) server = await listen(state, port) },
    async stop () {
      if (!server.listening) return
      await new Promise(resolve => { server.close(resolve); server.closeAllConnections() })
    }
  }
}

async function listen (state: State, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    // A caller that goes away in the middle is an accident of its own; nothing was taken.
    receive(state, request, response).catch(() => { response.destroy() })
  })
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, '127.0.0.1', resolve) })
  return server
}

async function receive (state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const mischief = nextMischief(state)
  if (mischief?.kind === 'hang') return
  if (mischief?.kind === 'reset') { request.socket.resetAndDestroy(); return }
  if (request.method !== 'POST') {
    if (mischief?.kind === 'status') response.writeHead(mischief.status, mischief.headers).end()
    else response.writeHead(204).end()
    return
  }
  const { size, sha256, body } = await read(request, state.keepBytes ?? 64 * 1024)
  state.counts.requests++
  if (mischief?.kind === 'status') {
    state.onArrival?.({ deliveryId: factsOf(request).deliveryId, sha256, status: mischief.status })
    response.writeHead(mischief.status, { 'content-type': 'text/plain', ...mischief.headers }).end(mischief.body ?? '')
    return
  }
  const signature = state.secret === undefined
    ? 'absent'
    : verifySignature({ headers: request.headers, sha256, secrets: [state.secret], now: wallClock() })
  const isTrusted = state.secret === undefined || signature === 'valid'
  const fault = faultIn(request, sha256) ?? (isTrusted ? undefined : { status: 401, detail: `the signature is ${signature}` })
  if (fault !== undefined) {
    state.counts.rejected++
    response.writeHead(fault.status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ title: 'Rejected', detail: fault.detail }))
    return
  }
  const delivery = { ...factsOf(request), size, sha256, signature, headers: request.headers, ...(body === undefined ? {} : { body }) }
  const isNew = take(state, delivery)
  answer(response, mischief, { delivery, isNew })
}

function nextMischief (state: State): Mischief | undefined {
  const { mischief } = state
  if (mischief?.times === undefined) return mischief
  if (mischief.times <= 0) return undefined
  mischief.times--
  return mischief
}

async function read (request: IncomingMessage, keepBytes: number): Promise<{ size: number, sha256: string, body?: Buffer }> {
  const hash = createHash('sha256')
  const kept: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk)
    size += chunk.length
    if (size <= keepBytes) kept.push(chunk)
    else kept.length = 0
  }
  return { size, sha256: hash.digest('hex'), ...(size <= keepBytes ? { body: Buffer.concat(kept) } : {}) }
}

function faultIn ({ headers }: IncomingMessage, sha256: string): { status: number, detail: string } | undefined {
  if (headers['idempotency-key'] === undefined) return { status: 400, detail: 'Idempotency-Key is missing' }
  const digest = `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`
  return headers['content-digest'] === digest ? undefined : { status: 400, detail: 'Content-Digest does not match the body' }
}

function factsOf ({ headers }: IncomingMessage): Pick<ReceivedDelivery, 'deliveryId' | 'attempt'> & Partial<HarnessDelivery> {
  const one = (name: string): string => String(headers[name] ?? '')
  return {
    deliveryId: one('idempotency-key'),
    packageId: one('lienthong-package'),
    recipient: decodeURIComponent(one('lienthong-recipient')),
    kind: one('lienthong-kind'),
    mediaType: one('content-type'),
    traceparent: one('traceparent'),
    attempt: Number(one('lienthong-attempt'))
  }
}

function take (state: State, delivery: ReceivedDelivery): boolean {
  state.onArrival?.(delivery)
  if (state.taken.has(delivery.deliveryId)) {
    state.counts.duplicates++
    return false
  }
  state.taken.set(delivery.deliveryId, delivery)
  state.counts.taken++
  state.onDelivery?.(delivery)
  return true
}

function answer (response: ServerResponse, mischief: Mischief | undefined, { delivery, isNew }: { delivery: ReceivedDelivery, isNew: boolean }): void {
  const usual = (): void => {
    response.writeHead(isNew ? 201 : 200, { 'content-type': 'application/json', ...(isNew ? {} : { 'lienthong-duplicate': delivery.deliveryId }) })
      .end(`{"id":"${delivery.deliveryId}"}`)
  }
  switch (mischief?.kind) {
    case 'slow': {
      const timer = setTimeout(usual, mischief.delayMs)
      response.on('close', () => { clearTimeout(timer) })
      return
    }
    case 'trickle': {
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => { response.write(' ') }, 50)
      response.on('close', () => { clearInterval(timer) })
      return
    }
    case 'drop':
      response.socket?.destroy()
      return
    case 'malformed':
      response.socket?.end('NONSENSE/1.1 yes\r\n\r\n')
      return
    default:
      usual()
  }
}

/** Epoch ms. The counterpart has a clock of its own, as in life. */
function wallClock (): number {
  return performance.timeOrigin + performance.now()
}

const SECRET = 'whsec_bGllbnRob25nLXdlYmhvb2staGFybmVzcy1rZXk='
const RETRY_AFTER_SECONDS = 7
const MISCHIEFS: Record<Exclude<Misbehaviour, 'offline'>, Mischief> = {
  // Echoes what no reason may repeat.
  refuse: { kind: 'status', status: 422, body: `no such register; you sent ${SECRET} and Bearer harness-token` },
  overload: { kind: 'status', status: 503, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } },
  hang: { kind: 'hang' },
  drop: { kind: 'drop' },
  malformed: { kind: 'malformed' }
}

/** The receiver as the conformance suite drives it. */
export function createHarness (): AdapterHarness {
  let receiver: Receiver | undefined
  return {
    can: ['refuse', 'overload', 'hang', 'drop', 'malformed', 'offline'],
    retryAfterMs: RETRY_AFTER_SECONDS * 1000,
    async start () { receiver = await startReceiver({ secret: SECRET }) },
    settings: () => ({ url: receiver?.url, secret: SECRET, headers: { Authorization: 'Bearer harness-token' } }),
    async misbehave (kind) {
      if (kind === 'offline') {
        await receiver?.stop()
        return
      }
      await receiver?.start()
      receiver?.misbehave(kind === undefined ? undefined : MISCHIEFS[kind])
    },
    received: () => receiver?.received() ?? [],
    async stop () { await receiver?.stop() }
  }
}
