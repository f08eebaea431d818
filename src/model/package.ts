// A package as the hub holds it: one document, dossier or status message with its envelope.
import type { Attachment, Document, Dossier, Envelope, Evidence, Status } from './generated.js'
import type { Fault } from './problem.js'
import type { PlannedDelivery } from './delivery.js'

/** The canonical content, tagged by what it is. */
export type Content =
  | { kind: 'document', document: Document }
  | { kind: 'status', status: Status }
  | { kind: 'dossier', dossier: Dossier }

/** Bytes the hub keeps: in the row while small, else a blob. Same address either way. */
export interface PayloadRef {
  /** Lower-case hex SHA-256. */
  sha256: string
  /** Bytes. */
  size: number
}

/** A payload as it arrived: `inline` holds the bytes when they are to be stored in the row. */
export interface ReceivedPayload extends PayloadRef { inline?: Buffer }

/** How the original bytes are written. */
export type WireFormat = 'edxml' | 'dossier-json'

/** A package with its deliveries, ready to be stored in one transaction. */
export interface AcceptedPackage {
  id: string
  /** The API client or inbound endpoint that brought it. */
  acceptedBy: string
  idempotencyKey?: string
  traceId: string
  /** Epoch ms. */
  acceptedAt: number
  /** Epoch ms after which undelivered deliveries expire. */
  expiresAt: number
  format: WireFormat
  mediaType: string
  envelope: Envelope
  /** Main code of the sending agency. */
  fromAgency: string
  content: Content
  attachments: Attachment[]
  /** Tolerated deviations. */
  warnings: Fault[]
  /** What was found about its signatures; absent when there was nothing to verify. */
  evidence?: Evidence
  /** The original bytes. */
  original: PayloadRef
  /** Small payloads (original, attachments) to be kept in rows. */
  inline: Array<PayloadRef & { bytes: Buffer }>
  deliveries: PlannedDelivery[]
}
