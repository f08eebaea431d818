// recipients: what became of a package, recipient by recipient, in one answer: how its delivery stands and, of a document, what
// the agency has done with it. Reads what is stored; decides nothing.
import type { BusinessState, Change, Effect, Signalled, Standing } from '../model/business-status.js'
import { fold } from '../model/business-status.js'
import { dayOf, startOfDay } from '../model/calendar.js'
import { FINAL_STATES } from '../model/delivery.js'
import type { DeliveryState } from '../model/generated.js'
import { comparable } from '../model/stream.js'
import { addWorkingDays, forwardingDay, type WorkingCalendar } from '../model/working-days.js'
import type { Directory } from '../ports/directory.js'
import type { RelatedPackage, Store, StoredDelivery, StoredPackage } from '../ports/store.js'

export interface RecipientsOptions {
  store: Pick<Store, 'findRelated'>
  directory: Pick<Directory, 'find' | 'lineage'>
  calendar: WorkingCalendar
  /** Working days that a recipient has to answer a change. */
  answerDays: number
}

/** What a word did, see `Effect`; `undelivered`: a question that never reached the recipient. */
export const EFFECTS = ['applied', 'repeated', 'regression', 'late', 'unasked', 'informational', 'undelivered'] as const satisfies ReadonlyArray<Effect | 'undelivered'>

/** One thing that was said about the document. */
export interface Said {
  at: number
  packageId: string
  /** A status code, or the action of a document. */
  code: string
  fromAgency: string
  effect: typeof EFFECTS[number]
  description?: string
}

/** What an agency did with a document. */
export interface BusinessView {
  state: BusinessState
  since: number
  /** Of a pending change: what is asked, where the document stands meanwhile, the last day for an answer, whether that is over. */
  pending?: { change: Change, behind: BusinessState, answerBy: string, overdue: boolean }
  history: Said[]
}

export interface RecipientView { delivery: StoredDelivery, business?: BusinessView }

export interface RecipientsView {
  recipients: RecipientView[]
  /** Statuses of agencies that are no recipient of the package. */
  others: Said[]
  /** More was said than one answer holds; the rest is left out. */
  truncated: boolean
}

/** A document to a thousand recipients, each of which says all that there is to say, has fewer. */
const MOST_RELATED = 10_000

/** `at`: now, epoch ms. `deliveries`: those that the reader may see. */
export async function findRecipients (found: StoredPackage, { deliveries, at }: { deliveries: readonly StoredDelivery[], at: number }, options: RecipientsOptions): Promise<RecipientsView> {
  const { content } = found
  if (content.kind !== 'document') return { recipients: deliveries.map(delivery => ({ delivery })), others: [], truncated: false }
  const { documentId } = content.document
  const issuers = lineageOf(found.fromAgency, options.directory, at)
  const related = await options.store.findRelated({ streams: issuers.map(issuer => comparable(`document:${issuer}:${documentId}`)), limit: MOST_RELATED })
  const saidBy = assign(related, { found, documentId, issuers, deliveries, lineage: code => lineageOf(code, options.directory, at) })
  return {
    recipients: deliveries.map(delivery => ({ delivery, business: viewOf(saidBy.of(delivery), { sentAt: found.acceptedAt, at, ...options }) })),
    others: saidBy.others,
    truncated: related.length === MOST_RELATED
  }
}

function lineageOf (code: string, directory: RecipientsOptions['directory'], at: number): string[] {
  const agency = directory.find(code, at)
  return agency === undefined ? [code] : directory.lineage(agency, at)
}

interface Signal extends Signalled { readonly said: Omit<Said, 'effect'> }

interface Assigning {
  found: StoredPackage
  documentId: string
  issuers: readonly string[]
  deliveries: readonly StoredDelivery[]
  lineage: (code: string) => string[]
}

