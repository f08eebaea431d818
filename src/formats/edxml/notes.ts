// What a reader saw that is not as expected. What follows from it is decided at the end, by the profile, when kind and
// direction are known; a flood of one kind of deviation never hides another.
import type { Direction } from '../check.js'
import { createFindings, type Finding, type Findings } from '../findings.js'
import type { Profile } from '../profile.js'
import type { EdxmlCheckId, MessageKind } from './profile.js'

const MOST_OF_ONE_CHECK = 200

/** `pointer` may be a function: while a message streams in, the number of siblings is not known yet. */
export interface Note extends Omit<Finding, 'pointer'> { readonly pointer: string | (() => string) }

export interface Notes {
  note (check: EdxmlCheckId, finding: Note): void
  /** Faults and warnings by the profile; at most 200 of each, in the order in which they were seen. */
  settle (profile: Profile, kind: MessageKind, direction: Direction): Pick<Findings, 'faults' | 'warnings'>
}

export function createNotes (): Notes {
  const seen: Array<{ check: EdxmlCheckId, finding: Note }> = []
  const counts = new Map<EdxmlCheckId, number>()
  return {
    note (check, finding) {
      const count = (counts.get(check) ?? 0) + 1
      counts.set(check, count)
      if (count <= MOST_OF_ONE_CHECK) seen.push({ check, finding })
    },
    settle (profile, kind, direction) {
      const findings = createFindings()
      for (const { check, finding } of seen) {
        const consequence = profile.consequenceOf(check, kind, direction)
        if (consequence !== 'off') findings.add(consequence, placed(finding))
      }
      return findings
    }
  }
}

function placed ({ pointer, ...finding }: Note): Finding {
  return { ...finding, pointer: typeof pointer === 'string' ? pointer : pointer() }
}
