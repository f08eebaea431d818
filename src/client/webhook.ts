// For who receives by webhook: is this request really from the hub? Written apart from the adapter that signs, as any receiver
// would write it; a test holds the two against each other. The form: adapters/webhook/README.md.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { hostNow } from '../clock.js'
import { SignatureError } from './errors.js'

/** As `node:http` or `fetch` gives them. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

/** The part of a request that the signature covers. The other headers say more, but anybody on the way could have changed them. */
export interface VerifiedWebhook {
  /** The same in every attempt: keep it, and take nothing twice. */
  readonly deliveryId: string
  /** When it was signed, epoch ms. */
  readonly signedAt: number
  /** Lower-case hex SHA-256 of the body. */
  readonly sha256: string
}

export interface VerifyOptions {
  /** How far the signature's time may be from ours. Default 300. */
  readonly toleranceSeconds?: number
  /** Our time, epoch ms. Default: that of the machine. */
  readonly now?: number
}

/** Secrets below this can be guessed; an empty one (a variable that is not set) would let everybody in. */
const LEAST_KEY_BYTES = 16
/** Signatures of one request that are looked at. */
const MOST_SIGNATURES = 10

/**
 * Verifies a request of the hub. `body`: the bytes as they came, not parsed and written again, or their SHA-256 where they were streamed
 * (never the one that a header says). Any of `secrets` may have signed, so that they can be changed without a gap.
 * Throws `SignatureError` when it is not the hub's or too old, `TypeError` when a secret is too short.
 */
export function verifyWebhook (headers: WebhookHeaders, body: Uint8Array | string | { readonly sha256: string }, secrets: string | readonly string[], options: VerifyOptions = {}): VerifiedWebhook {
  const { toleranceSeconds = 300, now = hostNow() } = options
  const keys = [secrets].flat().map(keyOf)
  if (keys.length === 0) throw new TypeError('no secret is given')
  const [id, timestamp, given] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(name => headerOf(headers, name))
  if (given === undefined) throw new SignatureError('absent')
  if (id === undefined || timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) throw new SignatureError('invalid')
  const sha256 = typeof body === 'string' || body instanceof Uint8Array ? createHash('sha256').update(body).digest('hex') : body.sha256.toLowerCase()
  const offered = given.split(' ').slice(0, MOST_SIGNATURES).map(each => Buffer.from(each))
  const isSigned = keys.some(key => {
    const expected = Buffer.from(`v1,${createHmac('sha256', key).update(`${id}.${Number(timestamp)}.${sha256}`).digest('base64')}`)
    return offered.some(each => each.length === expected.length && timingSafeEqual(each, expected))
  })
  if (!isSigned) throw new SignatureError('invalid')
  const signedAt = Number(timestamp) * 1000
  if (Math.abs(now - signedAt) > toleranceSeconds * 1000) throw new SignatureError('expired')
  return { deliveryId: id, signedAt, sha256 }
}

/** `whsec_` marks Base64; anything else is text. */
function keyOf (secret: string): Buffer {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret)
  if (key.length < LEAST_KEY_BYTES) throw new TypeError(`a secret has less than ${LEAST_KEY_BYTES} bytes`)
  return key
}

function headerOf (headers: WebhookHeaders, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  const value = (headers as Readonly<Record<string, string | readonly string[] | undefined>>)[name]
  return typeof value === 'string' ? value : undefined
}
