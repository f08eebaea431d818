// Several loops of one session that begin and end together.

/** Runs them until `signal` aborts. A defect in one ends all of them and is thrown, so that the runtime begins again. */
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
