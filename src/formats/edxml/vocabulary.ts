// Which elements the canonical model has a field for, and where they stand. Everything else survives as an extension.

/** Children by name; `repeatable` ones may occur several times. */
export interface Word {
  readonly repeatable: boolean
  readonly children: ReadonlyMap<string, Word>
}

interface Words { readonly [name: string]: Words | string }

/** Names separated by blanks; `*` behind a name: it may be repeated. */
function words (names: string): Words {
  return Object.fromEntries(names.split(' ').map(name => [name, {}]))
}

function compile (definition: Words): ReadonlyMap<string, Word> {
  return new Map(Object.entries(definition).map(([name, children]) =>
    [name.replace('*', ''), { repeatable: name.endsWith('*'), children: compile(typeof children === 'string' ? words(children) : children) }]))
}

const ORGANIZATION = 'OrganId OrganizationInCharge OrganName OrganAdd Email Telephone Fax Website'
const STAFF = 'Department Staff Email Mobile'
const ATTACHMENT = 'ContentId AttachmentName Description ContentType ContentTransferEncoded'
const FLAT = 'ContentId FileName AttachmentName Description Content FileType ContentType'
const REFERENCE = 'ContentId ContentType Description AttachmentName'

const MESSAGE_HEADER: Words = {
  From: ORGANIZATION,
  'To*': ORGANIZATION,
  ...words('DocumentId Subject Content DueDate SteeringType'),
  Code: 'CodeNumber CodeNotation',
  PromulgationInfo: 'Place PromulgationDate',
  DocumentType: 'Type TypeDetail TypeName',
  SignerInfo: 'Competence Position FullName',
  OtherInfo: { ...words('Priority SphereOfPromulgation TyperNotation PromulgationAmount PageAmount'), Appendixes: 'Appendix*' },
  'ResponseFor*': 'OrganId Code PromulgationDate DocumentId',
  ToPlaces: 'Place*'
}

const STATUS_HEADER: Words = {
  From: ORGANIZATION,
  ResponseFor: 'OrganId OrganName Code PromulgationDate DocumentId',
  StaffInfo: STAFF,
  ...words('StatusCode Description Timestamp')
}

const TRACES: Words = {
  'TraceHeader*': 'OrganId Timestamp',
  Paper: {},
  Bussiness: {
    ...words('DocumentId BussinessDocType BussinessDocReason Paper'),
    'BussinessDocumentInfo*': { ...words('DocumentInfo DocumentReceiver'), ReceiverList: { 'Receiver*': 'OrganId ReceiverType' } },
    ReplacementInfoList: { 'ReplacementInfo*': { DocumentId: {}, OrganIdList: 'OrganId*' } },
    'StaffInfo*': STAFF
  }
}

const BODY: Words = {
  edXMLManifest: { 'Reference*': REFERENCE },
  Manifest: { 'Reference*': REFERENCE, 'Attachment*': FLAT }
}
const ATTACHMENTS: Words = { 'Attachment*': ATTACHMENT }

function message (header: Words): ReadonlyMap<string, Word> {
  return compile({
    edXMLEnvelope: { edXMLHeader: { MessageHeader: header, TraceHeaderList: TRACES, DigitalSignature: {} }, edXMLBody: BODY, AttachmentEncoded: ATTACHMENTS, ...BODY },
    AttachmentEncoded: ATTACHMENTS,
    ...BODY
  })
}

export const DOCUMENT_VOCABULARY = message(MESSAGE_HEADER)
export const STATUS_VOCABULARY = message(STATUS_HEADER)

/** Every name of both, and of the root. */
export function vocabularyNames (): ReadonlySet<string> {
  const names = new Set(['edXML'])
  const collect = (children: ReadonlyMap<string, Word>): void => {
    for (const [name, word] of children) {
      names.add(name)
      collect(word.children)
    }
  }
  collect(DOCUMENT_VOCABULARY)
  collect(STATUS_VOCABULARY)
  return names
}

/** Elements of the vendors' SDKs and of other generators: no deviation, and not in the canonical model either. */
export const SDK_ELEMENTS: ReadonlySet<string> = new Set([
  'OtherInfo/ReplyFors', 'OtherInfo/Direction', 'OtherInfo/ReferenceCodes', 'MessageHeader/ResponseForTask', 'MessageHeader/ApplicationType',
  'Attachment/FieldName', 'Attachment/MimeType', 'Attachment/Format', 'StaffInfo/DepartmentId', 'StaffInfo/StaffId', 'PromulgationInfo/Promulgator', 'edXMLHeader/ErrorList'
])
