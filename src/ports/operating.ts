// What operators ask of the store: lists over all deliveries, actions, batches, causes and counts.
import type { Axis, DeliveryState, Envelope } from '../model/generated.js'
import type { BatchOperation, BatchState, CountedState, ItemOutcome, Operation, OperationTarget } from '../model/operation.js'
import type { Problem } from '../model/problem.js'
import type { ClaimCheck } from './broker.js'
import type { StoredDelivery, StoredPackage } from './store.js'

export interface DeliveryFilter {
  state?: DeliveryState
  endpoint?: string
  /** Main code of the receiving agency. */
  agency?: string
  axis?: Axis
  adapter?: string
  /** Code of the problem. */
  code?: string
  kind?: Envelope['kind']
  priority?: number
  correlationId?: string
  /** Of the package; epoch ms. */
  acceptedFrom?: number
  acceptedTo?: number
  settledFrom?: number
  settledTo?: number
}

/** Newest package first; a position is that of the last row looked at. */
export interface DeliveryPosition { packageId: string, id: string }

export interface DeliveryPage {
  items: OperatedDelivery[]
  /** Where to go on. A page may hold fewer items than asked for, even none, although another follows. */
  next?: DeliveryPosition
}

/** A delivery with what a list says about its package. */
export interface OperatedDelivery {
  delivery: StoredDelivery
  package: Pick<StoredPackage, 'id' | 'acceptedAt' | 'fromAgency' | 'envelope' | 'purgedAt'>
}

export interface OperateOptions {
  id: string
  operation: Operation
  at: number
  actor: string
  reason: string
  /** How long a retried, redirected or sent again delivery lives at least, ms. */
  expiresAfterMs: number
  /** redirect: where to. */
  target?: OperationTarget
  /** The batch that does it; the delivery must be in the state in which it was frozen. */
  batch?: { id: string, frozen: DeliveryState }
}

/** What an operation did. */
export interface Operated {
  delivery: StoredDelivery
  /** False: it was done already; nothing changed. */
  changed: boolean
  /** To be published. */
  claims: ClaimCheck[]
}

/** Dead or held deliveries with one reason at one endpoint. */
export interface DeliveryCause {
  state: Extract<DeliveryState, 'dead' | 'held'>
  endpoint?: string
  code: string
  count: number
  /** When the packages of the oldest and of the newest were accepted. Absent when they have just gone. */
  firstAt?: number
  lastAt?: number
  /** The newest of them. */
  sampleId?: string
}

export interface DeliveryCount { endpoint?: string, axis?: Axis, state: CountedState, count: number }

export interface Batch {
  id: string
  operation: BatchOperation
  filter: DeliveryFilter
  target?: OperationTarget
  reason: string
  actor: string
  state: BatchState
  createdAt: number
  startedAt?: number
  startedBy?: string
  finishedAt?: number
  cancelledBy?: string
  /** How many deliveries were frozen. */
  total: number
  /** How many came to which end so far. */
  outcomes: Record<ItemOutcome, number>
}

export interface BatchItem {
  /** From 1: oldest package first. */
  n: number
  deliveryId: string
  packageId: string
  /** Its state when the batch was made. */
  frozen: DeliveryState
  outcome?: ItemOutcome
  problem?: Problem
  at?: number
}

export interface NewBatch extends Pick<Batch, 'id' | 'operation' | 'reason' | 'actor' | 'target'> {
  /** All of one state: what a state does not name is no batch, but everything. */
  filter: DeliveryFilter & Required<Pick<DeliveryFilter, 'state'>>
  at: number
  /** More deliveries than this are refused with `BATCH_TOO_LARGE`. */
  most: number
}

/** What an operator did that is about no single package; those are events of theirs. */
export interface OperatorAction {
  /** Grows with time; the paging cursor. */
  id: number
  at: number
  /** The operator, client:ID. */
  actor: string
  action: 'endpoint.paused' | 'endpoint.resumed' | 'batch.started' | 'batch.cancelled'
  /** endpoint:ID or batch:ID. */
  subject: string
  reason?: string
  detail: Record<string, unknown>
}

export interface OperatorStore {
  /** Deliveries, those of the newest package first. Looks at so many rows a page, however few of them match. */
  listDeliveries (filter: DeliveryFilter, page: { limit: number, after?: DeliveryPosition }): Promise<DeliveryPage>
  findDelivery (id: string): Promise<OperatedDelivery | undefined>
  /**
   * Does one operation and records who did it and why. Rejects with `NOT_FOUND`, `OPERATION_NOT_POSSIBLE` (with the state it
   * is in), `CONTENT_PURGED`; then nothing was changed. Order is kept: what comes before it is still waited for.
   */
  operate (options: OperateOptions): Promise<Operated>
  /** Groups of dead and held deliveries, the largest first. */
  causes (): Promise<DeliveryCause[]>
  /** Exact at the moment of the call, from roll-ups: its time does not grow with the number of deliveries. */
  counts (): Promise<DeliveryCount[]>
  /** Folds up to `limit` changes into the roll-ups; answers how many. Several may fold at once. */
  foldCounts (options: { limit: number }): Promise<number>

  /** Freezes the deliveries that match now. Later ones never join. */
  createBatch (batch: NewBatch): Promise<Batch>
  /** Lets a frozen batch run, and records who did; one that runs or is done stays so. Undefined: there is none. `BATCH_CANCELLED` when it was cancelled. */
  startBatch (options: { id: string, at: number, actor: string }): Promise<Batch | undefined>
  /** What has not begun is not done any more; who stopped it is recorded. A batch that is done stays so. Undefined: there is none. */
  cancelBatch (options: { id: string, at: number, actor: string }): Promise<Batch | undefined>
  /** Newest first, from before the action `before`; of one subject, or all. */
  listActions (filter: { subject?: string }, page: { limit: number, before?: number }): Promise<OperatorAction[]>
  findBatch (id: string): Promise<Batch | undefined>
  listBatches (page: { limit: number, after?: string }): Promise<Batch[]>
  batchItems (id: string, page: { limit: number, after?: number, outcome?: ItemOutcome | 'pending' }): Promise<BatchItem[]>
  /** Works up to `limit` items of running batches, each in one transaction with its outcome. `worked` 0: there is nothing to do now. */
  workBatches (options: { at: number, limit: number, expiresAfterMs: number }): Promise<{ worked: number, claims: ClaimCheck[] }>
}
