// Statuses of a dossier and working days: tables, and properties over any span of days.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { type DossierStatus, DOSSIER_STATUSES, transition } from '../../src/model/dossier-status.js'
import type { WorkingCalendar as CalendarFile } from '../../src/model/generated.js'
import { addDays, addWorkingDays, covers, createWorkingCalendar, dueDay, forwardingDay, isWorkingDay, workingDaysBetween } from '../../src/model/working-days.js'
import { faultsOf } from '../../src/schema.js'
import { ROOT } from '../architecture/generate.js'
import fc from '../support/property.js'

const file = JSON.parse(readFileSync(join(ROOT, 'config/lam-dong/calendar-2026.json'), 'utf8')) as CalendarFile
const calendar = createWorkingCalendar(file)

test('every pair of statuses is legal or not, as the table says', async t => {
  const legal: Record<string, string> = { 1: '2 3 7', 2: '4 5 6 7 8 9', 3: '', 4: '5 6 7 8 9', 5: '3 4 7 8', 6: '4 7 8', 7: '', 8: '', 9: '4 10', 10: '' }
  const all = Array.from({ length: 10 }, (_, index) => String(index + 1)) as DossierStatus[]
  for (const from of all) {
    const after = all.filter(to => to !== from && transition(from, to) === 'legal')
    t.equal(after.join(' '), legal[from], `after ${from}`)
    t.equal(transition(from, from), 'legal', `${from} said again`)
    t.equal(DOSSIER_STATUSES[from].terminal, legal[from] === '', `${from} terminal`)
  }
  t.same(all.filter(status => DOSSIER_STATUSES[status].terminal), ['3', '7', '8', '10'])
})

test('the sample calendar is valid, and knows holidays and swapped days', async t => {
  t.same(faultsOf('working-calendar', file), [])
  const cases: Array<[string, boolean]> = [
    ['2026-01-01', false], ['2026-01-02', false], ['2026-01-03', false], ['2026-01-10', true], ['2026-02-17', false], ['2026-02-23', true],
    ['2026-04-27', false], ['2026-04-29', true], ['2026-08-22', true], ['2026-08-31', false], ['2026-09-03', true], ['2026-11-22', false]
  ]
  for (const [day, works] of cases) t.equal(isWorkingDay(day, calendar), works, day)
  t.ok(covers(calendar, '2026-01-01', '2026-12-31'))
  t.notOk(covers(calendar, '2026-12-30', '2027-01-04'))
})

test('working days are counted over weekends, holidays and swaps', async t => {
  const cases: Array<[string, number, string]> = [
    ['2026-03-16', 3, '2026-03-19'], ['2026-03-16', 7, '2026-03-25'], ['2026-03-20', 1, '2026-03-23'], ['2026-03-21', 1, '2026-03-23'], ['2026-03-21', 0, '2026-03-23'],
    ['2026-02-13', 1, '2026-02-23'], ['2026-01-09', 1, '2026-01-10'], ['2026-04-29', 1, '2026-05-04'], ['2026-03-23', -1, '2026-03-20']
  ]
  for (const [day, count, due] of cases) t.equal(addWorkingDays(day, count, calendar), due, `${day} + ${count}`)
})

test('what comes in before 15:00 of a working day is passed on the same day, later the next', async t => {
  const cases: Array<[string, string]> = [
    ['2026-03-16T08:00:00+07:00', '2026-03-16'], ['2026-03-16T14:59:59+07:00', '2026-03-16'], ['2026-03-16T15:00:00+07:00', '2026-03-17'],
    ['2026-03-20T16:00:00+07:00', '2026-03-23'], ['2026-03-21T08:00:00+07:00', '2026-03-23'], ['2026-03-15T23:59:59Z', '2026-03-16']
  ]
  for (const [at, day] of cases) t.equal(forwardingDay(Date.parse(at), calendar), day, at)
})

test('pauses move a deadline by their working days, an open one leaves it open', async t => {
  const due = (...pauses: Array<{ from: string, to?: string }>): string | undefined => dueDay({ start: '2026-03-16', days: 3, pauses }, calendar)
  t.equal(due(), '2026-03-19')
  t.equal(due({ from: '2026-03-17', to: '2026-03-19' }), '2026-03-23')
  t.equal(due({ from: '2026-03-17', to: '2026-03-19' }, { from: '2026-03-18', to: '2026-03-19' }), '2026-03-23', 'overlapping')
  t.equal(due({ from: '2026-03-21', to: '2026-03-23' }), '2026-03-19', 'after the end')
  t.equal(due({ from: '2026-03-18' }), undefined)
  t.equal(due({ from: '2026-03-20' }), '2026-03-19')
})

const day = fc.integer({ min: 0, max: 364 }).map(index => addDays('2026-01-01', index))
const calendars = fc.record({ weekend: fc.subarray([0, 1, 2, 3, 4, 5, 6], { maxLength: 6 }), holidays: fc.uniqueArray(day, { maxLength: 20 }), workingDays: fc.uniqueArray(day, { maxLength: 10 }) })
  .map(({ weekend, holidays, workingDays }) => createWorkingCalendar({ from: '2026-01-01', to: '2026-12-31', weekend, holidays: holidays.map(each => ({ day: each })), workingDays: workingDays.map(each => ({ day: each })) }))

test('adding and counting working days are inverse, in every calendar', async t => {
  fc.assert(fc.property(calendars, day, fc.integer({ min: 1, max: 40 }), (any, start, count) => {
    const end = addWorkingDays(start, count, any)
    return isWorkingDay(end, any) && workingDaysBetween(start, end, any) === count && workingDaysBetween(start, addDays(end, -1), any) === count - 1
  }), { numRuns: 300 })
  fc.assert(fc.property(calendars, day, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (any, start, first, second) =>
    addWorkingDays(addWorkingDays(start, first, any), second, any) === addWorkingDays(start, first + second, any)), { numRuns: 300 })
  fc.assert(fc.property(calendars, day, fc.integer({ min: 1, max: 20 }), day, fc.integer({ min: 0, max: 20 }), (any, start, days, from, length) => {
    const plain = dueDay({ start, days, pauses: [] }, any)
    const paused = dueDay({ start, days, pauses: [{ from, to: addDays(from, length) }] }, any)
    return plain !== undefined && paused !== undefined && paused >= plain
  }), { numRuns: 300 })
  t.pass()
})
