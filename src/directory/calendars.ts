// Reads the working calendars of a province, one file a year or more, into one.
import { readFile } from 'node:fs/promises'
import { fault, HubError } from '../errors.js'
import type { WorkingCalendar as CalendarFile } from '../model/generated.js'
import type { Fault } from '../model/problem.js'
import { text } from '../model/text.js'
import { createWorkingCalendar, type WorkingCalendar } from '../model/working-days.js'
import { faultsOf } from '../schema.js'

/** Without a file there are only weekends. */
const WEEKENDS: CalendarFile = { from: '1970-01-01', to: '1970-01-01', weekend: [0, 6], holidays: [] }

/** Throws `CONFIG_INVALID` with the faults of all files. The weekend and the cut-off hour are those of the latest calendar. */
export async function readCalendars (paths: readonly string[]): Promise<WorkingCalendar> {
  const faults: Fault[] = []
  const files: CalendarFile[] = []
  for (const path of paths) {
    try {
      const content = JSON.parse(await readFile(path, 'utf8')) as unknown
      const found = faultsOf('working-calendar', content)
      faults.push(...found.map(each => ({ ...each, pointer: `${path}#${each.pointer}` })))
      if (found.length === 0) files.push(content as CalendarFile)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      faults.push(fault('FIELD_INVALID', path, text(`Không đọc được tệp lịch làm việc: ${why}`, `The working calendar cannot be read: ${why}`)))
    }
  }
  if (faults.length > 0) throw new HubError('CONFIG_INVALID', text('Lịch làm việc có lỗi.', 'The working calendar has faults.'), { errors: faults })
  const inOrder = files.sort((a, b) => a.from < b.from ? -1 : 1)
  const latest = inOrder.at(-1) ?? WEEKENDS
  return createWorkingCalendar({
    ...latest,
    from: inOrder[0]?.from ?? latest.from,
    holidays: inOrder.flatMap(({ holidays }) => holidays),
    workingDays: inOrder.flatMap(({ workingDays = [] }) => workingDays)
  })
}
