// Canonical JSON as input → canonical model. A document or status is held against the rules of edXML by being written as
// edXML and read back: what is accepted as JSON is exactly what would be accepted as the message it stands for.
import { fault, HubError } from '../../errors.js'
import type { Document, Envelope, Status } from '../../model/generated.js'
import type { Content } from '../../model/package.js'
import type { Fault } from '../../model/problem.js'
import { text } from '../../model/text.js'
import { faultsOf } from '../../schema.js'
import type { Codec, DecodeContext, Decoded, Part, Spool } from '../codec.js'
import { receiveFiles, type ReceivedFile } from '../dossier/files.js'
import { settleDossier } from '../dossier/settle.js'
import { encodeEdxml } from '../edxml/encode.js'
import { edxmlCodec } from '../edxml/index.js'
import { createFindings, type Findings } from '../findings.js'
import { isJsonObject, type JsonObject, own } from '../json-object.js'
import { readJsonWithFiles } from '../json-files.js'
import { fromXPath, packagePlaces } from './places.js'
import { addressedEnvelope, type Brought, readPackage, type ReadPackage, takeFiles, takeInline } from './read.js'

/** Media type of canonical JSON with its files inside. */
export const PACKAGE_MEDIA_TYPE = 'application/vnd.lienthong.package+json'
/** Where canonical JSON holds the content of a file. */
export const PACKAGE_FILE_FIELDS: ReadonlySet<string> = new Set(['base64'])

export const packageCodec: Codec = {
  format: 'package-json',
  mediaType: PACKAGE_MEDIA_TYPE,
  accepts: ({ contentType }) => contentType === PACKAGE_MEDIA_TYPE,
  async decode (content, files, context) {
    const { value, faults, valueCount, files: cut } = await readJsonWithFiles(content, PACKAGE_FILE_FIELDS, context)
    return await settlePackage({ value, faults, valueCount }, { cut, received: await receiveFiles(files, context) }, context)
  }
}

interface Parsed { value: unknown, faults: readonly Fault[], valueCount: number }

/** The canonical model of canonical JSON. Throws PACKAGE_INVALID for what is no package; all else is a fault in the result. */
export async function settlePackage ({ value, faults, valueCount }: Parsed, brought: Brought, context: DecodeContext): Promise<Decoded> {
  const findings = createFindings()
  findings.faults.push(...faults)
  const read = readPackage(value, findings)
  const places = packagePlaces(read.kind, read.pointer)
  const settled = read.kind === 'dossier'
    ? await settleDossierPackage(read, { brought, context, findings, valueCount })
    : await settleMessage(read, { brought, context, findings })
  return { ...settled, warnings: [...findings.warnings, ...settled.warnings], faults: [...findings.faults, ...settled.faults].slice(0, MOST_FAULTS), places }
}

const MOST_FAULTS = 200

interface Settling { brought: Brought, context: DecodeContext, findings: Findings }

/** Files inside get their hash and size in the paper that holds them. */
async function settleDossierPackage ({ content, listed, pointer }: ReadPackage, { brought, context, findings, valueCount }: Settling & { valueCount: number }): Promise<Decoded> {
  const received = [...brought.received]
  const take = async (entry: JsonObject, at: string): Promise<ReceivedFile | undefined> => {
    const file = await takeInline(own(entry, 'base64'), brought, { context, findings, pointer: `${at}/base64` })
    if (file === undefined) return undefined
    const name = own(entry, 'TenGiayTo') ?? own(entry, 'name')
    const taken = { ...file, label: typeof name === 'string' ? name : '', declaredType: '' }
    received.push(taken)
    return taken
  }
  for (const [index, entry] of listed.entries()) if (own(entry, 'base64') !== undefined) await take(entry, `/attachments/${index}`)
  const dossier = await withHashes(content, pointer, take)
  const settled = settleDossier(dossier, { faults: [], valueCount, received }, context)
  const below = (each: Fault): Fault => ({ ...each, pointer: pointer + each.pointer })
  return { ...settled, warnings: settled.warnings.map(below), faults: settled.faults.map(below) }
}

