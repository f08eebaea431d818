// The store inside the process, on PGlite (PostgreSQL in WebAssembly): the one file that knows it. For trying, developing
// and small sites: it makes no fsync call, so a power cut can lose what was accepted last (the end of the process cannot).
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite, type Transaction } from '@electric-sql/pglite'
import type { AdapterLog } from '../ports/adapter.js'
import type { Store } from '../ports/store.js'
import { lockDirectory } from './directory-lock.js'
import { toStoreError } from './failure.js'
import { migrate, quoteName } from './migrate.js'
import { SETTINGS, TYPE_PARSERS, type Sql, type SqlValue } from './sql.js'
import { createStore } from './store.js'

export interface PgliteStoreOptions {
  /** Created when missing; the database is its subdirectory `database`. `memory` keeps nothing. */
  dataDirectory: string | 'memory'
  /** A data directory to start from (a dump of PGlite), when the directory is new: a second instead of five. */
  template?: Blob
  log?: AdapterLog
}

const SCHEMA = 'lienthong'
const BYTEA = 17

/**
 * Opens and migrates. Rejects with `DATA_DIRECTORY_LOCKED` when another process has the directory open, `STORE_TOO_NEW`
 * when a later release has been there.
 */
export async function openPgliteStore (options: PgliteStoreOptions): Promise<Store> {
  return createStore(await openPglite(options))
}

/** The bare database, migrated. */
export async function openPglite ({ dataDirectory, template }: PgliteStoreOptions): Promise<Sql> {
  const lock = dataDirectory === 'memory' ? undefined : await lockDirectory(dataDirectory)
  let sql: Sql | undefined
  try {
    if (dataDirectory !== 'memory') await mkdir(join(dataDirectory, 'database'), { recursive: true })
    const database = await PGlite.create({
      ...(dataDirectory === 'memory' ? {} : { dataDir: join(dataDirectory, 'database') }),
      ...(template === undefined ? {} : { loadDataDir: template }),
      parsers: TYPE_PARSERS as Record<number, (text: string) => unknown>,
      // Bytes go as they are; the default writes them out as hex, digit by digit.
      serializers: { [BYTEA]: (value: Buffer) => value as unknown as string }
    })
    sql = toSql(database, async () => { await lock?.release() })
    const settings = Object.entries(SETTINGS).map(([name, value]) => `SET ${name} TO '${value}'`)
    await sql.exec([...settings, `SET search_path TO ${quoteName(SCHEMA)}`].join(';'))
    await migrate(sql, SCHEMA)
    return sql
  } catch (error) {
    await (sql === undefined ? lock?.release() : sql.close())
    throw toStoreError(error)
  }
}

/** The whole database as one archive, for `template`. */
export async function dumpPglite (): Promise<Blob> {
  const database = await PGlite.create()
  const sql = toSql(database, async () => {})
  try {
    await migrate(sql, SCHEMA)
    return await database.dumpDataDir('gzip')
  } finally {
    await sql.close()
  }
}

function toSql (database: PGlite, onClosed: () => Promise<void>): Sql {
  let closing: Promise<void> | undefined
  return {
    query: async (text, values) => await run(database, text, values),
    transaction: async work => await database.transaction(async tx => {
      const within: Sql = {
        query: async (text, values) => await run(tx, text, values),
        transaction: async inner => await inner(within),
        exec: async text => { await tx.exec(text) },
        close: async () => {}
      }
      return await work(within)
    }),
    exec: async text => { await database.exec(text) },
    close: async () => await (closing ??= database.close().finally(onClosed))
  }
}

async function run<Row> (on: PGlite | Transaction, text: string, values: readonly SqlValue[] = []): Promise<Row[]> {
  const { rows } = await on.query<Row>(text, [...values])
  return rows
}
