// The circuit breaker as a table: state × sign → state; and what holds for every history of signs.
import t from 'tap'
import { CLOSED, isProbeDue, NO_FAILURE, stepCircuit, USUAL_CIRCUIT, type Breaker, type Circuit, type CircuitPolicy, type Sign, type Tally } from '../../../src/model/circuit.js'
import { restReason, untouched } from '../../../src/model/endpoint-state.js'
import { text } from '../../../src/model/text.js'
import { SCHEMAS } from '../../../src/schema.js'
import fc from '../../support/property.js'

const policy: CircuitPolicy = { failures: 3, openMs: 1000, maxOpenMs: 5000 }
const at = 1_000_000
const problem = { code: 'ENDPOINT_UNAVAILABLE', detail: text('không phản hồi', 'no answer') }
const failed = (packageId: string, startedAt = at - 10): Sign => ({ kind: 'failed', startedAt, packageId, problem })
const worked: Sign = { kind: 'worked', startedAt: at - 10 }
const open: Circuit = { state: 'open', since: at - 1000, openMs: 1000, openUntil: at, problem }
const halfOpen: Circuit = { state: 'half-open', since: at - 100, openMs: 1000 }
const two: Tally = { failures: 2, packageId: 'p1', manyPackages: false }

const TABLE: Array<{ when: string, circuit: Circuit, tally?: Tally, sign: Sign, then: object }> = [
  { when: 'closed, a success', circuit: CLOSED, tally: two, sign: worked, then: { circuit: CLOSED, tally: NO_FAILURE } },
  { when: 'closed, a failure that does not make the row', circuit: CLOSED, sign: failed('p1'), then: { circuit: CLOSED, tally: { failures: 1 } } },
  { when: 'closed, the failure of another package that makes the row', circuit: CLOSED, tally: two, sign: failed('p2'), then: { circuit: { state: 'open', since: at, openMs: 1000, openUntil: at + 1000, problem }, tally: NO_FAILURE } },
  { when: 'closed, one poisonous package alone', circuit: CLOSED, tally: two, sign: failed('p1'), then: { circuit: CLOSED, tally: { failures: 3 } } },
  { when: 'closed, a failure begun before it closed', circuit: { ...CLOSED, since: at - 5 }, tally: two, sign: failed('p2'), then: { circuit: { state: 'closed' }, tally: two } },
  { when: 'open, a late success', circuit: open, sign: worked, then: { circuit: open } },
  { when: 'open, a late failure', circuit: open, sign: failed('p1'), then: { circuit: open } },
  { when: 'open, the probe is answered', circuit: open, sign: { kind: 'probe-worked' }, then: { circuit: { state: 'half-open', since: at } } },
  { when: 'open, the probe fails', circuit: open, sign: { kind: 'probe-failed', problem }, then: { circuit: { state: 'open', openMs: 2000, openUntil: at + 2000 } } },
  { when: 'half-open, a success', circuit: halfOpen, sign: worked, then: { circuit: { state: 'closed', openMs: 0 } } },
  { when: 'half-open, a failure', circuit: halfOpen, sign: failed('p1'), then: { circuit: { state: 'open', openMs: 2000, openUntil: at + 2000 } } },
  { when: 'half-open, a failure begun before the opening', circuit: halfOpen, sign: failed('p1', at - 500), then: { circuit: halfOpen } },
  { when: 'half-open, a probe of another process', circuit: halfOpen, sign: { kind: 'probe-failed', problem }, then: { circuit: halfOpen } }
]

for (const { when, circuit, tally = NO_FAILURE, sign, then } of TABLE) {
  t.test(when, async t => { t.match(stepCircuit({ circuit, tally }, sign, { at, policy }), then) })
}

t.test('whatever happens: an open circuit says when it is probed, the wait is bounded, and one success after a probe closes it', async () => {
  const sign = fc.oneof(
    fc.constant<Sign>({ kind: 'probe-worked' }), fc.constant<Sign>({ kind: 'probe-failed', problem }),
    fc.record({ kind: fc.constant('worked' as const), startedAt: fc.nat(10_000) }),
    fc.record({ kind: fc.constant('failed' as const), startedAt: fc.nat(10_000), packageId: fc.constantFrom('a', 'b', 'c'), problem: fc.constant(problem) }))
  fc.assert(fc.property(fc.array(fc.tuple(sign, fc.nat(500)), { maxLength: 60 }), steps => {
    let breaker: Breaker = { circuit: CLOSED, tally: NO_FAILURE }
    let now = 0
    for (const [sign, passed] of steps) {
      now += passed
      const before = breaker.circuit
      breaker = stepCircuit(breaker, sign, { at: now, policy })
      const { state, openMs, openUntil = Number.NaN } = breaker.circuit
      if (state === 'open' && !(openMs >= policy.openMs && openMs <= policy.maxOpenMs && isProbeDue(breaker.circuit, openUntil) && !isProbeDue(breaker.circuit, openUntil - 1))) return false
      if (before.state === 'closed' && state === 'half-open') return false
    }
    const probed = breaker.circuit.state === 'open' ? stepCircuit(breaker, { kind: 'probe-worked' }, { at: now, policy }) : breaker
    return stepCircuit(probed, { kind: 'worked', startedAt: now }, { at: now, policy }).circuit.state === 'closed'
  }))
})

t.test('the usual policy is that of the configuration', async t => {
  const { failures, openMs, maxOpenMs } = SCHEMAS.config.$defs.circuit.properties
  t.same(USUAL_CIRCUIT, { failures: failures.default, openMs: openMs.default, maxOpenMs: maxOpenMs.default })
})

t.test('what rests says why: a pause before maintenance before a circuit', async t => {
  const state = { ...untouched('e'), circuit: open, pause: { actor: 'operator:an', reason: 'chuyển máy chủ', at } }
  t.match(restReason(state, at), { code: 'ENDPOINT_RESTING', detail: { vi: /chuyển máy chủ/, en: /paused/ } })
  t.match(restReason({ ...untouched('e'), circuit: open }, Date.UTC(2026, 10, 21)), { detail: { en: /maintenance until 2026-11-21/ } })
  t.match(restReason({ ...untouched('e'), circuit: open }), { detail: { vi: /không phản hồi/, en: /no answer/ } })
  t.equal(restReason({ ...untouched('e'), circuit: halfOpen }), undefined)
  t.equal(restReason(untouched('e')), undefined)
})
