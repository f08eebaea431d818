// The links that a kit lends where no hub runs: in the conformance suite and in tests of adapters.
import type { AdapterKit } from '../ports/adapter.js'

/** Links that look like the hub's and lead nowhere. */
export const EXAMPLE_LINKS: AdapterKit['links'] = {
  publish: async ({ packageId, attachment }) => `https://truc.example.vn/files/${packageId}-${attachment}`,
  invite: async ({ deliveryId }) => `https://truc.example.vn/nhan/${deliveryId}`
}
