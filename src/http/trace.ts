// The trace id of a request: the caller's when it sends a W3C `traceparent`, else a new one.
import { randomUUID } from 'node:crypto'

/** Header in which every answer names its trace. */
export const TRACE_HEADER = 'lienthong-trace-id'

// W3C Trace Context §3.2: version ff is forbidden, and an all-zero id means "no trace". Later versions may append fields.
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/

/** 32 lower-case hex digits. */
export function traceIdOf (traceparent: string | string[] | undefined): string {
  const match = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : null
  // Node makes these from a store of random bytes; asking the system for each costs as much as the rest of the header.
  return match?.[1] ?? randomUUID().replaceAll('-', '')
}
