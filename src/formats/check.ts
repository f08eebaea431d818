// A check of the validation profile: what is expected of a package, and what follows by default when it is not so.
// Words and names are those of the configuration (`validation`), so that code, table and settings cannot disagree.
import type { HubConfig } from '../model/generated.js'

type ConfiguredRow = HubConfig['validation'][number]
/** Without `kind` and `direction` a row means all of them. */
export type ValidationRow = Pick<ConfiguredRow, 'check' | 'consequence'> & Partial<ConfiguredRow>
export type CheckId = ValidationRow['check']
/** Kinds of packages, over all formats. */
export type Kind = Exclude<NonNullable<ValidationRow['kind']>, 'all'>
/** `outbound`: from a connected system; `inbound`: from an axis, where refusing harms the receiver more than the sender. */
export type Direction = Exclude<NonNullable<ValidationRow['direction']>, 'both'>
/** `quarantine` refuses, under a code of its own, so that a sender can tell it from a fault of form. */
export type Consequence = ValidationRow['consequence']

/** The default cells of a check. */
export interface Cells<K extends Kind> {
  readonly kinds: readonly K[]
  readonly outbound: Consequence
  readonly inbound: Consequence
  /** Kinds for which the default is only to warn. */
  readonly lenient?: readonly K[]
  /** Nothing can be made of a package that breaks it: it cannot be relaxed. */
  readonly fixed?: true
}

export const always = <K extends Kind>(kinds: readonly K[]): Cells<K> => ({ kinds, outbound: 'reject', inbound: 'reject', fixed: true })
export const refused = <K extends Kind>(kinds: readonly K[]): Cells<K> => ({ kinds, outbound: 'reject', inbound: 'reject' })
export const required = <K extends Kind>(kinds: readonly K[]): Cells<K> => ({ kinds, outbound: 'reject', inbound: 'warn' })
export const tolerated = <K extends Kind>(kinds: readonly K[]): Cells<K> => ({ kinds, outbound: 'warn', inbound: 'warn' })
