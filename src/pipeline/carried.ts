// carried: a document that comes again by another way. Every node on its way adds a trace of its own, at its own time, and partners
// that fan out hand on one message for each recipient, which names that one only. Copies of one document differ in nothing else:
// that is a repetition, not other content. Who is named for the first time gets it by `storeRest`.
import type { Document } from '../model/generated.js'
import type { AcceptedPackage } from '../model/package.js'
import type { Store, StoredPackage } from '../ports/store.js'
import type { AcceptOne } from './store.js'

/** Stores as `acceptOne` does, but a document that was stored with other traces or for others is a repeated one. */
export function knowingCopies ({ acceptOne, findPackage }: { acceptOne: AcceptOne, findPackage: Store['findPackage'] }): AcceptOne {
  return async wanted => {
    const result = await acceptOne(wanted)
    if (result.kind !== 'conflict' || result.on !== 'identifier' || wanted.content.kind !== 'document') return result
    const stored = await findPackage(result.packageId, 'all')
    return stored !== undefined && isCopy(stored, wanted) ? { kind: 'repeated', package: stored } : result
  }
}

type Comparable = Pick<StoredPackage | AcceptedPackage, 'envelope' | 'content' | 'attachments'>

function isCopy (stored: Comparable, wanted: Comparable): boolean {
  return stored.content.kind === 'document' && wanted.content.kind === 'document' &&
    sorted(essence(stored.content.document, stored)) === sorted(essence(wanted.content.document, wanted))
}

/** Everything but the way it came, and whom a copy names. */
function essence ({ trace: _way, ...document }: Document, { envelope: { priority }, attachments }: Comparable): object {
  return { document, priority, files: attachments.map(({ name, sha256 }) => [name, sha256]) }
}

/** JSON whose fields are in one order: the store keeps none. */
function sorted (value: object): string {
  return JSON.stringify(value, (_name, each: unknown) => typeof each === 'object' && each !== null && !Array.isArray(each)
    ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => a < b ? -1 : 1))
    : each)
}
