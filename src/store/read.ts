// What readers see: packages, their events and payloads. A sender sees all deliveries of its package, a recipient its own.
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { DocumentQuery, FoundDocument, PackageEvent, PackageFilter, PackageSummary, Page, Scope, StoredPackage } from '../ports/store.js'
import { PACKAGE_COLUMNS, SUMMARY_COLUMNS, toPackage, toSummary, withDeliveries, type PackageRow, type SummaryRow } from './rows.js'
import { escapeText, instant, isId, type Sql, type SqlValue } from './sql.js'

/** See `Store.findPackage`. */
export async function findPackage (sql: Sql, id: string, scope: Scope): Promise<StoredPackage | undefined> {
  if (!isId(id)) return undefined
  const rows = await sql.query<PackageRow>(`SELECT ${PACKAGE_COLUMNS} FROM package p WHERE p.id = $1::uuid`, [id])
  const agencies = scope === 'all' ? undefined : scope
  const [found] = await withDeliveries(sql, rows.map(toPackage), agencies)
  if (found === undefined || agencies === undefined || agencies.includes(found.fromAgency) || found.deliveries.length > 0) return found
  return undefined
}

/** See `Store.listPackages`. */
export async function listPackages (sql: Sql, filter: PackageFilter, page: Page, scope: Scope): Promise<PackageSummary[]> {
  if (page.after !== undefined && !isId(page.after)) {
    throw new HubError('REQUEST_INVALID', text('Vị trí trang không hợp lệ.', 'The page position is not valid.'))
  }
  const values: SqlValue[] = [page.limit]
  const add = (value: SqlValue): string => `$${values.push(value)}`
  const ofPackage = packageConditions(filter, page, add)
  const ofDelivery = deliveryConditions(filter, add)
  const some = (more: readonly string[]): string => `EXISTS (SELECT FROM delivery d WHERE ${['d.package_id = p.id', ...ofDelivery, ...more].join(' AND ')})`
  const all = [...ofPackage, ...(ofDelivery.length > 0 ? [some([])] : [])]
  const ids = scope === 'all'
    ? `SELECT p.id FROM package p ${where(all)} ORDER BY p.id DESC LIMIT $1::bigint`
    // Agency by agency, each on its own index in the order asked for: the cost does not grow with the traffic of others.
    : `SELECT DISTINCT found.id FROM unnest(${add(scope.map(escapeText))}::text[]) AS reader (agency) CROSS JOIN LATERAL (
        (SELECT p.id FROM package p ${where(['p.from_agency = reader.agency', ...all])} ORDER BY p.id DESC LIMIT $1::bigint)
        UNION ALL
        (SELECT DISTINCT d.package_id FROM delivery d JOIN package p ON p.id = d.package_id
          ${where(['d.agency = reader.agency', ...ofDelivery, ...ofPackage])} ORDER BY d.package_id DESC LIMIT $1::bigint)
      ) found ORDER BY found.id DESC LIMIT $1::bigint`
  const rows = await sql.query<SummaryRow>(`SELECT ${SUMMARY_COLUMNS} FROM package p JOIN (${ids}) page ON page.id = p.id ORDER BY p.id DESC`, values)
  return await withDeliveries(sql, rows.map(toSummary), scope === 'all' ? undefined : scope)
}

function where (conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
}

function packageConditions (filter: PackageFilter, page: Page, add: (value: SqlValue) => string): string[] {
  return [
    ...(page.after === undefined ? [] : [`p.id < ${add(page.after)}::uuid`]),
    ...(filter.kind === undefined ? [] : [`p.kind = ${add(filter.kind)}::text`]),
    ...(filter.fromAgency === undefined ? [] : [`p.from_agency = ${add(escapeText(filter.fromAgency))}::text`]),
    ...(filter.correlationId === undefined ? [] : [`p.correlation_id = ${add(escapeText(filter.correlationId))}::text`]),
    ...(filter.acceptedFrom === undefined ? [] : [`p.accepted_at >= ${add(instant(filter.acceptedFrom))}::timestamptz`]),
    ...(filter.acceptedTo === undefined ? [] : [`p.accepted_at < ${add(instant(filter.acceptedTo))}::timestamptz`])
  ]
}

