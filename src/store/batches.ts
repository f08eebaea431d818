// Batches: one operation on many deliveries. The set is frozen in one statement, worked item by item by any process, each
// in one transaction with its outcome: a restart goes on where the last one ended.
import { CATALOGUE, HubError, toProblem } from '../errors.js'
import type { DeliveryState } from '../model/generated.js'
import type { BatchOperation, BatchState, ItemOutcome, OperationTarget } from '../model/operation.js'
import type { Problem } from '../model/problem.js'
import { text } from '../model/text.js'
import type { ClaimCheck } from '../ports/broker.js'
import type { Batch, BatchItem, DeliveryFilter, NewBatch, OperateOptions, OperatorAction, OperatorStore } from '../ports/operating.js'
import { indexedConditions, seenConditions, where } from './deliveries.js'
import { toStoreError } from './failure.js'
import { operateOn, wakeFollowers } from './operate.js'
import { escapeText, instant, isId, toJson, type Sql, type SqlValue } from './sql.js'

/** See `OperatorStore.createBatch`. */
export async function createBatch (sql: Sql, batch: NewBatch): Promise<Batch> {
  const values: SqlValue[] = [
    batch.id, batch.operation, toJson(batch.filter), batch.target === undefined ? null : toJson(batch.target), escapeText(batch.reason),
    escapeText(batch.actor), instant(batch.at), batch.most + 1
  ]
  const add = (value: SqlValue): string => `$${values.push(value)}`
  const indexed = indexedConditions(batch.filter, add)
  const { ofDelivery, ofPackage } = seenConditions(batch.filter, add)
  return await sql.transaction(async tx => {
    const [row] = await tx.query<{ total: number }>(`
      WITH chosen AS (
        SELECT d.id, d.package_id, d.state FROM delivery d ${ofPackage.length === 0 ? '' : 'JOIN package p ON p.id = d.package_id'}
        ${where([...indexed, ...ofDelivery, ...ofPackage])} ORDER BY d.package_id, d.id LIMIT $8::bigint
      ), frozen AS (
        INSERT INTO batch_item (batch_id, n, delivery_id, package_id, frozen)
        SELECT $1::uuid, row_number() OVER (ORDER BY package_id, id), id, package_id, state FROM chosen
      )
      INSERT INTO batch (id, operation, filter, target, reason, actor, state, created_at, total)
      SELECT $1::uuid, $2::text, $3::jsonb, $4::jsonb, $5::text, $6::text, 'frozen', $7::timestamptz, count(*) FROM chosen
      RETURNING total`, values)
    const total = row?.total ?? 0
    if (total > batch.most) {
      throw new HubError('BATCH_TOO_LARGE', text(`Bộ lọc chọn hơn ${batch.most} lượt chuyển; hãy thu hẹp bộ lọc.`, `The filter selects more than ${batch.most} deliveries; narrow it down.`))
    }
    const { at, most, ...made } = batch
    return { ...made, state: 'frozen', createdAt: at, total, outcomes: { done: 0, skipped: 0, failed: 0 } }
  })
}

const TOLD = 'id, operation, reason, total'

/** Records who started or stopped the batch of the named part; with the reason that it was made for. */
const tellOf = (action: OperatorAction['action'], part: string): string => `
    INSERT INTO operator_action (at, actor, action, subject, reason, detail)
    SELECT $2::timestamptz, $3::text, '${action}', 'batch:' || id, reason, jsonb_build_object('operation', operation, 'total', total) FROM ${part}`

/** See `OperatorStore.startBatch`. */
export async function startBatch (sql: Sql, { id, at, actor }: { id: string, at: number, actor: string }): Promise<Batch | undefined> {
  if (!isId(id)) return undefined
  await sql.query(`
    WITH started AS (
      UPDATE batch SET state = 'running', started_at = $2::timestamptz, started_by = $3::text WHERE id = $1::uuid AND state = 'frozen'
      RETURNING ${TOLD}
    )
    ${tellOf('batch.started', 'started')}`, [id, instant(at), escapeText(actor)])
  const batch = await findBatch(sql, id)
  if (batch?.state === 'cancelled') throw new HubError('BATCH_CANCELLED', CATALOGUE.BATCH_CANCELLED.title)
  return batch
}

/** See `OperatorStore.cancelBatch`. */
export async function cancelBatch (sql: Sql, { id, at, actor }: { id: string, at: number, actor: string }): Promise<Batch | undefined> {
  if (!isId(id)) return undefined
  await sql.query(`
    WITH cancelled AS (
      UPDATE batch SET state = 'cancelled', finished_at = $2::timestamptz, cancelled_by = $3::text WHERE id = $1::uuid AND state IN ('frozen', 'running')
      RETURNING ${TOLD}
    )
    ${tellOf('batch.cancelled', 'cancelled')}`, [id, instant(at), escapeText(actor)])
  return await findBatch(sql, id)
}

