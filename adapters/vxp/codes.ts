// What an ErrorCode means. The axis publishes none beyond 0; these are the ones that provincial façades of it answer with,
// and a province can overrule each (`errorCodes`).
import { deferred, type Outcome, problem, refused, text, type Text } from 'lienthong/adapter'
import type { Meaning } from './settings.js'

type NoSuccess = Exclude<Outcome, { kind: 'delivered' | 'available' }>

const KNOWN: Readonly<Record<string, { meaning: Meaning, said: Text }>> = {
  10: { meaning: 'refuse', said: text('tệp không hợp lệ', 'the file is not valid') },
  15: { meaning: 'credentials', said: text('sai SystemId hoặc SecretKey', 'wrong SystemId or SecretKey') },
  18: { meaning: 'refuse', said: text('cơ quan nhận không tồn tại trên trục', 'the axis does not know the recipient') },
  19: { meaning: 'refuse', said: text('cơ quan gửi chưa đăng ký trên trục', 'the sender is not registered at the axis') },
  20: { meaning: 'retry', said: text('lỗi hệ thống', 'an error of the system') },
  21: { meaning: 'retry-once', said: text('lỗi xử lý tệp', 'the file could not be processed') },
  22: { meaning: 'refuse', said: text('sai định dạng edXML', 'the edXML is not as it should be') },
  23: { meaning: 'refuse', said: text('cơ quan nhận đã bị khóa, có thể đã có cơ quan kế thừa', 'the recipient is locked; another agency may have followed it') },
  100: { meaning: 'retry', said: text('lỗi tải về', 'an error while downloading') }
}

/** `retry-once` is deferred here: only who knows the attempt can tell the second time from the first. */
export function outcomeOfCode (code: string, description: string, overrules: Readonly<Record<string, Meaning>>): NoSuccess {
  const known = Object.hasOwn(KNOWN, code) ? KNOWN[code] : undefined
  const more = description === '' ? '' : `: ${description}`
  const [vi, en] = known === undefined ? ['', ''] : [` (${known.said.vi})`, ` (${known.said.en})`]
  const detail = text(`Trục quốc gia trả lời mã lỗi ${code}${vi}${more}`, `The national axis answered with error ${code}${en}${more}`)
  return (meaningOf(code, overrules) === 'refuse' ? refused(problem('ENDPOINT_REFUSED', detail)) : deferred(problem('ENDPOINT_UNAVAILABLE', detail))) as NoSuccess
}

/** An unknown code proves nothing: it is tried again, until the attempts are used up. */
export function meaningOf (code: string, overrules: Readonly<Record<string, Meaning>>): Meaning {
  if (Object.hasOwn(overrules, code)) return overrules[code] ?? 'retry'
  return (Object.hasOwn(KNOWN, code) ? KNOWN[code]?.meaning : undefined) ?? 'retry'
}
