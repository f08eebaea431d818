// What waits at a partner for one account: it is listed, fetched, handed to the hub, and acknowledged only then. What cannot be
// fetched or decided now stays there and comes again; other senders do not wait for it.
import { Readable } from 'node:stream'
import type { Accept, AdapterLog, Arrived } from '../../ports/adapter.js'
import { plain } from '../http-outcome.js'
import { pause } from '../loops.js'
import { rememberLatest } from '../sent-list.js'
import { factsOf, nonsense } from './failure.js'
import type { QueueItem } from './records.js'

/**
 * An item holds up those of the same sender behind it so many times: order is worth that, and no more. It is worth much more where the hub
 * cannot decide: an update that comes in before its document is refused for good.
 */
const MOST_HOLDUPS = { left: 3, undecided: 100 } as const
/** So many items in a row that the hub could not decide: it is the hub, and the rest would fare no better. */
const MOST_UNDECIDED = 3

export type Verdict = { readonly status: 'done' } | { readonly status: 'fail', readonly description: string }

/** What the hub said of items, by docId, as long as the partner may not have heard it. What is forgotten is fetched once more, and recognised by the hub. */
export interface Verdicts {
  owed (docId: string): Verdict | undefined
  decide (docId: string, verdict: Verdict): void
  acknowledge (docId: string): void
}

/** One queue, told in the partner's protocol. All reject with what `factsOf` can tell, and obey `signal`. */
export interface EdocQueue {
  readonly messageType: string
  readonly verdicts: Verdicts
  /** What waits, in any order; rows may be repeated. `isFull`: there is more. */
  list (signal: AbortSignal): Promise<{ items: readonly QueueItem[], isFull?: boolean }>
  /** The message as it comes; nothing when the partner has none. */
  fetch (docId: string, signal: AbortSignal): AsyncGenerator<Buffer>
  acknowledge (docId: string, verdict: Verdict, signal: AbortSignal): Promise<unknown>
  /** A look is over; `left` has to come again. */
  looked? (left: readonly QueueItem[]): Promise<void>
}

export interface Polling {
  /** For the log. */
  readonly account: string
  readonly accept: Accept
  readonly log: AdapterLog
  /** Whom an item stands for: the recipient that the list names, or everyone whom the document names. */
  readonly itemFor: 'recipient' | 'document'
  /** So many senders at a time. */
  readonly parallel: number
  readonly pollIntervalMs: number
  readonly maxBackoffMs: number
}

interface Look extends Polling {
  readonly queue: EdocQueue
  /** How often items were left, by docId. */
  readonly left: Map<string, number>
}

/** In this process only. */
export function createVerdicts (): Verdicts {
  const verdicts = new Map<string, Verdict>()
  return {
    owed: docId => verdicts.get(docId),
    decide (docId, verdict) { rememberLatest(verdicts, docId, verdict) },
    acknowledge (docId) { verdicts.delete(docId) }
  }
}

/** Looks into the queues of one account until aborted. Never rejects for what the partner does. */
export async function pollQueues (queues: readonly EdocQueue[], polling: Polling, signal: AbortSignal): Promise<void> {
  const { account, log, pollIntervalMs, maxBackoffMs } = polling
  const looks: Look[] = queues.map(queue => ({ ...polling, queue, left: new Map() }))
  for (let failures = 0; !signal.aborted;) {
    const seen = new Set<'well' | 'more' | 'failing'>()
    for (const look of looks) seen.add(await lookOnce(look, signal))
    if (signal.aborted) return
    failures = seen.has('failing') ? failures + 1 : 0
    if (failures === 1) log.warn({ account }, 'poll.failing')
    const grownMs = failures === 0 ? 0 : Math.min(pollIntervalMs * 2 ** Math.min(failures, 30), maxBackoffMs)
    if (failures > 0 || !seen.has('more')) await pause(Math.max(pollIntervalMs, grownMs), signal)
  }
}

/** `more`: the look was cut short by its size and got something done, so the next one need not wait. */
async function lookOnce (look: Look, signal: AbortSignal): Promise<'well' | 'more' | 'failing'> {
  const { queue, log, account } = look
  try {
    const { items, isFull = false } = await queue.list(signal)
    const unique = [...new Map(items.map(item => [item.docId, item])).values()].sort((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0))
    const { left, isHubAway } = await takeAll(unique, look, signal)
    await queue.looked?.(left)
    return isHubAway ? 'failing' : isFull && left.length < unique.length ? 'more' : 'well'
  } catch (error) {
    if (!signal.aborted) log.warn({ account, messageType: queue.messageType, ...factsOf(error) }, 'queue.unread')
    return 'failing'
  }
}

