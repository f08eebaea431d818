// Sending to a partner that knows no idempotency key, once: before any second try its list of what was sent is asked whether the
// package is there already.
import type { Outcome } from '../../model/delivery.js'
import type { Text } from '../../model/text.js'
import type { AdapterKit, AdapterSession, OutboundDelivery } from '../../ports/adapter.js'
import { outcomeOfFailure, plain, problem } from '../http-outcome.js'
import { deliveryMadeAt, isListedAs, rememberLatest } from '../sent-list.js'
import { plainCode } from './agencies.js'
import type { Meaning } from './codes.js'
import { EdocFailure } from './failure.js'
import type { SentEntry } from './records.js'

export interface Sending<Account> { readonly delivery: OutboundDelivery, readonly account: Account, readonly signal: AbortSignal }

/** The partner's protocol. Calls throw an {@link EdocFailure} or `HttpFailure`. */
export interface Post<Account> {
  readonly now: AdapterKit['now']
  /** The account that an agency sends with. */
  accountOf (code: string): Account | undefined
  /** What to say when there is none; `code` is fit to be shown. */
  withoutAccount (code: string): Text
  /** Sends; answers the identifier that the partner gave, if it is a text or a number. */
  send (sending: Sending<Account>): Promise<unknown>
  /** Pages of what was sent since an instant (epoch ms) or longer; absent where the partner has no such list. Throws when it cannot be read: then nobody knows. */
  listSent?: (sending: Sending<Account>, since: number) => AsyncIterable<readonly SentEntry[]>
  /** Codes under which the list may name the recipient. */
  recipientsOf (delivery: OutboundDelivery): readonly string[]
  /** How far the partner's clock may be behind. */
  readonly toleranceMs: number
  meaningOf (code: string): Meaning
  /** Told of every failure that the partner spoke of. */
  onFailure? (error: EdocFailure, account: Account): void
}

/** What the partners call the kind of a package. */
export function messageTypeOf ({ envelope: { kind } }: OutboundDelivery): 'edoc' | 'status' {
  return kind === 'status' ? 'status' : 'edoc'
}

/** What this process knows about its own calls; another process has only the delivery's attempt to go by. */
interface Known {
  /** Deliveries that may have arrived → when the first such attempt began, epoch ms. */
  readonly doubtful: Map<string, number>
  /** docId → the delivery it was given for. */
  readonly answered: Map<string, string>
}

export function createSendOnce<Account> (post: Post<Account>): NonNullable<AdapterSession['deliver']> {
  const known: Known = { doubtful: new Map(), answered: new Map() }
  return async (delivery, signal) => {
    const { deliveryId, attempt, envelope: { from } } = delivery
    const account = post.accountOf(from.code)
    if (account === undefined) return { kind: 'deferred', problem: problem('ENDPOINT_UNAVAILABLE', post.withoutAccount(plain(from.code, { maxLength: 50 }))) }
    const sending = { delivery, account, signal }
    const startedAt = post.now()
    let isLooking = attempt > 1 || known.doubtful.has(deliveryId)
    try {
      const found = isLooking ? await findSent(sending, post, known) : undefined
      isLooking = false
      const given = found ?? await post.send(sending)
      if (typeof given !== 'string' && typeof given !== 'number') return { kind: 'delivered' }
      const docId = plain(String(given), { maxLength: 200 })
      known.doubtful.delete(deliveryId)
      rememberLatest(known.answered, docId, deliveryId)
      return { kind: 'delivered', externalId: docId }
    } catch (error) {
      if (error instanceof EdocFailure) post.onFailure?.(error, account)
      if (isLooking) return outcomeOfLook(error)
      const outcome = outcomeOf(error, attempt, post)
      if (outcome.kind === 'deferred' && outcome.uncertain === true && !known.doubtful.has(deliveryId)) rememberLatest(known.doubtful, deliveryId, startedAt)
      return outcome
    }
  }
}

/** Nothing was sent: what the partner says against its list is said of no package, and the first attempt is as doubtful as before. */
function outcomeOfLook (error: unknown): Outcome {
  const outcome = error instanceof EdocFailure ? error.outcome : outcomeOfFailure(error)
  return outcome.kind === 'refused' && error instanceof EdocFailure ? { kind: 'deferred', problem: { ...outcome.problem, code: 'ENDPOINT_UNAVAILABLE' } } : outcome
}

function outcomeOf (error: unknown, attempt: number, { meaningOf }: Pick<Post<never>, 'meaningOf'>): Outcome {
  if (!(error instanceof EdocFailure)) return outcomeOfFailure(error)
  const isLast = error.code !== undefined && attempt > 1 && meaningOf(error.code) === 'retry-once'
  return isLast ? { kind: 'refused', problem: { ...error.outcome.problem, code: 'ENDPOINT_REFUSED' } } : error.outcome
}

/** The docId under which the partner has this delivery already. */
async function findSent<Account> (sending: Sending<Account>, { listSent, recipientsOf, toleranceMs }: Post<Account>, { doubtful, answered }: Known): Promise<string | undefined> {
  const { deliveryId, envelope } = sending.delivery
  const since = (doubtful.get(deliveryId) ?? deliveryMadeAt(deliveryId)) - toleranceMs
  // What came before it may bear the same number and title, and was sent by another process.
  const others = await sending.delivery.otherIds()
  const codes = recipientsOf(sending.delivery).map(plainCode)
  const isOurs = (entry: SentEntry): boolean => {
    if (others.includes(entry.docId) || (answered.get(entry.docId) ?? deliveryId) !== deliveryId) return false
    if (entry.status === 'fail' || entry.status === 'error' || entry.to === undefined || !codes.includes(plainCode(entry.to))) return false
    if (entry.from !== undefined && plainCode(entry.from) !== plainCode(envelope.from.code)) return false
    return (entry.sentAt === undefined || entry.sentAt >= since) && isListedAs(entry, envelope)
  }
  for await (const entries of listSent?.(sending, since) ?? []) {
    const found = entries.find(isOurs)
    if (found === undefined) continue
    // At once: others look through the same entries.
    rememberLatest(answered, found.docId, deliveryId)
    return found.docId
  }
  return undefined
}
