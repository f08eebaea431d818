// Keeps one session with an outside server alive: opens it, notices its end, opens it again, with growing pauses.
// One recovery path for everything that can go wrong, so that it is exercised by every failure.
import type { AdapterLog } from '../ports/adapter.js'

export type LinkLog = Pick<AdapterLog, 'info' | 'warn'>

export interface LinkSession {
  /** Resolves with the reason when the session is over, whoever ended it. */
  readonly ended: Promise<string>
  /** Ends the session in an orderly way, in bounded time. Never rejects. */
  close (): Promise<void>
}

export interface Link<Session> {
  /** The live session, or undefined while there is none. */
  session (): Session | undefined
  /** Why there is no session. */
  reason (): string
  /** Ends the session, or the attempt to open one, and opens no other. */
  close (): Promise<void>
}

export interface LinkOptions<Session> {
  /** Named in the log. */
  role: string
  /** Opens a session in bounded time, or rejects. Gives up when `signal` aborts. */
  open: (signal: AbortSignal) => Promise<Session>
  /** Called each time a session has become the live one. */
  onOpened?: (session: Session) => void
  log: LinkLog
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000
/** A session that ended sooner than this counts as a failed attempt, so that a flapping server is not hammered. */
const STABLE_AFTER_MS = 10_000

/** Exponential, at most 10 s, and half of it random: many processes losing one server must not return in step. */
export function pauseMs (failures: number, random: number): number {
  const whole = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 20))
  return whole / 2 + random * whole / 2
}

/**
 * Starts at once, in the background, and goes on until closed. Logs `connection.opened`, and `connection.lost` with the
 * reason: once an outage, again only when the reason changes.
 */
export function keepLinked<Session extends LinkSession> ({ role, open, onOpened, log }: LinkOptions<Session>): Link<Session> {
  const stopping = new AbortController()
  let live: Session | undefined
  let reason = 'connecting'
  let loggedReason: string | undefined

  async function runSession (): Promise<string> {
    try {
      const session = await open(stopping.signal)
      if (stopping.signal.aborted) {
        await session.close()
        return 'closed'
      }
      live = session
      loggedReason = undefined
      log.info({ component: 'broker', role }, 'connection.opened')
      onOpened?.(session)
      return await session.ended
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      live = undefined
    }
  }

  async function run (): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      const startedAt = performance.now()
      reason = await runSession()
      if (stopping.signal.aborted) return
      if (reason !== loggedReason) log.warn({ component: 'broker', role, reason }, 'connection.lost')
      loggedReason = reason
      failures = performance.now() - startedAt > STABLE_AFTER_MS ? 0 : failures + 1
      await pause(pauseMs(failures, Math.random()), stopping.signal)
    }
  }

  const running = run()
  return {
    session: () => live,
    reason: () => reason,
    async close () {
      stopping.abort()
      await live?.close()
      await running
      reason = 'closed'
    }
  }
}

async function pause (ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>(resolve => {
    const wake = (): void => { clearTimeout(timer); signal.removeEventListener('abort', wake); resolve() }
    const timer = setTimeout(wake, ms)
    signal.addEventListener('abort', wake, { once: true })
  })
}
