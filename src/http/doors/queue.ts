// The inbox and the sent packages as the queue that agencies' software knows: initial → processing → done | fail.
import { fault, HubError } from '../../errors.js'
import type { Caller } from '../../model/caller.js'
import type { Envelope } from '../../model/generated.js'
import type { PayloadRef } from '../../model/package.js'
import { type Language, type Text, text } from '../../model/text.js'
import { assertKept } from '../../pipeline/payloads.js'
import type { QueueItem, QueueState } from '../../ports/queue-store.js'
import type { PackageSummary, StoredDelivery, StoredPackage } from '../../ports/store.js'
import type { HttpDependencies } from '../dependencies.js'
import { between } from './days.js'

export type QueueStatus = 'initial' | 'processing' | 'done' | 'fail'

export const STATUS_TEXT: Readonly<Record<QueueStatus | 'sent', Text>> = {
  initial: text('Khởi tạo', 'Waiting'),
  processing: text('Đang xử lý', 'In hand'),
  done: text('Đã nhận', 'Received'),
  fail: text('Không thành công', 'Failed'),
  sent: text('Đã gửi', 'Sent')
}

const KINDS: Readonly<Record<string, Envelope['kind']>> = { edoc: 'document', status: 'status' }
const STATES: Readonly<Record<QueueStatus, QueueState>> = { initial: 'waiting', processing: 'locked', done: 'delivered', fail: 'refused' }
const PAGE = 100
const MOST_PAGE = 1000
/** Beyond this a page costs more than it is worth; a list by day reaches everything. */
const MOST_OFFSET = 100_000
const MOST_REASON = 2000

/** What a list asks for, as it was written. */
export interface ListWish {
  messageType: string | undefined
  status?: string | undefined
  fromDate?: string | undefined
  toDate?: string | undefined
  pageSize?: string | undefined
  pageIndex?: string | undefined
}

type QueueDependencies = Pick<HttpDependencies, 'store' | 'clock' | 'settings'>

/** The kind of package of a message type; documents when none is given. */
export function kindOf (messageType: string | undefined): Envelope['kind'] {
  const kind = KINDS[(messageType ?? 'edoc').trim().toLowerCase()]
  if (kind === undefined) throw invalid('messagetype', 'edoc | status', messageType ?? '')
  return kind
}

export function messageTypeOf (kind: Envelope['kind']): string {
  return kind === 'status' ? 'status' : 'edoc'
}

/** What waits for the caller; with a status, what has it. */
export async function listReceived ({ store, clock }: QueueDependencies, caller: Caller, wish: ListWish): Promise<QueueItem[]> {
  const { from, to } = between(wish)
  const status = wish.status?.trim().toLowerCase() ?? ''
  if (status !== '' && !(status in STATES)) throw invalid('status', Object.keys(STATES).join(' | '), status)
  return await store.listInbox({
    agencies: caller.agencies,
    kind: kindOf(wish.messageType),
    state: status === '' ? 'open' : STATES[status as QueueStatus],
    at: clock.now(),
    ...(from === undefined ? {} : { createdFrom: from }),
    ...(to === undefined ? {} : { createdTo: to })
  }, sliceOf(wish))
}

/** Packages of the caller's agencies, the newest of them when nothing narrows the list; or the one that `packageId` names. */
export async function listSent ({ store }: QueueDependencies, caller: Caller, wish: ListWish & { packageId?: string | undefined }): Promise<PackageSummary[]> {
  if (wish.packageId !== undefined && wish.packageId !== '') {
    const found = await store.findPackage(wish.packageId, caller.agencies)
    if (found !== undefined && caller.agencies.includes(found.fromAgency)) return [found]
    // The vendor's client sends the docId of an earlier getEdoc along: what the caller has received is no choice of what it has sent.
    if (await store.findInbox(wish.packageId, caller.agencies) === undefined) return []
  }
  const { from, to } = between(wish)
  return await store.listSent({
    agencies: caller.agencies, kind: kindOf(wish.messageType), ...(from === undefined ? {} : { acceptedFrom: from }), ...(to === undefined ? {} : { acceptedTo: to })
  }, sliceOf(wish))
}

/** Where the recipient has got with it. */
export function statusOf ({ state, lockedUntil }: StoredDelivery, at: number): QueueStatus {
  if (state === 'delivered') return 'done'
  if (state === 'refused' || state === 'dead' || state === 'expired' || state === 'cancelled') return 'fail'
  return state === 'available' && lockedUntil !== undefined && lockedUntil > at ? 'processing' : 'initial'
}

/** Said by the recipient, so it was there. */
const REFUSALS: ReadonlySet<string> = new Set(['RECIPIENT_REFUSED', 'ENDPOINT_REFUSED'])

