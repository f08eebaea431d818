// The store owns truth and time: packages, deliveries, events. One SQL dialect, two implementations (PostgreSQL, PGlite).
// Every method is one transaction. Arrays in, arrays out: batching is the caller's way to speed.
import type { HubError } from '../errors.js'
import type { Axis, Attachment, DeliveryState, Envelope, Evidence, RouteReason } from '../model/generated.js'
import type { AcceptedPackage, Content, PayloadRef, WireFormat } from '../model/package.js'
import type { DeliveryFormat, Outcome, Settlement } from '../model/delivery.js'
import type { Fault, Problem } from '../model/problem.js'
import type { CodeOrder } from './directory.js'
import type { ClaimCheck, Lane } from './broker.js'

/** What became of one package handed to `accept`. */
export type AcceptResult =
  | { kind: 'stored' }
  /** Same sender and identifier (or Idempotency-Key) and same bytes: the package that is already there. */
  | { kind: 'repeated', package: StoredPackage }
  /** Same sender and identifier (or Idempotency-Key), other bytes. */
  | { kind: 'conflict', on: 'identifier' | 'idempotency-key', packageId: string }
  /** This package alone could not be stored; the others of the batch were. */
  | { kind: 'failed', error: HubError }

export interface StoredPackage {
  id: string
  acceptedBy: string
  acceptedAt: number
  expiresAt: number
  traceId: string
  format: WireFormat
  mediaType: string
  fromAgency: string
  envelope: Envelope
  content: Content
  attachments: Attachment[]
  warnings: Fault[]
  evidence?: Evidence
  original: PayloadRef
  deliveries: StoredDelivery[]
}

/** A line of the package list: no content. */
export type PackageSummary = Pick<StoredPackage, 'id' | 'acceptedAt' | 'fromAgency' | 'envelope' | 'deliveries'>

export interface StoredDelivery {
  id: string
  packageId: string
  to: string
  agency?: string
  endpoint?: string
  axis?: Axis
  adapter?: string
  format: DeliveryFormat
  state: DeliveryState
  reasons: RouteReason[]
  attempts: number
  /** Epoch ms. */
  createdAt: number
  expiresAt: number
  dueAt?: number
  settledAt?: number
  externalId?: string
  problem?: Problem
  /** What was (or is to be) sent, once transformed. */
  sent?: PayloadRef & { mediaType: string }
}

/** A delivery in the hands of this process until its lease ends. */
export interface ClaimedDelivery {
  delivery: StoredDelivery
  package: Omit<StoredPackage, 'deliveries'>
  /** The original bytes when they are kept in the row. */
  inline?: Buffer
}

/** One settled attempt, to be recorded. */
export interface AttemptRecord {
  deliveryId: string
  packageId: string
  /** The claiming process; a record whose lease somebody else took over meanwhile changes nothing. */
  owner: string
  attempt: number
  startedAt: number
  finishedAt: number
  outcome: Outcome['kind']
  settlement: Settlement
  /** What went over the wire, when it got that far. */
  sent?: PayloadRef & { mediaType: string, inline?: Buffer, transformation?: Transformation }
}

/** How a message was made, when it is not the sender's bytes; kept in the event of the attempt. */
export interface Transformation {
  format: Exclude<DeliveryFormat, 'original'>
  codes: CodeOrder
  zip?: 'vendor' | 'raw'
  mapping?: { name: string, version: string }
  /** Codes that stayed as written, because the directory does not know them. */
  unknownCodes?: string[]
}

export interface PackageEvent {
  /** Grows with time; the paging cursor. */
  seq: number
  packageId: string
  deliveryId?: string
  /** noun.past-participle: package.accepted, delivery.attempted, delivery.delivered … */
  type: string
  at: number
  /** client:ID, endpoint:ID, operator:ID or hub. */
  actor: string
  data: Record<string, unknown>
}

/** Whose traffic a reader may see: all, or packages from or to these agencies (main codes). */
export type Scope = 'all' | readonly string[]

export interface PackageFilter {
  kind?: Envelope['kind']
  fromAgency?: string
  toAgency?: string
  /** Recipient code exactly as the sender wrote it; for codes that mean no agency. */
  writtenTo?: string
  correlationId?: string
  state?: DeliveryState
  acceptedFrom?: number
  acceptedTo?: number
}

