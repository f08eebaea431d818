// Deliveries in the hands of a process: claiming, prolonging, giving back, settling. Batched, guarded by owner and attempt.
import type { ClaimCheck } from '../ports/broker.js'
import type { AttemptRecord, ClaimedDelivery, Store } from '../ports/store.js'
import { expiredProblem, UNCERTAIN } from './expiry.js'
import { DELIVERY_COLUMNS, PACKAGE_COLUMNS, joinPackages, type DeliveryRow, type PackageRow } from './rows.js'
import { escapeText, instant, isId, toJson, type Sql } from './sql.js'
import { wake } from './wake.js'

/**
 * The state of a row found by its id. Written so that the planner cannot match it with the partial index of that state:
 * it took that index, whole and with its dead entries, to save 50 lookups (a hundred thousand entries in a backlog).
 */
const isIn = (state: 'queued' | 'active'): string => `CASE d.state WHEN '${state}' THEN true ELSE false END`

// SKIP LOCKED: a row somebody holds is being claimed or swept; in both cases it is not for us, and nobody waits in a circle.
const CLAIM = `
WITH picked AS (
  SELECT d.id, d.expires_at FROM delivery d WHERE d.id = ANY($1::uuid[]) AND ${isIn('queued')} FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE delivery d SET state = 'active', attempts = d.attempts + 1, owner = $2::text, leased_until = $4::timestamptz, due_at = NULL, begun = false
  FROM picked WHERE d.id = picked.id AND picked.expires_at > $3::timestamptz
  RETURNING d.*
), expired AS (
  UPDATE delivery d SET state = 'expired', settled_at = $3::timestamptz, problem = $5::jsonb, due_at = NULL
  FROM picked WHERE d.id = picked.id AND picked.expires_at <= $3::timestamptz
  RETURNING d.id, d.package_id
), told AS (
  INSERT INTO event (package_id, delivery_id, type, at, actor, data)
  SELECT package_id, id, 'delivery.expired', $3::timestamptz, 'hub', jsonb_build_object('problem', $5::jsonb) FROM expired
)
SELECT ${DELIVERY_COLUMNS}, ${PACKAGE_COLUMNS}, y.bytes AS inline
FROM (SELECT *, row_number() OVER (PARTITION BY package_id) = 1 AS leads FROM taken) d
LEFT JOIN package p ON d.leads AND p.id = d.package_id
LEFT JOIN payload y ON d.leads AND y.package_id = d.package_id AND y.sha256 = p.original_sha256`

/** See `Store.claim`. */
export async function claim (sql: Sql, ids: readonly string[], { owner, at, leaseMs }: { owner: string, at: number, leaseMs: number }): Promise<ClaimedDelivery[]> {
  const known = ids.filter(isId)
  if (known.length === 0) return []
  const rows = await sql.query<DeliveryRow & Partial<PackageRow> & { inline: Buffer | null }>(
    CLAIM, [known, escapeText(owner), instant(at), instant(at + leaseMs), toJson(expiredProblem())])
  const bytes = new Map(rows.flatMap(({ package_id: id, inline }) => inline === null ? [] : [[id, inline] as const]))
  const claimed = new Map(joinPackages(rows).map(({ delivery, package: entry }) => {
    const inline = bytes.get(entry.id)
    return [delivery.id, { delivery, package: entry, ...(inline === undefined ? {} : { inline }) }] as const
  }))
  return [...new Set(known.map(id => id.toLowerCase()))].flatMap(id => claimed.get(id) ?? [])
}

/** See `Store.renew`. */
export async function renew (sql: Sql, ids: readonly string[], { owner, at, leaseMs }: { owner: string, at: number, leaseMs: number }): Promise<string[]> {
  const known = ids.filter(isId)
  if (known.length === 0) return []
  const rows = await sql.query<{ id: string }>(`
    WITH held AS (SELECT d.id FROM delivery d WHERE d.id = ANY($1::uuid[]) AND ${isIn('active')} AND d.owner = $2::text ORDER BY d.id FOR UPDATE)
    UPDATE delivery d SET leased_until = $3::timestamptz FROM held WHERE d.id = held.id RETURNING d.id`,
  [known, escapeText(owner), instant(at + leaseMs)])
  return rows.map(({ id }) => id)
}

