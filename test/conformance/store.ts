// The promises of the Store port, by name. Every implementation keeps all of them; a new one runs this list.
import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import { newId } from '../../src/ids.js'
import type { AttemptRecord, ClaimedDelivery, Store } from '../../src/ports/store.js'
import { START, makePackage, planDelivery } from '../support/packages.js'

/** `second` is another process's view of the same data, where there can be one. */
export type Promised = (t: Test, store: Store, second: Store) => Promise<void>

export const LEASE = { owner: 'hub-1', at: START, leaseMs: 30_000 }
export const EVERYTHING = { urgent: Number.POSITIVE_INFINITY, normal: Number.POSITIVE_INFINITY }
export const NOTHING = { urgent: 0, normal: 0 }
export const PROBLEM = { code: 'ENDPOINT_UNAVAILABLE', detail: { vi: 'Không phản hồi', en: 'No answer' } }

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

export function record (claimed: ClaimedDelivery, more: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    deliveryId: claimed.delivery.id,
    packageId: claimed.delivery.packageId,
    owner: LEASE.owner,
    attempt: claimed.delivery.attempts,
    startedAt: START + 10,
    finishedAt: START + 60,
    outcome: 'delivered',
    settlement: { state: 'delivered', externalId: 'VB-01' },
    ...more
  }
}

/** A package with one delivery, stored and claimed. */
export async function claimOne (store: Store, wish: Parameters<typeof makePackage>[0] = {}): Promise<ClaimedDelivery> {
  const entry = makePackage(wish)
  await store.accept([entry])
  const [claimed] = await store.claim(entry.deliveries.map(({ id }) => id), LEASE)
  if (claimed === undefined) throw new Error('not claimed')
  return claimed
}

/** A package with one delivery that waits in the inbox of `agency`. */
export async function makeAvailable (store: Store, agency: string, wish: Parameters<typeof makePackage>[0] = {}): Promise<string> {
  const claimed = await claimOne(store, { to: [agency], ...wish })
  await store.settle([record(claimed, { outcome: 'available', settlement: { state: 'available' } })])
  return claimed.delivery.id
}

export const freshAgency = (): string => `H36.${newId().slice(-12)}`

export async function stateOf (store: Store, { packageId, id }: { packageId: string, id: string }): Promise<string | undefined> {
  return (await store.findPackage(packageId, 'all'))?.deliveries.find(delivery => delivery.id === id)?.state
}

