// Stores packages: a whole batch in one statement, so that a hundred requests cost one round trip and one commit.
import { HubError } from '../errors.js'
import type { Evidence } from '../model/generated.js'
import type { AcceptedPackage } from '../model/package.js'
import { text } from '../model/text.js'
import type { AcceptResult, StoredPackage } from '../ports/store.js'
import { isAboutRows, withoutContent } from './failure.js'
import { place } from './order.js'
import { roundsOf, streamsIn } from './rounds.js'
import { PACKAGE_COLUMNS, toPackage, withDeliveries, type PackageRow } from './rows.js'
import { escapeText, instant, toJson, type Sql } from './sql.js'

// ON CONFLICT waits for whoever is inserting the same keys at this moment; what is left out here is therefore committed.
const INSERT = `
WITH inserted AS (
  INSERT INTO package (id, accepted_by, idempotency_key, trace_id, accepted_at, expires_at, format, media_type, from_agency,
    kind, action, identifier, correlation_id, priority, envelope, content, attachments, warnings, evidence, original_sha256, original_size)
  SELECT id, accepted_by, idempotency_key, trace_id, accepted_at, expires_at, format, media_type, from_agency,
    envelope->>'kind', envelope->>'action', envelope->>'identifier', envelope->>'correlationId', (envelope->>'priority')::smallint,
    envelope, content, attachments, warnings, evidence, original_sha256, original_size
  FROM jsonb_to_recordset($1::jsonb) AS input (id uuid, accepted_by text, idempotency_key text, trace_id text, accepted_at timestamptz,
    expires_at timestamptz, format text, media_type text, from_agency text, envelope jsonb, content jsonb, attachments jsonb,
    warnings jsonb, evidence jsonb, original_sha256 text, original_size bigint)
  ON CONFLICT DO NOTHING
  RETURNING id, accepted_at, expires_at, accepted_by, priority
), planned AS (
  INSERT INTO delivery (id, package_id, position, lane, written_to, agency, endpoint, axis, adapter, format, reasons, state, problem,
    created_at, expires_at, due_at, settled_at, deliver_by, reports)
  SELECT input.id, inserted.id, input.position, CASE WHEN inserted.priority > 0 OR input.deliver_by IS NOT NULL THEN 'urgent' ELSE 'normal' END, input.written_to, input.agency,
    input.endpoint, input.axis, input.adapter, input.format, input.reasons, CASE WHEN input.problem IS NULL THEN 'queued' ELSE 'refused' END, input.problem,
    inserted.accepted_at, coalesce(input.expires_at, inserted.expires_at), CASE WHEN input.problem IS NULL THEN inserted.accepted_at END, CASE WHEN input.problem IS NOT NULL THEN inserted.accepted_at END,
    input.deliver_by, input.reports
  FROM jsonb_to_recordset($2::jsonb) AS input (id uuid, package_id uuid, position integer, written_to text, agency text, endpoint text, axis text,
    adapter text, format text, reasons jsonb, problem jsonb,
    expires_at timestamptz, deliver_by timestamptz, reports text[])
  JOIN inserted ON inserted.id = input.package_id
), kept AS (
  INSERT INTO payload (package_id, sha256, bytes)
  SELECT inserted.id, input.sha256, substring($4::bytea FROM input.start FOR input.size)
  FROM jsonb_to_recordset($3::jsonb) AS input (package_id uuid, sha256 text, start integer, size integer)
  JOIN inserted ON inserted.id = input.package_id
), told AS (
  INSERT INTO event (package_id, delivery_id, type, at, actor, data)
  SELECT inserted.id, input.delivery_id, input.type, inserted.accepted_at, coalesce(input.actor, inserted.accepted_by), input.data
  FROM jsonb_to_recordset($5::jsonb) AS input (package_id uuid, delivery_id uuid, type text, actor text, data jsonb, n integer)
  JOIN inserted ON inserted.id = input.package_id
  ORDER BY input.n
)
SELECT id FROM inserted`

/** See `Store.accept`. */
export async function accept (sql: Sql, packages: readonly AcceptedPackage[]): Promise<AcceptResult[]> {
  const { starting, following } = roundsOf(packages)
  if (following.length === 0) return await acceptEach(sql, packages, acceptTogether)
  const results = new Map<number, AcceptResult>()
  for (const [round, indexes] of [starting, ...following].entries()) {
    const some = indexes.flatMap(index => packages[index] ?? [])
    const stored = await acceptEach(sql, some, round === 0 ? acceptTogether : acceptFollowing)
    for (const [n, index] of indexes.entries()) results.set(index, stored[n] ?? { kind: 'failed', error: unstorable() })
  }
  return packages.map((_, index) => results.get(index) ?? { kind: 'failed', error: unstorable() })
}

