// What all processes know in common about an endpoint, and the deliveries that rest there until it may be tried again.
import type { Circuit } from '../model/circuit.js'
import type { EndpointState } from '../model/endpoint-state.js'
import type { Problem } from '../model/problem.js'
import type { ClaimCheck, Lane } from '../ports/broker.js'
import type { OldestUndelivered } from '../ports/endpoint-store.js'
import type { Store } from '../ports/store.js'
import { escapeText, instant, toJson, type Sql } from './sql.js'

interface StateRow {
  endpoint: string
  version: number
  circuit: Circuit['state']
  since: number
  open_ms: number
  open_until: number | null
  problem: Problem | null
  paused_by: string | null
  paused_reason: string | null
  paused_at: number | null
}

/** See `Store.endpointStates`. */
export async function endpointStates (sql: Sql): Promise<EndpointState[]> {
  const rows = await sql.query<StateRow>(`
    SELECT endpoint, version, circuit, since, open_ms, open_until, problem, paused_by, paused_reason, paused_at FROM endpoint_state ORDER BY endpoint`)
  return rows.map(row => ({
    endpoint: row.endpoint,
    version: row.version,
    circuit: {
      state: row.circuit,
      since: row.since,
      openMs: row.open_ms,
      ...(row.open_until === null ? {} : { openUntil: row.open_until }),
      ...(row.problem === null ? {} : { problem: row.problem })
    },
    ...(row.paused_at === null ? {} : { pause: { actor: row.paused_by ?? '', reason: row.paused_reason ?? '', at: row.paused_at } })
  }))
}

/** See `Store.changeCircuit`. */
export async function changeCircuit (sql: Sql, endpoint: string, { circuit, version }: Pick<EndpointState, 'circuit' | 'version'>): Promise<boolean> {
  const rows = await sql.query<{ version: number }>(`
    INSERT INTO endpoint_state AS e (endpoint, version, circuit, since, open_ms, open_until, problem)
    SELECT $1::text, 1, $3::text, $4::timestamptz, $5::bigint, $6::timestamptz, $7::jsonb
    WHERE $2::bigint = 0 OR EXISTS (SELECT FROM endpoint_state WHERE endpoint = $1::text)
    ON CONFLICT (endpoint) DO UPDATE SET version = e.version + 1, circuit = excluded.circuit, since = excluded.since, open_ms = excluded.open_ms,
      open_until = excluded.open_until, problem = excluded.problem, probe_owner = NULL, probe_until = NULL
    WHERE e.version = $2::bigint
    RETURNING version`,
  [escapeText(endpoint), version, circuit.state, instant(circuit.since), circuit.openMs,
    circuit.openUntil === undefined ? null : instant(circuit.openUntil), circuit.problem === undefined ? null : toJson(circuit.problem)])
  return rows.length > 0
}

/** See `Store.takeProbe`. */
export async function takeProbe (sql: Sql, endpoint: string, { owner, at, leaseMs }: Parameters<Store['takeProbe']>[1]): Promise<boolean> {
  const rows = await sql.query<{ endpoint: string }>(`
    UPDATE endpoint_state SET probe_owner = $2::text, probe_until = $4::timestamptz
    WHERE endpoint = $1::text AND circuit = 'open' AND open_until <= $3::timestamptz AND (probe_until IS NULL OR probe_until <= $3::timestamptz)
    RETURNING endpoint`, [escapeText(endpoint), escapeText(owner), instant(at), instant(at + leaseMs)])
  return rows.length > 0
}

/** See `Store.pauseEndpoint`. */
export async function pauseEndpoint (sql: Sql, endpoint: string, { actor, reason, at }: NonNullable<EndpointState['pause']>): Promise<boolean> {
  const rows = await sql.query<{ endpoint: string }>(`
    WITH paused AS (
      INSERT INTO endpoint_state AS e (endpoint, paused_by, paused_reason, paused_at) VALUES ($1::text, $2::text, $3::text, $4::timestamptz)
      ON CONFLICT (endpoint) DO UPDATE SET paused_by = excluded.paused_by, paused_reason = excluded.paused_reason, paused_at = excluded.paused_at
      WHERE e.paused_at IS NULL
      RETURNING endpoint
    ), told AS (
      INSERT INTO operator_action (at, actor, action, subject, reason, detail)
      SELECT $4::timestamptz, $2::text, 'endpoint.paused', 'endpoint:' || endpoint, $3::text, '{}' FROM paused
    )
    SELECT endpoint FROM paused`, [escapeText(endpoint), escapeText(actor), escapeText(reason), instant(at)])
  return rows.length > 0
}

