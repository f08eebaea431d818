// Finds what must be published again, so that no lost claim check, dead process or passed deadline leaves a delivery lying.
import type { Lane } from '../ports/broker.js'
import type { SweepResult } from '../ports/store.js'
import { expiredProblem, UNCERTAIN } from './expiry.js'
import { instant, toJson, type Sql } from './sql.js'

// Locks up to a call's limit of the rows of one kind, leaving out those that a concurrent sweep or claim holds.
const some = (condition: string, order: string): string =>
  `SELECT id FROM (SELECT id FROM delivery WHERE ${condition} ORDER BY ${order} LIMIT $4::bigint FOR UPDATE SKIP LOCKED) held`

// One part for each way of being due, each on its own partial index and only read as far as the limit asks. Urgent first:
// after an outage there may be more than one call can take.
const SWEEP = `
WITH late AS (
  SELECT id FROM (
    ${some("state IN ('queued', 'deferred', 'available', 'blocked', 'held') AND expires_at <= $1::timestamptz", 'expires_at')}
    UNION ALL
    ${some("state = 'active' AND leased_until <= $1::timestamptz AND expires_at <= $1::timestamptz", 'leased_until')}
  ) found LIMIT $4::bigint
), expired AS (
  UPDATE delivery d SET state = 'expired', settled_at = $1::timestamptz, problem = $5::jsonb, due_at = NULL, owner = NULL, leased_until = NULL, locked_until = NULL
  FROM late WHERE d.id = late.id
  RETURNING d.id, d.package_id
), told AS (
  INSERT INTO event (package_id, delivery_id, type, at, actor, data)
  SELECT package_id, id, 'delivery.expired', $1::timestamptz, 'hub', jsonb_build_object('problem', $5::jsonb) FROM expired
), doubtful AS (
  SELECT id FROM (${some("state = 'active' AND leased_until <= $1::timestamptz AND expires_at > $1::timestamptz AND begun", 'leased_until')}) found
), held AS (
  UPDATE delivery d SET state = 'held', problem = $6::jsonb, owner = NULL, leased_until = NULL FROM doubtful WHERE d.id = doubtful.id
  RETURNING d.id, d.package_id
), noted AS (
  INSERT INTO event (package_id, delivery_id, type, at, actor, data)
  SELECT package_id, id, 'delivery.held', $1::timestamptz, 'hub', jsonb_build_object('problem', $6::jsonb) FROM held
), due AS (
  SELECT id FROM (
    ${some("state = 'queued' AND lane = 'urgent' AND due_at < $2::timestamptz AND expires_at > $1::timestamptz", 'due_at')}
    UNION ALL
    ${some("state = 'active' AND leased_until <= $1::timestamptz AND expires_at > $1::timestamptz AND NOT begun", 'leased_until')}
    UNION ALL
    ${some("state = 'deferred' AND due_at < 'infinity' AND due_at <= $1::timestamptz AND expires_at > $1::timestamptz", 'due_at')}
    UNION ALL
    ${some("state = 'queued' AND lane = 'normal' AND due_at < $3::timestamptz AND expires_at > $1::timestamptz", 'due_at')}
  ) found LIMIT $4::bigint - (SELECT count(*) FROM expired)
), queued AS (
  UPDATE delivery d SET state = 'queued', due_at = $1::timestamptz, owner = NULL, leased_until = NULL
  FROM due WHERE d.id = due.id
  RETURNING d.id, d.lane
)
SELECT id, lane FROM queued UNION ALL SELECT NULL, 'expired' FROM expired`

/** See `Store.sweep`. */
export async function sweep (sql: Sql, { at, readUpTo, limit }: { at: number, readUpTo: Record<Lane, number>, limit: number }): Promise<SweepResult> {
  const rows = await sql.query<{ id: string | null, lane: Lane | 'expired' }>(
    SWEEP, [instant(at), instant(readUpTo.urgent), instant(readUpTo.normal), limit, toJson(expiredProblem()), toJson(UNCERTAIN)])
  const claims = rows.flatMap(({ id, lane }) => id === null || lane === 'expired' ? [] : [{ deliveryId: id, lane, publishedAt: at }])
  return { claims, expired: rows.length - claims.length }
}
