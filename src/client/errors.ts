// What may go wrong for an agency's program, as classes it can tell apart. None of them holds the key.
import type { StoredFault } from '../model/generated.js'
import { type Text, text } from '../model/text.js'
import type { InboxItem, PackageView } from './types.js'

export interface ApiProblem {
  /** Of docs/problems.md; never renamed. `UNEXPECTED_ANSWER`: what answered was not the hub (a proxy, another program). */
  readonly code: string
  /** HTTP status. */
  readonly status: number
  /** Both languages, as far as the hub gave them. */
  readonly title: Text
  readonly detail: Text
  /** Every fault of what was sent. `pointer` is a JSON Pointer or an XPath into it. */
  readonly errors: readonly StoredFault[]
  /** What the operator of the hub asks for. */
  readonly traceId: string | undefined
  /** The hub asked to wait so long before the next try. */
  readonly retryAfterMs?: number | undefined
}

/** The hub said no. Decide by `code`. `isTemporary`: the same request may work later; it was tried as often as the settings allow. */
export class ApiError extends Error implements ApiProblem {
  readonly code: string
  readonly status: number
  readonly title: Text
  readonly detail: Text
  readonly errors: readonly StoredFault[]
  readonly traceId: string | undefined
  readonly retryAfterMs: number | undefined

  constructor (problem: ApiProblem) {
    super(`${problem.code}: ${problem.detail.en}`)
    this.name = 'ApiError'
    this.code = problem.code
    this.status = problem.status
    this.title = problem.title
    this.detail = problem.detail
    this.errors = problem.errors
    this.traceId = problem.traceId
    this.retryAfterMs = problem.retryAfterMs
  }

  get isTemporary (): boolean {
    return isTemporary(this.status)
  }
}

/** By the status alone: may the same request work later? */
export function isTemporary (status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504, 507].includes(status)
}

/** The hub could not be reached, or the connection broke. After a send nobody knows whether the hub has the package: send it again. */
export class ConnectionError extends Error {
  readonly attempts: number
  readonly detail: Text

  constructor (origin: string, attempts: number, cause: unknown) {
    const why = causeOf(cause)
    const detail = text(`Không kết nối được với ${origin}: ${why}`, `No connection with ${origin}: ${why}`)
    super(detail.en, { cause })
    this.name = 'ConnectionError'
    this.attempts = attempts
    this.detail = detail
  }
}

/** fetch says "fetch failed"; what happened is its cause. */
function causeOf (cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const code = (inner as NodeJS.ErrnoException | undefined)?.code
  return code ?? (inner instanceof Error ? inner.message : String(inner))
}

/** The bytes that came are not those that the hub has: fetch them again. */
export class ContentError extends Error {
  readonly expected: string
  readonly found: string

  /** Hashes are lower-case hex SHA-256. */
  constructor (expected: string, found: string) {
    super(`the content has SHA-256 ${found}, not ${expected}`)
    this.name = 'ContentError'
    this.expected = expected
    this.found = found
  }
}

/** Thrown by who takes items of the inbox: this one is not wanted. The sender reads the reason at once. */
export class Rejection extends Error {
  readonly reason: string

  /** 1 to 2000 characters. */
  constructor (reason: string) {
    super(reason)
    this.name = 'Rejection'
    this.reason = reason
  }
}

/** `timeout`: not yet. `ended`: every delivery has come to an end, and not all to the one that was waited for. */
export class WaitError extends Error {
  readonly why: 'timeout' | 'ended'
  /** As it was seen last. */
  readonly package: PackageView

  constructor (why: 'timeout' | 'ended', last: PackageView) {
    super(`${why === 'timeout' ? 'still' : 'ended as'} ${[...new Set(last.deliveries.map(({ state }) => state))].join(', ')}: package ${last.id}`)
    this.name = 'WaitError'
    this.why = why
    this.package = last
  }
}

export interface DrainResult {
  /** Ids of deliveries, in their order. */
  readonly acknowledged: readonly string[]
  readonly rejected: readonly string[]
  /** They are in the inbox still, and come again when their lock ends. */
  readonly failed: ReadonlyArray<{ readonly item: InboxItem, readonly error: unknown }>
}

/** Some items could not be taken; all others were. */
export class DrainError extends Error {
  readonly result: DrainResult

  constructor (result: DrainResult) {
    super(`${result.failed.length} items of the inbox could not be taken`, { cause: result.failed[0]?.error })
    this.name = 'DrainError'
    this.result = result
  }
}

/** A request that pretends to be a delivery of the hub, or a repeat of an old one. Answer 401 and take nothing. */
export class SignatureError extends Error {
  readonly why: 'absent' | 'invalid' | 'expired'

  constructor (why: 'absent' | 'invalid' | 'expired') {
    super(`the signature of the webhook is ${why}`)
    this.name = 'SignatureError'
    this.why = why
  }
}
