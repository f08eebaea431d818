// inbox: for agency systems that cannot be called. The package waits in the hub until the recipient fetches it with
// GET /v1/inbox and says what became of it.
import { available, defineAdapter, delivered } from 'lienthong/adapter'
import settingsSchema from './config.schema.json' with { type: 'json' }
import manifest from './manifest.json' with { type: 'json' }

export const adapter = defineAdapter<Record<string, never>>({
  manifest,
  settingsSchema,
  async open () {
    return {
      // There is nothing outside that could be gone.
      probe: async () => delivered(),
      deliver: async () => available(),
      close: async () => {}
    }
  }
})
