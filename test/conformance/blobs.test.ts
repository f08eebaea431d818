// The file system keeps the promises of blob storage; and what only files can get wrong.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, open, readdir, rm, stat, utimes, writeFile, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { openFilesystemBlobs } from '../../src/blobs/filesystem.js'
import { sha256Of, store, testBlobPromises } from './blobs.js'

async function makeDirectory (t?: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-blobs-'))
  t?.teardown(async () => { await rm(directory, { recursive: true, force: true }) })
  return directory
}

/** Paths of all files, relative to the directory. */
async function filesIn (directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name).slice(directory.length + 1)).sort()
}

testBlobPromises('files', async () => {
  const directory = await makeDirectory()
  return {
    open: async () => await openFilesystemBlobs({ directory: join(directory, 'deep', 'blobs') }),
    count: async () => (await filesIn(directory)).length,
    close: async () => { await rm(directory, { recursive: true, force: true }) }
  }
})

test('files: a blob lies under its address, for the owner only', async t => {
  const directory = join(await makeDirectory(t), 'blobs')
  const blobs = await openFilesystemBlobs({ directory })
  const { sha256 } = await store(blobs, Buffer.from('xin chào'))
  const shard = join(directory, sha256.slice(0, 2), sha256.slice(2, 4))
  t.same(await filesIn(directory), [join(sha256.slice(0, 2), sha256.slice(2, 4), sha256)])
  for (const path of [directory, join(directory, 'tmp'), join(shard, '..'), shard]) t.equal((await stat(path)).mode & 0o777, 0o700, path)
  t.equal((await stat(join(shard, sha256))).mode & 0o777, 0o600)
})

