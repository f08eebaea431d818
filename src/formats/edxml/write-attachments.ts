// Files of an edXML message: how each is packed and labelled (the vendor's rule, QCVN 102:2016 §1.6), and their base64 in a stream.
import type { Attachment } from '../../model/generated.js'
import { ARCHIVE_EXTENSIONS, extensionOf } from '../sniff.js'
import { escapeXml } from '../xml-text.js'
import { zipOf } from '../zip.js'
import { EDXML_NAMESPACE } from './namespaces.js'
import { field, group } from './write-elements.js'
import { nth, type Placed } from './write-extensions.js'

/** vendor: what the vendor's builder sends raw goes raw, the rest in a ZIP of one entry. raw: everything as it is. */
export type Zipping = 'vendor' | 'raw'

/** The vendor's parser takes a ZIP off exactly when it is labelled so and the name does not end in zip: labels must fit. */
const ZIP_LABEL = 'application/zip'
const VENDOR_RAW: ReadonlyMap<string, string> = new Map([
  ['pdf', 'application/pdf'], ['doc', 'application/doc'], ['docx', 'application/docx'], ['zip', ZIP_LABEL]
])

/** Multiple of 3, so that base64 groups never cross; the next step keeps memory flat whatever the chunks. */
const STEP = 3 * 16 * 1024

/** A file with all that is known before its bytes are read. */
export interface PackedFile {
  readonly n: number
  /** Name in the ZIP; absent when the file goes as it is. */
  readonly entry?: string
  readonly label: string
  readonly contentId: string
  /** Markup up to the base64. */
  readonly head: string
  readonly size: number
}

export interface Packing { zipping: Zipping, placed: Placed }

/** Decides for each file. Throws TRANSFORM_FAILED for a name that XML cannot carry. */
export function packFiles (attachments: readonly Attachment[], how: Packing): PackedFile[] {
  return attachments.map((attachment, index) => packFile(attachment, { ...how, path: `AttachmentEncoded/${nth('Attachment', index)}` }))
}

function packFile (attachment: Attachment, { zipping, placed, path }: Packing & { path: string }): PackedFile {
  const { n, size, sha256, name, description } = attachment
  const extension = extensionOf(name)
  const wrapped = isWrapped(attachment, extension, zipping)
  const uuid = uuidOf(sha256)
  const entry = wrapped ? { entry: extension === '' ? uuid : `${uuid}.${extension}` } : {}
  const label = wrapped ? ZIP_LABEL : VENDOR_RAW.get(extension) ?? labelOf(attachment)
  const contentId = `cid:${attachment.contentId ?? `${uuid}-${n}`}`
  const within = `Attachment[${n}]`
  const element = (local: string, value: string | undefined): string =>
    value === undefined || value.trim() === '' ? '' : `<${local}>${escapeXml(value, `${within}/${local}`)}</${local}>`
  const head = `<Attachment>${element('ContentId', contentId)}${element('AttachmentName', name)}${element('Description', description)}${element('ContentType', label)}${placed(path)}` +
    `<edXML:ContentTransferEncoded xmlns:edXML="${EDXML_NAMESPACE}">`
  return { n, size, label, contentId, head, ...entry }
}

export const ATTACHMENT_TAIL = '</edXML:ContentTransferEncoded></Attachment>'

/**
 * Beyond the vendor's rule, a ZIP under a name that is none's is wrapped as well, or a reader would take its own entry for
 * the file; and an empty file, or there would be an attachment without content.
 */
function isWrapped ({ contentType, size }: Attachment, extension: string, zipping: Zipping): boolean {
  if (size === 0) return true
  if (!ARCHIVE_EXTENSIONS.has(extension) && isArchive(contentType)) return true
  return zipping === 'vendor' && !VENDOR_RAW.has(extension)
}

function isArchive (contentType: string): boolean {
  return contentType === ZIP_LABEL || contentType.startsWith('application/vnd.openxmlformats-') || contentType.startsWith('application/vnd.oasis.opendocument.')
}

function labelOf ({ contentType }: Attachment): string {
  return contentType === ZIP_LABEL || contentType === '' ? 'application/octet-stream' : contentType
}

/** The same file has the same name in its ZIP at every attempt (form of RFC 9562 version 8). */
function uuidOf (sha256: string): string {
  const variant = '89ab'.charAt(Number.parseInt(sha256.charAt(16), 16) & 3)
  return `${sha256.slice(0, 8)}-${sha256.slice(8, 12)}-8${sha256.slice(13, 16)}-${variant}${sha256.slice(17, 20)}-${sha256.slice(20, 32)}`
}

const BODY = 'edXMLEnvelope/edXMLBody'
const MANIFEST = `${BODY}/edXMLManifest`

/** `edXMLBody` with its manifest; present also when it lists nothing. */
export function writeBody (attachments: readonly Attachment[], packed: readonly PackedFile[], placed: Placed): string {
  const references = packed.map(({ contentId, label }, index) => {
    const { name, description } = attachments[index] ?? {}
    return group('Reference', field('ContentId', contentId, 'Reference') + field('ContentType', label) +
      field('Description', description, 'Reference') + field('AttachmentName', name, 'Reference') + placed(`${MANIFEST}/${nth('Reference', index)}`))
  })
  return `<edXML:edXMLBody><edXML:edXMLManifest version="1.0">${references.join('')}${placed(MANIFEST)}</edXML:edXMLManifest>${placed(BODY)}</edXML:edXMLBody>`
}

/** Base64 without line breaks of a file, packed as decided. */
export async function * encodeFile (file: PackedFile, source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let carry = Buffer.alloc(0)
  for await (const chunk of file.entry === undefined ? source : zipOf(source, file.entry)) {
    const bytes = carry.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([carry, chunk])
    const whole = bytes.length - bytes.length % 3
    for (let at = 0; at < whole; at += STEP) yield Buffer.from(bytes.toString('base64', at, Math.min(at + STEP, whole)), 'latin1')
    // Copied: the source may reuse its buffer.
    carry = Buffer.from(bytes.subarray(whole))
  }
  if (carry.length > 0) yield Buffer.from(carry.toString('base64'), 'latin1')
}
