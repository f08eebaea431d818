// Reads agency codes (mã định danh điện tử) in both orders that are on the wire. Pure: what a code means, only the directory knows.

/** qd20: high to low, `H36.11` (QĐ 20/2020/QĐ-TTg). qcvn102: low to high, `000.00.11.H36` (QCVN 102:2016). other: to be looked up literally. */
export type CodeScheme = 'qd20' | 'qcvn102' | 'other'

/** Mã cấp 1 (QĐ 20/2020 art. 4.2); Z is left to scheme codes (art. 6). */
const LEVEL_1 = /^[A-Y][0-9]{2}$/
const QD20 = /^[A-Y][0-9]{2}(?:\.[0-9A-Z]+)*$/
const QD20_SCHEME = /^Z[0-9]{2}[0-9A-Z.]{1,32}$/
/** Registration number of an enterprise (art. 5), with or without its branch. */
const QD20_ENTERPRISE = /^[0-9]{10}(?:-?[0-9]{3})?$/
const QCVN102 = /^(?:[0-9A-Z]{1,3}\.){1,3}[A-Y][0-9]{2}$/
const CLEAN = /^[0-9A-Z.]*$/
const QD20_MAX_LENGTH = 35

/** Upper case, without any blank: people copy codes from tables and letters. */
export function normalizeCode (raw: string): string {
  // Nearly every code is clean already; this is on the path of every lookup.
  return CLEAN.test(raw) ? raw : raw.normalize('NFKC').replace(/\s+/g, '').toUpperCase()
}

/** The order a normalized code is written in. A code with a level-1 group at both ends, or at neither, is `other`. */
export function schemeOf (code: string): CodeScheme {
  if (QD20_ENTERPRISE.test(code)) return 'qd20'
  if (code.length <= QD20_MAX_LENGTH && QD20_SCHEME.test(code)) return 'qd20'
  const levelOneGroups = code.split('.').filter(group => LEVEL_1.test(group)).length
  if (levelOneGroups !== 1) return 'other'
  if (code.length <= QD20_MAX_LENGTH && QD20.test(code)) return 'qd20'
  return QCVN102.test(code) ? 'qcvn102' : 'other'
}

/**
 * What an old-order code would be in the new order: groups reversed, all-zero groups dropped (`000.03.99.H36` →
 * `H36.99.03`). Only a hint: many provinces gave new values to the deeper groups. Undefined for other codes.
 */
export function toQd20Guess (code: string): string | undefined {
  if (schemeOf(code) !== 'qcvn102') return undefined
  return code.split('.').reverse().filter(group => !/^0+$/.test(group)).join('.')
}

/** Equal for codes that differ only in leading zeros of their groups (`H36.99.03`, `H36.99.3`). */
export function paddingKey (code: string): string {
  return code.split('.').map(group => group.replace(/^0+(?=.)/, '')).join('.')
}

/** Equal for codes with the same groups in any order, whatever their zeros: how a code mixed up by hand is found again. */
export function groupsKey (code: string): string {
  return paddingKey(code).split('.').filter(group => group !== '0').sort().join('.')
}

/** Mã cấp 1 of a normalized code in either order; undefined when it has none. */
export function levelOneOf (code: string): string | undefined {
  const scheme = schemeOf(code)
  const group = scheme === 'qd20' ? code.split('.')[0] : scheme === 'qcvn102' ? code.split('.').at(-1) : undefined
  return group !== undefined && LEVEL_1.test(group) ? group : undefined
}
