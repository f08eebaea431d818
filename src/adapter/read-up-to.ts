// An answer that is collected, of a size that the caller bounds.
import { type HttpAnswer, HttpFailure, type HttpStream } from '../ports/adapter.js'

/** Reads the body up to `mostBytes`; the connection is given up where there is more. Rejects with a {@link HttpFailure} when it breaks off. */
export async function readUpTo ({ status, headers, body }: HttpStream, mostBytes: number): Promise<HttpAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      // Leaving the loop destroys the stream, and with it the connection.
      if (size > mostBytes) return { status, headers, body: Buffer.concat(chunks).subarray(0, mostBytes), truncated: true }
    }
  } catch (cause) {
    throw new HttpFailure(body.errored?.name === 'AbortError' ? 'aborted' : 'broken', true, cause)
  }
  return { status, headers, body: Buffer.concat(chunks), truncated: false }
}
