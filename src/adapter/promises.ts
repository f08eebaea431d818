// The promises of the adapter contract, in the order in which an author meets them.
import type { Outcome } from '../model/delivery.js'
import type { AdapterPromise, Subject } from './conformance-context.js'
import type { AdapterHarness, Misbehaviour } from './harness.js'
import { INBOUND_PROMISES } from './promises-inbound.js'
import { NETWORK_PROMISES } from './promises-network.js'
import { SETTINGS_PROMISES } from './promises-settings.js'
import { SERVICE_PROMISES } from './promises-service.js'
import { STREAM_PROMISES } from './promises-stream.js'
import { expect, sendsNothing, unable, wellOf } from './promises-support.js'

/** All of them, version 1. */
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
      expect(directions.includes('service') === (session.call !== undefined), 'call exists exactly when the manifest says service')
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
      expectKind(outcome, wellOf(context.manifest))
      if (context.manifest.pull !== true || context.harness.can.length > 0) expect(context.harness.received().length === 1, 'the counterpart has exactly one package')
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
      const { deliveryId, packageId, recipient, traceparent, envelope: { kind }, body: { mediaType } } = sample
      const wanted = { deliveryId, packageId, recipient, traceparent, kind, mediaType }
      for (const [name, value] of Object.entries(wanted)) {
        const found = received?.[name as keyof typeof wanted]
        expect(found === undefined || found === value, `${name} arrived as ${String(found)} instead of ${value}`)
      }
      expect(!context.manifest.idempotent || received?.deliveryId !== undefined, 'an idempotent counterpart has to see the delivery id')
    }
  },
  misbehaving('refuse', {
    name: 'a refusal is final and carries a reason',
    why: 'a refused package must not be sent again and again, and the sender must learn why',
    check (outcome, harness) {
      expectKind(outcome, 'refused')
      expect(harness.received().length === 0, 'the harness counts a refused package as received')
    }
  }),
  misbehaving('overload', {
    name: 'an overloaded counterpart is left alone for as long as it asks',
    why: 'hammering it would keep it down',
    check (outcome, { retryAfterMs: asked }) {
      expectKind(outcome, 'deferred')
      if (asked === undefined || outcome.kind !== 'deferred') return
      const { retryAfterMs } = outcome
      // A counterpart that names a date rounds to seconds, and its clock is its own.
      expect(retryAfterMs !== undefined && Math.abs(retryAfterMs - asked) <= 2000, `retryAfterMs is ${String(retryAfterMs)}, asked for were ${asked}`)
    }
  }),
  misbehaving('malformed', {
    name: 'a nonsense answer is tried again later',
    why: 'it proves neither success nor refusal',
    check (outcome) { expectKind(outcome, 'deferred') }
  }),
  misbehaving('drop', {
    name: 'a connection lost after sending is reported as uncertain',
    why: 'the package may have arrived, and whoever looks into a doubtful delivery must know',
    check (outcome) {
      expectKind(outcome, 'deferred')
      expect(outcome.kind === 'deferred' && outcome.uncertain === true, 'the outcome has to say uncertain: true')
    }
  }),
  {
    name: 'the same delivery twice takes effect once',
    why: 'the hub delivers at least once; after a crash it repeats what had already arrived',
    notApplicable: subject => sendsNothing(subject) ??
      (subject.adapter.manifest.idempotent ? undefined : 'the manifest says that the other side does not honour the delivery id'),
    async run (context) {
      const session = await context.open()
      const { deliveryId } = context.sample()
      for (const attempt of [1, 2]) expectKind(await context.deliver(session, context.sample({ deliveryId, attempt })), wellOf(context.manifest))
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
      expectKind(await context.deliver(session, context.sample()), wellOf(context.manifest))
      await context.harness.misbehave('offline')
      expectKind(await context.deliver(session, context.sample()), 'deferred')
      await context.harness.misbehave(undefined)
      expectKind(await context.deliver(session, context.sample()), wellOf(context.manifest))
    }
  },
  ...STREAM_PROMISES,
  ...INBOUND_PROMISES,
  ...SERVICE_PROMISES,
  ...NETWORK_PROMISES,
  ...SETTINGS_PROMISES
]

interface Accident { name: string, why: string, check: (outcome: Outcome, harness: AdapterHarness) => void }

/** What becomes of one delivery while the counterpart plays an accident. */
function misbehaving (kind: Misbehaviour, { name, why, check }: Accident): AdapterPromise {
  return {
    name,
    why,
    notApplicable: subject => sendsNothing(subject) ?? unable(subject, kind),
    async run (context) {
      const session = await context.open()
      await context.harness.misbehave(kind)
      check(await context.deliver(session, context.sample()), context.harness)
    }
  }
}

function inboundOnly ({ adapter }: Subject): string | undefined {
  return adapter.manifest.directions.includes('outbound') ? undefined : 'the adapter sends no packages'
}

function expectKind (outcome: Outcome, kind: Outcome['kind']): void {
  expect(outcome.kind === kind, `the outcome is ${JSON.stringify(outcome)} instead of ${kind}`)
}
