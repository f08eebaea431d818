// Closes what was opened, last first; one part that fails to close does not keep the others open.
import type { Log } from '../ports/log.js'

export interface Closing {
  add (what: string, close: () => Promise<void>): void
  /** Closes everything once; later calls wait for the first. Never rejects. */
  close (): Promise<void>
}

export function createClosing (log: Log): Closing {
  const open: Array<{ what: string, close: () => Promise<void> }> = []
  let closing: Promise<void> | undefined

  async function closeAll (): Promise<void> {
    for (let last = open.pop(); last !== undefined; last = open.pop()) {
      const { what, close } = last
      await close().catch((error: unknown) => { log.error({ what, err: error }, 'part.unclosed') })
    }
  }

  return {
    add (what, close) { open.push({ what, close }) },
    async close () { await (closing ??= closeAll()) }
  }
}
