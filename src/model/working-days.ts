// Deadlines in working days over a calendar given as data. Days are yyyy-MM-dd in Việt Nam; every function is pure.
import { dayOf, startOfDay } from './calendar.js'
import type { WorkingCalendar as CalendarFile } from './generated.js'

/** A calendar made for asking. */
export interface WorkingCalendar {
  /** First and last day that it knows. */
  readonly from: string
  readonly to: string
  readonly weekend: ReadonlySet<number>
  readonly holidays: ReadonlySet<string>
  /** Weekend days on which is worked: the other half of a swap. Stronger than `holidays`. */
  readonly workingDays: ReadonlySet<string>
  /** From this hour on, what comes in counts for the next working day. */
  readonly cutOffHour: number
}

/** Days from `from` up to, not including, `to` during which the clock stands still; without `to` it stands still now. */
export interface Pause { readonly from: string, readonly to?: string }

const HOUR_MS = 3_600_000
const DEFAULT_CUT_OFF_HOUR = 15

/** Makes a calendar of a file that is valid by `working-calendar.schema.json`. */
export function createWorkingCalendar ({ from, to, weekend, holidays, workingDays = [], cutOffHour = DEFAULT_CUT_OFF_HOUR }: CalendarFile): WorkingCalendar {
  const days = (list: ReadonlyArray<{ day: string }>): ReadonlySet<string> => new Set(list.map(({ day }) => day))
  return { from, to, weekend: new Set(weekend), holidays: days(holidays), workingDays: days(workingDays), cutOffHour }
}

/** The day `count` days after `day` (before it, when negative). */
export function addDays (day: string, count: number): string {
  return dayOf(startOfDay(day, count))
}

export function isWorkingDay (day: string, { weekend, holidays, workingDays }: WorkingCalendar): boolean {
  if (workingDays.has(day)) return true
  return !holidays.has(day) && !weekend.has(new Date(Date.parse(day)).getUTCDay())
}

/** `day` itself when it is a working day, else the next one. */
export function workingDayFrom (day: string, calendar: WorkingCalendar): string {
  let at = day
  // A calendar without any working day in a year would be followed for ever.
  for (let steps = 0; !isWorkingDay(at, calendar) && steps < 366; steps++) at = addDays(at, 1)
  return at
}

/**
 * The `count`-th working day after `day`; `day` itself does not count. With 0 it is `day` or the next working day. A
 * negative count goes back: the warning a working day before a deadline is -1.
 */
export function addWorkingDays (day: string, count: number, calendar: WorkingCalendar): string {
  if (count === 0) return workingDayFrom(day, calendar)
  const step = Math.sign(count)
  let at = day
  for (let left = Math.abs(count), idle = 0; left > 0 && idle < 366; idle++) {
    at = addDays(at, step)
    if (!isWorkingDay(at, calendar)) continue
    left--
    idle = 0
  }
  return at
}

/** Working days after `from` up to and including `to`: the inverse of {@link addWorkingDays}. 0 when `to` is not later. */
export function workingDaysBetween (from: string, to: string, calendar: WorkingCalendar): number {
  let count = 0
  for (let at = addDays(from, 1); at <= to; at = addDays(at, 1)) if (isWorkingDay(at, calendar)) count++
  return count
}

/**
 * The day on which what came in at `at` (epoch ms) has to be passed on: the same working day, or the next one when it
 * came on a free day or from the cut-off hour on (NĐ 61/2018 art. 18.2, 18.3: 15:00).
 */
export function forwardingDay (at: number, calendar: WorkingCalendar): string {
  const day = dayOf(at)
  const late = at >= startOfDay(day) + calendar.cutOffHour * HOUR_MS
  return isWorkingDay(day, calendar) && !late ? day : addWorkingDays(day, 1, calendar)
}

/**
 * The day by which `days` working days after `start` have passed, those in `pauses` not counted; overlapping pauses count
 * once. Undefined while a pause is open that begins before the end: nobody knows then.
 */
export function dueDay ({ start, days, pauses }: { start: string, days: number, pauses: readonly Pause[] }, calendar: WorkingCalendar): string | undefined {
  let at = workingDayFrom(start, calendar)
  for (let left = days, idle = 0; left > 0 && idle < 3660; idle++) {
    at = addDays(at, 1)
    const pause = pauses.find(({ from, to }) => from <= at && (to === undefined || at < to))
    if (pause !== undefined && pause.to === undefined) return undefined
    if (pause === undefined && isWorkingDay(at, calendar)) { left--; idle = 0 }
  }
  return at
}

/** True when every day of the span is one that the calendar was made for; beyond it only weekends are known. */
export function covers (calendar: WorkingCalendar, from: string, to: string): boolean {
  return calendar.from <= from && to <= calendar.to
}
