// Retention: what has had its time goes, in one process of the cluster, in small batches with rests between them.
import type { Blobs } from '../ports/blobs.js'
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import type { PackageFolder } from '../ports/package-folder.js'
import type { PackageEvent, Store, StoredPackage } from '../ports/store.js'
import type { RetentionConfig } from '../model/generated.js'
import type { Payloads } from '../pipeline/payloads.js'
import type { Leases } from './leases.js'
import { createLoop, type Loop } from './loop.js'

export interface RetentionOptions {
  store: Pick<Store, 'findRemovable' | 'purgePayloads' | 'removePackages' | 'removeEvents' | 'removeServiceCalls' | 'removeMemory' | 'unnamedBlobs' | 'findPackage' | 'events'>
  blobs: Pick<Blobs, 'list' | 'removeUntouched'>
  payloads: Payloads
  leases: Pick<Leases, 'holding'>
  /** Where packages are written before they are purged; undefined: nowhere. */
  folder: PackageFolder | undefined
  policy: RetentionConfig
  clock: Clock
  log: Log
}

/** What one round did. */
export interface Round { purged: number, removed: number, events: number, serviceCalls: number, memory: number, blobs: number }

export interface Retention extends Loop {
  /** Looks at everything once; ends early, between two batches, when the signal aborts. */
  round (signal: AbortSignal): Promise<Round>
}

/** A batch is followed by a rest of so many times its own time: retention takes a fifth of one connection, no more. */
const REST = 4
const LEAST_REST_MS = 20
const RETRY_MS = 60_000
/** From the commit of a blob to that of the row which names it pass seconds; an upload may take minutes. */
const UNTOUCHED_MS = 86_400_000
const EVENTS_PER_PAGE = 500
const PREFIXES = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'))

