// The mailbox of agencies that fetch: peeking hides for a while, the recipient's word settles.
import type { DeliveryState } from '../model/generated.js'
import type { Problem } from '../model/problem.js'
import type { InboxItem, Store } from '../ports/store.js'
import { DELIVERY_COLUMNS, PACKAGE_COLUMNS, joinPackages, type DeliveryRow, type PackageRow } from './rows.js'
import { escapeText, instant, isId, toJson, type Sql } from './sql.js'

const PEEK = `
WITH picked AS (
  SELECT id FROM delivery
  WHERE state = 'available' AND agency = ANY($1::text[]) AND expires_at > $2::timestamptz AND (locked_until IS NULL OR locked_until <= $2::timestamptz)
  ORDER BY lane DESC, id LIMIT $4::bigint FOR UPDATE SKIP LOCKED
), hidden AS (
  UPDATE delivery d SET locked_until = $3::timestamptz FROM picked WHERE d.id = picked.id RETURNING d.*
)
SELECT ${DELIVERY_COLUMNS}, ${PACKAGE_COLUMNS} FROM hidden d JOIN package p ON p.id = d.package_id ORDER BY d.lane DESC, d.id`

/** See `Store.peekInbox`. */
export async function peekInbox (sql: Sql, { agencies, at, lockMs, limit }: Parameters<Store['peekInbox']>[0]): Promise<InboxItem[]> {
  const rows = await sql.query<DeliveryRow & PackageRow>(PEEK, [agencies.map(escapeText), instant(at), instant(at + lockMs), limit])
  return joinPackages(rows).map(({ delivery, package: entry }) => ({ delivery, package: entry, lockedUntil: at + lockMs }))
}

/** See `Store.findInbox`. */
export async function findInbox (sql: Sql, deliveryId: string, agencies: readonly string[]): Promise<Omit<InboxItem, 'lockedUntil'> | undefined> {
  if (!isId(deliveryId)) return undefined
  const rows = await sql.query<DeliveryRow & PackageRow>(`
    SELECT ${DELIVERY_COLUMNS}, ${PACKAGE_COLUMNS} FROM delivery d JOIN package p ON p.id = d.package_id
    WHERE d.id = $1::uuid AND d.agency = ANY($2::text[])`, [deliveryId, agencies.map(escapeText)])
  const [found] = joinPackages(rows)
  return found === undefined ? undefined : { delivery: found.delivery, package: found.package }
}

// FOR UPDATE waits for a word said at the same moment and then sees it; `before` is therefore never stale.
const SETTLE = `
WITH seen AS (
  SELECT id, package_id, state AS before FROM delivery WHERE id = $1::uuid AND agency = ANY($2::text[]) FOR UPDATE
), settled AS (
  UPDATE delivery d SET state = $3::text, settled_at = $4::timestamptz, problem = $5::jsonb, locked_until = NULL
  FROM seen WHERE d.id = seen.id AND seen.before = 'available'
), told AS (
  INSERT INTO event (package_id, delivery_id, type, at, actor, data)
  SELECT package_id, id, 'delivery.' || $3::text, $4::timestamptz, $6::text, $7::jsonb FROM seen WHERE before = 'available'
)
SELECT before FROM seen`

/** See `Store.settleInbox`. */
export async function settleInbox (sql: Sql, options: Parameters<Store['settleInbox']>[0]): ReturnType<Store['settleInbox']> {
  if (!isId(options.deliveryId)) return 'not-found'
  const word: DeliveryState = options.refusal === undefined ? 'delivered' : 'refused'
  const data: { problem?: Problem } = options.refusal === undefined ? {} : { problem: options.refusal }
  const [row] = await sql.query<{ before: DeliveryState }>(SETTLE, [
    options.deliveryId, options.agencies.map(escapeText), word, instant(options.at),
    options.refusal === undefined ? null : toJson(options.refusal), escapeText(options.actor), toJson(data)
  ])
  if (row === undefined) return 'not-found'
  return row.before === 'available' || row.before === word ? 'settled' : 'not-available'
}
