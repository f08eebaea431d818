// The portal's calls, one by one: token, next code, file, dossier, reports. What they are for is in submit.ts.
import type { Readable } from 'node:stream'
import {
  type AdapterKit, type Attachment, createFileForm, deferred, type HttpAnswer, type HttpRequest, type OutboundDelivery, type Outcome, outcomeOfFailure, outcomeOfHttp, parseJson, plain, problem, type SentRequest, text,
  type WireCall
} from 'lienthong/adapter'

export interface PortalSettings {
  url: string
  clientId: string
  clientSecret: string
  tokenStyle: 'form' | 'json'
  paths: Record<'token' | 'nextValue' | 'upload' | 'create' | 'steps' | 'status' | 'find', string>
  nextValueCode: string
  uploadField: string
}

/** A value of the answer, or what became of the attempt. */
export type Got<T> = { value: T } | { outcome: Outcome }

export interface File { readonly IdTepTin: string, readonly HashTepTin: string }

export interface CallOptions {
  signal: AbortSignal
  headers?: Record<string, string>
  /** Told what carries a dossier or a file, just before it goes out. */
  note?: OutboundDelivery['noteSent']
}

/** All reject as the kit's HTTP does when there is no answer. */
export interface Portal {
  login (signal: AbortSignal): Promise<Outcome | undefined>
  nextCode (options: CallOptions): Promise<Got<string>>
  upload (file: Attachment, open: () => Promise<Readable>, options: CallOptions): Promise<Got<File>>
  create (call: WireCall, options: CallOptions): Promise<Got<{ idHoSo: string, maHoSo: string }>>
  report (path: 'steps' | 'status', call: WireCall, options: CallOptions): Promise<Got<undefined>>
  /** Undefined: the portal does not know the code. */
  find (maHoSo: string, options: CallOptions): Promise<Got<{ idHoSo: string, maHoSo: string } | undefined>>
}

interface Asking {
  body?: () => Promise<Readable | Buffer>
  type?: Record<string, string>
  noted?: SentRequest
  /** 404 is an answer, and no refusal is one of the dossier. */
  isLook?: boolean
  options: CallOptions
}

const DEFAULT_LIFE_S = 300
const MARGIN_MS = 30_000

export function createPortal (settings: PortalSettings, kit: AdapterKit): Portal {
  const { paths, clientId, clientSecret } = settings
  const base = settings.url.replace(/\/+$/, '')
  let held: { token: string, endsAt: number } | undefined
  const redact = (): string[] => [clientSecret, encodeURIComponent(clientSecret), held?.token ?? ''].filter(value => value.length >= 4)

  /** Without a token nothing of a dossier was sent. */
  async function token (signal: AbortSignal): Promise<Got<string>> {
    if (held !== undefined && kit.now() < held.endsAt) return { value: held.token }
    return await fetchToken(signal).catch((error: unknown) => ({ outcome: certain(outcomeOfFailure(error)) }))
  }

  async function fetchToken (signal: AbortSignal): Promise<Got<string>> {
    const isForm = settings.tokenStyle === 'form'
    const body = isForm ? new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }).toString() : JSON.stringify({ clientId, clientSecret })
    const answer = await kit.http.request({ method: 'POST', url: `${base}/${paths.token}`, headers: { 'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json', accept: 'application/json' }, body, signal })
    const found = contentOf(answer)
    const given = stringIn(found, ['access_token', 'accessToken', 'token'])
    if (answer.status !== 200 || given === undefined || !/^[\x21-\x7e]{1,8000}$/.test(given)) {
      const outcome = outcomeOfHttp(answer, { now: kit.now(), redact: redact() })
      return { outcome: outcome.kind === 'deferred' ? certain(outcome) : deferred(outcome.kind === 'refused' ? outcome.problem : unreadable()) }
    }
    const life = Number(stringIn(found, ['expires_in', 'expiresIn']) ?? DEFAULT_LIFE_S)
    held = { token: given, endsAt: kit.now() + (Number.isFinite(life) ? life : DEFAULT_LIFE_S) * 1000 - MARGIN_MS }
    return { value: given }
  }

  /** With a token, and once more with a new one; `body` makes a fresh body each time. A dead connection must not make two dossiers of it. */
  async function ask (method: 'GET' | 'POST', path: string, { body, type, noted, isLook, options: { signal, headers, note } }: Asking): Promise<Got<HttpAnswer>> {
    for (let round = 0; ; round++) {
      const entered = await token(signal)
      if ('outcome' in entered) return entered
      const request: HttpRequest = { method, url: `${base}/${path}`, headers: { accept: 'application/json', authorization: `Bearer ${entered.value}`, ...type, ...headers }, signal }
      if (body !== undefined) Object.assign(request, { body: await body(), neverRepeat: true })
      if (noted !== undefined) note?.(noted)
      const answer = await kit.http.request(request)
      if ((answer.status === 401 || answer.status === 403) && round === 0) { held = undefined; continue }
      const outcome = outcomeOfHttp(answer, { now: kit.now(), redact: redact() })
      if (outcome.kind === 'delivered' || (isLook === true && answer.status === 404)) return { value: answer }
      // Nothing was asked about a dossier: it is the path that is not there.
      const isPath = answer.status === 404 && [paths.create, paths.upload, paths.nextValue].includes(path.split('?', 1)[0] ?? '')
      return { outcome: (isPath || isLook === true) && outcome.kind === 'refused' ? deferred(problem('ENDPOINT_UNAVAILABLE', outcome.problem.detail)) : outcome }
    }
  }

  const post = async (path: string, { service, body }: WireCall, options: CallOptions): Promise<Got<HttpAnswer>> => {
    const bytes = Buffer.from(JSON.stringify(body))
    const noted = { call: service, mediaType: 'application/json', body: bytes }
    return await ask('POST', path, { body: async () => bytes, type: { 'content-type': noted.mediaType, 'content-length': String(bytes.length) }, noted, options })
  }

  return {
    async login (signal) {
      const entered = await token(signal)
      return 'outcome' in entered ? entered.outcome : undefined
    },
    async nextCode (options) {
      const got = await ask('GET', `${paths.nextValue}?code=${encodeURIComponent(settings.nextValueCode)}`, { options })
      if ('outcome' in got) return got
      const found = contentOf(got.value)
      const code = typeof found === 'string' ? found : stringIn(found, ['value', 'nextValue', 'maHoSo', 'MaHoSo'])
      return code === undefined || !isCode(code) ? { outcome: deferred(unreadable()) } : { value: code.trim() }
    },
    async upload (file, open, options) {
      const form = createFileForm({ ...file, field: settings.uploadField })
      const type = { 'content-type': form.contentType, 'content-length': String(form.length) }
      const got = await ask('POST', paths.upload, { body: async () => form.open(await open()), type, noted: { call: 'UploadFile', mediaType: file.contentType, body: file }, options })
      if ('outcome' in got) return got
      const found = contentOf(got.value)
      const [first]: unknown[] = Array.isArray(found) ? found : [found]
      const IdTepTin = stringIn(first, ['IdTepTin', 'idTepTin'])
      const HashTepTin = stringIn(first, ['HashTepTin', 'hashTepTin'])
      if (IdTepTin === undefined || HashTepTin === undefined) return { outcome: deferred(unreadable()) }
      const differs = /^[0-9a-f]{64}$/i.test(HashTepTin) && HashTepTin.toLowerCase() !== file.sha256
      return differs ? { outcome: deferred(problem('ENDPOINT_UNAVAILABLE', text(`Cổng nhận được nội dung khác của tệp ${file.n}.`, `The portal got other bytes of file ${file.n}.`))) } : { value: { IdTepTin, HashTepTin } }
    },
    async create (call, options) {
      const got = await post(paths.create, call, options)
      if ('outcome' in got) return got
      const made = dossierIn(contentOf(got.value))
      // It may have been made: only a look can tell.
      return made === undefined ? { outcome: deferred(unreadable(), { uncertain: true }) } : { value: made }
    },
    async report (path, call, options) {
      const got = await post(paths[path], call, options)
      return 'outcome' in got ? got : { value: undefined }
    },
    async find (maHoSo, options) {
      const got = await ask('GET', `${paths.find}?maHoSo=${encodeURIComponent(maHoSo)}`, { isLook: true, options })
      if ('outcome' in got) return got
      if (got.value.status === 404) return { value: undefined }
      const found = contentOf(got.value)
      const made = dossierIn(Array.isArray(found) ? found[0] : found)
      // What is not said to be missing may be there: made anew, it would be there twice.
      return made !== undefined || isNothing(got.value) ? { value: made } : { outcome: deferred(unreadable()) }
    }
  }
}

