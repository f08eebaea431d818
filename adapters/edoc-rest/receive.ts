// The queue of one account at the platform: it is listed by days, and what was done is remembered, because lists go on naming it.
import { type AdapterKit, type EdocQueue, limited, type QueueItem, readItem, rowsOf } from 'lienthong/adapter'
import { DAY_MS, dayOf, startOfDay } from './days.js'
import { type Place, readEdoc } from './edoc-stream.js'
import type { Platform } from './platform.js'
import { openRemembered, type Remembered } from './remembered.js'
import type { Account, MessageType, Settings } from './settings.js'

const MOST_LIST_BYTES = 32 * 2 ** 20
const PLACES: readonly Place[] = ['edxml', 'attachment']

interface Queue { readonly account: Account, readonly settings: Settings, readonly platform: Platform, readonly messageType: MessageType }

/** Rejects while the hub's store is away. */
export async function openQueue (queue: Queue, kit: AdapterKit, over: AbortSignal): Promise<EdocQueue> {
  const { account, settings, platform, messageType } = queue
  const remembered = await openRemembered({ account: account.systemId, messageType }, settings, kit)
  let at = 0
  return {
    messageType,
    verdicts: remembered,
    async list (signal) {
      at = kit.now()
      return { items: await listItems(queue, { remembered, at, signal }) }
    },
    fetch: (docId, signal) => fetchMessage(docId, queue, signal),
    acknowledge: async (docId, verdict, signal) => await platform.ask({ account, operation: 'updateStatus', fields: { docId, ...verdict }, signal: limited(settings.callTimeoutMs, signal) }),
    looked: async left => { await (over.aborted ? remembered.keep() : remembered.save(at, left)) }
  }
}

/** What waits and is not done. */
async function listItems ({ settings, platform, account, messageType }: Queue, { remembered, at, signal }: { remembered: Remembered, at: number, signal: AbortSignal }): Promise<QueueItem[]> {
  const { queueStatuses, windowDays, callTimeoutMs } = settings
  const wanted = new Set(['', ...queueStatuses.map(status => status.toLowerCase())])
  const found: QueueItem[] = []
  for (let from = startOfDay(remembered.since(at)); from <= at; from += windowDays * DAY_MS) {
    const until = Math.min(at, from + (windowDays - 1) * DAY_MS)
    const query = { messageType, fromDate: dayOf(from), toDate: dayOf(until) }
    const fields = await platform.ask({ account, operation: 'received', query, signal: limited(callTimeoutMs, signal), mostBytes: MOST_LIST_BYTES })
    found.push(...rowsOf(fields).flatMap(row => readItem(row) ?? []).filter(({ docId, status }) => (wanted.has(status) || remembered.owed(docId) !== undefined) && !remembered.isDone(docId)))
  }
  return found
}

async function * fetchMessage (docId: string, { platform, account, settings }: Queue, signal: AbortSignal): AsyncGenerator<Buffer> {
  const until = limited(settings.fetchTimeoutMs, signal)
  for (const place of PLACES) {
    const answer = await platform.open({ account, operation: 'get', query: { docId }, signal: until })
    let isThere = false
    try {
      for await (const bytes of readEdoc(answer.body, place, platform.check)) {
        isThere = true
        yield bytes
      }
    } finally {
      answer.body.destroy()
    }
    if (isThere) return
  }
}
