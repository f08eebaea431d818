// Tokens of the platform: one login for all who want the same one at the same time, kept while it holds. A wrong password is
// not tried again and again: platforms lock accounts.
import { type AdapterKit, EdocFailure, failureOf, type HttpAnswer, HttpFailure, outcomeOfFailure, outcomeOfHttp, parseJson, plain, text } from 'lienthong/adapter'
import { type Account, secretsOf, type Settings } from './settings.js'

export interface Tokens {
  /** A token that holds as far as is known. Throws an {@link EdocFailure}; `HttpFailure` (aborted) when `signal` ends first. */
  tokenFor (account: Account, signal: AbortSignal): Promise<string>
  /** The platform does not take this token any more. */
  drop (account: Account, token: string): void
  /** Tokens in use, which must not come back in a reason. */
  inUse (): string[]
  /** Ends logins under way. */
  close (): void
}

/** The login itself was refused: trying again at once would only count as another wrong password. */
export class LoginRefusal extends EdocFailure {}

interface Token { readonly value: string, readonly expiresAt: number | undefined }
interface Kept { readonly login: Promise<Token>, token?: Token, refusal?: { readonly error: EdocFailure, readonly until: number } }

/** A token that is about to end would end under way. */
const MARGIN_MS = 30_000
const LONGEST_TOKEN = 16 * 1024

export function createTokens (settings: Settings, kit: AdapterKit): Tokens {
  const kept = new Map<string, Kept>()
  const closing = new AbortController()

  const begin = (account: Account): Kept => {
    const entry: Kept = { login: logIn(account, { settings, kit, signal: AbortSignal.any([closing.signal, AbortSignal.timeout(settings.callTimeoutMs)]) }) }
    entry.login.then(
      token => { entry.token = token },
      (error: unknown) => {
        if (error instanceof LoginRefusal) entry.refusal = { error, until: kit.now() + settings.loginRetryMs }
        else kept.delete(keyOf(account))
      })
    return entry
  }

  const isUsable = ({ token, refusal }: Kept): boolean =>
    (refusal === undefined || kit.now() < refusal.until) && (token?.expiresAt === undefined || kit.now() < token.expiresAt)

  return {
    async tokenFor (account, signal) {
      const key = keyOf(account)
      const earlier = kept.get(key)
      const entry = earlier !== undefined && isUsable(earlier) ? earlier : begin(account)
      kept.set(key, entry)
      return (await unlessAborted(entry.login, signal)).value
    },
    drop (account, token) {
      // Another call may have a newer one already.
      if (kept.get(keyOf(account))?.token?.value === token) kept.delete(keyOf(account))
    },
    inUse: () => [...kept.values()].flatMap(({ token }) => token?.value ?? []),
    close () { closing.abort() }
  }
}

function keyOf ({ username, password }: Account): string {
  return JSON.stringify([username, password])
}

async function unlessAborted<T> (wanted: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw new HttpFailure('aborted', false, signal.reason)
  let onAbort = (): void => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => { reject(new HttpFailure('aborted', false, signal.reason)) }
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([wanted, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

interface Login { settings: Settings, kit: AdapterKit, signal: AbortSignal }

async function logIn ({ username, password }: Account, { settings, kit, signal }: Login): Promise<Token> {
  const { url, paths, login: { applicationCode, fields } } = settings
  const body = Buffer.from(JSON.stringify({ ...fields, ...(applicationCode === '' ? {} : { applicationCode }), username, password }))
  const headers = { 'content-type': 'application/json', 'content-length': String(body.length), accept: 'application/json' }
  const answer = await kit.http.request({ method: 'POST', url: url.replace(/\/+$/, '') + paths.login, headers, body, signal }).catch((error: unknown) => {
    const outcome = outcomeOfFailure(error)
    // Nothing was sent but a login, so nothing may have arrived.
    throw outcome.kind === 'deferred' ? failureOf(outcome.problem.detail) : error
  })
  const token = tokenIn(answer)
  if (token !== undefined) return { value: token, expiresAt: expiryOf(token, kit.now()) }
  throw refusalOf(answer, { settings, kit })
}

function tokenIn ({ status, body, truncated }: HttpAnswer): string | undefined {
  const answer = status >= 200 && status < 300 && !truncated ? recordOf(parseJson(body.toString('utf8'))) : {}
  const token = recordOf(answer['data'])['token'] ?? answer['token']
  return typeof token === 'string' && token.length <= LONGEST_TOKEN && /^[\x21-\x7e]+$/.test(token) ? token : undefined
}

function refusalOf (answer: HttpAnswer, { settings, kit }: Omit<Login, 'signal'>): EdocFailure {
  const redact = secretsOf(settings)
  const outcome = outcomeOfHttp(answer, { now: kit.now(), redact })
  if (outcome.kind === 'deferred' && answer.status >= 300 && ![401, 403].includes(answer.status)) {
    return failureOf(outcome.problem.detail, outcome.retryAfterMs === undefined ? {} : { retryAfterMs: outcome.retryAfterMs })
  }
  const said = recordOf(parseJson(answer.body.toString('utf8')))['message']
  const more = typeof said === 'string' && said !== '' ? `: ${plain(said, { redact })}` : '.'
  const detail = text(`Nền tảng của tỉnh từ chối đăng nhập (HTTP ${answer.status}), cần kiểm tra tài khoản trong cấu hình${more}`,
    `The provincial platform refuses the login (HTTP ${answer.status}), check the account in the settings${more}`)
  return new LoginRefusal(undefined, failureOf(detail).outcome)
}

/**
 * Epoch ms in hub time, shortly before a JWT (RFC 7519) ends; undefined when it does not say, or has ended already by the hub's
 * clock: then the platform tells when it does not take it any more. With `iat` the clocks of both sides need not agree.
 */
export function expiryOf (token: string, now: number): number | undefined {
  const claims = recordOf(parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')))
  const [exp, iat] = [claims['exp'], claims['iat']]
  if (typeof exp !== 'number') return undefined
  const endsAt = typeof iat === 'number' && iat < exp ? now + (exp - iat) * 1000 : exp * 1000
  const lifetime = endsAt - now
  return lifetime <= 0 ? undefined : endsAt - Math.min(MARGIN_MS, lifetime / 2)
}

export function recordOf (value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {}
}
