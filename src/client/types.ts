// What the hub answers, as types: made from the contract's own wherever there is one. Instants are ISO 8601 (UTC) strings,
// sentences are in the client's language.
import type { BusinessState, Change } from '../model/business-status.js'
import type { Attachment, Delivery, DeliveryState, Document, Dossier, Envelope, Evidence, RouteReason, Status, StoredFault, StoredProblem } from '../model/generated.js'
import type { Localized } from '../model/text.js'

/** One package to one recipient. */
export type DeliveryView = Localized<Delivery>
/** Why something did not work. */
export type ProblemView = Localized<StoredProblem>
/** One fault or warning: its code, its place and what was expected. */
export type FaultView = Localized<StoredFault>

/** Where one recipient's copy goes. `problem`: this recipient cannot be served; the others are. */
export interface PlannedDelivery extends Pick<DeliveryView, 'to' | 'agency' | 'endpoint' | 'axis' | 'adapter' | 'problem'> {
  /** Absent when the package was only tried out. */
  id?: string
  reasons: Array<Localized<RouteReason>>
}

/** The package is safe with the hub. */
export interface Accepted {
  id: string
  acceptedAt: string
  /** The hub had it already; nothing was stored or sent twice. */
  repeated: boolean
  deliveries: PlannedDelivery[]
  /** Deviations that the hub tolerated. */
  warnings: FaultView[]
}

/** It would be accepted, and this is where it would go. */
export interface Plan {
  valid: true
  envelope: Envelope
  deliveries: PlannedDelivery[]
  warnings: FaultView[]
}

export interface PackageSummary {
  id: string
  acceptedAt: string
  /** Main code of the sending agency. */
  fromAgency: string
  envelope: Envelope
  /** The sender sees all, a recipient its own. */
  deliveries: DeliveryView[]
}

/** Everything about a package but its bytes. One of `document`, `dossier`, `status` is there, by `envelope.kind`. */
export interface PackageView extends PackageSummary {
  expiresAt: string
  traceId: string
  contentType: string
  /** Bytes. */
  size: number
  /** Lower-case hex SHA-256 of the original bytes. */
  sha256: string
  /** Since when its bytes are gone. */
  purgedAt?: string
  document?: Document
  dossier?: Dossier
  status?: Status
  attachments: Attachment[]
  warnings: FaultView[]
  evidence?: Evidence
  links: { content: string, recipients: string, timeline: string }
}

/** Something an agency said about a document. */
export interface Said {
  at: string
  packageId: string
  /** A status code 01 to 16, or the action of a document. */
  code: string
  fromAgency: string
  /** `applied`: it moved the document. Everything else is history only. */
  effect: string
  description?: string
}

/** What one recipient has, and what it did with it. */
export interface Recipient extends Pick<DeliveryView, 'to' | 'agency'> {
  delivery: Pick<DeliveryView, 'id' | 'state' | 'attempts' | 'problem' | 'settledAt' | 'deliverBy' | 'overdueAt'> & { expiresAt: string }
  business?: {
    state: BusinessState
    since: string
    pending?: { change: Change, behind: BusinessState, answerBy: string, overdue: boolean }
    history: Said[]
  }
}

export interface Recipients {
  packageId: string
  /** Codes by what became of their copies, and how many there are of each state. */
  summary: {
    recipients: number
    has: string[]
    refused: string[]
    waiting: string[]
    failed: string[]
    counts: { delivery: Partial<Record<DeliveryState, number>>, business: Partial<Record<BusinessState, number>> }
  }
  items: Recipient[]
  /** Statuses of agencies that are no recipient. */
  others: Said[]
  truncated: boolean
}

/** One thing that happened to a package. `type` is noun.past-participle, e.g. `delivery.delivered`. */
export interface PackageEvent {
  seq: number
  at: string
  type: string
  /** `client:ID`, `endpoint:ID`, `operator:ID`, `link:MASKED-ADDRESS` or `hub`. */
  actor: string
  deliveryId?: string
  data: Record<string, unknown>
}

/** A delivery that waits in the inbox. Size and hash are those of its content, as `inbox.content` gives it. */
export interface InboxItem {
  deliveryId: string
  /** Main code of the recipient. */
  to: string
  /** Until then no other peek sees it. */
  lockedUntil: string
  expiresAt: string
  package: Omit<PackageSummary, 'deliveries'> & Pick<PackageView, 'document' | 'dossier' | 'status'>
  attachments: Attachment[]
  contentType: string
  size: number
  sha256: string
  links: { content: string, ack: string, reject: string, package: string }
}
