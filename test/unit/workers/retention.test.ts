// A round of retention over real stores and files: moved, purged, removed, collected, each once and in that order.
import { createHash } from 'node:crypto'
import { readdir, readFile, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openFilesystemBlobs } from '../../../src/blobs/filesystem.js'
import { openPackageFolder } from '../../../src/blobs/package-folder.js'
import type { RetentionConfig } from '../../../src/model/generated.js'
import { createPayloads } from '../../../src/pipeline/payloads.js'
import type { Log } from '../../../src/ports/log.js'
import type { PackageFolder } from '../../../src/ports/package-folder.js'
import type { Store } from '../../../src/ports/store.js'
import { createRetention, type Round } from '../../../src/workers/retention.js'
import { claimOne, record } from '../../conformance/store.js'
import { makePackage, START } from '../../support/packages.js'
import { openTestStores } from '../../support/stores.js'

const DAY = 86_400_000
const POLICY: RetentionConfig = { payloadsAfterMs: 10 * DAY, rowsAfterMs: 20 * DAY, eventsAfterMs: 30 * DAY, serviceCallsAfterMs: 40 * DAY, moveTo: null, batchSize: 2, intervalMs: DAY }
const UNTIL_STOPPED = new AbortController().signal

/** Time that a test sets; nobody waits. */
const clock = { at: START, now: () => clock.at, sleep: async () => {} }

async function openRetention (t: Test, store: Store, folder?: PackageFolder) {
  const directory = t.testdir({})
  const blobs = await openFilesystemBlobs({ directory: join(directory, 'blobs') })
  t.teardown(async () => { await blobs.close() })
  const payloads = createPayloads({ store, blobs, inlineBytes: 1000 })
  const logged: string[] = []
  const note = (_: object, event: string): void => { logged.push(event) }
  const log: Log = { debug: note, info: note, warn: note, error: note }
  const retention = createRetention({ store, blobs, payloads, leases: { holding: async () => {} }, folder, policy: POLICY, clock, log })
  return { blobs, directory, logged, round: async (at: number): Promise<Round> => { clock.at = at; return await retention.round(UNTIL_STOPPED) } }
}

/** A delivered package; with `blobs` its bytes are one. */
async function deliver (store: Store, blobs?: Awaited<ReturnType<typeof openFilesystemBlobs>>): Promise<{ id: string, sha256: string }> {
  const bytes = Buffer.from(`content ${Math.random()}`)
  const entry = makePackage({ bytes })
  if (blobs !== undefined) {
    const writer = await blobs.writer()
    await writer.write(bytes)
    await writer.end()
    await writer.commit()
    entry.inline = []
  }
  await store.accept([entry])
  await store.settle((await store.claim(entry.deliveries.map(({ id }) => id), { owner: 'hub-1', at: START, leaseMs: 30_000 })).map(each => record(each)))
  return { id: entry.id, sha256: entry.original.sha256 }
}

await t.test('bytes, rows and events go in their time, blobs a day after nobody needs them', async t => {
  for (const { name, store } of await openTestStores(t)) {
    await t.test(name, async t => {
      const { blobs, directory, round } = await openRetention(t, store)
      const old = await Promise.all(Array.from({ length: 5 }, async () => await deliver(store)))
      const large = await deliver(store, blobs)
      const { package: { id: open } } = await claimOne(store)
      const path = join(directory, 'blobs', large.sha256.slice(0, 2), large.sha256.slice(2, 4), large.sha256)
      const age = async (): Promise<void> => { await utimes(path, new Date(0), new Date(0)) }
      await age()
      t.same(await round(START + 10 * DAY), { purged: 0, removed: 0, events: 0, serviceCalls: 0, memory: 0, blobs: 0 }, 'not a moment too early; a blob in use stays, however old')
      t.same(await round(START + 11 * DAY), { purged: 6, removed: 0, events: 0, serviceCalls: 0, memory: 0, blobs: 1 })
      t.equal(await blobs.has(large.sha256), false)
      t.ok((await store.findPackage(old[0]?.id ?? '', 'all'))?.purgedAt)
      t.same(await round(START + 21 * DAY), { purged: 0, removed: 6, events: 0, serviceCalls: 0, memory: 0, blobs: 0 })
      const { events } = await round(START + 31 * DAY)
      t.equal(events, 6 * 3, 'accepted, attempted, delivered; those of the purge are younger')
      t.ok(await store.findPackage(open, 'all'))
      t.equal((await store.events(open, { limit: 9 })).length, 1)
      t.same(await round(START + 31 * DAY), { purged: 0, removed: 0, events: 0, serviceCalls: 0, memory: 0, blobs: 0 })
    })
  }
})

