// The queue of one account: what waits there is fetched, handed to the hub, and acknowledged only then. An item that cannot be
// fetched or decided now stays in the queue and comes again; others do not wait for it.
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Accept, type AdapterKit, type Arrived, HttpFailure, parseJson, plain } from 'lienthong/adapter'
import { type Axis, AxisFailure, nonsense } from './axis.js'
import { readEdoc } from './edoc-stream.js'
import { type QueueItem, readItem, rowsOf } from './records.js'
import type { Credential, MessageType, Settings } from './settings.js'

const MOST_LIST_BYTES = 8 * 2 ** 20
/** Decided items whose acknowledgement may still be wanting; the oldest are forgotten first, which costs fetching them again. */
const MOST_REMEMBERED = 10_000
/** An item holds up those of the same sender behind it so many times: order is worth that, and no more. */
const MOST_HOLDUPS = 3
/** So many items in a row that the hub could not decide: it is the hub, and the rest would fare no better. */
const MOST_UNDECIDED = 3

export interface Polling { readonly settings: Settings, readonly axis: Axis, readonly kit: AdapterKit, readonly accept: Accept }

type Verdict = { status: 'done' } | { status: 'fail', description: string }

interface Queue extends Polling {
  readonly account: Credential
  /** What the hub said of items, by docId. */
  readonly verdicts: Map<string, Verdict>
  /** How often items were left, by docId. */
  readonly left: Map<string, number>
}

/** Polls the queue of one account until aborted. Never rejects for what the axis does. */
export async function pollAccount (account: Credential, polling: Polling, signal: AbortSignal): Promise<void> {
  const { settings, kit } = polling
  const queue: Queue = { ...polling, account, verdicts: new Map(), left: new Map() }
  let failures = 0
  while (!signal.aborted) {
    const { kind, more } = await lookOnce(queue, signal)
    failures = kind === 'well' ? 0 : failures + 1
    if (signal.aborted) return
    if (failures === 1) kit.log.warn({ account: account.systemId }, 'poll.failing')
    const waitMs = failures === 0 ? settings.pollIntervalMs : Math.max(settings.pollIntervalMs, Math.min(settings.pollIntervalMs * 2 ** Math.min(failures, 30), settings.maxBackoffMs))
    if (!more) await pause(waitMs, signal)
  }
}

/** Resolves early when aborted. */
export async function pause (ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}

/** `more`: the look was cut short by its size and got something done, so the next one need not wait. */
async function lookOnce (queue: Queue, signal: AbortSignal): Promise<{ kind: 'well' | 'failing', more: boolean }> {
  const { settings: { messageTypes }, kit, account } = queue
  let kind: 'well' | 'failing' = 'well'
  let more = false
  for (const messageType of messageTypes) {
    try {
      const { items, isFull } = await listItems(queue, messageType, signal)
      const { taken, isHubAway } = await takeAll(items, queue, signal)
      if (isHubAway) kind = 'failing'
      else if (isFull && taken > 0) more = true
    } catch (error) {
      if (signal.aborted) break
      kind = 'failing'
      kit.log.warn({ account: account.systemId, messageType, ...factsOf(error) }, 'queue.unread')
    }
  }
  return { kind, more: more && kind === 'well' }
}

/** What waits, oldest first, each once: lists repeat rows, and rows move between pages while they are read. */
async function listItems (queue: Queue, messageType: MessageType, signal: AbortSignal): Promise<{ items: QueueItem[], isFull: boolean }> {
  const { settings: { serviceType, pageSize, maxPages, queueStatuses, callTimeoutMs }, axis, account } = queue
  const found = new Map<string, QueueItem>()
  let isFull = false
  for (const status of queueStatuses) {
    for (let page = 1; page <= maxPages; page++) {
      // The first page is asked for without a number: whether axes count from 0 or 1 is not published.
      const parameters = { servicetype: serviceType, messagetype: messageType, status, pageSize: String(pageSize), ...(page === 1 ? {} : { pageIndex: String(page) }) }
      const fields = await axis.ask({ account, operation: 'getReceivedEdocList', parameters, signal: within(callTimeoutMs, signal), mostBytes: MOST_LIST_BYTES })
      const rows = rowsOf(fields)
      const before = found.size
      for (const item of rows.map(readItem)) if (item !== undefined && !found.has(item.docId)) found.set(item.docId, item)
      isFull = rows.length >= pageSize
      // A server that does not know pages gives the same rows again.
      if (!isFull || found.size === before) break
    }
  }
  return { items: [...found.values()].sort((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0)), isFull }
}

/** Items of one sender one after the other, so that nothing overtakes; several senders at a time. */
async function takeAll (items: readonly QueueItem[], queue: Queue, signal: AbortSignal): Promise<{ taken: number, isHubAway: boolean }> {
  const senders = new Map<string, QueueItem[]>()
  for (const item of items) senders.set(item.from, [...senders.get(item.from) ?? [], item])
  const waiting = [...senders.values()]
  const state = { taken: 0, undecided: 0 }
  const isOver = (): boolean => signal.aborted || state.undecided >= MOST_UNDECIDED
  const work = async (): Promise<void> => {
    for (let line = waiting.shift(); line !== undefined && !isOver(); line = waiting.shift()) {
      for (const item of line) {
        if (isOver()) break
        const result = await take(item, queue, signal)
        state.undecided = result === 'undecided' ? state.undecided + 1 : 0
        if (result === 'taken') state.taken++
        else if ((queue.left.get(item.docId) ?? 0) < MOST_HOLDUPS) break
      }
    }
  }
  await Promise.all(Array.from({ length: queue.settings.parallel }, work))
  forget(queue, items)
  return { taken: state.taken, isHubAway: state.undecided >= MOST_UNDECIDED }
}

