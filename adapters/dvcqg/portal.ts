// One conversation with the portal: forwarding through the X-Road adapter, the gateway's token, the session. Knows nothing
// of dossiers. The session lives in this process only; it is a secret, and no other process needs it.
import {
  type AdapterKit, deferred, type DvcqgAnswer, type HttpAnswer, HttpFailure, type HttpRequest, MASK, type Outcome, outcomeOfFailure, outcomeOfHttp, parseJson,
  plain, problem, readUpTo, text
} from 'lienthong/adapter'
import { createGateway, type GatewaySettings } from './gateway.js'

export interface PortalSettings {
  url: string
  username: string
  password: string
  unit: string
  forward: { path: string, dstcode: string, dstcodeIn: 'query' | 'header' | 'both', providerUrl: string }
  paths: Record<'login' | 'integration' | 'share', string>
  headers: Record<string, string>
  gateway?: GatewaySettings
  sessionErrors: readonly string[]
  laterErrors: readonly string[]
}

/** What a call came to. `failed`: there is no answer of the portal, or one that says "not now". */
export type Reply = Exclude<DvcqgAnswer, { kind: 'session' | 'unreadable' }> | { kind: 'failed', outcome: Outcome }

export interface CallOptions {
  signal: AbortSignal
  /** Further headers of this call. */
  headers?: Record<string, string>
  /** Told the body just before it goes out, without the session. */
  note?: (body: Buffer) => void
}

export interface Portal {
  /** A business call: `body` gets the session. Logs in when needed, and once more when the session has ended. */
  call (body: object, options: CallOptions): Promise<Reply>
  /** A dictionary service; the answer may be large (16 MiB). */
  share (body: object, options: CallOptions): Promise<Reply>
  /** Logs in. Nothing when that works. */
  login (signal: AbortSignal): Promise<Outcome | undefined>
  /** Secret values that may come back in a message. */
  secrets (): string[]
  close (): void
}

type Entered = { session: string } | { outcome: Outcome }

const LOGIN_LIMIT_MS = 30_000
const MOST_SHARED_BYTES = 16 * 2 ** 20

