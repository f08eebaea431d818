// A national portal to try things on: the rules of simulator-portal.ts behind HTTP, at whatever prefix an adapter forwards to,
// with faults that are switched on and off by HTTP (`/control`).
import type { IncomingMessage, ServerResponse } from 'node:http'
import { openSimulatorServer, wallClock } from 'lienthong/adapter'
import { createLinkChecker, type LinkCheck, type LinkChecker } from './simulator-links.js'
import { createPortalState, DEFAULT_RULES, type PortalRules, type PortalState } from './simulator-portal.js'

/** How calls are treated while it is set: `times` calls (all when absent) of `service` (all but log-ins when absent). */
export type Fault = { service?: string, times?: number } & (
  /** Answers this error and takes nothing. */
  | { kind: 'error', code: string | number, message: string }
  /** Answers this HTTP status and takes nothing. */
  | { kind: 'status', status: number, headers?: Record<string, string> }
  /** Takes it, answers late. */
  | { kind: 'slow', delayMs: number }
  /** Never answers. */
  | { kind: 'hang' }
  /** Takes it, then closes the connection without an answer. */
  | { kind: 'drop' }
  /** Takes it, answers what is no JSON. */
  | { kind: 'malformed' })

export interface SimulatorOptions extends Partial<PortalRules> {
  /** Hosts whose links are fetched. This machine only when absent. */
  linkHosts?: readonly string[]
  /** Calls must name this dstcode, in the query or as a header. */
  dstcode?: string
  /** Calls need a bearer token, given at /token for this key and secret. */
  gateway?: { key: string, secret: string }
}

/** A call that was taken. */
export interface TakenCall { service: string, idempotencyKey?: string, traceparent?: string, body: Record<string, unknown>, bytes: number, path: string, dstcode?: string }

export interface Simulator {
  /** Where it listens; calls may come under any prefix. */
  readonly url: string
  readonly port: number
  readonly state: PortalState
  /** Calls that it took, oldest first; the first 10,000. */
  readonly taken: readonly TakenCall[]
  readonly links: readonly LinkCheck[]
  fail (fault: Fault | undefined): void
  /** What `GET /control` answers: everything it knows. */
  known (): object
  /** What a person needs to use it, in lines. */
  describe (): string[]
  stop (): Promise<void>
}

interface Running { rules: PortalRules, options: SimulatorOptions, state: PortalState, links: LinkChecker, taken: TakenCall[], fault: Fault | undefined, tokens: number }

const MOST_BODY_BYTES = 10 * 2 ** 20
const MOST_TAKEN = 10_000

/** Options as a command line gives them: each by its name, as text. */
const FROM_TEXT: Readonly<Record<string, (value: string) => SimulatorOptions>> = {
  dstcode: dstcode => ({ dstcode }),
  sessionMs: value => ({ sessionMs: positive('sessionMs', value) }),
  mostSteps: value => ({ mostSteps: positive('mostSteps', value) }),
  codesAs (value) {
    if (value !== 'text' && value !== 'number') throw new RangeError('"codesAs" is text or number')
    return { codesAs: value }
  },
  linkHosts: value => ({ linkHosts: value.split(',') })
}

/**
 * Starts it on loopback unless told otherwise. Rejects when the port is taken, and with a `RangeError` for options in text
 * that it does not know or cannot read.
 */
export async function startSimulator ({ port = 0, host = '127.0.0.1', options: given = {} }: { port?: number, host?: string, options?: SimulatorOptions | Readonly<Record<string, string>> } = {}): Promise<Simulator> {
  const { options, fault } = readOptions(given)
  const rules: PortalRules = { ...DEFAULT_RULES, ...options }
  const running: Running = {
    rules, options, state: createPortalState(rules, wallClock), links: createLinkChecker(options.linkHosts ?? ['127.0.0.1', 'localhost']), taken: [], fault, tokens: 0
  }
  const server = await openSimulatorServer({ port, host }, async (request, response) => { await serve(running, request, response) })
  const { url } = server
  return {
    url,
    port: Number(new URL(url).port),
    state: running.state,
    taken: running.taken,
    links: running.links.checks,
    fail (fault) { running.fault = fault === undefined ? undefined : { ...fault } },
    known: () => knownTo(running),
    describe: () => descriptionOf(url, rules),
    async stop () {
      await server.stop()
      await running.links.idle()
    }
  }
}

/** Accidents as a command line gives them. */
const FAULTS: Readonly<Record<string, (value: string) => Fault>> = {
  hang: () => ({ kind: 'hang' }),
  drop: () => ({ kind: 'drop' }),
  malformed: () => ({ kind: 'malformed' }),
  slow: value => ({ kind: 'slow', delayMs: positive('slow', value) }),
  status: value => ({ kind: 'status', status: positive('status', value) }),
  error: value => ({ kind: 'error', code: value, message: `lỗi ${value}` })
}

function readOptions (given: SimulatorOptions | Readonly<Record<string, string>>): { options: SimulatorOptions, fault: Fault | undefined } {
  let fault: Fault | undefined
  let options: SimulatorOptions = {}
  for (const [name, value] of Object.entries(given) as Array<[string, unknown]>) {
    if (typeof value !== 'string') options = { ...options, [name]: value }
    else if (Object.hasOwn(FAULTS, name)) fault = FAULTS[name]?.(value)
    else if (Object.hasOwn(FROM_TEXT, name)) options = { ...options, ...FROM_TEXT[name]?.(value) }
    else throw new RangeError(`no option "${name}"; there are: ${[...Object.keys(FAULTS), ...Object.keys(FROM_TEXT)].join(', ')}`)
  }
  return { options, fault }
}

