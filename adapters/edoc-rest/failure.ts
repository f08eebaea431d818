// How a call of the platform can fail when there was an answer, and what that means for a package.
import { deferred, HttpFailure, plain, problem, text, type Text } from 'lienthong/adapter'
import type { NoSuccess } from './codes.js'

/** The platform said no, or something that cannot be understood. */
export class PlatformFailure extends Error {
  /** `code`: its errorCode, when there was one. `outcome`: what that means for a package that was sent. */
  constructor (readonly code: string | undefined, readonly outcome: NoSuccess) {
    super(outcome.problem.detail.en)
    this.name = 'PlatformFailure'
  }
}

/** The login itself was refused: trying again at once would only count as another wrong password. */
export class LoginRefusal extends PlatformFailure {}

/** Proves neither success nor refusal; something may have happened. */
export function nonsense (): PlatformFailure {
  return failureOf(text('Nền tảng của tỉnh trả lời không đúng định dạng.', 'The provincial platform gave an answer that cannot be understood.'), { uncertain: true })
}

/** Tried again later. */
export function failureOf (detail: Text, more: { uncertain?: boolean, retryAfterMs?: number } = {}): PlatformFailure {
  return new PlatformFailure(undefined, deferred(problem('ENDPOINT_UNAVAILABLE', detail), more) as NoSuccess)
}

/** For the log. */
export function factsOf (error: unknown): object {
  if (error instanceof PlatformFailure) return { ...(error.code === undefined ? {} : { errorCode: plain(error.code, { maxLength: 20 }) }), reason: error.outcome.problem.detail.en }
  if (error instanceof HttpFailure) return { reason: error.message }
  return { err: error }
}
