// Which lane a package travels in: urgent ones never wait behind the backlog.

/** A queue of claim checks in the broker. */
export type Lane = 'urgent' | 'normal'

export const LANES: readonly Lane[] = ['urgent', 'normal']

/** Priority 1 (khẩn) to 4 (hỏa tốc hẹn giờ) has a lane of its own, and so has whatever has an appointed time (epoch ms). */
export function laneOf (priority: number, deliverBy?: number): Lane {
  return priority > 0 || deliverBy !== undefined ? 'urgent' : 'normal'
}
