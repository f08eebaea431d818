// A message inside of a JSON answer while it comes: of up to hundreds of megabytes, in base64 or as it is, it goes through
// decoded, chunk by chunk. What else the answer says is kept, and judged at the end.
import { createBase64Decoder } from '../../formats/edxml/base64.js'
import { nonsense } from './failure.js'
import { createJsonScan } from './json-scan.js'

export interface AnswerShape {
  /** Whether the text at a path (`data.attachments[].fileContent`) is the message; `said` is the last value of each path that was kept. The first one is taken. */
  isMessage (path: string, said: ReadonlyMap<string, string>): boolean
  /** Paths of what else is to be kept. */
  readonly keeps: readonly string[]
}

/**
 * The bytes of the message; none when there is none. `check` is asked about what was kept at the end, and throws when that tells of
 * no success: then, as after any other fault, the iteration fails, and what came out of it must not be kept.
 */
export async function * readMessage (body: AsyncIterable<Buffer>, { isMessage, keeps }: AnswerShape, check: (said: ReadonlyMap<string, string>) => unknown): AsyncGenerator<Buffer> {
  const said = new Map<string, string>()
  let isTaken = false
  const scan = createJsonScan(
    path => {
      if (isTaken || !isMessage(path, said)) return keeps.includes(path) ? 'keep' : 'pass'
      isTaken = true
      return 'through'
    },
    (path, value) => { if (keeps.includes(path)) said.set(path, value) })
  const content = createContent()
  for await (const part of scanned(body, scan)) {
    const bytes = content.push(part)
    if (bytes.length > 0) yield bytes
  }
  check(said)
  const last = content.end()
  if (last.length > 0) yield last
}

async function * scanned (body: AsyncIterable<Buffer>, scan: ReturnType<typeof createJsonScan>): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) yield * scan.push(chunk)
    scan.end()
  } catch (error) {
    throw error instanceof RangeError ? nonsense() : error
  }
}

/** XML as it is, or in base64: its first character tells. */
function createContent (): { push (bytes: Buffer): Buffer, end (): Buffer } {
  const decoder = createBase64Decoder()
  let kind: 'unknown' | 'plain' | 'base64' = 'unknown'
  let size = 0
  return {
    push (bytes) {
      if (kind === 'unknown') {
        // A byte order mark or white space may stand first.
        const first = bytes.find(byte => byte > 0x20)
        if (first === undefined) return Buffer.alloc(0)
        kind = first === 0x3c || first === 0xef ? 'plain' : 'base64'
      }
      if (kind === 'plain') return bytes
      const decoded = decoder.push(bytes)
      if (decoder.wrong() !== undefined) throw nonsense()
      size += decoded.length
      return decoded
    },
    end () {
      const last = kind === 'base64' ? decoder.end() : Buffer.alloc(0)
      if (decoder.wrong() !== undefined || (kind === 'base64' && size + last.length === 0)) throw nonsense()
      return last
    }
  }
}
