// The promises of the Store port to operators: what they see, what they may do, one by one and in batches, and what is counted.
import { newId } from '../../src/ids.js'
import type { Settlement } from '../../src/model/delivery.js'
import type { DeliveryState } from '../../src/model/generated.js'
import { OPERATIONS, RULES, type CountedState, type Operation, type OperationTarget } from '../../src/model/operation.js'
import type { AcceptedPackage } from '../../src/model/package.js'
import type { Batch, BatchItem, DeliveryFilter, NewBatch, OperateOptions, OperatedDelivery } from '../../src/ports/operating.js'
import type { Store, StoredDelivery } from '../../src/ports/store.js'
import { START, makePackage, planDelivery } from '../support/packages.js'
import { LEASE, NOTHING, PROBLEM, freshAgency, record, type Promised } from './store.js'
import fc from '../support/property.js'

const LATER = START + 1000
const DAY = 86_400_000
const WORD = { at: LATER, actor: 'operator:lan', reason: 'Hệ thống của xã đã sửa xong', expiresAfterMs: 7 * DAY }
const ELSEWHERE: OperationTarget = { endpoint: 'elsewhere', axis: 'province', adapter: 'mailbox', format: 'original', kinds: ['document', 'dossier', 'status'] }
const STATES = ['queued', 'active', 'deferred', 'available', 'blocked', 'held', 'delivered', 'refused', 'dead', 'expired', 'cancelled'] as const satisfies readonly DeliveryState[]

async function find (store: Store, id: string): Promise<StoredDelivery> {
  const found = await store.findDelivery(id)
  if (found === undefined) throw new Error('there is no delivery')
  return found.delivery
}

const idOf = ({ deliveries }: AcceptedPackage): string => deliveries[0]?.id ?? ''

async function settleAs (store: Store, id: string, settlement: Settlement, at = START): Promise<void> {
  const [claimed] = await store.claim([id], { ...LEASE, at })
  if (claimed === undefined) throw new Error('not claimed')
  await store.settle([record(claimed, { settlement, finishedAt: at + 60 })])
}

interface Wish { agency?: string, endpoint?: string, code?: string }

/** A package with one delivery in that state. */
async function deliveryIn (store: Store, state: DeliveryState, { agency = freshAgency(), endpoint = `endpoint-${agency}`, code = PROBLEM.code }: Wish = {}): Promise<{ id: string, entry: AcceptedPackage, endpoint: string, agency: string }> {
  const name = `document:${newId()}`
  const make = (action: string): AcceptedPackage => makePackage({ deliveries: [planDelivery(agency, { endpoint })], envelope: { action, correlationId: name } })
  if (state === 'blocked') await store.accept([make('new')])
  const entry = make(state === 'blocked' ? 'update' : 'new')
  await store.accept([entry])
  const id = idOf(entry)
  const problem = { ...PROBLEM, code }
  if (state === 'active') await store.claim([id], LEASE)
  if (state === 'deferred') await settleAs(store, id, { state, dueAt: START + 500_000, problem })
  if (state === 'delivered' || state === 'available') await settleAs(store, id, { state })
  if (state === 'refused' || state === 'dead' || state === 'expired') await settleAs(store, id, { state, problem })
  if (state === 'held') await store.operate({ ...WORD, id, operation: 'hold' })
  if (state === 'cancelled') await store.operate({ ...WORD, id, operation: 'cancel' })
  return { id, entry, endpoint, agency }
}

const optionsOf = (operation: Operation, id: string): OperateOptions => ({ ...WORD, id, operation, ...(operation === 'redirect' ? { target: ELSEWHERE } : {}) })

async function types (store: Store, { id }: { id: string }): Promise<string[]> {
  return (await store.events(id, { limit: 50 })).map(({ type }) => type)
}

