// The body of sendEdoc as the different clients send it: raw octets, with or without two bytes too many, or a form.
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Body {
  /** All of it, or its beginning where not all is kept. */
  bytes: Buffer
  /** As it came, and without its last two bytes: some clients send two too many. */
  candidates: Array<{ size: number, sha256: string }>
}

/** Keeps at most `keepBytes` and counts the rest. Throws a `RangeError` when it is over `mostBytes`. */
export async function readBody (request: IncomingMessage, { mostBytes, keepBytes = mostBytes }: { mostBytes: number, keepBytes?: number }): Promise<Body> {
  const chunks: Buffer[] = []
  const hash = createHash('sha256')
  let [size, kept] = [0, 0]
  let last: Buffer = Buffer.alloc(0)
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBytes) throw new RangeError('too large')
    if (kept < keepBytes) chunks.push(chunk)
    kept += chunk.length
    const known = Buffer.concat([last, chunk])
    last = known.subarray(-2)
    hash.update(known.subarray(0, -2))
  }
  const trimmed = { size: size - last.length, sha256: hash.copy().digest('hex') }
  const whole = { size, sha256: hash.update(last).digest('hex') }
  return { bytes: Buffer.concat(chunks), candidates: last.toString('latin1') === '\r\n' ? [trimmed, whole] : [whole] }
}

/** `bytes` may be the beginning only; `size` and `sha256` are those of the file. */
export type SentFile = { bytes: Buffer, size: number, sha256: string } | { fault: string }

/** The message in a body; a fault when the form has no such part, or the bytes are not those of `hash-file`. */
export function fileIn ({ bytes, candidates }: Body, contentType: string, hashFile: string | undefined): SentFile {
  const boundary = /^multipart\/form-data\s*;.*boundary="?([^";]+)"?/i.exec(contentType)?.[1]
  const part = boundary === undefined ? bytes : partOf(bytes, boundary)
  if (part === undefined) return { fault: 'the part file_doc is missing' }
  const sent = boundary === undefined ? candidates : [{ size: part.length, sha256: createHash('sha256').update(part).digest('hex') }]
  const wanted = hashFile?.trim().toLowerCase() ?? ''
  const found = wanted === '' ? sent[0] : sent.find(({ sha256 }) => wanted === sha256 || wanted === unpadded(sha256))
  return found === undefined ? { fault: 'hash-file is not the SHA-256 of the file' } : { ...found, bytes: part.subarray(0, found.size) }
}

/** As the vendor's SDK writes it: each byte without its leading zero. */
export function unpadded (sha256: string): string {
  return (sha256.match(/../g) ?? []).map(byte => byte.replace(/^0/, '')).join('')
}

function partOf (body: Buffer, boundary: string): Buffer | undefined {
  const delimiter = Buffer.from(`--${boundary}`)
  for (let at = body.indexOf(delimiter); at >= 0;) {
    const next = body.indexOf(delimiter, at + delimiter.length)
    if (next < 0) return undefined
    const part = body.subarray(at + delimiter.length, next)
    const headEnd = part.indexOf('\r\n\r\n')
    if (headEnd >= 0 && /name="file_doc"/i.test(part.subarray(0, headEnd).toString('latin1'))) return part.subarray(headEnd + 4, -2)
    at = next
  }
  return undefined
}
