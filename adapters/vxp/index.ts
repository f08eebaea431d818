// vxp: the national document axis (trục liên thông văn bản quốc gia). Sends documents and statuses, fetches those that wait
// there, and watches its agency directory. README.md describes settings, signatures and what each answer means.
import { type AdapterKit, type AdapterSession, defineAdapter, delivered, outcomeOfProbe, pollQueues, runTogether } from 'lienthong/adapter'
import { listAgencies, watchAgencies } from './agencies.js'
import { createAxis } from './axis.js'
import settingsSchema from './config.schema.json' with { type: 'json' }
import manifest from './manifest.json' with { type: 'json' }
import { createQueue } from './receive.js'
import { createDeliver } from './send.js'
import { accountsOf, type Settings } from './settings.js'

export const adapter = defineAdapter<Settings>({
  manifest,
  settingsSchema,
  async open (settings, kit) {
    return createSession(settings, kit)
  }
})

function createSession (settings: Settings, kit: AdapterKit): AdapterSession {
  const axis = createAxis(settings, kit)
  const { register, directory, messageTypes } = settings
  return {
    async probe (signal) {
      try {
        for (const account of accountsOf(settings)) await axis.ask({ account, operation: 'countReceiveEdoc', method: 'GET', signal })
        return delivered()
      } catch (error) {
        return outcomeOfProbe(error)
      }
    },
    deliver: createDeliver(settings, { axis, kit }),
    async receive (accept, signal) {
      const polls = messageTypes.length === 0 ? [] : accountsOf(settings).map(account => async (until: AbortSignal) => {
        const queues = messageTypes.map(messageType => createQueue({ account, settings, axis, messageType }))
        await pollQueues(queues, { ...settings, account: account.systemId, accept, log: kit.log }, until)
      })
      const watch = async (until: AbortSignal): Promise<void> => { await watchAgencies({ settings, axis, kit }, until) }
      await runTogether(register || directory.sync ? [...polls, watch] : polls, signal)
    },
    listAgencies: async signal => await listAgencies({ settings, axis }, signal),
    async close () {}
  }
}
