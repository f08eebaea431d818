// The promises of the Store port about endpoints: a circuit that all processes share, pauses, resting deliveries, and attempts that
// may have arrived although nobody knows.
import { newId } from '../../src/ids.js'
import { CLOSED, type Circuit } from '../../src/model/circuit.js'
import type { EndpointState } from '../../src/model/endpoint-state.js'
import type { Store } from '../../src/ports/store.js'
import { START, makePackage, planDelivery } from '../support/packages.js'
import { LEASE, NOTHING, PROBLEM, claimOne, record, stateOf, type Promised } from './store.js'

const OPEN: Circuit = { state: 'open', since: START, openMs: 1000, openUntil: START + 1000, problem: PROBLEM }
const freshEndpoint = (): string => `endpoint-${newId().slice(-12)}`

async function stateOfEndpoint (store: Store, endpoint: string): Promise<EndpointState | undefined> {
  return (await store.endpointStates()).find(state => state.endpoint === endpoint)
}

/** Deliveries to one endpoint that rest there, by their priorities. */
async function rest (store: Store, endpoint: string, priorities: readonly number[], expiresAt = START + 86_400_000): Promise<string[]> {
  const packages = priorities.map(priority => makePackage({ expiresAt, envelope: { priority }, deliveries: [planDelivery('H36.1', { endpoint })] }))
  await store.accept(packages)
  const ids = packages.flatMap(({ deliveries }) => deliveries.map(({ id }) => id))
  await store.claim(ids, LEASE)
  await store.release(ids.map(deliveryId => ({ deliveryId, dueAt: Infinity, problem: PROBLEM })), LEASE)
  return ids
}

