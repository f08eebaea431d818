// What was said about a document: every document and status of its streams, without content; and under which names it arrived.
import type { Reportable } from '../model/generated.js'
import type { RelatedPackage, Store } from '../ports/store.js'
import { escapeText, isId, type Sql } from './sql.js'

const RELATED = `
WITH related AS (
  SELECT id FROM package WHERE correlation_id = ANY($1::text[])
  UNION
  SELECT package_id FROM package_stream WHERE stream = ANY($1::text[])
), page AS (
  SELECT id FROM related ORDER BY id LIMIT $2::bigint
)
SELECT p.id, p.kind, p.action, p.accepted_at, p.from_agency, p.envelope->>'sentAt' AS sent_at,
  coalesce(p.content->'document'->>'documentId', p.content->'status'->'responseFor'->>'documentId') AS document_id,
  p.content->'document'->'business'->>'documentId' AS updates,
  (SELECT jsonb_agg(r->>'documentId') FROM jsonb_path_query(p.content, '$.document.business.replacements[*]') AS t (r)) AS replaces,
  coalesce(p.content->'status'->>'description', p.content->'document'->'business'->>'reason') AS description,
  p.content->'status'->'receipt'->>'event' AS receipt,
  CASE WHEN p.kind = 'document' OR p.action = '13' THEN (
    SELECT jsonb_agg(jsonb_build_object('agency', d.agency, 'state', d.state, 'code', d.problem->>'code') ORDER BY d.position)
    FROM delivery d WHERE d.package_id = p.id AND d.agency IS NOT NULL
  ) END AS recipients
FROM package p JOIN page ON page.id = p.id ORDER BY p.id`

interface RelatedRow {
  id: string
  kind: RelatedPackage['kind']
  action: string
  accepted_at: number
  from_agency: string
  sent_at: string | null
  document_id: string | null
  updates: string | null
  replaces: string[] | null
  description: string | null
  receipt: Reportable | null
  recipients: RelatedPackage['recipients'] | null
}

/** See `Store.findRelated`. */
export async function findRelated (sql: Sql, { streams, limit }: Parameters<Store['findRelated']>[0]): Promise<RelatedPackage[]> {
  const rows = await sql.query<RelatedRow>(RELATED, [streams.map(escapeText), limit])
  return rows.map(({ id, kind, action, ...row }) => ({
    id,
    kind,
    action,
    acceptedAt: row.accepted_at,
    fromAgency: row.from_agency,
    ...(row.document_id === null ? {} : { documentId: row.document_id }),
    changes: [...row.updates === null ? [] : [row.updates], ...row.replaces ?? []],
    ...(row.sent_at === null ? {} : { sentAt: row.sent_at }),
    ...(row.description === null ? {} : { description: row.description }),
    ...(row.receipt === null ? {} : { receipt: row.receipt }),
    recipients: row.recipients ?? []
  }))
}

const OTHER_IDS = `
WITH mine AS (
  SELECT d.id, d.agency, d.package_id, p.correlation_id FROM delivery d JOIN package p ON p.id = d.package_id WHERE d.id = $1::uuid
), stream AS (
  SELECT correlation_id AS name FROM mine
  UNION SELECT s.stream FROM mine m JOIN package_stream s ON s.package_id = m.package_id
), related AS (
  SELECT p.id FROM stream s JOIN package p ON p.correlation_id = s.name
  UNION SELECT x.package_id FROM stream s JOIN package_stream x ON x.stream = s.name
)
SELECT DISTINCT e.external_id FROM mine m CROSS JOIN related r JOIN delivery e ON e.package_id = r.id
WHERE e.id <> m.id AND e.agency = m.agency AND e.external_id IS NOT NULL`

/** See `Store.findOtherIds`. */
export async function findOtherIds (sql: Sql, deliveryId: string): Promise<string[]> {
  if (!isId(deliveryId)) return []
  const rows = await sql.query<{ external_id: string }>(OTHER_IDS, [deliveryId])
  return rows.map(({ external_id: externalId }) => externalId)
}
