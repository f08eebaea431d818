// An inbox: a folder that other systems put packages into, what the settings say about it, and the folders inside it.
import type { Accept, AdapterKit } from '../../ports/adapter.js'
import type { FolderFiles } from './files.js'

export interface PickUpSettings {
  readonly folders: ReadonlyArray<{
    /** The inbox. `processing`, `done` and `quarantine` are made inside it. */
    readonly path: string
    /** Main codes of the agencies that whoever writes here may speak for. */
    readonly agencies: readonly string[]
  }>
  readonly pollSeconds: number
  /** A file counts as complete when size and time have stood still this long; 0: at once, senders rename. */
  readonly stableSeconds: number
  /** Whether a package waits for its `<name>.sha256`; one that is there is always checked. */
  readonly checksum: 'if-present' | 'required'
  /** What becomes of a package that the hub has: moved to `done`, or deleted. */
  readonly afterwards: 'keep' | 'delete'
  readonly maxBytes: number
  /** Media types by the ending of the name. */
  readonly contentTypes: Readonly<Record<string, string>>
}

/** One inbox while it is looked after. */
export interface Inbox {
  readonly files: FolderFiles
  readonly settings: PickUpSettings
  readonly path: string
  readonly agencies: readonly string[]
  readonly accept: Accept
  readonly kit: Pick<AdapterKit, 'endpoint' | 'log' | 'now'>
  readonly signal: AbortSignal
}

/** The folders inside an inbox. */
export const INSIDE = { processing: 'processing', done: 'done', quarantine: 'quarantine' } as const
