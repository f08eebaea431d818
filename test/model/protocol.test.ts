// Explores the delivery protocol whole: every interleaving of two processes and two deliveries of one stream, with crashes,
// leases that end early, claims that are lost or come twice, and answers that get lost.
import t from 'tap'
import { broken, isAtRest, isHealthy, start, steps, WHOLE, type Rules, type State } from './protocol.js'

interface Verdict { states: number, fault?: string, trace?: string[] }

/** Breadth first, so that a trace to a fault is a shortest one. */
function explore (rules: Rules, faults: number): Verdict {
  const first = start(faults)
  const known = new Map<string, { state: State, from?: string, by?: string }>([[JSON.stringify(first), { state: first }]])
  const trace = (key: string | undefined): string[] => {
    const entry = key === undefined ? undefined : known.get(key)
    return entry?.by === undefined ? [] : [...trace(entry.from), entry.by]
  }
  const healing = new Map<string, string[]>()
  for (const [key, { state }] of known) {
    const fault = broken(state)
    if (fault !== undefined) return { states: known.size, fault, trace: trace(key) }
    const healthy: string[] = []
    for (const { name, state: next } of steps(state, rules)) {
      const nextKey = JSON.stringify(next)
      if (!known.has(nextKey)) known.set(nextKey, { state: next, from: key, by: name })
      if (isHealthy(name)) healthy.push(nextKey)
    }
    healing.set(key, healthy)
  }
  const stuck = findStuck(new Map([...known].map(([key, { state }]) => [key, state])), healing)
  return stuck === undefined ? { states: known.size } : { states: known.size, fault: 'something is stuck', trace: trace(stuck) }
}

/** A state from which no run without failures comes to rest: searched backwards from the states at rest. */
function findStuck (states: ReadonlyMap<string, State>, healing: ReadonlyMap<string, string[]>): string | undefined {
  const before = new Map<string, string[]>()
  for (const [key, nexts] of healing) for (const next of nexts) before.set(next, [...before.get(next) ?? [], key])
  const good = new Set([...states].flatMap(([key, state]) => isAtRest(state) ? [key] : []))
  for (const key of good) for (const earlier of before.get(key) ?? []) good.add(earlier)
  return [...states.keys()].find(key => !good.has(key))
}

t.test('no interleaving overtakes, loses or gets stuck', async t => {
  const { states, fault, trace } = explore(WHOLE, 2)
  t.equal(fault, undefined, trace?.join('; ') ?? '')
  t.ok(states > 1000)
  t.comment(`${states} states`)
})

const BROKEN: Array<{ without: string, rules: Partial<Rules>, fault: string }> = [
  { without: 'order', rules: { order: false }, fault: 'the follower has overtaken' },
  { without: 'telling', rules: { wake: false, untold: false }, fault: 'something is stuck' },
  { without: 'a sweep for the untold, when a process dies before it tells', rules: { untold: false }, fault: 'something is stuck' },
  { without: 'the lock on the predecessor', rules: { lock: false }, fault: 'something is stuck' }
]

for (const { without, rules, fault } of BROKEN) {
  t.test(`without ${without} the exploration finds a fault`, async t => {
    const found = explore({ ...WHOLE, ...rules }, 2)
    t.equal(found.fault, fault)
    t.comment(found.trace?.join('; '))
  })
}
