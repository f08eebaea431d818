// How rows become packages and deliveries: the column lists and their readers, kept side by side.
import type { Axis, Attachment, DeliveryState, Envelope, Evidence, RouteReason } from '../model/generated.js'
import type { Content, WireFormat } from '../model/package.js'
import type { Fault, Problem } from '../model/problem.js'
import type { KeptRequest, PackageSummary, StoredDelivery, StoredPackage } from '../ports/store.js'
import type { Sql } from './sql.js'

/** Of `delivery d`. */
export const DELIVERY_COLUMNS = `d.id AS d_id, d.package_id, d.written_to, d.agency, d.endpoint, d.axis, d.adapter, d.format AS d_format, d.state, d.reasons,
  d.attempts, d.created_at, d.expires_at AS d_expires_at, d.due_at, d.settled_at, d.external_id, d.problem, d.sent_sha256, d.sent_size, d.sent_media_type,
  to_jsonb(d.waits_for) AS waits_for, d.awaits, d.parked_until, d.retried_after, d.resend_of, d.resent_as, d.deliver_by, d.overdue_at, d.locked_until, d.requests`

export interface DeliveryRow {
  d_id: string
  package_id: string
  written_to: string
  agency: string | null
  endpoint: string | null
  axis: Axis | null
  adapter: string | null
  d_format: StoredDelivery['format']
  state: DeliveryState
  reasons: RouteReason[]
  attempts: number
  created_at: number
  d_expires_at: number
  due_at: number | null
  settled_at: number | null
  external_id: string | null
  problem: Problem | null
  deliver_by: number | null
  overdue_at: number | null
  locked_until: number | null
  sent_sha256: string | null
  sent_size: number | null
  sent_media_type: string | null
  requests: KeptRequest[] | null
  waits_for: string[] | null
  awaits: string | null
  parked_until: number | null
  retried_after: number
  resend_of: string | null
  resent_as: string | null
}

export function toDelivery (row: DeliveryRow): StoredDelivery {
  return {
    id: row.d_id,
    packageId: row.package_id,
    to: row.written_to,
    ...(row.agency === null ? {} : { agency: row.agency }),
    ...(row.endpoint === null ? {} : { endpoint: row.endpoint }),
    ...(row.axis === null ? {} : { axis: row.axis }),
    ...(row.adapter === null ? {} : { adapter: row.adapter }),
    format: row.d_format,
    state: row.state,
    reasons: row.reasons,
    attempts: row.attempts,
    ...(row.retried_after === 0 ? {} : { retriedAfter: row.retried_after }),
    ...(row.resend_of === null ? {} : { resendOf: row.resend_of }),
    ...(row.resent_as === null ? {} : { resentAs: row.resent_as }),
    createdAt: row.created_at,
    expiresAt: row.d_expires_at,
    // Of a blocked one it is only when its document is looked for; one that rests at its endpoint is due when that is, nobody knows when.
    ...(row.due_at === null || row.due_at === Number.POSITIVE_INFINITY || row.state === 'blocked' ? {} : { dueAt: row.due_at }),
    ...(row.settled_at === null ? {} : { settledAt: row.settled_at }),
    ...(row.locked_until === null ? {} : { lockedUntil: row.locked_until }),
    ...(row.external_id === null ? {} : { externalId: row.external_id }),
    ...(row.problem === null ? {} : { problem: row.problem }),
    ...(row.waits_for === null || row.waits_for.length === 0 ? {} : { waitsFor: row.waits_for }),
    ...(row.awaits === null ? {} : { awaits: row.awaits }),
    ...(row.parked_until === null ? {} : { parkedUntil: row.parked_until }),
    ...(row.deliver_by === null ? {} : { deliverBy: row.deliver_by }),
    ...(row.overdue_at === null ? {} : { overdueAt: row.overdue_at }),
    ...(row.sent_sha256 === null ? {} : { sent: { sha256: row.sent_sha256, size: row.sent_size ?? 0, mediaType: row.sent_media_type ?? '' } }),
    ...(row.requests === null ? {} : { requests: row.requests })
  }
}

