// `lienthong encode` and `lienthong transform`: what the hub would write, from a file, without a hub.
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { createMemorySpool } from './decode-file.js'
import { createDirectory } from './directory/directory.js'
import { readDirectoryFiles } from './directory/files.js'
import { HubError } from './errors.js'
import type { HubConfig } from './model/generated.js'
import { text } from './model/text.js'
import { faultsOf } from './schema.js'
import { DEFAULT_LIMITS } from './formats/codec.js'
import { withCodes } from './formats/codes.js'
import { type EdxmlSource, encodeEdxml } from './formats/edxml/encode.js'
import { createFindings } from './formats/findings.js'
import { addressedEnvelope, readPackage, takeFiles } from './formats/package/read.js'
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
  const { source, openAttachment, notes } = await toSource(unprinted(parse(await readFile(path, 'utf8'))))
  const ordered: OrderedCodes | undefined = codes === 'as-written' ? undefined : orderCodes(codes, { directory: createDirectory({ files: await readDirectoryFiles(directoryFiles), endpoints: [], senderGraceDays: 0 }), at })
  const written = ordered === undefined ? source : withCodes(source, ordered.write)
  if (ordered !== undefined) notes.push(...[...ordered.unknown].map(code => `unknown code, as written: ${code}`))
  if (format === 'json') return { message: [Buffer.from(`${JSON.stringify(written, null, 2)}\n`)], notes }
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

/** What `lienthong decode` prints, as the canonical JSON that it stands for. */
function unprinted ({ format: _format, content, warnings: _warnings, faults: _faults, ...rest }: Record<string, unknown>): Record<string, unknown> {
  const { envelope } = rest
  const kind = typeof envelope === 'object' && envelope !== null && 'kind' in envelope ? String(envelope.kind) : ''
  return content === undefined ? rest : { ...rest, [kind]: content }
}

async function toSource (value: unknown): Promise<{ source: EdxmlSource, openAttachment: (n: number) => Promise<AsyncIterable<Uint8Array>>, notes: string[] }> {
  const findings = createFindings()
  const notes: string[] = []
  const read = readPackage(value, findings)
  const context = { limits: DEFAULT_LIMITS, spool: async () => createMemorySpool() }
  const { attachments, spools } = await takeFiles(read.listed, { cut: new Map(), received: [] }, { context, findings, absent: name => { notes.push(`attachment without base64 left out: ${name}`) } })
  const inner = read.kind === 'document' ? { ...read.content, attachments } : read.content
  const source = { envelope: { ...addressedEnvelope(read), ...read.envelope }, content: { kind: read.kind, [read.kind]: inner }, attachments } as unknown as EdxmlSource
  const faults = [...findings.faults, ...faultsOf('envelope', source.envelope), ...faultsOf(read.kind, inner)]
  if (faults.length > 0) throw new HubError('PACKAGE_INVALID', text('Tệp không phải dạng chuẩn của hệ thống.', 'The file is not in the canonical form.'), { errors: faults })
  return { source, notes, openAttachment: async n => await (spools.get(n) ?? createMemorySpool()).read(0, attachments[n - 1]?.size ?? 0) }
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
