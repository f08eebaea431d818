// Time, as the hub sees it. The store's time in production, a hand-turned clock in tests.

export interface Clock {
  /** Milliseconds since the epoch. All processes of one hub agree on it: it follows the store, not the host. */
  now (): number
  /** Resolves after `ms`, or at once when `signal` aborts (never rejects). */
  sleep (ms: number, signal?: AbortSignal): Promise<void>
}
