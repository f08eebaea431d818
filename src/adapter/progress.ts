// How far a delivery came that takes several calls: what was taken must not be told again.
import type { AdapterKit } from '../ports/adapter.js'

export interface Progress {
  /** So many parts were taken by earlier attempts. */
  readonly done: number
  note (done: number): Promise<void>
}

/** Longer than a delivery lives. */
const KEEP_MS = 30 * 86_400_000

/** Of all attempts of this delivery, also by other processes. Rejects while the hub's store is away. */
export async function openProgress (deliveryId: string, { memory, log }: Pick<AdapterKit, 'memory' | 'log'>): Promise<Progress> {
  const key = `sent:${deliveryId}`
  const found = await memory.read(key) as { done: number } | undefined
  return {
    done: found?.done ?? 0,
    async note (done) {
      // It was taken: that must not fail because it cannot be written down. At worst it is told twice.
      await memory.write(key, { done }, { keepMs: KEEP_MS }).catch(() => { log.warn({ deliveryId }, 'progress.unnoted') })
    }
  }
}
