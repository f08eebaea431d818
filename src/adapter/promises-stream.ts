// Promises about bytes, time and memory: what was sent arrives unchanged, an abort is obeyed, and a large package does
// not fill the hub.
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Outcome } from '../model/delivery.js'
import type { AdapterSession } from '../ports/adapter.js'
import type { AdapterPromise, ConformanceContext, SampleDelivery, Subject } from './conformance-context.js'
import { carriesFields, expect, noneOf, sendsNothing, unable } from './promises-support.js'

const LARGE_BYTES = 50 * 2 ** 20
/** What sockets of both sides may hold between the adapter and a counterpart that does not read. */
const MOST_READ_AHEAD_BYTES = 20 * 2 ** 20
const ABORT_LIMIT_MS = 1000
const HUGE_BYTES = 200 * 2 ** 20
/** What is examined is memory, not speed. */
const HUGE_LIMIT_MS = 120_000
const MOST_MEMORY_BYTES = 64 * 2 ** 20

export const STREAM_PROMISES: readonly AdapterPromise[] = [
  ...[0, 1, LARGE_BYTES].map((size): AdapterPromise => ({
    name: `a package of ${size} bytes arrives unchanged`,
    why: 'the bytes are sacred: signatures are checked over them',
    notApplicable: subject => sendsNothing(subject) ?? carriesFields(subject) ?? noneOf(subject, size),
    run: async context => { await arrivesUnchanged(context, context.sample({ size })) }
  })),
  {
    name: 'a package whose bytes come slowly arrives unchanged',
    why: 'a busy disk makes pauses; half a document must not look like a whole one',
    notApplicable: subject => sendsNothing(subject) ?? carriesFields(subject),
    run: async context => { await arrivesUnchanged(context, context.sample({ size: 200_000, pauseMs: 60 })) }
  },
  {
    name: 'packages that are sent at the same time do not get mixed up',
    why: 'the runtime delivers several at a time through one session',
    notApplicable: subject => sendsNothing(subject) ?? carriesFields(subject),
    async run (context) {
      const session = await context.open()
      const samples = [1000, 30_000, 500_000, 2000].map(size => context.sample({ size }))
      const outcomes = await Promise.all(samples.map(async sample => await context.deliver(session, sample)))
      expect(outcomes.every(({ kind }) => kind === 'delivered'), `the outcomes are ${JSON.stringify(outcomes)}`)
      const arrived = context.harness.received().map(({ sha256 }) => sha256).sort()
      expect(arrived.join() === samples.map(({ body }) => body.sha256).sort().join(), 'other bytes arrived')
    }
  },
  {
    name: 'a package that breaks off is never reported as delivered',
    why: 'half a document with a receipt is a lost document',
    notApplicable: subject => sendsNothing(subject) ?? breaksNothing(subject),
    async run (context) {
      const session = await context.open()
      for (const size of [100_000, 4_000_000]) {
        const breakAt = Math.floor(context.sample({ size }).body.size / 2)
        const outcome = await context.deliver(session, context.sample({ size, breakAt })).catch(() => undefined)
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
    notApplicable: subject => sendsNothing(subject) ?? carriesFields(subject) ?? noneOf(subject, LARGE_BYTES) ?? unable(subject, 'hang'),
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
  },
  {
    name: `a package of ${HUGE_BYTES} bytes is sent in little memory`,
    why: 'memory must not grow with the size of a package; one large one would stop all the others',
    limitMs: 2 * HUGE_LIMIT_MS,
    notApplicable: subject => sendsNothing(subject) ?? carriesFields(subject) ??
      (subject.harness.sample === undefined ? noneOf(subject, HUGE_BYTES) : 'the harness makes its packages in memory'),
    async run (context) {
      const sample = context.sample({ size: HUGE_BYTES })
      const memory = watchMemory()
      try {
        await arrivesUnchanged(context, sample, AbortSignal.timeout(HUGE_LIMIT_MS))
      } finally {
        memory.stop()
      }
      expect(memory.most() <= MOST_MEMORY_BYTES, `${Math.round(memory.most() / 2 ** 20)} MB were held, in adapter and counterpart together`)
    }
  }
]

async function arrivesUnchanged (context: ConformanceContext, sample: SampleDelivery, signal?: AbortSignal): Promise<void> {
  const outcome = await context.deliver(await context.open(), sample, signal)
  expect(outcome.kind === 'delivered', `the outcome is ${JSON.stringify(outcome)}`)
  const [received] = context.harness.received()
  expect(received?.size === sample.body.size, `${String(received?.size)} bytes arrived instead of ${sample.body.size}`)
  expect(received.sha256 === sample.body.sha256, 'other bytes arrived')
}

/** An adapter that reads fields notices a stored package that broke off only by its attachments. */
function breaksNothing (subject: Subject): string | undefined {
  const fields = carriesFields(subject)
  return (subject.harness.sample?.({ deliveryId: 'attachments', size: 2000 }).attachments ?? []).length > 0 ? undefined : fields
}

/** How much more is held than in the beginning, at most, bytes: what a collection of garbage leaves over. */
function watchMemory (): { most (): number, stop (): void } {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const held = (): number => {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  collect()
  const before = held()
  let most = 0
  const timer = setInterval(() => {
    if (held() - before <= MOST_MEMORY_BYTES) return
    collect()
    most = Math.max(most, held() - before)
  }, 50)
  return { most: () => most, stop: () => { clearInterval(timer) } }
}

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
