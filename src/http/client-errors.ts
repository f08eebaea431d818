// Requests that the HTTP parser gives up on never reach a route; they get a problem all the same.
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { ErrorCode } from '../errors.js'
import { rawProblem } from './problem.js'
import { traceIdOf } from './trace.js'

const CODES: Record<string, ErrorCode | undefined> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT'
}

/** Answers on the bare socket and closes it. A connection that is gone, or whose answer has begun, is only closed. */
export function answerUnreadable (error: Error & { code?: string }, socket: Socket, log: FastifyBaseLogger): void {
  const begun = (socket as Socket & { _httpMessage?: { _headerSent?: boolean } | null })._httpMessage?._headerSent === true
  if (error.code === 'ECONNRESET' || !socket.writable || begun) {
    socket.destroy()
    return
  }
  const code = CODES[error.code ?? ''] ?? 'REQUEST_INVALID'
  const traceId = traceIdOf(undefined)
  log.info({ code, reason: error.code, traceId }, 'request.rejected')
  socket.end(rawProblem(code, traceId), () => { socket.destroy() })
}
