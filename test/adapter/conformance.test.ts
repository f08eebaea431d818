// The conformance suite finds what is wrong with an adapter: each defect here breaks exactly the promises it should.
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { createHarness } from '../../adapters/loopback/harness.js'
import { adapter as loopback } from '../../adapters/loopback/index.js'
import { ADAPTER_PROMISES, runConformance } from '../../src/adapter/conformance.js'
import { deferred, problem, refused, text } from '../../src/adapter/index.js'
import type { Adapter, AdapterKit, AdapterSession, OutboundDelivery } from '../../src/ports/adapter.js'
import { newId } from '../../src/ids.js'

type Sabotage = (session: AdapterSession, kit: AdapterKit) => Partial<AdapterSession>

/** The loopback adapter with one thing made worse. */
function sabotaged (sabotage: Sabotage, parts: Partial<Adapter> = {}): Adapter<never> {
  const adapter = loopback as unknown as Adapter<Record<string, unknown>>
  return {
    ...adapter,
    async open (settings, kit) {
      const session = await adapter.open(settings, kit)
      return { ...session, ...sabotage(session, kit) }
    },
    ...parts
  }
}

const deliver = async (session: AdapterSession, delivery: OutboundDelivery, signal: AbortSignal) => {
  if (session.deliver === undefined) throw new Error('no deliver')
  return await session.deliver(delivery, signal)
}

async function broken (adapter: Adapter<never>, only?: RegExp): Promise<string[]> {
  const promises = ADAPTER_PROMISES.filter(({ name }) => only?.test(name) ?? true)
  const results = await runConformance({ adapter, harness: createHarness(`sabotage-${newId()}`) }, { now: Date.now, limitMs: 3000, promises })
  return results.filter(({ verdict }) => verdict === 'broken').map(({ name, reason }) => `${name}: ${reason ?? ''}`)
}

