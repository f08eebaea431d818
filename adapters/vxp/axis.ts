// Calls of the axis: signed headers, the envelope of every answer, and bounded memory for lists of any length.
import type { Readable } from 'node:stream'
import { type AdapterKit, type AnswerReading, checkStatus, EdocFailure, failureOf, type HttpStream, nonsense, parseJson, plain, readUpTo, signVxp, text } from 'lienthong/adapter'
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

export interface Axis {
  /** The fields of a successful answer. Throws an {@link EdocFailure} for any other, a `HttpFailure` when there is none. */
  ask (call: Call): Promise<Record<string, unknown>>
  /** The answer of any size, successful by its HTTP status. Throws as `ask` does. */
  open (call: Call): Promise<HttpStream>
  /** What the fields of an answer are worth: throws an {@link EdocFailure} unless ErrorCode is 0. */
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

  const reading = (): AnswerReading => ({ now: kit.now(), redact })

  const check = (fields: unknown): Record<string, unknown> => {
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw nonsense()
    const record = fields as Record<string, unknown>
    const code = record['ErrorCode']
    if (typeof code !== 'string' && typeof code !== 'number') throw nonsense()
    if (String(code).trim() === '0') return record
    const said = typeof record['ErrorDesc'] === 'string' ? plain(record['ErrorDesc'], { redact }) : ''
    throw new EdocFailure(String(code).trim(), outcomeOfCode(plain(String(code), { maxLength: 20 }), said, settings.errorCodes))
  }

  const open = async (call: Call): Promise<HttpStream> => {
    const answer = await kit.http.open(requestOf(call))
    if (answer.status >= 200 && answer.status < 300) return answer
    checkStatus(await readUpTo(answer, SMALL_BYTES), reading())
    throw nonsense()
  }

  return {
    open,
    check,
    async ask (call) {
      const answer = call.mostBytes === undefined ? await kit.http.request(requestOf(call)) : await readUpTo(await open(call), call.mostBytes)
      checkStatus(answer, reading())
      if (answer.truncated) throw tooLong(call)
      return check(parseJson(answer.body.toString('utf8')))
    }
  }
}

function tooLong ({ operation, mostBytes = SMALL_BYTES }: Call): EdocFailure {
  const most = `${mostBytes / 1024} KiB`
  return failureOf(text(`Trả lời của ${operation} dài hơn ${most} nên không đọc được.`, `The answer of ${operation} is over ${most} and cannot be read.`), { uncertain: true })
}

/** Header values go out as UTF-8: node writes each character as one byte. */
function onTheWire (value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1')
}
