// pino, JSON lines on standard output: one wide event per unit of work, never content, never secrets.
import { pino, type DestinationStream, type Logger } from 'pino'

export type { Logger }

export interface LogOptions {
  level: string
  /** Where lines go; standard output when absent. */
  destination?: DestinationStream
}

/** Paths that are cut out wherever a caller was careless. */
const REDACTED = ['authorization', '*.authorization', 'headers.authorization', 'req.headers.authorization', 'secret', '*.secret', 'settings', '*.settings', 'password', '*.password', 'url', '*.url']

export function createLog ({ level, destination }: LogOptions): Logger {
  const options = {
    level,
    // `msg` holds the event name: noun.past-participle.
    messageKey: 'event',
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '[redacted]' }
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
