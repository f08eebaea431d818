// sendEdoc: one message to its one recipient, and the question that comes before any second try: is it there already?
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { type AdapterKit, deferred, delivered, deliveryMadeAt, isListedAs, type OutboundDelivery, type Outcome, outcomeOfFailure, plain, problem, refused, rememberLatest, text } from 'lienthong/adapter'
import { meaningOf } from './codes.js'
import { LoginRefusal, nonsense, PlatformFailure } from './failure.js'
import type { Form, Platform } from './platform.js'
import { DAY_MS, dayOf, readSent, rowsOf, type SentEntry } from './records.js'
import { type Account, accountOf, plainCode, type Settings } from './settings.js'
import { recordOf } from './tokens.js'

const MOST_LIST_BYTES = 32 * 2 ** 20
/** A platform that knows pages gives so many rows at a time; one that does not gives all. */
const PAGE_SIZE = 1000
const MOST_PAGES = 50

/** What this process knows about its own calls; another process has only the delivery's attempt to go by. */
interface Known {
  /** Deliveries that may have arrived → when the first such attempt began, epoch ms. */
  readonly doubtful: Map<string, number>
  /** docId → the delivery it was given for. */
  readonly answered: Map<string, string>
}

interface Tools { readonly settings: Settings, readonly platform: Platform, readonly kit: AdapterKit, readonly known: Known }
interface Sending { readonly delivery: OutboundDelivery, readonly account: Account, readonly signal: AbortSignal }

export type Deliver = (delivery: OutboundDelivery, signal: AbortSignal) => Promise<Outcome>

export function createDeliver (settings: Settings, { platform, kit }: Pick<Tools, 'platform' | 'kit'>): Deliver {
  const tools: Tools = { settings, platform, kit, known: { doubtful: new Map(), answered: new Map() } }
  const { known } = tools
  return async (delivery, signal) => {
    const { deliveryId, attempt, envelope: { from } } = delivery
    const account = accountOf(from.code, settings)
    if (account === undefined) return withoutAccount(from.code)
    const startedAt = kit.now()
    try {
      if (settings.sentList && (attempt > 1 || known.doubtful.has(deliveryId))) {
        const found = await findSent({ delivery, account, signal }, tools)
        if (found !== undefined) return delivered(note(known, delivery, found))
      }
      const docId = await send({ delivery, account, signal }, tools)
      return delivered(docId === undefined ? undefined : note(known, delivery, docId))
    } catch (error) {
      if (isOfAccount(error, settings)) kit.log.error({ account: account.systemId, reason: error.message }, 'account.refused')
      const outcome = outcomeOf(error, attempt, settings)
      if (outcome.kind === 'deferred' && outcome.uncertain === true && !known.doubtful.has(deliveryId)) rememberLatest(known.doubtful, deliveryId, startedAt)
      return outcome
    }
  }
}

function isOfAccount (error: unknown, { errorCodes }: Settings): error is PlatformFailure {
  if (!(error instanceof PlatformFailure)) return false
  return error instanceof LoginRefusal || (error.code !== undefined && meaningOf(error.code, errorCodes) === 'credentials')
}

function outcomeOf (error: unknown, attempt: number, { errorCodes }: Settings): Outcome {
  if (!(error instanceof PlatformFailure)) return outcomeOfFailure(error)
  const isLast = error.code !== undefined && attempt > 1 && meaningOf(error.code, errorCodes) === 'retry-once'
  return isLast ? refused({ ...error.outcome.problem, code: 'ENDPOINT_REFUSED' }) : error.outcome
}

async function send ({ delivery, account, signal }: Sending, { settings, platform }: Tools): Promise<string | undefined> {
  const { deliveryId, traceparent } = delivery
  const fields = await platform.ask({
    account, operation: 'send', signal, form: formOf(delivery),
    ...(settings.correlationHeaders ? { headers: { 'idempotency-key': deliveryId, traceparent } } : {})
  })
  const docId = fields['docId'] ?? recordOf(fields['data'])['docId']
  return typeof docId === 'string' || typeof docId === 'number' ? plain(String(docId), { maxLength: 200 }) : undefined
}