/** See `Store.resumeEndpoint`. */
export async function resumeEndpoint (sql: Sql, endpoint: string, { actor, reason, at }: NonNullable<EndpointState['pause']>): Promise<boolean> {
  const rows = await sql.query<{ endpoint: string }>(`
    WITH held AS (
      SELECT endpoint, paused_by, paused_reason, paused_at FROM endpoint_state WHERE endpoint = $1::text AND paused_at IS NOT NULL FOR UPDATE
    ), resumed AS (
      UPDATE endpoint_state e SET paused_by = NULL, paused_reason = NULL, paused_at = NULL FROM held WHERE e.endpoint = held.endpoint RETURNING held.*
    ), told AS (
      INSERT INTO operator_action (at, actor, action, subject, reason, detail)
      SELECT $4::timestamptz, $2::text, 'endpoint.resumed', 'endpoint:' || endpoint, $3::text,
        jsonb_build_object('pausedBy', paused_by, 'pausedAt', paused_at, 'pausedReason', paused_reason) FROM resumed
    )
    SELECT endpoint FROM resumed`, [escapeText(endpoint), escapeText(actor), escapeText(reason), instant(at)])
  return rows.length > 0
}

// Each endpoint's first entry of the index over those that wait, and the first of the few that are being attempted.
const OLDEST = `
WITH attempted AS (
  SELECT DISTINCT ON (endpoint) endpoint, id, created_at FROM delivery WHERE state = 'active' ORDER BY endpoint, created_at
)
SELECT DISTINCT ON (wanted.endpoint) wanted.endpoint, found.id, found.created_at FROM unnest($1::text[]) AS wanted (endpoint)
CROSS JOIN LATERAL (
  (SELECT d.id, d.created_at FROM delivery d
   WHERE d.state IN ('queued', 'deferred', 'available', 'blocked', 'held') AND d.endpoint = wanted.endpoint ORDER BY d.endpoint, d.created_at LIMIT 1)
  UNION ALL
  SELECT a.id, a.created_at FROM attempted a WHERE a.endpoint = wanted.endpoint
) found
ORDER BY wanted.endpoint, found.created_at`

/** See `Store.oldestUndelivered`. */
export async function oldestUndelivered (sql: Sql, endpoints: readonly string[]): Promise<OldestUndelivered[]> {
  if (endpoints.length === 0) return []
  const rows = await sql.query<{ endpoint: string, id: string, created_at: number }>(OLDEST, [endpoints.map(escapeText)])
  return rows.map(({ endpoint, id: deliveryId, created_at: acceptedAt }) => ({ endpoint, deliveryId, acceptedAt }))
}

// One probe of the index for each endpoint; what another process is waking is left to it. Written so that the planner has no other
// way: the deadline is hidden from the index of deadlines, and an array of ids is looked up, never joined with the whole table.
const WAKE = `
WITH woken AS (
  SELECT resting.id FROM jsonb_to_recordset($1::jsonb) AS wish (endpoint text, most integer)
  CROSS JOIN LATERAL (
    SELECT d.id FROM delivery d
    WHERE d.state = 'deferred' AND d.due_at = 'infinity' AND d.endpoint = wish.endpoint
      AND CASE WHEN d.expires_at > $2::timestamptz THEN true ELSE false END
    ORDER BY d.lane DESC, d.id LIMIT wish.most FOR UPDATE SKIP LOCKED
  ) resting
)
UPDATE delivery d SET state = 'queued', due_at = $2::timestamptz WHERE d.id = ANY(ARRAY(SELECT id FROM woken)) RETURNING d.id, d.lane`

/** See `Store.wakeResting`. */
export async function wakeResting (sql: Sql, wishes: ReadonlyArray<{ endpoint: string, most: number }>, { at }: { at: number }): Promise<ClaimCheck[]> {
  if (wishes.length === 0) return []
  const rows = await sql.query<{ id: string, lane: Lane }>(WAKE, [toJson(wishes), instant(at)])
  const claims = rows.map(({ id, lane }) => ({ deliveryId: id, lane, publishedAt: at }))
  return claims.sort((a, b) => Number(b.lane === 'urgent') - Number(a.lane === 'urgent') || (a.deliveryId < b.deliveryId ? -1 : 1))
}
