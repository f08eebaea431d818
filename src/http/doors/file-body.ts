// The one file of a request, streamed: as the whole body, or as the part of a form. The vendor's client writes CR LF behind a
// file, which is not part of it, and announces a SHA-256 whose bytes it prints without their leading zero.
import { createHash, type Hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fault, HubError } from '../../errors.js'
import type { Part } from '../../formats/codec.js'
import { text } from '../../model/text.js'
import { openParts } from '../body.js'

const LINE_END = Buffer.from('\r\n')
const FILE_FIELDS: ReadonlySet<string> = new Set(['file_doc', 'edocFile', 'file'])

export interface FileWish {
  maxBodyBytes: number
  /** SHA-256 of the file, hex, as the client announced it. */
  sha256?: string | undefined
}

/** The file as edXML, whatever its media type says. Iterating throws as `openParts` does, and ATTACHMENT_INVALID when its hash is another. */
export async function * openFile (request: FastifyRequest, reply: FastifyReply, { maxBodyBytes, sha256 }: FileWish): AsyncGenerator<Part> {
  let found = false
  for await (const { name, filename, body } of openParts(request, reply, maxBodyBytes)) {
    if (found || (name !== undefined && filename === undefined && !FILE_FIELDS.has(name))) continue
    found = true
    yield { contentType: 'application/xml', body: fileOf(body, { sha256, whole: name === undefined }) }
  }
  if (!found) throw new HubError('BODY_EMPTY', text('Yêu cầu không có tệp edXML.', 'The request holds no edXML file.'))
}

/** The bytes of the file. With a hash it is certain whether CR LF at the end belongs to it; without one, only a whole body loses it. */
export async function * fileOf (body: AsyncIterable<Uint8Array>, { sha256, whole }: { sha256?: string | undefined, whole: boolean }): AsyncGenerator<Uint8Array> {
  const seen = createHash('sha256')
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of body) {
    const joined = chunk.length < 2 ? Buffer.concat([held, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    const ready = chunk.length < 2 ? [joined.subarray(0, -2)] : [held, joined.subarray(0, -2)]
    for (const bytes of ready) {
      if (bytes.length === 0) continue
      seen.update(bytes)
      yield bytes
    }
    // Copied: the source may reuse its buffer.
    held = Buffer.from(joined.subarray(-2))
  }
  if (held.equals(LINE_END) && (sha256 === undefined ? whole : isHash(sha256, seen))) return
  seen.update(held)
  if (sha256 !== undefined && !isHash(sha256, seen)) throw changed(sha256, seen)
  if (held.length > 0) yield held
}

function isHash (announced: string, seen: Hash): boolean {
  const written = announced.trim().toLowerCase()
  const digest = seen.copy().digest()
  return written === digest.toString('hex') || written === [...digest].map(byte => byte.toString(16)).join('')
}

function changed (announced: string, seen: Hash): HubError {
  const detail = text('Tệp nhận được khác hash-file đã ký.', 'The file that came is not the one that hash-file names.')
  return new HubError('ATTACHMENT_INVALID', detail, { errors: [fault('ATTACHMENT_INVALID', '/headers/hash-file', detail, { expected: announced, found: seen.digest('hex') })] })
}
