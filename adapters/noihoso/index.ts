// noihoso: hands dossiers with their files to the portal of a ministry and tells it the progress. The calls are in portal.ts,
// their order and what is remembered in submit.ts; README.md says what happens when an answer is lost.
import { type AdapterSession, defineAdapter, delivered, outcomeOfFailure } from 'lienthong/adapter'
import settingsSchema from './config.schema.json' with { type: 'json' }
import manifest from './manifest.json' with { type: 'json' }
import { createPortal, type PortalSettings } from './portal.js'
import { submitDossier, type Submitting } from './submit.js'

export const adapter = defineAdapter<PortalSettings & Submitting['settings']>({
  manifest,
  settingsSchema,
  async open (settings, kit): Promise<AdapterSession> {
    const portal = createPortal(settings, kit)
    return {
      async probe (signal) {
        try {
          return await portal.login(signal) ?? delivered()
        } catch (error) {
          return outcomeOfFailure(error)
        }
      },
      async deliver (delivery, signal) {
        try {
          return await submitDossier(delivery, { portal, kit, settings }, signal)
        } catch (error) {
          return outcomeOfFailure(error)
        }
      },
      async close () {}
    }
  }
})
