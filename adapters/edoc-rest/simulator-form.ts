// The form of sendEdoc, read as it comes: the file is hashed, and kept only while it is small.
import { createHash } from 'node:crypto'

export interface SentForm {
  readonly messageType: string
  readonly file: { readonly size: number, readonly sha256: string, readonly head: Buffer, readonly bytes: Buffer | undefined } | undefined
}

/** Facts of a message stand in its head. */
const HEAD_BYTES = 512 * 1024
const MOST_KEPT_BYTES = 16 * 2 ** 20
const MOST_HEADER_BYTES = 16 * 1024

/** Undefined when the body is no form. */
export async function readForm (body: AsyncIterable<Buffer>, contentType: string): Promise<SentForm | undefined> {
  const boundary = /^multipart\/form-data\s*;.*boundary="?([^";]+)"?/i.exec(contentType)?.[1]
  if (boundary === undefined) {
    for await (const _chunk of body) { /* Whoever sends it may still get an answer. */ }
    return undefined
  }
  const mark = Buffer.from(`\r\n--${boundary}`)
  const parts = new Map<string, Sink>()
  let open: Sink | undefined
  // As if the first boundary had a line before it, like all others.
  let rest: Buffer = Buffer.from('\r\n')
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk])
    for (let isMore = true; isMore;) {
      isMore = false
      const at = rest.indexOf(mark)
      if (at < 0) {
        // The mark may be cut: what could be its beginning waits.
        const sure = Math.max(0, rest.length - mark.length)
        open?.write(rest.subarray(0, sure))
        rest = Buffer.from(rest.subarray(sure))
      } else {
        const end = rest.indexOf('\r\n\r\n', at + mark.length)
        if (end >= 0) {
          open?.write(rest.subarray(0, at))
          open = createSink()
          parts.set(/name="([^"]*)"/i.exec(rest.toString('latin1', at, end))?.[1] ?? '', open)
          rest = Buffer.from(rest.subarray(end + 4))
          isMore = true
        } else if (rest.length - at > MOST_HEADER_BYTES) return undefined
      }
    }
  }
  const last = rest.indexOf(mark)
  if (last < 0) return undefined
  open?.write(rest.subarray(0, last))
  return { messageType: parts.get('messageType')?.end().head.toString() ?? 'edoc', file: parts.get('edocFile')?.end() }
}

interface Sink { write (bytes: Buffer): void, end (): NonNullable<SentForm['file']> }

function createSink (): Sink {
  const hash = createHash('sha256')
  const kept: Buffer[] = []
  let size = 0
  return {
    write (bytes) {
      hash.update(bytes)
      size += bytes.length
      if (size <= MOST_KEPT_BYTES) kept.push(Buffer.from(bytes))
    },
    end () {
      const all = Buffer.concat(kept)
      return { size, sha256: hash.digest('hex'), head: all.subarray(0, HEAD_BYTES), bytes: size <= MOST_KEPT_BYTES ? all : undefined }
    }
  }
}
