// The reasons that the store itself gives deliveries: expired, and held in doubt. Whoever sets them says the same.
import { CATALOGUE } from '../errors.js'
import type { Problem } from '../model/problem.js'
import { text } from '../model/text.js'

export function expiredProblem (): Problem {
  return { code: 'DELIVERY_EXPIRED', detail: CATALOGUE.DELIVERY_EXPIRED.title }
}

/** Why a delivery is held whose process died when bytes may have been going out. */
export const UNCERTAIN: Problem = {
  code: 'DELIVERY_UNCERTAIN',
  detail: text('Tiến trình của trục dừng giữa lúc gửi: không rõ hệ thống nhận đã nhận hay chưa, và hệ thống đó không nhận biết gói tin gửi lại.',
    'The process of the hub ended in the middle of sending: it is not known whether the package arrived, and this system would not recognise it if it came again.')
}
