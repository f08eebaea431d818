// A form with one file (multipart/form-data, RFC 7578), streamed. Its length is known before its first byte: gateways were seen
// that take no chunked bodies.
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { plain } from './http-outcome.js'

export interface FileForm {
  readonly contentType: string
  /** Bytes of the whole form. */
  readonly length: number
  /** The form around the bytes of the file. */
  open (content: AsyncIterable<Buffer> | Iterable<Buffer>): Readable
}

/** `size` is that of the file, bytes; `fields` come before it. */
export function createFileForm ({ field, name, contentType, size }: { field: string, name: string, contentType: string, size: number }, fields: Readonly<Record<string, string>> = {}): FileForm {
  const boundary = `lienthong-${randomBytes(16).toString('hex')}`
  const partOf = (disposition: string): string => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n`
  const filename = plain(name, { maxLength: 200 }).replace(/["\\/]/g, '_')
  const before = Buffer.from(Object.entries(fields).map(([name, value]) => `${partOf(`name="${name}"`)}\r\n${value}\r\n`).join('') +
    `${partOf(`name="${field}"; filename="${filename}"`)}Content-Type: ${contentType}\r\n\r\n`)
  const after = Buffer.from(`\r\n--${boundary}--\r\n`)
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: before.length + size + after.length,
    open: content => Readable.from((async function * () {
      yield before
      yield * content
      yield after
    })(), { objectMode: false })
  }
}
