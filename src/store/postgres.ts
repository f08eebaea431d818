// The store on PostgreSQL: the one file that knows `pg`. A pool that outlives restarts of the server, and nothing else.
import pg from 'pg'
import { fault, HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { AdapterLog } from '../ports/adapter.js'
import type { Store } from '../ports/store.js'
import { toStoreError } from './failure.js'
import { migrate, quoteName } from './migrate.js'
import { SETTINGS, TYPE_PARSERS, type Sql, type SqlValue } from './sql.js'
import { createStore } from './store.js'

export interface PostgresStoreOptions {
  /** postgres://… */
  url: string
  /** Created when missing. Everything the hub stores is in it. */
  schema: string
  maxConnections: number
  /** A server may be silent this long over a statement; then its connection is given up, as `STORE_UNAVAILABLE`. Default 30000. */
  answerTimeoutMs?: number
  log?: AdapterLog
}

/** More texts than the store has; only lists make their text, from a few parts. */
const MAX_PREPARED = 200

/**
 * Connects and migrates. Rejects with `STORE_UNAVAILABLE` when the server does not answer, `CONFIG_INVALID` when it refuses the login, `STORE_TOO_NEW` when a later
 * release has been there.
 */
export async function openPostgresStore (options: PostgresStoreOptions): Promise<Store> {
  const sql = openPostgres(options)
  try {
    await migrate(sql, options.schema)
  } catch (error) {
    await sql.close()
    throw refusedLogin(error) ?? toStoreError(error)
  }
  return createStore(sql)
}

/** At the opening, a wrong user, password or database is a fault of the configuration: waiting would not mend it. */
function refusedLogin (error: unknown): HubError | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!/^(28|3D)/.test(code)) return undefined
  const detail = text('Máy chủ PostgreSQL từ chối đăng nhập: kiểm tra người dùng, mật khẩu và tên cơ sở dữ liệu.', 'The PostgreSQL server refuses the login: check user, password and database name.')
  return new HubError('CONFIG_INVALID', detail, { errors: [fault('FIELD_INVALID', '/store/url', detail)] })
}

/** The bare connection pool, not migrated. */
export function openPostgres ({ url, schema, maxConnections, answerTimeoutMs = 30_000, log }: PostgresStoreOptions): Sql {
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    application_name: 'lienthong',
    // As options of the connection they hold from its first statement on, and cost no round trip.
    options: Object.entries({ search_path: quoteName(schema), ...SETTINGS }).map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, '\\$&')}`).join(' '),
    types: { getTypeParser: (oid: number, format?: 'text' | 'binary') => TYPE_PARSERS[oid] ?? pg.types.getTypeParser(oid, format as 'text') }
  })
  const onLost = (error: Error): void => { log?.warn({ reason: error.message }, 'store.connection-lost') }
  // Without these listeners a restart of the server would end the process.
  pool.on('error', onLost)
  pool.on('connect', client => { client.on('error', onLost) })
  const names = new Map<string, string>()
  let closing: Promise<void> | undefined
  return {
    query: async (text, values) => await run(pool, toQuery(names, text, values), answerTimeoutMs),
    transaction: async work => await inTransaction({ pool, names, answerTimeoutMs }, work),
    exec: async text => { await pool.query(text) },
    close: async () => await (closing ??= pool.end())
  }
}

function toQuery (names: Map<string, string>, text: string, values: readonly SqlValue[] = []): pg.QueryConfig {
  let name = names.get(text)
  if (name === undefined && names.size < MAX_PREPARED) names.set(text, name = `lienthong_${names.size}`)
  return { text, values: [...values], ...(name === undefined ? {} : { name }) }
}

async function run<Row> (on: pg.Pool | pg.PoolClient, query: pg.QueryConfig, answerTimeoutMs?: number): Promise<Row[]> {
  // A vanished server closes nothing: without a limit of our own a statement would wait for the system's, a quarter of an hour.
  const limited: pg.QueryConfig & { query_timeout?: number } = answerTimeoutMs === undefined ? query : { ...query, query_timeout: answerTimeoutMs }
  const { rows } = await on.query(limited)
  return rows as Row[]
}

async function inTransaction<T> ({ pool, names, answerTimeoutMs }: { pool: pg.Pool, names: Map<string, string>, answerTimeoutMs: number }, work: (sql: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  const within: Sql = {
    query: async (text, values) => await run(client, toQuery(names, text, values), answerTimeoutMs),
    transaction: async inner => await inner(within),
    exec: async text => { await client.query(text) },
    close: async () => {}
  }
  try {
    await within.query('BEGIN')
    const result = await work(within)
    await within.query('COMMIT')
    return result
  } catch (error) {
    // Of a server that is silent no answer comes to this either: then the connection is given up.
    await within.query('ROLLBACK').catch((reason: unknown) => { broken = reason instanceof Error ? reason : new Error(String(reason)) })
    throw error
  } finally {
    client.release(broken)
  }
}
