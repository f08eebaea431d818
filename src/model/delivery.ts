// A delivery is one package to one recipient; an attempt is one try; an outcome is what the adapter saw;
// a settlement is what the hub decided.
import type { Problem } from './problem.js'
import type { Axis, DeliveryState, EndpointConfig, Reportable, RouteReason } from './generated.js'

/** What a recipient gets: see `format` of an endpoint. */
export type DeliveryFormat = EndpointConfig['format']

/** What an adapter saw. An outcome is data; an adapter that throws is defective. */
export type Outcome =
  /** The receiving system has it for good. */
  | { kind: 'delivered', externalId?: string }
  /** The recipient will fetch it; it settles when the recipient acknowledges or rejects. */
  | { kind: 'available' }
  /** Not now. `uncertain`: the bytes may have arrived although no answer came. */
  | { kind: 'deferred', problem: Problem, retryAfterMs?: number, uncertain?: boolean }
  /** Never: the receiving system said no, or the content cannot be sent. */
  | { kind: 'refused', problem: Problem }

/** States in which nothing more happens by itself. */
export const FINAL_STATES = ['delivered', 'refused', 'dead', 'expired', 'cancelled'] as const satisfies readonly DeliveryState[]

/** What the hub decided after an attempt. */
export interface Settlement {
  state: Extract<DeliveryState, 'delivered' | 'available' | 'deferred' | 'held' | 'refused' | 'dead' | 'expired'>
  /** Epoch ms of the next try; only when deferred. */
  dueAt?: number
  problem?: Problem
  externalId?: string
}

/** One recipient of a package, planned by `route`, before it is stored. */
export interface PlannedDelivery {
  id: string
  /** Code as the sender wrote it. */
  to: string
  /** Main code of the agency that gets it. Absent when refused at once. */
  agency?: string
  endpoint?: string
  axis?: Axis
  adapter?: string
  format: DeliveryFormat
  reasons: RouteReason[]
  /** Epoch ms; that of the package when absent. */
  expiresAt?: number
  /** By when it is to be made, epoch ms. */
  deliverBy?: number
  /** What the sender is to be told of it; nothing when absent. */
  reports?: Reportable[]
  /** Set when this recipient cannot be served: the delivery is stored as refused. */
  problem?: Problem
}