interface BatchRow {
  id: string
  operation: BatchOperation
  filter: DeliveryFilter
  target: OperationTarget | null
  reason: string
  actor: string
  state: BatchState
  created_at: number
  started_at: number | null
  started_by: string | null
  finished_at: number | null
  cancelled_by: string | null
  total: number
  outcomes: Record<ItemOutcome, number> | null
}

const COLUMNS = 'b.id, b.operation, b.filter, b.target, b.reason, b.actor, b.state, b.created_at, b.started_at, b.started_by, b.finished_at, b.cancelled_by, b.total, b.outcomes'

/** See `OperatorStore.findBatch`. */
export async function findBatch (sql: Sql, id: string): Promise<Batch | undefined> {
  if (!isId(id)) return undefined
  const rows = await sql.query<BatchRow>(`SELECT ${COLUMNS} FROM batch b WHERE b.id = $1::uuid`, [id])
  return (await withOutcomes(sql, rows))[0]
}

/** See `OperatorStore.listBatches`. */
export async function listBatches (sql: Sql, { limit, after }: { limit: number, after?: string }): Promise<Batch[]> {
  const rows = after === undefined
    ? await sql.query<BatchRow>(`SELECT ${COLUMNS} FROM batch b ORDER BY b.id DESC LIMIT $1::bigint`, [limit])
    : await sql.query<BatchRow>(`SELECT ${COLUMNS} FROM batch b WHERE b.id < $2::uuid ORDER BY b.id DESC LIMIT $1::bigint`, [limit, after])
  return await withOutcomes(sql, rows)
}

/** A batch that is done has its numbers; of another they are counted, on the index. */
async function withOutcomes (sql: Sql, rows: readonly BatchRow[]): Promise<Batch[]> {
  const open = rows.filter(({ state, outcomes }) => outcomes === null && state !== 'frozen').map(({ id }) => id)
  const counted = open.length === 0 ? [] : await sql.query<{ batch_id: string, outcome: ItemOutcome | 'pending', count: number }>(
    'SELECT batch_id, outcome, count(*) AS count FROM batch_item WHERE batch_id = ANY($1::uuid[]) GROUP BY batch_id, outcome', [open])
  const countOf = (id: string, outcome: ItemOutcome): number => counted.find(row => row.batch_id === id && row.outcome === outcome)?.count ?? 0
  return rows.map(row => ({
    id: row.id,
    operation: row.operation,
    filter: row.filter,
    ...(row.target === null ? {} : { target: row.target }),
    reason: row.reason,
    actor: row.actor,
    state: row.state,
    createdAt: row.created_at,
    ...(row.started_at === null ? {} : { startedAt: row.started_at }),
    ...(row.started_by === null ? {} : { startedBy: row.started_by }),
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    ...(row.cancelled_by === null ? {} : { cancelledBy: row.cancelled_by }),
    total: row.total,
    outcomes: row.outcomes ?? { done: countOf(row.id, 'done'), skipped: countOf(row.id, 'skipped'), failed: countOf(row.id, 'failed') }
  }))
}

/** See `OperatorStore.batchItems`. */
export async function batchItems (sql: Sql, id: string, { limit, after, outcome }: Parameters<OperatorStore['batchItems']>[1]): Promise<BatchItem[]> {
  if (!isId(id)) return []
  const values: SqlValue[] = [id, after ?? 0, limit, ...(outcome === undefined ? [] : [outcome])]
  const rows = await sql.query<{ n: number, delivery_id: string, package_id: string, frozen: DeliveryState, outcome: ItemOutcome | 'pending', problem: Problem | null, at: number | null }>(`
    SELECT n, delivery_id, package_id, frozen, outcome, problem, at FROM batch_item
    WHERE batch_id = $1::uuid AND n > $2::bigint ${outcome === undefined ? '' : 'AND outcome = $4::text'} ORDER BY n LIMIT $3::bigint`, values)
  return rows.map(row => ({
    n: row.n,
    deliveryId: row.delivery_id,
    packageId: row.package_id,
    frozen: row.frozen,
    ...(row.outcome === 'pending' ? {} : { outcome: row.outcome }),
    ...(row.problem === null ? {} : { problem: row.problem }),
    ...(row.at === null ? {} : { at: row.at })
  }))
}

type Running = Pick<BatchRow, 'id' | 'operation' | 'target' | 'reason'> & { started_by: string }
type WorkOptions = Parameters<OperatorStore['workBatches']>[0]

