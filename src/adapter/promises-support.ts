// What the promises share: failing with a sentence, and the reasons why a promise does not concern an adapter.
import type { Outcome } from '../model/delivery.js'
import type { AdapterManifest } from '../model/generated.js'
import type { Subject } from './conformance-context.js'
import type { Misbehaviour } from './harness.js'

/** Throws `otherwise` when the condition does not hold. */
export function expect (condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise)
}

/** Why promises about sending do not concern an adapter. */
export function sendsNothing ({ adapter: { manifest }, harness }: Subject): string | undefined {
  if (!manifest.directions.includes('outbound')) return 'the adapter sends no packages'
  // One whose counterpart can have accidents tells the recipient that something waits.
  return manifest.pull === true && harness.can.length === 0 ? 'the recipient fetches: nothing is sent' : undefined
}

/** How an adapter says that all is well: the recipient has it, or may fetch it. */
export function wellOf ({ pull }: AdapterManifest): Outcome['kind'] {
  return pull === true ? 'available' : 'delivered'
}

/** Why promises about receiving do not concern an adapter, or cannot be examined. */
export function receivesNothing ({ adapter: { manifest }, harness }: Subject): string | undefined {
  if (!manifest.directions.includes('inbound')) return 'the adapter receives no packages'
  return harness.offer === undefined || harness.fateOf === undefined ? 'the harness has no offer and fateOf' : undefined
}

/** Why promises about the bytes of the body do not concern an adapter. */
export function carriesFields ({ adapter: { manifest }, harness }: Subject): string | undefined {
  if (manifest.pull === true) return 'the recipient fetches: what goes out is a notice, not the bytes of a body'
  const { content, body } = harness.sample?.({ deliveryId: 'fields', size: 2000 }) ?? {}
  return content !== undefined && body === undefined ? 'the adapter carries fields, not the bytes of a body' : undefined
}

/** Why a package of exactly `size` bytes cannot be had. */
export function noneOf (subject: Subject, size: number): string | undefined {
  const { mostBytes = Infinity } = subject.harness
  if (size > mostBytes) return `the protocol takes at most ${mostBytes} bytes`
  const own = subject.harness.sample?.({ deliveryId: 'size', size }).body
  return own === undefined || own.bytes.length === size ? undefined : `the protocol carries true packages only, and none has ${size} bytes`
}

/** Why a promise about an accident cannot be examined. */
export function unable ({ harness }: Subject, kind: Misbehaviour): string | undefined {
  return harness.can.includes(kind) ? undefined : `the harness cannot play "${kind}"`
}
