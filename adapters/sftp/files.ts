// The folders of an SFTP server as the file system that packages are dropped into and picked up from.
import { Readable } from 'node:stream'
import { type FileFacts, FileFailure, type FolderEntry, type FolderFiles } from 'lienthong/adapter'
import type { FileEntryWithStats, Stats } from 'ssh2'
import type { SftpLink, SftpSession } from './connection.js'
import { isEndOfFile } from './failure.js'

/** What every server takes in one request. */
const PIECE_BYTES = 32 * 1024
/** Requests under way for one file: a far server is not waited for piece by piece. */
const WINDOW = 8

/** `mode`: permissions of new files. */
export function createSftpFiles (link: SftpLink, mode: number): FolderFiles {
  const ask: SftpSession['ask'] = async (signal, call) => await (await link.session(signal)).ask(signal, call)
  const stat = async (path: string, signal: AbortSignal): Promise<FileFacts | undefined> =>
    await ask<Stats>(signal, (sftp, done) => { sftp.lstat(path, done) }).then(factsOf, unless('missing'))
  return {
    stat,
    async list (folder, most, signal) {
      const session = await link.session(signal)
      const handle = await session.ask<Buffer>(signal, (sftp, done) => { sftp.opendir(folder, done) })
      try {
        return await listAll({ session, handle, most, signal })
      } finally {
        closeQuietly(session, handle)
      }
    },
    async read (path, signal) {
      const session = await link.session(signal)
      const handle = await session.ask<Buffer>(signal, (sftp, done) => { sftp.open(path, 'r', done) })
      try {
        const { kind, size } = factsOf(await session.ask<Stats>(signal, (sftp, done) => { sftp.fstat(handle, done) }))
        if (kind !== 'file') throw new FileFailure('failed', `${path} is no regular file`)
        const stream = Readable.from(readAll({ session, handle, size, signal }), { objectMode: false, highWaterMark: PIECE_BYTES })
        stream.once('close', () => { closeQuietly(session, handle) })
        return stream
      } catch (error) {
        closeQuietly(session, handle)
        throw error
      }
    },
    async write (path, content, signal) {
      const session = await link.session(signal)
      await session.ask(signal, (sftp, done) => { sftp.unlink(path, done) }).catch(unless('missing'))
      const handle = await session.ask<Buffer>(signal, (sftp, done) => { sftp.open(path, 'wx', { mode }, done) })
      try {
        await writeAll({ session, handle, content, signal })
        // Where the server offers it: the bytes are on its disk before they have a name.
        await session.ask(signal, (sftp, done) => { sftp.ext_openssh_fsync(handle, done) }).catch(unless('failed'))
        await session.ask(signal, (sftp, done) => { sftp.close(handle, done) })
      } catch (error) {
        closeQuietly(session, handle)
        throw error
      }
    },
    async move (from, to, signal) {
      await move({ session: await link.session(signal), from, to, signal })
    },
    async remove (path, signal) {
      await ask(signal, (sftp, done) => { sftp.unlink(path, done) }).catch(unless('missing'))
    },
    async makeFolder (path, signal) {
      try {
        await ask(signal, (sftp, done) => { sftp.mkdir(path, done) })
      } catch (error) {
        // Most servers say only "failure" when it is there.
        if ((await stat(path, signal))?.kind !== 'folder') throw error
      }
    }
  }
}

interface Moving { session: SftpSession, from: string, to: string, signal: AbortSignal }

/** As POSIX has it where the server offers that; else the rename of version 3, which never replaces. */
async function move ({ session, from, to, signal }: Moving): Promise<void> {
  try {
    await session.ask(signal, (sftp, done) => {
      try {
        sftp.ext_openssh_rename(from, to, done)
      } catch {
        sftp.rename(from, to, done)
      }
    })
  } catch (error) {
    if (!(error instanceof FileFailure) || (error.trouble !== 'unreachable' && error.trouble !== 'aborted')) throw error
    throw new FileFailure(error.trouble, error.reason, { uncertain: true, cause: error })
  }
}

