// A ZIP archive of one file, streamed. The same bytes in give the same bytes out, whenever and wherever it runs (with the
// same zlib): the time in it is fixed.
import { Readable } from 'node:stream'
import { ZipFile } from 'yazl'

/** ZIP holds local time without a zone; the first moment it knows, taken in local time, is the same bytes everywhere. */
const FIRST_MOMENT = new Date(1980, 0, 1)
const PLAIN_FILE = 0o100644

/**
 * The archive with `source` as its only entry. Deflated although most files hardly shrink: Java's ZipInputStream, which
 * receivers use, cannot read a stored entry whose size follows it, and a stream's size is not known before its end.
 */
export async function * zipOf (source: AsyncIterable<Uint8Array>, entry: string): AsyncGenerator<Buffer> {
  const input = source instanceof Readable ? source : Readable.from(source, { objectMode: false })
  const zip = new ZipFile()
  const output = zip.outputStream as Readable
  // Pipes pass data on, not errors.
  const fail = (error: Error): void => { output.destroy(error) }
  input.on('error', fail)
  zip.on('error', fail)
  zip.addReadStream(input, entry, { mtime: FIRST_MOMENT, forceDosTimestamp: true, mode: PLAIN_FILE })
  zip.end()
  try {
    yield * output as AsyncIterable<Buffer>
  } finally {
    input.destroy()
  }
}
