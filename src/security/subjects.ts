// Whom a service call is about, as its log may tell: enough to find all calls about one person, not enough to know the person.
import { createHmac } from 'node:crypto'
import type { ServiceLogConfig } from '../model/generated.js'

const SHOWN = 3

/** From a number of a person to what is written down: a keyed hash, or the number with all but its last three characters covered. */
export function createSubjects ({ subject, secret }: ServiceLogConfig): (number: string) => string {
  const normal = (number: string): string => number.normalize('NFC').replace(/\s+/g, '').toUpperCase()
  if (subject === 'masked') {
    return number => {
      const characters = [...normal(number)]
      // Of a short number nothing is shown: the rest could be guessed.
      const shown = characters.length >= 3 * SHOWN ? SHOWN : 0
      return characters.map((character, index) => index < characters.length - shown ? '*' : character).join('')
    }
  }
  // The configuration is not valid without a secret while there are services.
  return number => `hmac-sha256:${createHmac('sha256', secret ?? '').update(normal(number)).digest('hex')}`
}
