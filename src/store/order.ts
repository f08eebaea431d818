// Keeps packages of one document or dossier in their order: finds what a delivery must wait for, and wakes it when that is
// settled. Runs beside the hot path: a package that starts a document never comes here.
import { CATALOGUE, type ErrorCode } from '../errors.js'
import type { DeliveryState } from '../model/generated.js'
import { placeOf, type OrderFacts, type Placement, type Predecessor } from '../model/order.js'
import type { Problem } from '../model/problem.js'
import type { ClaimCheck, Lane } from '../ports/broker.js'
import { escapeText, instant, toJson, type Sql } from './sql.js'
import { STANDS_ALONE } from './wake.js'

/** A claim that is read while its row is locked here is passed over; one that was published just before is published again. */
const FRESH_CLAIM_MS = 5000
/** When the document of a parked status is looked for first. */
const FIRST_LOOK_MS = 1000

export interface PlaceOptions {
  at: number
  /** When each waiting status stops waiting for its document, by package id. */
  parkedUntil?: ReadonlyMap<string, number>
  /** They are not new but in this state, or left alone: they wait only for what is older, and for nothing that waits for them. */
  again?: DeliveryState
  actor?: string
  /** An operator's word, with what is to be told in the event. */
  force?: { reason: string, batchId?: string }
}

/** The deliveries $1 and what came before them: all that can be seen ($3), or what is older and does not wait for them ($2). */
const EARLIER = `
WITH mine AS (
  SELECT d.id, d.agency, d.package_id, d.lane, d.created_at, d.state, p.kind, p.action, p.from_agency, p.correlation_id,
    CASE WHEN p.action = 'revocation' THEN p.content->'document'->>'documentId' END AS revokes
  FROM delivery d JOIN package p ON p.id = d.package_id WHERE d.id = ANY($1::uuid[])
), stream AS (
  SELECT id AS follower, correlation_id AS name FROM mine
  UNION SELECT m.id, s.stream FROM mine m JOIN package_stream s ON s.package_id = m.package_id
), related AS (
  SELECT s.follower, p.id AS package_id FROM stream s JOIN package p ON p.correlation_id = s.name
  UNION SELECT s.follower, x.package_id FROM stream s JOIN package_stream x ON x.stream = s.name
), earlier AS (
  SELECT m.id AS follower, e.id, e.state, e.settled_at, e.created_at, e.attempts, e.locked_until, e.waits_for,
    (m.kind <> 'status' OR p.from_agency = m.from_agency) AS counts,
    coalesce(m.revokes = p.content->'document'->>'documentId', false) AS is_target
  FROM mine m
  JOIN related r ON r.follower = m.id AND r.package_id <> m.package_id
  JOIN package p ON p.id = r.package_id
  JOIN delivery e ON e.package_id = p.id AND e.agency = m.agency
  WHERE (m.kind <> 'status' OR p.kind <> 'status' OR p.from_agency = m.from_agency)
    AND ($3::boolean OR (((e.created_at, e.id) < (m.created_at, m.id) OR (m.kind = 'status' AND p.kind <> 'status')) AND e.id <> ALL($2::uuid[])))
)`

/**
 * Locks them in the order of their ids, and marks the earlier ones: whoever settles one waits for this transaction, and then
 * sees the mark and who waits. A row that was settled meanwhile falls out.
 */
const MARK = `${EARLIER}, locked AS (
  SELECT d.id, d.state, d.lane, d.due_at FROM delivery d
  JOIN (SELECT id FROM earlier WHERE settled_at IS NULL UNION SELECT id FROM mine) found ON found.id = d.id
  WHERE d.settled_at IS NULL ORDER BY d.id FOR UPDATE OF d
), marked AS (
  UPDATE delivery d SET followed = true FROM locked WHERE d.id = locked.id AND NOT d.followed AND d.id <> ALL($1::uuid[])
)
SELECT id, state, lane, due_at FROM locked WHERE id <> ALL($1::uuid[])`

