// What goes wrong, in the numbers that the software of agencies knows, and in words that its operator can act on.
import type { FastifyRequest } from 'fastify'
import { CATALOGUE, type ErrorCode, type HubError } from '../../errors.js'
import type { Language } from '../../model/text.js'
import { factsOf } from '../facts.js'
import { toHubError } from '../problem.js'

/**
 * 10: the file cannot be used. 15: wrong SystemId or SecretKey. 18: the receiver does not exist. 19: the sender is not registered.
 * 20: the hub cannot now, try again. 21: the item cannot be processed. 22: the edXML is wrong. 23: the receiver cannot be reached.
 */
export type DoorCode = '10' | '15' | '18' | '19' | '20' | '21' | '22' | '23'

const CODES: Readonly<Partial<Record<ErrorCode, DoorCode>>> = {
  UNAUTHENTICATED: '15',
  FORBIDDEN: '15',
  SENDER_UNKNOWN: '19',
  SENDER_NOT_ALLOWED: '19',
  SENDER_CLOSED: '19',
  RECIPIENT_MISSING: '18',
  RECIPIENT_UNKNOWN: '18',
  RECIPIENT_UNREACHABLE: '23',
  RECIPIENT_FORMAT: '23',
  SUCCESSOR_AMBIGUOUS: '23',
  NOT_FOUND: '21',
  DELIVERY_NOT_AVAILABLE: '21',
  CONTENT_PURGED: '21',
  LINK_EXPIRED: '21',
  CONTENT_MISSING: '21',
  PACKAGE_UNSTORABLE: '21',
  PACKAGE_INVALID: '22',
  XML_MALFORMED: '22',
  XML_FORBIDDEN: '22',
  XML_LIMIT: '22',
  JSON_MALFORMED: '22',
  ENCODING_INVALID: '22',
  EDXML_STRUCTURE: '22',
  FIELD_MISSING: '22',
  FIELD_INVALID: '22',
  FIELD_UNKNOWN: '22',
  STATUS_TRANSITION: '22',
  TARGET_UNKNOWN: '22',
  STATE_SECRET: '22',
  TRANSLATION_FAILED: '22',
  SIGNATURE_MISSING: '22',
  SIGNATURE_INVALID: '22',
  // A connection that is cut off sees no answer, so this is a file that ends too early.
  BODY_TRUNCATED: '22',
  REQUEST_TIMEOUT: '20',
  TOO_MANY_REQUESTS: '20'
}

/** The number of a code of the catalogue: what the caller can mend is the file, what it cannot is the hub. */
export function doorCodeOf (code: ErrorCode): DoorCode {
  return CODES[code] ?? (CATALOGUE[code].faultOf === 'caller' ? '10' : '20')
}

/** Software shows this text in one line, so it has an end. */
const MOST_TEXT = 1500

/** Every fault in one sentence each: these protocols have one text and no list. */
export function describe ({ detail, errors }: HubError, language: Language): string {
  const more = errors.length < 2 && errors[0]?.detail[language] === detail[language] ? [] : errors.map(each => `${each.pointer}: ${each.detail[language]}`)
  const whole = [detail[language], ...more].join(' | ')
  return whole.length > MOST_TEXT ? `${whole.slice(0, MOST_TEXT - 1)}…` : whole
}

/** What was thrown, as an error of the catalogue; it is noted for the log line of the request. */
export function noteError (thrown: unknown, request: FastifyRequest): HubError {
  const error = toHubError(thrown)
  factsOf(request).code = error.code
  if (CATALOGUE[error.code].status >= 500 && error.cause !== undefined) {
    request.log.error({ err: error.cause, code: error.code, traceId: request.id }, 'request.failed')
  }
  return error
}
