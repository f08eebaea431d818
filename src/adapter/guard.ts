// Stands between the hub and an adapter that owns connections: knows at any moment whose code runs, so that what is thrown where nobody
// can catch it (a timer, an event, a forgotten promise) ends the calls of that adapter and not the process.
import { AsyncLocalStorage } from 'node:async_hooks'
import { text } from '../model/text.js'
import type { Outcome } from '../model/delivery.js'
import type { ServiceOutcome } from '../model/service-call.js'
import type { Accept, Adapter, AdapterKit, AdapterLog, AdapterSession } from '../ports/adapter.js'
import { within } from './within.js'

/** Attempts that go on after their abort. More hold no further ones: each keeps memory and perhaps a connection. */
const MOST_LEFT_BEHIND = 50
const OPEN_LIMIT_MS = 30_000

interface Guard {
  readonly endpoint: string
  crashed (error: unknown): void
}

const running = new AsyncLocalStorage<Guard | undefined>()
const atWork = new Map<Guard, number>()

/**
 * For the process's last resort: when the code that threw `error` is an adapter's, tells its guard, and answers the endpoint. Its calls
 * under way reject, and its session is opened anew. Undefined when the hub itself is at fault.
 */
export function blame (error: unknown): string | undefined {
  const guard = running.getStore()
  guard?.crashed(error)
  return guard?.endpoint
}

/** Endpoints whose adapters have a call under way now. */
export function endpointsAtWork (): string[] {
  return [...new Set([...atWork.keys()].map(({ endpoint }) => endpoint))]
}

/** Runs `work` as the hub's own: for what an adapter calls. */
function asHub<T> (work: () => T): T {
  return running.run(undefined, work)
}

/** The same adapter, guarded. One for each endpoint. */
export function guardAdapter (adapter: Adapter, { endpoint, log }: { endpoint: string, log: AdapterLog }): Adapter {
  return {
    manifest: adapter.manifest,
    settingsSchema: adapter.settingsSchema,
    async open (config, kit) {
      const ongoing = new Set<(error: Error) => void>()
      let session: Promise<AdapterSession> | undefined
      const guard: Guard = {
        endpoint,
        crashed (error) {
          log.error({ err: error }, 'adapter.crashed')
          const broken = session
          session = undefined
          broken?.then(async left => { await inside(guard, async () => { await left.close() }) }).catch(() => {})
          for (const reject of ongoing) reject(new Error('the adapter crashed', { cause: error }))
        }
      }
      const openOne = async (): Promise<AdapterSession> => {
        const opening = within(OPEN_LIMIT_MS, inside(guard, async () => await adapter.open(config, ownKit(kit))))
        session = opening
        return await opening.catch((error: unknown) => {
          if (session === opening) session = undefined
          throw error
        })
      }
      const call = async (method: string, args: unknown[]): Promise<unknown> => {
        if (method === 'close' && session === undefined) return
        const current = await (session ?? openOne()) as unknown as Record<string, (...args: unknown[]) => unknown>
        return await untilCrash(ongoing, inside(guard, async () => await current[method]?.(...args)))
      }
      return facade(await openOne(), call, log)
    }
  }
}

/** The session as the hub sees it: the same methods, whichever session is open behind it. */
function facade (session: AdapterSession, call: (method: string, args: unknown[]) => Promise<unknown>, log: AdapterLog): AdapterSession {
  const leftBehind = new Set<Promise<unknown>>()
  // Over an empty object: a proxy must not answer differently from a frozen one.
  return new Proxy({} as AdapterSession, {
    get (_target, name) {
      const value: unknown = Reflect.get(session, name)
      if (typeof value !== 'function' || typeof name !== 'string') return value
      switch (name) {
        case 'receive': return async (accept: Accept, signal: AbortSignal) => await call(name, [async (arrival: Parameters<Accept>[0]) => await asHub(async () => await accept(arrival)), signal])
        case 'call':
        case 'deliver': return async (request: unknown, signal: AbortSignal) => {
          if (leftBehind.size >= MOST_LEFT_BEHIND) return tooManyLeft(leftBehind.size, name === 'call' ? 'unavailable' : 'deferred')
          const attempt = call(name, [request, signal])
          signal.addEventListener('abort', () => {
            leftBehind.add(attempt)
            attempt.catch(() => {}).finally(() => { leftBehind.delete(attempt) })
            if (leftBehind.size === MOST_LEFT_BEHIND) log.warn({ attempts: MOST_LEFT_BEHIND }, 'adapter.lingering')
          }, { once: true })
          return await attempt
        }
        default: return async (...args: unknown[]) => await call(name, args)
      }
    }
  })
}

async function inside<T> (guard: Guard, work: () => Promise<T>): Promise<T> {
  atWork.set(guard, (atWork.get(guard) ?? 0) + 1)
  try {
    return await running.run(guard, work)
  } finally {
    const left = (atWork.get(guard) ?? 1) - 1
    if (left === 0) atWork.delete(guard)
    else atWork.set(guard, left)
  }
}

/** Rejects when the adapter crashes: what it was about to answer may never come. */
async function untilCrash<T> (ongoing: Set<(error: Error) => void>, work: Promise<T>): Promise<T> {
  let end: (error: Error) => void = () => {}
  try {
    return await new Promise<T>((resolve, reject) => {
      ongoing.add(end = reject)
      work.then(resolve, reject)
    })
  } finally {
    ongoing.delete(end)
  }
}

/** What the kit asks of the store is the hub's work, and its failures are not the adapter's. */
function ownKit (kit: AdapterKit): AdapterKit {
  const { memory, links } = kit
  return {
    ...kit,
    links: {
      publish: async file => await asHub(async () => await links.publish(file)),
      invite: async invitation => await asHub(async () => await links.invite(invitation))
    },
    memory: {
      read: async key => await asHub(async () => await memory.read(key)),
      write: async (key, value, options) => { await asHub(async () => { await memory.write(key, value, options) }) }
    }
  }
}

function tooManyLeft (count: number, kind: 'deferred' | 'unavailable'): Outcome | ServiceOutcome {
  return {
    kind,
    problem: { code: 'ADAPTER_DEFECT', detail: text(`${count} lượt gọi đã bị ngắt mà bộ kết nối chưa kết thúc.`, `${count} attempts were aborted, and the adapter has not ended them.`) }
  }
}
