// What a mail server's word means for the delivery: whose fault it is decides whether the sender hears of a refusal or the operator of
// a set-up that does not work.
import { deferred, type Outcome, outcomeOfForbidden, plain, problem, refused, text } from 'lienthong/adapter'
import type { SmtpFailure } from './smtp.js'

/**
 * 5xx to the recipient or the mail is a refusal, apart from a full mailbox (x.2.2, 552) and the server's policy towards the hub (x.7.x),
 * which can change; 5xx before that (greeting, login, sender) is about the hub. Everything else comes again. RFC 5321 §4.2, RFC 3463.
 */
export function outcomeOfSmtp (failure: SmtpFailure, { redact }: { redact: readonly string[] }): Outcome {
  const forbidden = outcomeOfForbidden(failure)
  if (forbidden !== undefined) return forbidden
  const { stage, began, reply } = failure
  if (stage === 'aborted') return deferred(problem('ENDPOINT_TIMEOUT', text('Máy chủ thư không trả lời kịp.', 'The mail server did not answer in time.')), began ? { uncertain: true } : {})
  const said = plain(reply ?? failure.message, { redact, maxLength: 300 })
  const code = Number(/^\s*(\d{3})/.exec(reply ?? '')?.[1] ?? NaN)
  const enhanced = /^\s*\d{3}[ -]+(\d\.\d{1,3}\.\d{1,3})/.exec(reply ?? '')?.[1] ?? ''
  const mayChange = code === 552 || /^5\.2\.2$|^5\.7\./.test(enhanced)
  if (code >= 500 && (stage === 'to' || stage === 'data') && !mayChange) {
    return refused(problem('ENDPOINT_REFUSED', text(`Máy chủ thư từ chối địa chỉ nhận: ${said}`, `The mail server refuses the recipient: ${said}`)))
  }
  // A word of the server says that the mail was not taken; silence after the last byte says nothing.
  const uncertain = began && !(code >= 400) ? { uncertain: true } : {}
  return deferred(problem('ENDPOINT_UNAVAILABLE', text(`${WHAT[stage].vi}: ${said}`, `${WHAT[stage].en}: ${said}`)), uncertain)
}

const WHAT = {
  connect: text('Chưa nối được với máy chủ thư', 'The mail server cannot be reached'),
  login: text('Máy chủ thư không nhận tài khoản của trục', 'The mail server does not take the account of the hub'),
  from: text('Máy chủ thư không nhận địa chỉ gửi của trục', 'The mail server does not take the sender address of the hub'),
  to: text('Máy chủ thư chưa nhận thư', 'The mail server does not take the mail now'),
  data: text('Máy chủ thư chưa nhận thư', 'The mail server does not take the mail now')
}
