// What exchanging packages through folders asks of a file system, near or far. Adapters that speak of files implement it;
// the rules of dropping and picking up are written once, above it.
import type { Readable } from 'node:stream'
import type { Outcome } from '../../model/delivery.js'
import { type Text, text } from '../../model/text.js'
import { outcomeOfForbidden, plain, problem } from '../http-outcome.js'

export interface FileFacts {
  /** Symbolic links are `other`: nobody follows them. */
  readonly kind: 'file' | 'folder' | 'other'
  /** Bytes, as the file system says. */
  readonly size: number
  /** Epoch ms by the clock of the file system. */
  readonly modifiedAt: number
}

export interface FolderEntry extends FileFacts { readonly name: string }

/** Every method rejects with a {@link FileFailure} for what can happen to files; anything else is a defect. */
export interface FolderFiles {
  /** Up to `most` entries in any order, without `.` and `..`. */
  list (folder: string, most: number, signal: AbortSignal): Promise<FolderEntry[]>
  /** Facts about the thing itself, not about what it links to; undefined when it is not there. */
  stat (path: string, signal: AbortSignal): Promise<FileFacts | undefined>
  /** The bytes of a regular file; whatever else is there is refused (`failed`). Errors of the stream are {@link FileFailure}s, too. */
  read (path: string, signal: AbortSignal): Promise<Readable>
  /**
   * Makes a new file and resolves when its bytes are as safe as this side can make them. An older file at `path` is
   * replaced by a new one, never written into. Rejects with the content's own error when that breaks off.
   */
  write (path: string, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>
  /** Atomic. Two who move the same file: one succeeds, the other rejects with `missing`. */
  move (from: string, to: string, signal: AbortSignal): Promise<void>
  /** What is not there is removed already. */
  remove (path: string, signal: AbortSignal): Promise<void>
  /** What is there already is made already. The parent is not made. */
  makeFolder (path: string, signal: AbortSignal): Promise<void>
}

export type FileTrouble = 'missing' | 'exists' | 'forbidden' | 'full' | 'unreachable' | 'aborted' | 'failed'

/** Why a file could not be had. `uncertain`: it was asked for, and nobody knows whether it happened. */
export class FileFailure extends Error {
  readonly uncertain: boolean

  /** `reason`: a word or sentence for an operator, without secrets. */
  constructor (readonly trouble: FileTrouble, readonly reason: string, more: { uncertain?: boolean, cause?: unknown } = {}) {
    super(`${trouble}: ${reason}`, { cause: more.cause })
    this.name = 'FileFailure'
    this.uncertain = more.uncertain ?? false
  }
}

/** Throws `aborted` when the time is over before anything was asked for. */
export function assertInTime (signal: AbortSignal): void {
  if (signal.aborted) throw new FileFailure('aborted', 'no time was left')
}

const LEADS: Readonly<Record<FileTrouble, Text>> = {
  missing: text('Không thấy thư mục hoặc tệp', 'A folder or file is not there'),
  exists: text('Tên tệp đã có', 'The name is taken'),
  forbidden: text('Không có quyền trên thư mục hoặc tệp', 'No permission on the folder or file'),
  full: text('Hết chỗ hoặc hết hạn mức lưu trữ ở nơi nhận', 'The receiving side has no space or quota left'),
  unreachable: text('Không kết nối được tới nơi chứa tệp', 'The file system cannot be reached'),
  aborted: text('Nơi chứa tệp không trả lời kịp', 'The file system did not answer in time'),
  failed: text('Nơi chứa tệp báo lỗi', 'The file system reports an error')
}

/** What a failed delivery means: later, because a file system is never at odds with one package, unless the hub may not connect to it. */
export function outcomeOfFile (failure: FileFailure): Outcome {
  const forbidden = outcomeOfForbidden(failure)
  if (forbidden !== undefined) return forbidden
  const { vi, en } = LEADS[failure.trouble]
  const more = `: ${plain(failure.reason, { maxLength: 160 })}.`
  return {
    kind: 'deferred',
    problem: problem(failure.trouble === 'aborted' ? 'ENDPOINT_TIMEOUT' : 'ENDPOINT_UNAVAILABLE', text(vi + more, en + more)),
    ...(failure.uncertain ? { uncertain: true } : {})
  }
}