async function withHashes (dossier: JsonObject, pointer: string, take: (entry: JsonObject, at: string) => Promise<ReceivedFile | undefined>): Promise<JsonObject> {
  const papers = own(dossier, 'ThanhPhanHoSo')
  if (!Array.isArray(papers)) return dossier
  const written: unknown[] = []
  for (const [paperIndex, paper] of (papers as unknown[]).entries()) {
    const files = isJsonObject(paper) ? own(paper, 'GiayToDinhKem') : undefined
    if (!isJsonObject(paper) || !Array.isArray(files)) { written.push(paper); continue }
    const entries: unknown[] = []
    for (const [fileIndex, entry] of (files as unknown[]).entries()) {
      if (!isJsonObject(entry) || own(entry, 'base64') === undefined) { entries.push(entry); continue }
      const { base64: _base64, ...rest } = entry
      const file = await take(entry, `${pointer}/ThanhPhanHoSo/${paperIndex}/GiayToDinhKem/${fileIndex}`)
      entries.push(file === undefined ? rest : { HashTepTin: file.sha256, size: file.size, ...rest })
    }
    written.push({ ...paper, GiayToDinhKem: entries })
  }
  return { ...dossier, ThanhPhanHoSo: written }
}

async function settleMessage (read: ReadPackage, { brought, context, findings }: Settling): Promise<Decoded> {
  const kind = read.kind === 'status' ? 'status' : 'document'
  const { attachments, spools } = await takeFiles(read.listed, brought, { context, findings })
  const inner = kind === 'document' ? { ...read.content, attachments } : read.content
  const content: Content = kind === 'document' ? { kind, document: inner as unknown as Document } : { kind, status: inner as unknown as Status }
  const envelope = addressedEnvelope(read)
  const faults = faultsOf(kind, inner).map(each => ({ ...each, pointer: `/${kind}${each.pointer}` }))
  if (faults.length > 0 || findings.faults.length > 0) return { envelope, content, attachments, warnings: [], faults }
  const scratch: Spool[] = []
  const spool = async (): Promise<Spool> => {
    const opened = await context.spool()
    scratch.push(opened)
    return opened
  }
  try {
    const message = encodeEdxml({ envelope, content, attachments }, { zip: 'raw', openAttachment: async n => await (spools.get(n) ?? missing(n)).read(0, attachments[n - 1]?.size ?? 0) })
    const decoded = await edxmlCodec.decode(message, none(), { ...context, spool })
    const placed = (each: Fault): Fault => ({ ...each, pointer: fromXPath(each.pointer, kind) })
    const checked = decoded.content.kind === 'document' ? { kind: 'document' as const, document: { ...decoded.content.document, attachments } } : decoded.content
    const told = withReceipt({ envelope: decoded.envelope, content: checked }, content)
    return { ...told, attachments, warnings: decoded.warnings.map(placed), faults: [...decoded.faults.map(placed), ...misaddressed(envelope, decoded.envelope)] }
  } catch (error) {
    if (!(error instanceof HubError) || error.code !== 'TRANSFORM_FAILED') throw error
    return { envelope, content, attachments, warnings: [], faults: [{ code: 'FIELD_INVALID', pointer: `/${kind}`, detail: error.detail }] }
  } finally {
    // The files are in spools of their own already; these were only looked at.
    for (const each of scratch) await each.discard()
  }
}

/**
 * The facts of a receipt have no place in edXML. Arriving and refusing are what the recipient would have said itself, and are
 * said once, by whoever says it first; other news of the hub has a name of its own.
 */
function withReceipt (made: { envelope: Envelope, content: Content }, given: Content): { envelope: Envelope, content: Content } {
  const receipt = given.kind === 'status' ? given.status.receipt : undefined
  if (receipt === undefined || made.content.kind !== 'status') return made
  const { event, deliveryId, at } = receipt
  const identifier = event === 'delivered' || event === 'refused' ? made.envelope.identifier : `receipt:${deliveryId}:${event}:${at}`
  return { envelope: { ...made.envelope, identifier }, content: { kind: 'status', status: { ...made.content.status, receipt } } }
}

/** A status goes to whom it answers; another recipient beside that would be passed over in silence. */
function misaddressed (written: Envelope, made: Envelope): Fault[] {
  return written.to.flatMap(({ code }, index) => code.trim() === made.to[index]?.code
    ? []
    : [fault('FIELD_INVALID', `/envelope/to/${index}/code`, text('Khác với nơi nhận trong nội dung.', 'It is not the recipient that the content names.'), { expected: made.to[index]?.code ?? 'none', found: code })])
}

function missing (n: number): never {
  throw new HubError('CONTENT_MISSING', text(`Không có tệp số ${n}.`, `There is no file number ${n}.`))
}

async function * none (): AsyncGenerator<Part> {}
