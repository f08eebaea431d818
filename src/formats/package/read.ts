// The one reader of canonical JSON: what an inbound mapping makes, what an agency posts, what `lienthong encode` is given.
// It says what kind of package it is and brings its files into spools; what the content must hold is for others to judge.
import { HubError } from '../../errors.js'
import type { Attachment, Envelope } from '../../model/generated.js'
import type { Content } from '../../model/package.js'
import { text } from '../../model/text.js'
import { faultsOf } from '../../schema.js'
import type { DecodeContext, Spool } from '../codec.js'
import { defined } from '../../model/defined.js'
import type { ReceivedFile } from '../dossier/files.js'
import type { Findings } from '../findings.js'
import { createFileCollection, type CutFile, type CutFiles, cutText, typeOf } from '../inline-files.js'
import { isJsonObject, type JsonObject, own } from '../json-object.js'

export type Kind = Content['kind']

const KINDS: readonly Kind[] = ['document', 'status', 'dossier']
/** A field of every dossier and of nothing else: a dossier may stand alone, without the object around it. */
const DOSSIER_FIELD = 'MaHoSo'

/** Canonical JSON, taken apart. */
export interface ReadPackage {
  readonly kind: Kind
  /** Empty when there was none. */
  readonly envelope: JsonObject
  /** The document, status or dossier. */
  readonly content: JsonObject
  /** Its place: `/document`, or empty for a dossier that stands alone. */
  readonly pointer: string
  /** The files as written. */
  readonly listed: readonly JsonObject[]
}

/** Throws PACKAGE_INVALID, with every fault, for what is no package at all; deviations from its outer shape are findings. */
export function readPackage (value: unknown, findings: Findings): ReadPackage {
  if (isJsonObject(value) && own(value, DOSSIER_FIELD) !== undefined) return { kind: 'dossier', envelope: {}, content: value, pointer: '', listed: [] }
  const faults = faultsOf('package', value)
  const given = isJsonObject(value) ? KINDS.filter(kind => own(value, kind) !== undefined) : []
  const [kind] = given
  if (!isJsonObject(value) || kind === undefined || given.length > 1) throw noPackage(faults)
  findings.faults.push(...faults)
  const content = objectOf(own(value, kind))
  const listed = own(value, 'attachments') ?? (kind === 'document' ? own(content, 'attachments') : undefined)
  return { kind, envelope: objectOf(own(value, 'envelope')), content, pointer: `/${kind}`, listed: Array.isArray(listed) ? listed.map(objectOf) : [] }
}

function objectOf (value: unknown): JsonObject {
  return isJsonObject(value) ? value : {}
}

function noPackage (faults: HubError['errors']): HubError {
  return new HubError('PACKAGE_INVALID', text('JSON phải có đúng một trong document, status, dossier.', 'The JSON must hold exactly one of document, status and dossier.'), { errors: faults })
}

/** What came with the message: files that were cut out of it, and later parts of the form. */
export interface Brought {
  readonly cut: CutFiles
  readonly received: readonly ReceivedFile[]
}

/** A file given as base64, in its spool; undefined with a fault when it is none. */
export async function takeInline (written: unknown, { cut }: Brought, place: { context: DecodeContext, findings: Findings, pointer: string }): Promise<CutFile['file']> {
  const { context, findings, pointer } = place
  if (typeof written !== 'string') {
    findings.add('reject', { code: 'FIELD_INVALID', pointer, detail: text('Nội dung tệp phải là chuỗi base64.', 'The content of a file must be a base64 text.'), expected: 'base64' })
    return undefined
  }
  const file = cut.get(written) ?? await decodeText(written, context)
  if (file?.file === undefined) findings.add('reject', { code: 'ATTACHMENT_INVALID', pointer, detail: text('Nội dung tệp không phải base64, hoặc rỗng.', 'The content of the file is not base64, or empty.'), expected: 'base64' })
  return file?.file
}

async function decodeText (base64: string, context: DecodeContext): Promise<CutFile | undefined> {
  const collection = createFileCollection(context)
  return collection.files.get(await cutText(base64, collection))
}

