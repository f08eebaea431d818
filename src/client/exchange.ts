// One request to the hub, repeated where that is safe and sensible: broken connections, 408, 425, 429 and 5xx, after what
// Retry-After says or a growing, random pause. Every request of the client may be repeated: reads are reads, sending carries
// an Idempotency-Key, and saying twice what became of an inbox item is harmless.
import { text, type Language } from '../model/text.js'
import type { Body } from './body.js'
import { ApiError, ConnectionError, type ApiProblem } from './errors.js'
import { pause } from './pause.js'

export interface RetrySettings {
  /** Tries in all. Default 5; 1 never repeats. */
  readonly attempts?: number
  /** First pause. It doubles each time, and half of it is random. Default 500. */
  readonly firstMs?: number
  /** Longest pause of its own. Default 30,000. */
  readonly mostMs?: number
  /** A `Retry-After` up to this is waited for; a longer one ends the tries. Default 120,000. */
  readonly mostRetryAfterMs?: number
}

export interface ExchangeSettings {
  /** Address of the hub, e.g. `https://truc.lamdong.gov.vn`. A path in front of `/v1` is kept. */
  readonly url: string
  readonly key: string
  readonly language: Language
  readonly fetch: typeof globalThis.fetch
  readonly retries: Required<RetrySettings>
  /** For each try of a request without a streamed body, until its answer is read. */
  readonly timeoutMs: number
}

export interface Request {
  readonly method?: 'GET' | 'POST'
  /** From `/v1`, its parts percent-encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Body
  readonly signal?: AbortSignal | undefined
  /** Told as the body goes out; starts again from 0 with another try. */
  readonly onProgress?: ((sentBytes: number, totalBytes: number | undefined) => void) | undefined
}

export interface Exchange {
  /** The answer as JSON; `undefined` for none. Throws `ApiError`, `ConnectionError`, or the reason of `signal`. */
  json<Answer> (request: Request): Promise<Answer>
  /** The answer with its body unread, once its status is good. */
  open (request: Request): Promise<Response>
}

const MOST_JSON_BYTES = 64 * 2 ** 20
const MOST_PROBLEM_BYTES = 2 ** 20

export function createExchange (settings: ExchangeSettings): Exchange {
  const { retries, timeoutMs } = settings
  const origin = originOf(settings.url)

  async function repeat<Result> (request: Request, attempt: (signal: AbortSignal | undefined) => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(request.signal)
      } catch (error) {
        request.signal?.throwIfAborted()
        const isLast = tries >= retries.attempts || request.body?.isRepeatable === false
        if (error instanceof SourceFailure) throw error.cause
        if (error instanceof ApiError) {
          if (isLast || !error.isTemporary || (error.retryAfterMs ?? 0) > retries.mostRetryAfterMs) throw error
        } else if (isLast) {
          throw new ConnectionError(new URL(origin).origin, tries, error)
        }
        await pause(pauseOf(error, tries, retries), request.signal)
      }
    }
  }

  async function ask (request: Request, signal: AbortSignal | undefined): Promise<Response> {
    const outgoing = request.body === undefined ? undefined : createOutgoing(request.body, request.onProgress)
    try {
      const response = await settings.fetch(targetOf(origin, request), {
        method: request.method ?? 'GET',
        headers: { ...headersOf(settings), ...request.headers, ...outgoing?.headers },
        // A redirected request would carry the key or lose the body. And unless both are so, Node's fetch keeps a second branch of
        // the body until the end (measured: 400 MiB for a body of 400 MiB).
        redirect: 'error',
        window: null,
        ...(signal === undefined ? {} : { signal }),
        ...(outgoing === undefined ? {} : { body: outgoing.stream, duplex: 'half' as const })
      })
      if (!response.ok) throw new ApiError(await problemOf(response))
      return response
    } catch (error) {
      if (isRedirect(error)) throw new ApiError(unexpected(REDIRECT))
      throw outgoing?.failure() ?? error
    }
  }

  return {
    json: async <Answer>(request: Request) => await repeat(request, async signal => {
      const response = await ask(request, within(timeoutFor(request, timeoutMs), signal))
      if (response.status === 204) return undefined as Answer
      const bytes = await readBounded(response, MOST_JSON_BYTES)
      return parseAnswer(response, bytes) as Answer
    }),
    open: async request => await repeat(request, async signal => {
      // The limit is for the answer to begin; how long its bytes take is the caller's to judge.
      const late = new AbortController()
      const timer = setTimeout(() => { late.abort(new DOMException('no answer in time', 'TimeoutError')) }, timeoutMs)
      try {
        return await ask(request, signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]))
      } finally {
        clearTimeout(timer)
      }
    })
  }
}

/** A body may take its time: a second for each 64 KiB on top, which is a line of half a megabit. Of unknown size: as long as it moves. */
function timeoutFor ({ body }: Request, timeoutMs: number): number | undefined {
  if (body !== undefined && body.size === undefined) return undefined
  return Math.min(timeoutMs + Math.ceil((body?.size ?? 0) / (64 * 1024)) * 1000, 2 ** 31 - 1)
}

