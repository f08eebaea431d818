// What to do with a request body that nobody reads to its end: a refused upload must neither hang nor lose its answer.
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { onSendHookHandler, preParsingHookHandler } from 'fastify'

/** A body up to this size is left to Node, which swallows it and keeps the connection. */
const SWALLOW_BYTES = 64 * 1024
/** Longest drain after the answer: a client that still sends then is cut off. */
const DRAIN_MS = 5_000
const DRAIN_BYTES = 32 * 2 ** 20

const awaitingContinue = new WeakSet<IncomingMessage>()

/** Marks a request whose client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1). */
export function holdContinue (raw: IncomingMessage): void {
  awaitingContinue.add(raw)
}

/** Says `100 Continue`, after authentication and the checks of the headers, before the body is read. */
export const sendContinue: preParsingHookHandler = function sendContinue (request, reply, payload, done) {
  if (awaitingContinue.delete(request.raw)) reply.raw.writeContinue()
  done(null, payload)
}

/**
 * Answers first, then reads on for a bounded while, then closes. Closing at once would reset the connection while the
 * client still sends, and the reset can overtake the answer; not reading at all would hang a client that writes before it reads.
 */
export const answerBeforeUnread: onSendHookHandler = function answerBeforeUnread (request, reply, payload, done) {
  const { raw } = request
  if (!hasUnread(raw)) {
    done(null, payload)
    return
  }
  const written = typeof payload === 'string' || Buffer.isBuffer(payload)
  if (awaitingContinue.has(raw) || !written) {
    // Never asked for, so it may or may not come (or the answer has no body to wait behind): the connection is not used again.
    void reply.header('connection', 'close')
    done(null, payload)
    return
  }
  const length = Number(raw.headers['content-length'] ?? Infinity)
  raw.unpipe()
  if (length <= SWALLOW_BYTES) {
    raw.resume()
    done(null, payload)
    return
  }
  const bytes = Buffer.from(payload)
  void reply.header('connection', 'close').header('content-length', String(bytes.length))
  done(null, Readable.from(thenDrain(bytes, raw), { objectMode: false }))
}

function hasUnread (raw: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = raw.headers
  return (encoding !== undefined || (length !== undefined && length !== '0')) && !raw.readableEnded && !raw.destroyed
}

async function * thenDrain (answer: Buffer, raw: IncomingMessage): AsyncGenerator<Buffer> {
  // The client has the whole answer (Content-Length is set) as soon as this is written; the stream ends when the drain does.
  yield answer
  await new Promise<void>(resolve => {
    let bytes = 0
    const timer = setTimeout(end, DRAIN_MS)
    function end (): void {
      clearTimeout(timer)
      raw.off('data', count)
      raw.pause()
      resolve()
    }
    function count (chunk: Buffer): void {
      bytes += chunk.length
      if (bytes > DRAIN_BYTES) end()
    }
    raw.on('data', count).once('end', end).once('error', end).once('close', end).resume()
  })
}
