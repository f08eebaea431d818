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

/** Below this, chunks are gathered: a system call costs as much as copying some 10 kB. Node's streams bring 64 kB at most. */
const GATHER_BYTES = 64 * 1024

export class FileWriter implements BlobWriter {
  readonly #options: FileWriterOptions
  readonly #hash = createHash('sha256')
  #state: 'open' | 'written' | 'committing' | 'gone' = 'open'
  #ref: BlobRef | undefined
  #size = 0
  #gathered: Uint8Array[] = []
  #gatheredBytes = 0
  /** Where the next bytes go. Those before it are written, or being written by `#writing`. */
  #position = 0
  #writing: Promise<void> = Promise.resolve()

  constructor (options: FileWriterOptions) {
    this.#options = options
  }

  async write (chunk: Uint8Array): Promise<void> {
    this.#assertOpen()
    this.#hash.update(chunk)
    this.#size += chunk.length
    if (chunk.length < GATHER_BYTES) {
      // Copied, because the caller may use its buffer again once this resolves.
      this.#gathered.push(Buffer.from(chunk))
      this.#gatheredBytes += chunk.length
      if (this.#gatheredBytes < GATHER_BYTES) return
      this.#appendGathered()
    } else {
      this.#appendGathered()
      this.#append(chunk)
    }
    await this.#orDispose(async () => { await this.#writing })
  }

  async read (start: number, end: number): Promise<Readable> {
    if (this.#state !== 'written') this.#assertOpen()
    if (!(start >= 0 && start <= end && end <= this.#size)) {
      throw new HubError('INTERNAL', text('Khoảng cần đọc nằm ngoài nội dung.', 'The range to be read is outside of the blob.'))
    }
    if (start === end) return Readable.from([], { objectMode: false })
    return await this.#orDispose(async () => {
      await this.#settleWrites()
      // A descriptor of its own, which stays good when the file is renamed or removed.
      return (await openFile(this.#options.path, 'r')).createReadStream({ start, end: end - 1 })
    })
  }

  /** Brings everything written so far to the disk. */
  async sync (): Promise<void> {
    this.#assertOpen()
    await this.#orDispose(async () => {
      await this.#settleWrites()
      await this.#options.handle.sync()
    })
  }

  async end (): Promise<BlobRef> {
    if (this.#ref !== undefined) return this.#ref
    this.#assertOpen()
    this.#state = 'written'
    this.#ref = { sha256: this.#hash.digest('hex'), size: this.#size }
    await this.#orDispose(async () => { await this.#settleWrites() })
    return this.#ref
  }

  async commit (): Promise<void> {
    const ref = this.#ref
    if (ref === undefined || this.#state !== 'written') {
      throw new HubError('INTERNAL', text('Nội dung này chưa ghi xong hoặc đã bỏ.', 'This blob is not ended, or gone already.'))
    }
    this.#state = 'committing'
    await this.#orDispose(async () => {
      await this.#settleWrites()
      await this.#options.handle.sync()
      await this.#options.publish(this.#options.path, ref)
      await this.#dispose()
    })
  }

  async discard (): Promise<void> {
    if (this.#state === 'open' || this.#state === 'written') await this.#dispose()
  }

  #assertOpen (): void {
    if (this.#state === 'open') return
    throw new HubError('INTERNAL', text('Nội dung này đã được ghi xong hoặc đã bỏ.', 'This blob is committed or discarded already.'))
  }

  async #dispose (): Promise<void> {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    this.#gathered = []
    const { path, handle, onEnd } = this.#options
    onEnd()
    await this.#writing.catch(() => {})
    await handle.close().catch(() => {})
    await rm(path, { force: true }).catch(() => {})
  }

  /** Whatever fails, the file goes: half a blob is worth nothing, and on a full disk its space is. */
  async #orDispose<T> (act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      await this.#dispose()
      throw toStorageError(error)
    }
  }

  #append (bytes: Uint8Array): void {
    const at = this.#position
    this.#position += bytes.length
    this.#writing = this.#writing.then(async () => { await writeFully(this.#options.handle, bytes, at) })
    // Reported by whoever waits for it next.
    this.#writing.catch(() => {})
  }

  #appendGathered (): void {
    if (this.#gatheredBytes === 0) return
    this.#append(Buffer.concat(this.#gathered, this.#gatheredBytes))
    this.#gathered = []
    this.#gatheredBytes = 0
  }

  async #settleWrites (): Promise<void> {
    this.#appendGathered()
    await this.#writing
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
