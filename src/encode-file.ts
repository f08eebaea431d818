// `lienthong encode` and `lienthong transform`: what the hub would write, from a file, without a hub.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { createDirectory } from './directory/directory.js'
import { readDirectoryFiles } from './directory/files.js'
import { HubError } from './errors.js'
import type { Attachment, HubConfig } from './model/generated.js'
import type { Content } from './model/package.js'
import { text } from './model/text.js'
import { faultsOf } from './schema.js'
import { withCodes } from './formats/codes.js'
import { type EdxmlSource, encodeEdxml } from './formats/edxml/encode.js'
import { sniff } from './formats/sniff.js'
import { createJsonataSandbox } from './mapping/jsonata.js'
import { openMapping } from './mapping/mapping.js'
import { type OrderedCodes, orderCodes } from './pipeline/code-order.js'
import type { CodeOrder } from './ports/directory.js'

export interface EncodeFileOptions {
  format: 'edxml' | 'json'
  codes: CodeOrder
  zip: 'vendor' | 'raw'
  /** Files of the agency directory, for `codes`. */
  directoryFiles: readonly string[]
  /** Epoch ms; codes are those valid then. */
  at: number
}

interface Encoded {
  message: AsyncIterable<Buffer> | Buffer[]
  /** What the reader of standard error should know. */
  notes: string[]
}

/**
 * Reads canonical JSON as `decode` prints it and writes the message. A file of the package is given inline as `base64` of
 * its attachment; attachments without it are left out, with a note. Throws a `HubError` with every fault.
 */
export async function encodeFile (path: string, { format, codes, zip, directoryFiles, at }: EncodeFileOptions): Promise<Encoded> {
  const { source, files, notes } = toSource(parse(await readFile(path, 'utf8')))
  const ordered: OrderedCodes | undefined = codes === 'as-written' ? undefined : orderCodes(codes, { directory: createDirectory({ files: await readDirectoryFiles(directoryFiles), endpoints: [], senderGraceDays: 0 }), at })
  const written = ordered === undefined ? source : withCodes(source, ordered.write)
  if (ordered !== undefined) notes.push(...[...ordered.unknown].map(code => `unknown code, as written: ${code}`))
  if (format === 'json') return { message: [Buffer.from(`${JSON.stringify(written, null, 2)}\n`)], notes }
  const openAttachment = async (n: number): Promise<AsyncIterable<Uint8Array>> => (async function * () { yield files.get(n) ?? Buffer.alloc(0) })()
  return { message: encodeEdxml(written, { zip, openAttachment }), notes }
}

function parse (content: string): Record<string, unknown> {
  try {
    const value = JSON.parse(content) as unknown
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Told below: it is no JSON object.
  }
  throw new HubError('JSON_MALFORMED', text('Tệp không phải một đối tượng JSON.', 'The file is no JSON object.'))
}

type Written = Partial<Attachment> & { base64?: string }

function toSource (read: Record<string, unknown>): { source: EdxmlSource, files: Map<number, Buffer>, notes: string[] } {
  const content = (read['content'] ?? contentOf(read)) as Content
  const listed = (read['attachments'] ?? (content.kind === 'document' ? content.document.attachments : [])) as Written[]
  const files = new Map<number, Buffer>()
  const notes: string[] = []
  const attachments: Attachment[] = []
  for (const { base64, ...attachment } of listed) {
    const name = attachment.name ?? ''
    if (base64 === undefined) {
      notes.push(`attachment without base64 left out: ${name}`)
      continue
    }
    const bytes = Buffer.from(base64, 'base64')
    const n = attachments.length + 1
    files.set(n, bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    attachments.push({ ...attachment, n, name, contentType: attachment.contentType ?? sniff(bytes.subarray(0, 512), name), size: bytes.length, sha256 })
  }
  const complete: Content = content.kind === 'document' ? { kind: 'document', document: { ...content.document, attachments } } : content
  const source = { envelope: read['envelope'], content: complete, attachments } as EdxmlSource
  const inner: unknown = complete.kind === 'document' ? complete.document : complete.kind === 'status' ? complete.status : complete.dossier
  const faults = [...faultsOf('envelope', source.envelope), ...faultsOf(complete.kind, inner)]
  if (faults.length > 0) throw new HubError('PACKAGE_INVALID', text('Tệp không phải dạng chuẩn của hệ thống.', 'The file is not in the canonical form.'), { errors: faults })
  return { source, files, notes }
}

/** The form in which endpoints get it: `document`, `status` or `dossier` beside the envelope. */
function contentOf (read: Record<string, unknown>): unknown {
  for (const kind of ['document', 'status', 'dossier']) if (read[kind] !== undefined) return { kind, [kind]: read[kind] }
  throw new HubError('PACKAGE_INVALID', text('Thiếu document, status hoặc dossier.', 'There is no document, status or dossier.'))
}

/** Runs a mapping, by its name in the configuration or by its file (`.jsonata`, else a table), on a file. Throws a `HubError`. */
export async function transformFile (path: string, mapping: string, { mappings }: Pick<HubConfig, 'mappings'>): Promise<string> {
  const configured = mappings.find(({ name }) => name === mapping)
  const engine = mapping.endsWith('.jsonata') ? 'jsonata' : 'table'
  const sandbox = createJsonataSandbox()
  try {
    const input = extname(path).toLowerCase() === '.xml' ? 'xml' : 'json'
    const opened = await openMapping(configured ?? { name: mapping, version: '0', engine, file: mapping, input, examples: [] }, sandbox)
    return await opened.runText(await readFile(path, 'utf8'))
  } finally {
    await sandbox.close()
  }
}
