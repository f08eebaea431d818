// What an adapter's fake counterpart offers the conformance suite: to be there, to be gone, to remember what reached it,
// and to misbehave on order.

/**
 * One accident each, and what the adapter must make of it.
 * refuse: says no for good → refused. overload: too busy, asks to wait → deferred with retryAfterMs.
 * hang: takes the connection, reads nothing of the body, never answers → deferred when aborted.
 * drop: takes everything (and counts it as received), then breaks off without an answer → deferred, uncertain.
 * malformed: answers nonsense → deferred. offline: is not there at all → deferred.
 */
export type Misbehaviour = 'refuse' | 'overload' | 'hang' | 'drop' | 'malformed' | 'offline'

/** What reached the counterpart. Fields that the protocol does not carry are absent. */
export interface HarnessDelivery {
  readonly deliveryId?: string
  readonly packageId?: string
  readonly recipient?: string
  readonly kind?: string
  readonly mediaType?: string
  readonly traceparent?: string
  /** Bytes of the package as the counterpart got them. */
  readonly size: number
  /** Lower-case hex SHA-256 of those bytes. */
  readonly sha256: string
}

export interface AdapterHarness {
  /** Accidents this counterpart can play. The suite reports promises about others as not applicable. */
  readonly can: readonly Misbehaviour[]
  /** How long the counterpart asks to wait when it plays `overload`, ms; absent when the protocol cannot say. */
  readonly retryAfterMs?: number
  /** Ready to be connected to when it resolves. */
  start (): Promise<void>
  /** Settings with which the adapter talks to this counterpart; every secret setting has a value. */
  settings (): Record<string, unknown>
  /** Misbehaves from now on; `undefined` behaves again, at the same address. */
  misbehave (kind: Misbehaviour | undefined): Promise<void>
  /** Packages taken for good, each once, in the order of their first arrival. */
  received (): readonly HarnessDelivery[]
  /** Ends every connection. */
  stop (): Promise<void>
}
