// The promises of the Store port about time (sweeping), the inbox and what readers see.
import type { Test } from 'tap'
import { newId } from '../../src/ids.js'
import type { PackageSummary, Store } from '../../src/ports/store.js'
import { START, makePackage } from '../support/packages.js'
import { EVERYTHING, LEASE, NOTHING, PROBLEM, claimOne, freshAgency, makeAvailable, record, stateOf, type Promised } from './store.js'

const SWEEP = { at: START + 1, readUpTo: NOTHING, limit: 1000 }

/** Sweeps everything that earlier tests have left, so that only the rows of this test are found. */
async function clear (store: Store): Promise<void> {
  await store.sweep({ at: START + 90_000_000_000, readUpTo: NOTHING, limit: 100_000 })
}

export const SWEEPING: Record<string, Promised> = {
  'a queued delivery is published again only when its lane was read past it': async (t, store) => {
    await clear(store)
    const urgent = makePackage({ envelope: { priority: 1 } })
    const normal = makePackage()
    await store.accept([urgent, normal])
    t.same(await store.sweep(SWEEP), { claims: [], expired: 0 })
    t.same(await store.sweep({ ...SWEEP, readUpTo: { urgent: START, normal: START } }), { claims: [], expired: 0 }, 'not yet past')
    t.same(await store.sweep({ ...SWEEP, readUpTo: { urgent: START + 1, normal: 0 } }), { claims: [{ deliveryId: urgent.deliveries[0]?.id, lane: 'urgent', publishedAt: START + 1 }], expired: 0 })
    t.same(await store.sweep({ ...SWEEP, readUpTo: { urgent: START + 1, normal: START + 1 } }), { claims: [{ deliveryId: normal.deliveries[0]?.id, lane: 'normal', publishedAt: START + 1 }], expired: 0 })
    t.match((await store.findPackage(normal.id, 'all'))?.deliveries, [{ state: 'queued', dueAt: START + 1 }])
  },
  'a deferred delivery is published when it is due, not before': async (t, store) => {
    await clear(store)
    const claimed = await claimOne(store)
    await store.settle([record(claimed, { outcome: 'deferred', settlement: { state: 'deferred', dueAt: START + 500, problem: PROBLEM } })])
    t.same((await store.sweep({ ...SWEEP, at: START + 499, readUpTo: EVERYTHING })).claims, [])
    t.match((await store.sweep({ ...SWEEP, at: START + 500 })).claims, [{ deliveryId: claimed.delivery.id, publishedAt: START + 500 }])
    t.same((await store.sweep({ ...SWEEP, at: START + 500 })).claims, [], 'once')
    t.match(await store.claim([claimed.delivery.id], { ...LEASE, at: START + 500 }), [{ delivery: { attempts: 2 } }])
  },
  'a delivery whose process died is published when its lease ends': async (t, store) => {
    await clear(store)
    const { delivery: { id } } = await claimOne(store)
    t.same((await store.sweep({ ...SWEEP, at: START + LEASE.leaseMs - 1 })).claims, [])
    t.match((await store.sweep({ ...SWEEP, at: START + LEASE.leaseMs })).claims, [{ deliveryId: id }])
    t.match(await store.claim([id], { ...LEASE, owner: 'hub-2', at: START + LEASE.leaseMs }), [{ delivery: { attempts: 2 } }])
  },
  'whatever is waiting expires at its deadline, and a delivery under way does not': async (t, store) => {
    await clear(store)
    const wish = { expiresAt: START + 1000 }
    const queued = makePackage(wish)
    await store.accept([queued])
    const deferred = await claimOne(store, wish)
    await store.settle([record(deferred, { outcome: 'deferred', settlement: { state: 'deferred', dueAt: START + 500_000, problem: PROBLEM } })])
    const available = await makeAvailable(store, 'H36.9', wish)
    const active = await claimOne(store, wish)
    t.same(await store.sweep({ ...SWEEP, at: START + 1000 }), { claims: [], expired: 3 })
    t.same(await store.sweep({ ...SWEEP, at: START + 1000 }), { claims: [], expired: 0 })
    t.match((await store.findInbox(available, ['H36.9']))?.delivery, { state: 'expired', settledAt: START + 1000, problem: { code: 'DELIVERY_EXPIRED' } })
    t.equal(await stateOf(store, active.delivery), 'active')
    t.equal((await store.events(queued.id, { limit: 10 })).at(-1)?.type, 'delivery.expired')
    t.same(await store.sweep({ ...SWEEP, at: START + LEASE.leaseMs }), { claims: [], expired: 1 }, 'when its lease has ended it expires instead of being tried again')
  },
  'a call handles at most its limit, urgent first, and concurrent sweeps share the work': async (t, store, second) => {
    await clear(store)
    const packages = Array.from({ length: 30 }, (_, n) => makePackage({ envelope: { priority: n < 25 ? 0 : 3 } }))
    await store.accept(packages)
    const first = await store.sweep({ ...SWEEP, readUpTo: EVERYTHING, limit: 5 })
    t.same(first.claims.map(({ lane }) => lane), Array(5).fill('urgent'))
    const rest = { ...SWEEP, readUpTo: { urgent: START + 1, normal: START + 1 }, limit: 10 }
    const shared = (await Promise.all([store.sweep(rest), second.sweep(rest), store.sweep(rest), second.sweep(rest)])).flatMap(({ claims }) => claims)
    const left = (await store.sweep({ ...rest, limit: 100 })).claims
    t.equal(new Set([...shared, ...left].map(({ deliveryId }) => deliveryId)).size, 25)
    t.equal(shared.length + left.length, 25, 'none twice')
  },
  'a single process takes back at its start what it held when it died': async (t, store) => {
    await clear(store)
    const { delivery } = await claimOne(store)
    t.equal(await store.releaseAll({ at: START + 5 }), 1)
    t.equal(await stateOf(store, delivery), 'queued')
    t.match((await store.sweep({ at: START + 5, readUpTo: { urgent: START + 5, normal: START + 5 }, limit: 10 })).claims, [{ deliveryId: delivery.id }])
  }
}