/** All at once; when one of them makes that fail, one by one. */
async function acceptEach (sql: Sql, packages: readonly AcceptedPackage[], work: typeof acceptTogether): Promise<AcceptResult[]> {
  if (packages.length === 0) return []
  try {
    return await work(sql, packages)
  } catch (error) {
    if (!isAboutRows(error)) throw error
    if (packages.length === 1) return [{ kind: 'failed', error: unstorable(withoutContent(error)) }]
    const results: AcceptResult[] = []
    for (const entry of packages) results.push(...await acceptEach(sql, [entry], work))
    return results
  }
}

/** Packages of which no two share a stream: stored, and put behind what came before them, in one transaction. */
async function acceptFollowing (sql: Sql, packages: readonly AcceptedPackage[]): Promise<AcceptResult[]> {
  return await sql.transaction(async tx => {
    const results = await acceptTogether(tx, packages)
    const stored = packages.filter((_, index) => results[index]?.kind === 'stored')
    const at = Math.max(...stored.map(({ acceptedAt }) => acceptedAt))
    await keepStreams(tx, stored)
    const served = stored.flatMap(({ deliveries }) => deliveries.filter(({ problem }) => problem === undefined).map(({ id }) => id))
    const { claims } = served.length === 0 ? { claims: [] } : await place(tx, served, { at, parkedUntil: new Map(stored.map(({ id, parkedUntil, expiresAt }) => [id, parkedUntil ?? expiresAt])) })
    const first = results.findIndex(({ kind }) => kind === 'stored')
    // All claims with the first of them: they are published together, whoever waits for which answer.
    return results.map((result, index) => result.kind === 'stored' ? { ...result, claims: index === first ? claims : [] } : result)
  })
}

/** The streams of packages that belong to more than one. */
async function keepStreams (tx: Sql, packages: readonly AcceptedPackage[]): Promise<void> {
  const rows = packages.flatMap(entry => streamsIn(entry).slice(1).map(stream => ({ stream, package_id: entry.id })))
  if (rows.length === 0) return
  await tx.query('INSERT INTO package_stream (stream, package_id) SELECT DISTINCT stream, package_id FROM jsonb_to_recordset($1::jsonb) AS r (stream text, package_id uuid)', [toJson(rows)])
}

function unstorable (cause?: Error): HubError {
  return new HubError('PACKAGE_UNSTORABLE', text('Cơ sở dữ liệu không nhận gói tin này.', 'The database refuses this package.'), cause === undefined ? {} : { cause })
}

async function acceptTogether (sql: Sql, packages: readonly AcceptedPackage[]): Promise<AcceptResult[]> {
  // In one order everywhere: two batches that share keys wait for each other, they never lock each other out.
  const sorted = [...packages].sort((a, b) => compare(a.fromAgency, b.fromAgency) || compare(a.envelope.identifier, b.envelope.identifier))
  const inline = layOut(sorted)
  const rows = await sql.query<{ id: string }>(INSERT, [
    toJson(sorted.map(packageInput)), toJson(sorted.flatMap(deliveryInputs)), toJson(inline.places), inline.bytes, toJson(sorted.flatMap(eventInputs).map((entry, n) => ({ ...entry, n })))
  ])
  const inserted = new Set(rows.map(({ id }) => id))
  // An id is there once, but the batch may hold the same package object twice: only its first occurrence was stored.
  const results = new Map<AcceptedPackage, AcceptResult>()
  const rest: number[] = []
  packages.forEach((entry, index) => {
    if (inserted.delete(entry.id)) results.set(entry, { kind: 'stored' })
    else rest.push(index)
  })
  const explained = rest.length === 0 ? new Map<number, AcceptResult>() : await explain(sql, packages, rest)
  return packages.map((entry, index) => explained.get(index) ?? results.get(entry) ?? { kind: 'stored' })
}

