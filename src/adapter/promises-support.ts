// What the promises share: failing with a sentence, and the reasons why a promise does not concern an adapter.
import type { Subject } from './conformance-context.js'
import type { Misbehaviour } from './harness.js'

/** Throws `otherwise` when the condition does not hold. */
export function expect (condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise)
}

/** Why promises about sending do not concern an adapter. */
export function sendsNothing ({ adapter: { manifest } }: Subject): string | undefined {
  if (!manifest.directions.includes('outbound')) return 'the adapter only receives'
  return manifest.pull === true ? 'the recipient fetches: nothing is sent' : undefined
}

/** Why a promise about an accident cannot be examined. */
export function unable ({ harness }: Subject, kind: Misbehaviour): string | undefined {
  return harness.can.includes(kind) ? undefined : `the harness cannot play "${kind}"`
}
