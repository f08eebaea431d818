// Maintenance windows of an endpoint: times, in Việt Nam, at which its agency does not want to be called.
import { dayOf, startOfDay } from './calendar.js'

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
export type Weekday = typeof DAYS[number]

/**
 * Weekly: `from` and `to` are times of day (HH:MM), on `days` (every day when absent); one that ends before it begins
 * ends on the next day. Once: both are instants (YYYY-MM-DDTHH:MM) without a zone, and there are no days.
 */
export interface MaintenanceWindow { days?: Weekday[], from: string, to: string }

/** When the window that `at` lies in ends, epoch ms; undefined outside all windows. The latest end counts. */
export function maintenanceUntil (windows: readonly MaintenanceWindow[], at: number): number | undefined {
  const ends = windows.flatMap(window => spansAround(window, at)).flatMap(([from, to]) => from <= at && at < to ? [to] : [])
  return ends.length === 0 ? undefined : Math.max(...ends)
}

/** A window that can never be meant: a day with an instant, two kinds of time, a day that does not exist, or no length. */
export function isNonsense ({ days, from, to }: MaintenanceWindow): boolean {
  if (isTimeOfDay(from) !== isTimeOfDay(to)) return true
  if (isTimeOfDay(from)) return from === to
  return days !== undefined || !(instantOf(from) < instantOf(to)) || !isRealDay(from) || !isRealDay(to)
}

/** Instants of a window near `at`: the only one, or those that began yesterday and today. */
function spansAround ({ days, from, to }: MaintenanceWindow, at: number): Array<[number, number]> {
  if (!isTimeOfDay(from)) return [[instantOf(from), instantOf(to)]]
  const today = dayOf(at)
  return [-1, 0].flatMap(addDays => {
    const midnight = startOfDay(today, addDays)
    const day = DAYS[new Date(dayOf(midnight)).getUTCDay()]
    if (day === undefined || days?.includes(day) === false) return []
    return [[midnight + msOf(from), midnight + msOf(to) + (to < from ? 86_400_000 : 0)]]
  })
}

function isTimeOfDay (time: string): boolean {
  return !time.includes('T')
}

function isRealDay (time: string): boolean {
  const [day = ''] = time.split('T')
  return dayOf(startOfDay(day)) === day
}

function instantOf (time: string): number {
  const [day = '', timeOfDay = ''] = time.split('T')
  return startOfDay(day) + msOf(timeOfDay)
}

function msOf (timeOfDay: string): number {
  const [hours = 0, minutes = 0] = timeOfDay.split(':').map(Number)
  return (hours * 60 + minutes) * 60_000
}
