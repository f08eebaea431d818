// The signature of a webhook request, for the adapter that signs and for receivers that verify. The form is that of
// Standard Webhooks; the signed payload is the body's SHA-256, so neither side has to hold 50 MB or read it twice.
import { createHmac, timingSafeEqual } from 'node:crypto'

export interface Signed {
  /** webhook-id: the delivery id. */
  readonly id: string
  /** webhook-timestamp: epoch seconds. */
  readonly timestamp: number
  /** Lower-case hex SHA-256 of the request body. */
  readonly sha256: string
}

/** `webhook-signature`: for each secret `v1,` and Base64 of HMAC-SHA256(key, `id.timestamp.sha256`), separated by spaces. */
export function sign ({ id, timestamp, sha256 }: Signed, secrets: readonly string[]): string {
  return secrets.map(secret => `v1,${createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${sha256}`).digest('base64')}`).join(' ')
}

export type Verdict = 'valid' | 'absent' | 'invalid' | 'expired'

export interface Verification {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Lower-case hex SHA-256 of the body as the receiver computed it itself. */
  readonly sha256: string
  /** Any one of them may have signed. */
  readonly secrets: readonly string[]
  /** Receiver's time, epoch ms. */
  readonly now: number
  /** How far the timestamp may be from `now`. Default 5 minutes. */
  readonly toleranceMs?: number
}

/** Verifies a request whose body has been read and hashed. Takes the same time wherever a wrong signature differs. */
export function verifySignature ({ headers, sha256, secrets, now, toleranceMs = 300_000 }: Verification): Verdict {
  const [id, timestamp, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(name => headers[name])
  if (signature === undefined) return 'absent'
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signature !== 'string' || !/^\d{1,12}$/.test(timestamp)) return 'invalid'
  const expected = sign({ id, timestamp: Number(timestamp), sha256 }, secrets).split(' ').map(one => Buffer.from(one))
  const given = signature.split(' ').slice(0, 10).map(one => Buffer.from(one))
  const matches = expected.some(one => given.some(other => one.length === other.length && timingSafeEqual(one, other)))
  if (!matches) return 'invalid'
  return Math.abs(now - Number(timestamp) * 1000) <= toleranceMs ? 'valid' : 'expired'
}

/** `whsec_` marks Base64; anything else is taken as UTF-8 text. */
function keyOf (secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret, 'utf8')
}
