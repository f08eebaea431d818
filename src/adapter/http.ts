// The HTTP client lent to adapters. On node:http with kept-alive connections, because bodies stream, a failure must say
// whether anything was sent, and tests must be able to intercept it.
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { addAbortSignal, Readable } from 'node:stream'
import { type AdapterKit, type HttpAnswer, HttpFailure, type HttpRequest, type HttpStream } from '../ports/adapter.js'
import { createEgress, type Egress } from './egress.js'

export interface HttpClient {
  readonly request: AdapterKit['http']['request']
  readonly open: AdapterKit['http']['open']
  /** Closes all connections; exchanges that still run fail as broken. */
  close (): void
}

const MAX_ANSWER_BYTES = 64 * 1024

// Idle connections go before the usual 5 s of servers, so that few requests meet a closed one.
const AGENT_OPTIONS = { keepAlive: true, maxFreeSockets: 16, timeout: 4000, scheduling: 'lifo' } as const

/** Opens a client. Without `egress` every host is allowed. Time-outs are the caller's: it aborts the signal. */
export function createHttpClient (egress = createEgress()): HttpClient {
  const agents = { 'http:': new http.Agent(AGENT_OPTIONS), 'https:': new https.Agent(AGENT_OPTIONS) }
  const planOf = (request: HttpRequest): Exchange => {
    const url = urlOf(request)
    return { url, lookup: lookupFor(url, egress), request, agent: agents[url.protocol as keyof typeof agents], repeats: request.body instanceof Readable || request.neverRepeat === true ? 0 : 1 }
  }
  return {
    async request (request) {
      try {
        return await exchange(planOf(request))
      } finally {
        if (request.body instanceof Readable) discard(request.body)
      }
    },
    async open (request) {
      try {
        return await openExchange(planOf(request))
      } catch (error) {
        if (request.body instanceof Readable) discard(request.body)
        throw error
      }
    },
    close () {
      for (const agent of Object.values(agents)) agent.destroy()
    }
  }
}

function urlOf ({ url, signal }: HttpRequest): URL {
  if (signal.aborted) throw new HttpFailure('aborted', false, signal.reason)
  const target = URL.canParse(url) ? new URL(url) : undefined
  if (target !== undefined && /^https?:$/.test(target.protocol)) return target
  throw new HttpFailure('unreachable', false, new Error('the address is not an http or https URL'))
}

function lookupFor ({ hostname, port, protocol }: URL, egress: Egress): LookupFunction {
  try {
    return egress.target({ host: hostname, port: Number(port === '' ? protocol === 'https:' ? 443 : 80 : port) }).lookup
  } catch (error) {
    throw new HttpFailure('unreachable', false, error)
  }
}

interface Exchange {
  readonly url: URL
  readonly lookup: LookupFunction
  readonly request: HttpRequest
  readonly agent: http.Agent
  /** How often it may start again because a kept-alive connection was dead. */
  readonly repeats: number
  /** Takes the answer as it comes; nothing is collected then, and the exchange never resolves. */
  readonly onHead?: (answer: HttpStream) => void
}

async function openExchange (plan: Exchange): Promise<HttpStream> {
  return await new Promise((resolve, reject) => { exchange({ ...plan, onHead: resolve }).catch(reject) })
}

/** The answer of an exchange that is over when its body is. */
function streamOf (incoming: IncomingMessage, outgoing: ClientRequest, { body, signal }: HttpRequest): HttpStream {
  // Whoever reads the body sees its failure; nobody else must die of it.
  incoming.on('error', () => {})
  incoming.once('close', () => {
    if (!outgoing.writableFinished) outgoing.destroy()
    if (body instanceof Readable) discard(body)
  })
  if (body instanceof Readable) body.on('error', () => { outgoing.destroy() })
  return { status: incoming.statusCode ?? 0, headers: flatten(incoming.headers), body: addAbortSignal(signal, incoming) }
}

