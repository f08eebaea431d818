// npm run bench:operate: what operators ask, on a table of real size, with the plan of each query; and what counting costs.
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { newId } from '../src/ids.js'
import type { DeliveryFilter } from '../src/ports/operating.js'
import { createBatch } from '../src/store/batches.js'
import { causes, counts, foldCounts } from '../src/store/counts.js'
import { findDelivery, listDeliveries } from '../src/store/deliveries.js'
import { oldestUndelivered } from '../src/store/endpoints.js'
import { migrate } from '../src/store/migrate.js'
import { openPostgres } from '../src/store/postgres.js'
import type { Sql } from '../src/store/sql.js'
import { findServices } from '../test/support/services.js'
import { explaining, type Plan } from './operate/explain.js'
import { measureHotPath, type HotPath } from './operate/hot-path.js'
import { daysBefore, ENDPOINTS, fillTable, UNTIL } from './operate/table.js'

interface Measured { query: string, answered: number, ms: number, plans: Plan[] }

const LISTS: Record<string, DeliveryFilter> = {
  'list: everything': {},
  'list: dead': { state: 'dead' },
  'list: dead, one endpoint': { state: 'dead', endpoint: 'endpoint-7' },
  'list: dead, one endpoint and reason': { state: 'dead', endpoint: 'endpoint-7', code: 'ENDPOINT_REFUSED' },
  'list: dead, one reason': { state: 'dead', code: 'ADAPTER_DEFECT' },
  'list: dead dossiers': { state: 'dead', kind: 'dossier' },
  'list: held': { state: 'held' },
  'list: refused': { state: 'refused' },
  'list: queued': { state: 'queued' },
  'list: deferred': { state: 'deferred' },
  'list: available': { state: 'available' },
  'list: delivered': { state: 'delivered' },
  'list: one agency': { agency: 'H36.7' },
  'list: one agency, delivered': { agency: 'H36.7', state: 'delivered' },
  'list: one endpoint': { endpoint: 'endpoint-7' },
  'list: one endpoint that nobody has': { endpoint: 'nobody' },
  'list: one axis': { axis: 'national' },
  'list: one adapter': { adapter: 'inbox' },
  'list: urgent': { priority: 2 },
  'list: one document': { correlationId: 'bench/500' },
  'list: accepted on one day': { acceptedFrom: daysBefore(180), acceptedTo: daysBefore(179) },
  'list: settled on one day, one endpoint': { endpoint: 'endpoint-7', acceptedTo: daysBefore(178), settledFrom: daysBefore(180), settledTo: daysBefore(179) }
}

async function measure (sql: Sql, query: string, work: (sql: Sql) => Promise<number>): Promise<Measured> {
  // Once for the caches, once for the time, once for the plan.
  await work(sql)
  const startedAt = performance.now()
  const answered = await work(sql)
  const ms = performance.now() - startedAt
  const plans: Plan[] = []
  await work(explaining(sql, plans))
  return { query, answered, ms, plans }
}

async function measureAll (sql: Sql): Promise<Measured[]> {
  const measured: Measured[] = []
  for (const [query, filter] of Object.entries(LISTS)) {
    measured.push(await measure(sql, query, async on => (await listDeliveries(on, filter, { limit: 50 })).items.length))
  }
  const [one] = (await listDeliveries(sql, {}, { limit: 1 })).items
  measured.push(await measure(sql, 'one delivery', async on => await findDelivery(on, one?.delivery.id ?? '') === undefined ? 0 : 1))
  const endpoints = Array.from({ length: ENDPOINTS }, (_, n) => `endpoint-${n}`)
  measured.push(await measure(sql, 'oldest undelivered of every endpoint', async on => (await oldestUndelivered(on, endpoints)).length))
  measured.push(await measure(sql, 'causes', async on => (await causes(on)).length))
  measured.push(await measure(sql, 'counts, not folded', async on => (await counts(on)).length))
  while (await foldCounts(sql, { limit: 2000 }) > 0);
  measured.push(await measure(sql, 'counts, folded', async on => (await counts(on)).length))
  measured.push(await measure(sql, 'batch: freeze every dead delivery', async on => (await createBatch(on, {
    id: newId(), operation: 'retry', filter: { state: 'dead' }, reason: 'bench', actor: 'operator:bench', at: UNTIL, most: 500_000
  })).total))
  return measured
}

function print (measured: readonly Measured[], hotPath: HotPath): void {
  for (const { query, answered, ms, plans } of measured) {
    const indexes = [...new Set(plans.flatMap(plan => plan.indexes))].join(', ')
    const sequential = plans.flatMap(plan => plan.sequential)
    const rows = Math.max(0, ...plans.map(plan => plan.rows))
    console.log(`${query.padEnd(42)} ${String(answered).padStart(7)} answered  ${ms.toFixed(1).padStart(8)} ms  ${String(rows).padStart(8)} rows seen  ${indexes}${sequential.length === 0 ? '' : ` SEQUENTIAL ${sequential.join(', ')}`}`)
  }
  console.log(`accept 100, claim 100, settle 100: ${hotPath.withoutMs.toFixed(1)} ms without counting, ${hotPath.withMs.toFixed(1)} ms with it (ratio ${hotPath.ratio.toFixed(3)}), folding ${hotPath.foldMs.toFixed(1)} ms`)
}

async function main (): Promise<void> {
  const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '200' }, json: { type: 'boolean', default: false } } })
  const [rows, rounds] = [Number(values.rows), Number(values.rounds)]
  if (!Number.isSafeInteger(rows) || rows < 100_000) throw new TypeError('--rows is a whole number from 100000')
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new TypeError('--rounds is a whole number from 1')
  const { postgresUrl: url } = await findServices()
  if (url === undefined) throw new TypeError('no PostgreSQL answers')
  const opened = [1, 2].map(() => {
    const schema = `bench_${randomBytes(6).toString('hex')}`
    return { schema, sql: openPostgres({ url, schema, maxConnections: 2, answerTimeoutMs: 3_600_000 }) }
  }) as [Opened, Opened]
  try {
    for (const { sql, schema } of opened) await migrate(sql, schema)
    const [{ sql }, { sql: plain }] = opened
    const hotPath = await measureHotPath({ counting: sql, plain }, rounds)
    await sql.exec('TRUNCATE package, delivery, payload, event, delivery_count, delivery_count_change')
    const startedAt = performance.now()
    await fillTable(sql, rows, done => { if (!values.json && done % 1_000_000 === 0) console.log(`${done} rows`) })
    const fillSeconds = (performance.now() - startedAt) / 1000
    const measured = await measureAll(sql)
    if (!values.json) print(measured, hotPath)
    else console.log(JSON.stringify({ rows, fillSeconds, hotPath, queries: measured }))
  } finally {
    for (const { sql, schema } of opened) {
      await sql.exec(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
      await sql.close()
    }
  }
}

interface Opened { schema: string, sql: Sql }

await main()