const table: Array<{ defect: string, adapter: Adapter<never>, finds: RegExp, only?: RegExp }> = [
  {
    defect: 'sends a new id every time',
    adapter: sabotaged(session => ({ deliver: async (delivery, signal) => await deliver(session, { ...delivery, deliveryId: newId() }, signal) })),
    finds: /^the same delivery twice|^the facts of the envelope/,
    only: /twice|envelope|taken/
  },
  {
    defect: 'reads the whole body before it connects',
    adapter: sabotaged(session => ({
      async deliver (delivery, signal) {
        const bytes = await buffer(await delivery.body.open())
        void bytes
        return await deliver(session, delivery, signal)
      }
    })),
    finds: /^a counterpart that does not read/,
    only: /read|bytes/
  },
  {
    defect: 'ignores the abort',
    adapter: sabotaged(session => ({ deliver: async delivery => await deliver(session, delivery, new AbortController().signal) })),
    finds: /not finished after 3000 ms/,
    only: /too long/
  },
  {
    defect: 'calls everything a success',
    adapter: sabotaged(session => ({
      async deliver (delivery, signal) {
        await deliver(session, delivery, signal)
        return { kind: 'delivered' }
      }
    })),
    finds: /^(a refusal|an overloaded|a nonsense|a connection lost|a session works again)/,
    only: /refusal|overloaded|nonsense|lost|again/
  },
  {
    defect: 'throws where it should answer',
    adapter: sabotaged(session => ({
      async deliver (delivery, signal) {
        const outcome = await deliver(session, delivery, signal)
        if (outcome.kind !== 'delivered') throw new Error('oh')
        return outcome
      }
    })),
    finds: /: oh$/,
    only: /refusal|overloaded|nonsense|lost|taken/
  },
  {
    defect: 'sends a package when probed',
    adapter: sabotaged(session => ({
      async probe (signal) {
        await deliver(session, sample, signal)
        return { kind: 'delivered' }
      }
    })),
    finds: /^a probe/,
    only: /probe/
  },
  {
    defect: 'invents a problem code',
    adapter: sabotaged(() => ({ deliver: async () => refused(problem('OOPS' as never, text('a', 'b'))) })),
    finds: /not in the catalogue/,
    only: /refusal/
  },
  {
    defect: 'speaks one language',
    adapter: sabotaged(() => ({ deliver: async () => refused(problem('ENDPOINT_REFUSED', text('', 'b'))) })),
    finds: /one sentence in Vietnamese/,
    only: /refusal/
  },
  { defect: 'has no deliver', adapter: sabotaged(() => ({ deliver: undefined as never })), finds: /deliver exists exactly/, only: /directions/ },
  {
    defect: 'takes any setting and describes none',
    adapter: sabotaged(() => ({}), { settingsSchema: { type: 'object', properties: { mailbox: {}, play: { default: 'deliver' }, delayMs: { default: 0 } } } }),
    finds: /^(an unknown setting|every setting)/,
    only: /setting/
  },
  {
    defect: 'logs a secret',
    adapter: sabotaged((session, kit) => ({
      async deliver (delivery, signal) {
        kit.log.info({ mailbox: 'sabotage-secret' }, 'delivery.sent')
        return await deliver(session, delivery, signal)
      }
    }), { settingsSchema: { type: 'object', properties: { mailbox: { type: 'string', 'x-secret': true }, play: { default: 'deliver' }, delayMs: { default: 0 } } } }),
    finds: /^no secret.*secret 1 of 1/,
    only: /no secret/
  },
  {
    defect: 'connects by itself',
    adapter: sabotaged(() => ({
      async probe () {
        connect({ host: 'localhost', port: 9 }).on('error', () => {})
        return { kind: 'delivered' }
      }
    })),
    finds: /1 connections were begun/,
    only: /egress/
  },
  {
    defect: 'tries again where it may not connect',
    adapter: sabotaged((_session, kit) => ({
      async deliver () {
        try {
          connect(kit.network.target({ host: '127.0.0.1', port: 9 })).on('error', () => {})
        } catch {}
        return deferred(problem('ENDPOINT_UNAVAILABLE', text('chưa được', 'not now')))
      }
    })),
    finds: /instead of refused with EGRESS_FORBIDDEN/,
    only: /egress/
  },
  {
    defect: 'notes a secret',
    adapter: sabotaged(session => ({
      async deliver (delivery, signal) {
        delivery.noteSent({ call: 'send', mediaType: 'application/json', body: Buffer.from('{"session":"sabotage-secret"}') })
        return await deliver(session, delivery, signal)
      }
    }), { settingsSchema: { type: 'object', properties: { mailbox: { type: 'string', 'x-secret': true }, play: { default: 'deliver' }, delayMs: { default: 0 } } } }),
    finds: /^no secret appears in what is kept as sent: secret 1 of 1 was noted/,
    only: /no secret/
  }
]

const sample = {
  deliveryId: 'p', packageId: 'p', recipient: 'r', envelope: { kind: 'document' }, traceparent: '',
  body: { mediaType: 'application/xml', size: 0, sha256: '', open: async () => (await import('node:stream')).Readable.from([]) }
} as unknown as OutboundDelivery

for (const { defect, adapter, finds, only } of table) {
  t.test(`an adapter that ${defect} is found out`, async t => {
    if (defect.endsWith(' a secret')) {
      const harness = createHarness('sabotage-secret')
      const promises = ADAPTER_PROMISES.filter(({ name }) => only?.test(name))
      const results = (await runConformance({ adapter, harness }, { now: Date.now, promises })).filter(({ verdict }) => verdict === 'broken')
      t.equal(results.length, 1)
      t.match(`${results[0]?.name ?? ''}: ${results[0]?.reason ?? ''}`, finds)
      return
    }
    const found = await broken(adapter, only)
    t.ok(found.length > 0, 'something is broken')
    for (const line of found) t.match(line, finds)
  })
}

t.test('an adapter whose manifest is wrong is not examined at all', async t => {
  const adapter = { ...loopback, manifest: { ...loopback.manifest, contract: 7 as never } }
  await t.rejects(runConformance({ adapter, harness: createHarness() }, { now: Date.now }), { code: 'CONFIG_INVALID' })
})
