// The promises of the Store port about telling senders: what they want to hear is found until it is marked, whoever settles.
import type { Reportable } from '../../src/model/generated.js'
import type { ClaimedDelivery, Store } from '../../src/ports/store.js'
import { makePackage, planDelivery, START } from '../support/packages.js'
import { freshAgency, LEASE, makeAvailable, PROBLEM, record, type Promised } from './store.js'

async function stored (store: Store, reports: Reportable[] | undefined, more: { expiresAt?: number, deliverBy?: number } = {}): Promise<{ id: string, agency: string, packageId: string }> {
  const agency = freshAgency()
  const entry = makePackage({ deliveries: [planDelivery(agency, { ...more, ...(reports === undefined ? {} : { reports }) })] })
  await store.accept([entry])
  return { id: entry.deliveries[0]?.id ?? '', agency, packageId: entry.id }
}

async function wanted (store: Store, id: string): Promise<Reportable[]> {
  return (await store.findUnreported({ limit: 10_000 })).filter(({ deliveryId }) => deliveryId === id).map(({ event }) => event)
}

async function claimed (store: Store, id: string): Promise<ClaimedDelivery> {
  const [found] = await store.claim([id], LEASE)
  if (found === undefined) throw new Error('not claimed')
  return found
}

async function attempted (store: Store, id: string, state: 'delivered' | 'refused' | 'dead' | 'expired'): Promise<void> {
  await store.settle([record(await claimed(store, id), { settlement: { state, ...(state === 'delivered' ? {} : { problem: PROBLEM }) } })])
}

export const TELLING: Record<string, Promised> = {
  'an end that is wanted is found, with what a receipt names; one that is not wanted is not': async (t, store) => {
    const [refused, delivered, silent] = [await stored(store, ['refused', 'dead']), await stored(store, ['refused']), await stored(store, undefined)]
    t.same(await wanted(store, refused.id), [], 'not before it has come about')
    await attempted(store, refused.id, 'refused')
    await attempted(store, delivered.id, 'delivered')
    await attempted(store, silent.id, 'refused')
    t.same([await wanted(store, refused.id), await wanted(store, delivered.id), await wanted(store, silent.id)], [['refused'], [], []])
    const [fact] = (await store.findUnreported({ limit: 10_000 })).filter(({ deliveryId }) => deliveryId === refused.id)
    t.match(fact, { agency: refused.agency, fromAgency: 'H36', fromCode: 'H36', kind: 'document', action: 'new', documentId: String, attempts: 1, problem: PROBLEM, at: START + 60 })
  },
  'every way to an end is found: an attempt, the word of the inbox, a claim and a sweep that come too late': async (t, store) => {
    const agency = freshAgency()
    const waiting = await makeAvailable(store, agency, { deliveries: [planDelivery(agency, { reports: ['refused'] })] })
    await store.settleInbox({ deliveryId: waiting, agencies: [agency], at: START + 70, actor: 'client:x', refusal: PROBLEM })
    t.same(await wanted(store, waiting), ['refused'])
    const [late, swept] = [await stored(store, ['expired'], { expiresAt: START + 10 }), await stored(store, ['expired'], { expiresAt: START + 10 })]
    await store.claim([late.id], { ...LEASE, at: START + 20 })
    t.same(await wanted(store, late.id), ['expired'])
    await store.sweep({ at: START + 20, readUpTo: { urgent: 0, normal: 0 }, limit: 10_000 })
    t.same(await wanted(store, swept.id), ['expired'])
    const unserved = makePackage({ deliveries: [planDelivery(freshAgency()), planDelivery(freshAgency(), { reports: ['refused'], problem: PROBLEM })] })
    await store.accept([unserved])
    t.same(await wanted(store, unserved.deliveries[1]?.id ?? ''), ['refused'])
  },
  'what is marked is found no more; who heard bad news hears of the delivery that is made after all': async (t, store) => {
    const { id } = await stored(store, ['accepted', 'dead'])
    await attempted(store, id, 'dead')
    t.same(await wanted(store, id), ['accepted', 'dead'], 'in the order in which it came about')
    await store.markReported({ at: START + 80, told: [{ deliveryId: id, event: 'accepted', receiptId: id }] })
    t.same(await wanted(store, id), ['dead'])
    await store.markReported({ at: START + 80, told: [{ deliveryId: id, event: 'dead', problem: PROBLEM }] })
    await store.markReported({ at: START + 81, told: [{ deliveryId: id, event: 'dead', problem: PROBLEM }] })
    t.same(await wanted(store, id), [])
    const { packageId } = (await stored(store, ['overdue'], { deliverBy: START + 1 }))
    await store.markOverdue({ at: START + 1, limit: 10_000 })
    const [late] = (await store.findPackage(packageId, 'all'))?.deliveries ?? []
    await store.markReported({ at: START + 80, told: [{ deliveryId: late?.id ?? '', event: 'overdue', receiptId: packageId }] })
    await attempted(store, late?.id ?? '', 'delivered')
    t.same(await wanted(store, late?.id ?? ''), ['delivered'])
    t.match((await store.events(packageId, { limit: 20 })).map(({ type }) => type), ['package.accepted', 'deadline.missed', 'receipt.sent', 'delivery.attempted', 'delivery.delivered'])
  },
  'a delivery that misses its time is marked once, travels urgent and says so': async (t, store) => {
    const { id } = await stored(store, ['overdue'], { deliverBy: START + 100 })
    t.same((await store.markOverdue({ at: START + 99, limit: 10_000 })).filter(({ deliveryId }) => deliveryId === id), [])
    t.match((await store.markOverdue({ at: START + 100, limit: 10_000 })).filter(({ deliveryId }) => deliveryId === id), [{ state: 'queued', deliverBy: START + 100 }])
    t.same(await store.markOverdue({ at: START + 200, limit: 10_000 }), [])
    t.same(await wanted(store, id), ['overdue'])
    t.match((await claimed(store, id)).delivery, { deliverBy: START + 100, overdueAt: START + 100 })
    const inTime = await stored(store, ['overdue'], { deliverBy: START + 300 })
    await attempted(store, inTime.id, 'delivered')
    t.same(await store.markOverdue({ at: START + 400, limit: 10_000 }), [], 'what is settled in time is never late')
  }
}