export const INBOX: Record<string, Promised> = {
  'a peek shows what waits, urgent and oldest first, and hides it from other peeks for a while': async (t, store) => {
    const agency = freshAgency()
    const old = await makeAvailable(store, agency)
    const young = await makeAvailable(store, agency)
    const urgent = await makeAvailable(store, agency, { envelope: { priority: 4 } })
    await makeAvailable(store, freshAgency())
    const peek = { agencies: [agency], at: START + 100, lockMs: 1000, limit: 2 }
    const items = await store.peekInbox(peek)
    t.same(items.map(({ delivery }) => delivery.id), [urgent, old])
    t.match(items[0], { lockedUntil: START + 1100, package: { fromAgency: 'H36', content: { kind: 'document' } } })
    t.same((await store.peekInbox(peek)).map(({ delivery }) => delivery.id), [young])
    t.same(await store.peekInbox({ ...peek, at: START + 1099 }), [])
    t.same((await store.peekInbox({ ...peek, at: START + 1100, limit: 9 })).map(({ delivery }) => delivery.id), [urgent, old, young])
    t.same(await store.peekInbox({ ...peek, agencies: [] }), [])
  },
  'concurrent peeks get different deliveries': async (t, store, second) => {
    const agency = freshAgency()
    for (let n = 0; n < 6; n++) await makeAvailable(store, agency)
    const peek = { agencies: [agency], at: START + 100, lockMs: 1000, limit: 3 }
    const seen = (await Promise.all([store.peekInbox(peek), second.peekInbox(peek)])).flat().map(({ delivery }) => delivery.id)
    t.equal(new Set(seen).size, seen.length)
  },
  'an expired delivery is not shown': async (t, store) => {
    const agency = freshAgency()
    await makeAvailable(store, agency, { expiresAt: START + 500 })
    t.same(await store.peekInbox({ agencies: [agency], at: START + 500, lockMs: 1, limit: 5 }), [])
  },
  'the word of the recipient settles; the same word again succeeds, another does not': async (t, store) => {
    const agency = freshAgency()
    const [accepted, refused] = [await makeAvailable(store, agency), await makeAvailable(store, agency)]
    const say = { agencies: [agency], at: START + 200, actor: 'client:h36' }
    const refusal = { code: 'RECIPIENT_REFUSED', detail: { vi: 'Sai nơi nhận', en: 'Wrong recipient' } }
    t.equal(await store.settleInbox({ ...say, deliveryId: accepted }), 'settled')
    t.equal(await store.settleInbox({ ...say, deliveryId: accepted, at: START + 300 }), 'settled')
    t.equal(await store.settleInbox({ ...say, deliveryId: accepted, refusal }), 'not-available')
    t.equal(await store.settleInbox({ ...say, deliveryId: refused, refusal }), 'settled')
    t.equal(await store.settleInbox({ ...say, deliveryId: refused, refusal }), 'settled')
    t.equal(await store.settleInbox({ ...say, deliveryId: refused }), 'not-available')
    const [yes, no] = [await store.findInbox(accepted, [agency]), await store.findInbox(refused, [agency])]
    t.match([yes?.delivery, no?.delivery], [{ state: 'delivered', settledAt: START + 200 }, { state: 'refused', problem: refusal }])
    const events = await store.events(no?.package.id ?? '', { limit: 10 })
    t.match(events.at(-1), { type: 'delivery.refused', actor: 'client:h36', at: START + 200, data: { problem: refusal } })
    t.equal(events.length, 3, 'one event, however often it is said')
  },
  'of two different words said at the same time one holds': async (t, store, second) => {
    const agency = freshAgency()
    const deliveryId = await makeAvailable(store, agency)
    const say = { deliveryId, agencies: [agency], at: START + 200, actor: 'client:h36' }
    const answers = await Promise.all([store.settleInbox(say), second.settleInbox({ ...say, refusal: PROBLEM })])
    t.same([...answers].sort(), ['not-available', 'settled'])
  },
  'the delivery of another agency, or none, is not found': async (t, store) => {
    const deliveryId = await makeAvailable(store, freshAgency())
    const say = { agencies: ['H36.0'], at: START, actor: 'client:x' }
    t.equal(await store.settleInbox({ ...say, deliveryId }), 'not-found')
    t.equal(await store.settleInbox({ ...say, deliveryId: newId() }), 'not-found')
    t.equal(await store.settleInbox({ ...say, deliveryId: 'no id' }), 'not-found')
    t.equal(await store.findInbox(deliveryId, ['H36.0']), undefined)
    const queued = makePackage({ to: ['H36.0'] })
    await store.accept([queued])
    t.equal(await store.settleInbox({ ...say, deliveryId: queued.deliveries[0]?.id ?? '' }), 'not-available')
  }
}