function exchange (plan: Exchange): Promise<HttpAnswer> {
  const { url, lookup, agent, request: { method, headers = {}, body, signal } } = plan
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? https : http).request(url, { method, headers, agent, lookup })
    const progress = { sent: false, answer: undefined as PartialAnswer | undefined }
    const onAbort = (): void => {
      finish(() => { reject(new HttpFailure('aborted', progress.sent, signal.reason)) })
      outgoing.destroy()
    }
    let over = false
    const finish = (settle: () => void): void => {
      over = true
      signal.removeEventListener('abort', onAbort)
      if (body instanceof Readable) body.off('error', onBodyError)
      settle()
    }
    // Not the other side's fault, and no reason to think that it took half a body: the error goes up as it is.
    const onBodyError = (error: Error): void => {
      finish(() => { reject(error) })
      outgoing.destroy()
    }
    const answered = (answer: HttpAnswer): void => {
      finish(() => { resolve(answer) })
      // An answer that came before the whole body had gone: the rest is not wanted, the connection is not reusable.
      if (!outgoing.writableFinished || answer.truncated) outgoing.destroy()
    }
    function fail (cause: unknown): void {
      if (over) return
      if (isStale(outgoing, cause, progress) && plan.repeats > 0) {
        finish(() => { resolve(exchange({ ...plan, repeats: plan.repeats - 1 })) })
      } else if (progress.answer !== undefined && progress.answer.status >= 400 && !outgoing.writableFinished) {
        answered({ ...progress.answer, body: Buffer.concat(progress.answer.chunks), truncated: true })
      } else {
        finish(() => { reject(new HttpFailure(progress.sent ? 'broken' : 'unreachable', progress.sent, cause)) })
        outgoing.destroy()
      }
    }
    signal.addEventListener('abort', onAbort, { once: true })
    outgoing.on('error', fail)
    watchConnection(outgoing, url, () => { progress.sent = true })
    outgoing.on('response', incoming => {
      progress.sent = true
      if (plan.onHead !== undefined) {
        finish(() => { plan.onHead?.(streamOf(incoming, outgoing, plan.request)) })
        return
      }
      progress.answer = { status: incoming.statusCode ?? 0, headers: flatten(incoming.headers), chunks: [] }
      collect(incoming, progress.answer, answered, fail)
    })
    if (body instanceof Readable) body.on('error', onBodyError).pipe(outgoing)
    else outgoing.end(body)
  })
}

type PartialAnswer = Pick<HttpAnswer, 'status' | 'headers'> & { chunks: Buffer[] }

/** Calls `onOpen` when the first request byte may leave: a reused connection at once, a new one when it (and TLS) stands. */
function watchConnection (outgoing: ClientRequest, url: URL, onOpen: () => void): void {
  outgoing.once('socket', socket => {
    if (outgoing.reusedSocket || !socket.connecting) onOpen()
    else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', onOpen)
  })
}

/** The server had closed a kept-alive connection before it saw the request (RFC 9112 §9.3.1: such a request may be repeated). */
function isStale (outgoing: ClientRequest, cause: unknown, progress: { answer: unknown }): boolean {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  return outgoing.reusedSocket && progress.answer === undefined && (code === 'ECONNRESET' || code === 'EPIPE')
}

function collect (incoming: IncomingMessage, answer: PartialAnswer, done: (answer: HttpAnswer) => void, fail: (cause: unknown) => void): void {
  let size = 0
  const end = (truncated: boolean): void => {
    done({ status: answer.status, headers: answer.headers, body: Buffer.concat(answer.chunks).subarray(0, MAX_ANSWER_BYTES), truncated })
  }
  incoming.on('data', (chunk: Buffer) => {
    answer.chunks.push(chunk)
    size += chunk.length
    if (size <= MAX_ANSWER_BYTES) return
    incoming.removeAllListeners('data').pause()
    end(true)
  })
  incoming.on('end', () => { end(false) })
  incoming.on('error', fail)
}

function flatten (headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return flat
}

/** A stream whose exchange is over may still fail; nobody is left to hear it. */
function discard (body: Readable): void {
  body.on('error', () => {}).destroy()
}
