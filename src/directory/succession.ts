// Follows closed agencies to those that do their work today (QĐ 09/2025: codes of merged agencies are closed, never reused).
import type { Agency, Envelope, RouteReason, Succession } from '../model/generated.js'
import type { Problem } from '../model/problem.js'
import type { Register } from './register.js'
import { ambiguousProblem, closedProblem, successionReason } from './reasons.js'

export type Followed =
  | { kind: 'open', agency: Agency, reasons: RouteReason[] }
  | { kind: 'lost', agency: Agency, problem: Problem, reasons: RouteReason[] }

export function isClosed (agency: Agency, day: string): boolean {
  return agency.closedFrom !== undefined && agency.closedFrom <= day
}

/** The agency that gets mail of this kind on this day: itself, or the end of its chain of successors. */
export function follow (register: Register, start: Agency, { kind, day }: { kind: Envelope['kind'], day: string }): Followed {
  const reasons: RouteReason[] = []
  const visited = new Set<Agency>()
  let agency = start
  while (isClosed(agency, day)) {
    const { successors, chosen } = successorsOf(register, agency, { kind, day })
    // A circle is refused when the directory is loaded; should one slip through, mail must not circle with it.
    if (visited.has(agency) || successors.length === 0) return { kind: 'lost', agency, problem: closedProblem(agency), reasons }
    visited.add(agency)
    const [successor, ...others] = successors
    if (successor === undefined || others.length > 0) return { kind: 'lost', agency, problem: ambiguousProblem(agency, successors), reasons }
    reasons.push(successionReason(agency, successor, chosen))
    agency = successor
  }
  return { kind: 'open', agency, reasons }
}

interface Successors { successors: Agency[], chosen: 'only' | 'default' }

function successorsOf (register: Register, agency: Agency, { kind, day }: { kind: Envelope['kind'], day: string }): Successors {
  const applicable = register.successionsFrom(agency.code).filter(({ scope, effectiveFrom }) => effectiveFrom <= day && (scope?.includes(kind) ?? true))
  const all = distinct(register, applicable)
  const preferred = all.length > 1 ? distinct(register, applicable.filter(succession => succession.default === true)) : []
  return preferred.length === 1 ? { successors: preferred, chosen: 'default' } : { successors: all, chosen: 'only' }
}

function distinct (register: Register, successions: ReadonlyArray<{ to: string }>): Agency[] {
  return [...new Set(successions.flatMap(({ to }) => register.get(to) ?? []))]
}

/**
 * Main codes of an agency, of all before it whose documents it took over, and of all after it that took over its own, as
 * far as the successions are in force on `day`. Two successors of one agency are not of one line: neither speaks for the other.
 */
export function lineage (register: Register, agency: Agency, day: string): string[] {
  const reach = (step: (mainCode: string) => ReadonlyArray<string>): Set<Agency> => {
    const reached = new Set([agency])
    for (const { code } of reached) for (const next of step(code)) reached.add(register.get(next) ?? agency)
    return reached
  }
  const holds = ({ scope, effectiveFrom }: Succession): boolean => effectiveFrom <= day && (scope?.includes('document') ?? true)
  const after = reach(code => register.successionsFrom(code).filter(holds).map(({ to }) => to))
  const before = reach(code => register.successionsTo(code).filter(holds).map(({ from }) => from))
  return [...new Set([...before, ...after])].map(({ code }) => code)
}
