// Two processes in front of one endpoint: what one learns the other knows, and only one of them probes.
import t from 'tap'
import type { ClaimedDelivery } from '../../../src/ports/store.js'
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

t.test('two processes share a circuit: one opens it, one probes, a success at either closes it for both', async t => {
  const store = await openMemoryStore(t)
  const clock = createManualClock()
  let outcome: Outcome = DOWN
  let [attempts, probes] = [0, 0]
  const endpoint: Endpoint = { id: 'e', axis: 'commune', adapter: 'x', format: 'original', concurrency: 4, timeoutMs: 1000, settings: {}, circuit: { failures: 3, openMs: 1000, maxOpenMs: 8000 } }
  const session = { probe: async () => { probes++; return outcome } } as unknown as AdapterSession
  const openOne = (owner: string): Endpoints => {
    const places = createPlaces({ concurrency: 4, clock })
    const sessions: Sessions = { endpoint: () => endpoint, session: async () => session, places: () => places, ids: () => ['e'], shareWith () {}, close: async () => {} }
    return createEndpoints({ store, sessions, relay: { publish () {} }, clock, owner, intervalMs: 1000, log: { debug () {}, info () {}, warn () {}, error () {} } as never })
  }
  const [one, other] = [openOne('hub-1'), openOne('hub-2')]
  t.teardown(async () => { await Promise.all([one.stop(), other.stop()]) })
  const attempt = async (by: Endpoints): Promise<string> => {
    const claimed = claimedOf(newId())
    const tryIt = async (): Promise<Settled> => {
      attempts++
      return { claimed, outcome, startedAt: clock.now(), finishedAt: clock.now(), settlement: { state: 'deferred' } }
    }
    const answer = await by.attempt(claimed, tryIt, never)
    return 'result' in answer ? 'tried' : `${String(answer.dueAt)} ${answer.problem?.code ?? ''}`
  }
  const circuit = async (): Promise<string | undefined> => (await store.endpointStates())[0]?.circuit.state
  const tendBoth = async (): Promise<void> => { await Promise.all([one.tend(), other.tend()]) }

  for (let n = 0; n < 3; n++) t.equal(await attempt(one), 'tried')
  t.equal(await attempt(one), 'Infinity ENDPOINT_RESTING', 'at once where it was noticed')
  await eventually(async () => await circuit() === 'open')
  await tendBoth()
  t.equal(await attempt(other), 'Infinity ENDPOINT_RESTING', 'at the next look everywhere')
  t.equal(attempts, 3)

  clock.advance(1000)
  await tendBoth()
  await eventually(async () => ((await store.endpointStates())[0]?.version ?? 0) === 2)
  t.equal(probes, 1, 'one of them probes')
  t.equal(await circuit(), 'open')
  clock.advance(1000)
  await tendBoth()
  t.equal(probes, 1, 'a probe that failed doubles the time')

  await store.pauseEndpoint('e', { actor: 'operator:an', reason: 'x', at: clock.now() })
  clock.advance(1000)
  await tendBoth()
  t.equal(probes, 1, 'who is paused is not called')
  await store.resumeEndpoint('e', { actor: 'operator:an', reason: 'y', at: clock.now() })
  outcome = UP
  await tendBoth()
  await tendBoth()
  await eventually(async () => await circuit() === 'half-open')
  t.equal(probes, 2)
  await tendBoth()
  t.equal(await attempt(other), 'tried')
  await eventually(async () => await circuit() === 'closed')
  await tendBoth()
  t.same([await attempt(one), await attempt(other)], ['tried', 'tried'])
})
