// Packages as files, for whoever keeps them after the hub: YYYY/MM/DD/<package id>/ with package.json, events.ndjson and
// payloads/<sha256>. A folder with its final name is complete.
import { createHash } from 'node:crypto'
import { mkdir, open as openFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { PackageFolder, WholePackage } from '../ports/package-folder.js'
import { guarded, ignoreMissing } from './failure.js'

/** Opens the folder, making it when it is missing (0700, files 0600). Rejects with `CONFIG_INVALID` when it cannot be made. */
export async function openPackageFolder (directory: string): Promise<PackageFolder> {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: Error) => {
    throw new HubError('CONFIG_INVALID', text(`Không tạo được thư mục ${directory}: ${cause.message}`, `The folder ${directory} cannot be made: ${cause.message}`), { cause })
  })
  return {
    async write (entry) {
      const { id, acceptedAt } = entry.package
      const place = join(directory, ...new Date(acceptedAt).toISOString().slice(0, 10).split('-'), id)
      // Names of their own, used again: what a crash has left is swept away by the next writing.
      const [part, old] = [`${place}.part`, `${place}.old`]
      await guarded(async () => {
        await rm(part, { recursive: true, force: true })
        await mkdir(join(part, 'payloads'), { recursive: true, mode: 0o700 })
        await fill(part, entry)
        await rm(old, { recursive: true, force: true })
        await rename(place, old).catch(ignoreMissing(undefined))
        await rename(part, place)
        for (let folder = dirname(place); folder.length >= directory.length; folder = dirname(folder)) await syncFolder(folder)
        await rm(old, { recursive: true, force: true })
      })
    }
  }
}

async function fill (folder: string, entry: WholePackage): Promise<void> {
  for (const { sha256, open } of entry.payloads) {
    const written = await writeFile(join(folder, 'payloads', sha256), await open())
    if (written !== sha256) throw new HubError('CONTENT_MISSING', text('Nội dung đã lưu không khớp mã băm.', 'Stored content does not have its hash.'))
  }
  await writeFile(join(folder, 'package.json'), [`${JSON.stringify(entry.package, null, 2)}\n`])
  await writeFile(join(folder, 'events.ndjson'), linesOf(entry.events))
  await syncFolder(join(folder, 'payloads'))
  await syncFolder(folder)
}

async function * linesOf (rows: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`
}

/** Writes and syncs a new file; answers its SHA-256. */
async function writeFile (path: string, content: Readable | Iterable<string> | AsyncIterable<string>): Promise<string> {
  const hash = createHash('sha256')
  const handle = await openFile(path, 'wx', 0o600)
  try {
    for await (const chunk of content as AsyncIterable<Buffer | string>) {
      const bytes = Buffer.from(chunk as string)
      hash.update(bytes)
      await handle.writeFile(bytes)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return hash.digest('hex')
}

async function syncFolder (path: string): Promise<void> {
  const handle = await openFile(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
