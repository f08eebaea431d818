// Invitations: one-time links by which a person without a system fetches one delivery. Part of the store, which knows only the
// hashes of their tokens.
import type { DeliveryState, Envelope } from '../model/generated.js'

/** What a link leads to. Instants are epoch ms. */
export interface Invitation {
  deliveryId: string
  /** Main code of the agency that the delivery is for. */
  agency: string
  /** Whom it was sent to, masked. */
  recipient: string
  expiresAt: number
  /** Since when it is used up. */
  openedAt?: number
  /** Of the delivery; `deliveryExpiresAt` too. */
  state: DeliveryState
  deliveryExpiresAt: number
}

export interface NewInvitation {
  /** Lower-case hex. */
  tokenSha256: string
  deliveryId: string
  endpoint: string
  recipient: string
  at: number
  expiresAt: number
  /** When to remind of it unless it was opened; absent: never. */
  remindAt?: number
}

/** A delivery whose recipient is to hear of it again. */
export interface Reminder {
  tokenSha256: string
  deliveryId: string
  packageId: string
  endpoint: string
  agency: string
  envelope: Envelope
  /** When the recipient asked for it; absent: it has let its time go by. */
  askedAt?: number
}

export interface InvitationStore {
  /** False: the delivery is not one of this endpoint, or there is none. */
  addInvitation (invitation: NewInvitation): Promise<boolean>
  /** Undefined for what nobody was sent, and once its delivery is removed. */
  findInvitation (tokenSha256: string): Promise<Invitation | undefined>
  /** Uses it up and records `link.opened`. Of all who ask one gets it, in time and while the delivery is available. */
  openInvitation (tokenSha256: string, options: { at: number }): Promise<Invitation | undefined>
  /**
   * Has its recipient told again, with a link of its own, as soon as may be. False: the delivery is not available any more, the last
   * link is younger than `gapMs`, or there were `mostPerDay` of them within a day.
   */
  askInvitation (tokenSha256: string, options: { at: number, gapMs: number, mostPerDay: number }): Promise<boolean>
  /** What is due, each to one caller; due again at `retryAt` unless `remindedOf` is called. */
  takeReminders (options: { at: number, retryAt: number, limit: number }): Promise<Reminder[]>
  /** It was told. */
  remindedOf (tokenSha256: string): Promise<void>
  /** Removes those that ended before; answers how many, at most `limit`. */
  forgetInvitations (options: { before: number, limit: number }): Promise<number>
}
