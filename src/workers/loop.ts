// The loop of a worker: round after round until it is stopped, with a rest between them; an outage is logged once.
import type { Clock } from '../ports/clock.js'

export interface Loop {
  start (): void
  /** Ends rests at once and waits for the round under way. */
  stop (): Promise<void>
}

export interface LoopOptions {
  clock: Pick<Clock, 'sleep'>
  /** Called when a round fails and none has failed since the last that went well; then when one goes well again. */
  onFailure: (error: unknown) => void
  onRecovery?: () => void
  /** Rest after a round that failed, ms. */
  retryMs: number
  /**
   * One round; answers how long to rest after it, ms. `stopping` aborts when the loop is stopped. One that goes on for long calls
   * `worked` when it has done something, so that its next failure is told anew.
   */
  round: (stopping: AbortSignal, worked: () => void) => Promise<number>
}

export function createLoop ({ clock, onFailure, onRecovery = () => {}, retryMs, round }: LoopOptions): Loop {
  const stopping = new AbortController()
  let running: Promise<void> | undefined
  let failing = false

  function worked (): void {
    if (failing) onRecovery()
    failing = false
  }

  async function once (): Promise<number> {
    try {
      const restMs = await round(stopping.signal, worked)
      worked()
      return restMs
    } catch (error) {
      if (!failing) onFailure(error)
      failing = true
      return retryMs
    }
  }

  async function run (): Promise<void> {
    while (!stopping.signal.aborted) {
      const restMs = await once()
      if (restMs > 0) await clock.sleep(restMs, stopping.signal)
    }
  }

  return {
    start () { running = run() },
    async stop () {
      stopping.abort()
      await running
    }
  }
}
