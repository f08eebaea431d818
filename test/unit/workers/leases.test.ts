// One process at a time: a lease is prolonged while its work runs, given up with it, and lost in time when the store is away.
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { HubError } from '../../../src/errors.js'
import { text } from '../../../src/model/text.js'
import type { Intake } from '../../../src/pipeline/types.js'
import type { AdapterSession, InboundArrival } from '../../../src/ports/adapter.js'
import type { Clock } from '../../../src/ports/clock.js'
import type { Log } from '../../../src/ports/log.js'
import { createLeases } from '../../../src/workers/leases.js'
import { createPollers } from '../../../src/workers/pollers.js'
import { createManualClock, type ManualClock } from '../../support/time.js'

const LEASE_MS = 12_000
const SILENT: Log = { debug () {}, info () {}, warn () {}, error () {} }

/** Leases in memory, as the store keeps them; `away` makes every call fail. */
function createLeaseStore () {
  const rows = new Map<string, { owner: string, until: number }>()
  const store = {
    away: false,
    ownerOf: (name: string, at: number): string | undefined => { const row = rows.get(name); return row !== undefined && row.until > at ? row.owner : undefined },
    async acquireLeases ({ names, owner, at, ttlMs }: { names: readonly string[], owner: string, at: number, ttlMs: number }): Promise<string[]> {
      if (store.away) throw new HubError('STORE_UNAVAILABLE', text('tạm ngưng', 'away'))
      return names.filter(name => {
        const row = rows.get(name)
        if (row !== undefined && row.owner !== owner && row.until > at) return false
        rows.set(name, { owner, until: at + ttlMs })
        return true
      })
    },
    async releaseLeases ({ owner, names }: { owner: string, names?: readonly string[] }): Promise<void> {
      if (store.away) throw new HubError('STORE_UNAVAILABLE', text('tạm ngưng', 'away'))
      for (const [name, row] of [...rows]) if (row.owner === owner && names?.includes(name) !== false) rows.delete(name)
    }
  }
  return store
}

type LeaseStore = ReturnType<typeof createLeaseStore>

/** Lets what waits for promises go on. */
async function turn (): Promise<void> {
  for (let n = 0; n < 10; n++) await new Promise(resolve => { setImmediate(resolve) })
}

async function pass (clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    clock.advance(500)
    await turn()
  }
}

/** A process: its leases, and a work that notes its beginning and its end. */
async function startProcess (owner: string, { store, clock, log }: { store: LeaseStore, clock: ManualClock, log: string[] }) {
  const leases = createLeases({ store, clock, log: SILENT, owner, leaseMs: LEASE_MS, always: [`process:delivery:${owner}`] })
  await leases.start()
  const stopping = new AbortController()
  const hold = async (): Promise<void> => {
    await leases.holding('one', async held => {
      log.push(`${owner} begins`)
      await new Promise<void>(resolve => { held.addEventListener('abort', () => { resolve() }, { once: true }) })
      log.push(`${owner} ends`)
    }, stopping.signal)
  }
  const holding = hold()
  return {
    leases,
    holding,
    async stop () {
      stopping.abort()
      await holding
      await leases.stop()
    }
  }
}

t.test('of two processes one works; when it stops, the other goes on within a second', async t => {
  const [store, clock, log] = [createLeaseStore(), createManualClock(), [] as string[]]
  const first = await startProcess('a', { store, clock, log })
  await pass(clock, 1000)
  const second = await startProcess('b', { store, clock, log })
  await pass(clock, 60_000)
  t.same(log, ['a begins'], 'prolonged for as long as it works')
  await first.stop()
  t.same(log, ['a begins', 'a ends'])
  await pass(clock, 1000)
  t.same(log, ['a begins', 'a ends', 'b begins'])
  await second.stop()
  t.equal(store.ownerOf('process:delivery:b', clock.now()), undefined, 'a stopped process is no living one')
})

t.test('a process that cannot reach the store ends its work before its lease ends, and begins again afterwards', async t => {
  const [store, clock, log] = [createLeaseStore(), createManualClock(), [] as string[]]
  const process = await startProcess('a', { store, clock, log })
  await pass(clock, 1000)
  t.same(log, ['a begins'])
  store.away = true
  const since = clock.now()
  while (!log.includes('a ends')) {
    await pass(clock, 500)
    if (clock.now() - since > LEASE_MS) break
  }
  t.same(log, ['a begins', 'a ends'])
  t.equal(store.ownerOf('one', clock.now() + 1500), 'a', 'more than a second before others may take it')
  t.ok(clock.now() - since > LEASE_MS / 2, 'a short absence is endured')
  store.away = false
  await pass(clock, 1000)
  t.equal(store.ownerOf('one', clock.now() + LEASE_MS), undefined, 'what has ended is not prolonged')
  await process.stop()
})

