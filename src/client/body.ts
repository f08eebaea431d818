// What is sent, as bytes that can be opened again for another try: a file, bytes, a stream, or a form of such parts.
// Nothing is ever whole in memory that was not given so.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { DossierFile } from '../model/generated.js'
import { createForm } from './form.js'

type Bytes = AsyncIterable<Uint8Array>

/** Where bytes come from. A `stream` that is no function can be read once: such a send is not repeated by itself. */
export type Source =
  | { readonly file: string }
  | { readonly bytes: Uint8Array | string }
  /** `size` in bytes, where it is known: the hub then refuses what is too large before it comes. */
  | { readonly stream: Bytes | (() => Bytes), readonly size?: number }
  | { readonly json: unknown }

/** One part of a form. The first is the content (`package`), the others are its files. */
export type Part = Source & { readonly name?: string, readonly filename?: string, readonly contentType?: string }

/** A package as it is handed in. */
export type Sendable = Source | { readonly parts: readonly Part[] }

/** Bytes ready to go. */
export interface Body {
  readonly contentType: string
  /** Bytes in all, where known. */
  readonly size: number | undefined
  /** May `open` be called more than once? */
  readonly isRepeatable: boolean
  open (): Bytes
}

const TYPES: Readonly<Record<string, string>> = {
  '.xml': 'application/xml', '.edxml': 'application/xml', '.edoc': 'application/xml', '.json': 'application/json', '.pdf': 'application/pdf',
  '.png': 'image/png', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.zip': 'application/zip', '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
}

/** Makes the body. Throws at once for a file that is not there. `contentType` wins over what the file's name says; without both it is XML. */
export async function toBody (content: Sendable, contentType?: string): Promise<Body> {
  if (!('parts' in content)) return await sourceBody(content, contentType ?? typeOf(content, 'application/xml'))
  if (content.parts.length === 0) throw new TypeError('a form needs at least one part')
  const parts = await Promise.all(content.parts.map(async (part, index) => {
    const filename = part.filename ?? ('file' in part ? basename(part.file) : index === 0 ? undefined : `file-${index}`)
    const body = await sourceBody(part, part.contentType ?? typeOf(part, index === 0 ? 'application/json' : 'application/octet-stream'))
    return { name: part.name ?? (index === 0 ? 'package' : 'file'), ...(filename === undefined ? {} : { filename }), body }
  }))
  return createForm(parts)
}

function typeOf (source: Source, otherwise: string): string {
  if ('json' in source) return 'application/json'
  return 'file' in source ? TYPES[extname(source.file).toLowerCase()] ?? otherwise : otherwise
}

async function sourceBody (source: Source, contentType: string): Promise<Body> {
  if ('file' in source) return await fileBody(source.file, contentType)
  if ('stream' in source) return streamBody(source, contentType)
  const bytes = 'json' in source ? JSON.stringify(source.json) : source.bytes
  const written = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  return { contentType, size: written.length, isRepeatable: true, open: async function * () { yield written } }
}

async function fileBody (file: string, contentType: string): Promise<Body> {
  const facts = await stat(file)
  if (!facts.isFile()) throw new TypeError(`${file} is no file`)
  return { contentType, size: facts.size, isRepeatable: true, open: () => createReadStream(file) }
}

function streamBody ({ stream, size }: Extract<Source, { stream: unknown }>, contentType: string): Body {
  return { contentType, size, isRepeatable: typeof stream === 'function', open: () => typeof stream === 'function' ? stream() : stream }
}

/** What a dossier says about one of its files (`GiayToDinhKem`): name, SHA-256 and size, read from the file as a stream. */
export async function dossierFile (path: string): Promise<DossierFile> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    size += chunk.length
  }
  return { TenGiayTo: basename(path), HashTepTin: hash.digest('hex'), size }
}
