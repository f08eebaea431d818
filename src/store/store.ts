// Puts the store together from its parts. Whatever a database throws leaves here as a HubError.
import type { InvitationStore } from '../ports/invitation-store.js'
import type { MemoryStore } from '../ports/endpoint-store.js'
import type { QueueStore } from '../ports/queue-store.js'
import type { ReceiptStore } from '../ports/receipt-store.js'
import type { ServiceStore } from '../ports/service-store.js'
import type { Store } from '../ports/store.js'
import { listActions } from './actions.js'
import { accept, findByIdempotencyKey } from './accept.js'
import { changeCircuit, endpointStates, oldestUndelivered, pauseEndpoint, resumeEndpoint, takeProbe, wakeResting } from './endpoints.js'
import { batchItems, cancelBatch, createBatch, findBatch, listBatches, startBatch, workBatches } from './batches.js'
import { causes, counts, foldCounts } from './counts.js'
import { findDelivery, listDeliveries } from './deliveries.js'
import { toStoreError } from './failure.js'
import { findInbox, peekInbox, settleInbox } from './inbox.js'
import { addInvitation, askInvitation, findInvitation, forgetInvitations, openInvitation, remindedOf, takeReminders } from './invitations.js'
import { acquireLeases, liveProcesses, releaseLeases } from './leases.js'
import { readMemory, removeMemory, writeMemory } from './memory.js'
import { operate } from './operate.js'
import { events, findDocuments, findPackage, findPayload, lastDossierStatus, listPackages } from './read.js'
import { findRemovable, purgePayloads, removeEvents, removePackages, unnamedBlobs } from './retention.js'
import { findUnreported, markOverdue, markReported } from './receipts.js'
import { findOtherIds, findRelated } from './related.js'
import { countInbox, listInbox, listSent, lockInbox } from './queue.js'
import type { Sql } from './sql.js'
import { listServiceCalls, recordServiceCall, removeServiceCalls, settleServiceCall } from './service-calls.js'
import { settle } from './settle.js'
import { sweep } from './sweep.js'
import { sweepWaiting } from './waiting.js'
import { begin, claim, release, releaseAll, renew } from './work.js'

/** A store on a migrated database. It never retries: its callers know what waiting costs. */
export function createStore (sql: Sql): Store {
  const safe = <A extends unknown[], R>(work: (sql: Sql, ...given: A) => Promise<R>) => async (...given: A): Promise<R> => {
    try {
      return await work(sql, ...given)
    } catch (error) {
      throw toStoreError(error)
    }
  }
  return {
    now: safe(now),
    accept: safe(accept),
    findByIdempotencyKey: safe(findByIdempotencyKey),
    claim: safe(claim),
    begin: safe(begin),
    renew: safe(renew),
    release: safe(release),
    settle: safe(settle),
    sweep: safe(sweep),
    sweepWaiting: safe(sweepWaiting),
    releaseAll: safe(releaseAll),
    acquireLeases: safe(acquireLeases),
    releaseLeases: safe(releaseLeases),
    liveProcesses: safe(liveProcesses),
    findRemovable: safe(findRemovable),
    purgePayloads: safe(purgePayloads),
    removePackages: safe(removePackages),
    removeEvents: safe(removeEvents),
    unnamedBlobs: safe(unnamedBlobs),
    endpointStates: safe(endpointStates),
    changeCircuit: safe(changeCircuit),
    takeProbe: safe(takeProbe),
    pauseEndpoint: safe(pauseEndpoint),
    resumeEndpoint: safe(resumeEndpoint),
    oldestUndelivered: safe(oldestUndelivered),
    wakeResting: safe(wakeResting),
    listDeliveries: safe(listDeliveries),
    findDelivery: safe(findDelivery),
    operate: safe(operate),
    listActions: safe(listActions),
    causes: safe(causes),
    counts: safe(counts),
    foldCounts: safe(foldCounts),
    createBatch: safe(createBatch),
    startBatch: safe(startBatch),
    cancelBatch: safe(cancelBatch),
    findBatch: safe(findBatch),
    listBatches: safe(listBatches),
    batchItems: safe(batchItems),
    workBatches: safe(workBatches),
    findPackage: safe(findPackage),
    listPackages: safe(listPackages),
    lastDossierStatus: safe(lastDossierStatus),
    findDocuments: safe(findDocuments),
    findRelated: safe(findRelated),
    findOtherIds: safe(findOtherIds),
    events: safe(events),
    findPayload: safe(findPayload),
    peekInbox: safe(peekInbox),
    findInbox: safe(findInbox),
    settleInbox: safe(settleInbox),
    ...ofItsOwn(safe),
    probe: safe(async sql => { await now(sql) }),
    close: safe(async sql => { await sql.close() })
  }
}

type Safe = <A extends unknown[], R>(work: (sql: Sql, ...given: A) => Promise<R>) => (...given: A) => Promise<R>

/** The parts that stand for themselves: what senders are told, the inbox as a queue, what adapters remember, one-time links, the log of service calls. */
function ofItsOwn (safe: Safe): ReceiptStore & QueueStore & MemoryStore & InvitationStore & ServiceStore {
  return {
    markOverdue: safe(markOverdue),
    findUnreported: safe(findUnreported),
    markReported: safe(markReported),
    listInbox: safe(listInbox),
    countInbox: safe(countInbox),
    lockInbox: safe(lockInbox),
    listSent: safe(listSent),
    readMemory: safe(readMemory),
    writeMemory: safe(writeMemory),
    removeMemory: safe(removeMemory),
    addInvitation: safe(addInvitation),
    findInvitation: safe(findInvitation),
    openInvitation: safe(openInvitation),
    askInvitation: safe(askInvitation),
    takeReminders: safe(takeReminders),
    remindedOf: safe(remindedOf),
    forgetInvitations: safe(forgetInvitations),
    recordServiceCall: safe(recordServiceCall),
    settleServiceCall: safe(settleServiceCall),
    listServiceCalls: safe(listServiceCalls),
    removeServiceCalls: safe(removeServiceCalls)
  }
}

async function now (sql: Sql): Promise<number> {
  const [row] = await sql.query<{ now: number }>('SELECT clock_timestamp() AS now')
  return row?.now ?? Number.NaN
}