export function createRetention (options: RetentionOptions): Retention {
  const { store, blobs, folder, policy, clock, log } = options

  /** Runs a batch, and rests afterwards. */
  async function batch<T> (work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const startedAt = clock.now()
    const result = await work()
    await clock.sleep(Math.max((clock.now() - startedAt) * REST, LEAST_REST_MS), signal)
    return result
  }

  async function eachPage (kind: 'payloads' | 'rows', { afterMs, signal }: { afterMs: number | null, signal: AbortSignal }, act: (ids: string[], settledBefore: number) => Promise<string[]>): Promise<number> {
    if (afterMs === null) return 0
    const settledBefore = clock.now() - afterMs
    let count = 0
    let after: { after?: string } | undefined = {}
    while (after !== undefined && !signal.aborted) {
      const from: { after?: string } = after
      const { next } = await batch(async () => {
        const page = await store.findRemovable({ kind, settledBefore, limit: policy.batchSize, ...from })
        if (page.ids.length > 0) count += (await act(page.ids, settledBefore)).length
        return page
      }, signal)
      after = next === undefined ? undefined : { after: next }
    }
    return count
  }

  async function purge (ids: string[], settledBefore: number): Promise<string[]> {
    const ready = folder === undefined ? ids : await moved(ids, folder)
    return ready.length === 0 ? [] : await store.purgePayloads({ ids: ready, settledBefore, at: clock.now(), moved: folder !== undefined })
  }

  /** Those that are written to the folder. One that cannot be is kept, and tried again in the next round. */
  async function moved (ids: readonly string[], to: PackageFolder): Promise<string[]> {
    const done: string[] = []
    for (const id of ids) {
      try {
        const found = await store.findPackage(id, 'all')
        if (found === undefined) continue
        await to.write({ package: found, events: eventsOf(id, store), payloads: payloadsOf(found, options.payloads) })
        done.push(id)
      } catch (error) {
        log.warn({ packageId: id, err: error }, 'package.unmoved')
      }
    }
    return done
  }

  async function forget (signal: AbortSignal): Promise<number> {
    let count = 0
    if (policy.eventsAfterMs === null) return count
    const before = clock.now() - policy.eventsAfterMs
    for (let after: number | undefined = 0; after !== undefined && !signal.aborted;) {
      const page: { removed: number, next?: number } = await batch(async () => await store.removeEvents({ before, after: after ?? 0, limit: policy.batchSize * 10 }), signal)
      count += page.removed
      after = page.next
    }
    return count
  }

  /** The log of service calls has a term of its own, whatever becomes of packages. */
  async function forgetCalls (signal: AbortSignal): Promise<number> {
    if (policy.serviceCallsAfterMs === null) return 0
    const before = clock.now() - policy.serviceCallsAfterMs
    return await batches(async limit => await store.removeServiceCalls({ before, limit }), signal)
  }

  /** What adapters wanted to remember until now. */
  async function forgetMemory (signal: AbortSignal): Promise<number> {
    const at = clock.now()
    return await batches(async limit => await store.removeMemory({ at, limit }), signal)
  }

  /** Removes until a batch is not full. */
  async function batches (remove: (limit: number) => Promise<number>, signal: AbortSignal): Promise<number> {
    const limit = policy.batchSize * 10
    let count = 0
    for (let removed = limit; removed === limit && !signal.aborted; count += removed) {
      removed = await batch(async () => await remove(limit), signal)
    }
    return count
  }

  /** Blobs that no package names: of purged packages, or left by a crash between a blob and its package. */
  async function collect (signal: AbortSignal): Promise<number> {
    let count = 0
    for (const prefix of PREFIXES) {
      if (signal.aborted) break
      const old = await blobs.list(prefix, { untouchedMs: UNTOUCHED_MS })
      for (let at = 0; at < old.length && !signal.aborted; at += policy.batchSize) {
        await batch(async () => {
          for (const sha256 of await store.unnamedBlobs(old.slice(at, at + policy.batchSize))) {
            if (await blobs.removeUntouched(sha256, { untouchedMs: UNTOUCHED_MS })) count++
          }
        }, signal)
      }
    }
    return count
  }

  async function round (signal: AbortSignal): Promise<Round> {
    const purged = await eachPage('payloads', { afterMs: policy.payloadsAfterMs, signal }, purge)
    const removed = await eachPage('rows', { afterMs: policy.rowsAfterMs, signal }, async (ids, settledBefore) => await store.removePackages({ ids, settledBefore, at: clock.now() }))
    const done = { purged, removed, events: await forget(signal), serviceCalls: await forgetCalls(signal), memory: await forgetMemory(signal), blobs: await collect(signal) }
    if (Object.values(done).some(count => count > 0)) log.info(done, 'retention.completed')
    return done
  }

  const restMs = Math.min(RETRY_MS, policy.intervalMs)
  const loop = createLoop({
    clock,
    onFailure: error => { log.warn({ err: error }, 'retention.interrupted') },
    retryMs: restMs,
    async round (stopping, worked) {
      await options.leases.holding('retention', async held => {
        while (!held.aborted) {
          await round(held)
          worked()
          await clock.sleep(policy.intervalMs, held)
        }
      }, stopping)
      return restMs
    }
  })
  return { ...loop, round }
}

async function * eventsOf (packageId: string, store: RetentionOptions['store']): AsyncGenerator<PackageEvent> {
  for (let afterSeq = 0, full = true; full;) {
    const page = await store.events(packageId, { limit: EVENTS_PER_PAGE, afterSeq })
    yield * page
    afterSeq = page.at(-1)?.seq ?? afterSeq
    full = page.length === EVENTS_PER_PAGE
  }
}

/** What came in and what was sent, each content once. */
function payloadsOf ({ id, original, attachments, deliveries }: StoredPackage, payloads: Payloads): Array<{ sha256: string, open: () => ReturnType<Payloads['open']> }> {
  const refs = [original, ...attachments, ...deliveries.flatMap(({ sent, requests = [] }) => sent === undefined ? requests : [sent, ...requests])]
  return [...new Map(refs.map(ref => [ref.sha256, ref])).values()].map(({ sha256, size }) => ({ sha256, open: async () => await payloads.open(id, { sha256, size }) }))
}
