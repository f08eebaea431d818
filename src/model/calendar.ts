// Days as the agencies count them: Vietnamese civil days, UTC+7 all year.
const DAY_MS = 86_400_000
const OFFSET_MS = 7 * 3_600_000

/** Nearly every question is about today; formatting a date costs more than looking up an agency. */
let last = { number: 0, day: '1970-01-01' }

/** The day (yyyy-MM-dd) it is in Việt Nam at `at`, epoch ms. Days in this form compare as strings. */
export function dayOf (at: number): string {
  const number = Math.floor((at + OFFSET_MS) / DAY_MS)
  if (number !== last.number) last = { number, day: new Date(number * DAY_MS).toISOString().slice(0, 10) }
  return last.day
}

/** Epoch ms of the first moment of a day, moved by `addDays`. */
export function startOfDay (day: string, addDays = 0): number {
  return Date.parse(day) - OFFSET_MS + addDays * DAY_MS
}
