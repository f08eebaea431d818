// The promises of the Store port about order: nothing overtakes another package of its document or dossier.
import type { DeliveryState } from '../../src/model/generated.js'
import type { AcceptedPackage } from '../../src/model/package.js'
import { newId } from '../../src/ids.js'
import type { AttemptRecord, ClaimedDelivery, PackageEvent, Store, StoredDelivery } from '../../src/ports/store.js'
import { START, makePackage, type PackageWish } from '../support/packages.js'
import { LEASE, NOTHING, PROBLEM, freshAgency, record, type Promised } from './store.js'

/** A document with its issuer and one recipient, and what may follow it. */
interface Stream {
  issuer: string
  to: string
  name: string
  /** A package of the document; `action` as in the envelope. */
  follow (action: string, wish?: PackageWish): AcceptedPackage
  /** A status from an agency to the issuer. */
  status (from: string, code?: string, wish?: PackageWish): AcceptedPackage
}

function makeStream (issuer = freshAgency(), to = freshAgency()): Stream {
  const name = `document:${newId()}`
  const document = (action: string, wish: PackageWish = {}): AcceptedPackage => {
    const entry = makePackage({ from: issuer, to: [to], ...wish, envelope: { action, correlationId: name, ...wish.envelope } })
    return { ...entry, content: { kind: 'document', document: { documentId: name, docType: 'new', attachments: [] } } }
  }
  return {
    issuer,
    to,
    name,
    follow: document,
    status: (from, code = '01', wish = {}) => makePackage({ from, to: [issuer], ...wish, envelope: { kind: 'status', action: code, correlationId: name, ...wish.envelope } })
  }
}

async function only (store: Store, { id }: { id: string }): Promise<StoredDelivery> {
  const delivery = (await store.findPackage(id, 'all'))?.deliveries[0]
  if (delivery === undefined) throw new Error('there is no delivery')
  return delivery
}

async function states (store: Store, packages: readonly AcceptedPackage[]): Promise<DeliveryState[]> {
  return await Promise.all(packages.map(async entry => (await only(store, entry)).state))
}

async function claimOf (store: Store, entry: AcceptedPackage, at = START): Promise<ClaimedDelivery> {
  const [claimed] = await store.claim(entry.deliveries.map(({ id }) => id), { ...LEASE, at })
  if (claimed === undefined) throw new Error(`not claimed: ${JSON.stringify(await only(store, entry))}`)
  return claimed
}

const OUTCOMES = {
  delivered: { outcome: 'delivered', settlement: { state: 'delivered' } },
  refused: { outcome: 'refused', settlement: { state: 'refused', problem: PROBLEM } },
  dead: { outcome: 'deferred', settlement: { state: 'dead', problem: PROBLEM } },
  expired: { outcome: 'deferred', settlement: { state: 'expired', problem: PROBLEM } },
  deferred: { outcome: 'deferred', settlement: { state: 'deferred', dueAt: START + 9000, problem: PROBLEM } }
} as const satisfies Record<string, Pick<AttemptRecord, 'outcome' | 'settlement'>>

/** Attempts the delivery of a package; answers what that has woken. */
async function end (store: Store, entry: AcceptedPackage, how: keyof typeof OUTCOMES = 'delivered'): Promise<string[]> {
  const { lost, woken = [] } = await store.settle([record(await claimOf(store, entry), OUTCOMES[how])])
  if (lost.length > 0) throw new Error('the record was lost')
  return woken.map(({ deliveryId }) => deliveryId)
}

const idOf = ({ deliveries }: AcceptedPackage): string => deliveries[0]?.id ?? ''

async function types (store: Store, { id }: AcceptedPackage): Promise<string[]> {
  return (await store.events(id, { limit: 20 })).map(({ type }) => type).filter(type => type !== 'package.accepted')
}

