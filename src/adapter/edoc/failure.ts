// How a call of a partner can fail when there was an answer, and what that means for a package.
import type { Outcome } from '../../model/delivery.js'
import { type Text, text } from '../../model/text.js'
import { type HttpAnswer, HttpFailure } from '../../ports/adapter.js'
import { type AnswerReading, outcomeOfFailure, outcomeOfHttp, plain, problem } from '../http-outcome.js'

export type NoSuccess = Exclude<Outcome, { kind: 'delivered' | 'available' }>

/** The partner said no, or something that cannot be understood. */
export class EdocFailure extends Error {
  /** `code`: its error code, when there was one. `outcome`: what that means for a package that was sent. */
  constructor (readonly code: string | undefined, readonly outcome: NoSuccess) {
    super(outcome.problem.detail.en)
    this.name = 'EdocFailure'
  }
}

/** Proves neither success nor refusal; something may have happened. */
export function nonsense (): EdocFailure {
  return failureOf(text('Hệ thống nhận trả lời không đúng định dạng.', 'The receiving system gave an answer that cannot be understood.'), { uncertain: true })
}

/** Tried again later. */
export function failureOf (detail: Text, more: { uncertain?: boolean, retryAfterMs?: number } = {}): EdocFailure {
  return new EdocFailure(undefined, { kind: 'deferred', problem: problem('ENDPOINT_UNAVAILABLE', detail), ...more })
}

/** Throws an {@link EdocFailure} unless the status is 2xx. Of all that HTTP can say against a request, only its size is the package's own fault. */
export function checkStatus (answer: HttpAnswer, reading: AnswerReading): void {
  const outcome = outcomeOfHttp(answer, reading)
  if (outcome.kind === 'refused' && answer.status !== 413) throw failureOf(outcome.problem.detail)
  if (outcome.kind === 'refused' || outcome.kind === 'deferred') throw new EdocFailure(undefined, outcome)
}

/** What a failed probe means: nothing was sent, so nothing was refused. Throws again what is a defect. */
export function outcomeOfProbe (error: unknown): Outcome {
  return error instanceof EdocFailure ? { kind: 'deferred', problem: { ...error.outcome.problem, code: 'ENDPOINT_UNAVAILABLE' } } : outcomeOfFailure(error)
}

/** For the log. */
export function factsOf (error: unknown): object {
  if (error instanceof EdocFailure) return { ...(error.code === undefined ? {} : { errorCode: plain(error.code, { maxLength: 20 }) }), reason: error.outcome.problem.detail.en }
  return error instanceof HttpFailure ? { reason: error.message } : { err: error }
}
