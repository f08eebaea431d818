// What senders are to be told of their deliveries: found, and marked as told. Batched; safe to repeat.
import type { DeliveryState, Reportable } from '../model/generated.js'
import type { Problem } from '../model/problem.js'
import type { OverdueDelivery, Unreported } from '../ports/receipt-store.js'
import type { Store } from '../ports/store.js'
import { TIMED, UNREPORTED } from './migrations/0009-receipts.js'
import { instant, toJson, type Sql } from './sql.js'

const MISS = `
WITH late AS (
  SELECT id FROM delivery WHERE deliver_by <= $1::timestamptz AND ${TIMED} ORDER BY deliver_by LIMIT $2::bigint FOR UPDATE SKIP LOCKED
), marked AS (
  UPDATE delivery d SET overdue_at = $1::timestamptz FROM late WHERE d.id = late.id RETURNING d.id, d.package_id, d.endpoint, d.state, d.deliver_by
), told AS (
  INSERT INTO event (package_id, delivery_id, type, at, actor, data)
  SELECT package_id, id, 'deadline.missed', $1::timestamptz, 'hub', jsonb_build_object('deliverBy', deliver_by, 'waiting', state) FROM marked
)
SELECT id, endpoint, state, deliver_by FROM marked`

/** See `Store.markOverdue`. */
export async function markOverdue (sql: Sql, { at, limit }: { at: number, limit: number }): Promise<OverdueDelivery[]> {
  const rows = await sql.query<{ id: string, endpoint: string | null, state: DeliveryState, deliver_by: number }>(MISS, [instant(at), limit])
  return rows.map(({ id, endpoint, state, deliver_by: deliverBy }) => ({ deliveryId: id, state, deliverBy, ...(endpoint === null ? {} : { endpoint }) }))
}

// In the order in which things come about. Only the facts that a receipt names are read, not the content.
const FIND = `
WITH page AS (
  SELECT * FROM delivery WHERE ${UNREPORTED} ORDER BY id LIMIT $1::bigint
)
SELECT d.id, d.package_id, d.written_to, d.agency, d.attempts, d.problem, e.event, p.from_agency, p.kind, p.action, p.identifier,
  CASE e.event WHEN 'accepted' THEN d.created_at WHEN 'overdue' THEN d.deliver_by ELSE d.settled_at END AS at,
  p.envelope->'from'->>'code' AS from_code, p.envelope->>'notation' AS notation,
  p.content->'document'->>'documentId' AS document_id, p.content->'document'->'promulgation'->>'date' AS promulgation_date,
  p.content->'dossier'->>'packageId' AS dossier_package_id, p.content->'dossier'->>'MaHoSo' AS dossier_code
FROM page d JOIN package p ON p.id = d.package_id
CROSS JOIN LATERAL (VALUES (1, 'accepted', true), (2, 'overdue', d.overdue_at IS NOT NULL), (3, d.state, true)) AS e (n, event, holds)
WHERE e.holds AND e.event = ANY (d.reports)
ORDER BY d.id, e.n`

interface UnreportedRow {
  id: string
  package_id: string
  written_to: string
  agency: string | null
  attempts: number
  problem: Problem | null
  event: Reportable
  at: number
  from_agency: string
  kind: Unreported['kind']
  action: string
  identifier: string
  from_code: string
  notation: string | null
  document_id: string | null
  promulgation_date: string | null
  dossier_package_id: string | null
  dossier_code: string | null
}

/** See `Store.findUnreported`. */
export async function findUnreported (sql: Sql, { limit }: { limit: number }): Promise<Unreported[]> {
  const rows = await sql.query<UnreportedRow>(FIND, [limit])
  return rows.map(row => ({
    deliveryId: row.id,
    packageId: row.package_id,
    to: row.written_to,
    ...(row.agency === null ? {} : { agency: row.agency }),
    attempts: row.attempts,
    ...(row.problem === null ? {} : { problem: row.problem }),
    event: row.event,
    at: row.at,
    fromAgency: row.from_agency,
    fromCode: row.from_code,
    kind: row.kind,
    action: row.action,
    identifier: row.identifier,
    ...(row.notation === null ? {} : { notation: row.notation }),
    ...(row.document_id === null ? {} : { documentId: row.document_id }),
    ...(row.promulgation_date === null ? {} : { promulgationDate: row.promulgation_date }),
    ...(row.dossier_package_id === null ? {} : { dossierPackageId: row.dossier_package_id }),
    ...(row.dossier_code === null ? {} : { dossierCode: row.dossier_code })
  }))
}

// Whoever heard bad news hears it when the delivery is made after all.
const MARK = `
WITH input AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS r (n integer, delivery_id uuid, event text, data jsonb)
), told AS (
  SELECT delivery_id, array_agg(event) AS events, bool_or(event NOT IN ('accepted', 'delivered')) AS is_bad FROM input GROUP BY delivery_id
), held AS (
  SELECT d.id FROM delivery d WHERE d.id IN (SELECT delivery_id FROM told) ORDER BY d.id FOR UPDATE
), marked AS (
  UPDATE delivery d SET reports = nullif(ARRAY(
    SELECT r FROM unnest(d.reports) AS u (r) WHERE r <> ALL (told.events) UNION SELECT 'delivered' WHERE told.is_bad
  ), '{}')
  FROM told, held WHERE d.id = told.delivery_id AND d.id = held.id AND d.reports && told.events
  RETURNING d.id, d.package_id
)
INSERT INTO event (package_id, delivery_id, type, at, actor, data)
SELECT marked.package_id, marked.id, CASE WHEN input.data ? 'problem' THEN 'receipt.refused' ELSE 'receipt.sent' END, $2::timestamptz, 'hub', input.data || jsonb_build_object('event', input.event)
FROM input JOIN marked ON marked.id = input.delivery_id WHERE input.data IS NOT NULL ORDER BY input.n`

/** See `Store.markReported`. */
export async function markReported (sql: Sql, { at, told }: Parameters<Store['markReported']>[0]): Promise<void> {
  if (told.length === 0) return
  const rows = told.map(({ deliveryId, event, receiptId, problem }, n) =>
    ({ n, delivery_id: deliveryId, event, ...(receiptId === undefined && problem === undefined ? {} : { data: { receiptId, problem } }) }))
  await sql.query(MARK, [toJson(rows), instant(at)])
}