export interface TakenFiles {
  readonly attachments: Attachment[]
  /** By the number of the attachment. */
  readonly spools: ReadonlyMap<number, Spool>
}

/** The files of a document. One that is neither inside nor a part of the form is a fault, unless `absent` takes it. */
export async function takeFiles (listed: readonly JsonObject[], brought: Brought, options: { context: DecodeContext, findings: Findings, absent?: (name: string) => void }): Promise<TakenFiles> {
  const { findings, absent } = options
  const attachments: Attachment[] = []
  const spools = new Map<number, Spool>()
  const used = new Set<ReceivedFile>()
  for (const [index, entry] of listed.entries()) {
    const pointer = `/attachments/${index}`
    const name = textOf(entry, 'name') ?? ''
    const inline = own(entry, 'base64')
    const part = inline === undefined ? partOf(entry, brought.received) : undefined
    const file = inline === undefined ? part : await takeInline(inline, brought, { ...options, pointer: `${pointer}/base64` })
    if (part !== undefined) used.add(part)
    if (file === undefined) {
      if (inline === undefined && absent !== undefined) absent(name)
      else if (inline === undefined) findings.add('reject', { code: 'ATTACHMENT_MISSING', pointer, detail: text('Tệp này không có base64 và không có phần nào của biểu mẫu mang mã băm hay tên này.', 'The file has no base64, and no part of the form has its hash or name.'), found: name })
      continue
    }
    checkSize(own(entry, 'size'), file.size, { findings, pointer: `${pointer}/size` })
    const n = attachments.length + 1
    spools.set(n, file.spool)
    attachments.push(defined({
      n,
      contentId: textOf(entry, 'contentId'),
      name,
      description: textOf(entry, 'description'),
      contentType: 'head' in file ? typeOf(file, name) : file.contentType,
      declaredType: textOf(entry, 'contentType'),
      size: file.size,
      sha256: file.sha256
    }))
  }
  for (const file of brought.received) {
    if (!used.has(file)) findings.add('reject', { code: 'ATTACHMENT_INVALID', pointer: '/attachments', detail: text('Tệp không có trong attachments.', 'A file is not named in attachments.'), found: `${file.label} ${file.sha256}` })
  }
  return { attachments, spools }
}

/** By its hash where that is given, else by its name. */
function partOf (entry: JsonObject, received: readonly ReceivedFile[]): ReceivedFile | undefined {
  const sha256 = textOf(entry, 'sha256')
  return sha256 === undefined ? received.find(({ label }) => label === textOf(entry, 'name')) : received.find(file => file.sha256 === sha256)
}

function checkSize (given: unknown, size: number, { findings, pointer }: { findings: Findings, pointer: string }): void {
  if (given === undefined || given === size) return
  findings.add('reject', { code: 'FIELD_INVALID', pointer, detail: text('Kích thước khác với tệp đã gửi.', 'The size is not that of the file.'), expected: String(size), found: String(given) })
}

function textOf (entry: JsonObject, name: string): string | undefined {
  const value = own(entry, name)
  return typeof value === 'string' ? value : undefined
}

/** The envelope as far as it is written; identifiers are made when the content is. */
export function addressedEnvelope ({ kind, envelope, content }: ReadPackage): Envelope {
  const action = own(content, kind === 'status' ? 'statusCode' : 'docType')
  const reference = objectOf(own(content, 'responseFor'))
  const to = own(envelope, 'to') ?? (kind === 'status' ? [{ code: textOf(reference, 'organId') ?? '' }] : [])
  const from = objectOf(own(envelope, 'from'))
  const { priority } = envelope
  return {
    kind,
    action: typeof action === 'string' ? action : '',
    identifier: '-',
    correlationId: '-',
    from: { ...from, code: textOf(from, 'code') ?? '' },
    to: Array.isArray(to) ? to.map(objectOf).map(party => ({ ...party, code: textOf(party, 'code') ?? '' })) : [],
    priority: typeof priority === 'number' ? priority : 0
  }
}
