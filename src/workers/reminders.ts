// Tells recipients again of what waits for them: when they ask for a new link, or when they have not come. The delivery itself is not
// touched; whatever goes wrong here, it stays available.
import type { Clock } from '../ports/clock.js'
import type { InvitationStore, Reminder } from '../ports/invitation-store.js'
import type { Log } from '../ports/log.js'
import type { Endpoints } from './endpoints.js'
import { createLoop, type Loop } from './loop.js'
import type { Sessions } from './sessions.js'

export interface RemindersOptions {
  store: Pick<InvitationStore, 'takeReminders' | 'remindedOf' | 'forgetInvitations'>
  sessions: Pick<Sessions, 'endpoint' | 'session'>
  /** Nobody is written to through an endpoint that is paused, and not faster than it may be used. */
  control: Pick<Endpoints, 'ask'>
  clock: Clock
  log: Log
}

const INTERVAL_MS = 2000
const BATCH = 20
/** One that could not be sent is tried again after this. Longer than the others of its batch can take. */
const RETRY_MS = 15 * 60_000
const MOST_TIME_MS = 30_000
/** Who comes with a link that has ended is told so for this long. */
const KEPT_MS = 30 * 86_400_000
/** Who has asked waits for it; who has let the time go by does not. */
const PRIORITIES = { asked: 5, late: 0 } as const

export function createReminders ({ store, sessions, control, clock, log }: RemindersOptions): Loop {
  async function remind (reminder: Reminder, stopping: AbortSignal): Promise<void> {
    const { tokenSha256, deliveryId, packageId, endpoint, agency, envelope, askedAt } = reminder
    const reason = askedAt === undefined ? 'late' : 'asked'
    const timeoutMs = Math.min(sessions.endpoint(endpoint)?.timeoutMs ?? MOST_TIME_MS, MOST_TIME_MS)
    try {
      const ended = await control.ask(endpoint, {
        work: async () => {
          const session = await sessions.session(endpoint)
          return await session.remind?.({ deliveryId, packageId, envelope, recipient: agency, reason, reminderId: `${deliveryId}.${askedAt ?? 'late'}` }, AbortSignal.any([stopping, AbortSignal.timeout(timeoutMs)]))
        },
        // How the endpoint does, its deliveries tell.
        signOf: () => undefined,
        priority: PRIORITIES[reason],
        signal: stopping
      })
      if (ended === undefined || 'rest' in ended) { log.debug({ endpoint, deliveryId, code: ended?.rest.code ?? 'ENDPOINT_BUSY' }, 'reminder.postponed'); return }
      const outcome = ended.result
      if (outcome?.kind !== 'deferred') await store.remindedOf(tokenSha256)
      if (outcome?.kind === 'deferred' || outcome?.kind === 'refused') log.warn({ endpoint, deliveryId, outcome: outcome.kind, code: outcome.problem.code }, 'reminder.failed')
    } catch (error) {
      log.warn({ endpoint, deliveryId, err: error }, 'reminder.failed')
    }
  }

  return createLoop({
    clock,
    onFailure: error => { log.warn({ err: error }, 'reminders.interrupted') },
    retryMs: INTERVAL_MS,
    async round (stopping) {
      const due = await store.takeReminders({ at: clock.now(), retryAt: clock.now() + RETRY_MS, limit: BATCH })
      for (const reminder of due) if (!stopping.aborted) await remind(reminder, stopping)
      const forgotten = await store.forgetInvitations({ before: clock.now() - KEPT_MS, limit: 500 })
      return due.length === BATCH || forgotten === 500 ? 0 : INTERVAL_MS
    }
  })
}
