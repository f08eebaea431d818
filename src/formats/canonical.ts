// The canonical JSON of a package: what a recipient gets whose endpoint declares the format `json`.
import { createHash } from 'node:crypto'
import type { StoredPackage } from '../ports/store.js'

/**
 * The canonical JSON as bytes (UTF-8) with their SHA-256: `{ packageId, envelope, document | status | dossier, attachments }`
 * with the shapes of `schemas/`. Attachments are named by hash; their bytes are fetched at `href`, relative to the hub's
 * address. The same package gives the same bytes at every attempt.
 */
export function canonicalBytes (source: CanonicalSource): { bytes: Buffer, sha256: string } {
  const bytes = Buffer.from(JSON.stringify(canonicalForm(source)))
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}

type CanonicalSource = Pick<StoredPackage, 'id' | 'envelope' | 'content' | 'attachments'>

/** The same as a value: what an outbound mapping reads. */
export function canonicalForm ({ id, envelope, content, attachments }: CanonicalSource): Record<string, unknown> {
  const { kind, ...body } = content
  return {
    packageId: id,
    envelope: { ...envelope, kind },
    ...body,
    attachments: attachments.map(attachment => ({ ...attachment, href: `/v1/packages/${id}/attachments/${attachment.n}` }))
  }
}