export const ACCEPTING: Record<string, Promised> = {
  'a stored package is read back as it was given': async (t, store) => {
    const entry = makePackage({ to: ['H36.1', 'H36.2'], idempotencyKey: newId() })
    t.same(await store.accept([entry]), [{ kind: 'stored' }])
    const found = await store.findPackage(entry.id, 'all')
    const { inline, idempotencyKey, deliveries, ...given } = entry
    const { deliveries: stored, ...rest } = found ?? t.fail('not found') as never
    t.same(rest, given)
    t.same(stored, deliveries.map(planned => ({ ...planned, packageId: entry.id, state: 'queued', attempts: 0, createdAt: START, expiresAt: entry.expiresAt, dueAt: START })))
    t.same(await store.findPayload(entry.id, entry.original.sha256), inline[0]?.bytes)
    t.same(await store.findByIdempotencyKey(entry.acceptedBy, idempotencyKey ?? ''), found)
    t.equal(await store.findByIdempotencyKey('client:other', idempotencyKey ?? ''), undefined)
  },
  'a recipient that cannot be served is stored as refused with its reason': async (t, store) => {
    const refused = { id: newId(), to: 'H99', format: 'original' as const, reasons: [], problem: PROBLEM }
    const entry = makePackage({ deliveries: [refused, planDelivery('H36.1')] })
    await store.accept([entry])
    const found = await store.findPackage(entry.id, 'all')
    t.match(found?.deliveries, [{ id: refused.id, state: 'refused', problem: PROBLEM, settledAt: START }, { state: 'queued' }])
    t.notOk(found?.deliveries[0]?.dueAt)
    t.same((await store.events(entry.id, { limit: 10 })).map(({ type }) => type), ['package.accepted', 'delivery.refused'])
    t.same(await store.claim([refused.id], LEASE), [])
  },
  'results are in the order of the input': async (t, store) => {
    const batch = Array.from({ length: 12 }, (_, n) => makePackage({ identifier: `${12 - n}-${newId()}` }))
    await store.accept(batch.filter((_, n) => n % 3 === 0))
    t.same((await store.accept(batch)).map(({ kind }) => kind), batch.map((_, n) => n % 3 === 0 ? 'repeated' : 'stored'))
    t.same(await store.accept([]), [])
  },
  'the same sender, identifier and bytes give the package that is there; other bytes a conflict': async (t, store) => {
    const first = makePackage()
    const { identifier } = first.envelope
    const bytes = first.inline[0]?.bytes ?? Buffer.alloc(0)
    t.match(await store.accept([first, makePackage({ identifier, bytes }), makePackage({ identifier, bytes: Buffer.from('other') })]),
      [{ kind: 'stored' }, { kind: 'repeated', package: { id: first.id } }, { kind: 'conflict', on: 'identifier', packageId: first.id }])
    t.match(await store.accept([first]), [{ kind: 'repeated', package: { id: first.id } }], 'also when the very same package is handed in again')
    t.same(await store.accept([makePackage({ identifier, from: 'H37', bytes })]), [{ kind: 'stored' }], 'another sender may use the same identifier')
  },
  'an Idempotency-Key used for other content is a conflict': async (t, store) => {
    const idempotencyKey = newId()
    const first = makePackage({ idempotencyKey })
    t.match(await store.accept([first, makePackage({ idempotencyKey })]), [{ kind: 'stored' }, { kind: 'conflict', on: 'idempotency-key', packageId: first.id }])
    t.same(await store.accept([makePackage({ idempotencyKey, acceptedBy: 'client:other' })]), [{ kind: 'stored' }])
  },
  'a package that is not stored leaves nothing behind': async (t, store) => {
    const first = makePackage()
    const other = makePackage({ identifier: first.envelope.identifier, bytes: Buffer.from('other') })
    await store.accept([first, other])
    t.equal(await store.findPackage(other.id, 'all'), undefined)
    t.same(await store.events(other.id, { limit: 10 }), [])
    t.equal(await store.findPayload(other.id, other.original.sha256), undefined)
    t.same(await store.claim(other.deliveries.map(({ id }) => id), LEASE), [])
  },
  'of packages accepted at the same time under one identifier one is stored': async (t, store, second) => {
    const identifiers = Array.from({ length: 20 }, () => newId())
    const batches = Array.from({ length: 6 }, (_, n) =>
      (n % 2 === 0 ? identifiers : [...identifiers].reverse()).map(identifier => makePackage({ identifier, bytes: Buffer.from(identifier) })))
    const results = await Promise.all(batches.map(async (batch, n) => await (n % 2 === 0 ? store : second).accept(batch)))
    t.equal(results.flat().filter(({ kind }) => kind === 'stored').length, identifiers.length)
    t.ok(results.flat().every(({ kind }) => kind === 'stored' || kind === 'repeated'))
  },
  'batches whose identifiers and keys cross do not fail': async (t, store, second) => {
    for (let round = 0; round < 5; round++) {
      const [a, b, c, d, k, l] = Array.from({ length: 6 }, newId) as [string, string, string, string, string, string]
      const [low, , , high] = [a, b, c, d].sort() as [string, string, string, string]
      const results = await Promise.all([
        store.accept([makePackage({ identifier: low, idempotencyKey: k }), makePackage({ identifier: `${high}1`, idempotencyKey: l })]),
        second.accept([makePackage({ identifier: `${low}1`, idempotencyKey: l }), makePackage({ identifier: high, idempotencyKey: k })])
      ])
      t.equal(results.flat().filter(({ kind }) => kind === 'stored').length, 2)
    }
  },
  'one package that the database refuses hurts only itself': async (t, store) => {
    const poisonous = makePackage({ envelope: { priority: 1e9 } })
    const results = await store.accept([makePackage(), poisonous, makePackage()])
    t.same(results.map(({ kind }) => kind), ['stored', 'failed', 'stored'])
    t.match(results[1], { error: { code: 'PACKAGE_UNSTORABLE' } })
  },
  'NUL, lone surrogates, long titles and every byte survive': async (t, store) => {
    const odd = 'a\0b\ud800c\\u0000 \\\0 \u{1F600} \ufdd0 \ufdd00000 "ệ\u202e'
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 7 + (n >> 8)) & 255))
    const entry = makePackage({ identifier: `${odd}${newId()}`, bytes, idempotencyKey: `${odd}${newId()}`, envelope: { title: 'ệ'.repeat(10_000), notation: odd } })
    entry.deliveries = [planDelivery(odd)]
    t.same(await store.accept([makePackage(), entry, makePackage()]), [{ kind: 'stored' }, { kind: 'stored' }, { kind: 'stored' }])
    t.match(await store.accept([entry]), [{ kind: 'repeated' }])
    const [claimed] = await store.claim(entry.deliveries.map(({ id }) => id), { ...LEASE, owner: odd })
    t.same(claimed?.package.envelope, entry.envelope)
    t.ok(claimed?.inline?.equals(bytes))
    t.equal(claimed?.delivery.agency, odd)
    t.same(await store.renew([claimed?.delivery.id ?? ''], { ...LEASE, owner: odd }), [claimed?.delivery.id])
    t.equal((await store.listPackages({ toAgency: odd, correlationId: entry.envelope.correlationId }, { limit: 5 }, [odd])).length, 1)
    t.ok(await store.findByIdempotencyKey(entry.acceptedBy, entry.idempotencyKey ?? ''))
  }
}

