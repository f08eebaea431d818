// Days as the agencies count them: Vietnamese civil days, UTC+7 all year.
const DAY_MS = 86_400_000
const OFFSET_MS = 7 * 3_600_000

/** The day (yyyy-MM-dd) it is in Việt Nam at `at`, epoch ms. Days in this form compare as strings. */
export function dayOf (at: number): string {
  return new Date(at + OFFSET_MS).toISOString().slice(0, 10)
}

/** Epoch ms of the first moment of a day, moved by `addDays`. */
export function startOfDay (day: string, addDays = 0): number {
  return Date.parse(day) - OFFSET_MS + addDays * DAY_MS
}
