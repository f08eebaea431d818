// The inbox as a queue: lists that hide nothing, the lock of one delivery, and what agencies have sent. Agency by agency, each
// on its own index in the order asked for, so that the cost does not grow with the traffic of others.
import type { QueueFilter, QueueItem, QueueStore } from '../ports/queue-store.js'
import type { DeliveryState } from '../model/generated.js'
import type { PackageSummary } from '../ports/store.js'
import { DELIVERY_COLUMNS, SUMMARY_COLUMNS, toDelivery, toSummary, withDeliveries, type DeliveryRow, type SummaryRow } from './rows.js'
import { escapeText, instant, isId, type Sql, type SqlValue } from './sql.js'

const OPEN = "d.state = 'available' AND d.expires_at > $2::timestamptz"
/** As the index `delivery_fetched` has it. */
const fetched = (state: 'delivered' | 'refused'): string => `d.adapter = 'inbox' AND d.state IN ('delivered', 'refused') AND d.state = '${state}'`

const CONDITIONS: Readonly<Record<QueueFilter['state'], string>> = {
  open: OPEN,
  waiting: `${OPEN} AND (d.locked_until IS NULL OR d.locked_until <= $2::timestamptz)`,
  locked: `${OPEN} AND d.locked_until > $2::timestamptz`,
  // The time is a parameter of every list; compared with itself it says nothing.
  delivered: `${fetched('delivered')} AND $2::timestamptz IS NOT NULL`,
  refused: `${fetched('refused')} AND $2::timestamptz IS NOT NULL`
}

/** See `Store.listInbox`. */
export async function listInbox (sql: Sql, filter: QueueFilter, { limit, offset }: Parameters<QueueStore['listInbox']>[1]): Promise<QueueItem[]> {
  const settled = filter.state === 'delivered' || filter.state === 'refused'
  const order = settled ? 'd.created_at DESC, d.id DESC' : 'd.lane DESC, d.id'
  const values: SqlValue[] = [filter.agencies.map(escapeText), instant(filter.at), filter.kind, limit + offset, limit, offset]
  const between = [
    ...(filter.createdFrom === undefined ? [] : [` AND d.created_at >= $${values.push(instant(filter.createdFrom))}::timestamptz`]),
    ...(filter.createdTo === undefined ? [] : [` AND d.created_at < $${values.push(instant(filter.createdTo))}::timestamptz`])
  ].join('')
  const rows = await sql.query<DeliveryRow & SummaryRow>(`
    SELECT ${DELIVERY_COLUMNS}, ${SUMMARY_COLUMNS} FROM unnest($1::text[]) AS reader (agency) CROSS JOIN LATERAL (
      SELECT d.* FROM delivery d JOIN package p ON p.id = d.package_id
      WHERE d.agency = reader.agency AND ${CONDITIONS[filter.state]} AND p.kind = $3::text${between}
      ORDER BY ${order} LIMIT $4::bigint
    ) d JOIN package p ON p.id = d.package_id
    ORDER BY ${order} LIMIT $5::bigint OFFSET $6::bigint`, values)
  return rows.map(row => ({ delivery: toDelivery(row), package: toSummary(row) }))
}

/** See `Store.countInbox`. */
export async function countInbox (sql: Sql, { agencies, kind, at }: Parameters<QueueStore['countInbox']>[0]): Promise<number> {
  const [row] = await sql.query<{ n: number }>(`
    SELECT count(*) AS n FROM delivery d JOIN package p ON p.id = d.package_id
    WHERE d.agency = ANY($1::text[]) AND ${OPEN} AND p.kind = $3::text`, [agencies.map(escapeText), instant(at), kind])
  return row?.n ?? 0
}

const LOCK = `
WITH seen AS (
  SELECT id, state AS before FROM delivery WHERE id = $1::uuid AND agency = ANY($2::text[]) FOR UPDATE
), locked AS (
  UPDATE delivery d SET locked_until = $3::timestamptz FROM seen WHERE d.id = seen.id AND seen.before = 'available'
)
SELECT before FROM seen`

/** See `Store.lockInbox`. */
export async function lockInbox (sql: Sql, { deliveryId, agencies, at, lockMs }: Parameters<QueueStore['lockInbox']>[0]): ReturnType<QueueStore['lockInbox']> {
  if (!isId(deliveryId)) return 'not-found'
  const [row] = await sql.query<{ before: DeliveryState }>(LOCK, [deliveryId, agencies.map(escapeText), instant(at + lockMs)])
  if (row === undefined) return 'not-found'
  return row.before === 'available' ? 'locked' : row.before
}

/** See `Store.listSent`. */
export async function listSent (sql: Sql, filter: Parameters<QueueStore['listSent']>[0], { limit, offset }: Parameters<QueueStore['listSent']>[1]): Promise<PackageSummary[]> {
  const values: SqlValue[] = [filter.agencies.map(escapeText), filter.kind, limit + offset, limit, offset]
  const between = [
    ...(filter.acceptedFrom === undefined ? [] : [` AND p.accepted_at >= $${values.push(instant(filter.acceptedFrom))}::timestamptz`]),
    ...(filter.acceptedTo === undefined ? [] : [` AND p.accepted_at < $${values.push(instant(filter.acceptedTo))}::timestamptz`])
  ].join('')
  const rows = await sql.query<SummaryRow>(`
    SELECT ${SUMMARY_COLUMNS} FROM unnest($1::text[]) AS sender (agency) CROSS JOIN LATERAL (
      SELECT p.* FROM package p WHERE p.from_agency = sender.agency AND p.kind = $2::text AND p.accepted_by <> 'hub'${between}
      ORDER BY p.id DESC LIMIT $3::bigint
    ) p ORDER BY p.id DESC LIMIT $4::bigint OFFSET $5::bigint`, values)
  return await withDeliveries(sql, rows.map(toSummary))
}
