// The calls of the linked services: tokens, and one exchange with the meaning of its answer. What is asked is elsewhere.
import type { Readable } from 'node:stream'
import {
  type AdapterKit, deferred, type HttpAnswer, HttpFailure, type HttpRequest, type HttpStream, type Outcome, outcomeOfHttp, parseJson, plain, problem, readUpTo, refused, text
} from 'lienthong/adapter'

export interface ServiceSettings {
  url: string
  userName: string
  password: string
  paths: Record<'token' | 'list' | 'detail' | 'confirm' | 'status' | 'push', string>
  statusAccount?: { url?: string, token: string, secretId: string, secretPass: string }
}

export interface Call {
  method: 'GET' | 'POST'
  path: string
  /** A fresh body each time it is called. */
  body?: () => Readable | Buffer
  headers?: Record<string, string>
  /** Called just before the body goes out. */
  note?: () => void
  signal: AbortSignal
}

/** A side of the services with an account of its own. Everything rejects as the kit's HTTP does when there is no answer. */
export interface Side {
  /** The answer as it comes. Read its body or destroy it. */
  open (call: Call): Promise<HttpStream>
  /** The meaning of an answer: nothing when it was taken. */
  send (call: Call): Promise<Outcome | undefined>
  /** Proves the account: nothing when it works. */
  login (signal: AbortSignal): Promise<Outcome | undefined>
}

interface Account { base: string, tokenPath: string, credentials: Record<string, string> }

const MOST_ANSWER_BYTES = 64 * 1024

/** The main side, and the one that status goes to: the same, unless that has an account of its own. */
export function createSides (settings: ServiceSettings, kit: AdapterKit): { main: Side, status: Side } {
  const { url, userName, password, paths, statusAccount: own } = settings
  const secrets = [password, ...(own === undefined ? [] : [own.secretPass])]
  const main = createSide({ base: url, tokenPath: paths.token, credentials: { userName, password } }, kit, secrets)
  if (own === undefined) return { main, status: main }
  return { main, status: createSide({ base: own.url ?? url, tokenPath: own.token, credentials: { SecretId: own.secretId, SecretPass: own.secretPass } }, kit, secrets) }
}

function createSide ({ base, tokenPath, credentials }: Account, kit: AdapterKit, secrets: readonly string[]): Side {
  const root = base.replace(/\/+$/, '')
  let held: string | undefined
  const redact = (): string[] => [...secrets, held ?? ''].filter(value => value.length >= 4)

  async function enter (signal: AbortSignal): Promise<{ token: string } | { outcome: Outcome }> {
    if (held !== undefined) return { token: held }
    const answer = await kit.http.request({ method: 'POST', url: `${root}/${tokenPath}`, headers: { accept: 'application/json', 'content-type': 'application/json' }, body: JSON.stringify(credentials), signal })
    const found = parseJson(answer.body.toString('utf8'))
    const inner = typeof found === 'object' && found !== null ? { ...found, ...(found as { data?: object }).data } as Record<string, unknown> : {}
    const token = inner['token']
    if (answer.status === 200 && typeof token === 'string' && /^[\x21-\x7e]{1,8000}$/.test(token)) return { token: held = token }
    const outcome = outcomeOfHttp(answer, { now: kit.now(), redact: redact() })
    return { outcome: 'problem' in outcome ? deferred(outcome.problem, waitOf(outcome)) : deferred(unreadable()) }
  }

  /** With a token, and once more with a new one. */
  async function open ({ method, path, body, headers, note, signal }: Call): Promise<HttpStream> {
    for (let round = 0; ; round++) {
      const entered = await enter(signal).catch((error: unknown) => { throw error instanceof HttpFailure ? new HttpFailure(error.reason, false, error.cause) : error })
      if ('outcome' in entered) throw new NotEntered(entered.outcome)
      const request: HttpRequest = { method, url: `${root}/${path}`, headers: { accept: 'application/json', authorization: `Bearer ${entered.token}`, ...headers }, signal }
      note?.()
      const answer = await kit.http.open(body === undefined ? request : { ...request, body: body(), neverRepeat: true })
      if (answer.status !== 401 || round > 0) return answer
      answer.body.destroy()
      if (held === entered.token) held = undefined
    }
  }

  return {
    open,
    async send (call) {
      const answer = await open(call).catch((error: unknown) => {
        if (error instanceof NotEntered) return error.outcome
        throw error
      })
      if (!('body' in answer)) return answer
      return meaningOf(kit, await readUpTo(answer, MOST_ANSWER_BYTES), redact())
    },
    async login (signal) {
      held = undefined
      const entered = await enter(signal)
      return 'outcome' in entered ? entered.outcome : undefined
    }
  }
}

/** There is no token; the outcome says why. */
export class NotEntered extends Error {
  constructor (readonly outcome: Outcome) {
    super('problem' in outcome ? outcome.problem.detail.en : 'no token')
    this.name = 'NotEntered'
  }
}

/** Words decide before numbers: what was refused or finished there before is a success that came twice. */
function meaningOf (kit: AdapterKit, answer: HttpAnswer, redact: readonly string[]): Outcome | undefined {
  const accepted = answer.status >= 200 && answer.status < 300
  const outcome = outcomeOfHttp(answer, { now: kit.now(), redact })
  if (answer.status >= 500 || [401, 403, 408, 429].includes(answer.status)) return outcome
  const raw = answer.body.toString('utf8')
  const found = raw.trim() === '' ? {} : parseJson(raw)
  if (found === undefined && accepted) return deferred(unreadable(), { uncertain: true })
  const said = kit.codecs.dossier.readDvcltAnswer(found ?? raw, { accepted })
  const message = plain(said.message, { redact })
  const detail = text(`Dịch vụ liên thông trả lời: ${message || answer.status}`, `The linked services answered: ${message || answer.status}`)
  switch (said.kind) {
    case 'ok': return undefined
    case 'permanent': return refused(problem('ENDPOINT_REFUSED', detail))
    case 'retry': return deferred(problem('ENDPOINT_UNAVAILABLE', detail), waitOf(outcome))
  }
}

function waitOf (outcome: Outcome): { retryAfterMs?: number } {
  return outcome.kind === 'deferred' && outcome.retryAfterMs !== undefined ? { retryAfterMs: outcome.retryAfterMs } : {}
}

function unreadable (): ReturnType<typeof problem> {
  return problem('ENDPOINT_UNAVAILABLE', text('Dịch vụ liên thông trả lời nội dung không đọc được.', 'The answer of the linked services cannot be read.'))
}