/** What is known not to have had an effect. */
export function certain (outcome: Outcome): Outcome {
  if (outcome.kind !== 'deferred') return outcome
  return deferred(outcome.problem, outcome.retryAfterMs === undefined ? {} : { retryAfterMs: outcome.retryAfterMs })
}

function unreadable (): ReturnType<typeof problem> {
  return problem('ENDPOINT_UNAVAILABLE', text('Cổng trả lời nội dung không đọc được.', 'The answer of the portal cannot be read.'))
}

/** The JSON of an answer; portals wrap it in `data` or `result`, or not. */
function contentOf ({ body }: HttpAnswer): unknown {
  const found = parseJson(body.toString('utf8'))
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return found
  const inner = (found as Record<string, unknown>)['data'] ?? (found as Record<string, unknown>)['result']
  return inner ?? found
}

/** Said to be empty: nothing at all, `null` or `[]`, wrapped or not. */
function isNothing (answer: HttpAnswer): boolean {
  if (answer.body.length === 0) return true
  const found = contentOf(answer)
  const wrapped = found as Record<string, unknown> | null | undefined
  return found === null || (Array.isArray(found) && found.length === 0) || (typeof found === 'object' && (wrapped?.['data'] === null || wrapped?.['result'] === null))
}

function stringIn (from: unknown, names: readonly string[]): string | undefined {
  if (typeof from !== 'object' || from === null) return undefined
  const value = names.map(name => (from as Record<string, unknown>)[name]).find(each => (typeof each === 'string' && each !== '') || typeof each === 'number')
  return value === undefined ? undefined : String(value).slice(0, 8000)
}

function isCode (code: string): boolean {
  return plain(code, { maxLength: 101 }) === code.trim() && code.trim() !== '' && code.trim().length <= 100
}

function dossierIn (found: unknown): { idHoSo: string, maHoSo: string } | undefined {
  const idHoSo = stringIn(found, ['idHoSo', 'IdHoSo', 'IDHoSo'])
  const maHoSo = stringIn(found, ['maHoSo', 'MaHoSo']) ?? ''
  return idHoSo === undefined || idHoSo.length > 200 || (maHoSo !== '' && !isCode(maHoSo)) ? undefined : { idHoSo, maHoSo }
}

