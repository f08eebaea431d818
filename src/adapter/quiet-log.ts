// The log that is lent to adapters: the hub's own, with a limit, so that one that complains without end fills neither disk nor eyes.
import type { AdapterLog } from '../ports/adapter.js'

export interface QuietLogOptions {
  /** Lines at once. */
  burst?: number
  /** Lines a second in the long run. */
  perSecond?: number
  /** How long dropped lines are counted before they are told, ms. */
  tellAfterMs?: number
  /** Levels that are not written anyway count for nothing. */
  isWritten?: (level: keyof AdapterLog) => boolean
}

const MOST_CHARACTERS = 4000

/**
 * Lines beyond the limit are dropped and counted; the count is one line, `log.dropped`. Warnings and errors have a limit of their own,
 * so that chatter does not hide them. Values that are too large are cut. Never throws.
 */
export function createQuietLog (log: AdapterLog, { burst = 200, perSecond = 20, tellAfterMs = 10_000, isWritten = () => true }: QuietLogOptions = {}): AdapterLog {
  const chatter = createBucket({ burst, perSecond })
  const serious = createBucket({ burst, perSecond })
  let dropped = 0

  function drop (): void {
    if (++dropped > 1) return
    setTimeout(() => {
      log.warn({ dropped }, 'log.dropped')
      dropped = 0
    }, tellAfterMs).unref()
  }

  const at = (level: keyof AdapterLog, hasRoom: () => boolean) => (fields: object, event: string): void => {
    if (!isWritten(level)) return
    if (hasRoom()) log[level](bounded(fields), String(event).slice(0, 100))
    else drop()
  }
  return { debug: at('debug', chatter), info: at('info', chatter), warn: at('warn', serious), error: at('error', serious) }
}

/** Answers, and notes, whether one more fits. */
function createBucket ({ burst, perSecond }: { burst: number, perSecond: number }): () => boolean {
  let room = burst
  let filledAt = performance.now()
  return () => {
    const at = performance.now()
    room = Math.min(burst, room + (at - filledAt) / 1000 * perSecond)
    filledAt = at
    if (room < 1) return false
    room--
    return true
  }
}

function bounded (fields: unknown): object {
  try {
    return Object.fromEntries(Object.entries(Object(fields) as object).slice(0, 50).map(([name, value]) => [name, boundedValue(value)]))
  } catch {
    return { unreadable: true }
  }
}

function boundedValue (value: unknown): unknown {
  if (typeof value === 'string') return cut(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return { name: value.name, message: cut(value.message), stack: cut(value.stack ?? ''), ...('code' in value ? { code: String(value.code) } : {}) }
  const json = JSON.stringify(value)
  return json.length <= MOST_CHARACTERS ? value : cut(json)
}

function cut (value: string): string {
  return value.length <= MOST_CHARACTERS ? value : `${value.slice(0, MOST_CHARACTERS)}…`
}
