// `lienthong decode FILE`: what the hub makes of a file, with nothing stored. The codec is chosen as for a request.
import { hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { HubError, toProblem } from './errors.js'
import type { Direction } from './formats/check.js'
import { type Codec, DEFAULT_LIMITS, type Part, type Spool } from './formats/codec.js'
import { RELATED_MEDIA_TYPE } from './formats/edxml/related.js'
import { codecFor } from './formats/index.js'
import { isMime } from './formats/mime.js'
import type { Problem } from './model/problem.js'
import { text } from './model/text.js'

/** Bytes of a file that are looked at for its kind. */
const HEAD_BYTES = 1024

/** What is printed: the canonical model, or why there is none. */
export interface DecodedFile {
  exitCode: 0 | 1
  printed: { format?: string, [part: string]: unknown }
}

/** Never rejects for the file, whatever is in it and whether there is one: `exitCode` is 0 when the package would be read without a fault. `at`: now, epoch ms. */
export async function decodeFile (path: string, { at, direction }: { at: number, direction: Direction }): Promise<DecodedFile> {
  let codec: Codec | undefined
  try {
    codec = codecFor({ filename: basename(path), contentType: await contentTypeOf(path) })
    const content = createReadStream(path, { highWaterMark: 64 * 1024 }) as AsyncIterable<Uint8Array>
    const decoded = await codec.decode(content, noParts(), { limits: DEFAULT_LIMITS, at, direction, spool: async () => createMemorySpool() })
    const { envelope, content: { kind: _kind, ...body }, attachments, warnings, faults } = decoded
    return { exitCode: faults.length === 0 ? 0 : 1, printed: { format: codec.format, envelope, content: Object.values(body)[0], attachments, warnings, faults } }
  } catch (error) {
    const told = error instanceof HubError ? error : unreadable(error)
    return { exitCode: 1, printed: { ...(codec === undefined ? {} : { format: codec.format }), attachments: [], warnings: [], faults: faultsIn(toProblem(told)) } }
  }
}

/** What the system says of a file that is not there, is a directory or may not be read. Anything else is a defect, thrown on. */
function unreadable (error: unknown): HubError {
  if (!(error instanceof Error && 'syscall' in error)) throw error
  const isMissing = 'code' in error && error.code === 'ENOENT'
  return new HubError(isMissing ? 'NOT_FOUND' : 'REQUEST_INVALID', text(`Không đọc được tệp: ${error.message}`, `The file cannot be read: ${error.message}`))
}

function faultsIn (problem: Problem): unknown[] {
  return problem.errors ?? [{ code: problem.code, pointer: '', detail: problem.detail }]
}

/** JSON or MIME when the beginning says so; else XML, so that its reader explains what is wrong. */
async function contentTypeOf (path: string): Promise<string> {
  for await (const chunk of createReadStream(path, { end: HEAD_BYTES - 1 }) as AsyncIterable<Buffer>) {
    const head = chunk.toString('latin1')
    if (/^(?:\xEF\xBB\xBF)?\s*\{/.test(head)) return 'application/json'
    return isMime(head) ? RELATED_MEDIA_TYPE : 'application/xml'
  }
  return 'application/xml'
}

async function * noParts (): AsyncGenerator<Part> {}

/** A spool in memory, for callers that store nothing. */
export function createMemorySpool (): Spool {
  const chunks: Buffer[] = []
  let size = 0
  return {
    async write (chunk) {
      chunks.push(Buffer.from(chunk))
      size += chunk.byteLength
    },
    async read (start, end) { return Readable.from([Buffer.concat(chunks).subarray(start, end)]) },
    async end () { return { sha256: hash('sha256', Buffer.concat(chunks)), size } },
    async discard () { chunks.length = 0 }
  }
}
