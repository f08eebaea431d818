// What the schedule may do to a service that the hub stands on, whichever it is.

export interface Service {
  readonly port: number
  /** Kills it at once, without a chance to write anything. */
  kill (): Promise<void>
  /** Stops it in order. */
  stop (): Promise<void>
  /** Starts it after one of these, and resolves when it answers. */
  start (): Promise<void>
  /** Lets it hang with all connections open. */
  pause (): Promise<void>
  resume (): Promise<void>
  /** Takes it away for good, whatever state it is in. */
  close (): Promise<void>
}

/** Asks again and again; rejects with the last error after `patienceMs`. */
export async function untilAnswers (ask: () => Promise<unknown>, patienceMs: number): Promise<void> {
  for (const deadline = performance.now() + patienceMs; ;) {
    try {
      await ask()
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
}
