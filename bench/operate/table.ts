// Fills a private schema with packages and deliveries of a year, by the statement, so that queries meet a table of real size.
import { instant, type Sql } from '../../src/store/sql.js'

/** Rows per statement: each is a transaction of some seconds. */
const CHUNK = 250_000
/** The year that the rows are spread over. */
const FROM = Date.UTC(2025, 10, 20)
const YEAR_MS = 365 * 86_400_000
/** Enough dead ones for the largest batch that is measured. */
const LEAST_DEAD = 100_000

export const ENDPOINTS = 300
/** The newest package of the table. */
export const UNTIL = FROM + YEAR_MS

/** A UUIDv7 of the nth of `rows`, as SQL. */
const idOf = (variant: string): string =>
  `(lpad(to_hex($2::bigint + ($3::bigint * n) / $4::bigint), 12, '0') || '7000${variant}000' || lpad(to_hex(n), 12, '0'))::uuid`

const PACKAGES = `
INSERT INTO package (id, accepted_by, trace_id, accepted_at, expires_at, format, media_type, from_agency, kind, action, identifier, correlation_id, priority,
  envelope, content, attachments, warnings, original_sha256, original_size)
SELECT ${idOf('8')}, 'client:bench', repeat('0', 32), to_timestamp(($2::bigint + ($3::bigint * n) / $4::bigint) / 1000.0), to_timestamp(($2::bigint + ($3::bigint * n) / $4::bigint) / 1000.0) + '30 days',
  'edxml', 'application/xml', 'H36.' || n % 500, CASE n % 20 WHEN 0 THEN 'dossier' WHEN 1 THEN 'status' ELSE 'document' END, 'new', 'bench/' || n, 'bench/' || n, CASE WHEN n % 50 = 0 THEN 2 ELSE 0 END,
  jsonb_build_object('kind', 'document', 'identifier', 'bench/' || n, 'title', 'Về việc báo cáo kết quả thực hiện nhiệm vụ số ' || n, 'to', jsonb_build_array(jsonb_build_object('code', 'H36.' || n % ${ENDPOINTS}))),
  jsonb_build_object('kind', 'document'), '[]', '[]', repeat('a', 64), 20480
FROM generate_series($1::bigint, $5::bigint) AS n`

// Of 1000: $6 dead, 1 held, 10 refused, 1 expired, 1 cancelled, 1 deferred, 1 queued, 2 available, the rest delivered. Failures come in
// runs, as outages do.
const DELIVERIES = `
INSERT INTO delivery (id, package_id, position, lane, written_to, agency, endpoint, axis, adapter, format, reasons, state, attempts, created_at, expires_at, due_at, settled_at, problem)
SELECT ${idOf('9')}, ${idOf('8')}, 0, CASE WHEN n % 50 = 0 THEN 'urgent' ELSE 'normal' END, 'H36.' || n % ${ENDPOINTS}, 'H36.' || n % ${ENDPOINTS}, 'endpoint-' || n % ${ENDPOINTS},
  (ARRAY['national', 'province', 'district', 'commune'])[1 + n % 4], CASE WHEN n % 3 = 0 THEN 'inbox' ELSE 'webhook' END, 'original',
  '[{"rule": "endpoint.own", "detail": {"vi": "Điểm kết nối riêng", "en": "Own endpoint"}}]', state, 1, at, at + '30 days',
  CASE WHEN state IN ('queued', 'deferred') THEN at END, CASE WHEN state IN ('queued', 'deferred', 'available', 'held') THEN NULL ELSE at + '2 seconds' END,
  CASE WHEN state IN ('dead', 'held', 'refused', 'expired', 'cancelled') THEN jsonb_build_object('code',
    (ARRAY['ATTEMPTS_EXHAUSTED', 'ATTEMPTS_EXHAUSTED', 'ENDPOINT_REFUSED', 'TRANSFORM_FAILED', 'ADAPTER_DEFECT'])[1 + (n / 7) % 5], 'detail', jsonb_build_object('vi', 'Không gửi được', 'en', 'Not sent')) END
FROM (
  SELECT n, to_timestamp(($2::bigint + ($3::bigint * n) / $4::bigint) / 1000.0) AS at, CASE
    WHEN (n * 7919) % 1000 < $6::bigint THEN 'dead'
    ELSE (ARRAY['held', 'refused', 'refused', 'refused', 'refused', 'refused', 'refused', 'refused', 'refused', 'refused', 'refused', 'expired', 'cancelled', 'deferred', 'queued', 'available', 'available'])[1 + ((n * 7919) % 1000 - $6::bigint)]
  END AS found FROM generate_series($1::bigint, $5::bigint) AS n
) row CROSS JOIN LATERAL (SELECT coalesce(found, 'delivered') AS state) named`

/** Makes `rows` packages with one delivery each, and lets the database see what it has. */
export async function fillTable (sql: Sql, rows: number, onProgress: (done: number) => void): Promise<void> {
  const dead = Math.max(10, Math.ceil(LEAST_DEAD * 1000 / rows))
  for (let from = 1; from <= rows; from += CHUNK) {
    const values = [from, FROM, YEAR_MS, rows, Math.min(from + CHUNK - 1, rows)]
    await sql.query(PACKAGES, values)
    await sql.query(DELIVERIES, [...values, dead])
    onProgress(Math.min(from + CHUNK - 1, rows))
  }
  for (const table of ['package', 'delivery', 'delivery_count', 'delivery_count_change']) await sql.exec(`VACUUM (ANALYZE) ${table}`)
}

/** An instant of the table, for filters: so many days before its end. */
export function daysBefore (days: number): number {
  return Date.parse(instant(UNTIL - days * 86_400_000))
}
