// The loopback adapter keeps every promise of the contract, and plays what its settings say.
import t from 'tap'
import { checkAdapter } from '../../src/adapter/load.js'
import { adapterSuite, openSession, sampleOf } from '../../test/support/adapter-suite.js'
import { createHarness } from './harness.js'
import { adapter } from './index.js'
import { mailboxOf } from './mailbox.js'

await adapterSuite(t, { adapter, harness: createHarness() })

t.test('the setting "play" decides the outcome, so that operators can practise', async t => {
  const table = { deliver: 'delivered', refuse: 'refused', overload: 'deferred', drop: 'deferred', malformed: 'deferred', offline: 'deferred' }
  for (const [play, kind] of Object.entries(table)) {
    const session = await openSession(t, adapter, { mailbox: `play-${play}`, play })
    t.equal((await session.deliver?.(sampleOf(adapter), AbortSignal.timeout(5000)))?.kind, kind, play)
  }
  const session = await openSession(t, adapter, { mailbox: 'play-throw', play: 'throw' })
  await t.rejects(async () => await session.deliver?.(sampleOf(adapter), AbortSignal.timeout(5000)), 'a defect on order')
})

t.test('a delay is cut short by the abort', async t => {
  const session = await openSession(t, adapter, { mailbox: 'slow', delayMs: 60_000 })
  const startedAt = performance.now()
  const outcome = await session.deliver?.(sampleOf(adapter), AbortSignal.timeout(50))
  t.match(outcome, { kind: 'deferred', problem: { code: 'ENDPOINT_TIMEOUT' } })
  t.ok(performance.now() - startedAt < 1000)
})

t.test('a mailbox stays bounded', async t => {
  const mailbox = mailboxOf('bounded')
  for (let n = 0; n < 10_005; n++) mailbox.put(String(n), { size: 0, sha256: '' })
  t.equal(mailbox.packages.size, 10_000)
  t.notOk(mailbox.packages.has('0'), 'the oldest went first')
})

t.test('wrong settings are all named', async t => {
  const { faults } = checkAdapter(adapter).checkSettings({ play: 'dance', delayMs: -1, colour: 'red' })
  t.same(faults.map(({ pointer }) => pointer).sort(), ['/colour', '/delayMs', '/play'])
  t.same(checkAdapter(adapter).checkSettings({}).settings, { mailbox: 'default', play: 'deliver', delayMs: 0 }, 'defaults are filled in')
})
