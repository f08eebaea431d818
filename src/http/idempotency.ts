// The Idempotency-Key header: a plain token, or the quoted string of the structured-field form.
import { fault, HubError } from '../errors.js'
import { text } from '../model/text.js'

const HEADER = 'idempotency-key'

/** The key without its quotes; undefined when the header is absent. 1 to 255 visible ASCII characters. */
export function idempotencyKeyOf (value: string | string[] | undefined): string | undefined {
  if (value === undefined) return undefined
  const written = Array.isArray(value) ? value.join(', ') : value
  // RFC 8941 §3.3.3: inside quotes only \" and \\ are escapes. The draft on Idempotency-Key writes the key this way.
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(written)
  const key = quoted?.[1] === undefined ? written : quoted[1].replace(/\\(["\\])/g, '$1')
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  const detail = text('Idempotency-Key phải gồm 1 đến 255 ký tự ASCII nhìn thấy được.', 'Idempotency-Key must be 1 to 255 visible ASCII characters.')
  const errors = [fault('FIELD_INVALID', `/headers/${HEADER}`, detail, { expected: '1 to 255 visible ASCII characters', found: written })]
  throw new HubError('REQUEST_INVALID', detail, { errors })
}
