// One wide log line per request. Never a body, never a credential, never a query string (it may hold a name).
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import { factsOf } from './facts.js'

/** Writes `request.completed` when the exchange is over, also when the client went away before the answer. */
export function logWhenClosed (request: FastifyRequest, reply: FastifyReply, log: FastifyBaseLogger): void {
  reply.raw.once('close', () => {
    const { caller, bytesIn, bytesOut, code, failing, file, deliveryId } = factsOf(request)
    const { url: route } = request.routeOptions
    const aborted = !reply.raw.writableFinished
    const line = {
      method: request.method,
      route: request.is404 ? undefined : route,
      status: reply.raw.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
      caller: caller?.id,
      bytesIn: bytesIn > 0 ? bytesIn : bodyLength(request),
      bytesOut: bytesOut > 0 ? bytesOut : Number(reply.getHeader('content-length') ?? 0),
      traceId: request.id,
      code,
      ...file,
      ...(deliveryId === undefined ? {} : { deliveryId }),
      ...(aborted ? { aborted } : {}),
      ...(failing === undefined || failing.length === 0 ? {} : { failing })
    }
    if (route?.startsWith('/health/') === true && reply.raw.statusCode < 500) log.debug(line, 'request.completed')
    else log.info(line, 'request.completed')
  })
}

/** Parsed bodies were read whole, or the request was refused. */
function bodyLength (request: FastifyRequest): number {
  return request.body === undefined || request.body === null ? 0 : Number(request.headers['content-length'] ?? 0)
}