/** `left`: the axis did not give it, or did not hear the word. `undecided`: the hub cannot say. */
async function take (item: QueueItem, queue: Queue, signal: AbortSignal): Promise<'taken' | 'left' | 'undecided'> {
  const { verdicts, left, kit, account } = queue
  let step: 'left' | 'undecided' = 'left'
  try {
    let verdict = verdicts.get(item.docId)
    if (verdict === undefined) {
      const message = await fetchMessage(item, queue, signal)
      try {
        const arrived = await queue.accept({ agencies: item.from === '' ? [] : [item.from], contentType: 'application/xml', body: message.body, servesOwn: true, ...onlyFor(item, queue.settings), idempotencyKey: item.docId })
        verdict = verdictOf(arrived)
      } catch (error) {
        // Where the message broke off on its way it is not the hub that cannot decide.
        if (message.failure() === undefined) step = 'undecided'
        throw message.failure() ?? error
      } finally {
        message.body.destroy()
      }
      verdicts.set(item.docId, verdict)
      if (verdict.status === 'fail') kit.log.warn({ account: account.systemId, docId: item.docId, from: plain(item.from, { maxLength: 50 }) }, 'item.refused')
    }
    await acknowledge(item, verdict, queue, signal)
    verdicts.delete(item.docId)
    left.delete(item.docId)
    return 'taken'
  } catch (error) {
    left.set(item.docId, (left.get(item.docId) ?? 0) + 1)
    if (!signal.aborted) kit.log.warn({ account: account.systemId, docId: item.docId, times: left.get(item.docId), ...factsOf(error) }, 'item.left')
    return step
  }
}

function onlyFor ({ to }: QueueItem, { itemFor }: Settings): { only?: string[] } {
  return to === undefined || itemFor === 'document' ? {} : { only: [to] }
}

function verdictOf (arrived: Arrived): Verdict {
  if (arrived.kind === 'stored') return { status: 'done' }
  const { code, detail } = arrived.problem
  return { status: 'fail', description: plain(`${code}: ${detail.vi}`, { maxLength: 250 }) }
}

async function acknowledge ({ docId }: QueueItem, verdict: Verdict, { axis, account, settings }: Queue, signal: AbortSignal): Promise<void> {
  await axis.ask({ account, operation: 'updateStatus', parameters: { docId, ...verdict }, body: Buffer.from('{}'), signal: within(settings.callTimeoutMs, signal) })
}

interface Message {
  readonly body: Readable
  /** Why the message broke off; undefined while it has not. */
  failure (): unknown
}

/** Resolves with the first bytes at hand, so that an answer without a message is not brought to the hub. */
async function fetchMessage ({ docId }: QueueItem, { axis, account, settings }: Queue, signal: AbortSignal): Promise<Message> {
  const call = { account, operation: settings.fetch, parameters: { docId }, signal: within(settings.fetchTimeoutMs, signal) }
  const answer = await axis.open(settings.fetch === 'getEdoc' ? { ...call, body: Buffer.from('{}') } : { ...call, method: 'GET' })
  const chunks = settings.fetch === 'getEdoc' ? readEdoc(answer.body, axis.check) : readDownload(answer.body, answer.headers['content-type'] ?? '', axis)
  let failure: unknown
  try {
    const first = await chunks.next()
    if (first.done === true) throw nonsense()
    const body = Readable.from((async function * () {
      try {
        yield first.value
        yield * chunks
      } catch (error) {
        failure = error
        throw error
      } finally {
        answer.body.destroy()
      }
    })(), { objectMode: false })
    body.on('error', () => {})
    return { body, failure: () => failure }
  } catch (error) {
    answer.body.destroy()
    throw error
  }
}

/** The bytes as they are; JSON is what the axis says when it has none. */
async function * readDownload (body: AsyncIterable<Buffer>, contentType: string, axis: Axis): AsyncGenerator<Buffer> {
  if (!/json/i.test(contentType)) {
    yield * body
    return
  }
  let said = ''
  for await (const chunk of body) said = (said + chunk.toString('utf8')).slice(0, 64 * 1024)
  axis.check(parseJson(said))
  throw nonsense()
}

/** Nothing grows for ever: what is no longer listed is forgotten. */
function forget ({ verdicts, left }: Queue, items: readonly QueueItem[]): void {
  for (const map of [verdicts, left]) {
    for (const docId of [...map.keys()].slice(0, Math.max(0, map.size - MOST_REMEMBERED - items.length))) map.delete(docId)
  }
}

function within (ms: number, signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)])
}

function factsOf (error: unknown): object {
  if (error instanceof AxisFailure) return { ...(error.code === undefined ? {} : { errorCode: plain(error.code, { maxLength: 20 }) }), reason: error.outcome.problem.detail.en }
  if (error instanceof HttpFailure) return { reason: error.message }
  return { err: error }
}
