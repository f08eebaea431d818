// The one error of a mapping: what it could not do, and where in it.
import { fault, HubError } from '../errors.js'
import { text } from '../model/text.js'

/** TRANSFORM_FAILED; `pointer` names the row or the place in the input. */
export function mappingFailure (vi: string, en: string, pointer = '', cause?: unknown): HubError {
  const detail = text(vi, en)
  return new HubError('TRANSFORM_FAILED', detail, { errors: [fault('TRANSFORM_FAILED', pointer, detail)], ...(cause === undefined ? {} : { cause }) })
}