/** See `Store.begin`. */
export async function begin (sql: Sql, ids: readonly string[], { owner }: { owner: string }): Promise<string[]> {
  const known = ids.filter(isId)
  if (known.length === 0) return []
  const rows = await sql.query<{ id: string }>(`
    WITH held AS (SELECT d.id FROM delivery d WHERE d.id = ANY($1::uuid[]) AND ${isIn('active')} AND d.owner = $2::text ORDER BY d.id FOR UPDATE)
    UPDATE delivery d SET begun = true FROM held WHERE d.id = held.id RETURNING d.id`,
  [known, escapeText(owner)])
  return rows.map(({ id }) => id)
}

/** See `Store.release`. */
export async function release (sql: Sql, deliveries: Parameters<Store['release']>[0], { owner }: { owner: string }): Promise<void> {
  const known = deliveries.filter(({ deliveryId }) => isId(deliveryId))
  if (known.length === 0) return
  await sql.query(`
    WITH input AS (
      SELECT * FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, due_at timestamptz, problem jsonb)
    ), held AS (
      SELECT d.id, input.due_at, input.problem FROM delivery d JOIN input ON d.id = input.id WHERE ${isIn('active')} AND d.owner = $2::text ORDER BY d.id FOR UPDATE OF d
    )
    UPDATE delivery d SET state = 'deferred', attempts = d.attempts - 1, owner = NULL, leased_until = NULL, due_at = held.due_at, problem = coalesce(held.problem, d.problem)
    FROM held WHERE d.id = held.id`,
  [toJson(known.map(({ deliveryId, dueAt, problem }) => ({ id: deliveryId, due_at: instant(dueAt), problem }))), escapeText(owner)])
}

/** See `Store.releaseAll`. The attempts stay counted: nobody knows how far they got. */
export async function releaseAll (sql: Sql, { at }: { at: number }): Promise<number> {
  const rows = await sql.query<{ id: string }>(`
    WITH forgotten AS (DELETE FROM lease), freed AS (
      UPDATE delivery SET state = CASE WHEN begun THEN 'held' ELSE 'queued' END, owner = NULL, leased_until = NULL,
        due_at = CASE WHEN begun THEN NULL ELSE least(created_at, $1::timestamptz) END, problem = CASE WHEN begun THEN $2::jsonb ELSE problem END
      WHERE state = 'active' RETURNING id, package_id, begun
    ), told AS (
      INSERT INTO event (package_id, delivery_id, type, at, actor, data)
      SELECT package_id, id, 'delivery.held', $1::timestamptz, 'hub', jsonb_build_object('problem', $2::jsonb) FROM freed WHERE begun
    )
    SELECT id FROM freed`, [instant(at), toJson(UNCERTAIN)])
  return rows.length
}

// The rows are locked in the order of their ids first: two batches that share rows wait, they never lock each other out.
const SETTLE = `
WITH input AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS r (delivery_id uuid, owner text, attempt integer, state text, due_at timestamptz, settled_at timestamptz,
    problem jsonb, external_id text, sent_sha256 text, sent_size bigint, sent_media_type text, requests jsonb)
), held AS (
  SELECT d.id FROM delivery d JOIN input r ON d.id = r.delivery_id AND d.owner = r.owner AND d.attempts = r.attempt
  WHERE ${isIn('active')} ORDER BY d.id FOR UPDATE OF d
), settled AS (
  UPDATE delivery d SET state = r.state, due_at = r.due_at, settled_at = r.settled_at, problem = r.problem, owner = NULL, leased_until = NULL,
    external_id = coalesce(r.external_id, d.external_id), sent_sha256 = coalesce(r.sent_sha256, d.sent_sha256),
    sent_size = coalesce(r.sent_size, d.sent_size), sent_media_type = coalesce(r.sent_media_type, d.sent_media_type),
    requests = coalesce(r.requests, d.requests)
  FROM held JOIN input r ON r.delivery_id = held.id WHERE d.id = held.id
  RETURNING d.id, d.package_id, d.followed AND d.settled_at IS NOT NULL AS is_awaited
), kept AS (
  INSERT INTO payload (package_id, sha256, bytes)
  SELECT DISTINCT ON (settled.package_id, r.sha256) settled.package_id, r.sha256, substring($3::bytea FROM r.start FOR r.size)
  FROM jsonb_to_recordset($2::jsonb) AS r (delivery_id uuid, sha256 text, start integer, size integer)
  JOIN settled ON settled.id = r.delivery_id
  ORDER BY settled.package_id, r.sha256
  ON CONFLICT DO NOTHING
), told AS (
  INSERT INTO event (package_id, delivery_id, type, at, actor, data)
  SELECT settled.package_id, r.delivery_id, r.type, r.at, 'hub', r.data
  FROM jsonb_to_recordset($4::jsonb) AS r (n integer, delivery_id uuid, type text, at timestamptz, data jsonb)
  JOIN settled ON settled.id = r.delivery_id
  ORDER BY r.n
)
SELECT id, is_awaited FROM settled`