export const ORDERING: Record<string, Promised> = {
  'a follower is blocked until its predecessor is delivered, then woken at once': async (t, store) => {
    const { follow } = makeStream()
    const [first, update] = [follow('new'), follow('update')]
    t.same(await store.accept([first]), [{ kind: 'stored' }])
    const [result] = await store.accept([update])
    t.equal(result?.kind === 'stored' && result.claims?.some(({ deliveryId }) => deliveryId === idOf(update)), false, 'it is not published')
    t.match(await only(store, update), { state: 'blocked', waitsFor: [idOf(first)], dueAt: undefined })
    t.same(await store.claim([idOf(update)], LEASE), [])
    t.same(await end(store, first), [idOf(update)])
    t.match(await only(store, update), { state: 'queued', waitsFor: undefined })
    t.same(await types(store, update), ['delivery.blocked', 'delivery.unblocked'])
    await end(store, update)
    t.same(await states(store, [first, update]), ['delivered', 'delivered'])
  },
  'the names under which the others of a document arrived are told, and of none else': async (t, store) => {
    const arrive = async (entry: AcceptedPackage, externalId: string): Promise<void> => {
      await store.settle([record(await claimOf(store, entry), { outcome: 'delivered', settlement: { state: 'delivered', externalId } })])
    }
    const [mine, another] = [makeStream(), makeStream()]
    const elsewhere = makeStream(mine.issuer)
    const [first, update, replacement] = [mine.follow('new'), mine.follow('update'), { ...another.follow('replacement', { from: mine.issuer, to: [mine.to] }), streams: [mine.name] }]
    const foreign = elsewhere.follow('new')
    await store.accept([first])
    await arrive(first, 'name of first')
    t.same(await store.findOtherIds(idOf(first)), [], 'its own name is none of another')
    for (const [entry, name] of [[foreign, 'name of another document'], [update, 'name of update'], [replacement, 'name of replacement']] as const) {
      await store.accept([entry])
      await arrive(entry, name)
    }
    t.same((await store.findOtherIds(idOf(update))).sort(), ['name of first', 'name of replacement'])
    t.same((await store.findOtherIds(idOf(replacement))).sort(), ['name of first', 'name of update'])
    t.same(await store.findOtherIds('no id'), [])
  },
  'a follower of what is settled goes at once, also after a refusal': async (t, store) => {
    for (const how of ['delivered', 'refused'] as const) {
      const { follow } = makeStream()
      const [first, update] = [follow('new'), follow('update')]
      await store.accept([first])
      await end(store, first, how)
      t.match(await store.accept([update]), [{ kind: 'stored', claims: [{ deliveryId: idOf(update), lane: 'normal', publishedAt: START }] }])
      t.equal((await only(store, update)).state, 'queued')
    }
  },
  'a refusal lets go what waits; a death, an expiry holds it, with the reason': async (t, store) => {
    for (const [how, next] of [['refused', 'queued'], ['dead', 'held'], ['expired', 'held']] as const) {
      const { follow } = makeStream()
      const [first, waiting, late] = [follow('new'), follow('update'), follow('revocation')]
      await store.accept([first])
      await claimOf(store, first).then(async claimed => {
        await store.accept([waiting])
        await store.settle([record(claimed, OUTCOMES[how])])
      })
      t.equal((await only(store, waiting)).state, next, `waiting when it is ${how}`)
      if (next !== 'held') continue
      t.match(await only(store, waiting), { waitsFor: [idOf(first)], problem: { code: 'PREDECESSOR_DEAD' } })
      t.same(await types(store, waiting), ['delivery.blocked', 'delivery.held'])
      await store.accept([late])
      t.match(await only(store, late), { state: 'blocked', waitsFor: [idOf(waiting)] }, 'what comes later stays behind')
    }
  },
  'what comes after a death is held at once': async (t, store) => {
    const { follow } = makeStream()
    const [first, update] = [follow('new'), follow('update')]
    await store.accept([first])
    await end(store, first, 'dead')
    t.match(await store.accept([update]), [{ kind: 'stored', claims: [] }])
    t.match(await only(store, update), { state: 'held', waitsFor: [idOf(first)], problem: { code: 'PREDECESSOR_DEAD' } })
  },
  'other recipients and other documents are not held up': async (t, store) => {
    const [a, b] = [freshAgency(), freshAgency()]
    const { follow } = makeStream()
    const [first, update] = [follow('new', { to: [a, b] }), follow('update', { to: [a, b] })]
    await store.accept([first])
    await store.settle((await store.claim([first.deliveries[1]?.id ?? ''], LEASE)).map(each => record(each)))
    await store.accept([update, makeStream().follow('update', { to: [a] })])
    t.same((await store.findPackage(update.id, 'all'))?.deliveries.map(({ state }) => state), ['blocked', 'queued'])
  },
  'five in a row go one after the other, each waiting for the one before it alone': async (t, store) => {
    const { follow } = makeStream()
    const chain = [follow('new'), follow('update'), follow('update'), follow('replacement'), follow('revocation')]
    for (const entry of chain) {
      await store.accept([entry])
      if (entry === chain[0]) await claimOf(store, entry)
    }
    for (const [n, entry] of chain.entries()) {
      if (n > 0) t.same((await only(store, entry)).waitsFor, [idOf(chain[n - 1] ?? entry)])
    }
    const [first] = chain
    await store.sweep({ at: START + LEASE.leaseMs, readUpTo: NOTHING, limit: 1000 })
    for (const [n, entry] of chain.entries()) {
      t.same(await states(store, chain.slice(n)), chain.slice(n).map(each => each === entry ? 'queued' : 'blocked'))
      const { woken = [] } = await store.settle([record(await claimOf(store, entry, START + LEASE.leaseMs))])
      t.same(woken.map(({ deliveryId }) => deliveryId), chain.slice(n + 1, n + 2).map(idOf))
    }
    t.ok(first)
  },
  'packages of one batch keep their order, and each result is its own': async (t, store) => {
    const { follow } = makeStream()
    const [first, update, again] = [follow('new'), follow('update'), follow('update')]
    const other = makePackage()
    const results = await store.accept([update, other, again, first, update])
    t.match(results, [{ kind: 'stored' }, { kind: 'stored' }, { kind: 'stored' }, { kind: 'stored' }, { kind: 'repeated', package: { id: update.id } }])
    t.same((await only(store, update)).waitsFor, [idOf(first)])
    t.same((await only(store, again)).waitsFor, [idOf(update)])
    t.same(await states(store, [first, other]), ['queued', 'queued'])
  },
  'a predecessor whose claim may have been passed over is published again': async (t, store) => {
    const { follow } = makeStream()
    const first = follow('new')
    await store.accept([first])
    t.match(await store.accept([follow('update')]), [{ claims: [{ deliveryId: idOf(first) }] }], 'a claim that is read while its row is locked is lost')
  },
  'a replacement waits for what it replaces and is waited for under its own name': async (t, store) => {
    const [from, to] = [freshAgency(), freshAgency()]
    const [one, two, three] = [makeStream(from, to), makeStream(from, to), makeStream(from, to)]
    const [first, second] = [one.follow('new'), two.follow('new')]
    const replacement = { ...three.follow('replacement', { envelope: { correlationId: one.name } }), streams: [one.name, two.name, three.name] }
    const update = three.follow('update')
    await store.accept([first, second])
    await store.accept([replacement])
    await store.accept([update])
    t.same((await only(store, replacement)).waitsFor?.sort(), [idOf(first), idOf(second)].sort())
    t.same((await only(store, update)).waitsFor, [idOf(replacement)])
    t.same(await end(store, second), [])
    t.same(await end(store, first), [idOf(replacement)])
    t.same(await end(store, replacement), [idOf(update)])
  },
  'statuses of one sender keep their order; another sender\'s do not wait for them': async (t, store) => {
    const stream = makeStream()
    const [a, b] = [freshAgency(), freshAgency()]
    await store.accept([stream.follow('new')])
    const [arrived, received, other] = [stream.status(a, '01'), stream.status(a, '03'), stream.status(b, '01')]
    for (const entry of [arrived, received, other]) await store.accept([entry])
    t.same(await states(store, [arrived, received, other]), ['queued', 'blocked', 'queued'])
    await end(store, arrived, 'dead')
    const [late, fresh] = [stream.status(a, '04'), stream.status(b, '03')]
    await store.accept([late, fresh])
    t.same(await states(store, [received, late, fresh]), ['held', 'blocked', 'blocked'], 'a death holds up its own sender alone')
    t.same(await end(store, other), [idOf(fresh)])
  },
  'a dossier keeps its steps in order, whoever takes them': async (t, store) => {
    const [a, b, to] = [freshAgency(), freshAgency(), freshAgency()]
    const correlationId = `dossier:${newId()}`
    const step = (from: string, action: string): AcceptedPackage => makePackage({ from, to: [to], envelope: { kind: 'dossier', action, correlationId } })
    const steps = [step(a, 'submit'), step(b, 'progress'), step(a, 'supplement')]
    for (const entry of steps) await store.accept([entry])
    t.same(await states(store, steps), ['queued', 'blocked', 'blocked'])
    for (const [n, entry] of steps.entries()) t.same(await end(store, entry), steps.slice(n + 1, n + 2).map(idOf))
  },
  'a dossier that is submitted again waits for what came before it, in one batch, too; it goes when that has expired or was cancelled, and is held when it is dead': async (t, store) => {
    for (const [how, then] of [['delivered', 'queued'], ['refused', 'queued'], ['expired', 'queued'], ['cancelled', 'queued'], ['dead', 'held']] as const) {
      const [from, to] = [freshAgency(), freshAgency()]
      const correlationId = `dossier:${newId()}`
      const submit = (wish: PackageWish = {}): AcceptedPackage => makePackage({ from, to: [to], ...wish, envelope: { kind: 'dossier', action: 'submit', correlationId, ...wish.envelope } })
      const [first, again, elsewhere] = [submit(), submit({ envelope: { priority: 2 } }), submit({ to: [freshAgency()] })]
      await store.accept([first, again, elsewhere])
      t.same(await states(store, [first, again, elsewhere]), ['queued', 'blocked', 'queued'], 'another recipient does not wait')
      const cancel = { id: idOf(first), operation: 'cancel' as const, at: START, actor: 'operator:an', reason: 'x', expiresAfterMs: 1 }
      const woken = how === 'cancelled' ? (await store.operate(cancel)).claims.map(({ deliveryId }) => deliveryId) : await end(store, first, how)
      t.same(woken, then === 'queued' ? [idOf(again)] : [], how)
      t.equal((await only(store, again)).state, then, how)
      const third = submit()
      if (then === 'queued') await end(store, again, how === 'expired' ? 'expired' : 'delivered')
      await store.accept([third])
      t.equal((await only(store, third)).state, then === 'queued' ? 'queued' : 'blocked', `a third one, after ${how}`)
    }
  },
  'the word of a recipient wakes at the next sweep': async (t, store) => {
    const { follow, to } = makeStream()
    for (const refusal of [undefined, PROBLEM]) {
      const [first, update] = [follow('new', { identifier: newId() }), follow('update')]
      await store.accept([first])
      await store.settle([record(await claimOf(store, first), { outcome: 'available', settlement: { state: 'available' } })])
      await store.peekInbox({ agencies: [to], at: START, lockMs: 1, limit: 9 })
      await store.accept([update])
      t.equal((await only(store, update)).state, 'blocked')
      await store.settleInbox({ deliveryId: idOf(first), agencies: [to], at: START, actor: 'client:x', ...(refusal === undefined ? {} : { refusal }) })
      t.match((await store.sweepWaiting({ at: START, limit: 100 })).claims.filter(({ deliveryId }) => deliveryId === idOf(update)), [{ lane: 'normal', publishedAt: START }])
      await end(store, update)
    }
  },
  'an expiry found by a claim or by a sweep holds what waits': async (t, store) => {
    for (const expire of [
      async (first: AcceptedPackage) => { await store.claim([idOf(first)], { ...LEASE, at: START + 500 }) },
      async () => { await store.sweep({ at: START + 500, readUpTo: NOTHING, limit: 1000 }) }
    ]) {
      const { follow } = makeStream()
      const [first, update] = [follow('new', { expiresAt: START + 500 }), follow('update')]
      await store.accept([first])
      await store.accept([update])
      await expire(first)
      await store.sweepWaiting({ at: START + 500, limit: 100 })
      t.same(await states(store, [first, update]), ['expired', 'held'])
    }
  },
  'blocked and held deliveries expire': async (t, store) => {
    const { follow } = makeStream()
    const [first, blocked, held] = [follow('new'), follow('update', { expiresAt: START + 700 }), follow('update', { expiresAt: START + 800 })]
    await store.accept([first])
    await claimOf(store, first)
    await store.accept([blocked])
    await store.accept([held])
    await store.sweep({ at: START + 700, readUpTo: NOTHING, limit: 1000 })
    await store.sweepWaiting({ at: START + 700, limit: 100 })
    t.same(await states(store, [blocked, held]), ['expired', 'held'])
    await store.sweep({ at: START + 800, readUpTo: NOTHING, limit: 1000 })
    t.equal((await only(store, held)).state, 'expired')
  },
  'a revocation cancels what nobody has tried to deliver, and is done': async (t, store) => {
    const { follow } = makeStream()
    const [first, update, revocation, late] = [follow('new'), follow('update'), follow('revocation'), follow('update')]
    await store.accept([first])
    await store.accept([update])
    t.match(await store.accept([revocation]), [{ kind: 'stored' }])
    t.match(await only(store, first), { state: 'cancelled', settledAt: START, problem: { code: 'REVOKED' } })
    t.match(await only(store, update), { state: 'cancelled', problem: { code: 'REVOKED' } })
    t.match(await only(store, revocation), { state: 'cancelled', problem: { code: 'REVOKED_BEFORE_DELIVERY' } })
    t.same(await store.claim([first, update, revocation].map(idOf), LEASE), [])
    t.same([await types(store, first), await types(store, revocation)], [['delivery.cancelled'], ['delivery.cancelled']])
    await store.accept([late])
    t.equal((await only(store, late)).state, 'held')
  },
  'a revocation cancels what lies unseen in an inbox, and waits for what was seen': async (t, store) => {
    for (const [isSeen, expected] of [[false, ['cancelled', 'cancelled']], [true, ['available', 'blocked']]] as const) {
      const { follow, to } = makeStream()
      const [first, revocation] = [follow('new'), follow('revocation')]
      await store.accept([first])
      await store.settle([record(await claimOf(store, first), { outcome: 'available', settlement: { state: 'available' } })])
      if (isSeen) await store.peekInbox({ agencies: [to], at: START, lockMs: 1, limit: 9 })
      await store.accept([revocation])
      t.same(await states(store, [first, revocation]), expected)
      t.equal((await store.settleInbox({ deliveryId: idOf(first), agencies: [to], at: START, actor: 'client:x' })), isSeen ? 'settled' : 'not-available')
    }
  },
  'a revocation of what was attempted waits like any other': async (t, store) => {
    for (const how of ['active', 'deferred'] as const) {
      const { follow } = makeStream()
      const [first, revocation] = [follow('new'), follow('revocation')]
      await store.accept([first])
      if (how === 'active') await claimOf(store, first)
      else await end(store, first, how)
      await store.accept([revocation])
      t.same(await states(store, [first, revocation]), [how, 'blocked'])
    }
    const { follow } = makeStream()
    const [first, update, revocation] = [follow('new'), follow('update'), follow('revocation')]
    await store.accept([first])
    await end(store, first)
    await store.accept([update])
    await store.accept([revocation])
    t.same(await states(store, [first, update, revocation]), ['delivered', 'queued', 'blocked'], 'the recipient has the document')
  },
  'a revocation leaves a replacement alone that has a name of its own': async (t, store) => {
    const [from, to] = [freshAgency(), freshAgency()]
    const [old, young] = [makeStream(from, to), makeStream(from, to)]
    const replacement = { ...young.follow('replacement', { envelope: { correlationId: old.name } }), streams: [old.name, young.name] }
    await store.accept([old.follow('new')])
    await store.accept([replacement])
    const revocation = old.follow('revocation')
    await store.accept([revocation])
    t.same(await states(store, [replacement, revocation]), ['blocked', 'blocked'])
  },
  'a status before its document is parked, and goes when the document has come': async (t, store) => {
    const stream = makeStream()
    const a = freshAgency()
    const [status, next] = [{ ...stream.status(a), parkedUntil: START + 90_000 }, stream.status(a, '03')]
    await store.accept([status])
    await store.accept([next])
    t.match(await only(store, status), { state: 'blocked', awaits: stream.name, parkedUntil: START + 90_000 })
    const claimsAt = async (at: number): Promise<string[]> => (await store.sweepWaiting({ at, limit: 100 })).claims.map(({ deliveryId }) => deliveryId)
    t.notOk((await claimsAt(START + 1000)).includes(idOf(status)))
    await store.accept([stream.follow('new')])
    t.notOk((await claimsAt(START + 1500)).includes(idOf(status)), 'looked for from time to time only')
    t.ok((await claimsAt(START + 2000)).includes(idOf(status)))
    t.same(await states(store, [status, next]), ['queued', 'blocked'])
    t.match(await only(store, next), { awaits: undefined, waitsFor: [idOf(status)] })
    t.same(await end(store, status), [idOf(next)])
  },
  'a status whose document never comes is held when its time is over': async (t, store) => {
    const stream = makeStream()
    const status = { ...stream.status(freshAgency()), parkedUntil: START + 1500 }
    await store.accept([status])
    await store.sweepWaiting({ at: START + 1000, limit: 100 })
    t.equal((await only(store, status)).state, 'blocked')
    await store.sweepWaiting({ at: START + 1500, limit: 100 })
    t.match(await only(store, status), { state: 'held', problem: { code: 'DOCUMENT_UNKNOWN' }, awaits: undefined })
    t.same(await types(store, status), ['delivery.blocked', 'delivery.held'])
  },
  'an order to a recipient that comes before its document waits for it, too': async (t, store) => {
    const stream = makeStream()
    const retract = stream.status(stream.issuer, '13', { to: [stream.to] })
    const document = stream.follow('new', { at: START + 500 })
    await store.accept([retract])
    await store.accept([document])
    await store.sweepWaiting({ at: START + 1000, limit: 100 })
    t.match(await only(store, retract), { state: 'blocked', awaits: undefined, waitsFor: [idOf(document)] })
    t.same(await end(store, document), [idOf(retract)])
  },
  'an operator lets go what is held; it still waits for what is older': async (t, store) => {
    const { follow } = makeStream()
    const chain = [follow('new'), follow('update'), follow('update')] as const
    await store.accept([chain[0]])
    await end(store, chain[0], 'dead')
    await store.accept([chain[1]])
    await store.accept([chain[2]])
    const [, second, third] = chain
    t.same(await states(store, chain), ['dead', 'held', 'blocked'])
    const word = { operation: 'release' as const, at: START + 5, actor: 'operator:van-hanh', reason: 'Nơi nhận đã có bản giấy', expiresAfterMs: 86_400_000 }
    t.match(await store.operate({ ...word, id: idOf(third) }), { changed: false, claims: [] }, 'what is not held is left alone')
    t.match(await store.operate({ ...word, id: idOf(second) }), { changed: true, claims: [{ deliveryId: idOf(second), lane: 'normal', publishedAt: START + 5 }] })
    t.match((await store.events(second.id, { limit: 9 })).at(-1), { type: 'delivery.resumed', actor: word.actor, data: { reason: word.reason, state: 'queued' } } satisfies Partial<PackageEvent>)
    t.same(await end(store, second), [idOf(third)])
  },
  'predecessors that settle while followers are accepted never leave one waiting': async (t, store, second) => {
    for (let round = 0; round < 200; round++) {
      const { follow } = makeStream()
      const [first, update] = [follow('new'), follow('update')]
      await store.accept([first])
      const claimed = await claimOf(store, first)
      const settle = async (): Promise<string[]> => ((await store.settle([record(claimed)])).woken ?? []).map(({ deliveryId }) => deliveryId)
      const accept = async (): Promise<string[]> => (await second.accept([update])).flatMap(result => result.kind === 'stored' ? (result.claims ?? []).map(({ deliveryId }) => deliveryId) : [])
      const published = (await Promise.all(round % 2 === 0 ? [settle(), accept()] : [accept(), settle()])).flat()
      const { state } = await only(store, update)
      if (state !== 'queued' || !published.includes(idOf(update))) t.fail(`round ${round}: ${state}, published: ${published.length}`)
    }
  }
}
