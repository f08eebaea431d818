// The inbox of an agency that fetches: look, download, and say what became of each item. `drain` does all three in the one
// order that loses nothing: acknowledge only what has been taken.
import type { Readable } from 'node:stream'
import { toBody } from './body.js'
import { download } from './content.js'
import { DrainError, Rejection, type DrainResult } from './errors.js'
import type { Exchange } from './exchange.js'
import type { InboxItem } from './types.js'

export interface PeekOptions {
  /** Most items, 1 to 100. Default: the hub's, 20. */
  readonly limit?: number
  /** So long no other peek sees them. Default: the hub's. */
  readonly lockSeconds?: number
  /** Only what goes to this one of the caller's agencies. */
  readonly agency?: string
  readonly signal?: AbortSignal
}

export interface DrainOptions extends PeekOptions {
  /** Ends after so many items. Default: when the inbox is empty. */
  readonly most?: number
  /** Told of each item that could not be taken; without it `drain` throws a `DrainError` at its end. */
  readonly onFailure?: (error: unknown, item: InboxItem) => void
}

/**
 * Takes one item: stores it for good, then resolves. An item may come twice (the program stopped before it acknowledged): who knows
 * its `deliveryId` already just resolves, without reading. Throw a `Rejection` to send it back with a reason. Anything else that is
 * thrown leaves it in the inbox.
 */
export type TakeItem = (item: InboxItem, content: Readable) => Promise<void> | void

export interface Inbox {
  /** What waits, urgent first, then oldest; hidden from other peeks for a while. */
  peek (options?: PeekOptions): Promise<InboxItem[]>
  /** The bytes as prepared for the recipient; the stream fails at its end when they are not the right ones. */
  content (item: Pick<InboxItem, 'deliveryId'> & Partial<Pick<InboxItem, 'sha256'>>, options?: { signal?: AbortSignal }): Readable
  /** It is safe with the recipient. */
  ack (deliveryId: string, options?: { signal?: AbortSignal }): Promise<void>
  /** It is not wanted; the sender reads why at once. */
  reject (deliveryId: string, reason: string, options?: { signal?: AbortSignal }): Promise<void>
  /** Takes items one after the other until none waits. `signal` ends it before the next item. */
  drain (take: TakeItem, options?: DrainOptions): Promise<DrainResult>
}

/** Locks of `drain` when nothing is said: long enough for ten large packages over a slow line. */
const LOCK_SECONDS = 60
const LIMIT = 10

export function createInbox (exchange: Exchange): Inbox {
  const pathOf = (deliveryId: string, what: string): string => `/v1/inbox/${encodeURIComponent(deliveryId)}/${what}`
  const inbox: Inbox = {
    async peek ({ signal, ...query } = {}) {
      return (await exchange.json<{ items: InboxItem[] }>({ path: '/v1/inbox', query: { ...query }, signal })).items
    },
    content: ({ deliveryId, sha256 }, { signal } = {}) => download(exchange, pathOf(deliveryId, 'content'), { sha256, signal }).stream,
    async ack (deliveryId, { signal } = {}) {
      await exchange.json({ method: 'POST', path: pathOf(deliveryId, 'ack'), signal })
    },
    async reject (deliveryId, reason, { signal } = {}) {
      await exchange.json({ method: 'POST', path: pathOf(deliveryId, 'reject'), body: await toBody({ json: { reason } }), signal })
    },
    drain: async (take, options = {}) => await drain({ inbox, exchange, take, pathOf }, options)
  }
  return inbox
}

interface Drain { inbox: Inbox, exchange: Exchange, take: TakeItem, pathOf: (deliveryId: string, what: string) => string }

async function drain (parts: Drain, { most = Infinity, onFailure, signal, ...peeking }: DrainOptions): Promise<DrainResult> {
  const result = { acknowledged: [] as string[], rejected: [] as string[], failed: [] as Array<{ item: InboxItem, error: unknown }> }
  const { lockSeconds = LOCK_SECONDS, limit = LIMIT } = peeking
  const failed = new Set<string>()
  const isStopped = (): boolean => signal?.aborted === true
  for (let taken = 0; taken < most && !isStopped();) {
    const lockedUntil = performance.now() + lockSeconds * 1000
    const items = await parts.inbox.peek({ ...peeking, lockSeconds, limit: Math.min(limit, most - taken), ...(signal === undefined ? {} : { signal }) })
      .catch((error: unknown) => { if (isStopped()) return []; throw error })
    const fresh = items.filter(({ deliveryId }) => !failed.has(deliveryId))
    if (fresh.length === 0 && items.length < limit) break
    for (const item of fresh) {
      // Who is late would work at what another reader may have been given meanwhile.
      if (isStopped() || performance.now() >= lockedUntil) break
      taken++
      try {
        result[await takeOne(parts, item)].push(item.deliveryId)
      } catch (error) {
        failed.add(item.deliveryId)
        result.failed.push({ item, error })
        onFailure?.(error, item)
      }
    }
  }
  if (result.failed.length > 0 && onFailure === undefined) throw new DrainError(result)
  return result
}

/** The one place that knows the order: read and checked, taken, and only then acknowledged. */
async function takeOne ({ inbox, exchange, take, pathOf }: Drain, item: InboxItem): Promise<'acknowledged' | 'rejected'> {
  const { stream, progress } = download(exchange, pathOf(item.deliveryId, 'content'), { sha256: item.sha256 })
  // Its failure is judged below; nobody may listen when it comes.
  stream.on('error', () => {})
  try {
    await take(item, stream)
  } catch (error) {
    if (!(error instanceof Rejection)) throw error
    await inbox.reject(item.deliveryId, error.reason)
    return 'rejected'
  } finally {
    stream.destroy()
  }
  // A part of the bytes, or wrong ones, were "taken": the caller has overlooked an error, or has not waited for what it began.
  if (progress() === 'begun' || (progress() === 'unread' && stream.readableFlowing !== null)) {
    const { errored } = stream
    throw errored === null || errored.name === 'AbortError' ? new Error('the content was not read to its end, so it is not acknowledged') : errored
  }
  await inbox.ack(item.deliveryId)
  return 'acknowledged'
}
