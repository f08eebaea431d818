// Runs the promises of the Store port on every implementation that can run here.
import { test } from 'tap'
import { openTestStores } from '../support/stores.js'
import { INBOX, READING, SWEEPING, runPromises } from './store-reading.js'
import { ACCEPTING, WORKING } from './store.js'

test('the store', async t => {
  for (const stores of await openTestStores(t)) {
    await t.test(stores.name, async t => {
      await runPromises(t, { accepting: ACCEPTING, working: WORKING, sweeping: SWEEPING, inbox: INBOX, reading: READING }, stores)
    })
  }
})
