// What adapters remember of their endpoints: one small JSON value a key.
import { escapeText, instant, toJson, type Sql } from './sql.js'

/** See `MemoryStore.readMemory`. */
export async function readMemory (sql: Sql, endpoint: string, key: string): Promise<unknown> {
  const [row] = await sql.query<{ value: unknown }>('SELECT value FROM endpoint_memory WHERE endpoint = $1::text AND key = $2::text', [escapeText(endpoint), escapeText(key)])
  return row?.value
}

/** See `MemoryStore.writeMemory`. */
export async function writeMemory (sql: Sql, endpoint: string, key: string, value: unknown, { expiresAt }: { expiresAt?: number } = {}): Promise<void> {
  if (value === undefined) {
    await sql.query('DELETE FROM endpoint_memory WHERE endpoint = $1::text AND key = $2::text', [escapeText(endpoint), escapeText(key)])
    return
  }
  await sql.query(`
    INSERT INTO endpoint_memory (endpoint, key, value, expires_at) VALUES ($1::text, $2::text, $3::jsonb, $4::timestamptz)
    ON CONFLICT (endpoint, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at, written_at = clock_timestamp()`,
  [escapeText(endpoint), escapeText(key), toJson(value), expiresAt === undefined ? null : instant(expiresAt)])
}

/** See `MemoryStore.removeMemory`. */
export async function removeMemory (sql: Sql, { at, limit }: { at: number, limit: number }): Promise<number> {
  const removed = await sql.query(`
    DELETE FROM endpoint_memory m USING (
      SELECT endpoint, key FROM endpoint_memory WHERE expires_at <= $1::timestamptz ORDER BY expires_at LIMIT $2::bigint FOR UPDATE SKIP LOCKED
    ) expired WHERE m.endpoint = expired.endpoint AND m.key = expired.key RETURNING m.key`, [instant(at), limit])
  return removed.length
}
