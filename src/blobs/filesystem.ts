// Blobs as files, named by their content. For one machine, or several that mount the same directory.
import { mkdir, open as openFile, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { HubError } from '../errors.js'
import { newId } from '../ids.js'
import { text } from '../model/text.js'
import type { BlobRef, Blobs, BlobWriter } from '../ports/blobs.js'
import { createCollection, putBackSetAside } from './collection.js'
import { guarded, ignoreMissing } from './failure.js'
import { FileWriter, toStorageError } from './file-writer.js'

export interface FilesystemBlobsOptions {
  /** Made when missing, for the owner only (0700; files 0600). May be shared by several hub processes. */
  directory: string
  /** How temporary files are opened; tests hand in one whose disk is full. */
  openTemporary?: (path: string) => Promise<FileHandle>
}

const ADDRESS = /^[0-9a-f]{64}$/
const TEMPORARY = /^[0-9a-f-]{36}\.(part|mark)$/
/** Other processes may be writing at this moment; but nobody leaves a file alone this long in the middle of an upload. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000

/**
 * Opens `directory`: a blob is `ab/cd/<sha256>`, one on its way in is a file in `tmp`. Temporary files that nobody has
 * written to for an hour are left over from a crash and are removed here.
 * `open` streams what is on the disk and does not hash it again; a reader that needs proof compares the SHA-256 itself.
 * Nothing guards `remove` against a `commit` of the same content at that moment, `removeUntouched` does.
 * @throws HubError `CONFIG_INVALID` when the directory cannot be made, read or written; `STORAGE_FULL` when the disk is full
 */
export async function openFilesystemBlobs ({ directory, openTemporary = openPrivate }: FilesystemBlobsOptions): Promise<Blobs> {
  const temporary = join(directory, 'tmp')
  const shards = createShards(directory)
  const unfinished = new Set<BlobWriter>()
  const create = async (): Promise<{ path: string, handle: FileHandle }> => {
    const path = join(temporary, `${newId()}.part`)
    return { path, handle: await openTemporary(path) }
  }
  const probe = async (): Promise<void> => {
    const writer = new FileWriter({ ...await guarded(create), publish: async () => {}, onEnd: () => {} })
    try {
      await writer.write(Buffer.alloc(4096))
      await writer.sync()
    } finally {
      await writer.discard()
    }
  }
  try {
    await mkdir(temporary, { recursive: true, mode: 0o700 })
    await probe()
    await removeAbandoned(temporary)
    await putBackSetAside({ temporary, pathOf: shards.pathOf })
  } catch (error) {
    throw toOpeningError(directory, error)
  }
  return {
    async writer () {
      const writer = new FileWriter({ ...await guarded(create), publish: shards.publish, onEnd: () => { unfinished.delete(writer) } })
      unfinished.add(writer)
      return writer
    },
    async open (sha256): Promise<Readable> {
      const path = shards.pathOf(sha256)
      const handle = await guarded(async () => await openFile(path, 'r').catch(ignoreMissing(undefined)))
      if (handle === undefined) throw new HubError('CONTENT_MISSING', text('Nội dung không có trong nơi lưu trữ.', 'The content is not in the storage.'))
      return handle.createReadStream()
    },
    async has (sha256) {
      return await guarded(async () => await stat(shards.pathOf(sha256)).then(() => true, ignoreMissing(false)))
    },
    async remove (sha256) {
      // Not synced: after a power cut the blob may be back, which costs space and nothing else.
      await guarded(async () => { await rm(shards.pathOf(sha256), { force: true }) })
    },
    ...createCollection({ directory, temporary, pathOf: shards.pathOf, ownNow: async () => await ownNow(temporary) }),
    probe,
    async close () {
      await Promise.all([...unfinished].map(async writer => { await writer.discard() }))
    }
  }
}

interface Shards {
  /** @throws HubError `CONTENT_MISSING` for anything but an address, so that none is ever taken for a path */
  pathOf (sha256: string): string
  /** Moves a synced file to its address, durably. */
  publish (path: string, ref: BlobRef): Promise<void>
}

function createShards (directory: string): Shards {
  /** Shards whose directory entries this process has synced; at most 65,536 short strings. */
  const durable = new Set<string>()
  const shardOf = (sha256: string): string => join(directory, sha256.slice(0, 2), sha256.slice(2, 4))
  async function prepare (shard: string): Promise<void> {
    if (durable.has(shard)) return
    await mkdir(shard, { recursive: true, mode: 0o700 })
    // Synced even where the directories are there: another process may have made them just now and not have synced them yet.
    await syncDirectory(join(shard, '..'))
    await syncDirectory(directory)
    durable.add(shard)
  }
  return {
    pathOf (sha256) {
      if (!ADDRESS.test(sha256)) throw new HubError('CONTENT_MISSING', text('Địa chỉ nội dung không phải là SHA-256.', 'The content address is not a SHA-256.'))
      return join(shardOf(sha256), sha256)
    },
    async publish (path, { sha256 }) {
      const shard = shardOf(sha256)
      await prepare(shard)
      // Over an equal file where there is one: both are right, and readers of the old one keep it.
      try {
        await rename(path, join(shard, sha256))
        await syncDirectory(shard)
      } catch (error) {
        durable.delete(shard)
        throw error
      }
    }
  }
}

async function openPrivate (path: string): Promise<FileHandle> {
  return await openFile(path, 'wx', 0o600)
}

async function syncDirectory (path: string): Promise<void> {
  const handle = await openFile(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The file system's own clock, by a file made now: the disk may be another machine's. */
async function ownNow (temporary: string): Promise<number> {
  const mark = join(temporary, `${newId()}.mark`)
  await (await openPrivate(mark)).close()
  const { mtimeMs } = await stat(mark)
  await rm(mark)
  return mtimeMs
}

async function removeAbandoned (temporary: string): Promise<void> {
  const now = await ownNow(temporary)
  for (const name of await readdir(temporary)) {
    const path = join(temporary, name)
    const changedAt = TEMPORARY.test(name) ? await stat(path).then(found => found.mtimeMs, ignoreMissing(now)) : now
    if (now - changedAt > ABANDONED_AFTER_MS) await rm(path, { force: true })
  }
}

function toOpeningError (directory: string, error: unknown): HubError {
  const cause = error instanceof HubError && error.cause !== undefined ? error.cause : error
  const reason = cause instanceof Error ? cause.message : String(cause)
  const storageError = toStorageError(error)
  if (storageError.code === 'STORAGE_FULL') return storageError
  const detail = text(`Không dùng được thư mục lưu trữ ${directory}: ${reason}`, `The blob directory ${directory} cannot be used: ${reason}`)
  return new HubError('CONFIG_INVALID', detail, { cause })
}
