// file-drop: packages go into a folder and come from folders, of this machine or mounted on it. What a reader and a writer
// may rely on is in README.md.
import { createFolderSession, defineAdapter, type FolderSettings } from 'lienthong/adapter'
import settingsSchema from './config.schema.json' with { type: 'json' }
import { createLocalFiles } from './files.js'
import manifest from './manifest.json' with { type: 'json' }

export const adapter = defineAdapter<FolderSettings & { fileMode: string }>({
  manifest,
  settingsSchema,
  async open (settings, kit) {
    return { ...createFolderSession(createLocalFiles(Number.parseInt(settings.fileMode, 8)), settings, kit), async close () {} }
  }
})
