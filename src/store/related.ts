// What was said about a document: every document and status of its streams, without content.
import type { Reportable } from '../model/generated.js'
import type { RelatedPackage, Store } from '../ports/store.js'
import { escapeText, type Sql } from './sql.js'

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