const ACTING: Record<string, Promised> = {
  'an operation is done in the states of its table, repeated where it leads to, and refused elsewhere with the state it is in': async (t, store) => {
    for (const operation of OPERATIONS) {
      const { from, done } = RULES[operation]
      for (const state of STATES) {
        const { id, entry } = await deliveryIn(store, state)
        const before = await find(store, id)
        const events = await types(store, entry)
        const operated = store.operate(optionsOf(operation, id))
        if ((from as readonly DeliveryState[]).includes(state)) {
          t.equal((await operated).changed, true, `${operation} from ${state}`)
          const event = (await store.events(entry.id, { limit: 50 })).find(({ seq, actor, data }) => actor === WORD.actor && data['reason'] === WORD.reason && seq > 0)
          t.ok(event, 'who and why is recorded')
        } else if ((done as readonly DeliveryState[]).includes(state)) {
          t.match(await operated, { changed: false, claims: [], delivery: before }, `${operation} on ${state}`)
          t.same(await types(store, entry), events)
        } else {
          await t.rejects(operated, { code: 'OPERATION_NOT_POSSIBLE', errors: [{ pointer: '/state', found: state, expected: from.join(' | ') }] })
          t.same([await find(store, id), await types(store, entry)], [before, events], `${operation} leaves ${state} alone`)
        }
      }
    }
    await t.rejects(store.operate(optionsOf('retry', newId())), { code: 'NOT_FOUND' })
    await t.rejects(store.operate(optionsOf('retry', 'no id')), { code: 'NOT_FOUND' })
  },
  'while an attempt is under way nothing is done, and it is told when to ask again; then it can be done': async (t, store) => {
    const { id } = await deliveryIn(store, 'active')
    const at = START + LEASE.leaseMs - 2400
    for (const operation of ['cancel', 'hold', 'redirect'] as const) {
      await t.rejects(store.operate({ ...optionsOf(operation, id), at }), { code: 'OPERATION_NOT_POSSIBLE', detail: { en: /under way.* in 3 s/ }, retryAfterSeconds: 3, errors: [{ found: 'active' }] })
    }
    await t.rejects(store.operate({ ...optionsOf('cancel', id), at: START + 900_000 }), { code: 'OPERATION_NOT_POSSIBLE', retryAfterSeconds: 1 })
    await store.sweep({ at: START + LEASE.leaseMs, readUpTo: NOTHING, limit: 10_000 })
    t.equal((await store.operate({ ...optionsOf('cancel', id), at: START + LEASE.leaseMs })).delivery.state, 'cancelled')
  },
  'a retried delivery can be claimed at once, has new attempts and a new term, and keeps its history': async (t, store) => {
    for (const state of ['dead', 'refused', 'expired', 'deferred'] as const) {
      const { id, entry } = await deliveryIn(store, state)
      const { delivery, claims } = await store.operate(optionsOf('retry', id))
      t.match(delivery, { state: 'queued', attempts: 1, retriedAfter: 1, dueAt: LATER, expiresAt: LATER + 7 * DAY })
      t.notOk(delivery.settledAt)
      t.same(claims, [{ deliveryId: id, lane: 'normal', publishedAt: LATER }])
      t.match(await store.claim([id], { ...LEASE, at: LATER }), [{ delivery: { id, attempts: 2, retriedAfter: 1 } }])
      t.match((await store.events(entry.id, { limit: 9 })).filter(({ type }) => type === 'delivery.attempted' || type === 'delivery.retried'),
        [{ data: { attempt: 1 } }, { actor: 'operator:lan', data: { from: state, reason: WORD.reason, problem: PROBLEM } }])
    }
  },
  'what is settled never expires, is never published again and changes no more by itself, however much later it is swept': async (t, store) => {
    for (const state of ['delivered', 'refused', 'dead', 'expired', 'cancelled'] as const) {
      const { id, entry } = await deliveryIn(store, state)
      const before = await find(store, id)
      const events = await types(store, entry)
      const { claims } = await store.sweep({ at: START + 3650 * DAY, readUpTo: { urgent: START + 3650 * DAY, normal: START + 3650 * DAY }, limit: 10_000 })
      t.notOk(claims.some(({ deliveryId }) => deliveryId === id), state)
      t.same([await store.claim([id], { ...LEASE, at: START + 3650 * DAY }), await find(store, id), await types(store, entry)], [[], before, events], state)
    }
  },
  'the payload stays with a dead delivery, and a retry sends it': async (t, store) => {
    const { id, entry } = await deliveryIn(store, 'dead')
    await store.purgePayloads({ ids: [entry.id], settledBefore: LATER + 900 * DAY, at: LATER, moved: false })
    t.same(await store.findPayload(entry.id, entry.original.sha256), entry.inline[0]?.bytes)
    await store.operate(optionsOf('retry', id))
    t.match(await store.claim([id], { ...LEASE, at: LATER }), [{ inline: entry.inline[0]?.bytes }])
  },
  'what was purged is not sent again, but may be cancelled no more either: it is settled': async (t, store) => {
    for (const [state, operation] of [['refused', 'retry'], ['expired', 'redirect'], ['delivered', 'resend']] as const) {
      const { id, entry } = await deliveryIn(store, state)
      await store.purgePayloads({ ids: [entry.id], settledBefore: LATER, at: LATER, moved: false })
      await t.rejects(store.operate(optionsOf(operation, id)), { code: 'CONTENT_PURGED' })
      t.equal((await find(store, id)).state, state)
    }
  },
  'a retry and a purge at the same moment never leave a live delivery without its bytes': async (t, store, second) => {
    for (let n = 0; n < 15; n++) {
      const { id, entry } = await deliveryIn(store, n % 2 === 0 ? 'refused' : 'delivered')
      const [, operated] = await Promise.allSettled([
        second.purgePayloads({ ids: [entry.id], settledBefore: LATER, at: LATER, moved: false }),
        store.operate(optionsOf(n % 2 === 0 ? 'retry' : 'resend', id))
      ])
      const kept = await store.findPayload(entry.id, entry.original.sha256) !== undefined
      t.equal(operated?.status === 'fulfilled', kept, 'either the bytes are there, or it was refused')
    }
  },
  'a dead delivery that is cancelled no longer keeps its package': async (t, store) => {
    const { id, entry } = await deliveryIn(store, 'dead')
    t.same(await store.purgePayloads({ ids: [entry.id], settledBefore: LATER + DAY, at: LATER, moved: false }), [])
    t.match(await store.operate(optionsOf('cancel', id)), { delivery: { state: 'cancelled', settledAt: LATER, problem: { code: 'CANCELLED_BY_OPERATOR', detail: { vi: /đã sửa xong/ } } } })
    t.same(await store.purgePayloads({ ids: [entry.id], settledBefore: LATER + DAY, at: LATER, moved: false }), [entry.id])
  },
  'a held delivery is not tried until it is released, and not published by the sweep': async (t, store) => {
    const { id } = await deliveryIn(store, 'held')
    t.same(await store.claim([id], LEASE), [])
    t.notOk((await store.sweep({ at: LATER, readUpTo: { urgent: LATER, normal: LATER }, limit: 10_000 })).claims.some(({ deliveryId }) => deliveryId === id))
    t.match(await store.operate(optionsOf('release', id)), { changed: true, delivery: { state: 'queued' }, claims: [{ deliveryId: id }] })
    t.match(await store.claim([id], { ...LEASE, at: LATER }), [{ delivery: { id, attempts: 1 } }])
  },
  'a delivery held by an operator keeps its place: released, it waits again for what is before it': async (t, store) => {
    const { id } = await deliveryIn(store, 'blocked')
    const { waitsFor } = await find(store, id)
    await store.operate(optionsOf('hold', id))
    t.match(await store.operate(optionsOf('release', id)), { delivery: { state: 'blocked', waitsFor }, claims: [] })
    const [first = ''] = waitsFor ?? []
    await store.operate(optionsOf('cancel', first))
    t.match(await find(store, id), { state: 'held', problem: { code: 'PREDECESSOR_DEAD' } }, 'and what waited for a cancelled one is held at once')
    t.match(await store.operate(optionsOf('release', id)), { delivery: { state: 'queued' }, claims: [{ deliveryId: id }] }, 'until an operator says that it may go all the same')
  },
  'what died together is retried in its order': async (t, store) => {
    const { id, agency, entry } = await deliveryIn(store, 'dead')
    const update = makePackage({ to: [agency], envelope: { action: 'update', correlationId: entry.envelope.correlationId } })
    await store.accept([update])
    await store.operate(optionsOf('release', idOf(update)))
    await settleAs(store, idOf(update), { state: 'dead', problem: PROBLEM }, LATER)
    t.match(await store.operate(optionsOf('retry', idOf(update))), { delivery: { state: 'held', waitsFor: [id] }, claims: [] })
    t.match(await store.operate(optionsOf('retry', id)), { delivery: { state: 'queued' } })
    t.match(await find(store, idOf(update)), { state: 'blocked', waitsFor: [id] })
    await settleAs(store, id, { state: 'delivered' }, LATER)
    await store.sweepWaiting({ at: LATER, limit: 100 })
    t.equal((await find(store, idOf(update))).state, 'queued')
  },
  'a redirected delivery goes to the other endpoint, with the reason why; held by an operator it stays held': async (t, store) => {
    const { id } = await deliveryIn(store, 'dead')
    t.match(await store.operate(optionsOf('redirect', id)), { delivery: { state: 'queued', endpoint: 'elsewhere', axis: 'province', adapter: 'mailbox', reasons: [{}, { rule: 'operator.redirect' }] }, claims: [{ deliveryId: id }] })
    t.match(await store.claim([id], { ...LEASE, at: LATER }), [{ delivery: { endpoint: 'elsewhere' } }])
    const held = await deliveryIn(store, 'held')
    t.match(await store.operate(optionsOf('redirect', held.id)), { delivery: { state: 'held', endpoint: 'elsewhere', problem: { code: 'HELD_BY_OPERATOR' } }, claims: [] })
    await t.rejects(store.operate({ ...optionsOf('redirect', held.id), target: { ...ELSEWHERE, kinds: ['dossier'] } }), { code: 'OPERATION_NOT_POSSIBLE', errors: [{ pointer: '/endpoint' }] })
  },
  'a delivery to an unknown recipient does not vanish: it is listed, and says what would help': async (t, store) => {
    const nobody = { id: newId(), to: 'H99', format: 'original' as const, reasons: [], problem: PROBLEM }
    const agency = freshAgency()
    const unserved = { ...nobody, id: newId(), agency }
    await store.accept([makePackage({ deliveries: [nobody, unserved, planDelivery('H36.1')] })])
    await t.rejects(store.operate(optionsOf('redirect', nobody.id)), { code: 'OPERATION_NOT_POSSIBLE', errors: [{ pointer: '/agency' }] })
    await t.rejects(store.operate(optionsOf('retry', unserved.id)), { code: 'OPERATION_NOT_POSSIBLE', errors: [{ pointer: '/endpoint' }] })
    t.match(await store.listDeliveries({ state: 'refused', agency }, { limit: 9 }), { items: [{ delivery: { id: unserved.id } }] })
    t.match(await store.operate(optionsOf('redirect', unserved.id)), { delivery: { state: 'queued', endpoint: 'elsewhere' } })
  },
  'a package that was delivered is sent again as a new delivery, linked both ways, one at a time': async (t, store) => {
    const { id, entry } = await deliveryIn(store, 'delivered')
    const { delivery, claims, changed } = await store.operate(optionsOf('resend', id))
    t.match({ delivery, changed }, { changed: true, delivery: { packageId: entry.id, state: 'queued', attempts: 0, resendOf: id, expiresAt: LATER + 7 * DAY } })
    t.not(delivery.id, id, 'its idempotency key is new')
    t.match(claims, [{ deliveryId: delivery.id }])
    t.match(await find(store, id), { state: 'delivered', resentAs: delivery.id })
    t.match(await store.operate(optionsOf('resend', id)), { changed: false, delivery: { id: delivery.id } }, 'while it is on its way there is no second')
    await settleAs(store, delivery.id, { state: 'delivered' }, LATER)
    const again = await store.operate(optionsOf('resend', id))
    t.equal(again.changed, true)
    t.same((await store.findPackage(entry.id, 'all'))?.deliveries.map(({ id }) => id), [id, delivery.id, again.delivery.id])
  }
}