export const ENDPOINTS: Record<string, Promised> = {
  'what an adapter remembers is there for every process, for its endpoint only, until it is forgotten': async (t, store, second) => {
    const [one, other] = [freshEndpoint(), freshEndpoint()]
    const value = { since: '2026-11-22', codes: ['H36', 'H36.11'], note: 'ghi chú\u0000' }
    await store.writeMemory(one, 'cursor', value)
    t.same(await second.readMemory(one, 'cursor'), value)
    t.equal(await store.readMemory(other, 'cursor'), undefined)
    await second.writeMemory(one, 'cursor', null)
    t.equal(await store.readMemory(one, 'cursor'), null)
    await store.writeMemory(one, 'cursor', undefined)
    t.equal(await second.readMemory(one, 'cursor'), undefined)
  },
  'what an adapter remembers goes when its time is over, oldest first and so many at a time; what is written again stays': async (t, store, second) => {
    const endpoint = freshEndpoint()
    for (const [key, ms] of [['third', 30], ['first', 10], ['second', 20]] as const) await store.writeMemory(endpoint, key, key, { expiresAt: START + ms })
    await store.writeMemory(endpoint, 'renewed', 1, { expiresAt: START + 5 })
    await second.writeMemory(endpoint, 'renewed', 2, { expiresAt: START + 100 })
    await store.writeMemory(endpoint, 'for good', 1, { expiresAt: START + 5 })
    await second.writeMemory(endpoint, 'for good', 2)
    const left = async (): Promise<string[]> => {
      const keys = ['first', 'second', 'third', 'renewed', 'for good']
      return (await Promise.all(keys.map(async key => await store.readMemory(endpoint, key) === undefined ? [] : [key]))).flat()
    }
    t.equal(await store.removeMemory({ at: START + 9, limit: 10 }), 0)
    t.equal(await second.removeMemory({ at: START + 30, limit: 1 }), 1)
    t.same(await left(), ['second', 'third', 'renewed', 'for good'])
    t.equal(await store.removeMemory({ at: START + 30, limit: 10 }), 2)
    t.same(await left(), ['renewed', 'for good'])
    t.equal(await store.removeMemory({ at: START + 100, limit: 10 }), 1)
    t.same(await left(), ['for good'])
  },
  'a circuit is changed by the one who knows its version; all see it': async (t, store, second) => {
    const endpoint = freshEndpoint()
    t.equal(await stateOfEndpoint(store, endpoint), undefined)
    t.equal(await store.changeCircuit(endpoint, { circuit: OPEN, version: 5 }), false, 'nobody has changed it yet')
    t.same((await Promise.all([store, second].map(async each => await each.changeCircuit(endpoint, { circuit: OPEN, version: 0 })))).sort(), [false, true])
    t.same(await stateOfEndpoint(second, endpoint), { endpoint, circuit: OPEN, version: 1 })
    t.equal(await store.changeCircuit(endpoint, { circuit: CLOSED, version: 0 }), false)
    t.equal(await second.changeCircuit(endpoint, { circuit: { ...CLOSED, since: START + 5 }, version: 1 }), true)
    t.same(await stateOfEndpoint(store, endpoint), { endpoint, circuit: { ...CLOSED, since: START + 5 }, version: 2 })
  },
  'of all who ask one probes, when it is due, until its lease ends or the circuit changes': async (t, store, second) => {
    const endpoint = freshEndpoint()
    const ask = { owner: 'hub-1', at: START + 1000, leaseMs: 500 }
    t.equal(await store.takeProbe(endpoint, ask), false, 'nothing is open')
    await store.changeCircuit(endpoint, { circuit: OPEN, version: 0 })
    t.equal(await store.takeProbe(endpoint, { ...ask, at: START + 999 }), false, 'not yet due')
    t.same((await Promise.all([store, second].map(async (each, n) => await each.takeProbe(endpoint, { ...ask, owner: `hub-${n}` })))).sort(), [false, true])
    t.equal(await store.takeProbe(endpoint, { ...ask, at: START + 1499 }), false)
    t.equal(await second.takeProbe(endpoint, { ...ask, at: START + 1500 }), true, 'the one who probed has died')
    await store.changeCircuit(endpoint, { circuit: { ...OPEN, openUntil: START + 1600 }, version: 1 })
    t.equal(await store.takeProbe(endpoint, { ...ask, at: START + 1600 }), true)
  },
  'a pause keeps its first reason until it is resumed, and leaves the circuit alone': async (t, store, second) => {
    const endpoint = freshEndpoint()
    const pause = { actor: 'operator:an', reason: 'Chuyển máy chủ\u0000', at: START }
    const resume = { actor: 'operator:bình', reason: 'Xong', at: START + 9 }
    t.equal(await store.resumeEndpoint(endpoint, resume), false)
    t.equal(await store.pauseEndpoint(endpoint, pause), true)
    t.equal(await second.pauseEndpoint(endpoint, { ...pause, reason: 'other' }), false)
    t.same(await stateOfEndpoint(store, endpoint), { endpoint, circuit: CLOSED, version: 0, pause })
    t.equal(await store.changeCircuit(endpoint, { circuit: OPEN, version: 0 }), true)
    t.equal(await second.resumeEndpoint(endpoint, resume), true)
    t.same(await stateOfEndpoint(store, endpoint), { endpoint, circuit: OPEN, version: 1 })
    const subject = `endpoint:${endpoint}`
    const actions = await second.listActions({ subject }, { limit: 9 })
    t.match(actions, [
      { ...resume, action: 'endpoint.resumed', subject, detail: { pausedBy: pause.actor, pausedReason: pause.reason, pausedAt: String } },
      { ...pause, action: 'endpoint.paused', subject, detail: {} }
    ], 'recorded once each, by whom and why')
    t.equal(actions.length, 2)
    t.equal(Date.parse(String(actions[0]?.detail['pausedAt'])), START)
  },
  'of many who pause at once one does, and one is recorded': async (t, store, second) => {
    const endpoint = freshEndpoint()
    const answers = await Promise.all(Array.from({ length: 10 }, async (_, n) => await (n % 2 === 0 ? store : second).pauseEndpoint(endpoint, { actor: `operator:${n}`, reason: 'r', at: START })))
    const [first] = [...answers.keys()].filter(n => answers[n])
    t.equal(answers.filter(Boolean).length, 1)
    t.match(await store.listActions({ subject: `endpoint:${endpoint}` }, { limit: 9 }), [{ actor: `operator:${first}` }])
    t.equal((await store.listActions({ subject: `endpoint:${endpoint}` }, { limit: 9 })).length, 1)
  },
  'what operators did is paged, the newest first': async (t, store) => {
    const endpoints = Array.from({ length: 5 }, freshEndpoint)
    for (const endpoint of endpoints) await store.pauseEndpoint(endpoint, { actor: 'operator:an', reason: 'r', at: START })
    const subjects: string[] = []
    for (let before: { before?: number } | undefined = {}; before !== undefined && subjects.length < 5;) {
      const page: Awaited<ReturnType<Store['listActions']>> = await store.listActions({}, { limit: 2, ...before })
      subjects.push(...page.map(({ subject }) => subject))
      const last = page.at(-1)
      before = last === undefined ? undefined : { before: last.id }
    }
    t.same(subjects.slice(0, 5), endpoints.map(endpoint => `endpoint:${endpoint}`).reverse())
    t.same(await store.listActions({ subject: 'endpoint:nobody' }, { limit: 9 }), [])
  },
  'the delivery that is not settled for longest is known of each endpoint, whatever it waits for, and nothing where all are settled': async (t, store) => {
    const [endpoint, other, settled] = [freshEndpoint(), freshEndpoint(), freshEndpoint()]
    const at = [START + 20, START + 10, START + 30]
    const packages = at.map(acceptedAt => makePackage({ at: acceptedAt, deliveries: [planDelivery('H36.1', { endpoint })] }))
    const [late, oldest, latest] = packages.map(({ deliveries }) => deliveries[0]?.id ?? '')
    await store.accept([...packages, makePackage({ deliveries: [planDelivery('H36.1', { endpoint: other })] })])
    const ask = async (): Promise<string | undefined> => (await store.oldestUndelivered([endpoint])).at(0)?.deliveryId
    const word = { at: START + 40, actor: 'operator:an', reason: 'r', expiresAfterMs: 1000 }
    t.same(await store.oldestUndelivered([endpoint, settled, 'x\u0000']), [{ endpoint, deliveryId: oldest, acceptedAt: START + 10 }])
    t.same((await store.oldestUndelivered([endpoint, other])).map(each => each.endpoint).sort(), [endpoint, other].sort())
    const [claimed] = await store.claim([oldest ?? ''], LEASE)
    t.equal(await ask(), oldest, 'it is being attempted')
    if (claimed !== undefined) await store.settle([record(claimed, { outcome: 'deferred', settlement: { state: 'deferred', dueAt: START + 500, problem: PROBLEM } })])
    t.equal(await ask(), oldest, 'it is deferred')
    await store.operate({ ...word, id: oldest ?? '', operation: 'hold' })
    t.equal(await ask(), oldest, 'it is held')
    await store.operate({ ...word, id: oldest ?? '', operation: 'cancel' })
    t.equal(await ask(), late)
    await store.operate({ ...word, id: late ?? '', operation: 'cancel' })
    t.equal(await ask(), latest)
    await store.operate({ ...word, id: latest ?? '', operation: 'cancel' })
    t.same(await store.oldestUndelivered([endpoint]), [])
    t.same(await store.oldestUndelivered([]), [])
  },
  'what rests at an endpoint is not due, is not counted as an attempt, and is woken in portions, urgent and oldest first': async (t, store, second) => {
    const [endpoint, other] = [freshEndpoint(), freshEndpoint()]
    const ids = await rest(store, endpoint, [0, 0, 3, 0, 1])
    await rest(store, other, [0])
    const [first] = ids
    t.match((await store.claim([first ?? ''], LEASE)), [], 'it is not queued')
    t.notOk((await store.sweep({ at: START + 80_000_000, readUpTo: NOTHING, limit: 10_000 })).claims.some(({ deliveryId }) => ids.includes(deliveryId)), 'it is never due by itself')
    const wake = async (most: number, by = store): Promise<string[]> => (await by.wakeResting([{ endpoint, most }, { endpoint: freshEndpoint(), most: 9 }], { at: START + 7 })).map(({ deliveryId }) => deliveryId)
    t.same(await wake(3), [ids[2], ids[4], ids[0]])
    t.match(await store.claim([ids[2] ?? ''], { ...LEASE, at: START + 7 }), [{ delivery: { attempts: 1, problem: PROBLEM } }])
    const both = await Promise.all([wake(2, store), wake(2, second)])
    t.same(both.flat().sort(), [ids[1], ids[3]].sort(), 'each once, whoever asks')
    t.same(await wake(9), [])
    t.same(await store.wakeResting([], { at: START }), [])
  },
  'a resting delivery shows no due time, and expires like any other': async (t, store) => {
    const endpoint = freshEndpoint()
    const [id = ''] = await rest(store, endpoint, [0], START + 500)
    const find = async () => (await store.findInbox(id, ['H36.1']))?.delivery
    t.match(await find(), { state: 'deferred', attempts: 0, problem: PROBLEM })
    t.notOk('dueAt' in (await find() ?? {}))
    t.same(await store.wakeResting([{ endpoint, most: 9 }], { at: START + 500 }), [], 'not woken after its time')
    await store.sweep({ at: START + 500, readUpTo: NOTHING, limit: 10_000 })
    t.match(await find(), { state: 'expired', problem: { code: 'DELIVERY_EXPIRED' } })
  },
  'an attempt that had begun when its process died is held; it is not known whether it arrived': async (t, store) => {
    const [begun, waiting] = [await claimOne(store), await claimOne(store)]
    t.same(await store.begin([begun.delivery.id, newId(), 'no id'], LEASE), [begun.delivery.id])
    t.same(await store.begin([waiting.delivery.id], { owner: 'hub-2' }), [], 'only its owner can')
    const { claims } = await store.sweep({ at: START + LEASE.leaseMs, readUpTo: NOTHING, limit: 10_000 })
    t.ok(claims.some(({ deliveryId }) => deliveryId === waiting.delivery.id))
    t.notOk(claims.some(({ deliveryId }) => deliveryId === begun.delivery.id))
    t.match((await store.findPackage(begun.delivery.packageId, 'all'))?.deliveries, [{ state: 'held', attempts: 1, problem: { code: 'DELIVERY_UNCERTAIN' } }])
    t.match((await store.events(begun.delivery.packageId, { limit: 9 })).at(-1), { type: 'delivery.held', data: { problem: { code: 'DELIVERY_UNCERTAIN' } } })
    t.same(await store.settle([record(begun)]), { lost: [begun.delivery.id] }, 'a late word of the process that was thought dead')
    t.same(await store.begin([begun.delivery.id], LEASE), [])
  },
  'the next claim has not begun': async (t, store) => {
    const { delivery } = await claimOne(store)
    await store.begin([delivery.id], LEASE)
    await store.release([{ deliveryId: delivery.id, dueAt: START }], LEASE)
    await store.sweep({ at: START, readUpTo: NOTHING, limit: 10_000 })
    await store.claim([delivery.id], LEASE)
    await store.sweep({ at: START + LEASE.leaseMs, readUpTo: NOTHING, limit: 10_000 })
    t.equal(await stateOf(store, delivery), 'queued')
  },
  'a single process that starts again holds what it had begun, and takes back the rest': async (t, store) => {
    const [begun, waiting] = [await claimOne(store), await claimOne(store)]
    await store.begin([begun.delivery.id], LEASE)
    await store.releaseAll({ at: START + 5 })
    t.equal(await stateOf(store, begun.delivery), 'held')
    t.equal(await stateOf(store, waiting.delivery), 'queued')
  },
  'a held delivery is recorded with its reason, waits without end, and expires in time': async (t, store) => {
    const claimed = await claimOne(store, { expiresAt: START + 1000 })
    await store.settle([record(claimed, { outcome: 'deferred', settlement: { state: 'held', problem: PROBLEM } })])
    const find = async () => (await store.findPackage(claimed.delivery.packageId, 'all'))?.deliveries[0]
    t.match(await find(), { state: 'held', problem: PROBLEM })
    t.notOk((await find())?.settledAt)
    t.match((await store.events(claimed.delivery.packageId, { limit: 9 })).map(({ type }) => type), ['package.accepted', 'delivery.attempted', 'delivery.held'])
    await store.sweep({ at: START + 1000, readUpTo: NOTHING, limit: 10_000 })
    t.match(await find(), { state: 'expired' })
  }
}
