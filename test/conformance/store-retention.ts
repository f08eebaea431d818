// The promises of the Store port about retention: what is settled and old goes, and nothing else, whatever happens meanwhile.
import { newId } from '../../src/ids.js'
import type { Settlement } from '../../src/model/delivery.js'
import type { Store, StoredPackage } from '../../src/ports/store.js'
import { START, makePackage } from '../support/packages.js'
import { LEASE, PROBLEM, claimOne, freshAgency, makeAvailable, record, stateOf, type Promised } from './store.js'
import fc from '../support/property.js'

/** Attempts of these tests are settled at START + 60. */
const SETTLED = START + 60
const LATER = START + 1_000_000

/** How a delivery ended, or did not. */
const FATES = ['delivered', 'refused', 'dead', 'expired', 'deferred', 'available', 'queued', 'active'] as const
type Fate = typeof FATES[number]
const CLOSED: readonly Fate[] = ['delivered', 'refused', 'expired']

/** Stores a package with one delivery for each fate, and brings it there. */
async function storeWith (store: Store, fates: readonly Fate[]): Promise<string> {
  const entry = makePackage({ to: fates.map(() => freshAgency()) })
  await store.accept([entry])
  for (const [n, fate] of fates.entries()) {
    const id = entry.deliveries[n]?.id ?? ''
    if (fate === 'queued') continue
    const [claimed] = await store.claim([id], LEASE)
    if (claimed === undefined) throw new Error('not claimed')
    if (fate === 'active') continue
    const settlement: Settlement = { state: fate, ...(fate === 'deferred' ? { dueAt: LATER } : {}), ...(fate === 'delivered' || fate === 'available' ? {} : { problem: PROBLEM }) }
    await store.settle([record(claimed, { settlement })])
  }
  return entry.id
}

/** Every package that may go now, over all pages. */
async function removable (store: Store, kind: 'payloads' | 'rows', settledBefore: number): Promise<string[]> {
  const found: string[] = []
  for (let page = await store.findRemovable({ kind, settledBefore, limit: 3 }); ; page = await store.findRemovable({ kind, settledBefore, limit: 3, after: page.next ?? '' })) {
    found.push(...page.ids)
    if (page.next === undefined) return found
  }
}

async function bytesOf (store: Store, id: string): Promise<{ found: StoredPackage | undefined, kept: boolean }> {
  const found = await store.findPackage(id, 'all')
  return { found, kept: found !== undefined && await store.findPayload(id, found.original.sha256) !== undefined }
}

