// How long the hub takes to be well again once a fault is healed. Faults overlap, and a hub may need a new start after each,
// so its time counts from the last moment at which something else was healed before the probe came through.

/** Times are ms of one monotonic clock. */
export interface HealedFault {
  readonly name: string
  /** The one agency whose flow it hit; absent: it hit every flow. */
  readonly agency?: string
  readonly beganAt: number
  readonly healedAt: number
  /** When a probe, posted after the healing over the flow that was hit, arrived; absent when it never did. */
  readonly worksAt?: number
}

/** Seconds from the healing until the flow worked again; Infinity when it never did. */
export function recoverySeconds (fault: HealedFault, all: readonly HealedFault[]): number {
  const { healedAt, worksAt, agency } = fault
  if (worksAt === undefined) return Infinity
  const hits = (other: HealedFault): boolean => other.agency === undefined || other.agency === agency
  const since = all.filter(other => hits(other) && other.healedAt > healedAt && other.healedAt <= worksAt).map(other => other.healedAt)
  return (worksAt - Math.max(healedAt, ...since)) / 1000
}
