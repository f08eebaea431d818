// Agency codes in the order a recipient reads, by the directory: reversing the groups would name the wrong office, since
// provinces gave new values to the deeper groups.
import { HubError } from '../errors.js'
import { normalizeCode, schemeOf } from '../model/agency-code.js'
import { dayOf } from '../model/calendar.js'
import type { Agency } from '../model/generated.js'
import { text } from '../model/text.js'
import type { CodeWriter } from '../formats/codes.js'
import type { CodeOrder, Directory } from '../ports/directory.js'

export interface OrderedCodes {
  write: CodeWriter
  /** Codes that stayed as written, because the directory does not know them. */
  readonly unknown: ReadonlySet<string>
}

/**
 * Writes codes in `order`, as they held at `at` (epoch ms). A code that is in that order already stays as the sender wrote
 * it, and so does one that the directory does not know: it may be a node of the axis or a slip, and nobody can say what it
 * would be. `write` throws TRANSFORM_FAILED for a known agency without a code in that order: half of an envelope in one
 * order and half in the other is read wrongly without anybody noticing.
 */
export function orderCodes (order: Exclude<CodeOrder, 'as-written'>, { directory, at }: { directory: Pick<Directory, 'find'>, at: number }): OrderedCodes {
  const unknown = new Set<string>()
  return {
    unknown,
    write (code) {
      if (code === '' || schemeOf(normalizeCode(code)) === order) return code
      const agency = directory.find(code, at)
      if (agency === undefined) {
        unknown.add(code)
        return code
      }
      const found = codeOf(agency, order, dayOf(at))
      if (found !== undefined) return found
      throw new HubError('TRANSFORM_FAILED', text(
        `${agency.name} (${agency.code}) chưa có mã dạng ${order} trong danh mục cơ quan; hãy bổ sung rồi gửi lại.`,
        `${agency.name} (${agency.code}) has no ${order} code in the agency directory; add one and replay.`))
    }
  }
}

function codeOf (agency: Agency, order: 'qd20' | 'qcvn102', day: string): string | undefined {
  if (schemeOf(normalizeCode(agency.code)) === order) return agency.code
  const listed = (agency.codes ?? []).filter(({ scheme }) => scheme === order)
  const valid = listed.find(({ validFrom, validTo }) => (validFrom === undefined || validFrom <= day) && (validTo === undefined || day < validTo))
  return (valid ?? listed.at(-1))?.code
}
