// The part of the store that knows what senders are still to be told, and which appointed times have passed.
import type { DeliveryState, Envelope, Reportable } from '../model/generated.js'
import type { Problem } from '../model/problem.js'

/** A fact about a delivery that its sender wants to hear, with what a receipt names. */
export interface Unreported {
  deliveryId: string
  packageId: string
  /** As written. */
  to: string
  agency?: string
  attempts: number
  problem?: Problem
  event: Reportable
  /** When it came about, epoch ms; the same whenever it is asked for. */
  at: number
  fromAgency: string
  /** As written. */
  fromCode: string
  kind: Envelope['kind']
  action: string
  identifier: string
  notation?: string
  documentId?: string
  promulgationDate?: string
  dossierPackageId?: string
  dossierCode?: string
}

/** A fact that is done with: told by the package `receiptId`, impossible to tell (`problem`), or not worth telling. */
export interface Told { deliveryId: string, event: Reportable, receiptId?: string, problem?: Problem }

export interface OverdueDelivery { deliveryId: string, endpoint?: string, state: DeliveryState, deliverBy: number }

/** Each method is one transaction, as in `Store`. */
export interface ReceiptStore {
  /** Marks deliveries that are not settled although their `deliverBy` has passed, and records `deadline.missed`. Answers them, each once. */
  markOverdue (options: { at: number, limit: number }): Promise<OverdueDelivery[]>
  /** What senders are still to be told, of at most `limit` deliveries. */
  findUnreported (options: { limit: number }): Promise<Unreported[]>
  /** Marks facts as told and records `receipt.sent` or `receipt.refused`. Who was told of a failure is also told when the delivery is made after all. */
  markReported (options: { at: number, told: readonly Told[] }): Promise<void>
}
