// Dates of edXML messages: canonical yyyy/MM/dd[ HH:mm:ss] local time (UTC+7), and the other forms seen in real files.
// A strict parser of its own: `new Date(text)` accepts 2026/02/30 and depends on the process's time zone.

/** As the standard writes it; nearly every date is. */
const CANONICAL = /^\d{4}\/\d{2}\/\d{2}(?: \d{2}:\d{2}:\d{2})?$/
/** That, and what a reader makes of it: neither needs a calendar. */
const SIMPLE = /^(\d{4})([/-])(\d{2})\2(\d{2})(?:[ T](\d{2}:\d{2}:\d{2})(?:\+07:00)?)?$/
const YEAR_FIRST = /^(\d{4})([/-])(\d{1,2})\2(\d{1,2})(?:[ T]+(.+))?$/
const DAY_FIRST = /^(\d{1,2})([/-])(\d{1,2})\2(\d{4})(?:[ T]+(.+))?$/
/** SA and CH: before and after noon, as Windows writes Vietnamese time on a clock of twelve hours. */
const TIME = /^(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?\s*(?:(SA|CH)|(Z|[+-]\d{2}:?\d{2}))?$/i
/** The first day of the calendar: what programs write for a date nobody gave (.NET's DateTime.MinValue). */
const DEFAULT_DATE = /^(?:0001([/-])(?:01|1)\1(?:01|1)|(?:01|1)([/-])(?:01|1)\2(?:0001|1))(?:[ T].*)?$/
const HANOI_OFFSET_MINUTES = 7 * 60
const MINUTE_MS = 60_000

/** ISO date (yyyy-MM-dd) of a date or an instant; the day is the one in Vietnam. Undefined when there is no such day. */
export function parseDate (raw: string): string | undefined {
  return parseInstant(raw)?.slice(0, 10)
}

/** ISO instant with +07:00. A date alone is its first second; fractions of a second are kept. Undefined when there is no such instant. */
export function parseInstant (raw: string): string | undefined {
  const simple = parseSimple(raw)
  if (simple !== undefined) return simple
  const trimmed = raw.trim()
  const yearFirst = YEAR_FIRST.exec(trimmed)
  const dayFirst = yearFirst === null ? DAY_FIRST.exec(trimmed) : null
  const match = yearFirst ?? dayFirst
  if (match === null) return undefined
  const month = Number(match[3])
  const [year, day] = yearFirst === null ? [Number(match[4]), Number(match[1])] : [Number(match[1]), Number(match[4])]
  if (!isDay(year, month, day)) return undefined
  const clock = match[5] === undefined ? { minutes: 0, seconds: 0, fraction: '', offset: HANOI_OFFSET_MINUTES } : parseTime(match[5])
  if (clock === undefined) return undefined
  const localMs = Date.UTC(year, month - 1, day) + (clock.minutes + HANOI_OFFSET_MINUTES - clock.offset) * MINUTE_MS
  const iso = new Date(localMs).toISOString()
  return `${iso.slice(0, 17)}${String(clock.seconds).padStart(2, '0')}${clock.fraction}+07:00`
}

interface TimeOfDay {
  minutes: number
  seconds: number
  fraction: string
  /** Minutes east of Greenwich. */
  offset: number
}

function parseTime (raw: string): TimeOfDay | undefined {
  const match = TIME.exec(raw.trim())
  if (match === null) return undefined
  const [, written, minutes, seconds = '0', fraction = '', half, zone] = match
  const hours = hoursOf(Number(written), half?.toUpperCase())
  if (hours > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined
  const offset = offsetOf(zone)
  return offset === undefined ? undefined : { minutes: hours * 60 + Number(minutes), seconds: Number(seconds), fraction, offset }
}

/** Hours from midnight; over 23 when there is no such hour. */
function hoursOf (written: number, half: string | undefined): number {
  if (half === undefined) return written
  return written < 1 || written > 12 ? 24 : written % 12 + (half === 'CH' ? 12 : 0)
}

function offsetOf (zone: string | undefined): number | undefined {
  if (zone === undefined) return HANOI_OFFSET_MINUTES
  if (/^z$/i.test(zone)) return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  if (minutes > 14 * 60 || Number(zone.slice(-2)) > 59) return undefined
  return zone.startsWith('-') ? -minutes : minutes
}

/** Years outside 1900 to 2199 are defaults of programs (0001/01/01) or slips, not dates of documents. */
function isDay (year: number, month: number, day: number): boolean {
  return year >= 1900 && year < 2200 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function daysIn (year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && leap ? 29 : DAYS[month - 1] ?? 0
}

function parseSimple (raw: string): string | undefined {
  const match = SIMPLE.exec(raw)
  if (match === null) return undefined
  const [, year = '', , month = '', day = '', time = '00:00:00'] = match
  if (!isDay(Number(year), Number(month), Number(day)) || time.slice(0, 2) > '23' || time.slice(3, 5) > '59' || time.slice(6) > '59') return undefined
  return `${year}-${month}-${day}T${time}+07:00`
}

/** True for a date that only says that there is none. */
export function isDefaultTime (raw: string): boolean {
  return DEFAULT_DATE.test(raw)
}

/** True for `yyyy/MM/dd` with or without `HH:mm:ss`. */
export function isCanonicalTime (raw: string): boolean {
  return CANONICAL.test(raw)
}