/** Everything that matches, page by page. */
async function listAll (store: Store, filter: DeliveryFilter, limit = 2): Promise<string[]> {
  const found: OperatedDelivery[] = []
  for (let page = await store.listDeliveries(filter, { limit }); ; page = await store.listDeliveries(filter, { limit, after: page.next ?? { packageId: '', id: '' } })) {
    found.push(...page.items)
    if (page.next === undefined) return found.map(({ delivery }) => delivery.id)
  }
}

const LISTING: Record<string, Promised> = {
  'deliveries are found by each filter alone and by all together, newest first, page by page': async (t, store) => {
    const agency = freshAgency()
    // Ids tell the time of their making; a real package was accepted about then.
    const at = Date.now()
    const make = (n: number): AcceptedPackage => makePackage({
      at, deliveries: [planDelivery(agency, { axis: n === 1 ? 'national' : 'commune', adapter: n === 2 ? 'webhook' : 'mailbox' })],
      envelope: { priority: n === 3 ? 2 : 0, kind: n === 4 ? 'dossier' : 'document', action: n === 4 ? 'submit' : 'new' }
    })
    const entries = [0, 1, 2, 3, 4].map(make)
    await store.accept(entries)
    const [a, b, c, d, e] = entries.map(idOf) as [string, string, string, string, string]
    await settleAs(store, a, { state: 'dead', problem: PROBLEM }, at)
    t.same(await listAll(store, { agency }), [e, d, c, b, a])
    for (const [filter, expected] of [
      [{ state: 'dead' }, [a]], [{ state: 'queued' }, [e, d, c, b]], [{ axis: 'national' }, [b]], [{ adapter: 'webhook' }, [c]], [{ priority: 2 }, [d]], [{ kind: 'dossier' }, [e]],
      [{ code: PROBLEM.code }, [a]], [{ endpoint: `endpoint-${agency}` }, [e, d, c, b, a]], [{ endpoint: 'nobody' }, []], [{ correlationId: entries[1]?.envelope.correlationId ?? '' }, [b]],
      [{ acceptedFrom: at, acceptedTo: at + 1 }, [e, d, c, b, a]], [{ acceptedFrom: at + 1 }, []], [{ acceptedTo: at }, []], [{ settledFrom: at + 60 }, [a]], [{ settledTo: at + 60 }, []],
      [{ state: 'dead', endpoint: `endpoint-${agency}`, code: PROBLEM.code, axis: 'commune', kind: 'document', priority: 0, settledTo: at + 61 }, [a]]
    ] as Array<[DeliveryFilter, string[]]>) t.same(await listAll(store, { agency, ...filter }), expected, JSON.stringify(filter))
    t.match(await store.findDelivery(a), { delivery: { id: a, state: 'dead' }, package: { id: entries[0]?.id, fromAgency: 'H36', acceptedAt: at } })
    t.equal(await store.findDelivery(newId()), undefined)
  },
  'causes say how many deliveries failed for which reason at which endpoint, with the newest of them': async (t, store) => {
    const endpoint = `endpoint-${freshAgency()}`
    const dead = [await deliveryIn(store, 'dead', { endpoint }), await deliveryIn(store, 'dead', { endpoint })]
    const other = await deliveryIn(store, 'dead', { endpoint, code: 'ENDPOINT_TIMEOUT' })
    const held = await deliveryIn(store, 'held', { endpoint })
    await deliveryIn(store, 'delivered', { endpoint })
    const mine = async (): Promise<object[]> => (await store.causes()).filter(cause => cause.endpoint === endpoint)
    t.same(await mine(), [
      { state: 'dead', endpoint, code: PROBLEM.code, count: 2, firstAt: START, lastAt: START, sampleId: dead[1]?.id },
      { state: 'dead', endpoint, code: 'ENDPOINT_TIMEOUT', count: 1, firstAt: START, lastAt: START, sampleId: other.id },
      { state: 'held', endpoint, code: 'HELD_BY_OPERATOR', count: 1, firstAt: START, lastAt: START, sampleId: held.id }
    ])
    await store.operate(optionsOf('retry', other.id))
    t.equal((await mine()).length, 2, 'what is retried is no cause any more')
    t.same((await listAll(store, { state: 'dead', endpoint, code: PROBLEM.code })).sort(), dead.map(({ id }) => id).sort(), 'a cause is a filter')
  }
}

