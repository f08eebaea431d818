// Rows → JSON of the API: pure functions. Instants become ISO 8601 (UTC), the hub's sentences one language, content stays as it is.
import { HubError } from '../errors.js'
import type { Content } from '../model/package.js'
import { type Language, text } from '../model/text.js'
import type { PlannedDelivery } from '../model/delivery.js'
import type { Caller } from '../model/caller.js'
import { summarize, type RecipientsView, type RecipientView, type Said } from '../pipeline/recipients.js'
import type { Accepted, Plan } from '../pipeline/types.js'
import type { InboxItem, KeptRequest, PackageEvent, PackageSummary, StoredDelivery, StoredPackage } from '../ports/store.js'
import { localize } from './language.js'

type Json = Record<string, unknown>

/** 202: what was accepted and where each recipient's copy goes. */
export function viewAccepted (accepted: Accepted, language: Language): Json {
  return {
    id: accepted.packageId,
    acceptedAt: iso(accepted.acceptedAt),
    repeated: accepted.repeated,
    deliveries: accepted.deliveries.map(delivery => viewPlanned(delivery, language)),
    warnings: localize(accepted.warnings, language)
  }
}

/** The answer to a validation: the route of each recipient, nothing stored. */
export function viewPlan (plan: Plan, language: Language): Json {
  return {
    valid: true,
    envelope: plan.envelope,
    // Ids of deliveries that will never exist would only mislead.
    deliveries: plan.deliveries.map(delivery => ({ ...viewPlanned(delivery, language), id: undefined })),
    warnings: localize(plan.warnings, language)
  }
}

function viewPlanned (delivery: PlannedDelivery | StoredDelivery, language: Language): Json {
  const { id, to, agency, endpoint, axis, adapter, reasons, problem } = delivery
  return { id, to, agency, endpoint, axis, adapter, ...localize({ reasons, problem }, language) }
}

/** One delivery, schemas/delivery.schema.json with one language. */
export function viewDelivery (delivery: StoredDelivery, language: Language): Json {
  const { id, packageId, to, agency, endpoint, axis, adapter, format, state, attempts, externalId } = delivery
  return {
    id, packageId, to, agency, endpoint, axis, adapter, format, state, attempts,
    retriedAfter: delivery.retriedAfter,
    resendOf: delivery.resendOf,
    resentAs: delivery.resentAs,
    ...localize({ reasons: delivery.reasons, problem: delivery.problem }, language),
    dueAt: isoOrAbsent(delivery.dueAt),
    expiresAt: iso(delivery.expiresAt),
    deliverBy: isoOrAbsent(delivery.deliverBy),
    overdueAt: isoOrAbsent(delivery.overdueAt),
    settledAt: isoOrAbsent(delivery.settledAt),
    externalId,
    waitsFor: delivery.waitsFor,
    awaits: delivery.awaits,
    parkedUntil: isoOrAbsent(delivery.parkedUntil),
    sent: sentOf(delivery)?.map(request => ({ ...request, link: `/v1/packages/${packageId}/sent/${request.sha256}` }))
  }
}

/** What went out, was about to, or waits to be fetched; an adapter's own requests stand for the message they were made instead of. */
export function sentOf ({ sent, requests }: Pick<StoredDelivery, 'sent' | 'requests'>): Array<Omit<KeptRequest, 'call' | 'attempt'>> | undefined {
  return requests ?? (sent === undefined ? undefined : [sent])
}

/**
 * The deliveries of a package that a caller may see: all for its sender and for operators; a recipient sees its own,
 * because what became of other recipients' copies is between them and the sender.
 */
export function visibleDeliveries (row: Pick<StoredPackage, 'fromAgency' | 'deliveries'>, caller: Caller): StoredDelivery[] {
  if (seesAll(row, caller)) return row.deliveries
  return row.deliveries.filter(({ agency }) => agency !== undefined && caller.agencies.includes(agency))
}

/** Its sender and operators see everything about a package. */
export function seesAll ({ fromAgency }: Pick<StoredPackage, 'fromAgency'>, { role, agencies }: Caller): boolean {
  return role === 'operator' || agencies.includes(fromAgency)
}

