// One blob on its way into a file: hashed while it is written, small chunks gathered, nothing left behind on failure.
import { createHash } from 'node:crypto'
import { open as openFile, rm, type FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { BlobRef, BlobWriter } from '../ports/blobs.js'

export interface FileWriterOptions {
  path: string
  handle: FileHandle
  /** Moves the synced file to where readers find it, durably. */
  publish: (path: string, ref: BlobRef) => Promise<void>
  /** Called once, when the writer is committed, discarded or has failed. */
  onEnd: () => void
}

export interface FileWriter extends BlobWriter {
  /** Brings everything written so far to the disk. */
  flush (): Promise<void>
}

/** Below this, chunks are gathered: a system call costs as much as copying some 10 kB. Node's streams bring 64 kB at most. */
const GATHER_BYTES = 64 * 1024

export function createFileWriter ({ path, handle, publish, onEnd }: FileWriterOptions): FileWriter {
  const hash = createHash('sha256')
  let state: 'open' | 'written' | 'committing' | 'gone' = 'open'
  let ref: BlobRef | undefined
  let size = 0
  let gathered: Uint8Array[] = []
  let gatheredBytes = 0
  /** Where the next bytes go. Bytes before it are written, or being written by `writing`. */
  let position = 0
  let writing: Promise<void> = Promise.resolve()

  function assertOpen (): void {
    if (state !== 'open') throw new HubError('INTERNAL', text('Nội dung này đã được ghi xong hoặc đã bỏ.', 'This blob is committed or discarded already.'))
  }

  async function dispose (): Promise<void> {
    if (state === 'gone') return
    state = 'gone'
    gathered = []
    onEnd()
    await writing.catch(() => {})
    await handle.close().catch(() => {})
    await rm(path, { force: true }).catch(() => {})
  }

  /** Whatever fails, the file goes: half a blob is worth nothing, and on a full disk its space is. */
  async function orDispose<T> (act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      await dispose()
      throw toStorageError(error)
    }
  }

  function append (bytes: Uint8Array): void {
    const at = position
    position += bytes.length
    writing = writing.then(async () => { await writeFully(handle, bytes, at) })
    writing.catch(() => {})
  }

  function appendGathered (): void {
    if (gatheredBytes === 0) return
    const [only] = gathered
    append(gathered.length === 1 && only !== undefined ? only : Buffer.concat(gathered, gatheredBytes))
    gathered = []
    gatheredBytes = 0
  }

  async function settleWrites (): Promise<void> {
    appendGathered()
    await writing
  }

  return {
    async write (chunk) {
      assertOpen()
      if (chunk.length === 0) return
      hash.update(chunk)
      size += chunk.length
      if (chunk.length < GATHER_BYTES) {
        // Copied, because the caller may use its buffer again once this resolves.
        gathered.push(Buffer.from(chunk))
        gatheredBytes += chunk.length
        if (gatheredBytes < GATHER_BYTES) return
        appendGathered()
      } else {
        appendGathered()
        append(chunk)
      }
      await orDispose(async () => { await writing })
    },
    async read (start, end) {
      if (state !== 'written') assertOpen()
      if (!(start >= 0 && start <= end && end <= size)) throw new HubError('INTERNAL', text('Khoảng cần đọc nằm ngoài nội dung.', 'The range to be read is outside of the blob.'))
      if (start === end) return Readable.from([], { objectMode: false })
      return await orDispose(async () => {
        await settleWrites()
        // A descriptor of its own, which stays good when the file is renamed or removed.
        return (await openFile(path, 'r')).createReadStream({ start, end: end - 1 })
      })
    },
    async flush () {
      assertOpen()
      await orDispose(async () => {
        await settleWrites()
        await handle.sync()
      })
    },
    async end () {
      if (ref !== undefined) return ref
      assertOpen()
      await orDispose(settleWrites)
      state = 'written'
      return (ref = { sha256: hash.digest('hex'), size })
    },
    async commit () {
      if (ref === undefined || state !== 'written') throw new HubError('INTERNAL', text('Nội dung chưa ghi xong hoặc đã bỏ.', 'This blob is not ended, or gone already.'))
      const address = ref
      state = 'committing'
      await orDispose(async () => {
        await handle.sync()
        await publish(path, address)
        await dispose()
      })
    },
    async discard () {
      if (state === 'open' || state === 'written') await dispose()
    }
  }
}

/** A write may take less than it was given, above all on a disk that is nearly full. */
async function writeFully (handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT'])

/** What the file system said, in our words. Paths stay in the cause: answers to callers must not name them. */
export function toStorageError (error: unknown): HubError {
  if (error instanceof HubError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (FULL.has(code)) return new HubError('STORAGE_FULL', text('Hết chỗ trên đĩa.', 'The disk is full.'), { cause: error })
  return new HubError('STORAGE_UNAVAILABLE', text('Nơi lưu trữ báo lỗi.', 'The storage reported an error.'), { cause: error })
}
