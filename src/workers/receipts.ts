// Tells senders what became of their deliveries, in one process of the cluster. A fact becomes a package through the same
// intake as every other and is marked as told afterwards: a crash between the two tells it again, which the intake knows.
import { CATALOGUE, HubError, toProblem } from '../errors.js'
import { newId } from '../ids.js'
import { HUB } from '../model/caller.js'
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import type { Told, Unreported } from '../ports/receipt-store.js'
import type { Store } from '../ports/store.js'
import { receiptOf, type ReceiptMessage } from '../pipeline/receipt.js'
import type { Intake } from '../pipeline/types.js'
import type { Leases } from './leases.js'
import { createLoop, type Loop } from './loop.js'

export interface ReceiptsOptions {
  store: Pick<Store, 'findUnreported' | 'markReported' | 'markOverdue'>
  intake: Pick<Intake, 'accept'>
  leases: Pick<Leases, 'holding'>
  clock: Clock
  log: Log
}

export interface Receipts extends Loop {
  /** Tells what there is to tell, up to a batch. Answers how much of it is done with. */
  round (): Promise<number>
}

/** A refusal is told as soon as it is found: this often is looked for one. */
const INTERVAL_MS = 200
const RETRY_MS = 2000
const BATCH = 50

export function createReceipts ({ store, intake, leases, clock, log }: ReceiptsOptions): Receipts {
  /** Undefined: not now. */
  async function tell (fact: Unreported): Promise<Told | undefined> {
    const { deliveryId, event } = fact
    const message = receiptOf(fact)
    if (message === undefined) return { deliveryId, event }
    try {
      const { packageId } = await intake.accept({ caller: HUB, parts: partsOf(message), idempotencyKey: message.idempotencyKey, traceId: newId().replaceAll('-', '') })
      return { deliveryId, event, receiptId: packageId }
    } catch (error) {
      const problem = toProblem(error)
      if (error instanceof HubError && CATALOGUE[error.code].retry) {
        log.warn({ deliveryId, event, err: error }, 'receipt.postponed')
        return undefined
      }
      log.warn({ deliveryId, event, err: error }, 'receipt.refused')
      return { deliveryId, event, problem }
    }
  }

  async function round (): Promise<number> {
    for (const overdue of await store.markOverdue({ at: clock.now(), limit: BATCH })) log.warn({ ...overdue, deliverBy: new Date(overdue.deliverBy).toISOString() }, 'deadline.missed')
    const facts = await store.findUnreported({ limit: BATCH })
    const told = (await Promise.all(facts.map(tell))).flatMap(each => each ?? [])
    await store.markReported({ at: clock.now(), told })
    return told.length
  }

  const loop = createLoop({
    clock,
    onFailure: error => { log.warn({ err: error }, 'receipts.interrupted') },
    retryMs: RETRY_MS,
    async round (stopping, worked) {
      await leases.holding('receipts', async held => {
        while (!held.aborted) {
          const told = await round()
          worked()
          if (told === 0) await clock.sleep(INTERVAL_MS, held)
        }
      }, stopping)
      return RETRY_MS
    }
  })
  return { ...loop, round }
}

async function * partsOf ({ mediaType, bytes }: ReceiptMessage): AsyncGenerator<{ contentType: string, body: AsyncIterable<Uint8Array> }> {
  yield { contentType: mediaType, body: (async function * () { yield bytes })() }
}
