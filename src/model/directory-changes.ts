// What is different between two states of an agency directory that somebody else keeps. Pure: the adapter that watches it
// and the command that compares it with the hub's own directory use the same rules.
import { normalizeCode } from './agency-code.js'

/** An agency as another system's directory has it. */
export interface ListedAgency {
  readonly code: string
  readonly name: string
  /** Identifier in that directory, which stays when the code changes. */
  readonly id?: string
  /** Code of the superior agency. */
  readonly parent?: string
  /** Other codes of the same agency: former ones, or in another order. */
  readonly otherCodes?: readonly string[]
  /** Still listed, but no longer to be written to. */
  readonly closed?: boolean
}

export type DirectoryChange =
  | { readonly kind: 'added' | 'closed', readonly code: string, readonly name: string }
  | { readonly kind: 'renamed', readonly code: string, readonly name: string, readonly before: string }
  /** The same agency under a new code. */
  | { readonly kind: 'recoded', readonly code: string, readonly name: string, readonly before: string }
  /** The agency `before` has closed, and this one is named as who follows it. */
  | { readonly kind: 'succeeded', readonly code: string, readonly name: string, readonly before: string }

/** The changes from one state to the next: those of agencies that are there now, in their order, then those that are gone. */
export function compareAgencies (before: readonly ListedAgency[], after: readonly ListedAgency[]): DirectoryChange[] {
  const known = new Map(before.filter(isOpen).map(agency => [normalizeCode(agency.code), agency]))
  const byId = new Map(before.filter(isOpen).flatMap(agency => agency.id === undefined ? [] : [[agency.id, agency] as const]))
  const open = after.filter(isOpen)
  const present = new Set(open.map(({ code }) => normalizeCode(code)))
  const accounted = new Set<string>()
  const changes: DirectoryChange[] = []
  for (const agency of open) {
    const { code, name } = agency
    const same = known.get(normalizeCode(code))
    const moved = same === undefined && agency.id !== undefined ? byId.get(agency.id) : undefined
    if (same !== undefined && same.name.trim() !== name.trim()) changes.push({ kind: 'renamed', code, name, before: same.name })
    if (moved !== undefined && !present.has(normalizeCode(moved.code))) {
      accounted.add(normalizeCode(moved.code))
      changes.push({ kind: 'recoded', code, name, before: moved.code })
    }
    const followed = (agency.otherCodes ?? []).map(normalizeCode).filter(old => known.has(old) && !present.has(old) && !accounted.has(old))
    for (const old of followed) {
      accounted.add(old)
      changes.push({ kind: 'succeeded', code, name, before: known.get(old)?.code ?? old })
    }
    if (same === undefined && moved === undefined) changes.push({ kind: 'added', code, name })
  }
  for (const [code, agency] of known) {
    if (!present.has(code) && !accounted.has(code)) changes.push({ kind: 'closed', code: agency.code, name: agency.name })
  }
  return changes
}

function isOpen ({ closed }: ListedAgency): boolean {
  return closed !== true
}
