// What may go when its time is over. The rule stands in each statement that removes: nothing that is not settled is touched.
import type { Store } from '../ports/store.js'
import { instant, isId, toJson, type Sql } from './sql.js'

/** A dead delivery is an operator's open work: its package stays until it is retried or cancelled. */
const isClosed = (before: string): string =>
  `coalesce(d.settled_at < ${before}::timestamptz AND d.state IN ('delivered', 'refused', 'expired', 'cancelled'), false)`

const FIRST_ID = '00000000-0000-0000-0000-000000000000'

/** The least UUIDv7 of that millisecond (RFC 9562 §5.7): where to stop looking. What holds its rows tell. */
export function idAt (at: number): string {
  const hex = Math.min(Math.max(Math.floor(at), 0), 2 ** 48 - 1).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

/** Pages over packages that still have what a step removes, on their primary keys. */
const PAGES = {
  payloads: 'SELECT DISTINCT package_id AS id FROM payload WHERE package_id > $1::uuid AND package_id < $2::uuid ORDER BY package_id LIMIT $3::bigint',
  rows: 'SELECT id FROM package WHERE id > $1::uuid AND id < $2::uuid ORDER BY id LIMIT $3::bigint'
}

/** See `Store.findRemovable`. */
export async function findRemovable (sql: Sql, { kind, settledBefore, after, limit }: Parameters<Store['findRemovable']>[0]): ReturnType<Store['findRemovable']> {
  const rows = await sql.query<{ id: string, removable: boolean }>(`
    WITH page AS (${PAGES[kind]})
    SELECT page.id, coalesce((SELECT bool_and(${isClosed('$4')}) FROM delivery d WHERE d.package_id = page.id), false) AS removable
    FROM page ORDER BY page.id`,
  [after ?? FIRST_ID, idAt(settledBefore), limit, instant(settledBefore)])
  const next = rows.length < limit ? undefined : rows.at(-1)?.id
  return { ids: rows.filter(({ removable }) => removable).map(({ id }) => id), ...(next === undefined ? {} : { next }) }
}

// SKIP LOCKED: two rounds never wait for each other. The deliveries are locked before they are judged: one that is being
// retried at this moment is waited for and then seen as it is.
const settledPackages = (condition: string): string => `
candidate AS (
  SELECT p.id FROM package p WHERE p.id = ANY($1::uuid[]) AND ${condition} ORDER BY p.id FOR UPDATE SKIP LOCKED
), held AS (
  SELECT d.package_id, ${isClosed('$2')} AS closed FROM delivery d WHERE d.package_id IN (SELECT id FROM candidate) ORDER BY d.id FOR UPDATE
), settled AS (
  SELECT package_id AS id FROM held GROUP BY package_id HAVING bool_and(closed)
)`

// A column of the package itself: of two rounds at once, the later sees the row as the earlier left it, but other tables as they were.
const PURGE = `
WITH ${settledPackages('p.purged_at IS NULL AND EXISTS (SELECT FROM payload y WHERE y.package_id = p.id)')}, gone AS (
  DELETE FROM payload y USING settled WHERE y.package_id = settled.id RETURNING y.package_id
), marked AS (
  UPDATE package p SET purged_at = $3::timestamptz FROM settled WHERE p.id = settled.id RETURNING p.id
), told AS (
  INSERT INTO event (package_id, type, at, actor, data)
  SELECT id, 'package.purged', $3::timestamptz, 'hub', $4::jsonb || jsonb_build_object('payloads', (SELECT count(*) FROM gone WHERE gone.package_id = marked.id))
  FROM marked
)
SELECT id FROM marked`

/** See `Store.purgePayloads`. */
export async function purgePayloads (sql: Sql, { ids, settledBefore, at, moved }: Parameters<Store['purgePayloads']>[0]): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(PURGE, [ids.filter(isId), instant(settledBefore), instant(at), toJson({ moved })])
  return rows.map(({ id }) => id)
}

// Only what was purged before: bytes that could not be moved keep their rows.
const REMOVE = `
WITH ${settledPackages('p.purged_at IS NOT NULL')}, late AS (
  DELETE FROM payload y USING settled WHERE y.package_id = settled.id
), undelivered AS (
  DELETE FROM delivery d USING settled WHERE d.package_id = settled.id
), unlisted AS (
  DELETE FROM batch_item i USING settled WHERE i.package_id = settled.id
), strayed AS (
  DELETE FROM package_stream s USING settled WHERE s.package_id = settled.id
), removed AS (
  DELETE FROM package p USING settled WHERE p.id = settled.id RETURNING p.id, p.from_agency, p.identifier
), told AS (
  INSERT INTO event (package_id, type, at, actor, data)
  SELECT id, 'package.removed', $3::timestamptz, 'hub', jsonb_build_object('fromAgency', from_agency, 'identifier', identifier) FROM removed
)
SELECT id FROM removed`

/** See `Store.removePackages`. */
export async function removePackages (sql: Sql, { ids, settledBefore, at }: Parameters<Store['removePackages']>[0]): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(REMOVE, [ids.filter(isId), instant(settledBefore), instant(at)])
  return rows.map(({ id }) => id)
}

// Events lie about in the order of their time: a page without an old one is the last. (One with a wrong time ends nothing.)
// Those of a package that still has its bytes stay: they are written down with it when it is moved.
const FORGET = `
WITH page AS (
  SELECT seq, package_id, at FROM event WHERE seq > $1::bigint ORDER BY seq LIMIT $3::bigint
), gone AS (
  DELETE FROM event e USING page WHERE e.seq = page.seq AND page.at < $2::timestamptz
    AND NOT EXISTS (SELECT FROM payload y WHERE y.package_id = page.package_id)
    AND NOT EXISTS (SELECT FROM delivery d WHERE d.package_id = page.package_id AND NOT ${isClosed('$2')})
  RETURNING e.seq
)
SELECT (SELECT count(*) FROM gone) AS removed, max(seq) AS last, count(*) AS seen, bool_or(at < $2::timestamptz) AS old FROM page`

/** See `Store.removeEvents`. */
export async function removeEvents (sql: Sql, { before, after, limit }: Parameters<Store['removeEvents']>[0]): ReturnType<Store['removeEvents']> {
  const [row] = await sql.query<{ removed: number, last: number | null, seen: number, old: boolean | null }>(FORGET, [after ?? 0, instant(before), limit])
  if (row === undefined) return { removed: 0 }
  const { removed, last, seen, old } = row
  return { removed, ...(last === null || seen < limit || old !== true ? {} : { next: last }) }
}

/** See `Store.unnamedBlobs`. */
export async function unnamedBlobs (sql: Sql, addresses: readonly string[]): Promise<string[]> {
  if (addresses.length === 0) return []
  const rows = await sql.query<{ sha256: string }>(`
    SELECT sha256 FROM unnest($1::text[]) AS blob (sha256)
    WHERE NOT EXISTS (SELECT FROM payload y WHERE y.sha256 = blob.sha256 AND y.bytes IS NULL)`, [addresses])
  return rows.map(({ sha256 }) => sha256)
}
