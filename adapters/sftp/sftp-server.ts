// The file side of the harness's SFTP server (version 3): a temporary folder, and the accidents that happen to files.
import { closeSync, fstatSync, lstatSync, mkdirSync, openSync, readdirSync, readSync, renameSync, existsSync, type Stats, unlinkSync, writeSync } from 'node:fs'
import ssh2, { type Attributes, type SFTPWrapper } from 'ssh2'
import type { Misbehaviour } from 'lienthong/adapter'
import type { Trick } from './harness.js'

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp

export interface Serving {
  root: string
  play: () => Misbehaviour | Trick | undefined
  /** After a rename that worked. `silent`: no answer comes. */
  onRenamed: (path: string) => 'answer' | 'silent'
  cut: () => void
}

/** Handles are numbers: files of the system, or listings. */
interface Listing { entries: Array<{ filename: string, longname: string, attrs: Attributes }> }

export function serveFiles (sftp: SFTPWrapper, { root, play, onRenamed, cut }: Serving): void {
  const listings = new Map<number, Listing>()
  let next = 1_000_000
  let written = 0
  const at = (path: string): string => `${root}${path}`
  const numberOf = (handle: Buffer): number => handle.readUInt32BE(0)
  const handleOf = (number: number): Buffer => {
    const handle = Buffer.alloc(4)
    handle.writeUInt32BE(number)
    return handle
  }
  /** Does one thing and answers with its result, or with the status of its failure. */
  const answer = (id: number, act: () => void): void => {
    if (play() === 'hang') return
    try {
      act()
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      sftp.status(id, code === 'ENOENT' ? STATUS_CODE.NO_SUCH_FILE : code === 'EACCES' ? STATUS_CODE.PERMISSION_DENIED : STATUS_CODE.FAILURE, code === 'ENOSPC' ? 'No space left on device' : message)
    }
  }
  const done = (id: number, act: () => void): void => { answer(id, () => { act(); sftp.status(id, STATUS_CODE.OK) }) }
  const attrsOf = (stats: Stats): Attributes => ({
    mode: stats.mode, uid: 0, gid: 0, size: play() === 'sizes-lie' ? stats.size * 3 + 7 : stats.size, atime: 0, mtime: Math.floor(stats.mtimeMs / 1000)
  })

  sftp.on('LSTAT', (id, path) => { answer(id, () => { sftp.attrs(id, attrsOf(lstatSync(at(path)))) }) })
  sftp.on('STAT', (id, path) => { answer(id, () => { sftp.attrs(id, attrsOf(lstatSync(at(path)))) }) })
  sftp.on('FSTAT', (id, handle) => { answer(id, () => { sftp.attrs(id, attrsOf(fstatSync(numberOf(handle)))) }) })
  sftp.on('OPENDIR', (id, path) => {
    answer(id, () => {
      const entries = readdirSync(at(path)).map(filename => ({ filename, longname: filename, attrs: attrsOf(lstatSync(`${at(path)}/${filename}`)) }))
      const [first] = entries
      if (play() === 'odd-names' && first !== undefined) entries.push(...['../../etc/passwd', 'a/b.xml', '..'].map(filename => ({ ...first, filename, attrs: { ...first.attrs, mode: 0o100644 } })))
      listings.set(++next, { entries })
      sftp.handle(id, handleOf(next))
    })
  })
  sftp.on('READDIR', (id, handle) => {
    answer(id, () => {
      const page = listings.get(numberOf(handle))?.entries.splice(0, 20) ?? []
      if (page.length === 0) sftp.status(id, STATUS_CODE.EOF)
      else sftp.name(id, page)
    })
  })
  sftp.on('OPEN', (id, path, flags) => {
    answer(id, () => {
      if (play() === 'forbid') throw Object.assign(new Error('permission denied'), { code: 'EACCES' })
      sftp.handle(id, handleOf(openSync(at(path), (flags & OPEN_MODE.WRITE) === 0 ? 'r' : (flags & OPEN_MODE.EXCL) === 0 ? 'w' : 'wx', 0o640)))
    })
  })
  sftp.on('READ', (id, handle, offset, length) => {
    answer(id, () => {
      const bytes = Buffer.alloc(play() === 'short-reads' ? Math.min(length, 1000) : length)
      const count = readSync(numberOf(handle), bytes, 0, bytes.length, offset)
      if (count === 0) sftp.status(id, STATUS_CODE.EOF)
      else sftp.data(id, bytes.subarray(0, count))
    })
  })
  sftp.on('WRITE', (id, handle, offset, data) => {
    if (play() === 'drop-mid-write' && ++written > 3) { cut(); return }
    done(id, () => {
      if (play() === 'overload') throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      writeSync(numberOf(handle), data, 0, data.length, offset)
    })
  })
  sftp.on('CLOSE', (id, handle) => { done(id, () => { if (!listings.delete(numberOf(handle))) closeSync(numberOf(handle)) }) })
  sftp.on('REMOVE', (id, path) => { done(id, () => { unlinkSync(at(path)) }) })
  sftp.on('MKDIR', (id, path) => { done(id, () => { mkdirSync(at(path)) }) })
  sftp.on('RENAME', (id, from, to) => {
    answer(id, () => {
      // Version 3: a rename never replaces.
      if (existsSync(at(to))) throw new Error('target exists')
      renameSync(at(from), at(to))
      if (onRenamed(to) === 'answer') sftp.status(id, STATUS_CODE.OK)
    })
  })
}