/** Newest first; `after` is the id of the last row of the page before. */
export interface Page { limit: number, after?: string }

export interface InboxItem {
  delivery: StoredDelivery
  package: Omit<StoredPackage, 'deliveries'>
  lockedUntil: number
}

export interface SweepResult {
  /** Deliveries to be published (again): due, lost on the way, or left by a process that died. */
  claims: ClaimCheck[]
  /** Deliveries that have just expired. */
  expired: number
}

export interface Store {
  /** Store time, epoch ms. */
  now (): Promise<number>
  /**
   * Stores packages with payloads, deliveries and their `package.accepted` events; each package whole or not at all.
   * Deliveries without a problem start `queued` with `dueAt = acceptedAt` (the caller publishes them right after; if it
   * dies first, `sweep` does), the others `refused`. Results are in the order of the input.
   */
  accept (packages: readonly AcceptedPackage[]): Promise<AcceptResult[]>
  /** The package a repeated request would answer with, before anything is decoded. */
  findByIdempotencyKey (acceptedBy: string, key: string): Promise<StoredPackage | undefined>
  /**
   * Takes the queued deliveries among `ids` for `owner` until `at + leaseMs`, counting an attempt. Ids that are not
   * queued (taken, settled, unknown) are left out. Expired ones are not taken: they settle as expired.
   */
  claim (ids: readonly string[], options: { owner: string, at: number, leaseMs: number }): Promise<ClaimedDelivery[]>
  /** Prolongs leases that `owner` still holds. Answers the ids that it does. */
  renew (ids: readonly string[], options: { owner: string, at: number, leaseMs: number }): Promise<string[]>
  /** Gives deliveries back untouched (endpoint busy, hub stopping): deferred until their `dueAt`, the attempt not counted. */
  release (deliveries: ReadonlyArray<{ deliveryId: string, dueAt: number }>, options: { owner: string }): Promise<void>
  /** Records outcomes and their events. Records of leases lost meanwhile are ignored and their ids answered. */
  settle (records: readonly AttemptRecord[]): Promise<{ lost: string[] }>
  /**
   * Finds what must be published: queued rows published before `readUpTo[lane]` (the lane has been read past them, so
   * their claim was lost), deferred rows that are due, active rows whose lease ended. Marks them queued with
   * `dueAt = at`. Expires what is past `expiresAt`. At most `limit` rows a call; concurrent sweeps share the work.
   */
  sweep (options: { at: number, readUpTo: Record<Lane, number>, limit: number }): Promise<SweepResult>
  /** Frees the leases of every other owner at once. Only for a store that has one process (embedded), at start. */
  releaseAll (options: { at: number }): Promise<number>

  findPackage (id: string, scope: Scope): Promise<StoredPackage | undefined>
  listPackages (filter: PackageFilter, page: Page, scope: Scope): Promise<PackageSummary[]>
  /** Status (TrangThaiHoSo, TrangThai) in the newest package of a dossier that has one, among those from or to `agency`. */
  lastDossierStatus (correlationId: string, agency: string): Promise<string | undefined>
  events (packageId: string, page: { limit: number, afterSeq?: number }): Promise<PackageEvent[]>
  /** The bytes of a payload kept in a row. */
  findPayload (packageId: string, sha256: string): Promise<Buffer | undefined>

  /** Peeks: available deliveries of these agencies, urgent and oldest first, hidden from other peeks until `at + lockMs`. */
  peekInbox (options: { agencies: readonly string[], at: number, lockMs: number, limit: number }): Promise<InboxItem[]>
  /** One delivery of the inbox, whatever its state. */
  findInbox (deliveryId: string, agencies: readonly string[]): Promise<{ delivery: StoredDelivery, package: Omit<StoredPackage, 'deliveries'> } | undefined>
  /**
   * The recipient's word on an available delivery: delivered, or refused with its reason. Repeating the same word
   * succeeds; another word, or a delivery that is not available, answers `not-available`.
   */
  settleInbox (options: { deliveryId: string, agencies: readonly string[], at: number, actor: string, refusal?: Problem }): Promise<'settled' | 'not-available' | 'not-found'>

  probe (): Promise<void>
  close (): Promise<void>
}
