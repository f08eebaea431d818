// The store owns truth and time: packages, deliveries, events. One SQL dialect, two implementations (PostgreSQL, PGlite).
// Every method is one transaction. Arrays in, arrays out: batching is the caller's way to speed.
import type { HubError } from '../errors.js'
import type { Axis, Attachment, DeliveryState, Envelope, Evidence, Reportable, RouteReason } from '../model/generated.js'
import type { AcceptedPackage, Content, PayloadRef, WireFormat } from '../model/package.js'
import type { DeliveryFormat, Outcome, Settlement } from '../model/delivery.js'
import type { Fault, Problem } from '../model/problem.js'
import type { Role } from '../model/role.js'
import type { CodeOrder } from './directory.js'
import type { ClaimCheck, Lane } from './broker.js'
import type { EndpointStore } from './endpoint-store.js'
import type { ReceiptStore } from './receipt-store.js'
import type { OperatorStore } from './operating.js'
import type { QueueStore } from './queue-store.js'
import type { InvitationStore } from './invitation-store.js'
import type { ServiceStore } from './service-store.js'

/** What became of one package handed to `accept`. */
export type AcceptResult =
  /** `claims`: what to publish now, for packages that follow others; absent: every delivery without a problem. */
  | { kind: 'stored', claims?: ClaimCheck[] }
  /** Same sender and identifier (or Idempotency-Key) and same bytes: the package that is already there. A status: whatever its bytes. */
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
  /** Since when its bytes, and those of what was sent, are gone; their hashes stay. Absent while they are kept. */
  purgedAt?: number
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
  /** So many attempts were made before an operator had it tried anew: they do not count against the limit. Absent: none. */
  retriedAfter?: number
  /** The delivery that this one repeats, and the one that repeats it: an operator sent the package again. */
  resendOf?: string
  resentAs?: string
  /** Epoch ms. */
  createdAt: number
  expiresAt: number
  dueAt?: number
  settledAt?: number
  /** Whoever fetches it has it in hand until then. */
  lockedUntil?: number
  externalId?: string
  problem?: Problem
  /** Ids of the deliveries that it waits for (blocked), or for which it is held. */
  waitsFor?: string[]
  /** The stream whose document must be known first, and how long that is waited for. */
  awaits?: string
  parkedUntil?: number
  /** By when it is to be made; since when that is missed. */
  deliverBy?: number
  overdueAt?: number
  /** What was (or is to be) sent, once transformed. */
  sent?: PayloadRef & { mediaType: string }
  /** What went out instead, where the adapter makes requests of its own: the last 200, oldest first. */
  requests?: KeptRequest[]
}

/** A request of an adapter's own; its bytes are a payload of the package. */
export type KeptRequest = PayloadRef & { call: string, mediaType: string, attempt: number }

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
  /** Those of this attempt behind those of earlier ones; absent when this one added none. */
  requests?: KeptRequest[]
  /** What is to be kept of them: the bytes, or the name of a blob. */
  payloads?: Array<{ sha256: string, inline?: Buffer }>
}

