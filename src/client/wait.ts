// Waiting for what becomes of a package, by asking: soon at first, then every few seconds.
import type { DeliveryState } from '../model/generated.js'
import { WaitError } from './errors.js'
import { pause } from './pause.js'
import type { PackageView } from './types.js'

/** `ended`: no delivery is under way any more. A state: every delivery is in it. */
export type Awaited = 'ended' | DeliveryState | ((current: PackageView) => boolean)

export interface WaitOptions {
  /** Default 60,000. */
  readonly timeoutMs?: number
  /** First pause between two questions; it grows to 5 s. Default 200. */
  readonly firstMs?: number
  readonly signal?: AbortSignal
}

const LONGEST_PAUSE_MS = 5000

/** Nothing happens to such a delivery any more, unless an operator takes it up again. */
export const ENDED: ReadonlySet<DeliveryState> = new Set(['delivered', 'refused', 'dead', 'expired', 'cancelled'])

/** Asks `read` until `awaited` is true. Throws `WaitError` when time is over, or when a state can not come any more. */
export async function waitFor (read: () => Promise<PackageView>, awaited: Awaited, { timeoutMs = 60_000, firstMs = 200, signal }: WaitOptions = {}): Promise<PackageView> {
  const until = performance.now() + timeoutMs
  for (let pauseMs = firstMs; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
    const current = await read()
    if (isReached(current, awaited)) return current
    const left = until - performance.now()
    if (typeof awaited === 'string' && isReached(current, 'ended')) throw new WaitError('ended', current)
    if (left <= 0) throw new WaitError('timeout', current)
    await pause(Math.min(pauseMs, left), signal)
  }
}

function isReached (current: PackageView, awaited: Awaited): boolean {
  if (typeof awaited === 'function') return awaited(current)
  return current.deliveries.every(({ state }) => awaited === 'ended' ? ENDED.has(state) : state === awaited)
}
