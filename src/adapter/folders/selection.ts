// Which files of a folder are whole and may be taken, in which order, and which never may.
import { canBeNamed, CHECKSUM_ENDING, isPlainName, isSideFile, isTemporary } from './names.js'
import type { FolderEntry } from './files.js'

export interface Selection {
  /** Judges one listing. `now`: hub time, epoch ms. Remembers what it needs to see a file stand still, and what it named unreadable. */
  choose (entries: readonly FolderEntry[], now: number): Choice
  /**
   * Notes that a file could not be taken. After a few times it rests longer and longer, so that one poisonous file does not
   * keep the others waiting for ever. True for the first time.
   */
  rest (name: string, now: number): boolean
}

export interface ChosenFile { readonly name: string, readonly size: number, readonly hasChecksum: boolean }

export interface Choice {
  /** Oldest first; names in order where the file system's clock cannot tell. */
  readonly ready: ChosenFile[]
  /** Regular files with a name that is not fit for logs and people: to be put away under another. */
  readonly odd: string[]
  /** What nobody can or may take: links, devices, names that cannot be asked for. Each is named once. */
  readonly unreadable: string[]
}

interface Sighting { readonly size: number, readonly modifiedAt: number, readonly since: number }

const MOST_REMEMBERED = 10_000
/** A file that fails this often is passed by. */
const MOST_FAILURES_IN_ORDER = 5
const FIRST_REST_MS = 10_000
const LONGEST_REST_MS = 600_000

export function createSelection ({ stableSeconds, checksum }: { stableSeconds: number, checksum: 'if-present' | 'required' }): Selection {
  let sightings = new Map<string, Sighting>()
  const named = new Set<string>()
  const failed = new Map<string, { times: number, until: number }>()

  /** Whether a file has stood still for long enough; notes what it looks like now. */
  function isStable (entry: FolderEntry, now: number, seen: Map<string, Sighting>): boolean {
    if (stableSeconds === 0) return true
    const before = sightings.get(entry.name)
    const same = before !== undefined && before.size === entry.size && before.modifiedAt === entry.modifiedAt
    const since = same ? before.since : now
    seen.set(entry.name, { size: entry.size, modifiedAt: entry.modifiedAt, since })
    return now - since >= stableSeconds * 1000
  }

  function nameOnce (name: string): string[] {
    if (named.has(name) || named.size >= MOST_REMEMBERED) return []
    named.add(name)
    return [name]
  }

  return {
    choose (entries, now) {
      const names = new Set(entries.map(({ name }) => name))
      const seen = new Map<string, Sighting>()
      const ready: FolderEntry[] = []
      const odd: string[] = []
      const unreadable: string[] = []
      for (const entry of [...entries].sort(byAge)) {
        const { name, kind } = entry
        if (kind === 'folder' || (canBeNamed(name) && (isTemporary(name) || isSideFile(name)))) continue
        if (kind !== 'file' || !canBeNamed(name)) unreadable.push(...nameOnce(name))
        else if (!isPlainName(name)) odd.push(name)
        else if ((checksum === 'if-present' || names.has(name + CHECKSUM_ENDING)) && isStable(entry, now, seen) && now >= (failed.get(name)?.until ?? 0)) ready.push(entry)
      }
      sightings = seen
      for (const name of failed.keys()) if (!names.has(name)) failed.delete(name)
      return { ready: ready.map(({ name, size }) => ({ name, size, hasChecksum: names.has(name + CHECKSUM_ENDING) })), odd, unreadable }
    },
    rest (name, now) {
      const times = (failed.get(name)?.times ?? 0) + 1
      const restMs = times < MOST_FAILURES_IN_ORDER ? 0 : Math.min(FIRST_REST_MS * 2 ** (times - MOST_FAILURES_IN_ORDER), LONGEST_REST_MS)
      failed.set(name, { times, until: now + restMs })
      return times === 1
    }
  }
}

function byAge (one: FolderEntry, other: FolderEntry): number {
  return one.modifiedAt - other.modifiedAt || (one.name < other.name ? -1 : 1)
}
