// Media type from the bytes themselves: what a sender declares is wrong too often to be passed on.
import { isUtf8Start } from './utf8.js'

/** Bytes of the beginning that {@link sniff} wants to see. */
export const HEAD_BYTES = 512

const ZIP = 'application/zip'
const OLE = 'application/x-ole-storage'

const MAGIC: ReadonlyArray<readonly [string, Buffer]> = [
  ['application/pdf', Buffer.from('%PDF-')],
  [ZIP, Buffer.from('PK\x03\x04')],
  [ZIP, Buffer.from('PK\x05\x06')],
  [OLE, Buffer.from('d0cf11e0a1b11ae1', 'hex')],
  ['image/png', Buffer.from('89504e470d0a1a0a', 'hex')],
  ['image/jpeg', Buffer.from('ffd8ff', 'hex')],
  ['image/gif', Buffer.from('GIF8')],
  ['image/tiff', Buffer.from('49492a00', 'hex')],
  ['image/tiff', Buffer.from('4d4d002a', 'hex')],
  ['application/rtf', Buffer.from('{\\rtf')],
  ['application/vnd.rar', Buffer.from('Rar!\x1a\x07', 'latin1')],
  ['application/x-7z-compressed', Buffer.from('377abcaf271c', 'hex')],
  ['application/gzip', Buffer.from('1f8b08', 'hex')],
  ['application/vnd.microsoft.portable-executable', Buffer.from('MZ')]
]

/** Types that are OLE containers or ZIP archives underneath: there the extension decides among them. */
const OLE_BY_EXTENSION = new Map([
  ['doc', 'application/msword'],
  ['xls', 'application/vnd.ms-excel'],
  ['ppt', 'application/vnd.ms-powerpoint'],
  ['msg', 'application/vnd.ms-outlook']
])

const OPEN_XML = 'application/vnd.openxmlformats-officedocument'
const ZIP_BY_ENTRY: ReadonlyArray<readonly [string, string]> = [
  ['word/', `${OPEN_XML}.wordprocessingml.document`],
  ['xl/', `${OPEN_XML}.spreadsheetml.sheet`],
  ['ppt/', `${OPEN_XML}.presentationml.presentation`]
]

/** Extensions of files that are ZIP archives by nature. */
export const ARCHIVE_EXTENSIONS: ReadonlySet<string> = new Set(
  ['zip', 'docx', 'docm', 'dotx', 'xlsx', 'xlsm', 'xltx', 'pptx', 'pptm', 'odt', 'ods', 'odp', 'odg', 'jar', 'kmz', 'epub', 'asice', 'asics'])

/** Lower-case extension of a file name without the dot; empty when it has none. */
export function extensionOf (name: string): string {
  return /\.([a-z0-9]{1,10})\s*$/i.exec(name)?.[1]?.toLowerCase() ?? ''
}

/**
 * Media type by the first {@link HEAD_BYTES} bytes; `entries` are names in a ZIP archive, where they are known.
 * Never the declared type; `application/octet-stream` when nothing is recognised.
 */
export function sniff (head: Buffer, name: string, entries: readonly string[] = []): string {
  const magic = MAGIC.find(([, bytes]) => startsWith(head, bytes))?.[0]
  if (magic === OLE) return OLE_BY_EXTENSION.get(extensionOf(name)) ?? OLE
  if (magic === ZIP) return openDocumentType(head) ?? ZIP_BY_ENTRY.find(([start]) => entries.some(entry => entry.startsWith(start)))?.[1] ?? ZIP
  return magic ?? sniffText(head) ?? 'application/octet-stream'
}

function startsWith (head: Buffer, bytes: Buffer): boolean {
  return head[0] === bytes[0] && head.subarray(0, bytes.length).equals(bytes)
}

/** OpenDocument stores its type, uncompressed, as the first entry (ODF 1.2 part 3 §3.3). */
function openDocumentType (head: Buffer): string | undefined {
  return /^mimetype(application\/vnd\.oasis\.opendocument\.[a-z-]+)/.exec(head.toString('latin1', 30, 130))?.[1]
}

function sniffText (head: Buffer): string | undefined {
  if (head.length === 0 || !isUtf8Start(head)) return undefined
  const decoded = head.toString('utf8')
  if (/[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/.test(decoded)) return undefined
  const start = decoded.trimStart().slice(0, 14).toLowerCase()
  if (start.startsWith('<?xml')) return 'application/xml'
  return start.startsWith('<html') || start.startsWith('<!doctype html') ? 'text/html' : 'text/plain'
}