/** See `OperatorStore.workBatches`. */
export async function workBatches (sql: Sql, options: WorkOptions): ReturnType<OperatorStore['workBatches']> {
  let running = await sql.query<Running>("SELECT id, operation, target, reason, started_by FROM batch WHERE state = 'running' ORDER BY started_at LIMIT 10")
  const claims: ClaimCheck[] = []
  let worked = 0
  // In turns: a large batch does not keep a small one waiting.
  while (running.length > 0 && worked < options.limit) {
    const unfinished: Running[] = []
    for (const batch of running) {
      const found = await workOne(sql, batch, options)
      if (found === undefined) { await finish(sql, batch, options.at); continue }
      worked++
      claims.push(...found)
      unfinished.push(batch)
    }
    running = unfinished
  }
  return { worked, claims }
}

const NEXT = `
SELECT n, delivery_id, frozen FROM batch_item
WHERE batch_id = $1::uuid AND outcome = 'pending' AND EXISTS (SELECT FROM batch WHERE id = $1::uuid AND state = 'running')
ORDER BY n LIMIT 1 FOR UPDATE SKIP LOCKED`

interface Next { n: number, delivery_id: string, frozen: DeliveryState }

/** Undefined: no item of this batch is left for this process. */
async function workOne (sql: Sql, batch: Running, options: WorkOptions): Promise<ClaimCheck[] | undefined> {
  let taken: Next | undefined
  try {
    const claims = await sql.transaction(async tx => {
      [taken] = await tx.query<Next>(NEXT, [batch.id])
      return taken === undefined ? undefined : await workItem(tx, { batch, taken, options })
    })
    return claims === undefined || taken === undefined ? undefined : [...claims, ...await wakeFollowers(sql, optionsOf(batch, taken, options))]
  } catch (error) {
    // The database refused this one; any other failure is the surroundings', and the item is worked again.
    const failure = toStoreError(error)
    if (taken === undefined || failure.code !== 'INTERNAL') throw failure
    await end(sql, { batch, n: taken.n, at: options.at }, { outcome: 'failed', problem: toProblem(failure) })
    return []
  }
}

async function workItem (tx: Sql, { batch, taken, options }: { batch: Running, taken: Next, options: WorkOptions }): Promise<ClaimCheck[]> {
  const item = { batch, n: taken.n, at: options.at }
  try {
    const { changed, delivery, claims } = await operateOn(tx, optionsOf(batch, taken, options))
    await end(tx, item, changed ? { outcome: 'done' } : { outcome: 'skipped', problem: unneeded(delivery.state) })
    return claims
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    await end(tx, item, { outcome: 'skipped', problem: toProblem(error) })
    return []
  }
}

function optionsOf ({ id, operation, target, reason, started_by: actor }: Running, { delivery_id: deliveryId, frozen }: Next, { at, expiresAfterMs }: WorkOptions): OperateOptions {
  return { id: deliveryId, operation, at, actor, reason, expiresAfterMs, batch: { id, frozen }, ...(target === null ? {} : { target }) }
}

function unneeded (state: DeliveryState): Problem {
  return { code: 'OPERATION_NOT_POSSIBLE', detail: text(`Không cần làm gì: đã ở trạng thái ${state}.`, `Nothing to do: it is ${state} already.`) }
}

async function end (sql: Sql, { batch, n, at }: { batch: Running, n: number, at: number }, { outcome, problem }: { outcome: ItemOutcome, problem?: Problem }): Promise<void> {
  await sql.query("UPDATE batch_item SET outcome = $3::text, problem = $4::jsonb, at = $5::timestamptz WHERE batch_id = $1::uuid AND n = $2::integer AND outcome = 'pending'",
    [batch.id, n, outcome, problem === undefined ? null : toJson(problem), instant(at)])
}

/** When nobody works an item any more. The numbers are kept with the batch: its items go with their packages. */
async function finish (sql: Sql, { id }: Running, at: number): Promise<void> {
  await sql.query(`
    UPDATE batch SET state = 'done', finished_at = $2::timestamptz, outcomes = (
      SELECT jsonb_build_object('done', count(*) FILTER (WHERE outcome = 'done'), 'skipped', count(*) FILTER (WHERE outcome = 'skipped'),
        'failed', count(*) FILTER (WHERE outcome = 'failed')) FROM batch_item WHERE batch_id = $1::uuid)
    WHERE id = $1::uuid AND state = 'running' AND NOT EXISTS (SELECT FROM batch_item WHERE batch_id = $1::uuid AND outcome = 'pending')`, [id, instant(at)])
}
