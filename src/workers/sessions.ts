// One adapter session per endpoint: opened when first needed, opened again with backoff when it fails, limited in how many
// attempts it bears at a time.
import { HubError, toProblem } from '../errors.js'
import { text } from '../model/text.js'
import type { Adapter, AdapterKit, AdapterSession } from '../ports/adapter.js'
import type { Clock } from '../ports/clock.js'
import type { Endpoint } from '../ports/directory.js'
import type { Log } from '../ports/log.js'
import { createPlaces, type Places } from './places.js'

/** An endpoint with its adapter and its settings, checked at start. */
export interface Attached { endpoint: Endpoint, adapter: Adapter, kit: AdapterKit }

export interface Sessions {
  endpoint (id: string): Endpoint | undefined
  /** The open session. Rejects with a `HubError` while it cannot be opened. */
  session (id: string): Promise<AdapterSession>
  /** The places of an endpoint; undefined when it is not in the configuration. */
  places (id: string): Places | undefined
  ids (): string[]
  /** So many processes attempt deliveries now, this one counted: the rates of endpoints are theirs together. */
  shareWith (count: number): void
  close (): Promise<void>
}

interface Slot extends Attached { places: Places, opening: Promise<AdapterSession> | undefined, failures: number, retryAt: number, lastError: unknown }

const FIRST_RETRY_MS = 500
const MAX_RETRY_MS = 30_000
const CLOSE_GRACE_MS = 5000

export function createSessions (attached: readonly Attached[], { clock, log }: { clock: Clock, log: Log }): Sessions {
  let processes = 1
  const slots = new Map<string, Slot>(attached.map(each =>
    [each.endpoint.id, { ...each, places: createPlaces({ ...each.endpoint, clock, share: () => 1 / processes }), opening: undefined, failures: 0, retryAt: 0, lastError: undefined }]))

  async function open (slot: Slot): Promise<AdapterSession> {
    try {
      const session = await inTime(slot)
      slot.failures = 0
      return session
    } catch (error) {
      slot.opening = undefined
      slot.lastError = error
      slot.retryAt = clock.now() + Math.min(FIRST_RETRY_MS * 2 ** slot.failures++, MAX_RETRY_MS)
      log.warn({ endpoint: slot.endpoint.id, err: error }, 'session.unopened')
      throw unavailable(slot.endpoint, error)
    }
  }

  /** An adapter that never finishes opening must not hold its deliveries for ever. */
  async function inTime ({ adapter, endpoint: { settings, timeoutMs }, kit }: Slot): Promise<AdapterSession> {
    const opening = adapter.open(settings, kit)
    const over = new AbortController()
    const late = clock.sleep(timeoutMs, over.signal).then(() => {
      if (over.signal.aborted) return
      // One that opens after all is not used any more.
      opening.then(async session => { await session.close() }).catch(() => {})
      throw new HubError('ENDPOINT_TIMEOUT', text(`Chưa mở xong sau ${timeoutMs} ms.`, `Not open after ${timeoutMs} ms.`))
    })
    try {
      return await Promise.race([opening, late.then(async () => await opening)])
    } finally {
      over.abort()
    }
  }

  const find = (id: string): Slot => {
    const slot = slots.get(id)
    if (slot === undefined) throw new HubError('ENDPOINT_UNAVAILABLE', text(`Điểm kết nối "${id}" không còn trong cấu hình.`, `The endpoint "${id}" is not in the configuration any more.`))
    return slot
  }

  return {
    endpoint: id => slots.get(id)?.endpoint,
    async session (id) {
      const slot = find(id)
      if (slot.opening === undefined && clock.now() < slot.retryAt) throw unavailable(slot.endpoint, slot.lastError)
      slot.opening ??= open(slot)
      return await slot.opening
    },
    places: id => slots.get(id)?.places,
    ids: () => [...slots.keys()],
    shareWith (count) { processes = Math.max(1, count) },
    async close () {
      await Promise.all([...slots.values()].map(async ({ opening, endpoint }) => {
        await opening?.then(async session => { await inGrace(session.close()) })
          .catch((error: unknown) => { log.warn({ endpoint: endpoint.id, err: error }, 'session.unclosed') })
      }))
    }
  }
}

/** An adapter that never finishes closing must not keep the hub from ending. */
async function inGrace (closing: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Error(`not closed after ${CLOSE_GRACE_MS} ms`)) }, CLOSE_GRACE_MS)
  })
  await Promise.race([closing, late]).finally(() => { clearTimeout(timer) })
}

function unavailable (endpoint: Endpoint, cause: unknown): HubError {
  const { detail } = toProblem(cause)
  return new HubError('ENDPOINT_UNAVAILABLE', text(`Chưa mở được kết nối tới "${endpoint.id}": ${detail.vi}`, `The connection to "${endpoint.id}" cannot be opened: ${detail.en}`), { cause })
}
