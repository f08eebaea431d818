// The validation profile: check × kind × direction → consequence. A province tightens or relaxes single cells in its
// configuration (`validation`); the codecs only say what they saw, never what follows from it.
import type { Cells, CheckId, Consequence, Direction, Kind, ValidationRow } from './check.js'
import { DOSSIER_CHECKS, DOSSIER_KINDS } from './dossier/profile.js'
import { CHECKS, KINDS } from './edxml/profile.js'

export interface Profile {
  consequenceOf (check: CheckId, kind: Kind, direction: Direction): Consequence
}

const CELLS: Readonly<Record<CheckId, Cells<Kind>>> = { ...CHECKS, ...DOSSIER_CHECKS }

/** The table with the rows of a configuration laid over it, later rows over earlier ones. */
export function compileProfile (rows: readonly ValidationRow[]): Profile {
  const cells = new Map<string, Consequence>()
  const keyOf = (id: CheckId, kind: Kind, direction: Direction): string => `${id} ${kind} ${direction}`
  for (const [id, { kinds, outbound, inbound, lenient = [] }] of Object.entries(CELLS) as Array<[CheckId, Cells<Kind>]>) {
    for (const kind of kinds) {
      cells.set(keyOf(id, kind, 'outbound'), lenient.includes(kind) ? 'warn' : outbound)
      cells.set(keyOf(id, kind, 'inbound'), lenient.includes(kind) ? 'warn' : inbound)
    }
  }
  for (const { check: id, kind = 'all', direction = 'both', consequence } of rows) {
    for (const each of kind === 'all' ? CELLS[id].kinds : [kind]) {
      for (const way of direction === 'both' ? ['outbound', 'inbound'] as const : [direction]) cells.set(keyOf(id, each, way), consequence)
    }
  }
  return { consequenceOf: (id, kind, direction) => cells.get(keyOf(id, kind, direction)) ?? 'off' }
}

export const DEFAULT_PROFILE = compileProfile([])

/** Rows that try to relax what cannot be relaxed, by their index. */
export function relaxedFixedRows (rows: readonly ValidationRow[]): number[] {
  return rows.flatMap(({ check: id, consequence }, index) => CELLS[id].fixed === true && consequence !== 'reject' ? [index] : [])
}

/** Rows for a kind of another format than that of their check, by their index: they would do nothing. */
export function misplacedRows (rows: readonly ValidationRow[]): number[] {
  return rows.flatMap(({ check: id, kind = 'all' }, index) => kind === 'all' || kindsOf(id).includes(kind) ? [] : [index])
}

/** Every kind that a check can be asked about, also those for which it is off by default. */
export function kindsOf (id: CheckId): readonly Kind[] {
  return Object.hasOwn(DOSSIER_CHECKS, id) ? DOSSIER_KINDS : KINDS
}
