// vxp: the national document axis (trục liên thông văn bản quốc gia). Sends documents and statuses, fetches those that wait
// there, and watches its agency directory. README.md describes settings, signatures and what each answer means.
import { type AdapterKit, type AdapterSession, deferred, defineAdapter, delivered, outcomeOfFailure } from 'lienthong/adapter'
import { listAgencies, watchAgencies } from './agencies.js'
import { AxisFailure, createAxis } from './axis.js'
import settingsSchema from './config.schema.json' with { type: 'json' }
import manifest from './manifest.json' with { type: 'json' }
import { pollAccount } from './receive.js'
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
        if (!(error instanceof AxisFailure)) return outcomeOfFailure(error)
        // Nothing was sent, so nothing was refused.
        const { problem } = error.outcome
        return deferred({ ...problem, code: 'ENDPOINT_UNAVAILABLE' })
      }
    },
    deliver: createDeliver(settings, { axis, kit }),
    async receive (accept, signal) {
      // A defect in one ends all of them; the runtime begins again.
      const over = new AbortController()
      const until = AbortSignal.any([signal, over.signal])
      const polling = { settings, axis, kit, accept }
      const polls = messageTypes.length === 0 ? [] : accountsOf(settings).map(async account => { await pollAccount(account, polling, until) })
      const watch = register || directory.sync ? [watchAgencies(polling, until)] : []
      try {
        await Promise.all([...polls, ...watch, untilAborted(until)])
      } finally {
        over.abort()
        await Promise.allSettled([...polls, ...watch])
      }
    },
    listAgencies: async signal => await listAgencies({ settings, axis }, signal),
    async close () {}
  }
}

async function untilAborted (signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise(resolve => { signal.addEventListener('abort', resolve, { once: true }) })
}
