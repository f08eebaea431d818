// Agencies and successions in maps, built once: looking up a code costs a few map reads, however many agencies there are.
import { groupsKey, normalizeCode, paddingKey, toQd20Guess } from '../model/agency-code.js'
import type { Agency, AgencyCode, AgencyDirectoryFile, Succession } from '../model/generated.js'
import { nearest } from '../model/nearest.js'

/** The agency a code means, and how that is known. */
export type CodeMatch =
  | { rule: 'code.main', agency: Agency }
  | { rule: 'code.listed', agency: Agency, listed: AgencyCode }
  | { rule: 'code.old-order', agency: Agency }

export interface Register {
  /** By main code, ascending. */
  readonly agencies: readonly Agency[]
  /** By main code only. */
  get (mainCode: string): Agency | undefined
  /** By main code; then by a listed code valid on `day`, or a former one; then by the old order converted. */
  match (code: string, day: string): CodeMatch | undefined
  successionsFrom (mainCode: string): readonly Succession[]
  successionsTo (mainCode: string): readonly Succession[]
  /** Up to three agencies whose code looks most like this one. */
  similar (code: string): Agency[]
}

interface Listed { agency: Agency, listed: AgencyCode }

/** Comparing with more candidates than this would let one mistyped code cost milliseconds. */
const MAX_COMPARED = 500

export function createRegister (files: ReadonlyArray<Pick<AgencyDirectoryFile, 'agencies' | 'successions'>>): Register {
  const main = new Map<string, Agency>()
  const listed = new Map<string, Listed[]>()
  const successions = new Map<string, Succession[]>()
  const inheritances = new Map<string, Succession[]>()
  for (const file of files) {
    for (const agency of file.agencies) {
      main.set(normalizeCode(agency.code), agency)
      for (const code of agency.codes ?? []) push(listed, normalizeCode(code.code), { agency, listed: code })
    }
    for (const succession of file.successions ?? []) {
      push(successions, normalizeCode(succession.from), succession)
      push(inheritances, normalizeCode(succession.to), succession)
    }
  }
  const padded = uniqueByPadding(main)
  const similar = createSimilar(main)
  return {
    agencies: [...main.values()].sort((a, b) => a.code < b.code ? -1 : 1),
    get: mainCode => main.get(normalizeCode(mainCode)),
    match (code, day) {
      const wanted = normalizeCode(code)
      const agency = main.get(wanted)
      if (agency !== undefined) return { rule: 'code.main', agency }
      const found = bestListed(listed.get(wanted), day)
      if (found !== undefined) return { rule: 'code.listed', ...found }
      const guess = toQd20Guess(wanted)
      const converted = guess === undefined ? undefined : main.get(guess) ?? bestListed(listed.get(guess), day)?.agency ?? padded.get(paddingKey(guess))
      return converted === undefined ? undefined : { rule: 'code.old-order', agency: converted }
    },
    successionsFrom: mainCode => successions.get(normalizeCode(mainCode)) ?? [],
    successionsTo: mainCode => inheritances.get(normalizeCode(mainCode)) ?? [],
    similar
  }
}

/** The code valid on the day; else the one that held last: codes are never given to another agency, so a former code is still clear. */
function bestListed (candidates: Listed[] | undefined, day: string): Listed | undefined {
  if (candidates === undefined) return undefined
  return candidates.find(({ listed }) => holds(listed, day)) ??
    candidates.reduce((best, next) => (next.listed.validTo ?? '') > (best.listed.validTo ?? '') ? next : best)
}

function holds ({ validFrom, validTo }: AgencyCode, day: string): boolean {
  return (validFrom === undefined || validFrom <= day) && (validTo === undefined || day < validTo)
}

/** A padding that fits two agencies fits none. */
function uniqueByPadding (main: ReadonlyMap<string, Agency>): Map<string, Agency> {
  const unique = new Map<string, Agency>()
  const ambiguous = new Set<string>()
  for (const [code, agency] of main) {
    const key = paddingKey(code)
    if (unique.has(key)) ambiguous.add(key)
    unique.set(key, agency)
  }
  for (const key of ambiguous) unique.delete(key)
  return unique
}

function createSimilar (main: ReadonlyMap<string, Agency>): Register['similar'] {
  const byGroups = new Map<string, string[]>()
  const byPrefix = new Map<string, string[]>()
  for (const code of main.keys()) {
    push(byGroups, groupsKey(code), code)
    push(byPrefix, code.slice(0, Math.max(0, code.lastIndexOf('.'))), code)
  }
  return code => {
    const wanted = normalizeCode(code)
    const guess = toQd20Guess(wanted) ?? wanted
    const candidates = new Set(byGroups.get(groupsKey(wanted)))
    const sameGroups = candidates.size
    const groups = guess.split('.')
    for (let length = groups.length; length >= 0; length--) {
      for (const near of byPrefix.get(groups.slice(0, length).join('.')) ?? []) if (candidates.size < MAX_COMPARED) candidates.add(near)
    }
    const found = [...[...candidates].slice(0, Math.min(sameGroups, 3)), ...nearest(guess, candidates, 3)]
    return [...new Set(found)].slice(0, 3).flatMap(near => main.get(near) ?? [])
  }
}

function push<T> (map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}
