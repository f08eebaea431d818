// Promises about bytes, time and memory: what was sent arrives unchanged, an abort is obeyed, and a large package does
// not fill the hub.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome } from '../model/delivery.js'
import type { AdapterSession } from '../ports/adapter.js'
import type { AdapterPromise, ConformanceContext } from './conformance-context.js'
import { expect, sendsNothing, unable } from './promises-support.js'

const LARGE_BYTES = 50 * 2 ** 20
/** What sockets of both sides may hold between the adapter and a counterpart that does not read. */
const MOST_READ_AHEAD_BYTES = 20 * 2 ** 20
const ABORT_LIMIT_MS = 1000

export const STREAM_PROMISES: readonly AdapterPromise[] = [
  ...[0, 1, LARGE_BYTES].map((size): AdapterPromise => ({
    name: `a package of ${size} bytes arrives unchanged`,
    why: 'the bytes are sacred: signatures are checked over them',
    notApplicable: sendsNothing,
    async run (context) {
      const sample = context.sample({ size })
      const outcome = await context.deliver(await context.open(), sample)
      expect(outcome.kind === 'delivered', `the outcome is ${JSON.stringify(outcome)}`)
      const [received] = context.harness.received()
      expect(received?.size === size, `${String(received?.size)} bytes arrived`)
      expect(received.sha256 === sample.body.sha256, 'other bytes arrived')
    }
  })),
  {
    name: 'a package that breaks off is never reported as delivered',
    why: 'half a document with a receipt is a lost document',
    notApplicable: sendsNothing,
    async run (context) {
      const session = await context.open()
      for (const size of [100_000, 4_000_000]) {
        const outcome = await context.deliver(session, context.sample({ size, breakAt: size / 2 })).catch(() => undefined)
        expect(outcome === undefined || outcome.kind === 'deferred', `the outcome is ${JSON.stringify(outcome)}`)
      }
      expect(context.harness.received().length === 0, 'the counterpart took half a package')
    }
  },
  {
    name: 'an attempt that takes too long stops within a second of the abort',
    why: 'the runtime owns the time-out; an attempt that does not stop blocks a place for ever',
    notApplicable: subject => sendsNothing(subject) ?? unable(subject, 'hang'),
    async run (context) {
      await context.harness.misbehave('hang')
      const session = await context.open()
      for (const size of [2000, LARGE_BYTES]) {
        const { outcome, tookMs } = await abortedAttempt(context, session, size)
        expect(outcome.kind === 'deferred', `the outcome is ${JSON.stringify(outcome)}`)
        expect(tookMs <= ABORT_LIMIT_MS, `it took ${Math.round(tookMs)} ms`)
      }
      const outcome = await context.deliver(session, context.sample(), AbortSignal.abort())
      expect(outcome.kind === 'deferred', `with a signal that was aborted before: ${JSON.stringify(outcome)}`)
    }
  },
  {
    name: 'a counterpart that does not read does not fill the memory',
    why: 'memory must not grow with the size of a package',
    notApplicable: subject => sendsNothing(subject) ?? unable(subject, 'hang'),
    async run (context) {
      await context.harness.misbehave('hang')
      const sample = context.sample({ size: LARGE_BYTES })
      const controller = new AbortController()
      const attempt = context.deliver(await context.open(), sample, controller.signal)
      try {
        const most = await settled(sample.pulled)
        expect(most <= MOST_READ_AHEAD_BYTES, `the adapter read ${most} bytes ahead`)
      } finally {
        controller.abort()
        await attempt
      }
    }
  }
]

async function abortedAttempt (context: ConformanceContext, session: AdapterSession, size: number): Promise<{ outcome: Outcome, tookMs: number }> {
  const controller = new AbortController()
  const attempt = context.deliver(session, context.sample({ size }), controller.signal)
  // Long enough for the connection and the head of the request; the counterpart answers nothing anyway.
  await sleep(150)
  const abortedAt = performance.now()
  controller.abort()
  const outcome = await attempt
  return { outcome, tookMs: performance.now() - abortedAt }
}

/** The value once it has stood still for half a second. */
async function settled (read: () => number): Promise<number> {
  let last = -1
  for (let same = 0; same < 5;) {
    await sleep(100)
    same = read() === last ? same + 1 : 0
    last = read()
  }
  return last
}
