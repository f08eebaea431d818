// dvcqg: brings dossiers and their progress to the national public service portal. The conversation is in portal.ts, what is
// said in dossiers.ts, the portal's dictionaries in dictionaries.ts; README.md says what every answer means.
import { type AdapterKit, type AdapterSession, defineAdapter, delivered } from 'lienthong/adapter'
import settingsSchema from './config.schema.json' with { type: 'json' }
import { createDictionaries } from './dictionaries.js'
import { deliverDossier } from './dossiers.js'
import manifest from './manifest.json' with { type: 'json' }
import { createPortal, type PortalSettings } from './portal.js'

interface Settings extends PortalSettings { files: 'links' | 'none', dictionaryHours: number }

export const adapter = defineAdapter<Settings>({
  manifest,
  settingsSchema,
  async open (settings, kit) {
    return createSession(settings, kit)
  }
})

function createSession (settings: Settings, kit: AdapterKit): AdapterSession {
  const portal = createPortal(settings, kit)
  const { unit, files, dictionaryHours } = settings
  const dictionaries = createDictionaries({ portal, kit, unit, refreshHours: dictionaryHours })
  return {
    // A dictionary call: it proves the way, the account and the session, and changes nothing.
    async probe (signal) {
      const failed = await portal.login(signal)
      if (failed !== undefined) return failed
      const reply = await portal.share({ madonvi: unit, service: 'LayDanhMucLinhVuc' }, { signal })
      return reply.kind === 'failed' ? reply.outcome : delivered()
    },
    async deliver (delivery, signal) {
      dictionaries.tend()
      return await deliverDossier(delivery, { portal, dictionaries, kit, unit, files }, signal)
    },
    async close () {
      portal.close()
      await dictionaries.close()
    }
  }
}
