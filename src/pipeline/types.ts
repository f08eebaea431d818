// The input type of a stage proves that the previous stage ran: receive → Received → validate → Validated →
// verify → Verified → target → Targeted → route → Routed → store → Accepted; then, per delivery, claim → Claimed → transform → Prepared → deliver → Attempted → settle.
import type { Caller } from '../model/caller.js'
import type { Agency, Evidence, TranslationConfig } from '../model/generated.js'
import type { Outcome, PlannedDelivery, Settlement } from '../model/delivery.js'
import type { AcceptedPackage, PayloadRef, WireFormat } from '../model/package.js'
import type { Fault } from '../model/problem.js'
import type { ClaimCheck } from '../ports/broker.js'
import type { Decoded, Part } from '../formats/codec.js'
import type { InboundMapping } from '../formats/translated/mapping.js'
import type { AttemptRecord, ClaimedDelivery, StoredDelivery } from '../ports/store.js'
import type { OutboundDelivery } from '../ports/adapter.js'
import type { Endpoint } from '../ports/directory.js'
import type { Spooled } from './spool.js'

/** What a door (HTTP, an inbound adapter) hands to the pipeline. */
export interface Arrival {
  readonly caller: Caller
  /** The content first, then its files. */
  readonly parts: AsyncIterable<Part>
  readonly idempotencyKey?: string
  /** What the content is to be read by; by its own type when absent. */
  readonly translation?: TranslationConfig
  /** `inbound`: an endpoint fetched it from its axis. A connected system handed it in when absent. */
  readonly direction?: 'outbound' | 'inbound'
  /** Only these of its recipients get it, codes in any form; all of them when absent, and when an axis means none whom it names. */
  readonly only?: readonly string[]
  /** Recipients that this endpoint serves got it another way. */
  readonly servedBy?: string
  /** Epoch ms: not to be delivered later than that; to be delivered by then. */
  readonly expiresAt?: number
  readonly deliverBy?: number
  /** 32 hex digits. */
  readonly traceId: string
}

/** The bytes are spooled and hashed, the header is decoded. */
export interface Received {
  readonly arrival: Arrival
  readonly format: WireFormat
  readonly mediaType: string
  readonly decoded: Decoded
  /** The bytes as they came. */
  readonly original: PayloadRef
  readonly spooled: Spooled
}

/** Every rule about the content and its sender was checked; `faults` holds all that failed. */
export interface Validated {
  readonly received: Received
  readonly at: number
  readonly faults: Fault[]
  /** Absent exactly when a fault says so. */
  readonly sender?: Agency
}

/** Signatures were looked at as the policy wants; a refusal by policy is among the faults. */
export interface Verified extends Validated { readonly evidence?: Evidence }

/** What it is about is known, or a fault says that it is not. */
export interface Targeted extends Verified {
  /** What was tolerated about it. */
  readonly remarks: readonly Fault[]
}

/** No fault is left, every recipient has its place. */
export interface Routed {
  readonly received: Received
  readonly package: AcceptedPackage
}

/** What the sender is told: 202. */
export interface Accepted {
  readonly packageId: string
  readonly acceptedAt: number
  readonly deliveries: ReadonlyArray<PlannedDelivery | StoredDelivery>
  readonly warnings: readonly Fault[]
  /** What to publish; every delivery without a problem when absent. */
  readonly claims?: readonly ClaimCheck[]
  /** The package was there already; nothing was stored. */
  readonly repeated: boolean
}

/** What would happen: the same checks and routes, nothing stored. */
export interface Plan {
  readonly envelope: AcceptedPackage['envelope']
  readonly deliveries: readonly PlannedDelivery[]
  readonly warnings: readonly Fault[]
}

/** The delivery is in the recipient's format. */
export interface Prepared {
  readonly claimed: ClaimedDelivery
  readonly endpoint: Endpoint
  readonly outbound: Omit<OutboundDelivery, 'noteSent'>
  readonly sent: NonNullable<AttemptRecord['sent']>
}

/** The mappings of the configuration. */
export interface Mappings {
  /**
   * What the mapping makes of `input`, whole. Rejects with TRANSFORM_FAILED and the reason; bounded in time and memory,
   * whatever the mapping says.
   */
  run (name: string, input: unknown): Promise<{ bytes: Buffer, mediaType: string, version: string }>
  /** The inbound mapping of that name. */
  inbound (name: string): InboundMapping | undefined
  inboundNames (): string[]
}

/** An adapter was asked; this is what it saw. */
export interface Attempted {
  readonly claimed: ClaimedDelivery
  readonly outcome: Outcome
  readonly startedAt: number
  readonly finishedAt: number
  /** Absent when the message could not be made, and when the adapter sent requests of its own instead. */
  readonly sent?: Prepared['sent']
  readonly requests?: AttemptRecord['requests']
  readonly payloads?: AttemptRecord['payloads']
}

/** The hub has decided. */
export interface Settled extends Attempted { readonly settlement: Settlement }

/** The stages before the 202, as the doors use them. */
export interface Intake {
  /** Throws a `HubError` with every fault when the package is refused; then nothing is stored. */
  accept (arrival: Arrival): Promise<Accepted>
  /** The same checks and the route of each recipient; stores nothing. Throws as `accept` does. */
  plan (arrival: Arrival): Promise<Plan>
}
