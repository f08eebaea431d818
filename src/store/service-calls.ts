// The log of service calls: one row a call, written before it goes out and changed once, when it has ended.
import { HubError } from '../errors.js'
import type { Officer, Purpose, ServiceCallEnd, ServiceCallRecord } from '../model/service-call.js'
import { text } from '../model/text.js'
import type { ServiceStore } from '../ports/service-store.js'
import { escapeText, instant, isId, toJson, type Sql, type SqlValue } from './sql.js'

const orNull = (value: string | undefined): string | null => value === undefined ? null : escapeText(value)

/** See `ServiceStore.recordServiceCall`. */
export async function recordServiceCall (sql: Sql, call: ServiceCallRecord): Promise<void> {
  await sql.query(`
    INSERT INTO service_call (id, service, operation, endpoint, client, agency, officer, purpose, dossier, subject, state, requested_at, settled_at, duration_ms, code, cached, trace_id)
    VALUES ($1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::jsonb, $8::jsonb, $9::text, $10::text, $11::text, $12::timestamptz, $13::timestamptz, $14::bigint, $15::text, $16::boolean, $17::text)`,
  [
    call.id, escapeText(call.service), escapeText(call.operation), escapeText(call.endpoint), escapeText(call.client), escapeText(call.agency), toJson(call.officer), toJson(call.purpose),
    escapeText(call.dossier), orNull(call.subject), call.state, instant(call.requestedAt), call.settledAt === undefined ? null : instant(call.settledAt), call.durationMs ?? null,
    orNull(call.code), call.cached ?? false, call.traceId
  ])
}

/** See `ServiceStore.settleServiceCall`. */
export async function settleServiceCall (sql: Sql, id: string, { state, settledAt, durationMs, code, cached }: ServiceCallEnd): Promise<boolean> {
  if (!isId(id)) return false
  const changed = await sql.query(`
    UPDATE service_call SET state = $2::text, settled_at = $3::timestamptz, duration_ms = $4::bigint, code = $5::text, cached = $6::boolean
    WHERE id = $1::uuid AND state = 'requested' RETURNING id`, [id, state, instant(settledAt), Math.round(durationMs), orNull(code), cached ?? false])
  return changed.length > 0
}

interface Row extends Omit<ServiceCallRecord, 'subject' | 'settledAt' | 'durationMs' | 'code' | 'cached' | 'requestedAt' | 'traceId'> {
  officer: Officer, purpose: Purpose, subject: string | null, requested_at: number, settled_at: number | null, duration_ms: number | null, code: string | null, cached: boolean, trace_id: string
}

const COLUMNS = 'c.id, c.service, c.operation, c.endpoint, c.client, c.agency, c.officer, c.purpose, c.dossier, c.subject, c.state, c.requested_at, c.settled_at, c.duration_ms, c.code, c.cached, c.trace_id'

/** See `ServiceStore.listServiceCalls`. */
export async function listServiceCalls (sql: Sql, filter: Parameters<ServiceStore['listServiceCalls']>[0], { limit, before }: Parameters<ServiceStore['listServiceCalls']>[1], scope: 'all' | readonly string[]): Promise<ServiceCallRecord[]> {
  if (before !== undefined && !isId(before)) throw new HubError('REQUEST_INVALID', text('Vị trí trang không hợp lệ.', 'The page position is not valid.'))
  const values: SqlValue[] = [limit]
  const add = (value: SqlValue): string => `$${values.push(value)}`
  const { service, agency, dossier, from, to } = filter
  const conditions = [
    ...(before === undefined ? [] : [`c.id < ${add(before)}::uuid`]),
    ...(service === undefined ? [] : [`c.service = ${add(escapeText(service))}::text`]),
    ...(agency === undefined ? [] : [`c.agency = ${add(escapeText(agency))}::text`]),
    ...(dossier === undefined ? [] : [`c.dossier = ${add(escapeText(dossier))}::text`]),
    ...(from === undefined ? [] : [`c.requested_at >= ${add(instant(from))}::timestamptz`]),
    ...(to === undefined ? [] : [`c.requested_at < ${add(instant(to))}::timestamptz`])
  ]
  const where = (more: readonly string[]): string => [...more, ...conditions].join(' AND ') || 'true'
  const rows = await sql.query<Row>(scope === 'all'
    ? `SELECT ${COLUMNS} FROM service_call c WHERE ${where([])} ORDER BY c.id DESC LIMIT $1::bigint`
    // Agency by agency, each on its own index: the cost does not grow with the calls of others.
    : `SELECT ${COLUMNS} FROM unnest(${add(scope.map(escapeText))}::text[]) AS reader (agency) CROSS JOIN LATERAL (
        SELECT c.* FROM service_call c WHERE ${where(['c.agency = reader.agency'])} ORDER BY c.id DESC LIMIT $1::bigint
      ) c ORDER BY c.id DESC LIMIT $1::bigint`, values)
  return rows.map(toRecord)
}

function toRecord ({ subject, requested_at: requestedAt, settled_at: settledAt, duration_ms: durationMs, code, cached, trace_id: traceId, ...row }: Row): ServiceCallRecord {
  return {
    ...row,
    requestedAt,
    traceId,
    ...(subject === null ? {} : { subject }),
    ...(settledAt === null ? {} : { settledAt }),
    ...(durationMs === null ? {} : { durationMs }),
    ...(code === null ? {} : { code }),
    ...(cached ? { cached } : {})
  }
}

/** See `ServiceStore.removeServiceCalls`. */
export async function removeServiceCalls (sql: Sql, { before, limit }: { before: number, limit: number }): Promise<number> {
  const removed = await sql.query(`
    DELETE FROM service_call WHERE id IN (SELECT id FROM service_call WHERE requested_at < $1::timestamptz ORDER BY requested_at LIMIT $2::bigint) RETURNING id`, [instant(before), limit])
  return removed.length
}
