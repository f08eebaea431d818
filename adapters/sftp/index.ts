// sftp: packages go into a folder and come from folders of an SFTP server, by the rules that all exchange through folders
// shares (README.md of file-drop).
import { createFolderSession, defineAdapter, type FolderSettings } from 'lienthong/adapter'
import settingsSchema from './config.schema.json' with { type: 'json' }
import { type ConnectionSettings, createLink } from './connection.js'
import { createSftpFiles } from './files.js'
import manifest from './manifest.json' with { type: 'json' }

export const adapter = defineAdapter<FolderSettings & ConnectionSettings & { fileMode: string }>({
  manifest,
  settingsSchema,
  async open (settings, kit) {
    const { drop: _drop, pickUp: _pickUp, fileMode, ...connection } = settings
    const link = createLink(connection, kit.network)
    const files = createSftpFiles(link, Number.parseInt(fileMode, 8))
    return { ...createFolderSession(files, settings, kit), async close () { link.close() } }
  }
})