/** Of `package p`: what a list shows. */
export const SUMMARY_COLUMNS = 'p.id AS p_id, p.accepted_at, p.from_agency, p.envelope'

export interface SummaryRow {
  p_id: string
  accepted_at: number
  from_agency: string
  envelope: Envelope
}

export function toSummary (row: SummaryRow): Omit<PackageSummary, 'deliveries'> {
  return { id: row.p_id, acceptedAt: row.accepted_at, fromAgency: row.from_agency, envelope: row.envelope }
}

/** Of `package p`: everything. */
export const PACKAGE_COLUMNS = `${SUMMARY_COLUMNS}, p.accepted_by, p.expires_at AS p_expires_at, p.trace_id, p.format AS p_format, p.media_type,
  p.content, p.attachments, p.warnings, p.evidence, p.original_sha256, p.original_size, p.purged_at`

export interface PackageRow extends SummaryRow {
  accepted_by: string
  p_expires_at: number
  trace_id: string
  p_format: WireFormat
  media_type: string
  content: Content
  attachments: Attachment[]
  warnings: Fault[]
  evidence: Evidence | null
  original_sha256: string
  original_size: number
  purged_at: number | null
}

export function toPackage (row: PackageRow): Omit<StoredPackage, 'deliveries'> {
  return {
    ...toSummary(row),
    acceptedBy: row.accepted_by,
    expiresAt: row.p_expires_at,
    traceId: row.trace_id,
    format: row.p_format,
    mediaType: row.media_type,
    content: row.content,
    attachments: row.attachments,
    warnings: row.warnings,
    ...(row.evidence === null ? {} : { evidence: row.evidence }),
    original: { sha256: row.original_sha256, size: row.original_size },
    ...(row.purged_at === null ? {} : { purgedAt: row.purged_at })
  }
}

/** Rows of deliveries with their package, where a package's columns are only on the first of its rows (the others hold null). */
export function joinPackages<R extends DeliveryRow & Partial<Record<keyof PackageRow, unknown>>> (rows: readonly R[]): Array<{ row: R, delivery: StoredDelivery, package: Omit<StoredPackage, 'deliveries'> }> {
  const packages = new Map<string, Omit<StoredPackage, 'deliveries'>>()
  for (const row of rows) {
    if (typeof row.p_id === 'string') packages.set(row.p_id, toPackage(row as unknown as PackageRow))
  }
  return rows.flatMap(row => {
    const found = packages.get(row.package_id)
    return found === undefined ? [] : [{ row, delivery: toDelivery(row), package: found }]
  })
}

/** Adds their deliveries to packages, in the order of the plan. `agencies` limits those of packages that are not from them. */
export async function withDeliveries<P extends { id: string, fromAgency: string }> (
  sql: Sql, packages: readonly P[], agencies?: readonly string[]
): Promise<Array<P & { deliveries: StoredDelivery[] }>> {
  if (packages.length === 0) return []
  const rows = await sql.query<DeliveryRow>(
    `SELECT ${DELIVERY_COLUMNS} FROM delivery d WHERE d.package_id = ANY($1::uuid[]) ORDER BY d.package_id, d.position`, [packages.map(({ id }) => id)])
  const byPackage = new Map<string, StoredDelivery[]>(packages.map(({ id }) => [id, []]))
  for (const row of rows) byPackage.get(row.package_id)?.push(toDelivery(row))
  return packages.map(entry => {
    const all = byPackage.get(entry.id) ?? []
    const deliveries = agencies === undefined || agencies.includes(entry.fromAgency)
      ? all
      : all.filter(({ agency }) => agency !== undefined && agencies.includes(agency))
    return { ...entry, deliveries }
  })
}