async function pages (store: Store, onPage: () => Promise<void>, scope: readonly string[] | 'all', filter = {}): Promise<PackageSummary[]> {
  const all: PackageSummary[] = []
  for (let after: string | undefined; ;) {
    const page = await store.listPackages(filter, { limit: 7, ...(after === undefined ? {} : { after }) }, scope)
    all.push(...page)
    after = page.at(-1)?.id
    if (after === undefined || page.length < 7) return all
    await onPage()
  }
}

export const READING: Record<string, Promised> = {
  'the last status of a dossier is that of its newest package with one, as far as the asking agency is part of it': async (t, store) => {
    const [from, to, code] = [freshAgency(), freshAgency(), `dossier:${newId()}`]
    const dossierPackage = (more: object): ReturnType<typeof makePackage> => {
      const entry = makePackage({ from, to: [to], envelope: { kind: 'dossier', action: 'progress', correlationId: code } })
      return { ...entry, content: { kind: 'dossier', dossier: { packageId: entry.id, kind: 'progress', from, to: [to], MaHoSo: 'x', ...more } } }
    }
    const step = (TrangThai: '2' | '4'): object => ({ NguoiXuLy: 'x', ThoiDiemXuLy: '20260316093000', NoiDungXuLy: 'x', TrangThai })
    t.equal(await store.lastDossierStatus(code, from), undefined)
    for (const more of [{ TienDo: [step('2'), step('4')] }, { kind: 'ack' }]) await store.accept([dossierPackage(more)])
    t.equal(await store.lastDossierStatus(code, from), '4')
    t.equal(await store.lastDossierStatus(code, to), '4')
    t.equal(await store.lastDossierStatus(code, freshAgency()), undefined)
    await store.accept([dossierPackage({ HoSo: { TrangThaiHoSo: '9' }, TienDo: [step('4')] })])
    t.equal(await store.lastDossierStatus(code, to), '9')
  },
  'documents are found by sender and identifier, those that came as a change also by their own id': async (t, store) => {
    const [from, other] = [freshAgency(), freshAgency()]
    const documentPackage = (docType: 'new' | 'update' | 'replacement' | 'revocation', documentId: string, more: Parameters<typeof makePackage>[0] = {}): ReturnType<typeof makePackage> => {
      const entry = makePackage({ from, identifier: `${docType}:${documentId}`, ...more, envelope: { action: docType } })
      return { ...entry, content: { kind: 'document', document: { documentId, docType, attachments: [] } } }
    }
    await store.accept([documentPackage('new', 'A'), documentPackage('new', 'A', { from: other }), documentPackage('new', 'ệ\u0000'), documentPackage('update', 'B'), documentPackage('replacement', 'C'), documentPackage('revocation', 'D')])
    const find = async (agencies: string[], identifiers: string[], documentIds: string[]): Promise<string[]> =>
      (await store.findDocuments({ agencies, identifiers, documentIds })).map(({ fromAgency, identifier, documentId }) => `${fromAgency === from ? 'own' : 'other'} ${identifier} ${documentId ?? ''}`).sort()
    t.same(await find([from], ['new:A'], []), ['own new:A A'])
    t.same(await find([from, other], ['new:A'], []), ['other new:A A', 'own new:A A'])
    t.same(await find([from], ['new:ệ\u0000', 'new:none'], []), ['own new:ệ\u0000 ệ\u0000'])
    t.same(await find([from], [], ['A', 'B', 'C', 'D']), ['own replacement:C C', 'own update:B B'], 'a new document only by its identifier, a revocation brings none')
    t.same(await find([other], ['update:B'], ['B']), [])
    t.same(await find([], ['new:A'], ['B']), [])
  },
  'a sender sees all deliveries of its package, a recipient its own, others nothing': async (t, store) => {
    const [from, one, two] = [freshAgency(), freshAgency(), freshAgency()]
    const entry = makePackage({ from, to: [one, two] })
    await store.accept([entry])
    const visible = async (scope: readonly string[]): Promise<unknown> => (await store.findPackage(entry.id, scope))?.deliveries.map(({ to }) => to)
    const listed = async (scope: readonly string[]): Promise<unknown> => (await store.listPackages({}, { limit: 5 }, scope))[0]?.deliveries.map(({ to }) => to)
    for (const look of [visible, listed]) {
      t.same(await look([from]), [one, two])
      t.same(await look([two]), [two])
      t.same(await look([two, from]), [one, two])
      t.equal(await look([freshAgency()]), undefined)
      t.equal(await look([]), undefined)
    }
    t.same(await store.listPackages({ toAgency: one }, { limit: 5 }, [two]), [], 'a recipient does not learn of the others by filtering')
    t.equal(await store.findPackage('no id', 'all'), undefined)
    t.equal(await store.findPackage(newId(), 'all'), undefined)
  },
  'pages have no gaps and no repeats while packages are added': async (t, store) => {
    const [from, to] = [freshAgency(), freshAgency()]
    const entries = Array.from({ length: 30 }, () => makePackage({ from, to: [to, to] }))
    await store.accept(entries)
    const add = async (): Promise<void> => { await store.accept([makePackage({ from, to: [to] })]) }
    const expected = entries.map(({ id }) => id).reverse()
    for (const scope of [[from], [to], [from, to]]) {
      const seen = (await pages(store, add, scope)).map(({ id }) => id)
      t.same(seen.slice(-30), expected)
      t.equal(new Set(seen).size, seen.length)
    }
    t.same((await pages(store, add, 'all', { fromAgency: from })).map(({ id }) => id).slice(-30), expected)
  },
  'each filter selects': async (t, store) => {
    const from = freshAgency()
    const document = makePackage({ from, to: ['H36.1'] })
    const dossier = makePackage({ from, to: ['H36.2'], at: START + 1000, envelope: { kind: 'dossier', correlationId: newId() } })
    await store.accept([document, dossier])
    await store.settle((await store.claim([dossier.deliveries[0]?.id ?? ''], LEASE)).map(each => record(each)))
    const select = async (filter: Parameters<Store['listPackages']>[0]): Promise<string[]> => (await store.listPackages({ fromAgency: from, ...filter }, { limit: 9 }, 'all')).map(({ id }) => id)
    t.same(await select({}), [dossier.id, document.id])
    t.same(await select({ kind: 'dossier' }), [dossier.id])
    t.same(await select({ correlationId: dossier.envelope.correlationId }), [dossier.id])
    t.same(await select({ toAgency: 'H36.1' }), [document.id])
    t.same(await select({ state: 'delivered' }), [dossier.id])
    t.same(await select({ state: 'delivered', toAgency: 'H36.1' }), [])
    t.same(await select({ acceptedFrom: START + 1000 }), [dossier.id])
    t.same(await select({ acceptedTo: START + 1000 }), [document.id])
  },
  'a page position that is no id is refused': async (t, store) => {
    await t.rejects(store.listPackages({}, { limit: 5, after: 'x' }, 'all'), { code: 'REQUEST_INVALID' })
  },
  'the store tells the time': async (t, store) => {
    const at = await store.now()
    t.ok(Number.isSafeInteger(Math.floor(at)) && at > Date.UTC(2025, 0))
    await store.probe()
  }
}

/** Everything, group by group. */
export async function runPromises (t: Test, groups: Record<string, Record<string, Promised>>, stores: { store: Store, second: Store | undefined }): Promise<void> {
  for (const [group, promises] of Object.entries(groups)) {
    await t.test(group, async t => {
      for (const [promise, check] of Object.entries(promises)) {
        await t.test(promise, async t => { await check(t, stores.store, stores.second ?? stores.store) })
      }
    })
  }
}
