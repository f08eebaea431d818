// The promises of the adapter contract, in the order in which an author meets them.
import type { Outcome } from '../model/delivery.js'
import type { AdapterPromise, ConformanceContext, Subject } from './conformance-context.js'
import type { Misbehaviour } from './harness.js'
import { SETTINGS_PROMISES } from './promises-settings.js'
import { STREAM_PROMISES } from './promises-stream.js'
import { expect, sendsNothing, unable } from './promises-support.js'

/** All of them, version 1. Receiving (inbound) is not covered yet. */
export const ADAPTER_PROMISES: readonly AdapterPromise[] = [
  {
    name: 'a session opens and closes, also twice in a row',
    why: 'the runtime opens sessions again after every change of settings; nothing may be left behind',
    async run (context) {
      for (let round = 0; round < 2; round++) {
        const session = await context.open()
        await session.close()
      }
    }
  },
  {
    name: 'a session has the directions of the manifest',
    why: 'routes are planned by the manifest, before any session is open',
    async run (context) {
      const session = await context.open()
      const { directions } = context.manifest
      expect(directions.includes('outbound') === (session.deliver !== undefined), 'deliver exists exactly when the manifest says outbound')
      expect(directions.includes('inbound') === (session.receive !== undefined), 'receive exists exactly when the manifest says inbound')
    }
  },
  {
    name: 'a probe succeeds when the counterpart is there and sends no package',
    why: 'the hub probes before traffic flows and shows the answer to operators',
    async run (context) {
      const outcome = await context.probe(await context.open())
      expectKind(outcome, 'delivered')
      expect(context.harness.received().length === 0, 'the probe sent a package')
    }
  },
  {
    name: 'a probe tells when the counterpart is gone',
    why: 'a probe that always succeeds closes the circuit breaker on a dead endpoint',
    notApplicable: subject => sendsNothing(subject) ?? unable(subject, 'offline'),
    async run (context) {
      const session = await context.open()
      await context.harness.misbehave('offline')
      expectKind(await context.probe(session), 'deferred')
    }
  },
  {
    name: 'a package that was taken is reported as delivered',
    why: 'this is what the sender is told',
    notApplicable: inboundOnly,
    async run (context) {
      const outcome = await context.deliver(await context.open(), context.sample())
      expectKind(outcome, context.manifest.pull === true ? 'available' : 'delivered')
      if (context.manifest.pull !== true) expect(context.harness.received().length === 1, 'the counterpart has exactly one package')
    }
  },
  {
    name: 'the facts of the envelope arrive',
    why: 'the receiving system sorts and traces by them',
    notApplicable: sendsNothing,
    async run (context) {
      const sample = context.sample()
      await context.deliver(await context.open(), sample)
      const [received] = context.harness.received()
      expect(received !== undefined, 'the counterpart received nothing')
      const wanted = { deliveryId: sample.deliveryId, packageId: sample.packageId, recipient: sample.recipient, kind: sample.envelope.kind, mediaType: sample.body.mediaType, traceparent: sample.traceparent }
      for (const [name, value] of Object.entries(wanted)) {
        const found = received?.[name as keyof typeof wanted]
        expect(found === undefined || found === value, `${name} arrived as ${String(found)} instead of ${value}`)
      }
      expect(!context.manifest.idempotent || received?.deliveryId !== undefined, 'an idempotent counterpart has to see the delivery id')
    }
  },
  misbehaving('refuse', 'a refusal is final and carries a reason', 'a refused package must not be sent again and again, and the sender must learn why', async (context, outcome) => {
    expectKind(outcome, 'refused')
    expect(context.harness.received().length === 0, 'the harness counts a refused package as received')
  }),
  misbehaving('overload', 'an overloaded counterpart is left alone for as long as it asks', 'hammering it would keep it down', async (context, outcome) => {
    expectKind(outcome, 'deferred')
    const { retryAfterMs } = context.harness
    if (retryAfterMs === undefined || outcome.kind !== 'deferred') return
    expect(outcome.retryAfterMs !== undefined && Math.abs(outcome.retryAfterMs - retryAfterMs) <= 2000, `retryAfterMs is ${String(outcome.retryAfterMs)}, asked for were ${retryAfterMs}`)
  }),
  misbehaving('malformed', 'a nonsense answer is tried again later', 'it proves neither success nor refusal', async (_context, outcome) => { expectKind(outcome, 'deferred') }),
  misbehaving('drop', 'a connection lost after sending is reported as uncertain', 'the package may have arrived: only an uncertain attempt makes the hub look before it repeats', async (_context, outcome) => {
    expectKind(outcome, 'deferred')
    expect(outcome.kind === 'deferred' && outcome.uncertain === true, 'the outcome has to say uncertain: true')
  }),
  {
    name: 'the same delivery twice takes effect once',
    why: 'the hub delivers at least once; after a crash it repeats what had already arrived',
    notApplicable: subject => sendsNothing(subject) ?? (subject.adapter.manifest.idempotent ? undefined : 'the manifest says that the other side does not honour the delivery id'),
    async run (context) {
      const session = await context.open()
      const { deliveryId } = context.sample()
      for (const attempt of [1, 2]) expectKind(await context.deliver(session, context.sample({ deliveryId, attempt })), 'delivered')
      expect(context.harness.received().length === 1, `the counterpart has ${context.harness.received().length} packages instead of one`)
      await context.deliver(session, context.sample())
      expect(context.harness.received().length === 2, 'another delivery has to be another package')
    }
  },
  {
    name: 'a session works again once the counterpart is back',
    why: 'the hub recovers alone; nobody restarts it because a partner did',
    notApplicable: subject => sendsNothing(subject) ?? unable(subject, 'offline'),
    async run (context) {
      const session = await context.open()
      expectKind(await context.deliver(session, context.sample()), 'delivered')
      await context.harness.misbehave('offline')
      expectKind(await context.deliver(session, context.sample()), 'deferred')
      await context.harness.misbehave(undefined)
      expectKind(await context.deliver(session, context.sample()), 'delivered')
    }
  },
  ...STREAM_PROMISES,
  ...SETTINGS_PROMISES
]

function misbehaving (kind: Misbehaviour, name: string, why: string, check: (context: ConformanceContext, outcome: Outcome) => Promise<void>): AdapterPromise {
  return {
    name,
    why,
    notApplicable: subject => sendsNothing(subject) ?? unable(subject, kind),
    async run (context) {
      const session = await context.open()
      await context.harness.misbehave(kind)
      await check(context, await context.deliver(session, context.sample()))
    }
  }
}

function inboundOnly ({ adapter }: Subject): string | undefined {
  return adapter.manifest.directions.includes('outbound') ? undefined : 'the adapter only receives'
}

function expectKind (outcome: Outcome, kind: Outcome['kind']): void {
  expect(outcome.kind === kind, `the outcome is ${JSON.stringify(outcome)} instead of ${kind}`)
}
