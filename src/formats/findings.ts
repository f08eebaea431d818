// What a codec noticed: faults refuse the package, warnings do not. Bounded, so that a hostile message cannot flood an answer.
import { type ErrorCode, fault } from '../errors.js'
import type { Fault } from '../model/problem.js'
import type { Text } from '../model/text.js'

const MAX_FINDINGS = 200

/** `refuse`: the package cannot be accepted. `warn`: tolerated. */
export type Severity = 'refuse' | 'warn'

export interface Finding {
  readonly code: ErrorCode
  /** XPath or JSON Pointer of the place. */
  readonly pointer: string
  readonly detail: Text
  readonly expected?: string
  /** Shortened by `fault()`. */
  readonly found?: string
}

export interface Findings {
  readonly faults: Fault[]
  readonly warnings: Fault[]
  /** Keeps the first 200 of each severity; the rest say nothing new. */
  add (severity: Severity, finding: Finding): void
}

export function createFindings (): Findings {
  const faults: Fault[] = []
  const warnings: Fault[] = []
  return {
    faults,
    warnings,
    add (severity, finding) {
      const list = severity === 'refuse' ? faults : warnings
      if (list.length < MAX_FINDINGS) list.push(toFault(finding))
    }
  }
}

/** The finding in the stored shape of a fault. */
export function toFault ({ code, pointer, detail, expected, found }: Finding): Fault {
  return fault(code, pointer, detail, { ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) })
}
