// lienthong/adapter: the only module an adapter imports from the hub.
import { type Text, text } from '../model/text.js'
import type { AdapterManifest } from '../model/generated.js'
import type { Problem } from '../model/problem.js'
import type { Outcome } from '../model/delivery.js'
import type { ServiceOutcome } from '../model/service-call.js'
import type { Adapter } from '../ports/adapter.js'

export type * from '../ports/adapter.js'
export type * from '../ports/dossier-wire.js'
export type * from './harness.js'
export { EgressForbidden, HttpFailure } from '../ports/adapter.js'
export type { AdapterManifest, Attachment, Dossier, Envelope } from '../model/generated.js'
export type { Content } from '../model/package.js'
export type { ErrorCode } from '../errors.js'
export type { Outcome, Problem, Text }
export { type AnswerReading, outcomeOfFailure, outcomeOfForbidden, outcomeOfHttp, parseJson, plain, problem, retryAfterMs } from './http-outcome.js'
export { createBase64Decoder } from '../formats/edxml/base64.js'
export { readVxpTimestamp, signVxp, verifyVxp, type VxpCall, writeVxpTimestamp } from '../formats/vxp/signature.js'
export { compareAgencies, type DirectoryChange } from '../model/directory-changes.js'
export * from './folders/index.js'
export * from './edoc/index.js'
export * from './simulator/index.js'
export { createFileForm, type FileForm } from './file-form.js'
export { openProgress, type Progress } from './progress.js'
export { dossierSample, type SampleFacts } from './sample-dossier.js'
export { limited, pause, runTogether, untilAborted } from './loops.js'
export { readUpTo } from './read-up-to.js'
export { deliveryMadeAt, isListedAs, rememberLatest } from './sent-list.js'
export { text }

/**
 * Ties an adapter's parts together: manifest.json and config.schema.json as imported, and `open`. Checks nothing, so
 * importing an adapter has no effects; the hub checks everything when it loads the adapter.
 */
export function defineAdapter<Settings> (parts: { manifest: object, settingsSchema: object, open: Adapter<Settings>['open'] }): Adapter<Settings> {
  const { manifest, settingsSchema, open } = parts
  // TypeScript widens imported JSON ("outbound" becomes string); the loader compares it with the schema.
  return { manifest: manifest as AdapterManifest, settingsSchema: settingsSchema as Record<string, unknown>, open }
}

/** The receiving system has the package for good. */
export function delivered (externalId?: string): Outcome {
  return externalId === undefined ? { kind: 'delivered' } : { kind: 'delivered', externalId }
}

/** The answer to a question: fields that the adapter names, nothing else of what the other side said. */
export function answered (result: Readonly<Record<string, unknown>>): ServiceOutcome {
  return { kind: 'answered', result }
}

/** A question as the table of HTTP outcomes judges it, where there was no answer to read. Throws when there was one. */
export function unanswered (outcome: Outcome): ServiceOutcome {
  switch (outcome.kind) {
    case 'refused': return outcome
    case 'deferred': return { kind: 'unavailable', problem: outcome.problem, ...(outcome.retryAfterMs === undefined ? {} : { retryAfterMs: outcome.retryAfterMs }) }
    default: throw new TypeError(`no failure: ${outcome.kind}`)
  }
}

/** The recipient will fetch the package from the hub. */
export function available (): Outcome {
  return { kind: 'available' }
}

/** Not now: to be tried again, after `retryAfterMs` when the other side asked for it. */
export function deferred (problem: Problem, more: { retryAfterMs?: number, uncertain?: boolean } = {}): Outcome {
  return { kind: 'deferred', problem, ...more }
}

/** Never: the receiving system said no. */
export function refused (problem: Problem): Outcome {
  return { kind: 'refused', problem }
}

/** Stands for a secret in a {@link SentRequest}. */
export const MASK = '***'

/** Stands for the base64 of a file of the package in a {@link SentRequest}. */
export function fileStandIn (sha256: string): string {
  return `sha256:${sha256}`
}
