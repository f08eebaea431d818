// The queue of one account at the axis: its list has pages, and states one by one.
import { createVerdicts, type EdocQueue, limited, nonsense, parseJson, type QueueItem, readItem, readUpTo, rowsOf } from 'lienthong/adapter'
import type { Axis } from './axis.js'
import { readEdoc } from './edoc-stream.js'
import type { Credential, MessageType, Settings } from './settings.js'

const MOST_LIST_BYTES = 8 * 2 ** 20

interface Queue { readonly account: Credential, readonly settings: Settings, readonly axis: Axis, readonly messageType: MessageType }

export function createQueue (queue: Queue): EdocQueue {
  const { account, settings: { callTimeoutMs }, axis, messageType } = queue
  return {
    messageType,
    verdicts: createVerdicts(),
    list: async signal => await listItems(queue, signal),
    fetch: (docId, signal) => fetchMessage(docId, queue, signal),
    acknowledge: async (docId, verdict, signal) => await axis.ask({ account, operation: 'updateStatus', parameters: { docId, ...verdict }, body: Buffer.from('{}'), signal: limited(callTimeoutMs, signal) })
  }
}

/** Lists repeat rows, and rows move between pages while they are read. */
async function listItems ({ settings, axis, account, messageType }: Queue, signal: AbortSignal): Promise<{ items: QueueItem[], isFull: boolean }> {
  const { serviceType, pageSize, maxPages, queueStatuses, callTimeoutMs } = settings
  const found = new Map<string, QueueItem>()
  let isFull = false
  for (const status of queueStatuses) {
    for (let page = 1; page <= maxPages; page++) {
      // The first page is asked for without a number: whether axes count from 0 or 1 is not published.
      const parameters = { servicetype: serviceType, messagetype: messageType, status, pageSize: String(pageSize), ...(page === 1 ? {} : { pageIndex: String(page) }) }
      const fields = await axis.ask({ account, operation: 'getReceivedEdocList', parameters, signal: limited(callTimeoutMs, signal), mostBytes: MOST_LIST_BYTES })
      const rows = rowsOf(fields)
      const before = found.size
      for (const item of rows.map(readItem)) if (item !== undefined && !found.has(item.docId)) found.set(item.docId, item)
      isFull = rows.length >= pageSize
      // A server that does not know pages gives the same rows again.
      if (!isFull || found.size === before) break
    }
  }
  return { items: [...found.values()], isFull }
}

async function * fetchMessage (docId: string, { axis, account, settings }: Queue, signal: AbortSignal): AsyncGenerator<Buffer> {
  const isJson = settings.fetch === 'getEdoc'
  const call = { account, operation: settings.fetch, parameters: { docId }, signal: limited(settings.fetchTimeoutMs, signal) }
  const answer = await axis.open(isJson ? { ...call, body: Buffer.from('{}') } : { ...call, method: 'GET' })
  try {
    if (isJson) yield * readEdoc(answer.body, axis.check)
    else if (!/json/i.test(answer.headers['content-type'] ?? '')) yield * answer.body as AsyncIterable<Buffer>
    else {
      // JSON is what the axis says when it has none.
      axis.check(parseJson((await readUpTo(answer, 64 * 1024)).body.toString('utf8')))
      throw nonsense()
    }
  } finally {
    answer.body.destroy()
  }
}