function compare (a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function packageInput (entry: AcceptedPackage): object {
  return {
    id: entry.id,
    accepted_by: entry.acceptedBy,
    idempotency_key: entry.idempotencyKey,
    trace_id: entry.traceId,
    accepted_at: instant(entry.acceptedAt),
    expires_at: instant(entry.expiresAt),
    format: entry.format,
    media_type: entry.mediaType,
    from_agency: entry.fromAgency,
    envelope: entry.envelope,
    content: entry.content,
    attachments: entry.attachments,
    warnings: entry.warnings,
    evidence: entry.evidence,
    original_sha256: entry.original.sha256,
    original_size: entry.original.size
  }
}

function deliveryInputs ({ id, deliveries }: AcceptedPackage): object[] {
  return deliveries.map(({ to, expiresAt, deliverBy, ...planned }, position) => ({
    ...planned,
    package_id: id,
    position,
    written_to: to,
    ...(expiresAt === undefined ? {} : { expires_at: instant(expiresAt) }),
    ...(deliverBy === undefined ? {} : { deliver_by: instant(deliverBy) })
  }))
}

function eventInputs ({ id, original, format, translation, deliveries, evidence }: AcceptedPackage): object[] {
  const refused = deliveries.filter(({ problem }) => problem !== undefined)
  return [
    { package_id: id, type: 'package.accepted', data: { format, translation, sha256: original.sha256, size: original.size, deliveries: deliveries.length, refused: refused.length } },
    ...(evidence === undefined ? [] : [{ package_id: id, type: 'signatures.verified', actor: 'hub', data: signatureResults(evidence) }]),
    ...refused.map(delivery => ({ package_id: id, delivery_id: delivery.id, type: 'delivery.refused', actor: 'hub', data: { to: delivery.to, problem: delivery.problem } }))
  ]
}

/** The results alone: the evidence itself is with the package. */
function signatureResults ({ direction, envelope, documents }: Evidence): object {
  return {
    direction,
    ...(envelope === undefined ? {} : { envelope: { status: envelope.status, reasons: envelope.reasons } }),
    ...(documents === undefined ? {} : { documents: documents.map(({ n, status, reasons, signatures }) => ({ n, status, reasons, signatures: signatures.length })) })
  }
}

/** All payloads of a batch as one binary parameter, cut apart again by the statement: in arrays bytea would go as text, twice the size. */
function layOut (packages: readonly AcceptedPackage[]): { bytes: Buffer, places: object[] } {
  const chunks: Buffer[] = []
  const places: object[] = []
  let start = 1
  for (const { id, inline, original, attachments } of packages) {
    const seen = new Set<string>()
    for (const { sha256, bytes } of inline) {
      if (seen.has(sha256)) continue
      seen.add(sha256)
      chunks.push(bytes)
      places.push({ package_id: id, sha256, start, size: bytes.length })
      start += bytes.length
    }
    // What is not here is a blob: its row, without bytes, says who needs it.
    for (const { sha256 } of [original, ...attachments]) {
      if (!seen.has(sha256)) places.push({ package_id: id, sha256 })
      seen.add(sha256)
    }
  }
  return { bytes: Buffer.concat(chunks), places }
}

const EXISTING = `
SELECT input.n, p.taken_by, p.id, p.original_sha256
FROM jsonb_to_recordset($1::jsonb) AS input (n integer, accepted_by text, idempotency_key text, from_agency text, identifier text)
CROSS JOIN LATERAL (
  SELECT 'idempotency-key' AS taken_by, id, original_sha256 FROM package WHERE accepted_by = input.accepted_by AND idempotency_key = input.idempotency_key
  UNION ALL
  SELECT 'identifier', id, original_sha256 FROM package WHERE from_agency = input.from_agency AND identifier = input.identifier
) p`

/** For packages that were not inserted: which package has their keys, and whether it is the same one. */
async function explain (sql: Sql, packages: readonly AcceptedPackage[], indexes: readonly number[]): Promise<Map<number, AcceptResult>> {
  const input = packages.flatMap((entry, n) => !indexes.includes(n)
    ? []
    : [{ n, accepted_by: entry.acceptedBy, idempotency_key: entry.idempotencyKey, from_agency: entry.fromAgency, identifier: entry.envelope.identifier }])
  const existing = await sql.query<{ n: number, taken_by: 'identifier' | 'idempotency-key', id: string, original_sha256: string }>(EXISTING, [toJson(input)])
  const stored = new Map((await packagesOf(sql, [...new Set(existing.map(({ id }) => id))])).map(entry => [entry.id, entry]))
  const results = new Map<number, AcceptResult>()
  for (const index of indexes) {
    const sha256 = packages[index]?.original.sha256
    const found = existing.filter(({ n }) => n === index).sort((a, b) => compare(a.taken_by, b.taken_by))
    const other = found.find(row => row.original_sha256 !== sha256)
    const same = stored.get(found[0]?.id ?? '')
    // A status that an agency repeats in other words is the one it has sent; the first counts.
    const isSaid = other?.taken_by === 'identifier' && packages[index]?.envelope.kind === 'status'
    if (other !== undefined && !isSaid) results.set(index, { kind: 'conflict', on: other.taken_by, packageId: other.id })
    else if (same !== undefined) results.set(index, { kind: 'repeated', package: same })
    // Neither key is taken, so it was the id itself: ids are made by the hub, a second use is a defect.
    else results.set(index, { kind: 'failed', error: unstorable() })
  }
  return results
}

async function packagesOf (sql: Sql, ids: readonly string[]): Promise<StoredPackage[]> {
  const rows = ids.length === 0 ? [] : await sql.query<PackageRow>(`SELECT ${PACKAGE_COLUMNS} FROM package p WHERE p.id = ANY($1::uuid[])`, [ids])
  return await withDeliveries(sql, rows.map(toPackage))
}

/** See `Store.findByIdempotencyKey`. */
export async function findByIdempotencyKey (sql: Sql, acceptedBy: string, key: string): Promise<StoredPackage | undefined> {
  const rows = await sql.query<PackageRow>(`SELECT ${PACKAGE_COLUMNS} FROM package p WHERE p.accepted_by = $1::text AND p.idempotency_key = $2::text`, [escapeText(acceptedBy), escapeText(key)])
  return (await withDeliveries(sql, rows.map(toPackage)))[0]
}