const countedAs = (state: DeliveryState): CountedState => state === 'queued' || state === 'active' || state === 'deferred' ? 'underway' : state

function summed (rows: ReadonlyArray<{ endpoint?: string, state: CountedState, count: number }>): Record<string, number> {
  const sums = new Map<string, number>()
  for (const { endpoint = '', state, count } of rows) sums.set(`${endpoint} ${state}`, (sums.get(`${endpoint} ${state}`) ?? 0) + count)
  return Object.fromEntries([...sums].sort())
}

/** What the store counts at these endpoints. */
async function countedAt (store: Store, endpoints: readonly string[]): Promise<Record<string, number>> {
  return summed((await store.counts()).filter(({ endpoint = '' }) => endpoints.includes(endpoint)))
}

/** What is there. */
async function presentAt (store: Store, packages: readonly string[]): Promise<Record<string, number>> {
  const found = await Promise.all(packages.map(async id => (await store.findPackage(id, 'all'))?.deliveries ?? []))
  return summed(found.flat().map(({ endpoint = '', state }) => ({ endpoint, state: countedAs(state), count: 1 })))
}

const COUNTING: Record<string, Promised> = {
  'counts equal the rows after any operations, by two processes at once, folded or not': async (t, store, second) => {
    const choice = fc.record({
      kind: fc.constantFrom('accept', 'claim', 'settle', 'release', 'operate', 'sweep', 'fold', 'remove'),
      which: fc.nat(1000), state: fc.constantFrom('delivered', 'refused', 'dead', 'deferred', 'available'), operation: fc.constantFrom(...OPERATIONS)
    })
    await fc.assert(fc.asyncProperty(fc.array(choice, { minLength: 20, maxLength: 60 }), async choices => {
      const agency = freshAgency()
      const endpoints = [0, 1, 2].map(n => `counted-${n}-${agency}`)
      const packages: string[] = []
      const ids: string[] = []
      const run = async (of: Store, { kind, which, state, operation }: typeof choices[number]): Promise<unknown> => {
        const id = ids[which % ids.length] ?? ''
        if (kind === 'accept' || ids.length === 0) {
          const entry = makePackage({ deliveries: endpoints.slice(which % 3).map(endpoint => planDelivery(freshAgency(), { endpoint })) })
          packages.push(entry.id)
          await of.accept([entry])
          ids.push(...entry.deliveries.map(each => each.id))
        }
        if (kind === 'claim') return await of.claim([id, ids[0] ?? ''], LEASE)
        if (kind === 'settle') {
          const settlement = { state, ...(state === 'deferred' ? { dueAt: LATER } : {}), ...(state === 'delivered' || state === 'available' ? {} : { problem: PROBLEM }) } as Settlement
          return await of.settle((await of.claim([id], LEASE)).map(each => record(each, { settlement })))
        }
        if (kind === 'release') return await of.release([{ deliveryId: id, dueAt: LATER }], { owner: LEASE.owner })
        if (kind === 'operate') return await of.operate({ ...optionsOf(operation, id), target: { ...ELSEWHERE, endpoint: endpoints[which % 3] ?? '' } })
        if (kind === 'sweep') return await of.sweep({ at: LATER, readUpTo: NOTHING, limit: 100 })
        if (kind === 'fold') return await of.foldCounts({ limit: 20 })
        const whole = [packages[which % packages.length] ?? '']
        await of.purgePayloads({ ids: whole, settledBefore: LATER, at: LATER, moved: false })
        return await of.removePackages({ ids: whole, settledBefore: LATER, at: LATER })
      }
      for (let n = 0; n < choices.length; n += 2) await Promise.allSettled(choices.slice(n, n + 2).map(async (each, k) => await run(k === 0 ? store : second, each)))
      const present = await presentAt(store, packages)
      t.same(await countedAt(store, endpoints), present)
      while (await second.foldCounts({ limit: 500 }) > 0);
      t.same(await countedAt(second, endpoints), present, 'and after folding')
    }), { numRuns: 12 })
  },
  'a claim, a deferral and a retry change no count, so they cost no row': async (t, store) => {
    while (await store.foldCounts({ limit: 1000 }) > 0);
    const { id, endpoint } = await deliveryIn(store, 'deferred')
    t.equal(await store.foldCounts({ limit: 1000 }), 1, 'only the accepting did')
    await store.operate(optionsOf('retry', id))
    t.equal(await store.foldCounts({ limit: 1000 }), 0)
    t.same(await countedAt(store, [endpoint]), { [`${endpoint} underway`]: 1 })
  }
}

