// The answer of getEdoc while it comes: its message, of up to hundreds of megabytes, goes through decoded, chunk by chunk.
import { createBase64Decoder } from 'lienthong/adapter'
import { nonsense } from './failure.js'
import { createJsonScan } from './json-scan.js'

/** Where the message is: the field `edxml`, or, when that is empty, the first attachment that is called so. */
export type Place = 'edxml' | 'attachment'

/** Fields that say whether the call succeeded. */
const SAID = ['success', 'message', 'ErrorCode', 'errorCode', 'data.errorCode', 'data.errorDesc']
const MESSAGE_NAME = /\.(edxml|xml)$/i

/**
 * The bytes of the message; none when there is nothing at `place`. `check` is asked about the other fields at the end, and throws
 * when they tell of no success: then, as after any other fault, the iteration fails, and what came out of it must not be kept.
 */
export async function * readEdoc (body: AsyncIterable<Buffer>, place: Place, check: (fields: unknown) => unknown): AsyncGenerator<Buffer> {
  const fields: Record<string, unknown> = {}
  let isTaken = false
  let fileName = ''
  const isMessage = (path: string): boolean => place === 'edxml' ? path === 'data.edxml' : path === 'data.attachments[].fileContent' && MESSAGE_NAME.test(fileName)
  const scan = createJsonScan(
    path => {
      if (!isTaken && isMessage(path)) {
        isTaken = true
        return 'through'
      }
      return path === 'data.attachments[].fileName' || SAID.includes(path) ? 'keep' : 'pass'
    },
    (path, value) => {
      if (path === 'data.attachments[].fileName') fileName = value
      else if (SAID.includes(path)) put(fields, path, value)
    })
  const content = createContent()
  for await (const part of scanned(body, scan)) {
    const bytes = content.push(part)
    if (bytes.length > 0) yield bytes
  }
  check(fields)
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

/** `data.errorCode` → the field of that name inside of `data`; `true` and `false` as they are meant. */
function put (fields: Record<string, unknown>, path: string, value: string): void {
  const [name = '', inner] = path.split('.')
  if (inner === undefined) fields[name] = name === 'success' ? value === 'true' : value
  else fields[name] = { ...fields[name] as object | undefined, [inner]: value }
}

/** XML as it is, or in base64: its first character tells. */
function createContent (): { push (bytes: Buffer): Buffer, end (): Buffer } {
  const decoder = createBase64Decoder()
  let kind: 'unknown' | 'plain' | 'base64' = 'unknown'
  let size = 0
  const counted = (bytes: Buffer): Buffer => { size += bytes.length; return bytes }
  return {
    push (bytes) {
      if (kind === 'unknown') {
        // A byte order mark or white space may stand first.
        const first = bytes.find(byte => byte > 0x20)
        if (first === undefined) return Buffer.alloc(0)
        kind = first === 0x3c || first === 0xef ? 'plain' : 'base64'
      }
      if (kind === 'plain') return counted(bytes)
      const decoded = decoder.push(bytes)
      if (decoder.wrong() !== undefined) throw nonsense()
      return counted(decoded)
    },
    end () {
      const last = kind === 'base64' ? decoder.end() : Buffer.alloc(0)
      if (decoder.wrong() !== undefined || (kind === 'base64' && size + last.length === 0)) throw nonsense()
      return last
    }
  }
}