function positive (name: string, value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new RangeError(`"${name}" is a number above 0`)
  return Number(value)
}

function descriptionOf (url: string, { accounts }: PortalRules): string[] {
  return [
    `Cổng dịch vụ công quốc gia (mô phỏng) · national public service portal (simulated): ${url}`,
    ...Object.entries(accounts).map(([username, password]) => `  username ${username}  password ${password}`),
    `  state:  curl ${url}/control`,
    `  faults: curl ${url}/control -d '{"fault":{"kind":"status","status":503,"times":3}}'   (README.md of the adapter lists them)`,
    `  clear:  curl ${url}/control -d '{"clear":true}'`
  ]
}

function knownTo ({ state, links, taken, fault, rules }: Running): object {
  const dossiers = [...state.dossiers].map(([MaHoSo, { HoSo, steps, updates }]) => ({ MaHoSo, TrangThaiHoSo: HoSo['TrangThaiHoSo'], steps: steps.length, updates }))
  return { portal: 'dvcqg', accounts: Object.keys(rules.accounts), sessionMs: rules.sessionMs, counts: { ...state.counts, taken: taken.length }, fault: fault ?? null, dossiers, links: links.checks }
}

async function serve (running: Running, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator')
  if (url.pathname === '/control') { await control(running, request, response); return }
  if (url.pathname === '/token') { await giveToken(running, request, response); return }
  const isLogin = url.pathname.endsWith('/mapi/login')
  if (request.method !== 'POST' || !(isLogin || url.pathname.endsWith('/mapi/g'))) { answer(response, 404, { message: 'no such path' }); return }
  const { options } = running
  if (options.gateway !== undefined && request.headers.authorization !== `Bearer token-${running.tokens}`) { answer(response, 401, { message: 'licenseInfo:invalid' }); return }
  const dstcode = url.searchParams.get('dstcode') ?? headerOf(request, 'dstcode')
  if (options.dstcode !== undefined && dstcode !== options.dstcode) { answer(response, 404, { message: 'unknown dstcode' }); return }
  if (nextFault(running, { kind: 'hang' }, '')) return
  const { body, bytes } = await readBody(request)
  if (body === undefined) { answer(response, 400, { message: 'no JSON object' }); return }
  if (isLogin) { answer(response, 200, running.state.login(body)); return }
  const idempotencyKey = headerOf(request, 'idempotency-key')
  const traceparent = headerOf(request, 'traceparent')
  business(running, response, {
    service: String(body['service']), body, bytes, path: `${url.pathname}${url.search}`,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }), ...(traceparent === undefined ? {} : { traceparent }), ...(dstcode === undefined ? {} : { dstcode })
  })
}

function business (running: Running, response: ServerResponse, call: TakenCall): void {
  const fault = nextFault(running, undefined, call.service)
  if (fault?.kind === 'status') { response.writeHead(fault.status, fault.headers).end(); return }
  if (fault?.kind === 'error') { answer(response, 200, { error_code: fault.code, message: fault.message }); return }
  if (fault?.kind === 'hang') return
  const said = running.state.business(call.body, HoSo => { running.links.check(HoSo) })
  if (Number(said.error_code) === 0 && running.taken.length < MOST_TAKEN) running.taken.push(call)
  switch (fault?.kind) {
    case 'drop': response.socket?.destroy(); return
    case 'malformed': response.writeHead(200, { 'content-type': 'text/html' }).end('<html><h1>It works!</h1></html>'); return
    case 'slow': {
      const timer = setTimeout(() => { answer(response, 200, said) }, fault.delayMs)
      response.on('close', () => { clearTimeout(timer) })
      return
    }
    default: answer(response, 200, said)
  }
}

/** The fault for this call, counted. With `only`, a look before the body is read: a fault of that kind for every service. */
function nextFault (running: Running, only: { kind: Fault['kind'] } | undefined, service: string): Fault | undefined {
  const { fault } = running
  if (fault === undefined || (only !== undefined && (fault.kind !== only.kind || fault.service !== undefined))) return undefined
  if (fault.service !== undefined && fault.service !== service) return undefined
  if (fault.times !== undefined && fault.times-- <= 0) return undefined
  return fault
}

async function control (running: Running, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') { answer(response, 200, knownTo(running)); return }
  const { body } = await readBody(request)
  if (request.method !== 'POST' || body === undefined) { answer(response, 400, { message: 'POST with a JSON object' }); return }
  if ('fault' in body) running.fault = body['fault'] === null ? undefined : body['fault'] as Fault
  if (body['expireSessions'] === true) running.state.expireSessions()
  if (body['clear'] === true) running.state.clear()
  if (typeof body['rules'] === 'object') Object.assign(running.rules, body['rules'])
  answer(response, 200, knownTo(running))
}

async function giveToken (running: Running, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { gateway } = running.options
  request.resume()
  const wanted = gateway === undefined ? undefined : `Basic ${Buffer.from(`${gateway.key}:${gateway.secret}`).toString('base64')}`
  if (wanted === undefined || request.headers.authorization !== wanted) { answer(response, 401, { error: 'invalid_client' }); return }
  running.tokens++
  answer(response, 200, { access_token: `token-${running.tokens}`, token_type: 'Bearer', expires_in: 3600 })
}

async function readBody (request: IncomingMessage): Promise<{ body: Record<string, unknown> | undefined, bytes: number }> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MOST_BODY_BYTES) return { body: undefined, bytes }
    chunks.push(chunk)
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    return { body: typeof body === 'object' && body !== null && !Array.isArray(body) ? body as Record<string, unknown> : undefined, bytes }
  } catch {
    return { body: undefined, bytes }
  }
}

function answer (response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}

function headerOf ({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}
