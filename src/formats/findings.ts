// What a codec noticed: faults refuse the package, warnings do not. Bounded, so that a hostile message cannot flood an answer.
import { type ErrorCode, fault } from '../errors.js'
import type { Fault } from '../model/problem.js'
import { type Text, text } from '../model/text.js'
import type { Consequence } from './check.js'

const MAX_FINDINGS = 200

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
  /** Keeps the first 200 faults and the first 200 warnings; the rest say nothing new. */
  add (consequence: Consequence, finding: Finding): void
}

export function createFindings (): Findings {
  const faults: Fault[] = []
  const warnings: Fault[] = []
  return {
    faults,
    warnings,
    add (consequence, finding) {
      if (consequence === 'off') return
      const list = consequence === 'warn' ? warnings : faults
      if (list.length < MAX_FINDINGS) list.push(toFault(consequence === 'quarantine' ? quarantined(finding) : finding))
    }
  }
}

/** The finding in the stored shape of a fault. */
export function toFault ({ code, pointer, detail, expected, found }: Finding): Fault {
  return fault(code, pointer, detail, { ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) })
}

function quarantined (finding: Finding): Finding {
  const { vi, en } = finding.detail
  return { ...finding, code: 'PACKAGE_QUARANTINED', detail: text(`Cần người xem xét: ${vi}`, `A person must look at it: ${en}`) }
}
