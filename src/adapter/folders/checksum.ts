// SHA-256 of files: read from side files, counted while bytes pass.
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'

/** A checksum file is one line; more than this is something else. */
const MOST_BYTES = 4096

/** Lower-case hex of a checksum file as `sha256sum` (GNU) or `shasum --tag` (BSD) writes it, or the bare hex; undefined when it is none. */
export function parseChecksum (content: string): string | undefined {
  const line = content.replace(/^\ufeff/, '').trim()
  const found = /^\\?([0-9a-f]{64})(?:\s|$)/i.exec(line)?.[1] ?? /^SHA256 \(.*\) = ([0-9a-f]{64})$/i.exec(line)?.[1]
  return found?.toLowerCase()
}

/** One line as `sha256sum -c` reads it. */
export function checksumLine (sha256: string, name: string): string {
  return `${sha256}  ${name}\n`
}

/** The text of a small file; undefined when it is not small. */
export async function readSmall (source: Readable): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of source as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** What passed through {@link counted}. `sha256` is final once the source has ended. */
export interface Count { bytes: number, sha256 (): string }

/** Hands bytes on and counts them. `onEnd` may throw to turn the end into a failure; `onBytes` sees every new total. */
export function counted (
  source: AsyncIterable<Uint8Array>, { onBytes, onEnd }: { onBytes?: (total: number) => void, onEnd?: (count: Count) => void }
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let digest: string | undefined
  const count: Count = { bytes: 0, sha256: () => digest ??= hash.digest('hex') }
  return (async function * () {
    for await (const chunk of source) {
      hash.update(chunk)
      count.bytes += chunk.length
      onBytes?.(count.bytes)
      yield chunk
    }
    onEnd?.(count)
  })()
}

/** Size and SHA-256 of a source, which is read to its end. */
export async function measure (source: AsyncIterable<Uint8Array>, onBytes?: (total: number) => void): Promise<{ bytes: number, sha256: string }> {
  let measured = { bytes: 0, sha256: '' }
  const passing = counted(source, {
    ...(onBytes === undefined ? {} : { onBytes }),
    onEnd: count => { measured = { bytes: count.bytes, sha256: count.sha256() } }
  })
  while ((await passing.next()).done !== true) { /* counting is the point */ }
  return measured
}
