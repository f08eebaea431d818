// The heart as a table: what an adapter saw → what the hub does next.
import t from 'tap'
import type { Outcome } from '../../../src/model/delivery.js'
import { text } from '../../../src/model/text.js'
import { backoffMs, settle, settleInterrupted, type RetryPolicy, type SettleFacts } from '../../../src/pipeline/settle.js'
import fc from '../../support/property.js'

const policy: RetryPolicy = { firstMs: 1000, factor: 2, maxMs: 60_000, jitter: 0, maxAttempts: 5 }
const at = 1_000_000
const problem = { code: 'ENDPOINT_UNAVAILABLE', detail: text('không phản hồi', 'no answer') }
const facts = (more: Partial<SettleFacts> = {}): SettleFacts => ({ attempt: 1, at, expiresAt: at + 3_600_000, policy, idempotent: true, random: 0.5, ...more })
const deferred: Outcome = { kind: 'deferred', problem }

const TABLE: Array<{ when: string, outcome: Outcome, facts: SettleFacts, then: object }> = [
  { when: 'delivered', outcome: { kind: 'delivered', externalId: 'x1' }, facts: facts(), then: { state: 'delivered', externalId: 'x1' } },
  { when: 'delivered at the last attempt', outcome: { kind: 'delivered' }, facts: facts({ attempt: 5 }), then: { state: 'delivered' } },
  { when: 'handed to the inbox', outcome: { kind: 'available' }, facts: facts(), then: { state: 'available' } },
  { when: 'refused', outcome: { kind: 'refused', problem }, facts: facts(), then: { state: 'refused', problem } },
  { when: 'the first failure', outcome: deferred, facts: facts(), then: { state: 'deferred', dueAt: at + 1000, problem } },
  { when: 'the third failure', outcome: deferred, facts: facts({ attempt: 3 }), then: { state: 'deferred', dueAt: at + 4000, problem } },
  { when: 'Retry-After longer than the backoff', outcome: { ...deferred, retryAfterMs: 30_000 }, facts: facts(), then: { state: 'deferred', dueAt: at + 30_000 } },
  { when: 'Retry-After shorter than the backoff', outcome: { ...deferred, retryAfterMs: 10 }, facts: facts({ attempt: 3 }), then: { state: 'deferred', dueAt: at + 4000 } },
  { when: 'Retry-After of a year', outcome: { ...deferred, retryAfterMs: 3e10 }, facts: facts(), then: { state: 'deferred', dueAt: at + 60_000 } },
  { when: 'a negative Retry-After', outcome: { ...deferred, retryAfterMs: -5 }, facts: facts(), then: { state: 'deferred', dueAt: at + 1000 } },
  { when: 'the last attempt fails', outcome: deferred, facts: facts({ attempt: 5 }), then: { state: 'dead', problem: { code: 'ATTEMPTS_EXHAUSTED' } } },
  { when: 'an uncertain outcome of an idempotent endpoint', outcome: { ...deferred, uncertain: true }, facts: facts(), then: { state: 'deferred', dueAt: at + 1000, problem } },
  { when: 'an uncertain outcome of another endpoint', outcome: { ...deferred, uncertain: true }, facts: facts({ idempotent: false }), then: { state: 'held', problem: { code: 'DELIVERY_UNCERTAIN', detail: { en: /no answer/ } } } },
  { when: 'an uncertain outcome of another endpoint at the last attempt', outcome: { ...deferred, uncertain: true }, facts: facts({ idempotent: false, attempt: 5 }), then: { state: 'held', problem: { code: 'DELIVERY_UNCERTAIN' } } },
  { when: 'a failure that is certain, of another endpoint', outcome: deferred, facts: facts({ idempotent: false }), then: { state: 'deferred', dueAt: at + 1000 } },
  { when: 'the next try would be after the expiry', outcome: deferred, facts: facts({ expiresAt: at + 500 }), then: { state: 'expired', problem: { code: 'DELIVERY_EXPIRED' } } }
]

for (const row of TABLE) {
  t.test(`${row.when} settles as ${(row.then as { state: string }).state}`, async t => {
    t.match(settle(row.outcome, row.facts), row.then)
  })
}

t.test('every chain of failures ends: no delivery is retried for ever', async () => {
  fc.assert(fc.property(
    fc.record({ firstMs: fc.integer({ min: 1, max: 1e5 }), factor: fc.double({ min: 1, max: 10, noNaN: true }), maxMs: fc.integer({ min: 1, max: 1e7 }), jitter: fc.double({ min: 0, max: 1, noNaN: true }), maxAttempts: fc.integer({ min: 1, max: 50 }) }),
    fc.double({ min: 0, max: 0.999, noNaN: true }), fc.option(fc.integer({ min: -1e6, max: 1e10 }), { nil: undefined }),
    (policy, random, retryAfterMs) => {
      let now = 0
      for (let attempt = 1; attempt <= policy.maxAttempts; attempt++) {
        const outcome: Outcome = { kind: 'deferred', problem, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
        const settlement = settle(outcome, { attempt, at: now, expiresAt: 1e12, policy, idempotent: true, random })
        if (settlement.state !== 'deferred') return settlement.state === 'dead' && attempt === policy.maxAttempts
        const waitMs = (settlement.dueAt ?? NaN) - now
        if (!(waitMs >= 0 && waitMs <= policy.maxMs)) return false
        now += waitMs
      }
      return false
    }))
})

t.test('an attempt that the hub cut short is due at once, unless it may have arrived where a repeat is not recognised', async t => {
  const cut = { kind: 'deferred', problem, uncertain: true } as const
  t.match(settleInterrupted(cut, { at, idempotent: true }), { state: 'deferred', dueAt: at })
  t.match(settleInterrupted({ kind: 'deferred', problem }, { at, idempotent: false }), { state: 'deferred', dueAt: at })
  t.match(settleInterrupted(cut, { at, idempotent: false }), { state: 'held', problem: { code: 'DELIVERY_UNCERTAIN' } })
})

t.test('jitter spreads the waits around the plan, within its share', async t => {
  const jittered = { ...policy, jitter: 0.2 }
  t.equal(backoffMs(1, jittered, 0), 800)
  t.equal(backoffMs(1, jittered, 0.999999), 1200)
  t.equal(backoffMs(40, jittered, 0.999999), 60_000, 'the cap holds with jitter, too')
})
