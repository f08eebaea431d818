// The receiving side: webhooks that misbehave on order, and agencies that fetch; the national axis is in axis.ts. Everything that
// arrives whole is noted.
import { createHash } from 'node:crypto'
import { type Mischief, startReceiver } from '../../adapters/webhook/harness.js'
import type { Random } from '../random.js'
import type { Agency } from './agencies.js'
import type { Book } from './book.js'
import { call, pause, read } from './client.js'

export type RunMischief = Exclude<Mischief, { kind: 'trickle' }>

/** The other side of an endpoint that the hub sends to. */
export interface Counterpart {
  readonly url: string
  misbehave (mischief: RunMischief | undefined): void
  /** Closes the port and every connection. `start` opens the same port again; what was taken stays. */
  stop (): Promise<void>
  start (): Promise<void>
}

/** The endpoint of an agency that is pushed to. It keeps keys, so what it took is answered as taken ever after. */
export async function openWebhook ({ code, secret }: Agency, book: Book): Promise<Counterpart> {
  return await startReceiver({
    secret,
    keepBytes: 0,
    onArrival ({ deliveryId, sha256, status }) {
      const reaction = status === undefined ? 'taken' : status === 422 ? 'refused' : 'failed'
      book.observe({ agency: code, key: deliveryId, sha256, reaction })
    }
  })
}

export interface Fetcher {
  /** Leaves the inbox alone until `resume`. */
  pause (): void
  resume (): void
  stop (): Promise<void>
}

interface InboxAnswer { items: Array<{ deliveryId: string, sha256: string }> }

const LOCK_SECONDS = 3
const EVERY_MS = 300
/** So often an agency forgets to acknowledge what it has taken, and gets it again. */
const FORGETS = 0.03

/** An agency that empties its inbox at any hub process that answers. */
export function startFetcher ({ agency: { code, key }, urls, book, random }: { agency: Agency, urls: readonly string[], book: Book, random: Random }): Fetcher {
  let paused = false
  let stopped = false
  const fetchOnce = async (url: string): Promise<void> => {
    const { items } = await read<InboxAnswer>(`${url}/v1/inbox?limit=50&lockSeconds=${LOCK_SECONDS}`, key)
    for (const { deliveryId, sha256: announced } of items) {
      const { status, bytes } = await call(`${url}/v1/inbox/${deliveryId}/content`, { key })
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      // Another status is an answer in place of the content.
      if (status !== 200 || paused) return
      if (sha256 !== announced) continue
      book.observe({ agency: code, key: deliveryId, sha256, reaction: 'taken' })
      if (random.next() >= FORGETS) await call(`${url}/v1/inbox/${deliveryId}/ack`, { key, method: 'POST' })
    }
  }
  const running = (async () => {
    while (!stopped) {
      if (!paused) await fetchOnce(random.pick(urls)).catch(() => {})
      await pause(EVERY_MS)
    }
  })()
  return {
    pause () { paused = true },
    resume () { paused = false },
    async stop () {
      stopped = true
      await running
    }
  }
}
