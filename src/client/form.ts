// multipart/form-data (RFC 7578) written part by part. Own code, because FormData of Node wants its files in memory or in an
// experimental kind of Blob, and the order of the parts matters: the content comes first.
import { randomUUID } from 'node:crypto'
import type { Body } from './body.js'

export interface FormPart { readonly name: string, readonly filename?: string, readonly body: Body }

/** A form whose boundary stays the same however often it is opened, so that a repeat has the same bytes. */
export function createForm (parts: readonly FormPart[]): Body {
  const boundary = `lienthong-${randomUUID()}`
  const written = parts.map(part => ({ head: Buffer.from(headOf(part, boundary)), body: part.body }))
  const tail = Buffer.from(`--${boundary}--\r\n`)
  const sizes = written.map(({ head, body }) => body.size === undefined ? undefined : head.length + body.size + 2)
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    size: sizes.every(size => size !== undefined) ? sizes.reduce((sum, size) => sum + size, tail.length) : undefined,
    isRepeatable: parts.every(({ body }) => body.isRepeatable),
    async * open () {
      for (const { head, body } of written) {
        yield head
        yield * body.open()
        yield Buffer.from('\r\n')
      }
      yield tail
    }
  }
}

function headOf ({ name, filename, body }: FormPart, boundary: string): string {
  const file = filename === undefined ? '' : `; filename="${quoted(filename)}"`
  return `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"${file}\r\nContent-Type: ${body.contentType.replace(/[\r\n]/g, '')}\r\n\r\n`
}

/** As the URL standard of browsers says (WHATWG, multipart/form-data encoding): only these three cannot stand there. */
function quoted (value: string): string {
  return value.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22')
}
