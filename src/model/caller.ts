// Who speaks to the hub, as every door and every rule about permissions sees it.
import type { TranslationConfig } from './generated.js'

/** Who brings a package or reads traffic. */
export interface Caller {
  /** client:ID or endpoint:ID, as events name their actor. */
  readonly id: string
  /** Main codes of the agencies it may speak for and read. */
  readonly agencies: readonly string[]
  /** An operator reads everything, and sends for nobody. The hub tells senders what became of their packages, in the name of recipients. */
  readonly role: 'agency' | 'operator' | 'hub'
  /** What its content is read by, unless a request says otherwise. */
  readonly translation?: TranslationConfig
}

/** The hub itself. No door makes such a caller. */
export const HUB: Caller = { id: 'hub', agencies: [], role: 'hub' }
