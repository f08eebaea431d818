// Where packages are written before their bytes are purged, for whoever keeps them further.
import type { Readable } from 'node:stream'
import type { PackageEvent, StoredPackage } from './store.js'

/** A package with everything the hub has of it. */
export interface WholePackage {
  package: StoredPackage
  /** Oldest first. */
  events: AsyncIterable<PackageEvent>
  /** What came in and what was sent, each content once. */
  payloads: ReadonlyArray<{ sha256: string, open: () => Promise<Readable> }>
}

export interface PackageFolder {
  /** Writes a package whole or not at all, in place of an earlier writing. Resolves when it is durable. Rejects when bytes do not have their hash. */
  write (entry: WholePackage): Promise<void>
}