/** See `Store.settle`: all records, or none when one of them cannot be stored. */
export async function settleTogether (sql: Sql, records: readonly AttemptRecord[]): ReturnType<Store['settle']> {
  const known = records.filter(({ deliveryId }) => isId(deliveryId))
  if (known.length === 0) return { lost: records.map(({ deliveryId }) => deliveryId) }
  const chunks: Buffer[] = []
  const places: object[] = []
  let start = 1
  for (const { deliveryId, sent, payloads = [] } of known) {
    // What was made anew is a payload of its own: its bytes, or its name alone when it is a blob.
    const made = sent !== undefined && (sent.inline !== undefined || sent.transformation !== undefined) ? [sent, ...payloads] : payloads
    for (const { sha256, inline } of made) {
      places.push({ delivery_id: deliveryId, sha256, ...(inline === undefined ? {} : { start, size: inline.length }) })
      if (inline === undefined) continue
      chunks.push(inline)
      start += inline.length
    }
  }
  const events = known.flatMap(eventsOf).map((entry, n) => ({ ...entry, n }))
  const rows = await sql.query<{ id: string, is_awaited: boolean }>(SETTLE, [toJson(known.map(recordInput)), toJson(places), Buffer.concat(chunks), toJson(events)])
  const settled = new Set(rows.map(({ id }) => id))
  const woken = await wakeAtOnce(sql, rows.filter(row => row.is_awaited).map(({ id }) => id), Math.max(...known.map(({ finishedAt }) => finishedAt)))
  return { lost: records.flatMap(({ deliveryId }) => settled.has(deliveryId.toLowerCase()) ? [] : [deliveryId]), ...(woken.length === 0 ? {} : { woken }) }
}

/** Recorded is recorded: what fails here the next sweep makes up for. */
async function wakeAtOnce (sql: Sql, ids: readonly string[], at: number): Promise<ClaimCheck[]> {
  try {
    return await wake(sql, ids, at)
  } catch {
    return []
  }
}

function isFinal ({ settlement: { state } }: AttemptRecord): boolean {
  return state !== 'deferred' && state !== 'available' && state !== 'held'
}

function recordInput (record: AttemptRecord): object {
  const { settlement, sent, requests } = record
  return {
    delivery_id: record.deliveryId,
    owner: record.owner,
    attempt: record.attempt,
    state: settlement.state,
    // A deferral without an instant would never be found again: it is due at once.
    ...(settlement.state === 'deferred' ? { due_at: instant(settlement.dueAt ?? record.finishedAt) } : {}),
    ...(isFinal(record) ? { settled_at: instant(record.finishedAt) } : {}),
    problem: settlement.problem,
    external_id: settlement.externalId,
    sent_sha256: sent?.sha256,
    sent_size: sent?.size,
    sent_media_type: sent?.mediaType,
    requests
  }
}

function eventsOf (record: AttemptRecord): object[] {
  const { deliveryId, attempt, outcome, startedAt, finishedAt, settlement: { state, problem, externalId, dueAt }, sent, requests } = record
  const at = instant(finishedAt)
  return [
    {
      delivery_id: deliveryId,
      type: 'delivery.attempted',
      at,
      data: {
        attempt, outcome, state, durationMs: finishedAt - startedAt, startedAt: instant(startedAt), ...(state === 'deferred' && dueAt !== undefined ? { dueAt: instant(dueAt) } : {}), problem, externalId, sha256: sent?.sha256, transformation: sent?.transformation,
        requests: requests?.flatMap(({ attempt: made, ...request }) => made === attempt ? [request] : [])
      }
    },
    ...(isFinal(record) || state === 'held' ? [{ delivery_id: deliveryId, type: `delivery.${state}`, at, data: { problem, externalId } }] : [])
  ]
}
