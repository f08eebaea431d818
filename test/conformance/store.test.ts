// Runs the promises of the Store port on every implementation that can run here.
import { test } from 'tap'
import { openTestStores } from '../support/stores.js'
import { ENDPOINTS } from './store-endpoints.js'
import { INVITING } from './store-invitations.js'
import { LEASES } from './store-leases.js'
import { OPERATING } from './store-operating.js'
import { TELLING } from './store-receipts.js'
import { QUEUEING } from './store-queue.js'
import { RETAINING } from './store-retention.js'
import { SERVING } from './store-services.js'
import { INBOX, READING, SWEEPING, runPromises } from './store-reading.js'
import { ACCEPTING, WORKING } from './store.js'
import { ORDERING } from './store-order.js'

test('the store', async t => {
  for (const stores of await openTestStores(t)) {
    await t.test(stores.name, async t => {
      await runPromises(t, { accepting: ACCEPTING, working: WORKING, sweeping: SWEEPING, ordering: ORDERING, inbox: INBOX, queue: QUEUEING, services: SERVING, leases: LEASES, inviting: INVITING, endpoints: ENDPOINTS, reading: READING, retaining: RETAINING, telling: TELLING, ...OPERATING }, stores)
    })
  }
})