function within (ms: number | undefined, signal: AbortSignal | undefined): AbortSignal | undefined {
  if (ms === undefined) return signal
  const limit = AbortSignal.timeout(ms)
  return signal === undefined ? limit : AbortSignal.any([limit, signal])
}

function originOf (url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new TypeError(`not an http or https address: ${url}`)
  return url.endsWith('/') ? url : `${url}/`
}

function targetOf (origin: string, { path, query = {} }: Request): URL {
  const target = new URL(path.replace(/^\//, ''), origin)
  for (const [name, value] of Object.entries(query)) if (value !== undefined) target.searchParams.set(name, String(value))
  return target
}

function headersOf ({ key, language }: ExchangeSettings): Record<string, string> {
  return { authorization: `Bearer ${key}`, 'accept-language': language, prefer: 'both-languages' }
}

/** What was to be sent could not be read: no fault of the hub, and no reason to try again. */
class SourceFailure extends Error {}

interface Outgoing { stream: ReadableStream<Uint8Array>, headers: Record<string, string>, failure: () => SourceFailure | undefined }

function createOutgoing ({ contentType, size, open }: Body, onProgress: Request['onProgress']): Outgoing {
  let failed: SourceFailure | undefined
  async function * counted (): AsyncGenerator<Uint8Array> {
    let sent = 0
    try {
      for await (const chunk of open()) {
        sent += chunk.length
        // HTTP would be broken by one byte more than announced; a file that grows while it is read must not do that.
        if (size !== undefined && sent > size) break
        yield chunk
        onProgress?.(sent, size)
      }
    } catch (cause) {
      failed = new SourceFailure('the source failed', { cause })
      throw failed
    }
    if (size !== undefined && sent !== size) {
      failed = new SourceFailure('the source failed', { cause: new Error(`the source has not the ${size} bytes that were announced`) })
      throw failed
    }
  }
  return {
    stream: ReadableStream.from(counted()) as ReadableStream<Uint8Array>,
    headers: { 'content-type': contentType, ...(size === undefined ? {} : { 'content-length': String(size) }) },
    failure: () => failed
  }
}

function pauseOf (error: unknown, tries: number, { firstMs, mostMs }: Required<RetrySettings>): number {
  const asked = error instanceof ApiError ? error.retryAfterMs : undefined
  if (asked !== undefined) return asked
  const most = Math.min(mostMs, firstMs * 2 ** (tries - 1))
  return most / 2 + Math.random() * most / 2
}

async function problemOf (response: Response): Promise<ApiProblem> {
  const { status } = response
  const retryAfterMs = retryAfterOf(response)
  const bytes = await readBounded(response, MOST_PROBLEM_BYTES).catch(() => undefined)
  const problem = bytes === undefined || !/\bjson\b/.test(response.headers.get('content-type') ?? '') ? undefined : parse(bytes)
  if (!isProblem(problem)) return { ...unexpected(status), retryAfterMs }
  const { code, title, detail, errors = [], traceId, texts } = problem
  return {
    code, status, traceId, retryAfterMs,
    title: texts?.title ?? text(title, title),
    detail: texts?.detail ?? text(detail, detail),
    errors: errors.map((each, index) => ({ ...each, detail: texts?.errors[index] ?? text(each.detail, each.detail) }))
  }
}

interface HubProblem {
  code: string, title: string, detail: string, traceId?: string
  errors?: Array<{ code: string, pointer: string, detail: string, expected?: string, found?: string }>
  texts?: { title: ApiProblem['title'], detail: ApiProblem['detail'], errors: Array<ApiProblem['detail']> }
}

function isProblem (value: unknown): value is HubProblem {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string' && 'detail' in value && typeof value.detail === 'string'
}

/** Stands for any redirect: fetch does not tell which. */
const REDIRECT = 302

function isRedirect (error: unknown): boolean {
  return error instanceof TypeError && error.cause instanceof Error && error.cause.message === 'unexpected redirect'
}

function unexpected (status: number): ApiProblem {
  return {
    code: 'UNEXPECTED_ANSWER', status, errors: [], traceId: undefined,
    title: text('Câu trả lời không phải của hệ thống', 'The answer is not the hub\'s'),
    detail: text(`Có câu trả lời ${status} không phải của hệ thống liên thông; hãy xem lại địa chỉ và máy chủ trung gian.`, `An answer ${status} came that is not the hub's; look at the address and at proxies.`)
  }
}

/** RFC 9110 §10.2.3: seconds. The hub writes no dates. */
function retryAfterOf ({ headers }: Response): number | undefined {
  const value = headers.get('retry-after') ?? ''
  return /^\d{1,7}$/.test(value) ? Number(value) * 1000 : undefined
}

function parseAnswer (response: Response, bytes: Buffer): unknown {
  const answer = parse(bytes)
  if (typeof answer !== 'object' || answer === null) throw new ApiError(unexpected(response.status))
  return answer
}

function parse (bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown
  } catch {
    return undefined
  }
}

async function readBounded (response: Response, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > most) throw new ApiError(unexpected(response.status))
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