/** What `placeOf` wants to know, with the locked ones ($4) as unsettled: one row per predecessor that matters. */
const FACTS = `${EARLIER}, ranked AS (
  SELECT e.*, row_number() OVER (PARTITION BY follower, settled_at IS NULL, counts ORDER BY created_at DESC, id DESC) AS age FROM earlier e
)
SELECT m.id AS follower, m.package_id, m.lane, m.correlation_id, m.state AS follower_state, m.action = 'revocation' AND m.kind = 'document' AS is_revocation,
  ${STANDS_ALONE('m')} AS stands_alone,
  m.kind = 'status' AND NOT EXISTS (SELECT FROM related r JOIN package p ON p.id = r.package_id WHERE r.follower = m.id AND p.kind = 'document') AS is_document_unknown,
  (SELECT max(e.attempts) FROM earlier e WHERE e.follower = m.id AND e.is_target AND e.settled_at IS NOT NULL) AS target_attempts,
  r.id, r.state, to_jsonb(r.waits_for) AS waits_for, r.is_target, r.settled_at IS NOT NULL AS is_settled,
  CASE r.state WHEN 'available' THEN r.locked_until IS NULL WHEN 'active' THEN false ELSE r.attempts = 0 END AS is_untouched
FROM mine m
LEFT JOIN ranked r ON r.follower = m.id AND (r.id = ANY($4::uuid[]) OR (r.settled_at IS NOT NULL AND r.counts AND r.age = 1))
ORDER BY m.id, r.created_at, r.id`

interface FactRow {
  follower: string
  package_id: string
  lane: Lane
  correlation_id: string
  follower_state: DeliveryState
  is_revocation: boolean
  stands_alone: boolean
  is_document_unknown: boolean
  target_attempts: number | null
  id: string | null
  state: DeliveryState | null
  waits_for: string[] | null
  is_target: boolean | null
  is_settled: boolean | null
  is_untouched: boolean | null
}

/**
 * Puts deliveries in their place, in the transaction of the caller, and answers what to publish after its commit. New ones
 * (no two of a stream at once) wait for all that was there before them. Others are placed one at a time.
 */
export async function place (tx: Sql, ids: readonly string[], options: PlaceOptions): Promise<{ claims: ClaimCheck[] }> {
  const { at, again, force } = options
  const given = [ids, again === undefined ? [] : await followersOf(tx, ids), again === undefined] as const
  const locked = await tx.query<{ id: string, state: DeliveryState, lane: Lane, due_at: number | null }>(MARK, given)
  const rows = await tx.query<FactRow>(FACTS, [...given, locked.map(({ id }) => id)])
  const facts = new Map<string, FactRow[]>()
  for (const row of rows) facts.set(row.follower, [...facts.get(row.follower) ?? [], row])
  const placed = [...facts].flatMap(([id, [first, ...more]]) =>
    first === undefined || (again !== undefined && first.follower_state !== again) ? [] : [{ id, first, placement: placeOf(toFacts([first, ...more]), force === undefined ? undefined : 'force') }])
  await apply(tx, placed.flatMap(each => changesOf(each, options)), options)
  const passedOver = locked.filter(({ state, due_at: dueAt }) => state === 'queued' && dueAt !== null && dueAt > at - FRESH_CLAIM_MS)
  const queued = placed.filter(({ placement }) => placement.state === 'queued').map(({ id, first: { lane } }) => ({ id, lane }))
  return { claims: [...passedOver, ...queued].map(({ id, lane }) => ({ deliveryId: id, lane, publishedAt: at })) }
}

/** Everything that waits for these, directly or not. */
async function followersOf (tx: Sql, ids: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(`
    WITH RECURSIVE behind AS (
      SELECT unnest($1::uuid[]) AS id
      UNION SELECT d.id FROM behind b JOIN delivery d ON d.waits_for @> ARRAY[b.id] AND d.state IN ('blocked', 'held')
    )
    SELECT id FROM behind`, [ids])
  return rows.map(({ id }) => id)
}

