// dvclt: the linked services for births and deaths. Fetches dossiers and confirms them, sends their status back, and hands
// dossiers to the sector system. receive.ts is the way in, report.ts the way out, services.ts the calls.
import { type AdapterSession, defineAdapter, delivered, outcomeOfFailure } from 'lienthong/adapter'
import settingsSchema from './config.schema.json' with { type: 'json' }
import manifest from './manifest.json' with { type: 'json' }
import { receiveDossiers, type ReceiveSettings } from './receive.js'
import { createRecords } from './records.js'
import { reportDossier } from './report.js'
import { createSides, type ServiceSettings } from './services.js'

const DAY_MS = 86_400_000

export const adapter = defineAdapter<ServiceSettings & ReceiveSettings>({
  manifest,
  settingsSchema,
  async open (settings, kit): Promise<AdapterSession> {
    const { main, status } = createSides(settings, kit)
    const conversation = { main, status, kit, records: createRecords(kit.memory, { keepMs: settings.rememberDays * DAY_MS }), settings }
    return {
      async probe (signal) {
        try {
          return await main.login(signal) ?? (status === main ? undefined : await status.login(signal)) ?? delivered()
        } catch (error) {
          return outcomeOfFailure(error)
        }
      },
      async deliver (delivery, signal) {
        try {
          return await reportDossier(delivery, conversation, signal)
        } catch (error) {
          return outcomeOfFailure(error)
        }
      },
      async receive (accept, signal) {
        await receiveDossiers(conversation, accept, signal)
      },
      async close () {}
    }
  }
})
