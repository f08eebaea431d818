// Runs the inbound side of adapters: each `receive` loop in one process of the cluster at a time, until that stops or dies;
// started again with backoff when it ends early.
import { CATALOGUE, HubError, toProblem } from '../errors.js'
import { newId } from '../ids.js'
import type { TranslationConfig } from '../model/generated.js'
import { text } from '../model/text.js'
import type { Arrived, InboundArrival } from '../ports/adapter.js'
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import type { Intake } from '../pipeline/types.js'
import type { Leases } from './leases.js'
import type { Sessions } from './sessions.js'

export interface Pollers {
  start (): void
  stop (): Promise<void>
}

const FIRST_RETRY_MS = 500
const MAX_RETRY_MS = 30_000
const ABORT_GRACE_MS = 2000

export interface PollersOptions {
  sessions: Pick<Sessions, 'session' | 'endpoint'>
  endpoints: readonly string[]
  intake: Pick<Intake, 'accept'>
  leases: Pick<Leases, 'holding' | 'holds'>
  clock: Clock
  log: Log
  /** The main code of an agency; a code that nobody has, as it is. */
  mainCode?: (code: string) => string
}

export function createPollers (options: PollersOptions): Pollers {
  const { sessions, endpoints, leases, clock, log, mainCode = code => code } = options
  const stopping = new AbortController()
  let loops: Array<Promise<void>> = []

  async function run (endpoint: string): Promise<void> {
    const lease = `poller:${endpoint}`
    for (let waitMs = FIRST_RETRY_MS; !stopping.signal.aborted; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
      let startedAt = clock.now()
      try {
        await leases.holding(lease, async held => {
          startedAt = clock.now()
          await receive(endpoint, held)
        }, stopping.signal)
      } catch (error) {
        log.warn({ endpoint, err: error }, 'poller.interrupted')
      }
      if (clock.now() - startedAt > MAX_RETRY_MS) waitMs = FIRST_RETRY_MS
      // Without the lease meanwhile: where this process cannot reach the other system, another may.
      await clock.sleep(waitMs, stopping.signal)
    }
  }

  async function receive (endpoint: string, held: AbortSignal): Promise<void> {
    const session = await sessions.session(endpoint)
    const receiving = session.receive?.(async arrival => await accept(endpoint, arrival), held)
    await Promise.race([receiving, overdue(held)])
  }

  async function accept (endpoint: string, arrival: InboundArrival): Promise<Arrived> {
    // A process that was paused wakes up in the middle of its loop, before any timer; by then another one receives.
    if (!leases.holds(`poller:${endpoint}`)) throw notHere(endpoint)
    try {
      return await acceptFrom({ endpoint, translation: sessions.endpoint(endpoint)?.translation }, { ...arrival, agencies: arrival.agencies.map(mainCode) }, options.intake)
    } catch (error) {
      if (!isForGood(error)) throw error
      const problem = toProblem(error)
      log.warn({ endpoint, code: problem.code, idempotencyKey: arrival.idempotencyKey }, 'arrival.refused')
      return { kind: 'refused', problem }
    }
  }

  return {
    start () { loops = endpoints.map(run) },
    async stop () {
      stopping.abort()
      await Promise.all(loops)
    }
  }
}

/** Broken off on its way: what the adapter brings again may be whole. */
const BROKEN_OFF: ReadonlySet<string> = new Set(['BODY_TRUNCATED', 'REQUEST_TIMEOUT'])

/** The package itself is at fault, so bringing it again changes nothing. */
function isForGood (error: unknown): boolean {
  return error instanceof HubError && CATALOGUE[error.code].faultOf === 'caller' && !BROKEN_OFF.has(error.code)
}

/** An adapter that does not heed its abort is left behind: it must hold up neither the end of the hub nor the next who receives. */
async function overdue (held: AbortSignal): Promise<void> {
  await new Promise<void>((_resolve, reject) => {
    const late = (): void => { setTimeout(() => { reject(new Error('the adapter goes on receiving after its abort')) }, ABORT_GRACE_MS).unref() }
    if (held.aborted) late()
    else held.addEventListener('abort', late, { once: true })
  })
}

function notHere (endpoint: string): HubError {
  return new HubError('STOPPING', text(`Tiến trình khác đang nhận từ "${endpoint}".`, `Another process receives from "${endpoint}" now.`))
}

async function acceptFrom ({ endpoint, translation }: { endpoint: string, translation: TranslationConfig | undefined }, arrival: InboundArrival, intake: PollersOptions['intake']): Promise<Arrived> {
  const contentType = arrival.contentType.split(';')[0]?.trim().toLowerCase()
  if (contentType === undefined || contentType === '') throw new HubError('CONTENT_TYPE_UNSUPPORTED', text('Thiếu kiểu nội dung.', 'The content type is missing.'))
  const { packageId, repeated } = await intake.accept({
    caller: { id: `endpoint:${endpoint}`, agencies: arrival.agencies, role: 'agency' },
    parts: onePart(contentType, arrival),
    direction: 'inbound',
    ...(translation === undefined ? {} : { translation: arrival.to === undefined ? translation : { ...translation, to: [...arrival.to] } }),
    ...(arrival.only === undefined ? {} : { only: arrival.only }),
    ...(arrival.servesOwn === true ? { servedBy: endpoint } : {}),
    ...(arrival.idempotencyKey === undefined ? {} : { idempotencyKey: arrival.idempotencyKey }),
    traceId: newId().replaceAll('-', '')
  })
  return { kind: 'stored', packageId, repeated }
}

async function * onePart (contentType: string, { body }: InboundArrival): AsyncGenerator<{ contentType: string, body: AsyncIterable<Uint8Array> }> {
  yield { contentType, body }
}
