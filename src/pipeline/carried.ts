// carried: a document that comes again by another way. Every node on its way adds a trace of its own, at its own time, and partners
// that fan out hand on one message for each recipient, which names that one only. Copies of one document differ in nothing else:
// that is a repetition, not other content. Who is named for the first time gets it by `storeRest`. A dossier in a partner's format is named
// by what it holds: other bytes around the same dossier (another session, other company in one push) are a repetition, too.
import type { AcceptedPackage } from '../model/package.js'
import type { Store, StoredPackage } from '../ports/store.js'
import type { AcceptOne } from './store.js'

/** Stores as `acceptOne` does, but what was stored as a copy is a repeated one. */
export function knowingCopies ({ acceptOne, findPackage }: { acceptOne: AcceptOne, findPackage: Store['findPackage'] }): AcceptOne {
  return async wanted => {
    const result = await acceptOne(wanted)
    if (result.kind !== 'conflict' || result.on !== 'identifier' || essence(wanted) === undefined) return result
    const stored = await findPackage(result.packageId, 'all')
    return stored !== undefined && isCopy(stored, wanted) ? { kind: 'repeated', package: stored } : result
  }
}

type Comparable = Pick<StoredPackage | AcceptedPackage, 'envelope' | 'content' | 'attachments' | 'format'>

function isCopy (stored: Comparable, wanted: Comparable): boolean {
  const [one, other] = [essence(stored), essence(wanted)]
  return one !== undefined && other !== undefined && sorted(one) === sorted(other)
}

/** Everything but the way it came, and whom a copy of a document names. Undefined for what has no copies. */
function essence ({ envelope: { priority }, content, attachments, format }: Comparable): object | undefined {
  const files = attachments.map(({ name, sha256 }) => [name, sha256])
  if (content.kind === 'dossier') return format === 'translated' ? { dossier: content.dossier, priority, files } : undefined
  if (content.kind === 'status') return undefined
  const { trace: _way, ...document } = content.document
  return { document, priority, files }
}

/** JSON whose fields are in one order: the store keeps none. */
function sorted (value: object): string {
  return JSON.stringify(value, (_name, each: unknown) => typeof each === 'object' && each !== null && !Array.isArray(each)
    ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => a < b ? -1 : 1))
    : each)
}
