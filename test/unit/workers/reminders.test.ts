// Reminders: who is due hears of it once; what could not be sent is tried again, and a paused or busy endpoint is not used.
import t from 'tap'
import type { Reminder } from '../../../src/ports/invitation-store.js'
import type { AdapterSession, WaitingDelivery } from '../../../src/ports/adapter.js'
import { createReminders, type RemindersOptions } from '../../../src/workers/reminders.js'
import { createManualClock, eventually } from '../../support/time.js'

const REMINDER: Reminder = {
  tokenSha256: 'a'.repeat(64), deliveryId: 'd', packageId: 'p', endpoint: 'e', agency: 'H36.02',
  envelope: { kind: 'document', action: 'new', identifier: 'x', correlationId: 'x', from: { code: 'H36' }, to: [{ code: 'H36.02' }], priority: 0 }
}
const problem = { code: 'ENDPOINT_UNAVAILABLE', detail: { vi: 'x', en: 'x' } }

interface World { remind?: AdapterSession['remind'], session?: 'unopened', way?: 'paused' | 'crowded', reminder?: Reminder }

/** One round over one reminder: what the adapter was asked, with which priority, whether it counts as told, and what was logged. */
async function round ({ remind, session, way, reminder = REMINDER }: World): Promise<{ asked: WaitingDelivery[], priorities: number[], told: string[], lines: string[] }> {
  const clock = createManualClock()
  const [asked, priorities, told, lines]: [WaitingDelivery[], number[], string[], string[]] = [[], [], [], []]
  const line = (_fields: object, message: string): void => { lines.push(message) }
  const ask: RemindersOptions['control']['ask'] = async (_id, { work, priority }) => {
    priorities.push(priority)
    return way === 'crowded' ? undefined : way === 'paused' ? { rest: problem } : { result: await work() }
  }
  const due = [reminder]
  let rounds = 0
  const reminders = createReminders({
    clock, log: { debug: line, info: line, warn: line, error: line }, control: { ask },
    sessions: {
      endpoint: () => undefined,
      session: async () => {
        if (session === 'unopened') throw new Error('not open')
        return { probe: async () => ({ kind: 'delivered' }), close: async () => {}, ...(remind === undefined ? {} : { remind: async (notice, signal) => { asked.push(notice); return await remind(notice, signal) } }) }
      }
    },
    store: {
      takeReminders: async () => { rounds++; return due.splice(0) },
      remindedOf: async hash => { told.push(hash) },
      forgetInvitations: async () => 0
    }
  })
  reminders.start()
  await eventually(() => { clock.advance(2000); return rounds > 1 })
  await reminders.stop()
  return { asked, priorities, told, lines }
}

t.test('what becomes of a reminder', async t => {
  const TOLD = [REMINDER.tokenSha256]
  const table: Array<[string, World, string[], string[]]> = [
    ['it was sent', { remind: async () => ({ kind: 'available' }) }, TOLD, []],
    ['the system said no: it would say so again', { remind: async () => ({ kind: 'refused', problem }) }, TOLD, ['reminder.failed']],
    ['it could not be sent: it stays due', { remind: async () => ({ kind: 'deferred', problem }) }, [], ['reminder.failed']],
    ['the adapter throws', { remind: async () => { throw new Error('a defect') } }, [], ['reminder.failed']],
    ['the adapter has no reminders any more', {}, TOLD, []],
    ['its session does not open', { session: 'unopened' }, [], ['reminder.failed']],
    ['the endpoint is paused: nothing goes there', { way: 'paused', remind: async () => ({ kind: 'available' }) }, [], ['reminder.postponed']],
    ['the endpoint has no place', { way: 'crowded', remind: async () => ({ kind: 'available' }) }, [], ['reminder.postponed']]
  ]
  for (const [name, world, told, lines] of table) {
    const found = await round(world)
    t.same([found.told, found.lines], [told, lines], name)
    t.equal(found.asked.length, world.remind === undefined || world.way !== undefined ? 0 : 1, name)
  }
})

t.test('a repetition has the name of the first; who has asked goes before who has not come', async t => {
  const remind: AdapterSession['remind'] = async () => ({ kind: 'available' })
  const [late, asked] = [await round({ remind }), await round({ remind, reminder: { ...REMINDER, askedAt: 7 } })]
  t.match([late.asked, asked.asked], [[{ deliveryId: 'd', recipient: 'H36.02', reason: 'late', reminderId: 'd.late' }], [{ reason: 'asked', reminderId: 'd.7' }]])
  t.ok((asked.priorities[0] ?? 0) > (late.priorities[0] ?? 0))
})
