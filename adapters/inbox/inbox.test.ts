// The inbox adapter makes packages available, and touches neither their bytes nor the network.
import t from 'tap'
import { adapterSuite, openSession, sampleOf } from '../../test/support/adapter-suite.js'
import { createHarness } from './harness.js'
import { adapter } from './index.js'

await adapterSuite(t, { adapter, harness: createHarness() })

t.test('a package becomes available without being read', async t => {
  const session = await openSession(t, adapter, {})
  const sample = sampleOf(adapter, { size: 1_000_000 })
  t.same(await session.deliver?.(sample, AbortSignal.timeout(1000)), { kind: 'available' })
  t.equal(sample.pulled(), 0)
})