/** How a message was made, when it is not the sender's bytes; kept in the event of the attempt. */
export interface Transformation {
  /** `original`: a dossier that was translated on its way in, as canonical JSON. */
  format: DeliveryFormat
  codes: CodeOrder
  zip?: 'vendor' | 'raw'
  mapping?: { name: string, version: string }
  /** What it was signed with, by its name in the configuration. */
  signedWith?: string
  /** The operation at the partner, for the formats of dossiers. */
  service?: string
  /** Places in the canonical form that the format cannot carry, or that had to be changed. */
  lossy?: string[]
  /** What else is odd about the result. */
  warnings?: Fault[]
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
  /** client:ID, endpoint:ID, operator:ID, link:MASKED-ADDRESS or hub. */
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

/** Documents that are looked for. */
export interface DocumentQuery {
  /** Main codes of their senders. */
  agencies: readonly string[]
  /** Envelope identifiers. */
  identifiers: readonly string[]
  /** DocumentIds of updates and replacements: those carry a document whole, and their identifiers say more than it. */
  documentIds: readonly string[]
}

/** A document or status of a stream, without its content. */
export interface RelatedPackage {
  id: string
  kind: Envelope['kind']
  action: string
  acceptedAt: number
  fromAgency: string
  /** Its own, or the one that a status is about. */
  documentId?: string
  /** Ids of the documents that it updates or replaces. */
  changes: string[]
  /** When the sender says it sent it. */
  sentAt?: string
  /** Reason or note. */
  description?: string
  /** What the hub tells with it, when it is the hub that speaks. */
  receipt?: Reportable
  /** Whom a document or a retract request goes to, by main code. */
  recipients: Array<{ agency: string, state: DeliveryState, code: string | null }>
}

/** A package that a {@link DocumentQuery} found. */
export interface FoundDocument { fromAgency: string, identifier: string, documentId?: string }

export interface SweepResult {
  /** Deliveries to be published (again): due, lost on the way, or left by a process that died. */
  claims: ClaimCheck[]
  /** Deliveries that have just expired. */
  expired: number
}

export interface Store extends OperatorStore, EndpointStore, QueueStore, ReceiptStore, InvitationStore, ServiceStore {
  /** Store time, epoch ms. */
  now (): Promise<number>
  /**
   * Stores packages with payloads, deliveries and their `package.accepted` events; each package whole or not at all.
   * Deliveries without a problem start `queued` with `dueAt = acceptedAt` (the caller publishes them right after; if it
   * dies first, `sweep` does), the others `refused`. Results are in the order of the input.
   *
   * Packages that follow others of their streams (`startsStream`) keep the order: all of them that were accepted before, to
   * the same agency, must be settled first (of statuses to one agency, those of the same sender); until then a delivery
   * is `blocked`. It is `held` when the newest of them was not delivered, and a status whose document nobody has sent is
   * parked. A revocation whose document was never attempted settles as `cancelled`, together with that delivery.
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
  /**
   * Notes that bytes may go out now, to an endpoint that would not recognise a repeat: when this process dies, the delivery
   * is `held` (DELIVERY_UNCERTAIN) instead of being tried again. Answers the ids that are still this owner's.
   */
  begin (ids: readonly string[], options: { owner: string }): Promise<string[]>
  /**
   * Gives deliveries back untouched (endpoint busy or resting, hub stopping): deferred until their `dueAt`, the attempt not
   * counted. Due at infinity they rest at their endpoint until `wakeResting`. `problem` says why; without one the last stays.
   */
  release (deliveries: ReadonlyArray<{ deliveryId: string, dueAt: number, problem?: Problem }>, options: { owner: string }): Promise<void>
  /**
   * Records outcomes and their events. Records of leases lost meanwhile are ignored and their ids answered. `woken`: what
   * waited for them and is now queued, to be published. A record that the database refuses is stored without its
   * particulars and spoils no other.
   */
  settle (records: readonly AttemptRecord[]): Promise<{ lost: string[], woken?: ClaimCheck[] }>
  /**
   * Finds what must be published: queued rows published before `readUpTo[lane]` (the lane has been read past them, so
   * their claim was lost), deferred rows that are due, active rows whose lease ended. Marks them queued with
   * `dueAt = at`. Active rows whose attempt had begun (see `begin`) become `held`. Expires what is past
   * `expiresAt`. At most `limit` rows a call; concurrent sweeps share the work.
   */
  sweep (options: { at: number, readUpTo: Record<Lane, number>, limit: number }): Promise<SweepResult>
  /**
   * Finds what waits without need: followers of deliveries that settled by any other way than `settle`, or of a process that
   * died after it; parked statuses whose document has come. Answers what is to be published. Holds parked statuses
   * whose time is over. At most `limit` of each kind a call.
   */
  sweepWaiting (options: { at: number, limit: number }): Promise<{ claims: ClaimCheck[] }>
  /** Frees what every other owner holds, deliveries and leases, at once. Only for a store that has one process (embedded), at start. */
  releaseAll (options: { at: number }): Promise<number>

  /**
   * Takes or prolongs leases until `at + ttlMs`: those that are free, ended by `at`, or already `owner`'s. Answers the
   * names that `owner` now holds; the others are somebody else's. Of processes that ask at once one gets a name.
   */
  acquireLeases (options: { names: readonly string[], owner: string, at: number, ttlMs: number }): Promise<string[]>
  /** Gives up these leases of `owner`, all of them when no names are given; they are free at once. */
  releaseLeases (options: { owner: string, names?: readonly string[] }): Promise<void>
  /** The owners that play this role at `at`: those that hold a lease `process:ROLE:…`. */
  liveProcesses (options: { role: Role, at: number }): Promise<string[]>

  /**
   * A page, in the order of acceptance from after the package `after`, over those that still have payloads (or rows).
   * Answers those of which every delivery was settled before `settledBefore` and none is dead; `next` when there are more.
   */
  findRemovable (options: { kind: 'payloads' | 'rows', settledBefore: number, after?: string, limit: number }): Promise<{ ids: string[], next?: string }>
  /**
   * Purges the bytes of those among the packages that are settled (as `findRemovable` says) at this moment, and records
   * `package.purged`. Answers them. Blobs stay: they are removed when no package names them any more.
   */
  purgePayloads (options: { ids: readonly string[], settledBefore: number, at: number, moved: boolean }): Promise<string[]>
  /** Removes those among the packages that are purged and settled, with their deliveries; records `package.removed`. Answers them. */
  removePackages (options: { ids: readonly string[], settledBefore: number, at: number }): Promise<string[]>
  /** Removes events from before `before` whose package is purged and settled, or gone, looking at `limit` from after `after`; `next` when there may be more. */
  removeEvents (options: { before: number, after?: number, limit: number }): Promise<{ removed: number, next?: number }>
  /** Those among the addresses that no package names. */
  unnamedBlobs (addresses: readonly string[]): Promise<string[]>

  findPackage (id: string, scope: Scope): Promise<StoredPackage | undefined>
  listPackages (filter: PackageFilter, page: Page, scope: Scope): Promise<PackageSummary[]>
  /** Status (TrangThaiHoSo, TrangThai) in the newest package of a dossier that has one, among those from or to `agency`. */
  lastDossierStatus (correlationId: string, agency: string): Promise<string | undefined>
  /** Accepted packages from one of the agencies that have one of the identifiers or document ids. */
  findDocuments (query: DocumentQuery): Promise<FoundDocument[]>
  /** Documents and statuses of these streams, in the order of their acceptance, at most `limit`. */
  findRelated (options: { streams: readonly string[], limit: number }): Promise<RelatedPackage[]>
  /** `externalId` of the deliveries to the same agency whose package shares a stream with that of this one, itself left out. */
  findOtherIds (deliveryId: string): Promise<string[]>
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
