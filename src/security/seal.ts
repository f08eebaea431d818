// Values that only this hub can have made: a payload and its HMAC, for links and sessions that are stored nowhere.
import { createHmac, timingSafeEqual } from 'node:crypto'

const MAC_LENGTH = 43

export interface Seal {
  /** `payload` (characters of Base64url only) and 43 characters more. Undefined while there is no secret. */
  seal (payload: string): string | undefined
  /** The payload; undefined for what was not made here. */
  open (sealed: string): string | undefined
}

/** `purpose` goes into the HMAC, so that another use of the secret can never make a valid value. The first secret seals, every one opens. */
export function createSeal (secrets: ReadonlyArray<string | null>, purpose: string): Seal {
  const [first] = secrets
  const known = secrets.filter(each => each !== null)
  const macOf = (payload: string, secret: string): string => createHmac('sha256', secret).update(purpose + payload).digest('base64url')
  return {
    seal: payload => first === null || first === undefined ? undefined : payload + macOf(payload, first),
    open (sealed) {
      const [payload, mac] = [sealed.slice(0, -MAC_LENGTH), sealed.slice(-MAC_LENGTH)]
      // Every secret is tried whatever the first says: the time tells nothing.
      const genuine = known.map(each => isSame(mac, macOf(payload, each)))
      return payload !== '' && genuine.includes(true) ? payload : undefined
    }
  }
}

/** Compares in constant time. */
export function isSame (found: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(found), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
