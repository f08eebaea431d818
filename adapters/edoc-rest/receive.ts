// The queue of one account: what is listed by days is fetched, handed to the hub, and acknowledged only then. A message that
// cannot be fetched or decided now stays there and comes again; others do not wait for it.
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Accept, type AdapterKit, type Arrived, plain } from 'lienthong/adapter'
import { type Place, readEdoc } from './edoc-stream.js'
import { factsOf, nonsense } from './failure.js'
import type { Platform } from './platform.js'
import { DAY_MS, dayOf, type QueueItem, readItem, rowsOf, startOfDay } from './records.js'
import { openRemembered, type Remembered, type Verdict } from './remembered.js'
import type { Account, MessageType, Settings } from './settings.js'

const MOST_LIST_BYTES = 32 * 2 ** 20
/** A message holds up those of the same sender behind it so many times: order is worth that, and no more. */
const MOST_HOLDUPS = 3
const MOST_COUNTED = 10_000
/** So many messages in a row that the hub could not decide: it is the hub, and the rest would fare no better. */
const MOST_UNDECIDED = 3

export interface Polling { readonly settings: Settings, readonly platform: Platform, readonly kit: AdapterKit, readonly accept: Accept }

interface Queue extends Polling {
  readonly account: Account
  readonly messageType: MessageType
  readonly remembered: Remembered
  /** How often messages were left, by docId. */
  readonly left: Map<string, number>
}

/** Looks into the queues of one account until aborted. Never rejects for what the platform does. */
export async function pollAccount (account: Account, polling: Polling, signal: AbortSignal): Promise<void> {
  const { settings, kit } = polling
  const queues: Queue[] = []
  for (const messageType of settings.messageTypes) {
    queues.push({ ...polling, account, messageType, remembered: await openRemembered({ account: account.systemId, messageType }, settings, kit), left: new Map() })
  }
  let failures = 0
  while (!signal.aborted) {
    let isWell = true
    for (const queue of queues) isWell = await lookOnce(queue, signal) && isWell
    failures = isWell ? 0 : failures + 1
    if (signal.aborted) return
    if (failures === 1) kit.log.warn({ account: account.systemId }, 'poll.failing')
    const grownMs = Math.min(settings.pollIntervalMs * 2 ** Math.min(failures, 30), settings.maxBackoffMs)
    await pause(failures === 0 ? settings.pollIntervalMs : Math.max(settings.pollIntervalMs, grownMs), signal)
  }
}

/** Resolves early when aborted. */
export async function pause (ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}

/** False when the list could not be read, or the hub could not decide. */
async function lookOnce (queue: Queue, signal: AbortSignal): Promise<boolean> {
  const { kit, account, messageType, remembered } = queue
  const at = kit.now()
  try {
    const items = await listItems(queue, at, signal)
    const { left, isHubAway } = await takeAll(items, queue, signal)
    await (signal.aborted ? remembered.keep() : remembered.save(at, left))
    return !isHubAway
  } catch (error) {
    if (!signal.aborted) kit.log.warn({ account: account.systemId, messageType, ...factsOf(error) }, 'queue.unread')
    return false
  }
}

/** What waits and is not done, oldest first, each once. */
async function listItems (queue: Queue, at: number, signal: AbortSignal): Promise<QueueItem[]> {
  const { settings: { queueStatuses, windowDays, callTimeoutMs }, platform, account, messageType, remembered } = queue
  const wanted = new Set(['', ...queueStatuses.map(status => status.toLowerCase())])
  const found = new Map<string, QueueItem>()
  for (let from = startOfDay(remembered.since(at)); from <= at; from += windowDays * DAY_MS) {
    const until = Math.min(at, from + (windowDays - 1) * DAY_MS)
    const query = { messageType, fromDate: dayOf(from), toDate: dayOf(until) }
    const fields = await platform.ask({ account, operation: 'received', query, signal: within(callTimeoutMs, signal), mostBytes: MOST_LIST_BYTES })
    for (const item of rowsOf(fields).map(readItem)) {
      if (item !== undefined && (wanted.has(item.status) || remembered.owed(item.docId) !== undefined) && !remembered.isDone(item.docId) && !found.has(item.docId)) found.set(item.docId, item)
    }
  }
  return [...found.values()].sort((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0))
}