function toFacts (rows: readonly [FactRow, ...FactRow[]]): OrderFacts {
  const [{ is_revocation: isRevocation, stands_alone: standsAlone, is_document_unknown: isDocumentUnknown, target_attempts: attempts }] = rows
  const settled = rows.find(row => row.is_settled === true)
  return {
    isRevocation,
    standsAlone,
    isDocumentUnknown,
    settledTargets: attempts === null ? 'none' : attempts > 0 ? 'attempted' : 'unattempted',
    unsettled: rows.flatMap((row): Predecessor[] => row.id === null || row.is_settled === true
      ? []
      : [{ id: row.id, waitsFor: row.waits_for ?? [], isTarget: row.is_target === true, isUntouched: row.is_untouched === true }]),
    ...(settled?.id == null || settled.state === null ? {} : { newestSettled: { id: settled.id, state: settled.state } })
  }
}

/** One row to be written, with its event where its state changes. */
interface Change {
  id: string
  state: DeliveryState
  waits_for?: readonly string[]
  awaits?: string
  parked_until?: string
  due_at?: string
  settled_at?: string
  problem?: Problem
  type?: string
  data?: object
}

function changesOf ({ id, first, placement }: { id: string, first: FactRow, placement: Placement }, options: PlaceOptions): Change[] {
  const at = instant(options.at)
  const { follower_state: before } = first
  const told = (data: object): Pick<Change, 'type' | 'data'> => {
    if (options.force !== undefined) return { type: 'delivery.resumed', data: { ...data, state: placement.state, ...options.force } }
    return before === placement.state ? {} : { type: EVENTS[placement.state], data }
  }
  switch (placement.state) {
    case 'queued':
      return before === 'queued' ? [] : [{ id, state: 'queued', due_at: at, ...told({}) }]
    case 'held': {
      const { waitsFor } = placement
      return [{ id, state: 'held', waits_for: waitsFor, problem: problemOf('PREDECESSOR_DEAD'), ...told({ waitsFor, problem: problemOf('PREDECESSOR_DEAD') }) }]
    }
    case 'cancelled': {
      const cancelled = (which: string, problem: Problem): Change => ({ id: which, state: 'cancelled', settled_at: at, problem, type: EVENTS.cancelled, data: { problem } })
      return [...placement.revoked.map(which => cancelled(which, problemOf('REVOKED'))), cancelled(id, problemOf('REVOKED_BEFORE_DELIVERY'))]
    }
    case 'blocked': {
      const { waitsFor, isParked } = placement
      const awaits = isParked ? { awaits: first.correlation_id } : {}
      const parked = isParked ? { parked_until: instant(options.parkedUntil?.get(first.package_id) ?? options.at), due_at: instant(options.at + FIRST_LOOK_MS) } : {}
      return [{ id, state: 'blocked', waits_for: waitsFor, ...awaits, ...parked, ...told({ waitsFor, ...awaits }) }]
    }
  }
}

const EVENTS = { queued: 'delivery.unblocked', blocked: 'delivery.blocked', held: 'delivery.held', cancelled: 'delivery.cancelled' } as const

function problemOf (code: ErrorCode): Problem {
  return { code, detail: CATALOGUE[code].title }
}

const APPLY = `
WITH input AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS r (n integer, id uuid, state text, waits_for uuid[], awaits text, parked_until timestamptz, due_at timestamptz,
    settled_at timestamptz, problem jsonb, type text, data jsonb)
), applied AS (
  UPDATE delivery d SET state = r.state, waits_for = r.waits_for, awaits = r.awaits, parked_until = r.parked_until, due_at = r.due_at,
    settled_at = r.settled_at, problem = r.problem, locked_until = NULL
  FROM input r WHERE d.id = r.id
  RETURNING d.id, d.package_id
)
INSERT INTO event (package_id, delivery_id, type, at, actor, data)
SELECT applied.package_id, r.id, r.type, $2::timestamptz, $3::text, r.data FROM input r JOIN applied ON applied.id = r.id WHERE r.type IS NOT NULL ORDER BY r.n`

/** Writes rows that this transaction has locked or inserted. */
async function apply (tx: Sql, changes: readonly Change[], { at, actor = 'hub' }: Pick<PlaceOptions, 'at' | 'actor'>): Promise<void> {
  if (changes.length === 0) return
  await tx.query(APPLY, [toJson(changes.map((change, n) => ({ ...change, n }))), instant(at), escapeText(actor)])
}
