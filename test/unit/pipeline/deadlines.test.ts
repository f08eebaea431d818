// Until when a delivery is tried, and by when it is to be made: what the sender says, then the first row that fits.
import t from 'tap'
import { checkWishes, deadlinesOf, type DeadlinePolicy, type Wishes } from '../../../src/pipeline/deadlines.js'
import { timedPolicy } from '../../../src/pipeline/settle.js'

const policy: DeadlinePolicy = {
  expiresAfterMs: 1000,
  maxExpiresAfterMs: 10_000,
  timedWithinMs: 300,
  expiry: [{ kind: 'status', afterMs: 50 }, { priority: 4, axis: 'commune', afterMs: 400 }, { kind: 'document', action: 'revocation', afterMs: 70 }]
}

const ROWS: Array<[string, { kind: 'document' | 'status', action: string, priority: number }, 'commune' | 'province', Wishes, object]> = [
  ['where no row fits, the hub\'s own', { kind: 'document', action: 'new', priority: 0 }, 'commune', {}, { expiresAt: 1000 }],
  ['the first row that fits', { kind: 'status', action: '01', priority: 4 }, 'commune', {}, { expiresAt: 50, deliverBy: 50 }],
  ['every field of a row must fit', { kind: 'document', action: 'new', priority: 4 }, 'province', {}, { expiresAt: 1000, deliverBy: 300 }],
  ['also the axis', { kind: 'document', action: 'new', priority: 4 }, 'commune', {}, { expiresAt: 400, deliverBy: 300 }],
  ['the sender is heard first', { kind: 'document', action: 'revocation', priority: 0 }, 'commune', { expiresAt: 5000 }, { expiresAt: 5000 }],
  ['an appointed time for any priority', { kind: 'document', action: 'new', priority: 0 }, 'commune', { deliverBy: 200 }, { expiresAt: 1000, deliverBy: 200 }],
  ['an appointed time after the expiry is the expiry', { kind: 'document', action: 'new', priority: 0 }, 'commune', { deliverBy: 2000 }, { expiresAt: 1000, deliverBy: 1000 }]
]

for (const [name, envelope, axis, wishes, expected] of ROWS) t.test(name, async t => { t.same(deadlinesOf(envelope, axis, { at: 0, wishes, policy }), expected) })

t.test('what is over, or later than the policy allows, is refused with its place', async t => {
  const refused = (wishes: Wishes): unknown => { try { checkWishes(wishes, { at: 100, policy }) } catch (error) { return error } return undefined }
  t.equal(refused({ expiresAt: 10_100, deliverBy: 101 }), undefined)
  for (const wishes of [{ expiresAt: 100 }, { expiresAt: 10_101 }]) t.match(refused(wishes), { code: 'REQUEST_INVALID', errors: [{ pointer: '/query/expiresAt' }] })
  for (const wishes of [{ deliverBy: 99 }, { deliverBy: 10_101 }, { deliverBy: 600, expiresAt: 500 }]) t.match(refused(wishes), { errors: [{ pointer: '/query/deliverBy' }] })
  t.match(refused({ expiresAt: 1, deliverBy: 2 }), { errors: { length: 2 } }, 'both at once')
})

t.test('until its time a timed delivery is tried often, afterwards as any other', async t => {
  const retry = { firstMs: 20_000, factor: 2, maxMs: 3_600_000, jitter: 0, maxAttempts: 5 }
  t.match(timedPolicy(retry, { deliverBy: 200, at: 100 }), { firstMs: 10_000, maxMs: 10_000, maxAttempts: 5 })
  t.equal(timedPolicy(retry, { deliverBy: 200, at: 200 }), retry)
  t.equal(timedPolicy(retry, { deliverBy: undefined, at: 0 }), retry)
})
