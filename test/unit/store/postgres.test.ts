// What only a database server can do to the store: two openers at once, a newer schema, lost connections.
import pg from 'pg'
import { test } from 'tap'
import { migrate } from '../../../src/store/migrate.js'
import { MIGRATIONS } from '../../../src/store/migrations/index.js'
import { openPostgres, openPostgresStore } from '../../../src/store/postgres.js'
import { isAboutRows, toStoreError } from '../../../src/store/failure.js'
import { fromJson, toJson } from '../../../src/store/sql.js'
import { makePackage } from '../../support/packages.js'
import { openSchema } from '../../support/stores.js'
import { openTcpProxy } from '../../support/tcp-proxy.js'
import { eventually } from '../../support/time.js'
import fc from '../../support/property.js'

test('processes that start at once on an empty database all succeed', async t => {
  const place = await openSchema(t)
  if (place === undefined) { t.pass('no server here'); return }
  const stores = await Promise.all(Array.from({ length: 4 }, async () => await openPostgresStore({ ...place, maxConnections: 1 })))
  for (const store of stores) t.same(await store.accept([makePackage()]), [{ kind: 'stored' }])
  await Promise.all(stores.map(async store => { await store.close() }))
})

test('a database of a later release is refused; one of an earlier release is brought up', async t => {
  const place = await openSchema(t)
  if (place === undefined) { t.pass('no server here'); return }
  const sql = openPostgres({ ...place, maxConnections: 1 })
  t.teardown(async () => { await sql.close() })
  await migrate(sql, place.schema)
  await migrate(sql, place.schema, [...MIGRATIONS, { version: MIGRATIONS.length + 1, name: 'later', sql: 'CREATE TABLE later (id integer)' }])
  t.same(await sql.query('SELECT count(*) AS rows FROM later'), [{ rows: 0 }])
  await t.rejects(openPostgresStore({ ...place, maxConnections: 1 }), { code: 'STORE_TOO_NEW' })
})

test('a migration that fails changes nothing', async t => {
  const place = await openSchema(t)
  if (place === undefined) { t.pass('no server here'); return }
  const sql = openPostgres({ ...place, maxConnections: 1 })
  t.teardown(async () => { await sql.close() })
  await t.rejects(migrate(sql, place.schema, [...MIGRATIONS, { version: MIGRATIONS.length + 1, name: 'wrong', sql: 'CREATE TABLE half (id integer); SELECT 1 / 0' }]))
  t.same(await sql.query('SELECT count(*) AS schemas FROM pg_namespace WHERE nspname = $1::text', [place.schema]), [{ schemas: 0 }])
})

test('the store outlives the loss of all its connections', async t => {
  const place = await openSchema(t)
  if (place === undefined) { t.pass('no server here'); return }
  const lost: object[] = []
  const ignore = (): void => {}
  // A name of its own, so that only its connections are ended.
  const store = await openPostgresStore({ ...place, url: `${place.url}?application_name=${place.schema}`, maxConnections: 3, log: { debug: ignore, info: ignore, error: ignore, warn: fields => { lost.push(fields) } } })
  t.teardown(async () => { await store.close() })
  const operator = new pg.Client({ connectionString: place.url })
  await operator.connect()
  t.teardown(async () => { await operator.end() })
  await Promise.all([store.probe(), store.probe(), store.probe()])
  await operator.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [place.schema])
  await eventually(() => lost.length > 0)
  t.same(await eventually(async () => await store.accept([makePackage()]).catch(() => undefined)), [{ kind: 'stored' }])
})

test('a server that is not there is a passing condition', async t => {
  await t.rejects(openPostgresStore({ url: 'postgres://postgres@127.0.0.1:1/postgres', schema: 's', maxConnections: 1 }), { code: 'STORE_UNAVAILABLE' })
})

test('errors of the database become errors of the hub, without content', async t => {
  const thrown = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code, params: ['secret'], detail: 'Key (identifier)=(secret)' })
  for (const [error, expected] of [
    [thrown('53100'), 'STORAGE_FULL'], [thrown('ENOSPC'), 'STORAGE_FULL'], [thrown('53300'), 'STORE_UNAVAILABLE'], [thrown('57P01'), 'STORE_UNAVAILABLE'],
    [thrown('08006'), 'STORE_UNAVAILABLE'], [thrown('ECONNREFUSED'), 'STORE_UNAVAILABLE'], [thrown('40P01'), 'STORE_UNAVAILABLE'], [thrown('25006'), 'STORE_UNAVAILABLE'],
    [new Error('Connection terminated unexpectedly'), 'STORE_UNAVAILABLE'], [thrown('42P01'), 'INTERNAL'], ['odd', 'INTERNAL']
  ] as const) {
    const made = toStoreError(error)
    t.equal(made.code, expected)
    t.notMatch(JSON.stringify({ ...(made.cause as object) }), /secret/)
  }
  t.same(['22021', '23505', '54000', '40P01', '08006', 'ECONNRESET'].map(code => isAboutRows(thrown(code))), [true, true, true, true, false, false])
})

test('any string comes back from the form in which it is stored', t => {
  fc.assert(fc.property(fc.anything({ withBigInt: false, key: fc.string({ unit: 'binary' }), values: [fc.string({ unit: 'binary' }), fc.constantFrom('\0', '\ud800', '\\u0000', '\\\\u0000\\', '\ufdd0d800', '\ud83d\ude00')] }), value => {
    const json = JSON.stringify(value)
    if (json === undefined) return
    const stored = toJson(value)
    t.notMatch(stored.replaceAll('\\\\', ''), /\\u(0000|d[89a-f])/)
    if (JSON.stringify(fromJson(stored)) !== json) throw new Error(`${json} became ${stored}`)
  }))
  t.end()
})

test('a server that vanishes without a word is given up in time, and found again', async t => {
  const place = await openSchema(t)
  if (place === undefined) { t.pass('no server here'); return }
  const url = new URL(place.url)
  const proxy = await openTcpProxy({ host: url.hostname, port: url.port === '' ? 5432 : Number(url.port) })
  t.teardown(async () => { await proxy.close() })
  url.port = String(proxy.port)
  const store = await openPostgresStore({ ...place, url: url.href, maxConnections: 1, answerTimeoutMs: 1000 })
  t.teardown(async () => { await store.close() })
  proxy.blackhole()
  await t.rejects(store.accept([makePackage()]), { code: 'STORE_UNAVAILABLE' })
  proxy.restore()
  t.same(await store.accept([makePackage()]), [{ kind: 'stored' }], 'on a new connection')
})
