// Random runs of the whole delivery protocol on the real store: a broker that drops, repeats, delays and reorders, processes that
// crash, come late and race, time that jumps. Whatever happens, nothing is lost, nothing takes effect twice, nothing overtakes.
import t from 'tap'
import { FINAL_STATES } from '../../../src/model/delivery.js'
import { openMemoryStore } from '../../support/stores.js'
import { ACTIONS, createWorld, type Action, type World } from '../../model/world.js'
import fc from '../../support/property.js'

const RUNS = 25
const store = await openMemoryStore(t)
let runs = 0

async function run (actions: readonly Action[]): Promise<World> {
  const world = createWorld(store, runs++)
  for (const action of actions) await world.act(action)
  await world.heal()
  return world
}

t.test('no random run loses, doubles, overtakes or gets stuck', async t => {
  const kinds = new Map<string, number>()
  await fc.assert(fc.asyncProperty(fc.array(ACTIONS, { minLength: 10, maxLength: 90, size: 'max' }), async actions => {
    const world = await run(actions)
    const left = await world.deliveries()
    for (const { state } of left) kinds.set(state, (kinds.get(state) ?? 0) + 1)
    // Held is what waits for an operator; it has a reason, and a deadline as everything has.
    const stuck = left.filter(({ state, problem }) => !(FINAL_STATES as readonly string[]).includes(state) && !(state === 'held' && problem !== undefined) && state !== 'blocked')
    const idle = left.filter(({ state, waitsFor = [] }) => state === 'blocked' && !waitsFor.some(id => left.some(other => other.id === id && (other.state === 'held' || other.state === 'blocked'))))
    if (stuck.length + idle.length > 0) throw new Error(`stuck: ${JSON.stringify([...stuck, ...idle][0])}`)
    const untrue = left.filter(({ id, state }) => state === 'delivered' && !world.took(id))
    if (world.faults.length + untrue.length > 0) throw new Error(JSON.stringify([...world.faults, ...untrue]))
    await world.expire()
    const late = (await world.deliveries()).filter(({ state }) => !(FINAL_STATES as readonly string[]).includes(state))
    if (late.length > 0) throw new Error(`it waits without a deadline: ${JSON.stringify(late[0])}`)
  }), { numRuns: RUNS, interruptAfterTimeLimit: 60_000 })
  t.comment(`${runs} runs: ${[...kinds].map(([state, count]) => `${count} ${state}`).join(', ')}`)
  for (const state of ['delivered', 'refused', 'dead', 'cancelled', 'held']) t.ok((kinds.get(state) ?? 0) > 0, `some end ${state}`)
})
