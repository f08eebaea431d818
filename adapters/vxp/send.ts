// sendEdoc: one message to one recipient, and the question that comes before any second try: is it there already?
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { type AdapterKit, deferred, delivered, deliveryMadeAt, isListedAs, type OutboundDelivery, type Outcome, outcomeOfFailure, plain, problem, refused, rememberLatest, text } from 'lienthong/adapter'
import { type Axis, AxisFailure, nonsense } from './axis.js'
import { meaningOf } from './codes.js'
import { readSent, rowsOf, type SentEntry } from './records.js'
import { accountOf, type Credential, plainCode, type Settings } from './settings.js'

/** The list of what an account has sent has no pages. */
const MOST_LIST_BYTES = 32 * 2 ** 20

/** What this process knows about its own calls; another process has only the delivery's attempt to go by. */
interface Known {
  /** Deliveries that may have arrived → when the first such attempt began, epoch ms. */
  readonly doubtful: Map<string, number>
  /** DocId → the delivery it was given for. */
  readonly answered: Map<string, string>
}

export type Deliver = (delivery: OutboundDelivery, signal: AbortSignal) => Promise<Outcome>

export function createDeliver (settings: Settings, { axis, kit }: { axis: Axis, kit: AdapterKit }): Deliver {
  const known: Known = { doubtful: new Map(), answered: new Map() }
  return async (delivery, signal) => {
    const { deliveryId, attempt, envelope: { from } } = delivery
    const account = accountOf(from.code, settings)
    if (account === undefined) return withoutAccount(from.code)
    const startedAt = kit.now()
    try {
      if (attempt > 1 || known.doubtful.has(deliveryId)) {
        const found = await findSent({ delivery, account, signal }, { settings, axis, known })
        if (found !== undefined) return delivered(note(known, delivery, found))
      }
      const docId = await send({ delivery, account, signal }, { settings, axis })
      return delivered(docId === undefined ? undefined : note(known, delivery, docId))
    } catch (error) {
      const outcome = outcomeOf(error, attempt, settings)
      if (outcome.kind === 'deferred' && outcome.uncertain === true && !known.doubtful.has(deliveryId)) rememberLatest(known.doubtful, deliveryId, startedAt)
      return outcome
    }
  }
}

function outcomeOf (error: unknown, attempt: number, { errorCodes }: Settings): Outcome {
  if (!(error instanceof AxisFailure)) return outcomeOfFailure(error)
  const isLast = error.code !== undefined && attempt > 1 && meaningOf(error.code, errorCodes) === 'retry-once'
  return isLast ? refused({ ...error.outcome.problem, code: 'ENDPOINT_REFUSED' }) : error.outcome
}

interface Sending { delivery: OutboundDelivery, account: Credential, signal: AbortSignal }

async function send ({ delivery, account, signal }: Sending, { settings, axis }: { settings: Settings, axis: Axis }): Promise<string | undefined> {
  const { envelope, recipient, body, deliveryId, traceparent } = delivery
  const form = settings.sendMode === 'multipart' ? openForm() : undefined
  const length = body.size + (form === undefined ? 0 : form.before.length + form.after.length)
  const fields = await axis.ask({
    account,
    operation: 'sendEdoc',
    signal,
    contentType: form?.contentType ?? 'application/octet-stream',
    parameters: {
      servicetype: settings.serviceType,
      messagetype: messageTypeOf(delivery),
      from: envelope.from.code,
      // The hub makes one delivery of each recipient: without this, the axis would give each of them to all that the document names.
      to: JSON.stringify([recipient]),
      'hash-file': body.sha256
    },
    headers: { 'Content-Length': String(length), ...(settings.correlationHeaders ? { 'Idempotency-Key': deliveryId, traceparent } : {}) },
    // As a stream also where it is small: the client sends a buffer again by itself when a kept connection breaks, and the axis may have the first.
    body: await openBody(delivery, form)
  })
  const docId = fields['DocId']
  return typeof docId === 'string' || typeof docId === 'number' ? plain(String(docId), { maxLength: 200 }) : undefined
}

interface Form { contentType: string, before: Buffer, after: Buffer }

function openForm (): Form {
  const boundary = `lienthong-${randomUUID()}`
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    before: Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file_doc"; filename="document.edxml"\r\nContent-Type: application/octet-stream\r\n\r\n`),
    after: Buffer.from(`\r\n--${boundary}--\r\n`)
  }
}

async function openBody ({ body }: OutboundDelivery, form: Form | undefined): Promise<Readable> {
  const content = body.bytes === undefined ? await body.open() : Readable.from([body.bytes], { objectMode: false })
  if (form === undefined) return content
  const { before, after } = form
  return Readable.from((async function * () {
    yield before
    yield * content as AsyncIterable<Buffer>
    yield after
  })(), { objectMode: false })
}

function messageTypeOf ({ envelope: { kind } }: OutboundDelivery): string {
  return kind === 'status' ? 'status' : 'edoc'
}

/** The DocId under which the axis has this delivery already. Throws when the list cannot be read: then nobody knows. */
async function findSent ({ delivery, account, signal }: Sending, { settings, axis, known }: { settings: Settings, axis: Axis, known: Known }): Promise<string | undefined> {
  const parameters = { servicetype: settings.serviceType, messagetype: messageTypeOf(delivery) }
  const fields = await axis.ask({ account, operation: 'getSentEdocList', parameters, signal, mostBytes: MOST_LIST_BYTES })
  if (fields['data'] !== null && !Array.isArray(fields['data'])) throw nonsense()
  const since = (known.doubtful.get(delivery.deliveryId) ?? deliveryMadeAt(delivery.deliveryId)) - settings.sentToleranceMs
  // What came before it may bear the same number and title, and was sent by another process.
  const others = await delivery.otherIds()
  const isOurs = ({ docId }: SentEntry): boolean => {
    if (others.includes(docId)) return false
    const owner = known.answered.get(docId)
    return owner === undefined || owner === delivery.deliveryId
  }
  return rowsOf(fields).map(readSent).find(entry => entry !== undefined && isOurs(entry) && matches(entry, delivery, since))?.docId
}

function matches (entry: SentEntry, { envelope, recipient }: OutboundDelivery, since: number): boolean {
  if (entry.status === 'fail' || entry.to === undefined || plainCode(entry.to) !== plainCode(recipient)) return false
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
  return deferred(problem('ENDPOINT_UNAVAILABLE', text(`Chưa cấu hình tài khoản trục quốc gia cho cơ quan gửi ${shown}.`, `No account of the national axis is configured for the sender ${shown}.`)))
}
