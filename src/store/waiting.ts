// What waits for something that is no delivery in somebody's hands: a document that is not known yet, or a wake-up that was lost
// with its process.
import { CATALOGUE } from '../errors.js'
import type { ClaimCheck } from '../ports/broker.js'
import { place } from './order.js'
import { instant, toJson, type Sql } from './sql.js'
import { findUntold, wake } from './wake.js'

// Looks after parked statuses: a look is repeated every eighth of the time already waited, between a second and a minute.
const LOOK = `
WITH picked AS (
  SELECT d.id, d.package_id, d.awaits, d.created_at, d.parked_until FROM delivery d
  WHERE d.state = 'blocked' AND d.awaits IS NOT NULL AND d.due_at <= $1::timestamptz ORDER BY d.due_at LIMIT $2::bigint FOR UPDATE SKIP LOCKED
), looked AS (
  SELECT p.*, EXISTS (SELECT FROM package q WHERE q.correlation_id = p.awaits AND q.kind = 'document')
    OR EXISTS (SELECT FROM package_stream s WHERE s.stream = p.awaits) AS is_known FROM picked p
), later AS (
  UPDATE delivery d SET due_at = least(l.parked_until, $1::timestamptz + greatest('1 second', least('1 minute', ($1::timestamptz - l.created_at) / 8)))
  FROM looked l WHERE d.id = l.id AND NOT l.is_known AND l.parked_until > $1::timestamptz
), held AS (
  UPDATE delivery d SET state = 'held', problem = $3::jsonb, due_at = NULL, awaits = NULL, parked_until = NULL
  FROM looked l WHERE d.id = l.id AND NOT l.is_known AND l.parked_until <= $1::timestamptz
), told AS (
  INSERT INTO event (package_id, delivery_id, type, at, actor, data)
  SELECT l.package_id, l.id, 'delivery.held', $1::timestamptz, 'hub', jsonb_build_object('awaits', l.awaits, 'problem', $3::jsonb)
  FROM looked l WHERE NOT l.is_known AND l.parked_until <= $1::timestamptz
)
SELECT id, is_known FROM looked`

/** See `Store.sweepWaiting`. */
export async function sweepWaiting (sql: Sql, { at, limit }: { at: number, limit: number }): Promise<{ claims: ClaimCheck[] }> {
  const untold = await findUntold(sql, limit)
  const claims = await wake(sql, untold, at)
  const looked = await sql.query<{ id: string, is_known: boolean }>(LOOK, [instant(at), limit, toJson({ code: 'DOCUMENT_UNKNOWN', detail: CATALOGUE.DOCUMENT_UNKNOWN.title })])
  for (const { id } of looked.filter(row => row.is_known)) claims.push(...await placeAgain(sql, id, at))
  return { claims }
}

/** One transaction each: it locks in one order, and a poisonous one spoils nothing else. */
async function placeAgain (sql: Sql, id: string, at: number): Promise<ClaimCheck[]> {
  return (await sql.transaction(async tx => await place(tx, [id], { at, again: 'blocked' }))).claims
}
