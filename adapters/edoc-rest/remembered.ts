// What is known of one queue beyond this process: which messages were decided, which words about them are still to be said, and
// how far back the list has to reach. Bounded: what is forgotten is fetched once more, and recognised by the hub.
import type { AdapterKit, QueueItem, Verdict, Verdicts } from 'lienthong/adapter'
import { DAY_MS } from './days.js'
import type { MessageType, Settings } from './settings.js'

/** Some 300 KB of the 1 MiB that a value may have. */
const MOST_DONE = 5000
const MOST_OWED = 500

export interface Remembered extends Verdicts {
  /** True for a message that was decided and acknowledged. */
  isDone (docId: string): boolean
  /** The first instant that the list has to reach back to, epoch ms. */
  since (now: number): number
  /** Everything listed at `at` was looked at; `left` are those that have to come again. Writes what has changed. */
  save (at: number, left: readonly QueueItem[]): Promise<void>
  /** Writes what was decided, where a look was cut short. */
  keep (): Promise<void>
}

interface Saved { readAt: number, done: string[], owed: Array<[string, Verdict]> }

/** `name`: of the queue. Rejects while the hub's store is away. */
export async function openRemembered ({ account, messageType }: { account: string, messageType: MessageType }, settings: Settings, { memory }: Pick<AdapterKit, 'memory'>): Promise<Remembered> {
  const key = `queue/${messageType}/${account.slice(0, 150)}`
  const saved = await memory.read(key) as Saved | undefined
  const done = new Set(saved?.done)
  const owed = new Map(saved?.owed)
  let readAt = saved?.readAt
  let isChanged = false

  const keep = async (): Promise<void> => {
    if (!isChanged) return
    trim(done, MOST_DONE)
    trim(owed, MOST_OWED)
    await memory.write(key, { readAt: readAt ?? 0, done: [...done], owed: [...owed] } satisfies Saved)
    isChanged = false
  }

  return {
    isDone: docId => done.has(docId),
    owed: docId => owed.get(docId),
    decide (docId, verdict) { owed.set(docId, verdict); isChanged = true },
    acknowledge (docId) { owed.delete(docId); done.add(docId); isChanged = true },
    since: now => Math.max(now - settings.mostLookBackDays * DAY_MS, Math.min(readAt === undefined || readAt === 0 ? now : readAt, now - settings.lookBackDays * DAY_MS)),
    async save (at, left) {
      const oldest = Math.min(at, ...left.map(({ createdAt }) => createdAt ?? at))
      // Days are what matters; a write for each look would be one too many.
      if (readAt === undefined || Math.abs(oldest - readAt) >= DAY_MS / 2) { readAt = oldest; isChanged = true }
      await keep()
    },
    keep
  }
}

function trim (entries: { readonly size: number, keys (): Iterable<string>, delete (key: string): boolean }, most: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= most) return
    entries.delete(key)
  }
}
