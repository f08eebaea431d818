// Packages of an inbox as folders: DIR/<delivery id>/ with item.json, content.xml or .json, and files/. A folder is there whole or
// not at all, also after a power cut, because an acknowledgement follows.
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Client, InboxItem } from '../client/index.js'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'

export interface PackageFolder {
  /** `known`: it was there from an earlier run, and nothing is read again. */
  save (item: InboxItem, content: AsyncIterable<Uint8Array>): Promise<'saved' | 'known'>
}

/** The message of a document holds its files; a dossier only names them. */
export type SavedFiles = 'dossiers' | 'all'

const LEFT_MS = 86_400_000

/** `root` need not be there yet. `at`: now, epoch ms. */
export async function openFolder (client: Client, root: string, { files, at }: { files: SavedFiles, at: number }): Promise<PackageFolder> {
  await removeLeftovers(root, at)
  return {
    async save (item, content) {
      const { deliveryId } = item
      // It becomes a path.
      if (!/^[0-9a-f-]{36}$/i.test(deliveryId)) throw new HubError('FIELD_INVALID', text('Mã lượt chuyển không hợp lệ.', 'The delivery id is not valid.'))
      const target = join(root, deliveryId)
      if (await stat(target).then(() => true, () => false)) return 'known'
      // Of this run alone: another that is given the same item, because this one is slow, fills a folder of its own.
      const part = join(root, `.${deliveryId}.${randomUUID()}.part`)
      try {
        await fill(part, item, content)
        await rename(part, target)
      } catch (error) {
        await rm(part, { recursive: true, force: true })
        if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'known'
        throw error
      }
      await sync(root)
      return 'saved'
    }
  }

  async function fill (part: string, item: InboxItem, content: AsyncIterable<Uint8Array>): Promise<void> {
    await mkdir(join(part, 'files'), { recursive: true })
    await pipeline(content, createWriteStream(join(part, `content${endingOf(item.contentType)}`), { flush: true }))
    const saved = files === 'all' || item.package.envelope.kind === 'dossier' ? item.attachments : []
    for (const { n, name } of saved) {
      await pipeline(client.attachment(item.package.id, n), createWriteStream(join(part, 'files', `${n}-${safeName(name)}`), { flush: true }))
    }
    await writeFile(join(part, 'item.json'), `${JSON.stringify(item, null, 2)}\n`, { flush: true })
    await sync(join(part, 'files'))
    await sync(part)
  }
}

/** Of runs that ended in the middle: nobody comes back to their folders. */
async function removeLeftovers (root: string, at: number): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    if (!/^\.[0-9a-f-]{36}\..*part$/i.test(name)) continue
    const { mtimeMs } = await stat(join(root, name)).catch(() => ({ mtimeMs: Infinity }))
    if (at - mtimeMs > LEFT_MS) await rm(join(root, name), { recursive: true, force: true })
  }
}

function endingOf (contentType: string): string {
  return /\bxml\b/.test(contentType) ? '.xml' : /\bjson\b/.test(contentType) ? '.json' : '.bin'
}

/** A name by strangers: no path, no control characters, nothing hidden, not longer than file systems take. */
function safeName (name: string): string {
  const clean = name.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\\/:*?"<>|]/gu, '_').replace(/^\.+/, '').trim()
  // 255 bytes is the limit of most file systems; a Vietnamese letter has up to three.
  return [...clean].slice(-70).join('') || 'file'
}

/** Names in a folder are safe when the folder is. Not every system allows it. */
async function sync (folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close()
}
