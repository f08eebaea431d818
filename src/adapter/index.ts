// lienthong/adapter: the only module an adapter imports from the hub.
import { type Text, text } from '../model/text.js'
import type { Problem } from '../model/problem.js'
import type { Outcome } from '../model/delivery.js'

export type * from '../ports/adapter.js'
export { HttpFailure } from '../ports/adapter.js'
export type { AdapterManifest, Attachment, Envelope } from '../model/generated.js'
export type { Content } from '../model/package.js'
export type { Outcome, Problem, Text }
export { text }

/** The receiving system has the package for good. */
export function delivered (externalId?: string): Outcome {
  return externalId === undefined ? { kind: 'delivered' } : { kind: 'delivered', externalId }
}

/** Not now: to be tried again, after `retryAfterMs` when the other side asked for it. */
export function deferred (problem: Problem, more: { retryAfterMs?: number, uncertain?: boolean } = {}): Outcome {
  return { kind: 'deferred', problem, ...more }
}

/** Never: the receiving system said no. */
export function refused (problem: Problem): Outcome {
  return { kind: 'refused', problem }
}
