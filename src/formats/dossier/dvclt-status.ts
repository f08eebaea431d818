// Linked services (DVCLT): its statuses against ours, its answers in words, and what to do with a dossier it offers again.
import type { DossierStatus } from '../../model/dossier-status.js'
import type { DvcltAnswer } from '../../ports/dossier-wire.js'
import { withoutMarks } from './dvcqg-answer.js'
import { isObject, own } from './wire-reader.js'

/** 1 đã nhận, 2 yêu cầu bổ sung, 3 đủ điều kiện, 4 hoàn thành đăng ký, 5 đã trả kết quả, 6 từ chối, 7 đã chuyển hệ thống chuyên ngành. */
export type DvcltStatus = '1' | '2' | '3' | '4' | '5' | '6' | '7'

export const STATUS_FROM_DVCLT: Readonly<Record<DvcltStatus, DossierStatus>> = { 1: '1', 2: '5', 3: '4', 4: '9', 5: '10', 6: '3', 7: '4' }

/** What has no number of its own goes under the nearest that does no harm; 7 and 8 both end the dossier there. */
export const STATUS_TO_DVCLT: Readonly<Record<DossierStatus, DvcltStatus>> = { 1: '1', 2: '3', 3: '6', 4: '3', 5: '2', 6: '3', 7: '6', 8: '6', 9: '4', 10: '5' }

export function isDvcltStatus (value: string): value is DvcltStatus {
  return Object.hasOwn(STATUS_FROM_DVCLT, value)
}

export type { DvcltAnswer }

const ENDED = ['bi tu choi', 'da tra ket qua', 'da hoan thanh']
const NEVER = ['logic xu ly khong hop le']
const MESSAGE_FIELDS = ['statusDescription', 'errorDescription', 'message', 'description', 'title', 'errors', 'value']

/**
 * Reads an answer, parsed or as text. `accepted`: the HTTP status was 2xx. Words decide before numbers: a dossier that was
 * refused or finished there is a success that came twice. Never throws.
 */
export function readDvcltAnswer (body: unknown, { accepted }: { accepted: boolean }): DvcltAnswer {
  const message = messageOf(body)
  const plain = withoutMarks(message)
  if (NEVER.some(words => plain.includes(words))) return { kind: 'permanent', message }
  const failed = !accepted || saysNo(body)
  if (failed && ENDED.some(words => plain.includes(words))) return { kind: 'ok', already: true, message }
  return failed ? { kind: 'retry', message } : { kind: 'ok', already: false, message }
}

function messageOf (body: unknown): string {
  if (typeof body === 'string') return body.slice(0, 2000)
  if (!isObject(body)) return ''
  return MESSAGE_FIELDS.map(name => own(body, name)).filter(value => typeof value === 'string').join(' · ').slice(0, 2000)
}

function saysNo (body: unknown): boolean {
  if (!isObject(body)) return false
  const code = own(body, 'errorCode')
  const status = own(body, 'status')
  const failedCode = (typeof code === 'number' || typeof code === 'string') && !/^0*$/.test(String(code))
  return failedCode || status === 0 || status === '0' || status === false
}

/** A dossier that is offered: new, here already, or here and waiting for its supplement (status 5). */
export function intakeOf (present: DossierStatus | undefined): 'create' | 'acknowledge' | 'replace' {
  if (present === undefined) return 'create'
  return present === '5' ? 'replace' : 'acknowledge'
}