const newBatch = (filter: NewBatch['filter'], operation: NewBatch['operation'] = 'retry'): NewBatch => ({
  id: newId(), operation, filter, reason: WORD.reason, actor: 'operator:lan', at: LATER, most: 1000, ...(operation === 'redirect' ? { target: ELSEWHERE } : {})
})

/** Works until nothing is left. */
async function workAll (store: Store, limit = 100): Promise<number> {
  let all = 0
  for (;;) {
    const { worked } = await store.workBatches({ at: LATER, limit, expiresAfterMs: DAY })
    all += worked
    if (worked === 0) return all
  }
}

async function outcomesOf (store: Store, { id }: Batch): Promise<Array<BatchItem['outcome']>> {
  return (await store.batchItems(id, { limit: 100 })).map(({ outcome }) => outcome)
}

const BATCHING: Record<string, Promised> = {
  'a batch tells how many it will work, and touches nothing before it is started': async (t, store) => {
    const endpoint = `endpoint-${freshAgency()}`
    const dead = [await deliveryIn(store, 'dead', { endpoint }), await deliveryIn(store, 'dead', { endpoint })]
    await deliveryIn(store, 'refused', { endpoint })
    const batch = await store.createBatch(newBatch({ state: 'dead', endpoint }))
    t.match(batch, { state: 'frozen', total: 2, outcomes: { done: 0, skipped: 0, failed: 0 } })
    t.equal(await workAll(store), 0)
    t.equal((await find(store, dead[0]?.id ?? '')).state, 'dead')
    t.match(await store.startBatch({ id: batch.id, at: LATER, actor: 'operator:minh' }), { state: 'running', startedBy: 'operator:minh' })
    t.equal(await workAll(store), 2)
    t.same(await store.findBatch(batch.id), {
      ...batch, state: 'done', startedAt: LATER, startedBy: 'operator:minh', finishedAt: LATER, outcomes: { done: 2, skipped: 0, failed: 0 }
    })
    t.match(await find(store, dead[0]?.id ?? ''), { state: 'queued' })
    t.match((await store.events(dead[0]?.entry.id ?? '', { limit: 9 })).find(({ type }) => type === 'delivery.retried'), { actor: 'operator:minh', data: { batchId: batch.id, reason: WORD.reason } })
  },
  'a batch does not pick up what arrives later': async (t, store) => {
    const endpoint = `endpoint-${freshAgency()}`
    await deliveryIn(store, 'dead', { endpoint })
    const batch = await store.createBatch(newBatch({ state: 'dead', endpoint, code: PROBLEM.code }))
    const late = await deliveryIn(store, 'dead', { endpoint })
    await store.startBatch({ id: batch.id, at: LATER, actor: 'operator:lan' })
    const later = await deliveryIn(store, 'dead', { endpoint })
    await workAll(store)
    t.match(await store.findBatch(batch.id), { total: 1, outcomes: { done: 1 } })
    t.same([(await find(store, late.id)).state, (await find(store, later.id)).state], ['dead', 'dead'])
  },
  'what was not done is never shown as done: each item tells its outcome, and why it was skipped': async (t, store) => {
    const endpoint = `endpoint-${freshAgency()}`
    const all = [await deliveryIn(store, 'dead', { endpoint }), await deliveryIn(store, 'dead', { endpoint }), await deliveryIn(store, 'refused', { endpoint })]
    const [retried, , purged] = all.map(({ id }) => id) as [string, string, string]
    const batch = await store.createBatch(newBatch({ state: 'dead', endpoint }))
    const refused = await store.createBatch(newBatch({ state: 'refused', endpoint }))
    await store.operate(optionsOf('retry', retried))
    await store.purgePayloads({ ids: [all[2]?.entry.id ?? ''], settledBefore: LATER, at: LATER, moved: false })
    for (const { id } of [batch, refused]) await store.startBatch({ id, at: LATER, actor: 'operator:lan' })
    await workAll(store)
    t.match(await store.batchItems(batch.id, { limit: 9 }), [
      { n: 1, deliveryId: retried, frozen: 'dead', outcome: 'skipped', problem: { code: 'OPERATION_NOT_POSSIBLE' }, at: LATER },
      { n: 2, outcome: 'done' }
    ])
    t.same(await store.batchItems(batch.id, { limit: 9, outcome: 'failed' }), [])
    t.match(await store.batchItems(batch.id, { limit: 9, after: 1, outcome: 'done' }), [{ n: 2 }])
    t.match(await store.batchItems(refused.id, { limit: 9 }), [{ deliveryId: purged, outcome: 'skipped', problem: { code: 'CONTENT_PURGED' } }])
    t.match(await store.findBatch(batch.id), { state: 'done', outcomes: { done: 1, skipped: 1, failed: 0 } })
  },
  'several processes share a batch, each item once': async (t, store, second) => {
    const endpoint = `endpoint-${freshAgency()}`
    const all = await Promise.all(Array.from({ length: 30 }, async () => await deliveryIn(store, 'dead', { endpoint })))
    const batch = await store.createBatch(newBatch({ state: 'dead', endpoint }, 'cancel'))
    await store.startBatch({ id: batch.id, at: LATER, actor: 'operator:lan' })
    const worked = await Promise.all([store, second, store, second].map(async each => await workAll(each, 5)))
    t.equal(worked.reduce((sum, n) => sum + n, 0), 30)
    await workAll(store)
    t.match(await store.findBatch(batch.id), { state: 'done', outcomes: { done: 30 } })
    for (const { entry } of all) t.equal((await types(store, entry)).filter(type => type === 'delivery.cancelled').length, 1)
  },
  'a cancelled batch stops what has not begun': async (t, store) => {
    const endpoint = `endpoint-${freshAgency()}`
    for (let n = 0; n < 4; n++) await deliveryIn(store, 'queued', { endpoint })
    const batch = await store.createBatch(newBatch({ state: 'queued', endpoint }, 'hold'))
    await store.startBatch({ id: batch.id, at: LATER, actor: 'operator:lan' })
    t.equal((await store.workBatches({ at: LATER, limit: 1, expiresAfterMs: DAY })).worked, 1)
    t.match(await store.cancelBatch({ id: batch.id, at: LATER, actor: 'operator:minh' }), { state: 'cancelled', cancelledBy: 'operator:minh', outcomes: { done: 1 } })
    t.equal(await workAll(store), 0)
    t.same(await outcomesOf(store, batch), ['done', undefined, undefined, undefined])
    t.same((await store.batchItems(batch.id, { limit: 9, outcome: 'pending' })).map(({ n }) => n), [2, 3, 4])
    await t.rejects(store.startBatch({ id: batch.id, at: LATER, actor: 'operator:lan' }), { code: 'BATCH_CANCELLED' })
    t.same(await store.cancelBatch({ id: batch.id, at: LATER + 9, actor: 'operator:lan' }), await store.findBatch(batch.id), 'again changes nothing')
    const actions = await store.listActions({ subject: `batch:${batch.id}` }, { limit: 9 })
    t.match(actions, [{ action: 'batch.cancelled', actor: 'operator:minh', at: LATER }, { action: 'batch.started', actor: 'operator:lan', at: LATER, reason: batch.reason, detail: { operation: batch.operation, total: batch.total } }])
    t.equal(actions.length, 2, 'and is recorded once')
  },
  'a batch over its limit is refused whole; batches are listed, newest first': async (t, store) => {
    const endpoint = `endpoint-${freshAgency()}`
    for (let n = 0; n < 3; n++) await deliveryIn(store, 'dead', { endpoint })
    const large = { ...newBatch({ state: 'dead', endpoint }), most: 2 }
    await t.rejects(store.createBatch(large), { code: 'BATCH_TOO_LARGE' })
    t.same([await store.findBatch(large.id), await store.batchItems(large.id, { limit: 9 })], [undefined, []])
    const [one, two] = [await store.createBatch(newBatch({ state: 'dead', endpoint })), await store.createBatch(newBatch({ state: 'dead', endpoint }, 'redirect'))]
    const [newest] = await store.listBatches({ limit: 1 })
    t.same(newest, two)
    t.same(await store.listBatches({ limit: 1, after: two.id }), [one])
    t.same([await store.startBatch({ id: newId(), at: LATER, actor: 'x' }), await store.cancelBatch({ id: 'no id', at: LATER, actor: 'x' })], [undefined, undefined])
  },
  'the items of a batch go with their package; its numbers stay': async (t, store) => {
    const { endpoint, entry } = await deliveryIn(store, 'dead')
    const batch = await store.createBatch(newBatch({ state: 'dead', endpoint }, 'cancel'))
    await store.startBatch({ id: batch.id, at: LATER, actor: 'operator:lan' })
    await workAll(store)
    await store.purgePayloads({ ids: [entry.id], settledBefore: LATER + DAY, at: LATER, moved: false })
    t.same(await store.removePackages({ ids: [entry.id], settledBefore: LATER + DAY, at: LATER }), [entry.id])
    t.same(await store.batchItems(batch.id, { limit: 9 }), [])
    t.match(await store.findBatch(batch.id), { outcomes: { done: 1 } })
  }
}

export const OPERATING: Record<string, Record<string, Promised>> = { acting: ACTING, listing: LISTING, counting: COUNTING, batching: BATCHING }
