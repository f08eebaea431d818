// Tree of a status message → canonical status (QCVN 102:2016 §2.2, 2.3).
import type { Extension, Status } from '../../model/generated.js'
import { text } from '../../model/text.js'
import { defined } from '../../model/defined.js'
import { childOf, pointerTo, textOf } from './element.js'
import { readInstant, readReference, readStaff, type Reading } from './message.js'

/** Stands in for a code that is none; the message is refused then. */
const NO_CODE = '00'
const KNOWN_CODES: ReadonlySet<string> = new Set(['01', '02', '03', '04', '05', '06', '13', '15', '16'])

export function readStatus (reading: Reading, extensions: Extension[] | undefined): Status {
  const { header, reader } = reading
  return defined({
    statusCode: readStatusCode(reading),
    responseFor: readReference(childOf(header, 'ResponseFor'), reading) ?? {},
    description: reader.text(header, 'Description', { usual: 1000, limit: 2000 }),
    at: readInstant(header, 'Timestamp', reading),
    staff: readStaff(childOf(header, 'StaffInfo'), reading),
    extensions
  })
}

/** Two digits; a single one gets its leading zero back. Unknown codes are kept: they inform. */
function readStatusCode ({ header, notes }: Reading): string {
  const raw = textOf(childOf(header, 'StatusCode'))
  if (raw === undefined) return NO_CODE
  if (/^\d{2}$/.test(raw)) {
    if (!KNOWN_CODES.has(raw)) notes.note('status-code-known', { code: 'FIELD_INVALID', pointer: pointerTo(header, 'StatusCode'), detail: text('Mã trạng thái lạ; chuyển đi để biết.', 'The status code is not known; it is passed on as information.'), expected: [...KNOWN_CODES].join(' | '), found: raw })
    return raw
  }
  const finding = { code: 'FIELD_INVALID', pointer: pointerTo(header, 'StatusCode'), expected: '01 … 16', found: raw } as const
  if (/^\d$/.test(raw)) {
    notes.note('status-code-form', { ...finding, detail: text('Mã trạng thái thiếu số 0 ở đầu.', 'The status code lacks its leading zero.') })
    return `0${raw}`
  }
  notes.note('status-code', { ...finding, detail: text('Mã trạng thái phải gồm hai chữ số.', 'The status code must have two digits.') })
  return NO_CODE
}