export const RETAINING: Record<string, Promised> = {
  'what was settled before the time may go, page by page; what was settled later stays': async (t, store) => {
    const ids = [await storeWith(store, ['delivered']), await storeWith(store, ['refused', 'expired']), await storeWith(store, ['delivered', 'delivered'])]
    t.same((await removable(store, 'payloads', SETTLED + 1)).filter(id => ids.includes(id)), ids, 'in the order of acceptance')
    t.same((await removable(store, 'payloads', SETTLED)).filter(id => ids.includes(id)), [])
    t.same(await store.purgePayloads({ ids, settledBefore: SETTLED, at: LATER, moved: false }), [], 'and asking for it anyway purges nothing')
  },
  'a purge takes the bytes and leaves everything else, with the event': async (t, store) => {
    const id = await storeWith(store, ['delivered', 'refused'])
    const before = await bytesOf(store, id)
    t.equal(before.kept, true)
    t.same(await store.purgePayloads({ ids: [id, newId(), 'no id'], settledBefore: LATER, at: LATER, moved: true }), [id])
    const after = await bytesOf(store, id)
    t.equal(after.kept, false)
    t.same(after.found, { ...before.found, purgedAt: LATER })
    t.match((await store.events(id, { limit: 100 })).at(-1), { type: 'package.purged', actor: 'hub', at: LATER, data: { payloads: 1, moved: true } })
    t.same(await store.purgePayloads({ ids: [id], settledBefore: LATER, at: LATER, moved: true }), [], 'once')
    t.notOk((await removable(store, 'payloads', LATER)).includes(id))
  },
  'a purge never touches what is not settled, whatever states meet in a package': async (t, store, second) => {
    await fc.assert(fc.asyncProperty(fc.array(fc.array(fc.constantFrom(...FATES), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }), async packages => {
      const stored = await Promise.all(packages.map(async fates => ({ fates, id: await storeWith(store, fates) })))
      const ids = stored.map(({ id }) => id)
      const may = stored.filter(({ fates }) => fates.every(fate => CLOSED.includes(fate))).map(({ id }) => id)
      const found = (await removable(store, 'payloads', LATER)).filter(id => ids.includes(id))
      t.same(found.sort(), [...may].sort())
      // Asked for everything, by two processes at once: the rule is in the purge itself.
      const purged = (await Promise.all([store, second].map(async each => await each.purgePayloads({ ids, settledBefore: LATER, at: LATER, moved: false })))).flat()
      const removed = (await Promise.all([store, second].map(async each => await each.removePackages({ ids, settledBefore: LATER, at: LATER })))).flat()
      t.equal(new Set(purged).size, purged.length, 'each by one of them')
      t.same(purged.filter(id => !may.includes(id)), [])
      t.same(removed.filter(id => !may.includes(id)), [])
      for (const { id, fates } of stored.filter(({ id }) => !may.includes(id))) {
        const { found: still, kept } = await bytesOf(store, id)
        t.equal(kept, true)
        t.same(still?.deliveries.map(({ state }) => state), fates)
      }
    }), { numRuns: 25 })
  },
  'rows go after the bytes, with their deliveries, and leave one event that tells what it was': async (t, store) => {
    const id = await storeWith(store, ['delivered'])
    t.same(await store.removePackages({ ids: [id], settledBefore: LATER, at: LATER }), [], 'not before they are purged')
    await store.purgePayloads({ ids: [id], settledBefore: LATER, at: LATER, moved: false })
    const found = await store.findPackage(id, 'all')
    t.ok((await removable(store, 'rows', LATER)).includes(id))
    t.same(await store.removePackages({ ids: [id], settledBefore: LATER, at: LATER }), [id])
    t.equal(await store.findPackage(id, 'all'), undefined)
    t.match((await store.events(id, { limit: 100 })).map(({ type }) => type), ['package.accepted', 'delivery.attempted', 'delivery.delivered', 'package.purged', 'package.removed'])
    t.match((await store.events(id, { limit: 100 })).at(-1)?.data, { fromAgency: 'H36', identifier: found?.envelope.identifier })
  },
  'old events go when their package is purged or gone; those of others stay': async (t, store) => {
    const [done, gone, unpurged, open] = [await storeWith(store, ['delivered']), await storeWith(store, ['delivered']), await storeWith(store, ['delivered']), await storeWith(store, ['delivered', 'dead'])]
    await store.purgePayloads({ ids: [done, gone], settledBefore: LATER, at: LATER, moved: false })
    await store.removePackages({ ids: [gone], settledBefore: LATER, at: LATER })
    const types = async (id: string): Promise<string[]> => (await store.events(id, { limit: 100 })).map(({ type }) => type)
    const kept = [await types(unpurged), await types(open)]
    // Other promises have left events of all times before these.
    const first = (await store.events(done, { limit: 1 }))[0]?.seq ?? 0
    let removed = 0
    for (let page: { removed: number, next?: number } = { removed: 0, next: first - 1 }; page.next !== undefined;) {
      page = await store.removeEvents({ before: SETTLED + 1, after: page.next, limit: 5 })
      removed += page.removed
    }
    t.equal(removed, 6, 'over several pages')
    t.same(await types(done), ['package.purged'])
    t.same(await types(gone), ['package.purged', 'package.removed'], 'younger events stay')
    t.same([await types(unpurged), await types(open)], kept)
  },
  'a retry at the same moment wins or finds the bytes gone, never half of it': async (t, store, second) => {
    // Refused by its inbox while others purge it: whoever comes first, a purged package is a settled one.
    for (let n = 0; n < 10; n++) {
      const agency = freshAgency()
      const deliveryId = await makeAvailable(store, agency)
      const packageId = (await store.findInbox(deliveryId, [agency]))?.package.id ?? ''
      const [purged] = await Promise.all([
        second.purgePayloads({ ids: [packageId], settledBefore: LATER, at: LATER, moved: false }),
        store.settleInbox({ deliveryId, agencies: [agency], at: START + 70, actor: 'client:x' })
      ])
      t.equal(await stateOf(store, { packageId, id: deliveryId }), 'delivered')
      t.equal((await bytesOf(store, packageId)).kept, purged.length === 0)
    }
  },
  'a blob is named by each package that needs it, until the last of them is purged': async (t, store) => {
    const large = Buffer.from(`large ${newId()}`)
    const blobOnly = (): ReturnType<typeof makePackage> => {
      const entry = makePackage({ bytes: large })
      return { ...entry, inline: [], attachments: [{ n: 1, name: 'a.pdf', contentType: 'application/pdf', size: 5, sha256: file }] }
    }
    const file = newId().replaceAll('-', '').padStart(64, '0')
    const [one, two] = [blobOnly(), blobOnly()]
    await store.accept([one, two])
    const { sha256 } = one.original
    const unknown = 'f'.repeat(64)
    const unnamed = async (): Promise<string[]> => (await store.unnamedBlobs([sha256, file, unknown])).sort()
    t.same(await unnamed(), [unknown])
    t.equal(await store.findPayload(one.id, sha256), undefined, 'its bytes are not in a row')
    for (const [entry, left] of [[one, [unknown]], [two, [sha256, file, unknown]]] as const) {
      await store.settle((await store.claim(entry.deliveries.map(({ id }) => id), LEASE)).map(each => record(each)))
      t.same(await store.purgePayloads({ ids: [entry.id], settledBefore: LATER, at: LATER, moved: false }), [entry.id])
      t.same(await unnamed(), [...left].sort())
    }
    t.same(await store.unnamedBlobs([]), [])
  },
  'a message that was made anew is a payload of its package, also when it is a blob': async (t, store) => {
    const claimed = await claimOne(store)
    const made = newId().replaceAll('-', '').padStart(64, '0')
    await store.settle([record(claimed, { sent: { sha256: made, size: 100_000, mediaType: 'application/xml', transformation: { format: 'edxml', codes: 'qd20' } } })])
    t.same(await store.unnamedBlobs([made]), [])
    await store.purgePayloads({ ids: [claimed.package.id], settledBefore: LATER, at: LATER, moved: false })
    t.same(await store.unnamedBlobs([made]), [made])
  }
}
