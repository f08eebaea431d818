// What is known about a request while it is served: who calls, what it cost, how it ended. Feeds the one log line.
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../model/caller.js'

export interface RequestFacts {
  caller?: Caller
  /** Body bytes read. */
  bytesIn: number
  /** Body bytes answered. */
  bytesOut: number
  /** Code of the problem that was answered. */
  code?: string
  /** What a link led to. */
  file?: { packageId: string, attachment: number }
  /** What a one-time link, or its session, is about. */
  deliveryId?: string
  /** Names of the failing checks, for a readiness answer. */
  failing?: Array<{ name: string, detail?: string }>
}

const known = new WeakMap<FastifyRequest, RequestFacts>()

/** The facts of a request; the same object for its whole life. */
export function factsOf (request: FastifyRequest): RequestFacts {
  let facts = known.get(request)
  if (facts === undefined) {
    facts = { bytesIn: 0, bytesOut: 0 }
    known.set(request, facts)
  }
  return facts
}
