// What a reader saw that is not as expected. What follows from it is decided at the end, by the profile, when kind and
// direction are known; a flood of one kind of deviation never hides another.
import { type Fault } from '../../model/problem.js'
import { text } from '../../model/text.js'
import { type Finding, toFault } from '../findings.js'
import type { CheckId, Direction, MessageKind, Profile } from './profile.js'

const MOST_OF_ONE_CHECK = 200
const MOST_FAULTS = 200

/** `pointer` may be a function: while a message streams in, the number of siblings is not known yet. */
export interface Note extends Omit<Finding, 'pointer'> { readonly pointer: string | (() => string) }

export interface Notes {
  note (check: CheckId, finding: Note): void
  /** Faults and warnings by the profile; at most 200 of each, in the order in which they were seen. */
  settle (profile: Profile, kind: MessageKind, direction: Direction): { faults: Fault[], warnings: Fault[] }
}

export function createNotes (): Notes {
  const seen: Array<{ check: CheckId, finding: Note }> = []
  const counts = new Map<CheckId, number>()
  return {
    note (check, finding) {
      const count = (counts.get(check) ?? 0) + 1
      counts.set(check, count)
      if (count <= MOST_OF_ONE_CHECK) seen.push({ check, finding })
    },
    settle (profile, kind, direction) {
      const faults: Fault[] = []
      const warnings: Fault[] = []
      for (const { check, finding } of seen) {
        const consequence = profile.consequenceOf(check, kind, direction)
        if (consequence === 'off') continue
        const list = consequence === 'warn' ? warnings : faults
        if (list.length < MOST_FAULTS) list.push(toFault(placed(consequence === 'quarantine' ? quarantined(finding) : finding)))
      }
      return { faults, warnings }
    }
  }
}

function placed ({ pointer, ...finding }: Note): Finding {
  return { ...finding, pointer: typeof pointer === 'string' ? pointer : pointer() }
}

function quarantined (finding: Note): Note {
  const { vi, en } = finding.detail
  return { ...finding, code: 'PACKAGE_QUARANTINED', detail: text(`Cần người xem xét: ${vi}`, `A person must look at it: ${en}`) }
}
