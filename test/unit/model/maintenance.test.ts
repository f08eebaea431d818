// Maintenance windows as a table: windows and an instant of Việt Nam → when it ends.
import t from 'tap'
import { isNonsense, maintenanceUntil, type MaintenanceWindow } from '../../../src/model/maintenance.js'

const vn = (instant: string): number => Date.parse(`${instant}:00+07:00`)
const NIGHT: MaintenanceWindow = { from: '22:00', to: '05:30' }
const SATURDAY: MaintenanceWindow = { days: ['sat'], from: '23:00', to: '02:00' }
const ONCE: MaintenanceWindow = { from: '2026-12-01T20:00', to: '2026-12-03T06:00' }

// 2026-11-21 is a Saturday.
const TABLE: Array<[string, MaintenanceWindow[], string, string | undefined]> = [
  ['before a night', [NIGHT], '2026-11-20T21:59', undefined],
  ['its first minute', [NIGHT], '2026-11-20T22:00', '2026-11-21T05:30'],
  ['after midnight', [NIGHT], '2026-11-21T00:30', '2026-11-21T05:30'],
  ['its end', [NIGHT], '2026-11-21T05:30', undefined],
  ['a Saturday night', [SATURDAY], '2026-11-21T23:30', '2026-11-22T02:00'],
  ['the Sunday morning that belongs to it', [SATURDAY], '2026-11-22T01:59', '2026-11-22T02:00'],
  ['another night', [SATURDAY], '2026-11-22T23:30', undefined],
  ['the morning before a Saturday', [SATURDAY], '2026-11-21T01:00', undefined],
  ['within a dated window', [ONCE], '2026-12-02T12:00', '2026-12-03T06:00'],
  ['after a dated window', [ONCE], '2026-12-03T06:00', undefined],
  ['two windows at once: the later end', [NIGHT, ONCE], '2026-12-01T23:00', '2026-12-03T06:00'],
  ['no windows', [], '2026-12-01T23:00', undefined]
]

for (const [when, windows, at, until] of TABLE) {
  t.test(when, async t => { t.equal(maintenanceUntil(windows, vn(at)), until === undefined ? undefined : vn(until)) })
}

t.test('windows that cannot be meant are known', async t => {
  t.same([NIGHT, SATURDAY, ONCE].map(isNonsense), [false, false, false])
  t.same([
    { from: '22:00', to: '22:00' }, { from: '22:00', to: '2026-12-03T06:00' }, { ...ONCE, days: ['mon'] } as MaintenanceWindow, { from: ONCE.to, to: ONCE.from },
    { from: '2026-02-30T10:00', to: '2026-03-05T10:00' }, { from: '2026-13-01T10:00', to: '2026-13-02T10:00' }
  ].map(isNonsense), [true, true, true, true, true, true])
})
