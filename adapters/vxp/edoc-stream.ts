// The answer of getEdoc while it comes: JSON whose field `data` is the message.
import { nonsense, readMessage } from 'lienthong/adapter'

/** The bytes of the message. Fails when there is none, and as `check` does, which is asked about the other fields at the end. */
export async function * readEdoc (body: AsyncIterable<Buffer>, check: (fields: unknown) => unknown): AsyncGenerator<Buffer> {
  let isThere = false
  for await (const bytes of readMessage(body, { isMessage: path => path === 'data', keeps: ['ErrorCode', 'ErrorDesc'] }, said => check(Object.fromEntries(said)))) {
    isThere = true
    yield bytes
  }
  if (!isThere) throw nonsense()
}
