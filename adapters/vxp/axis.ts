// Calls of the axis: signed headers, the envelope of every answer, and bounded memory for lists of any length.
import type { Readable } from 'node:stream'
import { type AdapterKit, deferred, type HttpAnswer, type HttpStream, type Outcome, outcomeOfHttp, parseJson, plain, problem, signVxp, text } from 'lienthong/adapter'
import { outcomeOfCode } from './codes.js'
import { type Credential, type Settings, accountsOf } from './settings.js'

export interface Call {
  readonly account: Credential
  readonly operation: string
  /** The operation's own headers, in the order in which they are signed. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly method?: 'GET' | 'POST'
  readonly contentType?: string
  readonly body?: Buffer | Readable
  /** What must not arrive twice. */
  readonly neverRepeat?: boolean
  /** Sent as they are, not signed. */
  readonly headers?: Readonly<Record<string, string>>
  /** The answer may have this many bytes. Default 64 KiB. */
  readonly mostBytes?: number
}

/** The axis said no, or something that cannot be understood. */
export class AxisFailure extends Error {
  /** `code`: its ErrorCode, when there was one. `outcome`: what that means for a package that was sent. */
  constructor (readonly code: string | undefined, readonly outcome: Exclude<Outcome, { kind: 'delivered' | 'available' }>) {
    super(outcome.problem.detail.en)
    this.name = 'AxisFailure'
  }
}

export interface Axis {
  /** The fields of a successful answer. Throws an {@link AxisFailure} for any other, a `HttpFailure` when there is none. */
  ask (call: Call): Promise<Record<string, unknown>>
  /** The answer of any size, successful by its HTTP status. Throws as `ask` does. */
  open (call: Call): Promise<HttpStream>
  /** What the fields of an answer are worth: throws an {@link AxisFailure} unless ErrorCode is 0. */
  check (fields: unknown): Record<string, unknown>
}

const SMALL_BYTES = 64 * 1024

export function createAxis (settings: Settings, kit: AdapterKit): Axis {
  const base = settings.url.replace(/\/+$/, '')
  const redact = accountsOf(settings).map(({ secret }) => secret)

  const requestOf = ({ account, operation, parameters = {}, signal, method = 'POST', contentType = 'application/json', body, headers = {}, neverRepeat = false }: Call) => {
    const signed = signVxp(parameters, { ...account, at: kit.now() + settings.timestamp.offsetMs, contentType })
    const own: Record<string, string> = { ...headers, ...signed }
    for (const [name, value] of Object.entries(own)) own[name] = onTheWire(value)
    // A body of POST has a length, also the empty one; text would make node write the headers in another encoding.
    if (method === 'POST' && own['Content-Length'] === undefined) own['Content-Length'] = String(Buffer.isBuffer(body) ? body.length : 0)
    return { method, url: `${base}/${operation}`, headers: own, signal, neverRepeat, ...(body === undefined ? {} : { body }) }
  }

  const checkStatus = (answer: HttpAnswer): void => {
    if (answer.status >= 200 && answer.status < 300) return
    const outcome = outcomeOfHttp(answer, { now: kit.now(), redact })
    if (outcome.kind === 'deferred') throw new AxisFailure(undefined, outcome)
    // Of all that HTTP can say against a request, only its size is the package's own fault.
    if (outcome.kind === 'refused') throw new AxisFailure(undefined, answer.status === 413 ? outcome : { kind: 'deferred', problem: { ...outcome.problem, code: 'ENDPOINT_UNAVAILABLE' } })
  }

  const check = (fields: unknown): Record<string, unknown> => {
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw nonsense()
    const record = fields as Record<string, unknown>
    const code = record['ErrorCode']
    if (typeof code !== 'string' && typeof code !== 'number') throw nonsense()
    if (String(code).trim() === '0') return record
    const said = typeof record['ErrorDesc'] === 'string' ? plain(record['ErrorDesc'], { redact }) : ''
    throw new AxisFailure(String(code).trim(), outcomeOfCode(plain(String(code), { maxLength: 20 }), said, settings.errorCodes))
  }

  const open = async (call: Call): Promise<HttpStream> => {
    const answer = await kit.http.open(requestOf(call))
    if (answer.status >= 200 && answer.status < 300) return answer
    checkStatus({ status: answer.status, headers: answer.headers, ...await readUpTo(answer, SMALL_BYTES) })
    throw nonsense()
  }

  return {
    open,
    check,
    async ask (call) {
      const answer = call.mostBytes === undefined ? await kit.http.request(requestOf(call)) : await readList(await open(call), call.mostBytes)
      checkStatus(answer)
      if (answer.truncated) throw nonsense()
      return check(parseJson(answer.body.toString('utf8')))
    }
  }
}

async function readList (answer: HttpStream, mostBytes: number): Promise<HttpAnswer> {
  return { status: answer.status, headers: answer.headers, ...await readUpTo(answer, mostBytes) }
}

async function readUpTo ({ body }: HttpStream, mostBytes: number): Promise<{ body: Buffer, truncated: boolean }> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    // Leaving the loop destroys the stream, and with it the connection.
    if (size > mostBytes) return { body: Buffer.concat(chunks), truncated: true }
    chunks.push(chunk)
  }
  return { body: Buffer.concat(chunks), truncated: false }
}

/** Proves neither success nor refusal; something may have happened. */
export function nonsense (): AxisFailure {
  return new AxisFailure(undefined, deferred(problem('ENDPOINT_UNAVAILABLE', text('Trục quốc gia trả lời không đúng định dạng.', 'The national axis gave an answer that cannot be understood.')), { uncertain: true }) as AxisFailure['outcome'])
}

/** Header values go out as UTF-8: node writes each character as one byte. */
function onTheWire (value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1')
}
