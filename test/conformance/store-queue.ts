// The promises of the Store port about the inbox as a queue: lists that hide nothing, one delivery taken in hand, what was sent.
import { newId } from '../../src/ids.js'
import type { QueueFilter } from '../../src/ports/queue-store.js'
import type { Store } from '../../src/ports/store.js'
import { makePackage, planDelivery, START, type PackageWish } from '../support/packages.js'
import { claimOne, freshAgency, makeAvailable, record, type Promised } from './store.js'

const PAGE = { limit: 10, offset: 0 }
const AT = START + 100
const say = (agency: string, deliveryId: string): Parameters<Store['settleInbox']>[0] => ({ deliveryId, agencies: [agency], at: START + 200, actor: 'client:x' })
const REFUSAL = { code: 'RECIPIENT_REFUSED', detail: { vi: 'Sai', en: 'Wrong' } }

/** A delivery through the adapter `inbox`, as the recipients of the doors have it. */
async function offer (store: Store, agency: string, wish: PackageWish = {}): Promise<string> {
  return await makeAvailable(store, agency, { deliveries: [planDelivery(agency, { adapter: 'inbox' })], ...wish })
}

async function listed (store: Store, agency: string, more: Partial<QueueFilter> = {}, page = PAGE): Promise<string[]> {
  return (await store.listInbox({ agencies: [agency], kind: 'document', state: 'open', at: AT, ...more }, page)).map(({ delivery }) => delivery.id)
}

export const QUEUEING: Record<string, Promised> = {
  'a list hides nothing and shows what waits, urgent and oldest first, page by page': async (t, store) => {
    const agency = freshAgency()
    const [old, young] = [await offer(store, agency), await offer(store, agency)]
    const urgent = await offer(store, agency, { envelope: { priority: 4 } })
    await offer(store, freshAgency())
    await offer(store, agency, { envelope: { kind: 'dossier', action: 'submit' } })
    await offer(store, agency, { expiresAt: AT })
    for (let n = 0; n < 2; n++) t.same(await listed(store, agency), [urgent, old, young])
    t.same(await listed(store, agency, {}, { limit: 2, offset: 1 }), [old, young])
    t.equal(await store.countInbox({ agencies: [agency], kind: 'document', at: AT }), 3)
    t.equal(await store.countInbox({ agencies: [agency], kind: 'status', at: AT }), 0)
    t.match(await store.listInbox({ agencies: [agency], kind: 'document', state: 'open', at: AT }, { limit: 1, offset: 0 }), [{ delivery: { state: 'available', agency }, package: { fromAgency: 'H36', envelope: { priority: 4 } } }])
    t.same(await store.listInbox({ agencies: [], kind: 'document', state: 'open', at: AT }, PAGE), [])
  },
  'of several agencies one list is made': async (t, store) => {
    const [one, two] = [freshAgency(), freshAgency()]
    const ids = [await offer(store, one), await offer(store, two), await offer(store, one)]
    const all = async (page: typeof PAGE): Promise<string[]> => (await store.listInbox({ agencies: [one, two], kind: 'document', state: 'open', at: AT }, page)).map(({ delivery }) => delivery.id)
    t.same(await all(PAGE), ids)
    t.same([...await all({ limit: 1, offset: 0 }), ...await all({ limit: 1, offset: 1 }), ...await all({ limit: 1, offset: 2 })], ids)
  },
  'what is taken in hand is hidden from peeks and shown as such, until the lock ends': async (t, store) => {
    const agency = freshAgency()
    const [id, other] = [await offer(store, agency), await offer(store, agency)]
    const lock = { deliveryId: id, agencies: [agency], at: AT, lockMs: 1000 }
    t.equal(await store.lockInbox(lock), 'locked')
    t.equal(await store.lockInbox(lock), 'locked', 'again')
    t.same(await listed(store, agency, { state: 'locked' }), [id])
    t.same(await listed(store, agency, { state: 'waiting' }), [other])
    t.same(await listed(store, agency), [id, other])
    t.equal((await store.findInbox(id, [agency]))?.delivery.lockedUntil, AT + 1000)
    t.same((await store.peekInbox({ agencies: [agency], at: AT, lockMs: 1, limit: 9 })).map(({ delivery }) => delivery.id), [other])
    t.same(await listed(store, agency, { state: 'waiting', at: AT + 1000 }), [id, other])
    t.equal(await store.lockInbox({ ...lock, agencies: [freshAgency()] }), 'not-found')
    t.equal(await store.lockInbox({ ...lock, deliveryId: 'no id' }), 'not-found')
    await store.settleInbox(say(agency, id))
    t.equal(await store.lockInbox(lock), 'delivered')
    t.equal((await store.findInbox(id, [agency]))?.delivery.lockedUntil, undefined)
  },
  'what was settled is listed by its end and by day, newest first': async (t, store) => {
    const agency = freshAgency()
    const first = await offer(store, agency)
    const later = await offer(store, agency, { at: START + 60, expiresAt: START + 86_400_000 })
    const refused = await offer(store, agency)
    for (const id of [first, later]) await store.settleInbox(say(agency, id))
    await store.settleInbox({ ...say(agency, refused), refusal: REFUSAL })
    t.same(await listed(store, agency, { state: 'delivered' }), [later, first])
    t.same(await listed(store, agency, { state: 'refused' }), [refused])
    t.same(await listed(store, agency, { state: 'delivered', createdFrom: START + 60 }), [later])
    t.same(await listed(store, agency, { state: 'delivered', createdTo: START + 60 }), [first])
    t.same(await listed(store, agency), [])
    const pushed = await claimOne(store, { deliveries: [planDelivery(agency, { adapter: 'webhook' })] })
    await store.settle([record(pushed)])
    t.same(await listed(store, agency, { state: 'delivered' }), [later, first], 'what was pushed was never to be fetched')
  },
  'what agencies have sent is listed newest first with all its deliveries, without what the hub says for them': async (t, store) => {
    const [one, two, to] = [freshAgency(), freshAgency(), freshAgency()]
    const entries = [makePackage({ from: one, to: [to, 'H36.1'] }), makePackage({ from: two, to: [to], at: START + 60 }), makePackage({ from: one, to: [to], at: START + 120 })]
    const others = [makePackage({ from: freshAgency(), to: [one] }), makePackage({ from: one, to: [to], acceptedBy: 'hub' }), makePackage({ from: one, envelope: { kind: 'dossier', action: 'submit', correlationId: newId() } })]
    await store.accept([...entries, ...others])
    const sent = async (more: Partial<Parameters<Store['listSent']>[0]> = {}, page = PAGE): Promise<string[]> => (await store.listSent({ agencies: [one, two], kind: 'document', ...more }, page)).map(({ id }) => id)
    const newestFirst = entries.map(({ id }) => id).reverse()
    t.same(await sent(), newestFirst)
    t.same(await sent({}, { limit: 1, offset: 1 }), newestFirst.slice(1, 2))
    t.same(await sent({ agencies: [two] }), [entries[1]?.id])
    t.same(await sent({ acceptedFrom: START + 60, acceptedTo: START + 120 }), [entries[1]?.id])
    t.match((await store.listSent({ agencies: [one], kind: 'document' }, PAGE)).at(-1)?.deliveries, [{ to }, { to: 'H36.1' }])
  }
}
