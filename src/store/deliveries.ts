// What operators see: deliveries of everybody, by any filter, at a cost that a page bounds and not the number of deliveries.
import type { DeliveryState } from '../model/generated.js'
import type { DeliveryFilter, DeliveryPage, DeliveryPosition, OperatedDelivery } from '../ports/operating.js'
import { idAt } from './retention.js'
import { DELIVERY_COLUMNS, SUMMARY_COLUMNS, toDelivery, toSummary, type DeliveryRow, type SummaryRow } from './rows.js'
import { escapeText, instant, isId, type Sql, type SqlValue } from './sql.js'

/** Rows that one page looks at, at most: some tens of milliseconds when they are in memory. */
const LOOKED_AT = 10_000
/** By far the most are in this state, so it has no index. */
const COMMON: DeliveryState = 'delivered'
/** Ids are made by the clock of a process, instants by that of the store. */
const CLOCKS_APART_MS = 86_400_000

type Add = (value: SqlValue) => string

/** Conditions on `delivery d` that an index answers, in the order of a list. */
export function indexedConditions (filter: DeliveryFilter, add: Add): string[] {
  const { state, agency, correlationId, acceptedFrom, acceptedTo } = filter
  return [
    ...(state === undefined || state === COMMON ? [] : [`d.state = '${literal(state)}'`]),
    ...(agency === undefined ? [] : [`d.agency = ${add(escapeText(agency))}::text`]),
    ...(correlationId === undefined ? [] : [`d.package_id IN (SELECT id FROM package WHERE correlation_id = ${add(escapeText(correlationId))}::text)`]),
    ...(acceptedFrom === undefined ? [] : [`d.package_id >= ${add(idAt(acceptedFrom - CLOCKS_APART_MS))}::uuid`]),
    ...(acceptedTo === undefined ? [] : [`d.package_id < ${add(idAt(acceptedTo + CLOCKS_APART_MS))}::uuid`]),
    ...(isCause(filter) ? causeConditions(filter, add) : [])
  ]
}

/** Those that are only seen on the row, or (`ofPackage`) on its `package p`. */
export function seenConditions (filter: DeliveryFilter, add: Add): { ofDelivery: string[], ofPackage: string[] } {
  const { state, axis, adapter, kind, priority, acceptedFrom, acceptedTo, settledFrom, settledTo } = filter
  return {
    ofDelivery: [
      ...(state === COMMON ? [`d.state = '${literal(state)}'`] : []),
      ...(isCause(filter) ? [] : causeConditions(filter, add)),
      ...(axis === undefined ? [] : [`d.axis = ${add(axis)}::text`]),
      ...(adapter === undefined ? [] : [`d.adapter = ${add(escapeText(adapter))}::text`]),
      ...(settledFrom === undefined ? [] : [`d.settled_at >= ${add(instant(settledFrom))}::timestamptz`]),
      ...(settledTo === undefined ? [] : [`d.settled_at < ${add(instant(settledTo))}::timestamptz`])
    ],
    ofPackage: [
      ...(kind === undefined ? [] : [`p.kind = ${add(kind)}::text`]),
      ...(priority === undefined ? [] : [`p.priority = ${add(priority)}::smallint`]),
      ...(acceptedFrom === undefined ? [] : [`p.accepted_at >= ${add(instant(acceptedFrom))}::timestamptz`]),
      ...(acceptedTo === undefined ? [] : [`p.accepted_at < ${add(instant(acceptedTo))}::timestamptz`])
    ]
  }
}

/** Dead and held ones have an index by endpoint and reason. */
function isCause ({ state, endpoint }: DeliveryFilter): boolean {
  return (state === 'dead' || state === 'held') && endpoint !== undefined
}

function causeConditions ({ endpoint, code }: DeliveryFilter, add: Add): string[] {
  return [
    ...(endpoint === undefined ? [] : [`d.endpoint = ${add(escapeText(endpoint))}::text`]),
    ...(code === undefined ? [] : [`d.problem->>'code' = ${add(escapeText(code))}::text`])
  ]
}

/** Stands in the text of the statement: of a parameter the planner could not tell which partial index holds it. */
function literal (state: string): string {
  if (!/^[a-z]+$/.test(state)) throw new Error('no state of a delivery')
  return state
}

/** `WHERE …`, or nothing. */
export function where (conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
}

type OperatedRow = DeliveryRow & SummaryRow & { purged_at: number | null }

const COLUMNS = `${DELIVERY_COLUMNS}, ${SUMMARY_COLUMNS}, p.purged_at`

/** See `OperatorStore.listDeliveries`. */
export async function listDeliveries (sql: Sql, filter: DeliveryFilter, { limit, after }: { limit: number, after?: DeliveryPosition }): Promise<DeliveryPage> {
  const values: SqlValue[] = []
  const add: Add = value => `$${values.push(value)}`
  const looked = lookAt(filter, add, after)
  const { ofDelivery, ofPackage } = seenConditions(filter, add)
  const seen = [...ofDelivery, ...ofPackage]
  const rows = await sql.query<OperatedRow>(`
    SELECT ${COLUMNS} FROM (SELECT d.* ${looked} LIMIT ${LOOKED_AT}) d JOIN package p ON p.id = d.package_id
    ${where(seen)} ORDER BY d.package_id DESC, d.id DESC LIMIT ${add(limit + 1)}::bigint`, values)
  const items = rows.slice(0, limit).map(toOperated)
  const last = items.at(-1)?.delivery
  if (rows.length > limit && last !== undefined) return { items, next: { packageId: last.packageId, id: last.id } }
  return seen.length === 0 ? { items } : { items, ...await lookedUpTo(sql, filter, after) }
}

function lookAt (filter: DeliveryFilter, add: Add, after?: DeliveryPosition): string {
  const conditions = indexedConditions(filter, add)
  if (after !== undefined) conditions.push(`(d.package_id, d.id) < (${add(after.packageId)}::uuid, ${add(after.id)}::uuid)`)
  return `FROM delivery d ${where(conditions)} ORDER BY d.package_id DESC, d.id DESC`
}

/** Where a page stopped looking; nothing when it saw everything. */
async function lookedUpTo (sql: Sql, filter: DeliveryFilter, after?: DeliveryPosition): Promise<{ next?: DeliveryPosition }> {
  const values: SqlValue[] = []
  const [row] = await sql.query<{ package_id: string, id: string }>(
    `SELECT d.package_id, d.id ${lookAt(filter, value => `$${values.push(value)}`, after)} OFFSET ${LOOKED_AT - 1} LIMIT 1`, values)
  return row === undefined ? {} : { next: { packageId: row.package_id, id: row.id } }
}

/** See `OperatorStore.findDelivery`. */
export async function findDelivery (sql: Sql, id: string): Promise<OperatedDelivery | undefined> {
  if (!isId(id)) return undefined
  const [row] = await sql.query<OperatedRow>(`SELECT ${COLUMNS} FROM delivery d JOIN package p ON p.id = d.package_id WHERE d.id = $1::uuid`, [id])
  return row === undefined ? undefined : toOperated(row)
}

function toOperated (row: OperatedRow): OperatedDelivery {
  return { delivery: toDelivery(row), package: { ...toSummary(row), ...(row.purged_at === null ? {} : { purgedAt: row.purged_at }) } }
}
