// Calls of the platform: with a token and the credentials of the agency they are made for, the envelope of every answer, and
// bounded memory for lists of any length. A token that is not taken is renewed, and the call made once more.
import type { Readable } from 'node:stream'
import { type AdapterKit, checkStatus, EdocFailure, failureOf, type HttpAnswer, type HttpStream, nonsense, parseJson, plain, readUpTo } from 'lienthong/adapter'
import { outcomeOfCode } from './codes.js'
import { type Account, type Operation, secretsOf, type Settings } from './settings.js'
import { createTokens, recordOf } from './tokens.js'

export interface Call {
  readonly account: Account
  readonly operation: Operation
  readonly signal: AbortSignal
  /** POST when there is a body. */
  readonly query?: Readonly<Record<string, string>>
  /** JSON. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** Opened anew for each try. */
  readonly form?: Form
  readonly headers?: Readonly<Record<string, string>>
  /** The answer may have this many bytes. Default 64 KiB. */
  readonly mostBytes?: number
}

export interface Form { readonly contentType: string, readonly length: number, open (): Promise<Readable> }

export interface Platform {
  /** The fields of a successful answer. Throws an {@link EdocFailure} for any other, a `HttpFailure` when there is none. */
  ask (call: Call): Promise<Record<string, unknown>>
  /** The answer of any size, successful by its HTTP status. Throws as `ask` does. */
  open (call: Call): Promise<HttpStream>
  /** What the fields of an answer are worth: throws an {@link EdocFailure} unless they tell of success. */
  check (fields: unknown): Record<string, unknown>
  close (): void
}

const SMALL_BYTES = 64 * 1024

export function createPlatform (settings: Settings, kit: AdapterKit): Platform {
  const base = settings.url.replace(/\/+$/, '')
  const tokens = createTokens(settings, kit)
  const redact = (): string[] => [...secretsOf(settings), ...tokens.inUse()]

  const openOnce = async (call: Call, token: string): Promise<HttpStream> => {
    const { account: { systemId, secretKey }, operation, query, fields, form, headers, signal } = call
    const body = form === undefined ? (fields === undefined ? undefined : Buffer.from(JSON.stringify(fields))) : await form.open()
    const content = body === undefined ? {} : { 'content-type': form?.contentType ?? 'application/json', 'content-length': String(form?.length ?? (body as Buffer).length) }
    return await kit.http.open({
      method: body === undefined ? 'GET' : 'POST',
      url: base + withQuery(settings.paths[operation], query),
      headers: { ...headers, ...content, accept: 'application/json', authorization: `Bearer ${token}`, 'x-systemid': systemId, 'x-secretkey': secretKey },
      signal,
      // A form carries a package.
      neverRepeat: form !== undefined,
      ...(body === undefined ? {} : { body })
    })
  }

  const openAny = async (call: Call): Promise<HttpStream> => {
    const token = await tokens.tokenFor(call.account, call.signal)
    const answer = await openOnce(call, token)
    if (answer.status !== 401) return answer
    tokens.drop(call.account, token)
    // What it says against the first token is of no interest.
    answer.body.on('error', () => {}).destroy()
    return await openOnce(call, await tokens.tokenFor(call.account, call.signal))
  }

  const check = (fields: unknown): Record<string, unknown> => {
    const record = recordOf(fields)
    const about = recordOf(record['data'])
    const code = [about['errorCode'], record['errorCode'], record['ErrorCode']].find(each => typeof each === 'string' || typeof each === 'number')
    const isNone = code === undefined || ['', '0'].includes(String(code).trim())
    if (record['success'] === true && isNone) return record
    const said = [about['errorDesc'], record['message']].find(each => typeof each === 'string' && each !== '')
    const words = typeof said === 'string' ? plain(said, { redact: redact() }) : ''
    if (!isNone) throw new EdocFailure(String(code).trim(), outcomeOfCode(plain(String(code), { maxLength: 20 }), words, settings.errorCodes))
    if (record['success'] !== false) throw nonsense()
    throw failureOf({ vi: `Nền tảng của tỉnh báo lỗi không có mã: ${words}`, en: `The provincial platform tells of an error without a code: ${words}` })
  }

  const checkAnswer = (answer: HttpAnswer): void => {
    // Some gateways turn the errors of the platform into statuses of HTTP, and leave the body as it was.
    const fields = answer.status >= 300 ? recordOf(parseJson(answer.body.toString('utf8'))) : {}
    if ('errorCode' in recordOf(fields['data'])) check({ ...fields, success: false })
    checkStatus(answer, { now: kit.now(), redact: redact() })
  }

  return {
    check,
    async open (call) {
      const answer = await openAny(call)
      if (answer.status >= 200 && answer.status < 300) return answer
      checkAnswer(await readUpTo(answer, SMALL_BYTES))
      throw nonsense()
    },
    async ask (call) {
      const answer = await readUpTo(await openAny(call), call.mostBytes ?? SMALL_BYTES)
      checkAnswer(answer)
      if (answer.truncated) throw nonsense()
      return check(parseJson(answer.body.toString('utf8')))
    },
    close () { tokens.close() }
  }
}

function withQuery (path: string, query: Readonly<Record<string, string>> = {}): string {
  // Days are written with slashes, and servers were seen that do not decode them.
  const pairs = Object.entries(query).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value).replaceAll('%2F', '/')}`)
  return pairs.length === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}${pairs.join('&')}`
}
