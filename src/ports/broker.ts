// Carries claim checks between hub processes: identifiers only, never content. It may lose or repeat them;
// the store knows what must be published again.
import type { Lane } from '../model/lane.js'

export type { Lane }

/** EIP: Claim Check. Says "this delivery is due"; everything else is in the store. */
export interface ClaimCheck {
  deliveryId: string
  lane: Lane
  /** Store time of the row's publication, epoch ms. Tells the sweeper how far a lane has been read. */
  publishedAt: number
}

/** A claim check in the hands of a consumer. Exactly one of `ack` and `requeue` is called, once. */
export interface ReceivedClaim extends ClaimCheck {
  /** The consequence is recorded in the store; the broker may forget the claim. */
  ack (): void
  /** Not worked on (stopping): somebody else shall have it. */
  requeue (): void
}

export interface Consumer {
  /** Takes no more claims. Claims already handed out stay valid until acked or requeued. */
  stop (): Promise<void>
}

export interface LaneState {
  /** Claims ready to be taken (not counting those handed out and not yet acked). */
  ready: number
}

export interface Broker {
  /**
   * Publishes claims durably. Resolves when the broker has confirmed all of them; rejects with `BROKER_UNAVAILABLE`
   * when it has not (some may have arrived: consumers must bear repeats).
   */
  publish (claims: readonly ClaimCheck[]): Promise<void>
  /**
   * Hands claims of a lane to `onClaim`, at most `prefetch` unacknowledged at a time. Survives the loss of the broker:
   * it reconnects with backoff, declares the topology again and goes on; claims not acked come again, to someone.
   * `onClaim` must not throw. A message that is no claim check goes to the `invalid` lane and is not handed out.
   */
  consume (lane: Lane, options: { prefetch: number }, onClaim: (claim: ReceivedClaim) => void): Promise<Consumer>
  /** Rejects with `BROKER_UNAVAILABLE` when the broker is not there. */
  inspect (lane: Lane): Promise<LaneState>
  /** Messages in the `invalid` lane: what came in a lane and was no claim check. Rejects as `inspect` does. */
  countInvalid (): Promise<number>
  /** Calls `listener` each time claims can be published again after they could not; never when that is always so. */
  onPublishable (listener: () => void): void
  /** Resolves when the broker answers, else rejects with `BROKER_UNAVAILABLE`. */
  probe (): Promise<void>
  /** Waits for outstanding confirms, then closes. Unacked claims go back to their lane. */
  close (): Promise<void>
}
