// A folder of this machine, or one that is mounted here, as the file system that packages are dropped into and picked up from.
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, opendir, rename, unlink } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { FileFailure, type FileFacts, type FileTrouble, type FolderEntry, type FolderFiles } from 'lienthong/adapter'

const CHUNK_BYTES = 64 * 1024

/** `mode`: permissions of new files. Written bytes and names are synced, so they survive a power cut where the file system keeps its word. */
export function createLocalFiles (mode: number): FolderFiles {
  return {
    async list (folder, most, signal) {
      return await within(signal, async () => {
        const entries: FolderEntry[] = []
        for await (const { name } of await opendir(folder)) {
          if (entries.length >= most) break
          const facts = await lstat(`${folder}/${name}`).then(factsOf, () => undefined)
          // A name that cannot be asked for is not valid UTF-8; a file that has just gone is not there.
          if (facts !== undefined) entries.push({ name, ...facts })
          else if (name.includes('\ufffd')) entries.push({ name, kind: 'other', size: 0, modifiedAt: 0 })
        }
        return entries
      })
    },
    async stat (path, signal) {
      return await within(signal, async () => await lstat(path).then(factsOf, error => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }))
    },
    async read (path, signal) {
      return await within(signal, async () => await readRegular(path, signal))
    },
    async write (path, content, signal) {
      await writeNew(path, { content, mode, signal })
    },
    async move (from, to, signal) {
      await within(signal, async () => {
        await rename(from, to)
        await syncFolder(dirname(to))
      })
    },
    async remove (path, signal) {
      await within(signal, async () => { await unlink(path).catch(unlessMissing) })
    },
    async makeFolder (path, signal) {
      await within(signal, async () => {
        await mkdir(path).catch(async error => {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await lstat(path)).isDirectory()) throw error
        })
      })
    }
  }
}

/** Neither a link nor a device is opened: the link is not followed, the device is not waited for. */
async function readRegular (path: string, signal: AbortSignal): Promise<Readable> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (!(await file.stat()).isFile()) throw new FileFailure('failed', `${path} is no regular file`)
  } catch (error) {
    await file.close()
    throw error
  }
  const stream = Readable.from(chunksOf(file, signal), { objectMode: false, highWaterMark: CHUNK_BYTES })
  // Here and not in the generator: one that was never begun has no end.
  stream.once('close', () => { file.close().catch(() => {}) })
  return stream
}

async function * chunksOf (file: FileHandle, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (;;) {
    const { bytesRead, buffer } = await within(signal, async () => await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES))
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

async function writeNew (path: string, { content, mode, signal }: { content: AsyncIterable<Uint8Array>, mode: number, signal: AbortSignal }): Promise<void> {
  await within(signal, async () => { await unlink(path).catch(unlessMissing) })
  const file = await within(signal, async () => await open(path, 'wx', mode))
  try {
    // The mode is given twice because the process's mask took its part of the first.
    await within(signal, async () => { await file.chmod(mode) })
    // Not inside `within`: what the content throws is the content's own.
    for await (const chunk of content) await within(signal, async () => { await file.writeFile(chunk) })
    await within(signal, async () => { await file.sync() })
    // A mounted share may say only now that it has no room.
    await within(signal, async () => { await file.close() })
  } finally {
    // Closed already, as a rule. Nobody waits: a share that hangs would keep an aborted attempt.
    file.close().catch(() => {})
  }
}

/** Makes a rename durable. Not every file system can; then the rename is as safe as it gets. */
async function syncFolder (path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  if (folder === undefined) return
  await folder.sync().catch(() => {})
  await folder.close()
}

/** Runs one step; what the system says becomes a {@link FileFailure}. A mounted share may hang, so the abort does not wait for it. */
async function within<T> (signal: AbortSignal, step: () => Promise<T>): Promise<T> {
  if (signal.aborted) throw new FileFailure('aborted', 'no time was left')
  let stop = (): void => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => { reject(new FileFailure('aborted', 'the file system did not answer in time')) }
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([step(), aborted])
  } catch (error) {
    throw failureOf(error)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function factsOf (stats: Stats): FileFacts {
  return { kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other', size: stats.size, modifiedAt: stats.mtimeMs }
}

function unlessMissing (error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}

const TROUBLES: Readonly<Record<string, FileTrouble>> = {
  ENOENT: 'missing', EEXIST: 'exists', EACCES: 'forbidden', EPERM: 'forbidden', EROFS: 'forbidden',
  ENOSPC: 'full', EDQUOT: 'full', EFBIG: 'full', ESTALE: 'unreachable', EHOSTDOWN: 'unreachable', ENOTCONN: 'unreachable', ETIMEDOUT: 'unreachable', ENODEV: 'unreachable'
}

/** Errors of the system are expected; anything else stays what it is. */
function failureOf (error: unknown): Error {
  if (error instanceof FileFailure) return error
  const { code, path } = error as NodeJS.ErrnoException
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return error as Error
  return new FileFailure(TROUBLES[code] ?? 'failed', path === undefined ? code : `${code} ${path}`, { cause: error })
}
