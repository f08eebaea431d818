// Two processes in front of one endpoint: what one learns the other knows, and only one of them probes.
import t, { type Test } from 'tap'
import type { ClaimedDelivery, Store } from '../../../src/ports/store.js'
import { newId } from '../../../src/ids.js'
import { text } from '../../../src/model/text.js'
import type { Outcome } from '../../../src/model/delivery.js'
import type { Settled } from '../../../src/pipeline/types.js'
import type { AdapterSession } from '../../../src/ports/adapter.js'
import type { Endpoint } from '../../../src/ports/directory.js'
import { createEndpoints, type Endpoints } from '../../../src/workers/endpoints.js'
import { createPlaces } from '../../../src/workers/places.js'
import type { Sessions } from '../../../src/workers/sessions.js'
import { openMemoryStore } from '../../support/stores.js'
import { createManualClock, eventually } from '../../support/time.js'

const problem = { code: 'ENDPOINT_UNAVAILABLE', detail: text('không phản hồi', 'no answer') }
const DOWN: Outcome = { kind: 'deferred', problem }
const UP: Outcome = { kind: 'delivered' }
const never = new AbortController().signal

const claimedOf = (packageId: string): ClaimedDelivery =>
  ({ delivery: { id: newId(), packageId, endpoint: 'e' }, package: { envelope: { priority: 0 } } }) as unknown as ClaimedDelivery

interface Scene {
  clock: ReturnType<typeof createManualClock>
  /** How the endpoint is now. */
  outcome: Outcome
  attempts: number
  probes: number
  open (owner: string, store: Store): Endpoints
  /** "tried", or until when it rests and why. */
  attempt (by: Endpoints): Promise<string>
}

function setScene (t: Test): Scene {
  const clock = createManualClock()
  const endpoint: Endpoint = { id: 'e', axis: 'commune', adapter: 'x', format: 'original', concurrency: 4, timeoutMs: 1000, settings: {}, circuit: { failures: 3, openMs: 1000, maxOpenMs: 8000 } }
  const session = { probe: async () => { scene.probes++; return scene.outcome } } as unknown as AdapterSession
  const scene: Scene = {
    clock,
    outcome: DOWN,
    attempts: 0,
    probes: 0,
    open (owner, store) {
      const places = createPlaces({ concurrency: 4, clock })
      const sessions: Sessions = { endpoint: () => endpoint, session: async () => session, places: () => places, ids: () => ['e'], shareWith () {}, close: async () => {} }
      const endpoints = createEndpoints({ store, sessions, relay: { publish () {} }, clock, owner, intervalMs: 1000, log: { debug () {}, info () {}, warn () {}, error () {} } as never })
      t.teardown(async () => { await endpoints.stop() })
      return endpoints
    },
    async attempt (by) {
      const claimed = claimedOf(newId())
      const tryIt = async (): Promise<Settled> => {
        scene.attempts++
        return { claimed, outcome: scene.outcome, startedAt: clock.now(), finishedAt: clock.now(), settlement: { state: 'deferred' } }
      }
      const answer = await by.attempt(claimed, tryIt, never)
      return 'result' in answer ? 'tried' : `${String(answer.dueAt)} ${answer.problem?.code ?? ''}`
    }
  }
  return scene
}

t.test('two processes share a circuit: one opens it, one probes, a success at either closes it for both', async t => {
  const store = await openMemoryStore(t)
  const scene = setScene(t)
  const { clock, attempt } = scene
  const [one, other] = [scene.open('hub-1', store), scene.open('hub-2', store)]
  const circuit = async (): Promise<string | undefined> => (await store.endpointStates())[0]?.circuit.state
  const tendBoth = async (): Promise<void> => { await Promise.all([one.tend(), other.tend()]) }

  for (let n = 0; n < 3; n++) t.equal(await attempt(one), 'tried')
  t.equal(await attempt(one), 'Infinity ENDPOINT_RESTING', 'at once where it was noticed')
  await eventually(async () => await circuit() === 'open')
  await tendBoth()
  t.equal(await attempt(other), 'Infinity ENDPOINT_RESTING', 'at the next look everywhere')
  t.equal(scene.attempts, 3)

  clock.advance(1000)
  await tendBoth()
  await eventually(async () => ((await store.endpointStates())[0]?.version ?? 0) === 2)
  t.equal(scene.probes, 1, 'one of them probes')
  t.equal(await circuit(), 'open')
  clock.advance(1000)
  await tendBoth()
  t.equal(scene.probes, 1, 'a probe that failed doubles the time')

  await store.pauseEndpoint('e', { actor: 'operator:an', reason: 'x', at: clock.now() })
  clock.advance(1000)
  await tendBoth()
  t.equal(scene.probes, 1, 'who is paused is not called')
  await store.resumeEndpoint('e', { actor: 'operator:an', reason: 'y', at: clock.now() })
  scene.outcome = UP
  await tendBoth()
  await tendBoth()
  await eventually(async () => await circuit() === 'half-open')
  t.equal(scene.probes, 2)
  await tendBoth()
  t.equal(await attempt(other), 'tried')
  await eventually(async () => await circuit() === 'closed')
  await tendBoth()
  t.same([await attempt(one), await attempt(other)], ['tried', 'tried'])
})

t.test('an opening that the store did not take is made up for by the next failure', async t => {
  const store = await openMemoryStore(t)
  const { clock, open, attempt } = setScene(t)
  let away = 2
  const one = open('hub-1', {
    ...store,
    async changeCircuit (...given) {
      if (away-- > 0) throw new Error('the store is away')
      return await store.changeCircuit(...given)
    }
  })
  for (let n = 0; n < 3; n++) t.equal(await attempt(one), 'tried')
  for (const left of [1, 0]) {
    t.equal(away, left)
    t.equal(await attempt(one), 'Infinity ENDPOINT_RESTING', 'it rests here all the same')
    clock.advance(1000)
    await one.tend()
    t.equal(await attempt(one), 'tried')
  }
  await eventually(async () => (await store.endpointStates())[0]?.circuit.state === 'open')
})
