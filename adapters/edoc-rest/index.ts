// edoc-rest: the REST interface that provincial platforms (LGSP) offer for documents. Sends documents and statuses, fetches those
// that wait there, lists and registers agencies. README.md describes settings, logins and what each answer means.
import { type AdapterKit, type AdapterSession, deferred, defineAdapter, delivered, outcomeOfFailure } from 'lienthong/adapter'
import { keepAgencies, listAgencies } from './agencies.js'
import settingsSchema from './config.schema.json' with { type: 'json' }
import { PlatformFailure } from './failure.js'
import manifest from './manifest.json' with { type: 'json' }
import { createPlatform } from './platform.js'
import { pollAccount } from './receive.js'
import { dayOf } from './records.js'
import { createDeliver } from './send.js'
import { accountsOf, type Settings } from './settings.js'

export const adapter = defineAdapter<Settings>({
  manifest,
  settingsSchema,
  async open (settings, kit) {
    return createSession(settings, kit)
  }
})

const MOST_LIST_BYTES = 32 * 2 ** 20

function createSession (settings: Settings, kit: AdapterKit): AdapterSession {
  const platform = createPlatform(settings, kit)
  return {
    async probe (signal) {
      const today = dayOf(kit.now())
      try {
        // A list of one day: it proves login, SystemId and SecretKey, and changes nothing.
        for (const account of accountsOf(settings)) {
          await platform.ask({ account, operation: 'received', query: { messageType: 'edoc', fromDate: today, toDate: today }, signal, mostBytes: MOST_LIST_BYTES })
        }
        return delivered()
      } catch (error) {
        if (!(error instanceof PlatformFailure)) return outcomeOfFailure(error)
        // Nothing was sent, so nothing was refused.
        return deferred({ ...error.outcome.problem, code: 'ENDPOINT_UNAVAILABLE' })
      }
    },
    deliver: createDeliver(settings, { platform, kit }),
    async receive (accept, signal) {
      // A defect in one ends all of them; the runtime begins again.
      const over = new AbortController()
      const until = AbortSignal.any([signal, over.signal])
      const polling = { settings, platform, kit, accept }
      const polls = settings.messageTypes.length === 0 ? [] : accountsOf(settings).map(async account => { await pollAccount(account, polling, until) })
      const tasks = [...polls, keepAgencies(polling, until)]
      try {
        await Promise.all([...tasks, untilAborted(until)])
      } finally {
        over.abort()
        await Promise.allSettled(tasks)
      }
    },
    listAgencies: async signal => await listAgencies({ settings, platform }, signal),
    async close () { platform.close() }
  }
}

async function untilAborted (signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise(resolve => { signal.addEventListener('abort', resolve, { once: true }) })
}