/** Servers may hand names out for ever; `most` are taken. Their facts are those of the listing. */
async function listAll ({ session, handle, most, signal }: { session: SftpSession, handle: Buffer, most: number, signal: AbortSignal }): Promise<FolderEntry[]> {
  const entries: FolderEntry[] = []
  while (entries.length < most) {
    const page = await session.ask<FileEntryWithStats[] | undefined>(signal, (sftp, done) => {
      sftp.readdir(handle, (error, list) => { isEndOfFile(error) ? done(undefined, undefined) : done(error, list) })
    })
    if (!Array.isArray(page) || page.length === 0) break
    for (const { filename, attrs } of page) if (filename !== '.' && filename !== '..' && entries.length < most) entries.push({ name: filename, ...factsOf(attrs) })
  }
  return entries
}

interface Reading { session: SftpSession, handle: Buffer, size: number, signal: AbortSignal }

/** Reads to the end of the file, wherever `size` says it is: that only tells how far to ask ahead. */
async function * readAll ({ session, handle, size, signal }: Reading): AsyncGenerator<Buffer> {
  let pieceBytes = PIECE_BYTES
  let asked = 0
  let at = 0
  let ahead: Array<Promise<Buffer>> = []
  for (;;) {
    while (ahead.length === 0 || (ahead.length < WINDOW && asked < size)) {
      const piece = readPiece({ session, handle, position: asked, length: pieceBytes, signal })
      piece.catch(() => {})
      ahead.push(piece)
      asked += pieceBytes
    }
    const piece = await ahead.shift()
    if (piece === undefined || piece.length === 0) return
    yield piece
    at += piece.length
    if (piece.length < pieceBytes) {
      // A server may give less than it was asked for: what was asked for beyond that does not join on, and asking for more is idle.
      await Promise.allSettled(ahead)
      ahead = []
      asked = at
      pieceBytes = piece.length
    }
  }
}

interface Piece { session: SftpSession, handle: Buffer, position: number, length: number, signal: AbortSignal }

async function readPiece ({ session, handle, position, length, signal }: Piece): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  const bytes = await session.ask<number>(signal, (sftp, done) => {
    sftp.read(handle, buffer, 0, length, position, (error, count) => { isEndOfFile(error) ? done(undefined, 0) : done(error, count) })
  })
  return buffer.subarray(0, bytes)
}

interface Writing { session: SftpSession, handle: Buffer, content: AsyncIterable<Uint8Array>, signal: AbortSignal }

async function writeAll ({ session, handle, content, signal }: Writing): Promise<void> {
  const running = new Set<Promise<void>>()
  let failed: { error: unknown } | undefined
  let position = 0
  for await (const chunk of content) {
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      const piece = Buffer.from(chunk.buffer, chunk.byteOffset + from, Math.min(PIECE_BYTES, chunk.length - from))
      const start = position
      const one: Promise<void> = session.ask(signal, (sftp, done) => { sftp.write(handle, piece, 0, piece.length, start, done) })
        .catch(error => { failed ??= { error } }).finally(() => { running.delete(one) })
      running.add(one)
      position += piece.length
      if (running.size >= WINDOW) await Promise.race(running)
      if (failed !== undefined) throw failed.error
    }
  }
  await Promise.all(running)
  if (failed !== undefined) throw (failed as { error: unknown }).error
}

/** An open handle costs the server something; who has ended does not wait for its answer. */
function closeQuietly (session: SftpSession, handle: Buffer): void {
  session.ask(AbortSignal.timeout(5000), (sftp, done) => { sftp.close(handle, done) }).catch(() => {})
}

/** Takes one trouble for nothing. */
function unless (trouble: FileFailure['trouble']): (error: unknown) => undefined {
  return error => {
    if (error instanceof FileFailure && error.trouble === trouble) return undefined
    throw error
  }
}

function factsOf (stats: Pick<Stats, 'isFile' | 'isDirectory' | 'size' | 'mtime'>): FileFacts {
  return { kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other', size: stats.size, modifiedAt: stats.mtime * 1000 }
}