t.test('what a dead process held is taken over within the lease time', async t => {
  const [store, clock, log] = [createLeaseStore(), createManualClock(), [] as string[]]
  await store.acquireLeases({ names: ['one'], owner: 'dead', at: clock.now(), ttlMs: LEASE_MS - 1000 })
  const process = await startProcess('b', { store, clock, log })
  await pass(clock, LEASE_MS - 1500)
  t.same(log, [])
  await pass(clock, 1500)
  t.same(log, ['b begins'])
  await process.stop()
})

t.test('who stops while waiting for a lease never gets it, and a failed work gives it up', async t => {
  const [store, clock] = [createLeaseStore(), createManualClock()]
  const leases = createLeases({ store, clock, log: SILENT, owner: 'a', leaseMs: LEASE_MS, always: [] })
  await leases.start()
  const stopping = new AbortController()
  await store.acquireLeases({ names: ['taken'], owner: 'b', at: clock.now(), ttlMs: 1e9 })
  const waiting = leases.holding('taken', async () => { t.fail('must not run') }, stopping.signal)
  await pass(clock, 5000)
  stopping.abort()
  await waiting
  const failing = leases.holding('one', async () => { throw new TypeError('a defect') }, new AbortController().signal)
  const rejected = t.rejects(failing, { message: 'a defect' })
  await pass(clock, 1000)
  await rejected
  t.equal(store.ownerOf('one', clock.now()), undefined)
  await leases.stop()
})

/** A poller whose adapter hands over what the test tells it to, whether or not it was told to end. */
async function startPoller (t: Test, { store, clock, owner }: { store: LeaseStore, clock: Clock, owner: string }) {
  let accept: ((arrival: InboundArrival) => Promise<unknown>) | undefined
  const seen = { begun: 0, ended: 0, accepted: [] as string[] }
  const session: AdapterSession = {
    probe: async () => ({ kind: 'delivered' }),
    async receive (given, signal) {
      accept = given
      seen.begun++
      await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })
      seen.ended++
    },
    async close () {}
  }
  const intake: Pick<Intake, 'accept'> = {
    async accept ({ idempotencyKey = '' }) {
      seen.accepted.push(idempotencyKey)
      return { packageId: idempotencyKey, acceptedAt: 0, deliveries: [], warnings: [], repeated: false }
    }
  }
  const leases = createLeases({ store, clock, log: SILENT, owner, leaseMs: LEASE_MS, always: [] })
  await leases.start()
  const pollers = createPollers({ sessions: { session: async () => session, endpoint: () => undefined }, endpoints: ['truc'], intake, leases, clock, log: SILENT })
  pollers.start()
  t.teardown(async () => { await pollers.stop(); await leases.stop() })
  const hand = async (key: string): Promise<unknown> => await accept?.({ agencies: ['G01'], contentType: 'application/xml', body: Readable.from([]), idempotencyKey: key })
  return { seen, hand }
}

t.test('a poller that was paused beyond its lease accepts nothing, not even before a timer has told it', async t => {
  const [store, clock] = [createLeaseStore(), createManualClock()]
  // Of a paused process the clock goes on, but no timer fires.
  let pausedFor = 0
  const first = await startPoller(t, { store, owner: 'a', clock: { now: () => clock.now() + pausedFor, sleep: clock.sleep } })
  await pass(clock, 1000)
  t.equal(first.seen.begun, 1)
  await first.hand('one')
  pausedFor = LEASE_MS
  const later = createManualClock(clock.now() + pausedFor)
  const second = await startPoller(t, { store, owner: 'b', clock: later })
  await pass(later, 1000)
  t.equal(second.seen.begun, 1, 'another process has taken over')
  t.equal(first.seen.ended, 0, 'the paused one does not know yet')
  await t.rejects(first.hand('two'), { code: 'STOPPING' })
  await second.hand('two')
  t.same([first.seen.accepted, second.seen.accepted], [['one'], ['two']])
  await pass(clock, 3000)
  t.same([first.seen.ended, first.seen.begun], [1, 1], 'it ends its loop and waits for its turn')
  t.equal(second.seen.ended, 0)
})

t.test('an adapter that cannot receive here lets another process try', async t => {
  const [store, clock] = [createLeaseStore(), createManualClock()]
  const leases = createLeases({ store, clock, log: SILENT, owner: 'a', leaseMs: LEASE_MS, always: [] })
  await leases.start()
  const unreachable = new HubError('ENDPOINT_UNAVAILABLE', text('không tới được', 'not reachable from here'))
  const pollers = createPollers({ sessions: { session: async () => { throw unreachable }, endpoint: () => undefined }, endpoints: ['truc'], intake: { accept: async () => { throw new Error('nothing') } }, leases, clock, log: SILENT })
  pollers.start()
  const owners = new Set<string | undefined>()
  for (let n = 0; n < 20; n++) {
    await pass(clock, 500)
    owners.add(store.ownerOf('poller:truc', clock.now()))
  }
  t.ok(owners.has(undefined), 'the lease is free while it waits to try again')
  await pollers.stop()
  await leases.stop()
})
