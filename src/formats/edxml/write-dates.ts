// Canonical dates and instants as edXML writes them: yyyy/MM/dd and yyyy/MM/dd HH:mm:ss, Vietnamese time without a zone.
import { parseDate, parseInstant } from './dates.js'

const HANOI_OFFSET_MS = 7 * 3_600_000

/** Days that every month has, so surely dates: parsing costs more than all the rest of a field. */
const PLAIN_DATE = /^(?:19|20|21)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])$/
const PLAIN_INSTANT = /^(?:19|20|21)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\+07:00$/

/** `2026-03-16` → `2026/03/16`. Text that is no date was kept as the sender wrote it and is written so again. */
export function writeDate (value: string): string {
  if (PLAIN_DATE.test(value)) return value.replaceAll('-', '/')
  const parsed = parseDate(value)
  return parsed === undefined ? value : parsed.replaceAll('-', '/')
}

/** `2026-03-16T09:12:30+07:00` → `2026/03/16 09:12:30`. Fractions of a second have no place in the format. */
export function writeInstant (value: string): string {
  if (PLAIN_INSTANT.test(value)) return `${value.slice(0, 10).replaceAll('-', '/')} ${value.slice(11, 19)}`
  const parsed = parseInstant(value)
  return parsed === undefined ? value : `${parsed.slice(0, 10).replaceAll('-', '/')} ${parsed.slice(11, 19)}`
}

/** Epoch ms as an instant of the format. */
export function writeEpoch (at: number): string {
  return writeInstant(`${new Date(at + HANOI_OFFSET_MS).toISOString().slice(0, 19)}+07:00`)
}
