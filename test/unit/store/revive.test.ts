// What is held because of a dead delivery waits for it again once it is tried again, as far as nothing else stands in the way.
import t from 'tap'
import { openPglite } from '../../../src/store/pglite.js'
import { createStore } from '../../../src/store/store.js'
import { revive } from '../../../src/store/wake.js'
import { claimOne, record, PROBLEM } from '../../conformance/store.js'
import { makePackage, START } from '../../support/packages.js'
import { pgliteTemplate } from '../../support/stores.js'

t.test('what is held because of a delivery that is tried again waits for it', async t => {
  const sql = await openPglite({ dataDirectory: 'memory', template: await pgliteTemplate() })
  t.teardown(async () => { await sql.close() })
  const store = createStore(sql)
  const dead = [await claimOne(store), await claimOne(store)] as const
  const [one] = dead.map(({ package: { envelope } }) => envelope.correlationId) as [string, string]
  for (const claimed of dead) await store.settle([record(claimed, { outcome: 'deferred', settlement: { state: 'dead', problem: PROBLEM } })])
  const follower = makePackage({ envelope: { action: 'update', correlationId: one } })
  await store.accept([follower])
  const state = async (): Promise<string | undefined> => (await store.findPackage(follower.id, 'all'))?.deliveries[0]?.state
  const tryAgain = async ({ delivery: { id } }: { delivery: { id: string } }): Promise<void> => {
    await sql.transaction(async tx => {
      await tx.query("UPDATE delivery SET state = 'queued', settled_at = NULL, due_at = created_at WHERE id = $1::uuid", [id])
      await revive(tx, [id], START)
    })
  }
  t.equal(await state(), 'held')
  // As if it had been held because of both.
  await sql.query('UPDATE delivery SET waits_for = waits_for || $2::uuid WHERE package_id = $1::uuid', [follower.id, dead[1].delivery.id])
  await tryAgain(dead[1])
  t.equal(await state(), 'held', 'the other one is still dead')
  await tryAgain(dead[0])
  t.equal(await state(), 'blocked')
  for (const { delivery: { id } } of dead) {
    const [claimed] = await store.claim([id], { owner: 'hub-1', at: START, leaseMs: 1000 })
    if (claimed !== undefined) await store.settle([record(claimed)])
  }
  t.equal(await state(), 'queued')
})
