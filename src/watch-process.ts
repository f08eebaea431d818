// What is thrown where nobody can catch it, and what keeps the process from turning: an adapter's is survived and named, the hub's own
// ends the process, because nobody knows what state it would go on in; whatever supervises it starts it again.
import { blame, endpointsAtWork } from './adapter/guard.js'
import type { Logger } from './log.js'

const LOOK_MS = 250
/** Everything else stood still so long. */
const STALL_MS = 1000

/** Watches until the answer is called. */
export function watchProcess (log: Logger): () => void {
  const onStray = (error: unknown): void => {
    if (blame(error) !== undefined) return
    log.fatal({ err: error }, 'process.crashed')
    process.exit(1)
  }
  process.on('uncaughtException', onStray)
  process.on('unhandledRejection', onStray)
  let lookedAt = performance.now()
  const timer = setInterval(() => {
    const stalledMs = Math.round(performance.now() - lookedAt - LOOK_MS)
    lookedAt = performance.now()
    if (stalledMs >= STALL_MS) log.warn({ stalledMs, endpoints: endpointsAtWork() }, 'loop.stalled')
  }, LOOK_MS).unref()
  return () => {
    clearInterval(timer)
    process.off('uncaughtException', onStray)
    process.off('unhandledRejection', onStray)
  }
}