test('files: a process killed in the middle of a blob leaves nothing visible, and its file goes after an hour', async t => {
  const directory = await makeDirectory(t)
  const bytes = Buffer.alloc(300_000, 'a')
  const module = new URL('../../src/blobs/filesystem.js', import.meta.url).href
  const script = `const { openFilesystemBlobs } = await import(${JSON.stringify(module)})
    const writer = await (await openFilesystemBlobs({ directory: ${JSON.stringify(directory)} })).writer()
    await writer.write(Buffer.alloc(${bytes.length}, 'a'))
    console.log('written')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const blobs = await openFilesystemBlobs({ directory })
  t.equal(await blobs.has(sha256Of(bytes)), false)
  const [leftOver = 'none', ...others] = await filesIn(directory)
  t.match(leftOver, /^tmp.*\.part$/, 'kept for now: it could be another process at work')
  t.same(others, [])
  await age(join(directory, leftOver), 59 * 60)
  await openFilesystemBlobs({ directory })
  t.same(await filesIn(directory), [leftOver])
  await age(join(directory, leftOver), 61 * 60)
  await writeFile(join(directory, 'tmp', 'not-ours'), '')
  await age(join(directory, 'tmp', 'not-ours'), 61 * 60)
  await openFilesystemBlobs({ directory })
  t.same(await filesIn(directory), [join('tmp', 'not-ours')], 'and only files of ours are removed')
})

test('files: a directory that cannot be used is a fault of the configuration that says why', async t => {
  const directory = await makeDirectory(t)
  await writeFile(join(directory, 'file'), '')
  const place = { directory: join(directory, 'file') }
  await t.rejects(openFilesystemBlobs(place), { code: 'CONFIG_INVALID', message: /file cannot be used: (ENOTDIR|EEXIST)/ })
  const refused = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
  const openTemporary = async (): Promise<FileHandle> => { throw refused }
  await t.rejects(openFilesystemBlobs({ directory, openTemporary }), { code: 'CONFIG_INVALID', message: /cannot be used: EACCES/ })
})

test('files: a directory that goes away is an error of the storage, without its path', async t => {
  const directory = await makeDirectory(t)
  const blobs = await openFilesystemBlobs({ directory })
  const { sha256 } = await store(blobs, Buffer.from('x'))
  await rm(directory, { recursive: true })
  await writeFile(directory, '')
  for (const call of [async () => await blobs.writer(), async () => await blobs.open(sha256), async () => { await blobs.probe() }]) {
    const error = await call().then(() => undefined, (thrown: unknown) => thrown)
    t.match(error, { code: 'STORAGE_UNAVAILABLE' })
    t.notMatch(String(error), directory)
  }
})

test('files: shards removed by somebody are made again', async t => {
  const directory = await makeDirectory(t)
  const blobs = await openFilesystemBlobs({ directory })
  const { sha256 } = await store(blobs, Buffer.from('x'))
  await rm(join(directory, sha256.slice(0, 2)), { recursive: true })
  await t.rejects(store(blobs, Buffer.from('x')), { code: 'STORAGE_UNAVAILABLE' })
  await t.resolves(store(blobs, Buffer.from('x')))
  t.equal(await blobs.has(sha256), true)
})

// A real full disk needs privileges; a file that answers as one does not. On a nearly full disk a write first comes up short.
for (const { name, code, fail } of [
  { name: 'ENOSPC when opening', code: 'ENOSPC', fail: 'open' },
  { name: 'ENOSPC after a short write', code: 'ENOSPC', fail: 'write' },
  { name: 'EDQUOT after a short write', code: 'EDQUOT', fail: 'write' },
  { name: 'ENOSPC when syncing', code: 'ENOSPC', fail: 'sync' },
  { name: 'EDQUOT when syncing', code: 'EDQUOT', fail: 'sync' }
] as const) {
  test(`files: a full disk (${name}) is STORAGE_FULL and leaves no file`, async t => {
    const directory = await makeDirectory(t)
    let full = false
    const openTemporary = async (path: string): Promise<FileHandle> => {
      if (!full) return await open(path, 'wx')
      if (fail === 'open') throw diskError(code)
      const handle = await open(path, 'wx')
      return failing(handle, fail, code)
    }
    const blobs = await openFilesystemBlobs({ directory, openTemporary })
    full = true
    const bytes = Buffer.alloc(200_000, 'b')
    await t.rejects(store(blobs, bytes), { code: 'STORAGE_FULL' })
    await t.rejects(blobs.probe(), { code: 'STORAGE_FULL' })
    t.same(await filesIn(directory), [])
    await t.rejects(openFilesystemBlobs({ directory, openTemporary }), { code: 'STORAGE_FULL' })
    full = false
    t.same(await store(blobs, bytes), { sha256: sha256Of(bytes), size: bytes.length }, 'and goes on when there is space again')
  })
}

test('files: short writes are completed', async t => {
  const directory = await makeDirectory(t)
  const openTemporary = async (path: string): Promise<FileHandle> => {
    const handle = await open(path, 'wx')
    const write: Write = handle.write.bind(handle)
    const short: Write = async (bytes, offset, length, position) => await write(bytes, offset, Math.min(length, 1000), position)
    return Object.assign(handle, { write: short })
  }
  const blobs = await openFilesystemBlobs({ directory, openTemporary })
  const bytes = Buffer.from(Array.from({ length: 70_001 }, (_, index) => index & 0xff))
  const { sha256 } = await store(blobs, bytes)
  t.equal(sha256, sha256Of(bytes))
  const [path = ''] = await filesIn(directory)
  const handle = await open(join(directory, path))
  t.ok((await handle.readFile()).equals(bytes))
  await handle.close()
})

test('files: a directory that others use too is fine', async t => {
  const directory = await makeDirectory(t)
  await mkdir(join(directory, 'lost+found'))
  await t.resolves(openFilesystemBlobs({ directory }))
})

type Write = (bytes: Uint8Array, offset: number, length: number, position: number) => Promise<unknown>

function diskError (code: string): Error {
  return Object.assign(new Error(`${code}: no space`), { code })
}

/** A file on a disk that fills up: half of the first write arrives, the rest fails; or all seems well until it is synced. */
function failing (handle: FileHandle, method: 'write' | 'sync', code: string): FileHandle {
  if (method === 'sync') return Object.assign(handle, { sync: async () => { throw diskError(code) } })
  const write: Write = handle.write.bind(handle)
  let calls = 0
  const filling: Write = async (bytes, offset, length, position) => {
    if (calls++ > 0) throw diskError(code)
    return await write(bytes, offset, Math.floor(length / 2), position)
  }
  return Object.assign(handle, { write: filling })
}

async function age (path: string, seconds: number): Promise<void> {
  const now = (await stat(path)).ctimeMs / 1000
  await utimes(path, now - seconds, now - seconds)
}
