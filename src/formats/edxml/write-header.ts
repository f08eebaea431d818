// Canonical document or status → edXMLHeader, in the order of the vendor's builder (QCVN 102:2016 §1.3, 1.4, 2.2).
import type { Document, Envelope, Status } from '../../model/generated.js'
import { DOC_TYPES } from './business.js'
import { writeDate, writeInstant } from './write-dates.js'
import { field, fields, flag, group, writeParty, writeReference, writeStaff } from './write-elements.js'

/** One hop of the trace, as it goes over the wire. */
export interface Hop { organId: string, at: string }

/** `edXMLHeader` of a document; `hop` is added behind the trace that is there. */
export function writeDocumentHeader (envelope: Envelope, document: Document, hop: Hop | undefined): string {
  return group('edXMLHeader', writeMessageHeader(envelope, document) + writeTrace(document, hop))
}

function writeMessageHeader ({ from, to, priority }: Envelope, document: Document): string {
  const { code, promulgation, documentType, signer, otherInfo } = document
  return group('MessageHeader', writeParty('From', from, 'document') + to.map(party => writeParty('To', party, 'document')).join('') +
    field('DocumentId', document.documentId) +
    group('Code', field('CodeNumber', code?.number) + field('CodeNotation', code?.notation)) +
    group('PromulgationInfo', field('Place', promulgation?.place, 'PromulgationInfo') + field('PromulgationDate', maybe(promulgation?.date, writeDate))) +
    group('DocumentType', field('Type', documentType?.type) + field('TypeDetail', documentType?.typeDetail) + field('TypeName', documentType?.typeName)) +
    field('Subject', document.subject) + field('Content', document.content) +
    group('SignerInfo', field('Competence', signer?.competence) + field('Position', signer?.position) + field('FullName', signer?.fullName)) +
    field('DueDate', maybe(document.dueDate, writeDate)) + writeOtherInfo(otherInfo, priority) +
    (document.responseFor ?? []).map(writeReference).join('') + field('SteeringType', document.steeringType) +
    group('ToPlaces', fields('Place', document.toPlaces, 'ToPlaces')))
}

/** The urgency the hub works by is written also where the content did not hold it. */
function writeOtherInfo (otherInfo: Document['otherInfo'], priority: number): string {
  const urgency = otherInfo?.priority ?? (priority > 0 ? priority : undefined)
  return group('OtherInfo', field('Priority', urgency?.toString()) + field('SphereOfPromulgation', otherInfo?.sphereOfPromulgation) +
    field('TyperNotation', otherInfo?.typerNotation) + field('PromulgationAmount', otherInfo?.promulgationAmount) +
    field('PageAmount', otherInfo?.pageAmount) + group('Appendixes', fields('Appendix', otherInfo?.appendixes, 'Appendixes')))
}

function writeTrace ({ trace, business, docType }: Document, hop: Hop | undefined): string {
  const hops = (trace ?? []).map(({ organId, at }) => writeHop(organId, writeInstant(at)))
  if (hop !== undefined) hops.push(writeHop(hop.organId, hop.at))
  return group('TraceHeaderList', hops.join('') + writeBusiness(business, docType))
}

function writeHop (organId: string | undefined, timestamp: string): string {
  return group('TraceHeader', field('OrganId', organId, 'TraceHeader') + field('Timestamp', timestamp, 'TraceHeader'))
}

function writeBusiness (business: Document['business'], docType: Document['docType']): string {
  const receivers = (business?.receivers ?? []).map(({ organId, change }) =>
    group('Receiver', field('OrganId', organId, 'Receiver') + field('ReceiverType', change === 'removed' ? '0' : '1'))).join('')
  const replacements = (business?.replacements ?? []).map(({ documentId, organIds }) =>
    group('ReplacementInfo', field('DocumentId', documentId, 'ReplacementInfo') + group('OrganIdList', fields('OrganId', organIds, 'OrganIdList')))).join('')
  return group('Bussiness', field('DocumentId', business?.documentId, 'Bussiness') + field('BussinessDocType', String(DOC_TYPES.indexOf(docType))) +
    field('BussinessDocReason', business?.reason) + flag('Paper', business?.paper, 'Bussiness') +
    group('BussinessDocumentInfo', flag('DocumentInfo', business?.documentChanged, 'BussinessDocumentInfo') +
      flag('DocumentReceiver', business?.receiversChanged, 'BussinessDocumentInfo') + group('ReceiverList', receivers)) +
    group('ReplacementInfoList', replacements) + (business?.staff ?? []).map(writeStaff).join(''))
}

/** `edXMLHeader` of a status message: no recipients, no trace; it is routed by `ResponseFor`. */
export function writeStatusHeader ({ from }: Envelope, status: Status): string {
  return group('edXMLHeader', group('MessageHeader', writeParty('From', from, 'status') + writeReference(status.responseFor) + writeStaff(status.staff) +
    field('StatusCode', status.statusCode) + field('Description', status.description) + field('Timestamp', maybe(status.at, writeInstant))))
}

function maybe (value: string | undefined, write: (value: string) => string): string | undefined {
  return value === undefined ? undefined : write(value)
}
