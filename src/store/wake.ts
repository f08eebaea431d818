// Wakes what waited for deliveries that are now settled, whoever settled them: the settling process at once, every other
// change of state at the next sweep, which finds the mark that a settled row still carries.
import { CATALOGUE } from '../errors.js'
import type { ClaimCheck, Lane } from '../ports/broker.js'
import { instant, toJson, type Sql } from './sql.js'

/** `standsAlone` of the model, as a condition on a package. */
export const STANDS_ALONE = (row: string): string => `(${row}.kind = 'dossier' AND ${row}.action = 'submit')`

// First the settled rows, then those who wait for them, each in the order of their ids: nobody waits in a circle. One that
// was taken up again meanwhile is settled no more and wakes nobody.
const WAKE = `
WITH settled AS (
  SELECT d.id, d.state FROM delivery d WHERE d.id = ANY($1::uuid[]) AND d.settled_at IS NOT NULL ORDER BY d.id FOR UPDATE
), told AS (
  UPDATE delivery d SET followed = false FROM settled WHERE d.id = settled.id AND d.followed
), waiting AS (
  SELECT d.id, d.package_id, d.lane, d.state, d.waits_for, d.awaits, ${STANDS_ALONE('p')} AS stands_alone FROM delivery d JOIN package p ON p.id = d.package_id
  WHERE d.state IN ('blocked', 'held') AND d.waits_for && ARRAY(SELECT id FROM settled) ORDER BY d.id FOR UPDATE OF d
), judged AS (
  SELECT w.*, ARRAY(SELECT u.id FROM unnest(w.waits_for) AS u (id) WHERE u.id NOT IN (SELECT id FROM settled WHERE state IN ('delivered', 'refused') OR (w.stands_alone AND state <> 'dead'))) AS rest,
    EXISTS (SELECT FROM settled s WHERE s.id = ANY(w.waits_for) AND s.state NOT IN ('delivered', 'refused') AND NOT (w.stands_alone AND s.state <> 'dead')) AS is_broken
  FROM waiting w
), placed AS (
  SELECT j.*, CASE WHEN state = 'held' OR is_broken THEN 'held' WHEN rest = '{}' AND awaits IS NULL THEN 'queued' ELSE 'blocked' END AS next FROM judged j
), woken AS (
  UPDATE delivery d SET state = p.next, waits_for = nullif(p.rest, '{}'),
    due_at = CASE p.next WHEN 'queued' THEN $2::timestamptz WHEN 'held' THEN NULL ELSE d.due_at END,
    problem = CASE WHEN p.next = 'held' AND p.state = 'blocked' THEN $3::jsonb ELSE d.problem END
  FROM placed p WHERE d.id = p.id AND (p.next <> p.state OR p.rest <> p.waits_for)
), noted AS (
  INSERT INTO event (package_id, delivery_id, type, at, actor, data)
  SELECT package_id, id, CASE next WHEN 'held' THEN 'delivery.held' ELSE 'delivery.unblocked' END, $2::timestamptz, 'hub',
    CASE next WHEN 'held' THEN jsonb_build_object('waitsFor', to_jsonb(rest), 'problem', $3::jsonb) ELSE '{}' END
  FROM placed WHERE next <> state
)
SELECT id, lane FROM placed WHERE next = 'queued'`

/**
 * For deliveries that may have settled: who waited for them alone becomes `queued` and is answered, to be published; where
 * one will not be delivered, who waited for it is `held`. May be called again, and by several at once.
 */
export async function wake (sql: Sql, ids: readonly string[], at: number): Promise<ClaimCheck[]> {
  if (ids.length === 0) return []
  const rows = await sql.query<{ id: string, lane: Lane }>(WAKE, [ids, instant(at), toJson({ code: 'PREDECESSOR_DEAD', detail: CATALOGUE.PREDECESSOR_DEAD.title })])
  return rows.map(({ id, lane }) => ({ deliveryId: id, lane, publishedAt: at }))
}

/** Settled deliveries whose followers have not been told. */
export async function findUntold (sql: Sql, limit: number): Promise<string[]> {
  const rows = await sql.query<{ id: string }>('SELECT id FROM delivery WHERE followed AND settled_at IS NOT NULL ORDER BY settled_at LIMIT $1::bigint', [limit])
  return rows.map(({ id }) => id)
}

// Only those for which nothing else stands in the way: a blocked one waits for what can still settle.
const REVIVE = `
WITH revived AS (
  SELECT d.id FROM delivery d WHERE d.state = 'held' AND d.waits_for && $1::uuid[] AND d.problem->>'code' = 'PREDECESSOR_DEAD'
    AND NOT EXISTS (SELECT FROM delivery o WHERE o.id = ANY(d.waits_for) AND o.settled_at IS NOT NULL AND NOT o.followed AND o.id <> ALL($1::uuid[]))
  ORDER BY d.id FOR UPDATE OF d
), blocked AS (
  UPDATE delivery d SET state = 'blocked', problem = NULL FROM revived WHERE d.id = revived.id RETURNING d.id, d.package_id, d.waits_for
), marked AS (
  UPDATE delivery d SET followed = true WHERE d.id = ANY($1::uuid[]) AND NOT d.followed
)
INSERT INTO event (package_id, delivery_id, type, at, actor, data)
SELECT package_id, id, 'delivery.blocked', $2::timestamptz, 'hub', jsonb_build_object('waitsFor', to_jsonb(waits_for)) FROM blocked`

/** Dead deliveries are tried again: who is held because of them waits for them again. In the transaction that takes them up. */
export async function revive (tx: Sql, ids: readonly string[], at: number): Promise<void> {
  await tx.query(REVIVE, [ids, instant(at)])
}