export const WORKING: Record<string, Promised> = {
  'a delivery is claimed once, with its package and its bytes, in the order asked': async (t, store) => {
    const entries = [makePackage({ to: ['H36.1', 'H36.2'] }), makePackage()]
    await store.accept(entries)
    const ids = entries.flatMap(({ deliveries }) => deliveries.map(({ id }) => id)).reverse()
    const claimed = await store.claim([...ids, newId(), 'no id'], LEASE)
    t.same(claimed.map(({ delivery }) => delivery.id), ids)
    t.match(claimed, [entries[1], entries[0], entries[0]].map(entry => ({ package: { id: entry?.id, content: entry?.content }, inline: entry?.inline[0]?.bytes, delivery: { state: 'active', attempts: 1 } })))
    t.same(await store.claim(ids, { ...LEASE, owner: 'hub-2' }), [])
  },
  'two claimers never get the same delivery': async (t, store, second) => {
    const entry = makePackage({ to: Array.from({ length: 60 }, (_, n) => `H36.${n}`) })
    await store.accept([entry])
    const ids = entry.deliveries.map(({ id }) => id)
    const results = await Promise.all([0, 1, 2, 3].map(async n => await (n % 2 === 0 ? store : second).claim(n < 2 ? ids : [...ids].reverse(), { ...LEASE, owner: `hub-${n}` })))
    const taken = results.flat().map(({ delivery }) => delivery.id)
    t.equal(new Set(taken).size, taken.length)
    const rest = await store.claim(ids, LEASE)
    t.equal(taken.length + rest.length, ids.length, 'none is left out for good')
  },
  'an expired delivery is not claimed but settles as expired': async (t, store) => {
    const entry = makePackage({ expiresAt: START + 1000 })
    await store.accept([entry])
    t.same(await store.claim(entry.deliveries.map(({ id }) => id), { ...LEASE, at: START + 1000 }), [])
    t.match((await store.findPackage(entry.id, 'all'))?.deliveries, [{ state: 'expired', attempts: 0, settledAt: START + 1000, problem: { code: 'DELIVERY_EXPIRED' } }])
    t.same((await store.events(entry.id, { limit: 10 })).map(({ type }) => type), ['package.accepted', 'delivery.expired'])
  },
  'a settled attempt is recorded with its events and what was sent': async (t, store) => {
    const claimed = await claimOne(store)
    const { delivery } = claimed
    const inline = Buffer.from('{"sent":true}')
    const sent = { sha256: sha(inline), size: inline.length, mediaType: 'application/json', inline }
    t.same(await store.settle([record(claimed, { sent })]), { lost: [] })
    const { inline: _, ...kept } = sent
    t.match((await store.findPackage(delivery.packageId, 'all'))?.deliveries, [{ state: 'delivered', attempts: 1, settledAt: START + 60, externalId: 'VB-01', sent: kept }])
    t.same(await store.findPayload(delivery.packageId, sent.sha256), inline)
    const events = await store.events(delivery.packageId, { limit: 10 })
    t.match(events, [
      { type: 'package.accepted', actor: 'client:test', at: START },
      { type: 'delivery.attempted', deliveryId: delivery.id, actor: 'hub', at: START + 60, data: { attempt: 1, outcome: 'delivered', state: 'delivered', durationMs: 50, externalId: 'VB-01', sha256: sent.sha256 } },
      { type: 'delivery.delivered', deliveryId: delivery.id }
    ])
    t.same(await store.events(delivery.packageId, { limit: 1, afterSeq: events[0]?.seq ?? 0 }), [events[1]])
  },
  'the requests of an adapter are payloads of the package, named by the delivery and, each by its own attempt, by the events': async (t, store) => {
    const claimed = await claimOne(store)
    const { id, packageId } = claimed.delivery
    const inline = Buffer.from('{"MaHoSo":"1"}')
    const file = { call: 'UploadFile', mediaType: 'application/pdf', attempt: 1, sha256: sha(Buffer.from('%PDF')), size: 4 }
    const create = { call: 'TaoHoSo', mediaType: 'application/json', attempt: 1, sha256: sha(inline), size: inline.length }
    const payloads = [{ sha256: create.sha256, inline }]
    await store.settle([record(claimed, { outcome: 'deferred', settlement: { state: 'deferred', dueAt: START + 70, problem: PROBLEM }, requests: [file, create], payloads })])
    t.same((await store.findPackage(packageId, 'all'))?.deliveries.map(({ requests, sent }) => ({ requests, sent })), [{ requests: [file, create], sent: undefined }])
    t.same(await store.findPayload(packageId, create.sha256), inline)
    t.equal(await store.findPayload(packageId, file.sha256), undefined, 'a file is not stored a second time')
    await store.sweep({ at: START + 70, readUpTo: NOTHING, limit: 100 })
    const [again] = await store.claim([id], LEASE)
    if (again === undefined) { t.fail('not claimed again'); return }
    t.same(again.delivery.requests, [file, create])
    const retried = { ...create, attempt: 2 }
    await store.settle([record(again, { requests: [file, create, retried], payloads })])
    t.same((await store.findPackage(packageId, 'all'))?.deliveries[0]?.requests, [file, create, retried])
    const told = (await store.events(packageId, { limit: 10 })).flatMap(({ type, data }) => type === 'delivery.attempted' ? [data['requests']] : [])
    const bare = ({ attempt: _, ...request }: typeof file): object => request
    t.same(told, [[bare(file), bare(create)], [bare(create)]])
  },
  'a batch settles each delivery its own way': async (t, store) => {
    const entry = makePackage({ to: ['H36.1', 'H36.2', 'H36.3'] })
    await store.accept([entry])
    const [a, b, c] = await store.claim(entry.deliveries.map(({ id }) => id), LEASE) as [ClaimedDelivery, ClaimedDelivery, ClaimedDelivery]
    await store.settle([
      record(c, { outcome: 'deferred', settlement: { state: 'deferred', dueAt: START + 5000, problem: PROBLEM } }),
      record(a, { outcome: 'refused', settlement: { state: 'refused', problem: PROBLEM } }),
      record(b, { outcome: 'available', settlement: { state: 'available' } })
    ])
    t.match((await store.findPackage(entry.id, 'all'))?.deliveries, [
      { state: 'refused', problem: PROBLEM, settledAt: START + 60 }, { state: 'available' }, { state: 'deferred', dueAt: START + 5000, problem: PROBLEM }])
  },
  'a record that comes after its lease was taken over changes nothing': async (t, store) => {
    const claimed = await claimOne(store)
    const { id, packageId } = claimed.delivery
    await store.sweep({ at: START + LEASE.leaseMs, readUpTo: NOTHING, limit: 100 })
    t.same(await store.settle([record(claimed)]), { lost: [id] }, 'queued again')
    const [again] = await store.claim([id], { ...LEASE, at: START + LEASE.leaseMs })
    t.same(await store.settle([record(claimed)]), { lost: [id] }, 'the same owner, but a later attempt')
    t.same(await store.renew([id], { ...LEASE, owner: 'hub-2' }), [])
    t.equal(await stateOf(store, { packageId, id }), 'active')
    t.same((await store.events(packageId, { limit: 10 })).length, 1)
    t.same(await store.settle([record(again ?? claimed)]), { lost: [] })
    t.same(await store.settle([record(again ?? claimed)]), { lost: [id] }, 'a second record of the same attempt')
    t.same(await store.settle([record(claimed, { deliveryId: newId() })]).then(({ lost }) => lost.length), 1)
  },
  'a prolonged lease is not swept': async (t, store) => {
    const { delivery: { id, packageId } } = await claimOne(store)
    t.same(await store.renew([id], { ...LEASE, at: START + 20_000 }), [id])
    await store.sweep({ at: START + 40_000, readUpTo: NOTHING, limit: 100 })
    t.equal(await stateOf(store, { packageId, id }), 'active')
  },
  'a delivery given back waits until it is due and its attempt is not counted': async (t, store) => {
    const { delivery: { id, packageId } } = await claimOne(store)
    await store.release([{ deliveryId: id, dueAt: START + 5 }], { owner: 'hub-2' })
    t.equal(await stateOf(store, { packageId, id }), 'active', 'only its owner can')
    await store.release([{ deliveryId: id, dueAt: START + 5 }], { owner: LEASE.owner })
    t.match((await store.findPackage(packageId, 'all'))?.deliveries, [{ state: 'deferred', attempts: 0, dueAt: START + 5 }])
    t.same((await store.sweep({ at: START + 4, readUpTo: NOTHING, limit: 100 })).claims, [])
    t.match((await store.sweep({ at: START + 5, readUpTo: NOTHING, limit: 100 })).claims, [{ deliveryId: id }])
    t.match(await store.claim([id], LEASE), [{ delivery: { attempts: 1 } }])
    await store.release([{ deliveryId: id, dueAt: START + 9, problem: PROBLEM }], { owner: LEASE.owner })
    t.match((await store.findPackage(packageId, 'all'))?.deliveries, [{ state: 'deferred', problem: PROBLEM }], 'it says why')
  },
  'one record that the database refuses spoils no other, and says at least what became of its delivery': async (t, store) => {
    const entry = makePackage({ to: ['H36.1', 'H36.2', 'H36.3'] })
    await store.accept([entry])
    const [a, b, c] = await store.claim(entry.deliveries.map(({ id }) => id), LEASE) as [ClaimedDelivery, ClaimedDelivery, ClaimedDelivery]
    const poisonous = record(b, { sent: { sha256: 'x', size: 1e30, mediaType: 'application/json' } })
    t.same(await store.settle([record(a), poisonous, record(c, { outcome: 'refused', settlement: { state: 'refused', problem: PROBLEM } })]), { lost: [] })
    t.match((await store.findPackage(entry.id, 'all'))?.deliveries, [{ state: 'delivered', externalId: 'VB-01' }, { state: 'delivered' }, { state: 'refused', problem: PROBLEM }])
    t.same((await store.events(entry.id, { limit: 20 })).filter(({ type }) => type === 'delivery.attempted').length, 3)
  },
  'crossing batches of claims, renewals, records and sweeps never lock each other out': async (t, store, second) => {
    const entry = makePackage({ to: Array.from({ length: 40 }, (_, n) => `H36.${n}`), envelope: { priority: 2 } })
    await store.accept([entry])
    const ids = entry.deliveries.map(({ id }) => id)
    const claimed = await store.claim(ids, LEASE)
    await Promise.all([
      store.settle(claimed.map(each => record(each))),
      second.settle([...claimed].reverse().map(each => record(each))),
      store.renew([...ids].reverse(), LEASE),
      second.release(ids.slice(0, 20).map(id => ({ deliveryId: id, dueAt: START })), LEASE),
      second.sweep({ at: START + LEASE.leaseMs, readUpTo: EVERYTHING, limit: 10 })
    ])
    const states = (await store.findPackage(entry.id, 'all'))?.deliveries.map(({ state }) => state) ?? []
    t.ok(states.every(state => ['delivered', 'deferred', 'queued', 'active'].includes(state)))
  }
}
