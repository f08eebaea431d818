// Canonical document or status → edXMLHeader, in the order of the vendor's builder (QCVN 102:2016 §1.3, 1.4, 2.2).
import type { Document, Envelope, Status } from '../../model/generated.js'
import { DOC_TYPES } from './business.js'
import { writeDate, writeInstant } from './write-dates.js'
import { field, fields, flag, group, writeParty, writeReference, writeStaff } from './write-elements.js'
import { nth, type Placed } from './write-extensions.js'

/** One hop of the trace, as it goes over the wire. */
export interface Hop { organId: string, at: string }

const HEADER = 'edXMLEnvelope/edXMLHeader'
const MESSAGE = `${HEADER}/MessageHeader`
const TRACES = `${HEADER}/TraceHeaderList`
const BUSINESS = `${TRACES}/Bussiness`

/** `edXMLHeader` of a document; `hop` is added behind the trace that is there. */
export function writeDocumentHeader ({ envelope, document, hop, placed }: { envelope: Envelope, document: Document, hop: Hop | undefined, placed: Placed }): string {
  return group('edXMLHeader', writeMessageHeader(envelope, document, placed) + writeTrace(document, hop, placed) + placed(HEADER))
}

function writeMessageHeader ({ from, to, priority }: Envelope, document: Document, placed: Placed): string {
  const { code, promulgation, documentType, signer, otherInfo } = document
  const order = 'document'
  const within = (name: string): string => placed(`${MESSAGE}/${name}`)
  return group('MessageHeader', writeParty('From', from, { order, more: within('From') }) +
    to.map((party, index) => writeParty('To', party, { order, more: within(nth('To', index)) })).join('') +
    field('DocumentId', document.documentId) +
    group('Code', field('CodeNumber', code?.number) + field('CodeNotation', code?.notation) + within('Code')) +
    group('PromulgationInfo', field('Place', promulgation?.place, 'PromulgationInfo') + field('PromulgationDate', maybe(promulgation?.date, writeDate)) + within('PromulgationInfo')) +
    group('DocumentType', field('Type', documentType?.type) + field('TypeDetail', documentType?.typeDetail) + field('TypeName', documentType?.typeName) + within('DocumentType')) +
    field('Subject', document.subject) + field('Content', document.content) +
    group('SignerInfo', field('Competence', signer?.competence) + field('Position', signer?.position) + field('FullName', signer?.fullName) + within('SignerInfo')) +
    field('DueDate', maybe(document.dueDate, writeDate)) + writeOtherInfo(otherInfo, priority, placed) +
    (document.responseFor ?? []).map((reference, index) => writeReference(reference, within(nth('ResponseFor', index)))).join('') +
    field('SteeringType', document.steeringType) + group('ToPlaces', fields('Place', document.toPlaces, 'ToPlaces') + within('ToPlaces')) + placed(MESSAGE))
}

/** The urgency the hub works by is written also where the content did not hold it. */
function writeOtherInfo (otherInfo: Document['otherInfo'], priority: number, placed: Placed): string {
  const urgency = otherInfo?.priority ?? (priority > 0 ? priority : undefined)
  const path = `${MESSAGE}/OtherInfo`
  return group('OtherInfo', field('Priority', urgency?.toString()) + field('SphereOfPromulgation', otherInfo?.sphereOfPromulgation) +
    field('TyperNotation', otherInfo?.typerNotation) + field('PromulgationAmount', otherInfo?.promulgationAmount) + field('PageAmount', otherInfo?.pageAmount) +
    group('Appendixes', fields('Appendix', otherInfo?.appendixes, 'Appendixes') + placed(`${path}/Appendixes`)) + placed(path))
}

function writeTrace ({ trace, business, docType }: Document, hop: Hop | undefined, placed: Placed): string {
  const hops = (trace ?? []).map(({ organId, at }, index) => writeHop({ organId, at: maybe(at, writeInstant) }, placed(`${TRACES}/${nth('TraceHeader', index)}`)))
  if (hop !== undefined) hops.push(writeHop(hop, ''))
  return group('TraceHeaderList', hops.join('') + writeBusiness(business, docType, placed) + placed(TRACES))
}

function writeHop ({ organId, at }: { organId: string | undefined, at: string | undefined }, more: string): string {
  return group('TraceHeader', field('OrganId', organId, 'TraceHeader') + field('Timestamp', at, 'TraceHeader') + more)
}

function writeBusiness (business: Document['business'], docType: Document['docType'], placed: Placed): string {
  const within = (name: string): string => placed(`${BUSINESS}/${name}`)
  const staff = (business?.staff ?? []).map((each, index) => writeStaff(each, within(nth('StaffInfo', index)))).join('')
  return group('Bussiness', field('DocumentId', business?.documentId, 'Bussiness') + field('BussinessDocType', String(DOC_TYPES.indexOf(docType))) +
    field('BussinessDocReason', business?.reason) + flag('Paper', business?.paper, 'Bussiness') +
    group('BussinessDocumentInfo', flag('DocumentInfo', business?.documentChanged, 'BussinessDocumentInfo') +
      flag('DocumentReceiver', business?.receiversChanged, 'BussinessDocumentInfo') +
      group('ReceiverList', writeReceivers(business?.receivers, within) + within('BussinessDocumentInfo/ReceiverList')) + within('BussinessDocumentInfo')) +
    group('ReplacementInfoList', writeReplacements(business?.replacements, within) + within('ReplacementInfoList')) + staff + placed(BUSINESS))
}

type Business = NonNullable<Document['business']>

function writeReceivers (receivers: Business['receivers'], within: Placed): string {
  return (receivers ?? []).map(({ organId, change }, index) => group('Receiver', field('OrganId', organId, 'Receiver') +
    field('ReceiverType', change === 'removed' ? '0' : '1') + within(`BussinessDocumentInfo/ReceiverList/${nth('Receiver', index)}`))).join('')
}

function writeReplacements (replacements: Business['replacements'], within: Placed): string {
  return (replacements ?? []).map(({ documentId, organIds }, index) => {
    const path = `ReplacementInfoList/${nth('ReplacementInfo', index)}`
    const organs = group('OrganIdList', fields('OrganId', organIds, 'OrganIdList') + within(`${path}/OrganIdList`))
    return group('ReplacementInfo', field('DocumentId', documentId, 'ReplacementInfo') + organs + within(path))
  }).join('')
}

/** `edXMLHeader` of a status message: no recipients, no trace; it is routed by `ResponseFor`. */
export function writeStatusHeader ({ from }: Envelope, status: Status, placed: Placed): string {
  const within = (name: string): string => placed(`${MESSAGE}/${name}`)
  return group('edXMLHeader', group('MessageHeader', writeParty('From', from, { order: 'status', more: within('From') }) +
    writeReference(status.responseFor, within('ResponseFor')) + writeStaff(status.staff, within('StaffInfo')) + field('StatusCode', status.statusCode) +
    field('Description', status.description) + field('Timestamp', maybe(status.at, writeInstant)) + placed(MESSAGE)) + placed(HEADER))
}

function maybe (value: string | undefined, write: (value: string) => string): string | undefined {
  return value === undefined ? undefined : write(value)
}
