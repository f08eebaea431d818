// The reason an expired delivery is stored with. Claims and sweeps expire deliveries; both say the same.
import { CATALOGUE } from '../errors.js'
import type { Problem } from '../model/problem.js'

export function expiredProblem (): Problem {
  return { code: 'DELIVERY_EXPIRED', detail: CATALOGUE.DELIVERY_EXPIRED.title }
}
