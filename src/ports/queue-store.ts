// The inbox as a queue that other products know: listed without hiding, taken in hand, told to the sender. Part of the store.
import type { Envelope } from '../model/generated.js'
import type { PackageSummary, StoredDelivery } from './store.js'

/** waiting: nobody has it in hand. locked: somebody has. open: both. */
export type QueueState = 'open' | 'waiting' | 'locked' | 'delivered' | 'refused'

/** What is looked for. Instants are epoch ms, `createdTo` and `acceptedTo` not included. */
export interface QueueFilter {
  /** Main codes of the recipients. */
  agencies: readonly string[]
  kind: Envelope['kind']
  state: QueueState
  at: number
  createdFrom?: number
  createdTo?: number
}

/** So many from the position `offset`. */
export interface Slice { limit: number, offset: number }

export interface QueueItem {
  /** With `lockedUntil` while it is in hand. */
  delivery: StoredDelivery
  package: Omit<PackageSummary, 'deliveries'>
}

export interface QueueStore {
  /** Deliveries of the inbox, nothing hidden by looking. Open ones urgent and oldest first, settled ones newest first. */
  listInbox (filter: QueueFilter, slice: Slice): Promise<QueueItem[]>
  /** How many there are to fetch. */
  countInbox (filter: Pick<QueueFilter, 'agencies' | 'kind' | 'at'>): Promise<number>
  /** Takes one in hand: hidden from peeks until `at + lockMs`, anew when it was before. Otherwise answers the state it is in. */
  lockInbox (options: { deliveryId: string, agencies: readonly string[], at: number, lockMs: number }): Promise<'locked' | 'not-found' | StoredDelivery['state']>
  /** Packages that these agencies have sent, newest first, with all their deliveries; what the hub says in their name is left out. */
  listSent (filter: { agencies: readonly string[], kind: Envelope['kind'], acceptedFrom?: number, acceptedTo?: number }, slice: Slice): Promise<PackageSummary[]>
}
