// The worker that tells senders: a fact is told once, wherever the process dies, and one that cannot be told blocks no other.
import t from 'tap'
import { HubError, type ErrorCode } from '../../../src/errors.js'
import { text } from '../../../src/model/text.js'
import type { Accepted, Arrival } from '../../../src/pipeline/types.js'
import type { Told, Unreported } from '../../../src/ports/receipt-store.js'
import { createReceipts, type Receipts } from '../../../src/workers/receipts.js'
import { createManualClock } from '../../support/time.js'

const fact = (deliveryId: string, more: Partial<Unreported> = {}): Unreported => ({
  deliveryId, packageId: 'p', to: 'H36.11', agency: 'H36.11', attempts: 1, event: 'refused', at: 1000, fromAgency: 'H36', fromCode: 'H36', kind: 'document', action: 'new', identifier: 'x', documentId: 'D1', ...more
})

interface World { receipts: Receipts, stored: Map<string, string>, told: Told[], lines: string[], pending: Unreported[] }

/** `fail` is asked before each step: what it answers is thrown. */
function worldOf (pending: Unreported[], fail: (step: string) => Error | undefined = () => undefined): World {
  const stored = new Map<string, string>()
  const told: Told[] = []
  const lines: string[] = []
  const dying = (step: string): void => {
    const error = fail(step)
    if (error !== undefined) throw error
  }
  const line = (_fields: object, message: string): void => { lines.push(message) }
  const receipts = createReceipts({
    store: {
      markOverdue: async () => { dying('markOverdue'); return [] },
      findUnreported: async () => { dying('findUnreported'); return pending.filter(({ deliveryId }) => !told.some(each => each.deliveryId === deliveryId)) },
      markReported: async ({ told: done }) => { dying('markReported'); told.push(...done) }
    },
    intake: {
      accept: async ({ idempotencyKey = '', parts }: Arrival): Promise<Accepted> => {
        dying(`accept ${idempotencyKey}`)
        let body = ''
        for await (const part of parts) for await (const chunk of part.body) body += Buffer.from(chunk).toString()
        const repeated = stored.has(idempotencyKey)
        if (repeated && stored.get(idempotencyKey) !== body) throw new HubError('IDEMPOTENCY_KEY_REUSED', text('x', 'x'))
        stored.set(idempotencyKey, body)
        dying('accepted')
        return { packageId: `id of ${idempotencyKey}`, acceptedAt: 0, deliveries: [], warnings: [], repeated }
      }
    },
    leases: { holding: async () => {} },
    clock: createManualClock(),
    log: { debug: line, info: line, warn: line, error: line }
  })
  return { receipts, stored, told, lines, pending }
}

const away = (code: ErrorCode = 'STORE_UNAVAILABLE'): HubError => new HubError(code, text('x', 'x'))

t.test('wherever it dies, the next round finishes and each fact was told once', async t => {
  for (const step of ['markOverdue', 'findUnreported', 'accept receipt:a:refused:1000', 'accepted', 'markReported']) {
    let left = 1
    const world = worldOf([fact('a'), fact('b')], at => at === step && left-- > 0 ? away() : undefined)
    await world.receipts.round().catch(() => 0)
    await world.receipts.round()
    t.same([...world.stored.keys()].sort(), ['receipt:a:refused:1000', 'receipt:b:refused:1000'], step)
    t.same(world.told.map(({ deliveryId }) => deliveryId).sort(), ['a', 'b'], step)
  }
})

t.test('what can never be told is recorded with its reason, and the next is told', async t => {
  const world = worldOf([fact('a'), fact('b')], step => step.startsWith('accept receipt:a') ? away('PACKAGE_INVALID') : undefined)
  t.equal(await world.receipts.round(), 2)
  t.match(world.told, [{ deliveryId: 'a', problem: { code: 'PACKAGE_INVALID' } }, { deliveryId: 'b', receiptId: String }])
  t.same(world.lines, ['receipt.refused'])
})

t.test('while the hub is overloaded a fact waits, and the others do not', async t => {
  const world = worldOf([fact('a'), fact('b')], step => step.startsWith('accept receipt:a') ? away('OVERLOADED') : undefined)
  t.equal(await world.receipts.round(), 1)
  t.same(world.told.map(({ deliveryId }) => deliveryId), ['b'])
})

t.test('in the name of nobody nothing is said; of what the sender revoked itself its revocation tells', async t => {
  const { agency: _agency, ...nobody } = fact('a')
  const world = worldOf([nobody, fact('b', { event: 'cancelled', problem: { code: 'REVOKED', detail: text('x', 'x') } })])
  t.equal(await world.receipts.round(), 2)
  t.same(world.told, [{ deliveryId: 'a', event: 'refused' }, { deliveryId: 'b', event: 'cancelled' }])
  t.equal(world.stored.size, 0)
})
