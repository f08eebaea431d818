// What the error code of a partner means: a table of what was seen, which the settings of an endpoint can overrule.
import { type Text, text } from '../../model/text.js'
import { problem } from '../http-outcome.js'
import type { NoSuccess } from './failure.js'

/** `credentials`: tried again, but an operator has to act. `retry-once`: only who knows the attempt can tell the second time from the first. */
export type Meaning = 'refuse' | 'retry' | 'retry-once' | 'credentials'

export interface EdocCodes {
  /** An unknown code proves nothing: it is tried again, until the attempts are used up. */
  meaningOf (code: string, overrules: Readonly<Record<string, Meaning>>): Meaning
  /** `description` is what the partner said to it, fit to be shown. */
  outcomeOfCode (code: string, description: string, overrules: Readonly<Record<string, Meaning>>): NoSuccess
}

/** `partner`: how it is called at the beginning of a sentence. */
export function createEdocCodes (partner: Text, table: Readonly<Record<string, { meaning: Meaning, said: Text }>>): EdocCodes {
  const known = new Map(Object.entries(table))
  const meaningOf: EdocCodes['meaningOf'] = (code, overrules) => (Object.hasOwn(overrules, code) ? overrules[code] : known.get(code)?.meaning) ?? 'retry'
  return {
    meaningOf,
    outcomeOfCode (code, description, overrules) {
      const said = known.get(code)?.said
      const more = description === '' ? '' : `: ${description}`
      const [vi, en] = said === undefined ? ['', ''] : [` (${said.vi})`, ` (${said.en})`]
      const detail = text(`${partner.vi} trả lời mã lỗi ${code}${vi}${more}`, `${partner.en} answered with error ${code}${en}${more}`)
      return meaningOf(code, overrules) === 'refuse' ? { kind: 'refused', problem: problem('ENDPOINT_REFUSED', detail) } : { kind: 'deferred', problem: problem('ENDPOINT_UNAVAILABLE', detail) }
    }
  }
}
