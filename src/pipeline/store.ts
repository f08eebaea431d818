// store: large payloads become durable first, then one transaction holds package, small payloads, deliveries and event.
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { AcceptedPackage } from '../model/package.js'
import type { AcceptResult, StoredPackage } from '../ports/store.js'
import type { Accepted, Routed } from './types.js'

/** Stores one package; the store batches many into one statement. */
export type AcceptOne = (accepted: AcceptedPackage) => Promise<AcceptResult>

/**
 * Makes a package the hub's responsibility: after this, 202 is safe. A crash between the blobs and the transaction
 * leaves blobs that no row names; they are harmless, and cost only their space.
 */
export async function storePackage ({ package: accepted, received }: Routed, acceptOne: AcceptOne): Promise<Accepted> {
  await received.spooled.commit()
  return resultOf(accepted, await acceptOne(accepted))
}

/** What the sender is told. Throws for a conflict, and for what the store refuses. */
export function resultOf (accepted: AcceptedPackage, result: AcceptResult): Accepted {
  switch (result.kind) {
    case 'stored':
      return { packageId: accepted.id, acceptedAt: accepted.acceptedAt, deliveries: accepted.deliveries, warnings: accepted.warnings, repeated: false, ...(result.claims === undefined ? {} : { claims: result.claims }) }
    case 'repeated':
      return toRepeated(result.package)
    case 'conflict':
      throw conflict(result)
    case 'failed':
      throw result.error
  }
}

/** The answer that a package got when it came first. */
export function toRepeated ({ id, acceptedAt, deliveries, warnings }: StoredPackage): Accepted {
  return { packageId: id, acceptedAt, deliveries, warnings, repeated: true }
}

/** The error for content that differs under a name already used. */
export function conflict ({ on, packageId }: { on: 'identifier' | 'idempotency-key', packageId: string }): HubError {
  return on === 'identifier'
    ? new HubError('PACKAGE_CONFLICT', text(`Mã này đã dùng cho gói tin ${packageId} có nội dung khác.`, `This identifier was used for package ${packageId} with other content.`))
    : new HubError('IDEMPOTENCY_KEY_REUSED', text(`Idempotency-Key này đã dùng cho gói tin ${packageId} có nội dung khác.`, `This Idempotency-Key was used for package ${packageId} with other content.`))
}
