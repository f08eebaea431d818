// Promises about questions to outside systems: answered or not is data, it ends in time, and nobody's data are written down.
import type { ServiceOutcome } from '../model/service-call.js'
import type { AdapterSession, ServiceCall } from '../ports/adapter.js'
import type { AdapterPromise, ConformanceContext, Subject } from './conformance-context.js'
import type { Misbehaviour } from './harness.js'
import { expect, unable } from './promises-support.js'

const ABORT_LIMIT_MS = 1000
/** Accidents after which a question may be asked again. */
const PASSING: readonly Misbehaviour[] = ['overload', 'drop', 'malformed', 'offline']
/** Shorter values of a question (a year, a type) say nothing about a person and are found anywhere. */
const LEAST_TELLING = 5

export const SERVICE_PROMISES: readonly AdapterPromise[] = [
  {
    name: 'every question of the manifest is answered',
    why: 'a service is configured by the names in the manifest',
    notApplicable: asksNothing,
    async run (context) {
      const session = await context.open()
      for (const { name } of context.manifest.operations ?? []) {
        const request = callsOf(context).find(({ operation }) => operation === name)
        expect(request !== undefined, `the harness has no call of ${name}`)
        const outcome = await ask(session, request)
        expect(outcome.kind === 'answered', `${name}: ${JSON.stringify(outcome)} instead of answered`)
      }
    }
  },
  {
    name: 'a question that the other side refuses is refused, with a reason',
    why: 'the officer must learn that asking again changes nothing',
    notApplicable: subject => asksNothing(subject) ?? unable(subject, 'refuse'),
    async run (context) {
      await expectAll(context, 'refuse', 'refused')
    }
  },
  {
    name: 'a question that nobody answers is unavailable, and may be asked again',
    why: 'an outage must never look like "there is no such person"',
    notApplicable: asksNothing,
    async run (context) {
      for (const kind of PASSING.filter(each => context.harness.can.includes(each))) await expectAll(context, kind, 'unavailable')
    }
  },
  {
    name: 'a question that takes too long ends within a second of the abort',
    why: 'an officer waits, and the connection is needed by others',
    notApplicable: subject => asksNothing(subject) ?? unable(subject, 'hang'),
    async run (context) {
      const session = await context.open()
      await context.harness.misbehave('hang')
      for (const request of callsOf(context)) {
        const abort = new AbortController()
        setTimeout(() => { abort.abort(new Error('too late')) }, 200)
        const startedAt = performance.now()
        const outcome = await ask(session, request, abort.signal)
        const tookMs = performance.now() - startedAt - 200
        expect(outcome.kind === 'unavailable', `${request.operation}: ${outcome.kind} instead of unavailable`)
        expect(tookMs <= ABORT_LIMIT_MS, `${request.operation} ended ${Math.round(tookMs)} ms after the abort`)
      }
    }
  },
  {
    name: 'questions are answered again once the counterpart is back',
    why: 'the hub recovers alone; nobody restarts it because a partner did',
    notApplicable: subject => asksNothing(subject) ?? unable(subject, 'offline'),
    async run (context) {
      const session = await context.open()
      const [request] = callsOf(context)
      expect(request !== undefined, 'the harness has no calls')
      for (const [kind, wanted] of [['offline', 'unavailable'], [undefined, 'answered']] as const) {
        await context.harness.misbehave(kind)
        const { kind: found } = await ask(session, request)
        expect(found === wanted, `${found} instead of ${wanted}`)
      }
    }
  },
  {
    name: 'nothing of a question appears in logs or problems',
    why: 'they are read by many and kept for years; personal data belong to the answer alone',
    notApplicable: asksNothing,
    async run (context) {
      const session = await context.open()
      const seen: string[] = []
      for (const kind of [undefined, ...context.harness.can]) {
        await context.harness.misbehave(kind)
        for (const request of callsOf(context)) {
          const outcome = await ask(session, request, AbortSignal.timeout(500))
          if (outcome.kind !== 'answered') seen.push(JSON.stringify(outcome))
        }
      }
      const all = [...seen, ...context.logged].join('\n').toUpperCase()
      const hidden = [...context.adapter.secrets(context.settings), ...callsOf(context).flatMap(({ query }) => tellingValues(query))]
      // The value itself must not be repeated in the report either.
      for (const [index, value] of hidden.entries()) expect(!all.includes(value.toUpperCase()), `value ${index + 1} of ${hidden.length} was written`)
    }
  }
]

function callsOf ({ harness }: ConformanceContext): readonly ServiceCall[] {
  return harness.calls?.() ?? []
}

function asksNothing ({ adapter: { manifest }, harness }: Subject): string | undefined {
  if (!manifest.directions.includes('service')) return 'the adapter has no services'
  return harness.calls === undefined ? 'the harness has no calls' : undefined
}

async function expectAll (context: ConformanceContext, accident: Misbehaviour, wanted: ServiceOutcome['kind']): Promise<void> {
  const session = await context.open()
  await context.harness.misbehave(accident)
  for (const request of callsOf(context)) {
    const outcome = await ask(session, request)
    expect(outcome.kind === wanted, `${accident}, ${request.operation}: ${outcome.kind} instead of ${wanted}`)
    const { retryAfterMs: asked } = context.harness
    if (accident !== 'overload' || asked === undefined || outcome.kind !== 'unavailable') continue
    expect(Math.abs((outcome.retryAfterMs ?? 0) - asked) <= 2000, `retryAfterMs is ${String(outcome.retryAfterMs)}, asked for were ${asked}`)
  }
}

async function ask (session: AdapterSession, request: ServiceCall, signal = AbortSignal.timeout(30_000)): Promise<ServiceOutcome> {
  if (session.call === undefined) throw new Error('the session has no call, although the manifest says service')
  const outcome = await session.call(request, signal)
  expect(['answered', 'refused', 'unavailable'].includes(outcome.kind), `no outcome: ${String(outcome.kind)}`)
  if (outcome.kind === 'answered') return outcome
  const { vi, en } = outcome.problem.detail
  for (const sentence of [vi, en]) expect(sentence.trim() !== '' && sentence.length <= 1000 && !/\p{Cc}/u.test(sentence), 'the problem needs one sentence in Vietnamese and one in English')
  return outcome
}

function tellingValues (value: unknown): string[] {
  if (typeof value === 'string') return value.length >= LEAST_TELLING ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(tellingValues) : []
}
