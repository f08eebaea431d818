// Where the routing facts stand in each wire format, so that a fault found by the pipeline names the place.
import type { Envelope } from '../model/generated.js'
import type { WireFormat } from '../model/package.js'

const MESSAGE_HEADER = '/edXML/edXMLEnvelope/edXMLHeader/MessageHeader'

/** Pointer to the sender's code. */
export function senderPointer (format: WireFormat): string {
  return format === 'edxml' ? `${MESSAGE_HEADER}/From/OrganId` : '/from'
}

/** Pointer to the code of the recipient at `index` (from 0) in the envelope. */
export function recipientPointer (format: WireFormat, kind: Envelope['kind'], index: number): string {
  if (format === 'dossier-json') return `/to/${index}`
  return kind === 'status' ? `${MESSAGE_HEADER}/ResponseFor/OrganId` : `${MESSAGE_HEADER}/To[${index + 1}]/OrganId`
}

/** Where the signature of an edXML envelope stands. */
export function signaturePointer (): string {
  return '/edXML/edXMLEnvelope/edXMLHeader/Signature'
}

/** Where the n-th file (from 1) stands. */
export function attachmentPointer (format: WireFormat, n: number): string {
  return format === 'edxml' ? `/edXML/AttachmentEncoded/Attachment[${n}]` : `/attachments/${n - 1}`
}
