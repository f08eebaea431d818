// Brings a database to the version of this code, also when several processes start at once.
import { createHash } from 'node:crypto'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import { MIGRATIONS, type Migration } from './migrations/index.js'
import type { Sql } from './sql.js'

/** A schema name as it stands in SQL text. */
export function quoteName (name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/**
 * Creates the schema when it is missing and runs what has not run yet, all in one transaction under an advisory lock.
 * Throws `STORE_TOO_NEW` when the database was migrated by a later version of the hub.
 */
export async function migrate (sql: Sql, schema: string, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  // Advisory locks are per database: the key holds the schema, so that other hubs in the same database do not wait.
  const key = createHash('sha256').update(`lienthong ${schema}`).digest().readBigInt64BE().toString()
  await sql.transaction(async tx => {
    await tx.query('SELECT pg_advisory_xact_lock($1::bigint)', [key])
    await tx.exec(`CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}; SET LOCAL search_path TO ${quoteName(schema)};
      CREATE TABLE IF NOT EXISTS migration (version integer PRIMARY KEY, name text NOT NULL, run_at timestamptz NOT NULL DEFAULT now())`)
    const [row] = await tx.query<{ version: number }>('SELECT coalesce(max(version), 0) AS version FROM migration')
    const present = row?.version ?? 0
    if (present > migrations.length) {
      throw new HubError('STORE_TOO_NEW', text(
        `Cơ sở dữ liệu ở phiên bản ${present}, chương trình này chỉ biết đến phiên bản ${migrations.length}. Hãy dùng bản mới hơn.`,
        `The database is at version ${present}, this program knows versions up to ${migrations.length}. Run a newer release.`))
    }
    for (const { version, name, sql: statements } of migrations.slice(present)) {
      await tx.exec(statements)
      await tx.query('INSERT INTO migration (version, name) VALUES ($1::integer, $2::text)', [version, name])
    }
  })
}