export function createPortal (settings: PortalSettings, kit: AdapterKit): Portal {
  const closing = new AbortController()
  const gateway = createGateway(settings.gateway, kit)
  let session: Promise<Entered> | undefined
  let current: string | undefined

  const secrets = (): string[] => [settings.password, current ?? '', ...Object.values(settings.headers), ...gateway.secrets()].filter(value => value.length >= 4)

  async function post (path: string, body: object, { signal, headers = {}, note }: CallOptions): Promise<HttpAnswer> {
    for (let round = 0; ; round++) {
      const request: HttpRequest = {
        method: 'POST',
        url: addressOf(settings, path),
        headers: { accept: 'application/json', 'content-type': 'application/json', charset: 'utf-8', ...dstcodeHeader(settings), ...settings.headers, ...await gateway.headers(signal), ...headers },
        body: JSON.stringify(body),
        signal
      }
      note?.(Buffer.from(JSON.stringify({ ...body, session: MASK })))
      const answer = await readUpTo(await kit.http.open(request), MOST_SHARED_BYTES)
      if (answer.status !== 401 || round > 0 || !gateway.renew()) return answer
    }
  }

  function read (answer: HttpAnswer): { raw: unknown, reply: DvcqgAnswer | Extract<Reply, { kind: 'failed' }> } {
    const raw = parseJson(answer.body.toString('utf8'))
    const found = kit.codecs.dossier.readDvcqgAnswer(raw)
    if (answer.status >= 500 || [401, 403, 408, 429].includes(answer.status) || found.kind === 'unreadable') return { raw, reply: { kind: 'failed', outcome: outcomeOfNoAnswer(answer) } }
    if (found.kind !== 'refused' && found.kind !== 'session') return { raw, reply: found }
    const message = plain(found.message, { redact: secrets() })
    if (settings.laterErrors.includes(found.code)) return { raw, reply: { kind: 'failed', outcome: deferred(refusalOf(found.code, message)) } }
    return { raw, reply: { ...found, message, kind: settings.sessionErrors.includes(found.code) ? 'session' : found.kind } }
  }

  /** Only the portal refuses, and it does so in an answer of its own: whatever a gateway says is no word on the dossier. */
  function outcomeOfNoAnswer (answer: HttpAnswer): Outcome {
    const outcome = outcomeOfHttp(answer, { now: kit.now(), redact: secrets() })
    if (outcome.kind === 'refused') return deferred(problem('ENDPOINT_UNAVAILABLE', outcome.problem.detail))
    if (outcome.kind !== 'delivered') return outcome
    return deferred(problem('ENDPOINT_UNAVAILABLE', text('Cổng trả lời nội dung không đọc được.', 'The answer of the portal cannot be read.')), { uncertain: true })
  }

  async function enter (): Promise<Entered> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(LOGIN_LIMIT_MS)])
    const { username, password, paths } = settings
    const { raw, reply } = read(await post(paths.login, { username, password }, { signal }))
    if (reply.kind === 'failed') return { outcome: certain(reply.outcome) }
    const given = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>)['session'] : undefined
    if (reply.kind === 'ok' && typeof given === 'string' && given !== '' && given.length <= 4000) {
      current = given
      return { session: given }
    }
    const said = 'message' in reply ? `: ${reply.message}` : '.'
    return { outcome: deferred(problem('ENDPOINT_UNAVAILABLE', text(`Không đăng nhập được Cổng${said}`, `The portal does not let the hub log in${said}`))) }
  }

  /** One log-in at a time, whoever waits for it; what did not work is not kept. */
  async function open (signal: AbortSignal): Promise<Entered> {
    session ??= enter().catch((error: unknown): Entered => ({ outcome: certain(outcomeOfFailure(error)) })).then(entered => {
      if ('outcome' in entered) session = undefined
      return entered
    })
    return await raced(session, signal)
  }

  async function inSession (path: string, body: object, options: CallOptions): Promise<Reply> {
    try {
      for (let round = 0; ; round++) {
        const entered = await open(options.signal)
        if ('outcome' in entered) return { kind: 'failed', outcome: entered.outcome }
        const { reply } = read(await post(path, { session: entered.session, ...body }, options))
        if (reply.kind === 'unreadable') return { kind: 'failed', outcome: outcomeOfFailure(new HttpFailure('broken', true, undefined)) }
        if (reply.kind !== 'session') return reply
        // Another call may have logged in meanwhile: only the session that was refused is thrown away.
        if (current === entered.session) session = current = undefined
        if (round > 0) return { kind: 'failed', outcome: deferred(refusalOf(reply.code, reply.message)) }
      }
    } catch (error) {
      return { kind: 'failed', outcome: outcomeOfFailure(error) }
    }
  }

  return {
    call: async (body, options) => await inSession(settings.paths.integration, body, options),
    share: async (body, options) => await inSession(settings.paths.share, body, options),
    async login (signal) {
      try {
        const entered = await open(signal)
        return 'outcome' in entered ? entered.outcome : undefined
      } catch (error) {
        return outcomeOfFailure(error)
      }
    },
    secrets,
    close () { closing.abort() }
  }
}

/** Nothing of a dossier has gone out yet. */
function certain (outcome: Outcome): Outcome {
  return outcome.kind === 'deferred' ? deferred(outcome.problem, outcome.retryAfterMs === undefined ? {} : { retryAfterMs: outcome.retryAfterMs }) : outcome
}

export function refusalOf (code: string, message: string): ReturnType<typeof problem> {
  return problem('ENDPOINT_REFUSED', text(`Cổng báo lỗi ${plain(code, { maxLength: 20 })}: ${message}`, `The portal answered error ${plain(code, { maxLength: 20 })}: ${message}`))
}

/** `{url}{forward.path}{path}?dstcode=…&providerurl=…` */
function addressOf ({ url, forward }: PortalSettings, path: string): string {
  const address = new URL(`${url.replace(/\/+$/, '')}${forward.path}${path}`)
  if (forward.dstcode !== '' && forward.dstcodeIn !== 'header') address.searchParams.set('dstcode', forward.dstcode)
  if (forward.providerUrl !== '') address.searchParams.set('providerurl', forward.providerUrl)
  return address.href
}

function dstcodeHeader ({ forward }: PortalSettings): Record<string, string> {
  return forward.dstcode === '' || forward.dstcodeIn === 'query' ? {} : { dstcode: forward.dstcode }
}

async function raced<T> (work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => { reject(new HttpFailure('aborted', false, signal.reason)) }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort)
  }
}
