// webhook: posts each package, as it is, to an HTTP address of the receiving system. Headers, signature and the meaning
// of every status are described in README.md.
import { addAbortSignal, type Readable } from 'node:stream'
import {
  type AdapterKit, type AdapterSession, deferred, defineAdapter, delivered, type HttpAnswer, HttpFailure, type OutboundDelivery, type Outcome,
  outcomeOfFailure, outcomeOfHttp, parseJson, plain
} from 'lienthong/adapter'
import settingsSchema from './config.schema.json' with { type: 'json' }
import manifest from './manifest.json' with { type: 'json' }
import { sign } from './signature.js'

export { sign, verifySignature } from './signature.js'

interface Settings {
  url: string
  secret?: string
  previousSecret?: string
  headers: Record<string, string>
  successStatuses?: number[]
}

// Held as one buffer, a small body can be sent again when a kept-alive connection turns out to be dead.
const SMALL_BYTES = 256 * 1024

export const adapter = defineAdapter<Settings>({
  manifest,
  settingsSchema,
  async open (settings, kit) {
    return createSession(settings, kit)
  }
})

function createSession (settings: Settings, kit: AdapterKit): AdapterSession {
  const { url, headers } = settings
  const secrets = [settings.secret, settings.previousSecret].filter(secret => secret !== undefined)
  // A header value may be two words ("Bearer …"); a server may echo the second one alone.
  const redact = [...secrets, ...Object.values(headers).flatMap(value => [value, ...value.split(' ')])].filter(value => value.length >= 6)
  const outcomeOf = (answer: HttpAnswer): Outcome =>
    outcomeOfHttp(answer, { now: kit.now(), redact, ...(settings.successStatuses === undefined ? {} : { successStatuses: settings.successStatuses }) })
  return {
    async probe (signal) {
      try {
        return proofOf(await kit.http.request({ method: 'HEAD', url, headers, signal }), outcomeOf)
      } catch (error) {
        return outcomeOfFailure(error)
      }
    },
    async deliver (delivery, signal) {
      try {
        const body = await bodyOf(delivery, signal)
        const own = headersOf(delivery, { secrets, timestamp: Math.floor(kit.now() / 1000) })
        const answer = await kit.http.request({ method: 'POST', url, headers: { ...headers, ...own }, body, signal })
        if (answer.status === 409 && isAlreadyReceived(answer, delivery.deliveryId)) return delivered()
        const outcome = outcomeOf(answer)
        return outcome.kind === 'delivered' ? delivered(externalIdOf(answer)) : outcome
      } catch (error) {
        return outcomeOfFailure(error)
      }
    },
    async close () {}
  }
}

async function bodyOf ({ body }: OutboundDelivery, signal: AbortSignal): Promise<Readable | Buffer> {
  if (body.bytes !== undefined) return body.bytes
  const stream = await body.open()
  if (body.size > SMALL_BYTES) return stream
  try {
    const chunks: Buffer[] = []
    for await (const chunk of addAbortSignal(signal, stream) as AsyncIterable<Buffer>) chunks.push(chunk)
    return Buffer.concat(chunks)
  } catch (error) {
    throw signal.aborted ? new HttpFailure('aborted', false, error) : error
  }
}

function headersOf (delivery: OutboundDelivery, { secrets, timestamp }: { secrets: readonly string[], timestamp: number }): Record<string, string> {
  const { deliveryId, packageId, recipient, envelope, body, attempt, traceparent } = delivery
  return {
    'Content-Type': body.mediaType,
    'Content-Length': String(body.size),
    'Content-Digest': `sha-256=:${Buffer.from(body.sha256, 'hex').toString('base64')}:`,
    'Idempotency-Key': deliveryId,
    'Lienthong-Delivery': deliveryId,
    'Lienthong-Package': packageId,
    'Lienthong-Attempt': String(attempt),
    'Lienthong-Recipient': encodeURIComponent(recipient),
    'Lienthong-Kind': envelope.kind,
    traceparent,
    ...(secrets.length === 0
      ? {}
      : {
          'webhook-id': deliveryId,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': sign({ id: deliveryId, timestamp, sha256: body.sha256 }, secrets)
        })
  }
}

/** A receiver need not know HEAD: 404, 405 and the like still prove that somebody answers at the address. */
function proofOf (answer: HttpAnswer, outcomeOf: (answer: HttpAnswer) => Outcome): Outcome {
  const isThere = answer.status < 300 || [400, 404, 405, 406, 411, 415, 501].includes(answer.status)
  if (isThere) return delivered()
  const outcome = outcomeOf(answer)
  return outcome.kind === 'refused' ? deferred(outcome.problem) : outcome
}

/** 409 is a refusal, unless the receiver says that it has exactly this delivery. */
function isAlreadyReceived (answer: HttpAnswer, deliveryId: string): boolean {
  return answer.headers['lienthong-duplicate'] === deliveryId || fieldOf(answer, 'alreadyReceived') === deliveryId
}

/** The receiving system's own identifier: Location, or `id` of a JSON answer. */
function externalIdOf (answer: HttpAnswer): string | undefined {
  const found = plain(answer.headers['location'] ?? String(fieldOf(answer, 'id') ?? ''), { maxLength: 200 })
  return found === '' ? undefined : found
}

function fieldOf ({ headers, body }: HttpAnswer, name: string): string | number | undefined {
  if (!/json/i.test(headers['content-type'] ?? '')) return undefined
  const value = parseJson(body.toString('utf8'))
  const field = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
  return typeof field === 'string' || typeof field === 'number' ? field : undefined
}