/** Items of one sender one after the other, so that nothing overtakes; several senders at a time. */
async function takeAll (items: readonly QueueItem[], look: Look, signal: AbortSignal): Promise<{ left: QueueItem[], isHubAway: boolean }> {
  const senders = new Map<string, QueueItem[]>()
  for (const item of items) senders.set(item.from, [...senders.get(item.from) ?? [], item])
  const waiting = [...senders.values()]
  const taken = new Set<QueueItem>()
  let undecided = 0
  const isOver = (): boolean => signal.aborted || undecided >= MOST_UNDECIDED
  const work = async (): Promise<void> => {
    for (let line = waiting.shift(); line !== undefined && !isOver(); line = waiting.shift()) {
      for (const item of line) {
        if (isOver()) break
        const result = await take(item, look, signal)
        undecided = result === 'undecided' ? undecided + 1 : 0
        if (result === 'taken') taken.add(item)
        else if ((look.left.get(item.docId) ?? 0) < MOST_HOLDUPS[result]) break
      }
    }
  }
  await Promise.all(Array.from({ length: look.parallel }, work))
  return { left: items.filter(item => !taken.has(item)), isHubAway: undecided >= MOST_UNDECIDED }
}

/** `left`: the partner did not give it, or did not hear the word. `undecided`: the hub cannot say. */
async function take (item: QueueItem, look: Look, signal: AbortSignal): Promise<'taken' | 'left' | 'undecided'> {
  const { queue, left, log, account } = look
  const { docId } = item
  const state = { step: 'left' as 'left' | 'undecided' }
  try {
    let verdict = queue.verdicts.owed(docId)
    if (verdict === undefined) {
      verdict = await decide(item, look, state, signal)
      queue.verdicts.decide(docId, verdict)
      if (verdict.status === 'fail') log.warn({ account, docId, from: plain(item.from, { maxLength: 50 }) }, 'item.refused')
    }
    await queue.acknowledge(docId, verdict, signal)
    queue.verdicts.acknowledge(docId)
    left.delete(docId)
    return 'taken'
  } catch (error) {
    rememberLatest(left, docId, (left.get(docId) ?? 0) + 1)
    if (!signal.aborted) log.warn({ account, docId, times: left.get(docId), ...factsOf(error) }, 'item.left')
    return state.step
  }
}

/** What the hub says of a message. Throws when it cannot be fetched, or the hub cannot say now: `state` tells which. */
async function decide ({ docId, from, to }: QueueItem, { queue, accept, itemFor }: Look, state: { step: 'left' | 'undecided' }, signal: AbortSignal): Promise<Verdict> {
  const message = await openMessage(queue.fetch(docId, signal))
  try {
    return verdictOf(await accept({ agencies: from === '' ? [] : [from], contentType: 'application/xml', body: message.body, servesOwn: true, ...(to === undefined || itemFor === 'document' ? {} : { only: [to] }), idempotencyKey: docId }))
  } catch (error) {
    // Where the message broke off on its way it is not the hub that cannot decide.
    if (message.failure() === undefined) state.step = 'undecided'
    throw message.failure() ?? error
  } finally {
    message.body.destroy()
  }
}

function verdictOf (arrived: Arrived): Verdict {
  if (arrived.kind === 'stored') return { status: 'done' }
  const { code, detail } = arrived.problem
  return { status: 'fail', description: plain(`${code}: ${detail.vi}`, { maxLength: 250 }) }
}

/** Resolves with the first bytes at hand, so that an answer without a message is not brought to the hub. `failure`: why it broke off; undefined while it has not. */
async function openMessage (chunks: AsyncGenerator<Buffer>): Promise<{ body: Readable, failure (): unknown }> {
  const first = await chunks.next()
  if (first.done === true) throw nonsense()
  let failure: unknown
  const body = Readable.from((async function * () {
    try {
      yield first.value
      yield * chunks
    } catch (error) {
      failure = error
      throw error
    } finally {
      await chunks.return(undefined)
    }
  })(), { objectMode: false })
  body.on('error', () => {})
  return { body, failure: () => failure }
}
