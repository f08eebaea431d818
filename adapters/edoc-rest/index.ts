// edoc-rest: the REST interface that provincial platforms (LGSP) offer for documents. Sends documents and statuses, fetches those
// that wait there, lists and registers agencies. README.md describes settings, logins and what each answer means.
import { type AdapterKit, type AdapterSession, defineAdapter, delivered, outcomeOfProbe, pollQueues, runTogether } from 'lienthong/adapter'
import { keepAgencies, listAgencies } from './agencies.js'
import settingsSchema from './config.schema.json' with { type: 'json' }
import { dayOf } from './days.js'
import manifest from './manifest.json' with { type: 'json' }
import { createPlatform } from './platform.js'
import { openQueue } from './receive.js'
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
        return outcomeOfProbe(error)
      }
    },
    deliver: createDeliver(settings, { platform, kit }),
    async receive (accept, signal) {
      const polls = settings.messageTypes.length === 0 ? [] : accountsOf(settings).map(account => async (until: AbortSignal) => {
        const queues = await Promise.all(settings.messageTypes.map(async messageType => await openQueue({ account, settings, platform, messageType }, kit, until)))
        await pollQueues(queues, { ...settings, account: account.systemId, accept, log: kit.log }, until)
      })
      await runTogether([...polls, async until => { await keepAgencies({ settings, platform, kit }, until) }], signal)
    },
    listAgencies: async signal => await listAgencies({ settings, platform }, signal),
    async close () { platform.close() }
  }
}
