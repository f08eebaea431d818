// Stores for tests: every implementation that can run here, each empty and of its own, gone when the test is over.
import { createHash } from 'node:crypto'
import { cp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import type { Store } from '../../src/ports/store.js'
import { MIGRATIONS } from '../../src/store/migrations/index.js'
import { dumpPglite, openPgliteStore } from '../../src/store/pglite.js'
import { openPostgresStore } from '../../src/store/postgres.js'
import { findServices, privateName } from './services.js'

/** The part of a tap test that is needed here. */
interface Teardown { teardown (work: () => Promise<void>): void }

export interface TestStore {
  /** pglite or postgres. */
  name: string
  store: Store
  /** Another process's view of the same data; undefined where there can be only one. */
  second: Store | undefined
}

let template: Promise<Blob> | undefined

/** A migrated, empty PGlite: made once per machine and version (five seconds), then copied (one). */
export async function pgliteTemplate (): Promise<Blob> {
  return await (template ??= findTemplate())
}

async function findTemplate (): Promise<Blob> {
  const path = join(tmpdir(), `lienthong-pglite-${await templateKey()}.tar.gz`)
  if (await stat(path).then(() => false, () => true)) {
    // Written aside and renamed: test files run at the same time.
    const aside = `${path}.${privateName()}`
    await writeFile(aside, Buffer.from(await (await dumpPglite()).arrayBuffer()))
    await rename(aside, path)
  }
  // Read whole: a blob on a file cannot be read any more once another test file has renamed its own over it.
  return new Blob([await readFile(path)], { type: 'application/x-gzip' })
}

/** Changes when anything does that shapes the database. */
async function templateKey (): Promise<string> {
  const manifest = join(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')), '..', 'package.json')
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
  return createHash('sha256').update(JSON.stringify([version, process.version, MIGRATIONS])).digest('hex').slice(0, 16)
}

/** Makes an empty embedded store in a directory that does not exist yet: copied, so that a hub starts there in a second instead of five. */
export async function prepareEmbedded (dataDirectory: string): Promise<void> {
  const template = join(tmpdir(), `lienthong-pglite-${await templateKey()}`)
  if (await stat(template).then(() => false, () => true)) {
    const aside = `${template}.${privateName()}`
    await (await openPgliteStore({ dataDirectory: aside, template: await pgliteTemplate() })).close()
    // Another test file may have been faster.
    await rename(aside, template).catch(async () => { await rm(aside, { recursive: true }) })
  }
  await cp(template, dataDirectory, { recursive: true })
}

/** An empty store in memory. */
export async function openMemoryStore (t: Teardown): Promise<Store> {
  const store = await openPgliteStore({ dataDirectory: 'memory', template: await pgliteTemplate() })
  t.teardown(async () => { await store.close() })
  return store
}

/** An empty PostgreSQL schema, dropped at the end; undefined when no server answers. */
export async function openSchema (t: Teardown): Promise<{ url: string, schema: string } | undefined> {
  const { postgresUrl: url } = await findServices()
  if (url === undefined) return undefined
  const schema = privateName()
  t.teardown(async () => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
    await client.end()
  })
  return { url, schema }
}

/** Every implementation that can run here: PGlite always, PostgreSQL when a server answers. */
export async function openTestStores (t: Teardown): Promise<TestStore[]> {
  const stores: TestStore[] = [{ name: 'pglite', store: await openMemoryStore(t), second: undefined }]
  const place = await openSchema(t)
  if (place !== undefined) {
    const [store, second] = await Promise.all([openPostgresStore({ ...place, maxConnections: 4 }), openPostgresStore({ ...place, maxConnections: 4 })])
    t.teardown(async () => { await Promise.all([store.close(), second.close()]) })
    stores.push({ name: 'postgres', store, second })
  }
  return stores
}