/** Where the hub has got with it: on its way, handed over, or given up. */
export function sendStatusOf (delivery: StoredDelivery): 'processing' | 'sent' | 'fail' {
  const { state, problem } = delivery
  if (state === 'available' || state === 'delivered' || (state === 'refused' && REFUSALS.has(problem?.code ?? ''))) return 'sent'
  return statusOf(delivery, 0) === 'fail' ? 'fail' : 'processing'
}

/** A word and, where something went wrong, why. */
export function statusText (status: QueueStatus | 'sent', { problem }: StoredDelivery, language: Language): string {
  return status === 'fail' && problem !== undefined ? problem.detail[language] : STATUS_TEXT[status][language]
}

/** A received item with its bytes: as it was made for the recipient. */
export interface FoundItem {
  delivery: StoredDelivery
  package: Omit<StoredPackage, 'deliveries'>
  content: PayloadRef & { mediaType: string }
}

/** Throws NOT_FOUND, CONTENT_PURGED, or DELIVERY_NOT_AVAILABLE when it was never to be fetched, was given up, or is no edXML. */
export async function findItem ({ store }: Pick<QueueDependencies, 'store'>, caller: Caller, docId: string | undefined): Promise<FoundItem> {
  const found = docId === undefined ? undefined : await store.findInbox(docId.toLowerCase(), caller.agencies)
  if (found === undefined) throw notFound(docId ?? '')
  const { delivery, package: row } = found
  if (delivery.state !== 'available' && delivery.state !== 'delivered') throw notAvailable()
  assertKept(row)
  const content = delivery.sent ?? { ...row.original, mediaType: row.mediaType }
  if (!/^(application|text)\/(.*\+)?xml\b/.test(content.mediaType)) {
    throw new HubError('DELIVERY_NOT_AVAILABLE', text('Gói tin này không phải edXML; quản trị trục cần đặt format "edxml" cho hộp nhận.', 'This is no edXML; the hub\'s operator has to set format "edxml" for the inbox.'))
  }
  return { delivery, package: row, content }
}

/** The recipient's word. The same word again, and `processing` after `done`, change nothing. */
export async function sayStatus ({ store, clock, settings }: QueueDependencies, caller: Caller, word: { docId: string | undefined, status: string | undefined, description?: string | undefined }): Promise<void> {
  const deliveryId = (word.docId ?? '').toLowerCase()
  const { agencies, id: actor } = caller
  const at = clock.now()
  const status = word.status?.trim().toLowerCase()
  if (status === 'processing') {
    const result = await store.lockInbox({ deliveryId, agencies, at, lockMs: settings.inboxMaxLockMs })
    if (result === 'not-found') throw notFound(deliveryId)
    if (result !== 'locked' && result !== 'delivered') throw notAvailable()
    return
  }
  if (status !== 'done' && status !== 'fail') throw invalid('status', 'processing | done | fail', word.status ?? '')
  const reason = [...(word.description?.trim() ?? '')].slice(0, MOST_REASON).join('')
  const detail = reason === '' ? text('Hệ thống nhận báo không xử lý được, không nêu lý do.', 'The receiving system could not process it and gave no reason.') : text(reason, reason)
  const result = await store.settleInbox({ deliveryId, agencies, at, actor, ...(status === 'fail' ? { refusal: { code: 'RECIPIENT_REFUSED', detail } } : {}) })
  if (result === 'not-found') throw notFound(deliveryId)
  if (result === 'not-available') throw notAvailable()
}

/** Pages count from 1; 0 is the first one, too. */
function sliceOf ({ pageSize, pageIndex }: ListWish): { limit: number, offset: number } {
  const limit = numberOf('pageSize', pageSize, { usual: PAGE, most: MOST_PAGE })
  const page = numberOf('pageIndex', pageIndex, { usual: 1, most: MOST_OFFSET })
  const offset = Math.max(0, page - 1) * limit
  if (offset > MOST_OFFSET) throw invalid('pageIndex', `pageSize × pageIndex <= ${MOST_OFFSET}`, String(page))
  return { limit: Math.max(1, limit), offset }
}

function numberOf (name: string, written: string | undefined, { usual, most }: { usual: number, most: number }): number {
  if (written === undefined || written.trim() === '') return usual
  if (!/^\s*\d{1,9}\s*$/.test(written)) throw invalid(name, 'a number', written)
  return Math.min(most, Number(written))
}

export function invalid (name: string, expected: string, found: string): HubError {
  const detail = text(`Tham số ${name} không hợp lệ.`, `The parameter ${name} is not valid.`)
  return new HubError('REQUEST_INVALID', detail, { errors: [fault('FIELD_INVALID', `/${name}`, detail, { expected, found })] })
}

function notFound (docId: string): HubError {
  return new HubError('NOT_FOUND', text(`Hộp nhận không có gói tin "${docId.slice(0, 100)}".`, `There is no item "${docId.slice(0, 100)}" in the inbox.`))
}

function notAvailable (): HubError {
  return new HubError('DELIVERY_NOT_AVAILABLE', text('Gói tin này không còn chờ nhận.', 'This item is not waiting to be fetched any more.'))
}
