// What stands between a question and an endpoint: its places and circuit, a limit in time, and the turns of each client. A question
// is asked once: the officer decides about a second time.
import { CATALOGUE, toProblem } from '../errors.js'
import type { Sign } from '../model/circuit.js'
import type { ServiceConfig } from '../model/generated.js'
import type { ServiceOutcome } from '../model/service-call.js'
import { text } from '../model/text.js'
import type { ServiceCall } from '../ports/adapter.js'
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import { type Bucket, createBucket } from './bucket.js'
import { type Endpoints, isAboutEndpoint } from './endpoints.js'
import type { Sessions } from './sessions.js'

/** An adapter that does not heed its abort is left behind after this time. */
const ABORT_GRACE_MS = 1000
/** Before every delivery: a person waits. */
const PRIORITY = 6
const BUSY_RETRY_MS = 1000

export interface AskOptions { control: Pick<Endpoints, 'ask'>, sessions: Pick<Sessions, 'session'>, clock: Clock, log: Log }

/** Asks an endpoint once. Never rejects, and ends a second after the limit of the service at the latest. */
export function createAsk ({ control, sessions, clock, log }: AskOptions) {
  return async function ask (service: ServiceConfig, request: ServiceCall): Promise<ServiceOutcome> {
    const startedAt = clock.now()
    const ended = await control.ask(service.endpoint, {
      work: async () => await askInTime(service, request, { sessions, log }),
      signOf: outcome => signOf(outcome, { startedAt, requestId: request.requestId }),
      priority: PRIORITY,
      signal: new AbortController().signal
    })
    if (ended === undefined) return { kind: 'unavailable', problem: { code: 'ENDPOINT_BUSY', detail: CATALOGUE.ENDPOINT_BUSY.title }, retryAfterMs: BUSY_RETRY_MS }
    return 'rest' in ended ? { kind: 'unavailable', problem: ended.rest } : ended.result
  }
}

async function askInTime ({ endpoint, timeoutMs }: ServiceConfig, request: ServiceCall, { sessions, log }: Pick<AskOptions, 'sessions' | 'log'>): Promise<ServiceOutcome> {
  const abort = new AbortController()
  const timer = setTimeout(() => { abort.abort(new Error('call timed out')) }, timeoutMs)
  try {
    return await Promise.race([askSession(request, endpoint, { sessions, signal: abort.signal }), overdue(abort.signal, timeoutMs)])
  } catch (error) {
    const { code, detail } = toProblem(error)
    if (code !== 'INTERNAL') return { kind: 'unavailable', problem: { code, detail } }
    // The message may hold what was asked: only the kind of the defect is logged.
    log.error({ endpoint, requestId: request.requestId, error: error instanceof Error ? error.name : typeof error }, 'call.crashed')
    return { kind: 'unavailable', problem: { code: 'ADAPTER_DEFECT', detail: CATALOGUE.ADAPTER_DEFECT.title } }
  } finally {
    clearTimeout(timer)
  }
}

async function askSession (request: ServiceCall, endpoint: string, { sessions, signal }: { sessions: AskOptions['sessions'], signal: AbortSignal }): Promise<ServiceOutcome> {
  const session = await sessions.session(endpoint)
  if (session.call === undefined) throw new TypeError('the session has no call')
  const outcome: unknown = await session.call(request, signal)
  if (!isOutcome(outcome)) throw new TypeError('an adapter answered with an unknown outcome')
  return outcome
}

function isOutcome (outcome: unknown): outcome is ServiceOutcome {
  const { kind, result, problem } = Object(outcome) as { kind?: unknown, result?: unknown, problem?: { code?: unknown } }
  if (kind === 'answered') return typeof result === 'object' && result !== null && !Array.isArray(result)
  return (kind === 'refused' || kind === 'unavailable') && typeof problem?.code === 'string'
}

async function overdue (signal: AbortSignal, timeoutMs: number): Promise<ServiceOutcome> {
  return await new Promise(resolve => {
    signal.addEventListener('abort', () => {
      // The grace lets an adapter that heeds the abort answer with what it knows.
      setTimeout(() => {
        resolve({ kind: 'unavailable', problem: { code: 'ENDPOINT_TIMEOUT', detail: text(`Hệ thống được hỏi không trả lời trong ${timeoutMs} ms.`, `The system that was asked did not answer within ${timeoutMs} ms.`) } })
      }, ABORT_GRACE_MS).unref()
    }, { once: true })
  })
}

/** As of a delivery: an answer, even a refusal, shows that the endpoint works. */
function signOf (outcome: ServiceOutcome, { startedAt, requestId }: { startedAt: number, requestId: string }): Sign | undefined {
  if (outcome.kind === 'answered') return { kind: 'worked', startedAt }
  const { problem } = outcome
  if (outcome.kind === 'refused') return problem.code === 'ENDPOINT_REFUSED' ? { kind: 'worked', startedAt } : undefined
  return isAboutEndpoint(problem.code) ? { kind: 'failed', startedAt, packageId: requestId, problem } : undefined
}

/** Turns of clients: a token bucket for each service and client. Answers how long to wait, ms; undefined: its turn. */
export function createTurns (clock: Pick<Clock, 'now'>): (service: ServiceConfig, client: string) => number | undefined {
  const buckets = new Map<string, Bucket>()
  return ({ name, ratePerClient }, client) => {
    const key = `${name} ${client}`
    const bucket = buckets.get(key) ?? createBucket({ ...ratePerClient, share: () => 1, clock })
    buckets.set(key, bucket)
    return bucket.take() ? undefined : bucket.msUntil(1)
  }
}

/** Answers of this process, for as long as their service allows; the oldest go when there are too many. */
export function createAnswerMemory (clock: Pick<Clock, 'now'>, most = 1000) {
  const kept = new Map<string, { result: Readonly<Record<string, unknown>>, until: number }>()
  return {
    find (key: string): Readonly<Record<string, unknown>> | undefined {
      const found = kept.get(key)
      if (found !== undefined && clock.now() < found.until) return found.result
      kept.delete(key)
      return undefined
    },
    keep (key: string, result: Readonly<Record<string, unknown>>, ms: number): void {
      for (const [old, { until }] of kept) if (until <= clock.now()) kept.delete(old)
      kept.delete(key)
      kept.set(key, { result, until: clock.now() + ms })
      const [first] = kept.keys()
      if (kept.size > most && first !== undefined) kept.delete(first)
    }
  }
}