/** A form whose length is known before its first byte: gateways were seen that do not take chunked bodies. */
function formOf (delivery: OutboundDelivery): Form {
  const { body, deliveryId } = delivery
  const boundary = `lienthong-${randomUUID()}`
  const before = Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="messageType"\r\n\r\n${messageTypeOf(delivery)}\r\n` +
    `--${boundary}\r\nContent-Disposition: form-data; name="edocFile"; filename="${deliveryId}.edxml"\r\nContent-Type: application/xml\r\n\r\n`)
  const after = Buffer.from(`\r\n--${boundary}--\r\n`)
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: before.length + body.size + after.length,
    async open () {
      const content: AsyncIterable<Buffer> | Iterable<Buffer> = body.bytes === undefined ? await body.open() : [body.bytes]
      // As a stream also where it is small: the client sends a buffer again by itself when a kept connection breaks, and the platform may have the first.
      return Readable.from((async function * () {
        yield before
        yield * content
        yield after
      })(), { objectMode: false })
    }
  }
}

function messageTypeOf ({ envelope: { kind } }: OutboundDelivery): string {
  return kind === 'status' ? 'status' : 'edoc'
}

/** The docId under which the platform has this delivery already. Throws when the list cannot be read: then nobody knows. */
async function findSent ({ delivery, account, signal }: Sending, { settings, platform, kit, known }: Tools): Promise<string | undefined> {
  const { deliveryId } = delivery
  const madeAt = known.doubtful.get(deliveryId) ?? deliveryMadeAt(deliveryId)
  const since = madeAt - settings.sentToleranceMs
  // What came before it may bear the same number and title, and was sent by another process.
  const others = await delivery.otherIds()
  const isOurs = ({ docId }: SentEntry): boolean => !others.includes(docId) && (known.answered.get(docId) ?? deliveryId) === deliveryId
  const seen = new Set<string>()
  for (let page = 1; page <= MOST_PAGES; page++) {
    const query = { messageType: messageTypeOf(delivery), fromDate: dayOf(Math.max(since, kit.now() - settings.mostLookBackDays * DAY_MS)), toDate: dayOf(kit.now() + DAY_MS), pageSize: String(PAGE_SIZE), pageIndex: String(page) }
    const fields = await platform.ask({ account, operation: 'sent', query, signal, mostBytes: MOST_LIST_BYTES })
    if (fields['data'] !== null && !Array.isArray(fields['data'])) throw nonsense()
    const entries = rowsOf(fields).flatMap(row => readSent(row) ?? [])
    const found = entries.find(entry => isOurs(entry) && matches(entry, delivery, since))
    if (found !== undefined) return found.docId
    // A platform that does not know pages gives the same rows again.
    const before = seen.size
    for (const { docId, to } of entries) seen.add(`${docId} ${to ?? ''}`)
    if (rowsOf(fields).length < PAGE_SIZE || seen.size === before) return undefined
  }
  return undefined
}

function matches (entry: SentEntry, { envelope, recipient }: OutboundDelivery, since: number): boolean {
  const codes = [recipient, ...envelope.to.map(({ code }) => code)].map(plainCode)
  if (entry.status === 'fail' || entry.status === 'error' || entry.to === undefined || !codes.includes(plainCode(entry.to))) return false
  if (entry.from !== undefined && plainCode(entry.from) !== plainCode(envelope.from.code)) return false
  if (entry.sentAt !== undefined && entry.sentAt < since) return false
  return isListedAs(entry, envelope)
}

function note ({ doubtful, answered }: Known, { deliveryId }: OutboundDelivery, docId: string): string {
  doubtful.delete(deliveryId)
  rememberLatest(answered, docId, deliveryId)
  return docId
}

function withoutAccount (code: string): Outcome {
  const shown = plain(code, { maxLength: 50 })
  return deferred(problem('ENDPOINT_UNAVAILABLE', text(`Chưa cấu hình tài khoản nền tảng cho cơ quan gửi ${shown}.`, `No account of the platform is configured for the sender ${shown}.`)))
}
