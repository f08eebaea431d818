// This process's leases: asked for and prolonged in one small statement a round, given up in time when the store is away.
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import type { Store } from '../ports/store.js'

export interface LeasesOptions {
  store: Pick<Store, 'acquireLeases' | 'releaseLeases'>
  clock: Clock
  log: Log
  /** Names this process. */
  owner: string
  /** What a process that died held is somebody else's within this time, ms. */
  leaseMs: number
  /** Held as long as the process lives, such as what says that it does. */
  always: readonly string[]
}

export interface Leases {
  /** Asks for what is always held, and keeps it. */
  start (): Promise<void>
  /**
   * Waits for the lease and runs `work` under it, then gives it up. The signal aborts when the lease cannot be prolonged
   * (before it ends for the others) or `signal` aborts. Rejects with what `work` rejects with.
   */
  holding (name: string, work: (held: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>
  /** Whether the lease is this process's at this moment; also right in a process that was paused and has just woken up. */
  holds (name: string): boolean
  /** Gives up everything, so that others take over at once. Call it when no `holding` runs any more. */
  stop (): Promise<void>
}

/** Rounds in the time after which others take over: one goes by until they ask, one is the margin to end what runs. */
const ROUNDS = 6
/** Others ask at least this often: what is given up is taken over within a second. */
const LONGEST_ROUND_MS = 1000

interface Wanted { heldUntil: number, onHeld: () => void, lost: AbortController }

export function createLeases ({ store, clock, log, owner, leaseMs, always }: LeasesOptions): Leases {
  const roundMs = Math.min(leaseMs / ROUNDS, LONGEST_ROUND_MS)
  const ttlMs = leaseMs - roundMs
  /** An adapter ends within a second of its abort; of a short lease it gets its share. */
  const marginMs = Math.min(leaseMs / ROUNDS, 2 * LONGEST_ROUND_MS)
  const wanted = new Map<string, Wanted>()
  const stopping = new AbortController()
  let rounds: Promise<void> | undefined
  let failing = false

  function lose (name: string, each: Wanted): void {
    if (each.lost.signal.aborted) return
    each.heldUntil = 0
    log.warn({ lease: name }, 'lease.lost')
    each.lost.abort(new Error(`the lease ${name} has ended`))
  }

  async function ask (): Promise<void> {
    // Taken before the question: whatever the answer's way takes is not counted as ours.
    const at = clock.now()
    const asked = [...wanted].filter(([, { lost }]) => !lost.signal.aborted).map(([name]) => name)
    const held = await store.acquireLeases({ names: [...always, ...asked], owner, at, ttlMs })
    for (const name of asked) {
      const each = wanted.get(name)
      if (each === undefined) continue
      if (held.includes(name)) {
        each.heldUntil = at + ttlMs - marginMs
        each.onHeld()
      } else if (each.heldUntil > 0) {
        lose(name, each)
      }
    }
    // Given up while the question was on its way: it must not lie here until it ends.
    const left = held.filter(name => !always.includes(name) && !wanted.has(name))
    if (left.length > 0) await store.releaseLeases({ owner, names: left })
  }

  async function round (): Promise<void> {
    try {
      await ask()
      if (failing) log.info({}, 'leases.recovered')
      failing = false
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'leases.unasked')
      failing = true
    }
  }

  async function run (): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(roundMs, stopping.signal)
      if (!stopping.signal.aborted) await round()
    }
  }

  const holds = (name: string): boolean => clock.now() < (wanted.get(name)?.heldUntil ?? 0)

  /** Aborts when the lease was not prolonged in time; ends with `over`. */
  async function watch (name: string, each: Wanted, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const leftMs = each.heldUntil - clock.now()
      if (leftMs > 0) { await clock.sleep(leftMs, over); continue }
      lose(name, each)
      return
    }
  }

  async function giveUp (name: string): Promise<void> {
    wanted.delete(name)
    // When the store is away the lease ends by itself.
    await store.releaseLeases({ owner, names: [name] }).catch(() => {})
  }

  return {
    async start () {
      await round()
      rounds = run()
    },
    async holding (name, work, signal) {
      const over = new AbortController()
      const each: Wanted = { heldUntil: 0, onHeld: () => {}, lost: new AbortController() }
      const { lost } = each
      const end = (): void => { lost.abort(signal.reason) }
      signal.addEventListener('abort', end, { once: true })
      try {
        await new Promise<void>(resolve => {
          each.onHeld = resolve
          lost.signal.addEventListener('abort', () => { resolve() }, { once: true })
          wanted.set(name, each)
          if (signal.aborted) end()
        })
        if (lost.signal.aborted) return
        void watch(name, each, over.signal)
        await work(lost.signal)
      } finally {
        over.abort()
        signal.removeEventListener('abort', end)
        await giveUp(name)
      }
    },
    holds,
    async stop () {
      stopping.abort()
      await rounds
      await store.releaseLeases({ owner }).catch((error: unknown) => { log.warn({ err: error }, 'leases.unreleased') })
    }
  }
}