await t.test('a package is written whole before its bytes are purged; one that cannot be written is kept', async t => {
  const [{ store } = t.fail('no store') as never] = await openTestStores(t)
  const target = t.testdir({ moved: {} })
  const folder = await openPackageFolder(join(target, 'moved'))
  let failing = true
  const write: PackageFolder['write'] = async entry => {
    if (failing) throw new Error('the disk is full')
    await folder.write(entry)
  }
  const { blobs, logged, round } = await openRetention(t, store, { write })
  const packages = [await deliver(store), await deliver(store, blobs)]
  t.match(await round(START + 11 * DAY), { purged: 0 })
  t.same(logged, ['package.unmoved', 'package.unmoved'])
  t.match(await round(START + 40 * DAY), { purged: 0, removed: 0 }, 'its rows stay, too')
  failing = false
  const events = await Promise.all(packages.map(async ({ id }) => (await store.events(id, { limit: 9 })).length))
  t.match(await round(START + 11 * DAY), { purged: 2 })
  for (const [n, { id, sha256 }] of packages.entries()) {
    const place = join(target, 'moved', '2026', '12', '01', id)
    t.same((await readdir(place)).sort(), ['events.ndjson', 'package.json', 'payloads'])
    t.same(await readdir(join(place, 'payloads')), [sha256])
    t.equal(createHash('sha256').update(await readFile(join(place, 'payloads', sha256))).digest('hex'), sha256)
    t.match(JSON.parse(await readFile(join(place, 'package.json'), 'utf8')), { id, original: { sha256 }, deliveries: [{ state: 'delivered' }] })
    t.equal((await readFile(join(place, 'events.ndjson'), 'utf8')).trim().split('\n').map(line => JSON.parse(line) as object).length, events[n])
    t.match((await store.events(id, { limit: 9 })).at(-1), { type: 'package.purged', data: { moved: true } })
  }
})

await t.test('what an adapter sent is moved with its package', async t => {
  const [{ store } = t.fail('no store') as never] = await openTestStores(t)
  const target = t.testdir({ moved: {} })
  const { round } = await openRetention(t, store, await openPackageFolder(join(target, 'moved')))
  const claimed = await claimOne(store)
  const inline = Buffer.from('{"service":"DongBoHoSoMC"}')
  const sha256 = createHash('sha256').update(inline).digest('hex')
  const request = { call: 'DongBoHoSoMC', mediaType: 'application/json', attempt: 1, sha256, size: inline.length }
  await store.settle([record(claimed, { requests: [request], payloads: [{ sha256, inline }] })])
  t.match(await round(START + 11 * DAY), { purged: 1 })
  const place = join(target, 'moved', '2026', '12', '01', claimed.package.id)
  t.same(await readFile(join(place, 'payloads', sha256)), inline)
  t.match(JSON.parse(await readFile(join(place, 'package.json'), 'utf8')), { deliveries: [{ requests: [request] }] })
})

await t.test('what adapters wanted to remember until then is forgotten in small batches', async t => {
  const [{ store } = t.fail('no store') as never] = await openTestStores(t)
  const { round } = await openRetention(t, store)
  // A batch is ten times the batch size of the policy.
  for (let n = 0; n < 25; n++) await store.writeMemory('cong', `dossier:${n}`, n, { expiresAt: START + DAY })
  await store.writeMemory('cong', 'cursor', 1)
  t.match(await round(START + DAY - 1), { memory: 0 })
  t.match(await round(START + DAY), { memory: 25 })
  t.equal(await store.readMemory('cong', 'cursor'), 1)
})

await t.test('writing again replaces what is there, and sweeps away what a crash has left', async t => {
  const [{ store } = t.fail('no store') as never] = await openTestStores(t)
  const target = t.testdir({ moved: {} })
  const folder = await openPackageFolder(join(target, 'moved'))
  const { id } = await deliver(store)
  const found = await store.findPackage(id, 'all') ?? t.fail('not found') as never
  const entry = { package: found, events: (async function * () {})(), payloads: [] }
  const place = join(target, 'moved', '2026', '12', '01')
  await t.rejects(folder.write({ ...entry, payloads: [{ sha256: 'a'.repeat(64), open: async () => (await import('node:stream')).Readable.from(['other bytes']) }] }), { code: 'CONTENT_MISSING' })
  t.same(await readdir(place), [`${id}.part`], 'what is not whole never has the final name')
  await folder.write(entry)
  await folder.write(entry)
  t.same(await readdir(place), [id])
})

await t.test('a process that loses its lease ends between two batches', async t => {
  const [{ store } = t.fail('no store') as never] = await openTestStores(t)
  const { blobs } = await openRetention(t, store)
  for (let n = 0; n < 6; n++) await deliver(store)
  const lost = new AbortController()
  const counting: Store = { ...store, purgePayloads: async options => { lost.abort(); return await store.purgePayloads(options) } }
  clock.at = START + 11 * DAY
  const log: Log = { debug () {}, info () {}, warn () {}, error () {} }
  const retention = createRetention({ store: counting, blobs, payloads: createPayloads({ store, blobs, inlineBytes: 1000 }), leases: { holding: async () => {} }, folder: undefined, policy: POLICY, clock, log })
  t.match(await retention.round(lost.signal), { purged: 2 })
})
