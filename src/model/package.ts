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
export type WireFormat = 'edxml' | 'dossier-json' | 'package-json' | 'translated'

/** The formats that every recipient of `original` can be given as they came. */
export const STANDARD_FORMATS: ReadonlySet<WireFormat> = new Set(['edxml', 'dossier-json'])

/** How the canonical form was made from a partner's own format. */
export interface Translation {
  /** Name of an inbound mapping, or of a built-in format of dossiers. */
  name: string
  /** Of the mapping. */
  version?: string
  /** Places in what was received that have no home in the canonical form. */
  lossy?: string[]
}

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
  /** How it was translated on its way in; absent when it was not. */
  translation?: Translation
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
  /** What it must keep its order in, `envelope.correlationId` first; that alone when absent. */
  streams?: readonly string[]
  /** A status waits for its document until then, epoch ms; until it expires when absent. */
  parkedUntil?: number
}