/** Messages of one sender one after the other, so that nothing overtakes; several senders at a time. */
async function takeAll (items: readonly QueueItem[], queue: Queue, signal: AbortSignal): Promise<{ left: QueueItem[], isHubAway: boolean }> {
  const senders = new Map<string, QueueItem[]>()
  for (const item of items) senders.set(item.from, [...senders.get(item.from) ?? [], item])
  const waiting = [...senders.values()]
  const taken = new Set<string>()
  let undecided = 0
  const isOver = (): boolean => signal.aborted || undecided >= MOST_UNDECIDED
  const work = async (): Promise<void> => {
    for (let line = waiting.shift(); line !== undefined && !isOver(); line = waiting.shift()) {
      for (const item of line) {
        if (isOver()) break
        const result = await take(item, queue, signal)
        undecided = result === 'undecided' ? undecided + 1 : 0
        if (result === 'taken') taken.add(item.docId)
        else if ((queue.left.get(item.docId) ?? 0) < MOST_HOLDUPS) break
      }
    }
  }
  await Promise.all(Array.from({ length: queue.settings.parallel }, work))
  for (const docId of [...queue.left.keys()].slice(0, Math.max(0, queue.left.size - MOST_COUNTED))) queue.left.delete(docId)
  return { left: items.filter(({ docId }) => !taken.has(docId)), isHubAway: undecided >= MOST_UNDECIDED }
}

/** `left`: the platform did not give it, or did not hear the word. `undecided`: the hub cannot say. */
async function take (item: QueueItem, queue: Queue, signal: AbortSignal): Promise<'taken' | 'left' | 'undecided'> {
  const { remembered, left, kit, account } = queue
  const state = { step: 'left' as 'left' | 'undecided' }
  try {
    let verdict = remembered.owed(item.docId)
    if (verdict === undefined) {
      verdict = await decide(item, queue, state, signal)
      remembered.decide(item.docId, verdict)
      if (verdict.status === 'fail') kit.log.warn({ account: account.systemId, docId: item.docId, from: plain(item.from, { maxLength: 50 }) }, 'item.refused')
    }
    await acknowledge(item, verdict, queue, signal)
    remembered.acknowledge(item.docId)
    left.delete(item.docId)
    return 'taken'
  } catch (error) {
    left.set(item.docId, (left.get(item.docId) ?? 0) + 1)
    if (!signal.aborted) kit.log.warn({ account: account.systemId, docId: item.docId, times: left.get(item.docId), ...factsOf(error) }, 'item.left')
    return state.step
  }
}

/** What the hub says of a message. Throws when it cannot be fetched, or the hub cannot say now: `state` tells which. */
async function decide (item: QueueItem, queue: Queue, state: { step: 'left' | 'undecided' }, signal: AbortSignal): Promise<Verdict> {
  const message = await fetchMessage(item, queue, signal)
  try {
    const agencies = item.from === '' ? [] : [item.from]
    return verdictOf(await queue.accept({ agencies, contentType: 'application/xml', body: message.body, servesOwn: true, ...onlyFor(item, queue.settings), idempotencyKey: item.docId }))
  } catch (error) {
    // Where the message broke off on its way it is not the hub that cannot decide.
    if (message.failure() === undefined) state.step = 'undecided'
    throw message.failure() ?? error
  } finally {
    message.body.destroy()
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

async function acknowledge ({ docId }: QueueItem, verdict: Verdict, { platform, account, settings }: Queue, signal: AbortSignal): Promise<void> {
  await platform.ask({ account, operation: 'updateStatus', fields: { docId, ...verdict }, signal: within(settings.callTimeoutMs, signal) })
}

interface Message {
  readonly body: Readable
  /** Why the message broke off; undefined while it has not. */
  failure (): unknown
}

/** Resolves with the first bytes at hand, so that an answer without a message is not brought to the hub. */
async function fetchMessage ({ docId }: QueueItem, { platform, account, settings }: Queue, signal: AbortSignal): Promise<Message> {
  const limited = within(settings.fetchTimeoutMs, signal)
  const places: Place[] = ['edxml', 'attachment']
  for (const place of places) {
    const answer = await platform.open({ account, operation: 'get', query: { docId }, signal: limited })
    const chunks = readEdoc(answer.body, place, platform.check)
    const first = await chunks.next().catch((error: unknown) => { answer.body.destroy(); throw error })
    if (first.done === true) continue
    return streamOf(first.value, chunks, () => { answer.body.destroy() })
  }
  throw nonsense()
}

function streamOf (first: Buffer, rest: AsyncGenerator<Buffer>, onEnd: () => void): Message {
  let failure: unknown
  const body = Readable.from((async function * () {
    try {
      yield first
      yield * rest
    } catch (error) {
      failure = error
      throw error
    } finally {
      onEnd()
    }
  })(), { objectMode: false })
  body.on('error', () => {})
  return { body, failure: () => failure }
}

function within (ms: number, signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)])
}
