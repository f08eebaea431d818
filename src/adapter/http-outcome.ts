// From HTTP answers and failures to outcomes: one table for every adapter that speaks HTTP, so that all treat an
// overloaded or lost endpoint alike.
import { EgressForbidden, HttpFailure, type HttpAnswer } from '../ports/adapter.js'
import type { ErrorCode } from '../errors.js'
import type { Outcome } from '../model/delivery.js'
import type { Problem } from '../model/problem.js'
import { type Text, text } from '../model/text.js'

/** Builds the reason of an outcome. `code` is one of the catalogue, e.g. ENDPOINT_REFUSED, ENDPOINT_UNAVAILABLE. */
export function problem (code: ErrorCode, detail: Text): Problem {
  return { code, detail }
}

/**
 * Text from outside made fit to be stored and shown: one line, no control, format or broken characters, at most
 * `maxLength` characters. Values of `redact` are replaced: some servers echo what they were sent.
 */
export function plain (value: string, options: { maxLength?: number, redact?: readonly string[] } = {}): string {
  const maxLength = options.maxLength ?? 300
  let line = value
  for (const secret of options.redact ?? []) if (secret !== '') line = line.replaceAll(secret, '***')
  const characters = [...line.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()]
  return characters.length <= maxLength ? characters.join('') : `${characters.slice(0, maxLength - 1).join('')}…`
}

/** Retry-After in ms: seconds or an HTTP date (RFC 9110 §10.2.3). Undefined when absent or malformed. `now` is epoch ms. */
export function retryAfterMs (headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const value = headers['retry-after']?.trim() ?? ''
  if (/^\d{1,10}$/.test(value)) return Number(value) * 1000
  const at = /GMT$/.test(value) ? Date.parse(value) : NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

export interface AnswerReading {
  /** Hub time, epoch ms: for a Retry-After that is a date. */
  now: number
  /** Success besides the default, all of 2xx: exactly these. */
  successStatuses?: readonly number[]
  /** Secret values that must not come back in a reason. */
  redact?: readonly string[]
}

/**
 * What an answer means: 2xx delivered; 408, 425, 429, 5xx later; 401, 403, 407 later, too, because the credentials of
 * the hub are at fault and not the package; a redirect later, because the address is; every other 4xx refused.
 */
export function outcomeOfHttp (answer: HttpAnswer, reading: AnswerReading): Outcome {
  const { status } = answer
  const isSuccess = reading.successStatuses?.includes(status) ?? (status >= 200 && status < 300)
  if (isSuccess) return { kind: 'delivered' }
  if (status >= 400 && status < 500 && ![401, 403, 407, 408, 425, 429].includes(status)) {
    return { kind: 'refused', problem: problem('ENDPOINT_REFUSED', statusText(answer, reading)) }
  }
  const wait = retryAfterMs(answer.headers, reading.now)
  // A gateway answers for a system behind it, and an unlisted 2xx says that something happened.
  const uncertain = status === 502 || status === 504 || (status >= 200 && status < 300)
  return {
    kind: 'deferred',
    problem: problem('ENDPOINT_UNAVAILABLE', statusText(answer, reading)),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(uncertain ? { uncertain } : {})
  }
}

/** What it means that there was no answer. Throws `error` again when it is no {@link HttpFailure}: then it is a defect. */
export function outcomeOfFailure (error: unknown): Outcome {
  if (!(error instanceof HttpFailure)) throw error
  const forbidden = outcomeOfForbidden(error)
  if (forbidden !== undefined) return forbidden
  const detail = FAILURE_TEXTS[error.reason]
  const code = error.reason === 'aborted' ? 'ENDPOINT_TIMEOUT' : 'ENDPOINT_UNAVAILABLE'
  const more = error.reason === 'aborted' || !(error.cause instanceof Error) ? '.' : `: ${causeOf(error.cause)}.`
  return { kind: 'deferred', problem: problem(code, text(detail.vi + more, detail.en + more)), ...(error.sent ? { uncertain: true } : {}) }
}

/** What it means that the egress policy stands behind a failure, however deep among its causes; undefined when it does not. */
export function outcomeOfForbidden (error: unknown): Outcome | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof EgressForbidden) {
      const target = plain(cause.target, { maxLength: 120 })
      return { kind: 'refused', problem: problem('EGRESS_FORBIDDEN', text(`Trục không được phép kết nối tới ${target} (thiết lập egress).`, `The hub may not connect to ${target} (setting egress).`)) }
    }
  }
  return undefined
}

/** ECONNREFUSED and its like say more to an operator than their sentences do. */
function causeOf (cause: Error): string {
  const { code } = cause as NodeJS.ErrnoException
  return plain(typeof code === 'string' ? code : cause.message, { maxLength: 120 })
}

const FAILURE_TEXTS = {
  aborted: text('Hệ thống nhận không trả lời kịp', 'The receiving system did not answer in time'),
  unreachable: text('Không kết nối được tới hệ thống nhận', 'The receiving system cannot be reached'),
  broken: text('Kết nối tới hệ thống nhận bị ngắt giữa chừng', 'The connection to the receiving system broke off')
} as const

function statusText (answer: HttpAnswer, reading: AnswerReading): Text {
  const reason = reasonOf(answer, reading.redact ?? [])
  const [vi, en] = LEADS.find(([statuses]) => statuses.includes(answer.status))?.[1] ?? ['Hệ thống nhận trả lời', 'The receiving system answered']
  const more = reason === undefined ? `${answer.status}.` : `${answer.status}: ${reason}`
  return text(`${vi} ${more}`, `${en} ${more}`)
}

const LEADS: ReadonlyArray<[readonly number[], [string, string]]> = [
  [[401, 403, 407], ['Hệ thống nhận không chấp nhận thông tin xác thực của trục:', 'The receiving system does not accept the credentials of the hub:']],
  [[301, 302, 303, 307, 308], ['Địa chỉ của hệ thống nhận đã đổi, cần sửa cấu hình:', 'The address of the receiving system has changed, correct the settings:']]
]

/** The other side's own words: title and detail of problem+json, a usual field of JSON, or plain text. Markup is no reason. */
function reasonOf (answer: HttpAnswer, redact: readonly string[]): string | undefined {
  if (answer.status >= 300 && answer.status < 400) return answer.headers['location'] === undefined ? undefined : plain(answer.headers['location'], { redact })
  const type = answer.headers['content-type'] ?? ''
  const raw = answer.body.toString('utf8')
  const words = /json/i.test(type) ? wordsOf(parseJson(raw)) : /^text\/plain/i.test(type) || type === '' ? raw : ''
  const reason = plain(words, { redact })
  return reason === '' ? undefined : reason
}

function wordsOf (value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return ''
  const record = value as Record<string, unknown>
  const found = ['title', 'detail', 'message', 'reason', 'error', 'error_description'].map(name => record[name]).filter(word => typeof word === 'string')
  return [...new Set(found)].slice(0, 2).join(': ')
}

/** The value of a JSON text, or undefined when it is none. Never throws. */
export function parseJson (raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    return undefined
  }
}
