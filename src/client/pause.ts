// A pause that a signal ends early, with the signal's own reason.
import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves after `ms`; throws the reason of `signal` when that comes first. */
export async function pause (ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
