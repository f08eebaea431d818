// Leases: a name belongs to one owner until an instant. Several processes agree through them who does what only one may do.
import type { Store } from '../ports/store.js'
import { escapeText, instant, type Sql } from './sql.js'

/** Owners are never used again: what a dead process held is forgotten a day after its end. */
const FORGET_AFTER_MS = 86_400_000

// The names are locked in one order everywhere, so that two processes never lock each other out. A lease that somebody else
// holds stays as it is; one that ended goes to whoever asks first.
const ACQUIRE = `
WITH forgotten AS (
  DELETE FROM lease WHERE name IN (SELECT name FROM lease WHERE expires_at <= $5::timestamptz AND name <> ALL($1::text[]) FOR UPDATE SKIP LOCKED)
)
INSERT INTO lease (name, owner, expires_at)
SELECT name, $2::text, $4::timestamptz FROM (SELECT DISTINCT name COLLATE "C" AS name FROM unnest($1::text[]) AS wanted (name)) wanted ORDER BY name
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
WHERE lease.owner = excluded.owner OR lease.expires_at <= $3::timestamptz
RETURNING name`

/** See `Store.acquireLeases`. */
export async function acquireLeases (sql: Sql, { names, owner, at, ttlMs }: Parameters<Store['acquireLeases']>[0]): Promise<string[]> {
  if (names.length === 0) return []
  const rows = await sql.query<{ name: string }>(
    ACQUIRE, [names.map(escapeText), escapeText(owner), instant(at), instant(at + ttlMs), instant(at - FORGET_AFTER_MS)])
  return rows.map(({ name }) => name)
}

/** See `Store.releaseLeases`. */
export async function releaseLeases (sql: Sql, { owner, names }: Parameters<Store['releaseLeases']>[0]): Promise<void> {
  await sql.query(`
    DELETE FROM lease WHERE name IN (
      SELECT name FROM lease WHERE owner = $1::text AND ($2::text[] IS NULL OR name = ANY($2::text[])) ORDER BY name FOR UPDATE
    )`, [escapeText(owner), names === undefined ? null : names.map(escapeText)])
}

/** See `Store.liveProcesses`. */
export async function liveProcesses (sql: Sql, { role, at }: Parameters<Store['liveProcesses']>[0]): Promise<string[]> {
  const prefix = `process:${role}:`
  const rows = await sql.query<{ owner: string }>(`
    SELECT owner FROM lease WHERE name >= $1::text AND name < $2::text AND expires_at > $3::timestamptz ORDER BY name`,
  [prefix, `process:${role};`, instant(at)])
  return rows.map(({ owner }) => owner)
}
