// Runs the inbound side of adapters: each `receive` loop until the hub stops, started again with backoff when it ends early.
import { HubError } from '../errors.js'
import { newId } from '../ids.js'
import { text } from '../model/text.js'
import type { Accepted, InboundArrival } from '../ports/adapter.js'
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import type { Intake } from '../pipeline/types.js'
import type { Sessions } from './sessions.js'

export interface Pollers {
  start (): void
  stop (): Promise<void>
}

const FIRST_RETRY_MS = 500
const MAX_RETRY_MS = 30_000

export function createPollers (options: { sessions: Sessions, endpoints: readonly string[], intake: Intake, clock: Clock, log: Log }): Pollers {
  const { sessions, endpoints, intake, clock, log } = options
  const stopping = new AbortController()
  let loops: Array<Promise<void>> = []

  async function run (endpoint: string): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; !stopping.signal.aborted; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
      const startedAt = clock.now()
      try {
        const session = await sessions.session(endpoint)
        if (session.receive === undefined) return
        await session.receive(async arrival => await acceptFrom(endpoint, arrival, intake), stopping.signal)
      } catch (error) {
        log.warn({ endpoint, err: error }, 'poller.interrupted')
      }
      if (clock.now() - startedAt > MAX_RETRY_MS) waitMs = FIRST_RETRY_MS
      await clock.sleep(waitMs, stopping.signal)
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

async function acceptFrom (endpoint: string, arrival: InboundArrival, intake: Intake): Promise<Accepted> {
  const contentType = arrival.contentType.split(';')[0]?.trim().toLowerCase()
  if (contentType === undefined || contentType === '') throw new HubError('CONTENT_TYPE_UNSUPPORTED', text('Thiếu kiểu nội dung.', 'The content type is missing.'))
  const { packageId, repeated } = await intake.accept({
    caller: { id: `endpoint:${endpoint}`, agencies: arrival.agencies, role: 'agency' },
    parts: onePart(contentType, arrival),
    direction: 'inbound',
    ...(arrival.idempotencyKey === undefined ? {} : { idempotencyKey: arrival.idempotencyKey }),
    traceId: newId().replaceAll('-', '')
  })
  return { packageId, repeated }
}

async function * onePart (contentType: string, { body }: InboundArrival): AsyncGenerator<{ contentType: string, body: AsyncIterable<Uint8Array> }> {
  yield { contentType, body }
}
