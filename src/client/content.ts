// Bytes from the hub as a stream that ends well only when they are the right ones: the hash is computed while they pass.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { ContentError } from './errors.js'
import type { Exchange } from './exchange.js'

/** How far a stream has come. Only `whole` bytes have been checked. */
export type Progress = 'unread' | 'begun' | 'whole'

export interface Download {
  readonly stream: Readable
  progress (): Progress
}

/**
 * Opens a path when its stream is first read. The stream fails with `ContentError` at its end when the bytes have another SHA-256 than
 * Content-Digest (RFC 9530) or `sha256` says; never use what a failed stream gave.
 */
export function download (exchange: Exchange, path: string, { sha256, signal }: { sha256?: string | undefined, signal?: AbortSignal | undefined } = {}): Download {
  let progress: Progress = 'unread'
  async function * checked (): AsyncGenerator<Uint8Array> {
    progress = 'begun'
    const response = await exchange.open({ path, signal })
    const expected = [sha256, digestOf(response)].filter(value => value !== undefined)
    const hash = createHash('sha256')
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      hash.update(chunk)
      yield chunk
    }
    const found = hash.digest('hex')
    const other = expected.find(value => value !== found)
    if (other !== undefined) throw new ContentError(other, found)
    progress = 'whole'
  }
  return { stream: Readable.from(checked(), { objectMode: false }), progress: () => progress }
}

function digestOf ({ headers }: Response): string | undefined {
  const base64 = /(?:^|[,\s])sha-256=:([A-Za-z0-9+/]{43}=):/.exec(headers.get('content-digest') ?? '')?.[1]
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('hex')
}