/** Gives what was said to the recipients that it is about. */
function assign (related: readonly RelatedPackage[], { found, documentId, issuers, deliveries, lineage }: Assigning): { of (delivery: StoredDelivery): Signal[], others: Said[] } {
  const signals = new Map<StoredDelivery, Signal[]>(deliveries.map(delivery => [delivery, []]))
  const others: Said[] = []
  const lines = new Map<string, string[]>()
  // An agency itself before one that follows it: both may have got the document.
  const recipientOf = (agency: string): StoredDelivery | undefined => {
    const line = lines.get(agency) ?? lineage(agency)
    lines.set(agency, line)
    return deliveries.find(delivery => delivery.agency === agency) ?? deliveries.find(delivery => delivery.agency !== undefined && line.includes(delivery.agency))
  }
  const isOfIssuer = ({ fromAgency }: RelatedPackage): boolean => issuers.includes(fromAgency)
  for (const entry of related) {
    const said = toSaid(entry)
    if (entry.kind === 'status' && entry.action !== '13') {
      // What the hub tells of a delivery stands in the delivery; arriving and refusing are also words about the document.
      if (entry.receipt !== undefined && entry.receipt !== 'delivered' && entry.receipt !== 'refused') continue
      const recipient = recipientOf(entry.fromAgency)
      if (recipient === undefined) others.push({ ...said, effect: 'informational' })
      else signals.get(recipient)?.push({ signal: entry.action, at: entry.acceptedAt, said })
    } else if (isOfIssuer(entry) && isChangeOf(entry, documentId) && !(entry.id === found.id && isFirst(entry, related))) {
      for (const { agency, state, code } of entry.recipients) {
        const recipient = recipientOf(agency)
        if (recipient !== undefined) signals.get(recipient)?.push({ signal: signalOf(entry.action, state, code), at: entry.acceptedAt, said })
      }
    }
  }
  return { of: delivery => signals.get(delivery) ?? [], others }
}

function toSaid ({ id, action, acceptedAt, fromAgency, description }: RelatedPackage): Signal['said'] {
  return { at: acceptedAt, packageId: id, code: action, fromAgency, ...(description === undefined ? {} : { description }) }
}

function isChangeOf ({ kind, action, documentId, changes }: RelatedPackage, target: string): boolean {
  const isTarget = (id: string | undefined): boolean => id !== undefined && comparable(id) === comparable(target)
  if (kind === 'status' || action === 'revocation') return isTarget(documentId)
  return action === 'update' ? isTarget(changes[0] ?? documentId) : action === 'replacement' && changes.some(isTarget)
}

/** An update that brings the document here for the first time asks nothing of anybody. */
function isFirst ({ id, action, documentId }: RelatedPackage, related: readonly RelatedPackage[]): boolean {
  return action === 'update' && !related.some(other => other.kind === 'document' && other.documentId === documentId && other.id < id)
}

/** A question that never reached the recipient is none. */
function signalOf (action: string, state: DeliveryState, code: string | null): string {
  if (state === 'cancelled' && code === 'REVOKED_BEFORE_DELIVERY') return 'recalled'
  const isLost = state !== 'delivered' && (FINAL_STATES as readonly DeliveryState[]).includes(state)
  return isLost ? UNDELIVERED : action
}

const UNDELIVERED = 'undelivered'

function viewOf (signals: readonly Signal[], { sentAt, at, calendar, answerDays }: Pick<RecipientsOptions, 'calendar' | 'answerDays'> & { sentAt: number, at: number }): BusinessView {
  const { standing, since, history } = fold(signals, sentAt)
  return {
    state: standing.state,
    since,
    ...pendingOf(standing, { since, at, calendar, answerDays }),
    history: history.map(({ event: { signal, said }, effect }) => ({ ...said, effect: signal === UNDELIVERED ? UNDELIVERED : effect }))
  }
}

function pendingOf (standing: Standing, { since, at, calendar, answerDays }: { since: number, at: number, calendar: WorkingCalendar, answerDays: number }): Pick<BusinessView, 'pending'> {
  if (standing.state !== 'CHANGE_PENDING') return {}
  const answerBy = addWorkingDays(forwardingDay(since, calendar), answerDays, calendar)
  return { pending: { ...standing.pending, answerBy, overdue: dayOf(at) > answerBy && at >= startOfDay(answerBy, 1) } }
}

export interface RecipientsSummary {
  recipients: number
  /** Codes as written: delivered, and not refused; refused, by the system or the clerk; still under way; given up. */
  has: string[]
  refused: string[]
  waiting: string[]
  failed: string[]
  counts: { delivery: Partial<Record<DeliveryState, number>>, business: Partial<Record<BusinessState, number>> }
}

/** Every recipient is in exactly one of the four lists. */
export function summarize (recipients: readonly RecipientView[]): RecipientsSummary {
  const summary: RecipientsSummary = { recipients: recipients.length, has: [], refused: [], waiting: [], failed: [], counts: { delivery: {}, business: {} } }
  for (const { delivery: { to, state }, business } of recipients) {
    summary[listOf(state, business?.state)].push(to)
    summary.counts.delivery[state] = (summary.counts.delivery[state] ?? 0) + 1
    if (business !== undefined) summary.counts.business[business.state] = (summary.counts.business[business.state] ?? 0) + 1
  }
  return summary
}

function listOf (state: DeliveryState, business: BusinessState | undefined): 'has' | 'refused' | 'waiting' | 'failed' {
  if (state === 'refused' || business === 'REFUSED') return 'refused'
  if (state === 'delivered') return 'has'
  return (FINAL_STATES as readonly DeliveryState[]).includes(state) ? 'failed' : 'waiting'
}
