// The same package again for recipients that it did not have: each is served once, in whatever company it is asked for.
import t from 'tap'
import type { AcceptedPackage } from '../../../src/model/package.js'
import { storeRest } from '../../../src/pipeline/rest.js'
import type { Accepted, Routed } from '../../../src/pipeline/types.js'
import type { StoredPackage } from '../../../src/ports/store.js'
import { makePackage } from '../../support/packages.js'

const earlierOf = (entry: AcceptedPackage): Accepted => ({ packageId: entry.id, acceptedAt: entry.acceptedAt, deliveries: entry.deliveries, warnings: [], repeated: true })

/** A store that knows identifiers. */
function createStored (): { acceptOne: Parameters<typeof storeRest>[2]['acceptOne'], stored: AcceptedPackage[], published: string[], ask: (to: string[], earlier: AcceptedPackage) => Promise<Accepted> } {
  const stored: AcceptedPackage[] = []
  const published: string[] = []
  const acceptOne = async (entry: AcceptedPackage): ReturnType<Parameters<typeof storeRest>[2]['acceptOne']> => {
    const same = stored.find(({ envelope }) => envelope.identifier === entry.envelope.identifier)
    if (same !== undefined) return { kind: 'repeated', package: same as unknown as StoredPackage }
    stored.push(entry)
    return { kind: 'stored' }
  }
  const ask = async (to: string[], earlier: AcceptedPackage): Promise<Accepted> =>
    await storeRest({ package: makePackage({ identifier: earlier.envelope.identifier, to, idempotencyKey: 'used' }) } as Routed, earlierOf(earlier), { acceptOne, onStored: ({ packageId }) => { published.push(packageId) } })
  return { acceptOne, stored, published, ask }
}

t.test('what the earlier package serves is not stored again', async t => {
  const { stored, ask } = createStored()
  const earlier = makePackage({ to: ['H36.1', 'H36.2'] })
  t.equal((await ask(['H36.2', 'H36.1'], earlier)).packageId, earlier.id)
  t.same(stored, [])
})

t.test('each recipient that is left gets a package of its own, once', async t => {
  const { stored, published, ask } = createStored()
  const earlier = makePackage({ to: ['H36.1'] })
  const second = await ask(['H36.2'], earlier)
  t.match(second, { packageId: stored[0]?.id, repeated: false })
  t.equal((await ask(['H36.1', 'H36.2', 'H36.3'], earlier)).packageId, earlier.id)
  t.match(await ask(['H36.3', 'H36.2'], earlier), { repeated: true })
  t.same(stored.map(({ deliveries }) => deliveries.map(({ to }) => to)), [['H36.2'], ['H36.3']])
  t.same(stored.map(({ envelope }) => envelope.identifier), ['H36.2', 'H36.3'].map(code => `${earlier.envelope.identifier}#${code}`))
  t.same(published, stored.map(({ id }) => id))
  t.notOk(stored.some(({ idempotencyKey }) => idempotencyKey !== undefined), 'the key belongs to the first')
})

t.test('a recipient is the same by what was written and by what it meant then', async t => {
  const { stored, ask } = createStored()
  const earlier = makePackage({ to: ['H36.41'] })
  earlier.deliveries = earlier.deliveries.map(delivery => ({ ...delivery, agency: 'H36.101' }))
  for (const to of ['H36.41', 'H36.101']) t.equal((await ask([to], earlier)).packageId, earlier.id)
  t.same(stored, [])
})
