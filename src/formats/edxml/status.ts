// Tree of a status message → canonical status (QCVN 102:2016 §2.2, 2.3).
import type { Status } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { defined } from '../defined.js'
import { childOf, pointerTo, textOf } from './element.js'
import { readInstant, readReference, readStaff, type Reading } from './message.js'

/** Stands in for a code that is none; the message is refused then. */
const NO_CODE = '00'

export function readStatus (reading: Reading): Status {
  const { header, reader } = reading
  return defined({
    statusCode: readStatusCode(reading),
    responseFor: readReference(childOf(header, 'ResponseFor'), reading) ?? {},
    description: reader.text(header, 'Description', { usual: 1000, limit: 2000 }),
    at: readInstant(header, 'Timestamp', reading),
    staff: readStaff(childOf(header, 'StaffInfo'), reading)
  })
}

/** Two digits; a single one gets its leading zero back. Unknown codes are kept: they inform. */
function readStatusCode ({ header, findings }: Reading): string {
  const raw = textOf(childOf(header, 'StatusCode'))
  if (raw === undefined) return NO_CODE
  if (/^\d{2}$/.test(raw)) return raw
  const finding = { code: 'FIELD_INVALID', pointer: pointerTo(header, 'StatusCode'), expected: '01 … 16', found: raw } as const
  if (/^\d$/.test(raw)) {
    findings.add('warn', { ...finding, detail: text('Mã trạng thái thiếu số 0 ở đầu.', 'The status code lacks its leading zero.') })
    return `0${raw}`
  }
  findings.add('refuse', { ...finding, detail: text('Mã trạng thái phải gồm hai chữ số.', 'The status code must have two digits.') })
  return NO_CODE
}
