// Where the routing facts stand in what was received, so that a fault found by the pipeline names the place.
import type { Envelope } from '../model/generated.js'
import type { WireFormat } from '../model/package.js'
import type { Decoded } from './codec.js'

/** Pointers into the content as the sender wrote it. */
export interface Places {
  /** Code of the sender. */
  readonly sender: string
  /** Code of the recipient at `index` (from 0) in the envelope. */
  recipient (index: number): string
  /** The n-th file (from 1). */
  attachment (n: number): string
  /** What stands at this XPath in edXML. */
  edxml (xpath: string): string
}

const MESSAGE_HEADER = '/edXML/edXMLEnvelope/edXMLHeader/MessageHeader'

function edxmlPlaces (kind: Envelope['kind']): Places {
  return {
    sender: `${MESSAGE_HEADER}/From/OrganId`,
    recipient: index => kind === 'status' ? `${MESSAGE_HEADER}/ResponseFor/OrganId` : `${MESSAGE_HEADER}/To[${index + 1}]/OrganId`,
    attachment: n => `/edXML/AttachmentEncoded/Attachment[${n}]`,
    edxml: xpath => xpath
  }
}

const DOSSIER_PLACES: Places = { sender: '/from', recipient: index => `/to/${index}`, attachment: n => `/attachments/${n - 1}`, edxml: xpath => xpath }

/** The places that the codec names, else those of its format. */
export function placesOf ({ format, decoded }: { format: WireFormat, decoded: Pick<Decoded, 'places' | 'envelope'> }): Places {
  return decoded.places ?? (format === 'edxml' ? edxmlPlaces(decoded.envelope.kind) : DOSSIER_PLACES)
}

const BUSINESS = '/edXML/edXMLEnvelope/edXMLHeader/TraceHeaderList/Bussiness'

/** Where an edXML message names the document it is about; `n` counts the replaced documents from 1. */
export const TARGET_POINTERS = {
  own: `${MESSAGE_HEADER}/DocumentId`,
  updated: `${BUSINESS}/DocumentId`,
  replaced: (n: number) => `${BUSINESS}/ReplacementInfoList/ReplacementInfo[${n}]/DocumentId`,
  answered: `${MESSAGE_HEADER}/ResponseFor/DocumentId`
} as const

/** Where the signature of an edXML envelope stands. */
export function signaturePointer (): string {
  return '/edXML/edXMLEnvelope/edXMLHeader/Signature'
}
