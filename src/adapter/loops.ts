// The loops of a session, and their ends.
import { setTimeout as sleep } from 'node:timers/promises'

/** Runs all of them until `signal` aborts. A defect in one ends all of them and is thrown, so that the runtime begins again. */
export async function runTogether (loops: ReadonlyArray<(signal: AbortSignal) => Promise<void>>, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  const running = [untilAborted, ...loops].map(async loop => { await loop(until) })
  try {
    await Promise.all(running)
  } finally {
    over.abort()
    await Promise.allSettled(running)
  }
}

export async function untilAborted (signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise(resolve => { signal.addEventListener('abort', resolve, { once: true }) })
}

/** Resolves early when aborted. */
export async function pause (ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}

/** A signal that aborts with `signal`, or after so many ms. */
export function limited (ms: number, signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)])
}
