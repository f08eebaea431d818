// What the counts cost where it matters: accept 100, claim 100, settle 100, with and without the triggers, turn by turn.
import { newId } from '../../src/ids.js'
import { accept } from '../../src/store/accept.js'
import { foldCounts } from '../../src/store/counts.js'
import type { Sql } from '../../src/store/sql.js'
import { settle } from '../../src/store/settle.js'
import { claim } from '../../src/store/work.js'
import { makePackage, planDelivery, START } from '../../test/support/packages.js'

const BATCH = 100
const OWNER = 'bench'

export interface HotPath { rounds: number, withoutMs: number, withMs: number, ratio: number, foldMs: number }

/**
 * Medians over `rounds` of each kind, on two empty databases that differ in the triggers alone. The fold, which runs apart
 * from it, is measured for itself, per hundred deliveries.
 */
export async function measureHotPath ({ counting, plain }: { counting: Sql, plain: Sql }, rounds: number): Promise<HotPath> {
  await plain.exec('ALTER TABLE delivery DISABLE TRIGGER USER')
  const times = { counting: [] as number[], plain: [] as number[], fold: [] as number[] }
  for (let n = -20; n < rounds; n++) {
    for (const kind of n % 2 === 0 ? ['counting', 'plain'] as const : ['plain', 'counting'] as const) {
      const sql = kind === 'counting' ? counting : plain
      const ms = await timed(async () => { await deliverBatch(sql) })
      const fold = await timed(async () => { await foldCounts(sql, { limit: 2000 }) })
      // The first ones warm up.
      if (n < 0) continue
      times[kind].push(ms)
      if (kind === 'counting') times.fold.push(fold)
    }
  }
  const [withMs, withoutMs, foldMs] = [median(times.counting), median(times.plain), median(times.fold)]
  // Round by round: whatever else the machine does falls on both of a round.
  const ratio = median(times.counting.map((ms, n) => ms / (times.plain[n] ?? Number.NaN)))
  return { rounds, withoutMs, withMs, ratio, foldMs }
}

async function deliverBatch (sql: Sql): Promise<void> {
  const packages = Array.from({ length: BATCH }, (_, n) => makePackage({ identifier: newId(), deliveries: [planDelivery(`H36.${n % 30}`)] }))
  await accept(sql, packages)
  const claimed = await claim(sql, packages.flatMap(({ deliveries }) => deliveries.map(({ id }) => id)), { owner: OWNER, at: START, leaseMs: 30_000 })
  await settle(sql, claimed.map(({ delivery: { id, packageId, attempts } }) => ({
    deliveryId: id, packageId, owner: OWNER, attempt: attempts, startedAt: START, finishedAt: START + 1, outcome: 'delivered', settlement: { state: 'delivered' }
  })))
}

async function timed (work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

function median (values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
