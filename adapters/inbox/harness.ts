// The counterpart of the inbox adapter: nobody. The recipient calls the hub, not the other way round.
import type { AdapterHarness } from 'lienthong/adapter'

export function createHarness (): AdapterHarness {
  return {
    can: [],
    start: async () => {},
    settings: () => ({}),
    misbehave: async () => {},
    received: () => [],
    stop: async () => {}
  }
}
