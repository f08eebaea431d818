// Generated packages: every kind, every status code, awkward text, many files. Values are in canonical form (trimmed, not empty),
// as every decoder of the hub makes them.
import { createHash } from 'node:crypto'
import type { Attachment, Document, DocumentReference, Envelope, Extension, Party, Staff, Status } from '../../src/model/generated.js'
import type { Content } from '../../src/model/package.js'
import { defined, definedGroup, nonEmpty } from '../../src/model/defined.js'
import { parseDate } from '../../src/formats/edxml/dates.js'
import { sniff } from '../../src/formats/sniff.js'
import { zipOf } from '../../src/formats/zip.js'
import { extensionsOf } from './arbitrary-extensions.js'
import fc from './property.js'

export interface GeneratedPackage {
  envelope: Envelope
  content: Content
  attachments: Attachment[]
  files: Map<number, Buffer>
}

const record = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> => fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>

const PIECES = ['Ủy ban nhân dân', 'Đức Trọng', 'Nguyễn', 'ữ', 'e\u0323\u0302', '&', '<', '>', ']]>', '"', '\'', '\r', '\r\n', '\n', '\t', ' ', '   ', '\u00a0', '\u2028', '\u0085', '\ufffd', '😀',
  '<!--', '<![CDATA[', '&amp;', '&#13;', '<?x?>', '0', '1520/UBND-VX', 'cid:', '__proto__', 'null', 'a.b', '%', '\\', '../']

const awkward = (max: number): fc.Arbitrary<string> => fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 12 })), { minLength: 1, maxLength: 8 }).map(pieces => {
  const legal = pieces.join('').replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
  const kept = [...legal].reduce((all, character) => all.length + character.length <= max ? all + character : all, '')
  return kept.trim()
})
/** Most texts of a message are ordinary; a few awkward ones are enough to find what breaks. */
const words = (max: number): fc.Arbitrary<string> => fc.oneof({ weight: 2, arbitrary: awkward(max) }, { weight: 1, arbitrary: fc.constantFrom('Văn thư', 'KT. CHỦ TỊCH', '12') })
  .map(value => value === '' || value.length > max ? 'x' : value)
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })

const organId = fc.oneof(fc.constantFrom('H36', 'H36.11', 'H36.99.03', '000.00.11.H36', 'vxp.saas.03', '001.00.20.TT2'), words(50))
const day = fc.date({ min: new Date('1900-01-02'), max: new Date('2199-12-30'), noInvalidDate: true }).map(date => date.toISOString().slice(0, 10))
const date = fc.oneof({ weight: 5, arbitrary: day }, { weight: 1, arbitrary: words(40).filter(value => parseDate(value) === undefined) })
const instant = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(day, fc.nat(86_399)).map(([on, seconds]) => `${on}T${new Date(seconds * 1000).toISOString().slice(11, 19)}+07:00`) },
  { weight: 1, arbitrary: words(40).filter(value => parseDate(value) === undefined) })

const party: fc.Arbitrary<Party> = record({
  code: organId, name: maybe(words(200)), inCharge: maybe(words(200)), address: maybe(words(250)), email: maybe(words(100)), telephone: maybe(words(50)), fax: maybe(words(50)), website: maybe(words(100))
}).map(fields => defined(fields) as Party)
const staff: fc.Arbitrary<Staff | undefined> = record({ department: maybe(words(250)), name: maybe(words(100)), email: maybe(words(100)), mobile: maybe(words(100)) }).map(fields => definedGroup(fields) as Staff | undefined)
const reference: fc.Arbitrary<DocumentReference | undefined> = record({ organId: maybe(organId), code: maybe(words(200)), promulgationDate: maybe(date), documentId: maybe(words(200)) })
  .map(fields => definedGroup(fields) as DocumentReference | undefined)
const list = <T>(arbitrary: fc.Arbitrary<T>, maxLength = 3): fc.Arbitrary<T[] | undefined> => fc.array(arbitrary, { maxLength }).map(nonEmpty)
const present = <T>(arbitrary: fc.Arbitrary<T | undefined>): fc.Arbitrary<T[] | undefined> => fc.array(arbitrary, { maxLength: 3 }).map(all => nonEmpty(all.flatMap(each => each ?? [])))

/** A content with the names in it, when it is an archive. */
interface FileContent { bytes: Buffer, entries?: string[] }

async function zipped (bytes: Buffer, entry: string): Promise<FileContent> {
  const chunks: Buffer[] = []
  for await (const chunk of zipOf((async function * () { yield bytes })(), entry)) chunks.push(chunk)
  return { bytes: Buffer.concat(chunks), entries: [entry] }
}

const ARCHIVES = await Promise.all([zipped(Buffer.from('nội dung'), 'a.txt'), zipped(Buffer.from('%PDF-1.4 x'), 'b.pdf'), zipped(Buffer.from('<w/>'), 'word/document.xml'), zipped(Buffer.from('<x/>'), 'xl/workbook.xml')])
const fileContent: fc.Arbitrary<FileContent> = fc.oneof(
  fc.constant({ bytes: Buffer.alloc(0) }),
  fc.constant({ bytes: Buffer.from('%PDF-1.4\n% văn bản') }),
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map(bytes => ({ bytes: Buffer.from(bytes) })).filter(({ bytes }) => bytes.toString('latin1', 0, 2) !== 'PK'),
  fc.nat(200_000).map(size => ({ bytes: Buffer.alloc(size % 50 === 0 ? size : size % 500, 'Phụ lục ') })),
  fc.constantFrom(...ARCHIVES))