function deliveryConditions (filter: PackageFilter, add: (value: SqlValue) => string): string[] {
  return [
    ...(filter.toAgency === undefined ? [] : [`d.agency = ${add(escapeText(filter.toAgency))}::text`]),
    ...(filter.writtenTo === undefined ? [] : [`d.written_to = ${add(escapeText(filter.writtenTo))}::text`]),
    ...(filter.state === undefined ? [] : [`d.state = ${add(filter.state)}::text`])
  ]
}

const STATUS = "coalesce(p.content->'dossier'->'HoSo'->>'TrangThaiHoSo', p.content->'dossier'->'TienDo'->-1->>'TrangThai')"

/** See `Store.lastDossierStatus`. Reads the index of the correlation backwards; a dossier has few packages. */
export async function lastDossierStatus (sql: Sql, correlationId: string, agency: string): Promise<string | undefined> {
  const [row] = await sql.query<{ status: string }>(`
    SELECT ${STATUS} AS status FROM package p
    WHERE p.correlation_id = $1::text AND p.kind = 'dossier' AND ${STATUS} IS NOT NULL
      AND (p.from_agency = $2::text OR EXISTS (SELECT FROM delivery d WHERE d.package_id = p.id AND d.agency = $2::text))
    ORDER BY p.id DESC LIMIT 1`, [escapeText(correlationId), escapeText(agency)])
  return row?.status
}

const DOCUMENT_ID = "p.content->'document'->>'documentId'"

/** See `Store.findDocuments`. New documents are found by the index of their identifier; only what changes one is in an index of its own. */
export async function findDocuments (sql: Sql, { agencies, identifiers, documentIds }: DocumentQuery): Promise<FoundDocument[]> {
  const rows = await sql.query<{ from_agency: string, identifier: string, document_id: string | null }>(`
    SELECT p.from_agency, p.identifier, ${DOCUMENT_ID} AS document_id FROM package p
    WHERE p.from_agency = ANY($1::text[]) AND p.identifier = ANY($2::text[])
    UNION ALL
    SELECT p.from_agency, p.identifier, ${DOCUMENT_ID} FROM package p
    WHERE p.action IN ('update', 'replacement') AND ${DOCUMENT_ID} = ANY($3::text[]) AND p.from_agency = ANY($1::text[])`,
  [agencies.map(escapeText), identifiers.map(escapeText), documentIds.map(escapeText)])
  return rows.map(({ from_agency: fromAgency, identifier, document_id: documentId }) => ({ fromAgency, identifier, ...(documentId === null ? {} : { documentId }) }))
}

/** See `Store.events`. */
export async function events (sql: Sql, packageId: string, page: { limit: number, afterSeq?: number }): Promise<PackageEvent[]> {
  if (!isId(packageId)) return []
  const rows = await sql.query<{ seq: number, package_id: string, delivery_id: string | null, type: string, at: number, actor: string, data: Record<string, unknown> }>(`
    SELECT seq, package_id, delivery_id, type, at, actor, data FROM event
    WHERE package_id = $1::uuid AND seq > $2::bigint ORDER BY seq LIMIT $3::bigint`, [packageId, page.afterSeq ?? 0, page.limit])
  return rows.map(({ package_id: ofPackage, delivery_id: deliveryId, ...row }) =>
    ({ ...row, packageId: ofPackage, ...(deliveryId === null ? {} : { deliveryId }) }))
}

/** See `Store.findPayload`. */
export async function findPayload (sql: Sql, packageId: string, sha256: string): Promise<Buffer | undefined> {
  if (!isId(packageId)) return undefined
  const rows = await sql.query<{ bytes: Buffer }>('SELECT bytes FROM payload WHERE package_id = $1::uuid AND sha256 = $2::text AND bytes IS NOT NULL', [packageId, escapeText(sha256)])
  return rows[0]?.bytes
}
