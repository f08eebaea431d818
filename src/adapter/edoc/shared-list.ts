// A partner's list that has no pages is long, and whoever looks something up needs all of it: it is read for all who wait.
import { HttpFailure } from '../../ports/adapter.js'

/** Reads one of the lists; ends when `signal` aborts. */
export type ReadList<T> = (list: string, signal: AbortSignal) => Promise<T>

interface Turn<T> {
  readonly over: AbortController
  readonly waiting: Set<{ resolve (entries: T): void, reject (error: unknown): void }>
}

/**
 * Reads one list at a time, each for all who asked before the reading began: one that is under way may miss what came since.
 * Whoever is aborted waits no longer, and what nobody waits for is ended. A failure is told to all who share it.
 */
export function createSharedList<T> (read: ReadList<T>): ReadList<T> {
  const next = new Map<string, Turn<T>>()
  let isReading = false

  const readAll = async (): Promise<void> => {
    isReading = true
    // Also what is asked for meanwhile.
    for (const [list, { over, waiting }] of next) {
      next.delete(list)
      try {
        const entries = await read(list, over.signal)
        for (const { resolve } of waiting) resolve(entries)
      } catch (error) {
        for (const { reject } of waiting) reject(error)
      }
    }
    isReading = false
  }

  return async (list, signal) => {
    const aborted = (): HttpFailure => new HttpFailure('aborted', false, signal.reason)
    if (signal.aborted) throw aborted()
    const turn = next.get(list) ?? { over: new AbortController(), waiting: new Set() }
    next.set(list, turn)
    let leave: () => void = () => {}
    try {
      return await new Promise<T>((resolve, reject) => {
        const waiter = { resolve, reject }
        leave = () => {
          turn.waiting.delete(waiter)
          reject(aborted())
          if (turn.waiting.size > 0) return
          if (next.get(list) === turn) next.delete(list)
          turn.over.abort()
        }
        turn.waiting.add(waiter)
        signal.addEventListener('abort', leave, { once: true })
        if (!isReading) void readAll()
      })
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }
}