const fileName = fc.tuple(words(60), fc.constantFrom('', '.pdf', '.doc', '.docx', '.zip', '.xls', '.xlsx', '.XLSX', '.jpg', '.txt', '.xsl', '.PDF', '.7z'))
  .map(([stem, extension]) => `${stem}${extension}`)
const file = record({ content: fileContent, name: fileName, description: maybe(words(500)) })

function toAttachments (files: Array<{ content: FileContent, name: string, description: string | undefined }>, ids: string[]): Pick<GeneratedPackage, 'attachments' | 'files'> {
  const attachments = files.map(({ content, name, description }, index) => defined({
    n: index + 1,
    contentId: `${ids[index] ?? ''}-${index}`,
    name,
    description,
    contentType: sniff(content.bytes.subarray(0, 512), name, content.entries),
    size: content.bytes.length,
    sha256: createHash('sha256').update(content.bytes).digest('hex')
  }) as Attachment)
  return { attachments, files: new Map(files.map(({ content }, index) => [index + 1, content.bytes])) }
}

const otherInfo = record({
  priority: maybe(fc.integer({ min: 0, max: 4 })), sphereOfPromulgation: maybe(words(100)), typerNotation: maybe(words(10)), promulgationAmount: maybe(words(20)), pageAmount: maybe(words(20)), appendixes: list(words(300))
}).map(fields => definedGroup(fields) as Document['otherInfo'])
const flag = maybe(fc.boolean())
const receivers = list(record({ organId, change: fc.constantFrom('removed' as const, 'added' as const) }))
const replacement = record({ documentId: words(200), organIds: list(organId) }).map(fields => defined(fields) as { documentId: string, organIds?: string[] })
const business = (docType: Document['docType']): fc.Arbitrary<Document['business']> => record({
  documentId: docType === 'update' ? words(200) : maybe(words(200)),
  reason: docType === 'new' ? maybe(words(300)) : words(300),
  paper: flag,
  documentChanged: flag,
  receiversChanged: flag,
  receivers,
  replacements: docType === 'replacement' ? fc.array(replacement, { minLength: 1, maxLength: 3 }) : fc.constant(undefined),
  staff: present(staff)
}).map(fields => definedGroup(fields) as Document['business'])

const trace = present(record({ organId: maybe(organId.filter(code => code !== 'null')), at: fc.option(instant, { nil: undefined, freq: 8 }) }).map(hop => definedGroup(hop) as { organId?: string, at?: string } | undefined))

function document (docType: Document['docType']): fc.Arbitrary<Omit<Document, 'attachments'>> {
  return record({
    documentId: words(200),
    docType: fc.constant(docType),
    code: record({ number: words(50), notation: words(50) }),
    promulgation: record({ place: words(50), date }),
    documentType: record({ type: maybe(words(10)), typeDetail: maybe(words(10)), typeName: words(100) }).map(fields => defined(fields)),
    subject: words(500),
    content: maybe(words(500)),
    signer: record({ competence: maybe(words(100)), position: maybe(words(100)), fullName: words(50) }).map(fields => defined(fields)),
    dueDate: maybe(date),
    otherInfo,
    responseFor: present(reference),
    steeringType: maybe(words(10)),
    toPlaces: list(words(200)),
    business: business(docType),
    trace
  }).map(fields => defined(fields) as Omit<Document, 'attachments'>)
}

const documentPackage: fc.Arbitrary<GeneratedPackage> = fc.constantFrom('new', 'revocation', 'update', 'replacement').chain(docType => record({
  from: party,
  to: fc.array(party, { minLength: 1, maxLength: 4 }),
  body: document(docType),
  files: fc.array(file, { minLength: docType === 'revocation' ? 0 : 1, maxLength: 6, size: 'small' }),
  ids: fc.array(words(60), { minLength: 6, maxLength: 6 })
})).map(({ from, to, body, files, ids }) => {
  const { attachments, files: bytes } = toAttachments(files, ids)
  const envelope: Envelope = { kind: 'document', action: body.docType, identifier: 'generated', correlationId: 'generated', from, to, priority: body.otherInfo?.priority ?? 0 }
  return { envelope, content: { kind: 'document', document: { ...body, attachments } }, attachments, files: bytes }
})

const STATUS_CODES = ['01', '02', '03', '04', '05', '06', '13', '15', '16', '07', '99']
const statusPackage: fc.Arbitrary<GeneratedPackage> = record({
  from: party,
  statusCode: fc.constantFrom(...STATUS_CODES),
  responseFor: record({ organId, code: maybe(words(200)), promulgationDate: maybe(date), documentId: words(200) }),
  description: words(1000),
  at: maybe(instant),
  staff
}).map(({ from, responseFor, ...rest }) => {
  const status = defined({ ...rest, responseFor: defined(responseFor) }) as Status
  const envelope: Envelope = { kind: 'status', action: status.statusCode, identifier: 'generated', correlationId: 'generated', from, to: [{ code: responseFor.organId }], priority: 0 }
  return { envelope, content: { kind: 'status', status }, attachments: [], files: new Map() }
})

/** Documents of the four kinds and status messages, with elements nobody knows at every level. */
export const arbitraryPackage: fc.Arbitrary<GeneratedPackage> = fc.oneof({ weight: 3, arbitrary: documentPackage }, { weight: 1, arbitrary: statusPackage })
  .chain(made => extensionsOf(made.content, made.envelope.to.length, words(100)).map(extensions => extensions === undefined ? made : { ...made, content: extended(made.content, extensions) }))

function extended (content: Content, extensions: Extension[]): Content {
  if (content.kind === 'document') return { kind: 'document', document: { ...content.document, extensions } }
  return content.kind === 'status' ? { kind: 'status', status: { ...content.status, extensions } } : content
}
