// The promises of the Store port about the log of service calls: there before, changed once, seen by whom it concerns, kept for its term.
import { newId } from '../../src/ids.js'
import type { ServiceCallRecord } from '../../src/model/service-call.js'
import type { Store } from '../../src/ports/store.js'
import { makePackage, START } from '../support/packages.js'
import { freshAgency, type Promised } from './store.js'

const DAY = 86_400_000
const PAGE = { limit: 10 }

function makeCall (wish: Partial<ServiceCallRecord> = {}): ServiceCallRecord {
  return {
    id: newId(), service: 'xac-thuc', operation: 'citizen-exists', endpoint: 'csdldc', client: 'client:mot-cua', agency: freshAgency(), officer: { id: 'CB-1', name: 'Cúc \u0000', unit: 'U' },
    purpose: { code: 'P', text: 'Tiếp nhận' }, dossier: `H36-261120-${newId()}`, subject: 'hmac-sha256:ab', state: 'requested', requestedAt: START, traceId: 'a'.repeat(32), ...wish
  }
}

async function listed (store: Store, agency: string, filter: Parameters<Store['listServiceCalls']>[0] = {}, page: Parameters<Store['listServiceCalls']>[1] = PAGE): Promise<string[]> {
  return (await store.listServiceCalls(filter, page, [agency])).map(({ id }) => id)
}

export const SERVING: Record<string, Promised> = {
  'a call is there as it was recorded, and is changed once': async (t, store, second) => {
    const call = makeCall()
    await store.recordServiceCall(call)
    t.same(await second.listServiceCalls({ agency: call.agency }, PAGE, 'all'), [call])
    t.equal(await store.settleServiceCall(call.id, { state: 'unavailable', settledAt: START + 20, durationMs: 20, code: 'ENDPOINT_TIMEOUT' }), true)
    const ended = { ...call, state: 'unavailable', settledAt: START + 20, durationMs: 20, code: 'ENDPOINT_TIMEOUT' }
    t.same(await second.listServiceCalls({ agency: call.agency }, PAGE, 'all'), [ended])
    t.equal(await store.settleServiceCall(call.id, { state: 'answered', settledAt: START + 30, durationMs: 30 }), false, 'what has ended stays as it is')
    t.equal(await store.settleServiceCall(newId(), { state: 'answered', settledAt: START, durationMs: 1 }), false)
    t.equal(await store.settleServiceCall('no id', { state: 'answered', settledAt: START, durationMs: 1 }), false)
    t.same(await store.listServiceCalls({ agency: call.agency }, PAGE, 'all'), [ended])
    await t.rejects(store.recordServiceCall(call), 'a number is used once')
    const { subject: _subject, ...nobody } = makeCall({ state: 'answered', settledAt: START, durationMs: 0, cached: true })
    await store.recordServiceCall(nobody)
    t.same(await store.listServiceCalls({ agency: nobody.agency }, PAGE, 'all'), [nobody])
  },
  'calls are listed newest first, by service, agency, dossier and time, page by page': async (t, store) => {
    const agency = freshAgency()
    const calls = [makeCall({ agency }), makeCall({ agency, service: 'nhan-than', requestedAt: START + 10 }), makeCall({ agency, requestedAt: START + 20 })]
    for (const call of [...calls, makeCall()]) await store.recordServiceCall(call)
    const [first, second, third] = calls.map(({ id }) => id)
    t.same(await listed(store, agency), [third, second, first])
    t.same(await listed(store, agency, { service: 'nhan-than' }), [second])
    t.same(await listed(store, agency, { dossier: calls[0]?.dossier ?? '' }), [first])
    t.same(await listed(store, agency, { from: START + 10, to: START + 20 }), [second])
    t.same(await listed(store, agency, {}, { limit: 2 }), [third, second])
    t.same(await listed(store, agency, {}, { limit: 2, before: second ?? '' }), [first])
    t.same((await store.listServiceCalls({ agency, service: 'xac-thuc' }, PAGE, 'all')).map(({ id }) => id), [third, first])
    await t.rejects(store.listServiceCalls({}, { limit: 1, before: 'x' }, 'all'), { code: 'REQUEST_INVALID' })
  },
  'a reader sees the calls of its agencies and no other': async (t, store) => {
    const [one, two, three] = [makeCall(), makeCall(), makeCall()]
    for (const call of [one, two, three]) await store.recordServiceCall(call)
    t.same((await store.listServiceCalls({}, PAGE, [one.agency, two.agency])).map(({ id }) => id), [two.id, one.id])
    t.same(await store.listServiceCalls({ agency: three.agency }, PAGE, [one.agency]), [])
    t.same(await store.listServiceCalls({}, PAGE, []), [])
  },
  'a call goes when its own term is over, and not with packages': async (t, store) => {
    const agency = freshAgency()
    const old = [1, 2, 3].map(n => makeCall({ agency, requestedAt: START - 5000 * DAY + n }))
    const young = makeCall({ agency, requestedAt: START - 4000 * DAY })
    for (const call of [...old, young]) await store.recordServiceCall(call)
    const entry = makePackage({ deliveries: [] })
    await store.accept([entry])
    await store.purgePayloads({ ids: [entry.id], settledBefore: START + DAY, at: START + DAY, moved: false })
    await store.removePackages({ ids: [entry.id], settledBefore: START + DAY, at: START + DAY })
    t.equal((await listed(store, agency)).length, 4)
    const before = START - 4500 * DAY
    t.equal(await store.removeServiceCalls({ before, limit: 2 }), 2)
    t.same(await listed(store, agency), [young.id, old[2]?.id], 'the oldest first')
    t.equal(await store.removeServiceCalls({ before, limit: 2 }), 1)
    t.equal(await store.removeServiceCalls({ before, limit: 2 }), 0)
    t.same(await listed(store, agency), [young.id])
  }
}
