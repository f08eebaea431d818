// Packages of an inbox as folders: DIR/<delivery id>/ with item.json, content.xml or .json, and files/. A folder is there whole or
// not at all, also after a power cut, because an acknowledgement follows.
import { createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises'
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

export function createFolder (client: Client, root: string, files: SavedFiles): PackageFolder {
  return {
    async save (item, content) {
      const { deliveryId } = item
      // It becomes a path.
      if (!/^[0-9a-f-]{36}$/i.test(deliveryId)) throw new HubError('FIELD_INVALID', text('Mã lượt chuyển không hợp lệ.', 'The delivery id is not valid.'))
      const target = join(root, deliveryId)
      if (await stat(target).then(() => true, () => false)) return 'known'
      const part = join(root, `.${deliveryId}.part`)
      await rm(part, { recursive: true, force: true })
      await mkdir(join(part, 'files'), { recursive: true })
      await pipeline(content, createWriteStream(join(part, `content${endingOf(item.contentType)}`), { flush: true }))
      const saved = files === 'all' || item.package.envelope.kind === 'dossier' ? item.attachments : []
      for (const { n, name } of saved) {
        await pipeline(client.attachment(item.package.id, n), createWriteStream(join(part, 'files', `${n}-${safeName(name)}`), { flush: true }))
      }
      await writeFile(join(part, 'item.json'), `${JSON.stringify(item, null, 2)}\n`, { flush: true })
      await sync(join(part, 'files'))
      await sync(part)
      await rename(part, target)
      await sync(root)
      return 'saved'
    }
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
