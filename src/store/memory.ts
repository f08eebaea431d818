// What adapters remember of their endpoints: one small JSON value a key.
import { escapeText, toJson, type Sql } from './sql.js'

/** See `EndpointStore.readMemory`. */
export async function readMemory (sql: Sql, endpoint: string, key: string): Promise<unknown> {
  const [row] = await sql.query<{ value: unknown }>('SELECT value FROM endpoint_memory WHERE endpoint = $1::text AND key = $2::text', [escapeText(endpoint), escapeText(key)])
  return row?.value
}

/** See `EndpointStore.writeMemory`. */
export async function writeMemory (sql: Sql, endpoint: string, key: string, value: unknown): Promise<void> {
  if (value === undefined) {
    await sql.query('DELETE FROM endpoint_memory WHERE endpoint = $1::text AND key = $2::text', [escapeText(endpoint), escapeText(key)])
    return
  }
  await sql.query(`
    INSERT INTO endpoint_memory (endpoint, key, value) VALUES ($1::text, $2::text, $3::jsonb)
    ON CONFLICT (endpoint, key) DO UPDATE SET value = excluded.value, written_at = clock_timestamp()`,
  [escapeText(endpoint), escapeText(key), toJson(value)])
}
