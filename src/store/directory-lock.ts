// One process per data directory: PGlite has no guard of its own, and two would destroy the database. The lock is a
// listening socket, because the system takes it away the moment the process dies, however it dies.
import { createHash, randomBytes } from 'node:crypto'
import { link, mkdir, realpath, rename, stat, unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'

export interface DirectoryLock {
  /** Frees the directory. Safe to call twice. */
  release (): Promise<void>
}

/** A socket address holds 104 bytes on macOS, 108 on Linux; the private name is 10 longer than the lock's. */
const MAX_SOCKET_PATH = 90
/** Longer than any starter needs between finding a lock dead and moving it away. */
const TAKEOVER_MS = 50

/** Takes the directory (made when missing) for this process. Rejects with `DATA_DIRECTORY_LOCKED` when another one has it. */
export async function lockDirectory (directory: string): Promise<DirectoryLock> {
  await mkdir(directory, { recursive: true })
  const real = await realpath(directory)
  const name = `lienthong-${createHash('sha256').update(real).digest('hex').slice(0, 32)}`
  if (process.platform === 'win32') return await lockPipe(`\\\\.\\pipe\\${name}`, directory)
  const inside = join(real, 'lock.sock')
  return await lockSocket(Buffer.byteLength(inside) > MAX_SOCKET_PATH ? join(tmpdir(), `${name}.sock`) : inside, directory)
}

/** A pipe name is free again as soon as its process is gone: listening is enough. */
async function lockPipe (path: string, directory: string): Promise<DirectoryLock> {
  try {
    return toLock(await listen(path), async () => {})
  } catch (cause) {
    throw lockedError(directory, cause)
  }
}

/**
 * A socket file outlives its process, so a dead one must be moved away, and two starters may try at once. Each listens
 * under a private name and links it to the common one, which succeeds for one of them. Whoever moves away a lock that
 * turns out to be alive moves it back; the others notice, because after a moment the common name is no longer theirs.
 */
async function lockSocket (path: string, directory: string): Promise<DirectoryLock> {
  const own = `${path}.${randomBytes(4).toString('hex')}`
  const server = await listen(own)
  const { ino } = await stat(own)
  const isOurs = async (): Promise<boolean> => (await stat(path).catch(() => undefined))?.ino === ino
  try {
    for (;;) {
      if (await answers(path)) throw lockedError(directory)
      await moveAwayDead(path)
      if (!await linked(own, path)) continue
      await wait(TAKEOVER_MS)
      if (await isOurs()) break
    }
    return toLock(server, async () => { if (await isOurs()) await succeeds(unlink(path)) })
  } catch (error) {
    await closeServer(server)
    throw error
  } finally {
    await succeeds(unlink(own))
  }
}

async function linked (from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function moveAwayDead (path: string): Promise<void> {
  const grave = `${path}.${randomBytes(4).toString('hex')}`
  if (!await succeeds(rename(path, grave))) return
  if (await answers(grave)) await rename(grave, path)
  else await succeeds(unlink(grave))
}

function toLock (server: Server, remove: () => Promise<void>): DirectoryLock {
  // The lock alone does not keep the process running.
  server.unref()
  let released: Promise<void> | undefined
  return { release: async () => await (released ??= remove().then(async () => { await closeServer(server) })) }
}

function lockedError (directory: string, cause?: unknown): HubError {
  return new HubError('DATA_DIRECTORY_LOCKED', text(
    `Thư mục ${directory} đang được một tiến trình khác dùng.`, `The directory ${directory} is in use by another process.`), { cause })
}

async function listen (path: string): Promise<Server> {
  return await new Promise((resolve, reject) => {
    const server = createServer(socket => { socket.destroy() })
    server.once('error', reject)
    server.listen(path, () => { resolve(server) })
  })
}

async function closeServer (server: Server): Promise<void> {
  await new Promise<void>(resolve => { server.close(() => { resolve() }) })
}

async function answers (path: string): Promise<boolean> {
  return await new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => { socket.destroy(); resolve(true) })
    // Only a refused or absent socket is dead; whatever else goes wrong (no permission, a full queue) may be a living one.
    socket.once('error', (error: NodeJS.ErrnoException) => { resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT' && error.code !== 'ENOTSOCK') })
  })
}

async function succeeds (work: Promise<unknown>): Promise<boolean> {
  return await work.then(() => true, () => false)
}