/** A line of the package list. */
export function viewSummary (row: PackageSummary, caller: Caller, language: Language): Json {
  return {
    id: row.id,
    acceptedAt: iso(row.acceptedAt),
    fromAgency: row.fromAgency,
    envelope: row.envelope,
    deliveries: visibleDeliveries(row, caller).map(delivery => viewDelivery(delivery, language))
  }
}

/** Everything about one package but its bytes. */
export function viewPackage (row: StoredPackage, caller: Caller, language: Language): Json {
  return {
    ...viewSummary(row, caller, language),
    expiresAt: iso(row.expiresAt),
    traceId: row.traceId,
    contentType: row.mediaType,
    size: row.original.size,
    sha256: row.original.sha256,
    purgedAt: isoOrAbsent(row.purgedAt),
    ...viewContent(row.content),
    attachments: row.attachments,
    warnings: localize(row.warnings, language),
    ...(row.evidence === undefined ? {} : { evidence: row.evidence }),
    links: { content: `/v1/packages/${row.id}/content`, recipients: `/v1/packages/${row.id}/recipients`, timeline: `/v1/packages/${row.id}/timeline` }
  }
}

/** What became of a package at each recipient. */
export function viewRecipients (packageId: string, { recipients, others, truncated }: RecipientsView, language: Language): Json {
  return {
    packageId,
    summary: summarize(recipients),
    items: recipients.map(recipient => viewRecipient(recipient, language)),
    others: others.map(viewSaid),
    truncated
  }
}

function viewRecipient ({ delivery, business }: RecipientView, language: Language): Json {
  const { id, to, agency, state, attempts } = delivery
  return {
    to,
    agency,
    delivery: {
      id, state, attempts, ...localize({ problem: delivery.problem }, language), settledAt: isoOrAbsent(delivery.settledAt), expiresAt: iso(delivery.expiresAt),
      deliverBy: isoOrAbsent(delivery.deliverBy), overdueAt: isoOrAbsent(delivery.overdueAt)
    },
    ...(business === undefined ? {} : { business: { ...business, since: iso(business.since), history: business.history.map(viewSaid) } })
  }
}

function viewSaid (said: Said): Json {
  return { ...said, at: iso(said.at) }
}

function viewContent (content: Content): Json {
  switch (content.kind) {
    case 'document': return { document: content.document }
    case 'dossier': return { dossier: content.dossier }
    case 'status': return { status: content.status }
  }
}

/** One event of a package's history. */
export function viewEvent (event: PackageEvent, language: Language): Json {
  const { seq, type, actor, deliveryId } = event
  return { seq, at: iso(event.at), type, actor, deliveryId, data: localize(event.data, language) }
}

/** One delivery waiting in the inbox; content type, size and hash are those of the bytes as prepared for the recipient. */
export function viewInboxItem ({ delivery, package: row, lockedUntil }: InboxItem): Json {
  const bytes = delivery.sent ?? { ...row.original, mediaType: row.mediaType }
  return {
    deliveryId: delivery.id,
    to: delivery.agency ?? delivery.to,
    lockedUntil: iso(lockedUntil),
    expiresAt: iso(delivery.expiresAt),
    package: { id: row.id, acceptedAt: iso(row.acceptedAt), fromAgency: row.fromAgency, envelope: row.envelope, ...viewContent(row.content) },
    attachments: row.attachments,
    contentType: bytes.mediaType,
    size: bytes.size,
    sha256: bytes.sha256,
    links: {
      content: `/v1/inbox/${delivery.id}/content`,
      ack: `/v1/inbox/${delivery.id}/ack`,
      reject: `/v1/inbox/${delivery.id}/reject`,
      package: `/v1/packages/${row.id}`
    }
  }
}

/** Another agency's package is as unknown as one that never was. */
export function packageNotFound (id: string): HubError {
  return new HubError('NOT_FOUND', text(`Không tìm thấy gói tin ${id}.`, `There is no package ${id}.`))
}

/** An instant as the API writes it. */
export function iso (at: number): string {
  return new Date(at).toISOString()
}

export function isoOrAbsent (at: number | undefined): string | undefined {
  return at === undefined ? undefined : iso(at)
}
