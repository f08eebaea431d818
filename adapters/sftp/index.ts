// sftp: packages go into a folder and come from folders of an SFTP server, by the rules that all exchange through folders
// shares (README.md of file-drop).
import { once } from 'node:events'
import {
  type AdapterKit, type AdapterSession, assertFolder, deferred, defineAdapter, delivered, dropPackage, type DropSettings, FileFailure, outcomeOfFile, pickUp,
  type PickUpSettings, probeDrop, problem, text
} from 'lienthong/adapter'
import settingsSchema from './config.schema.json' with { type: 'json' }
import { type ConnectionSettings, createLink } from './connection.js'
import { createSftpFiles } from './files.js'
import manifest from './manifest.json' with { type: 'json' }

interface Settings extends ConnectionSettings {
  drop?: DropSettings
  pickUp?: PickUpSettings
  fileMode: string
}

export const adapter = defineAdapter<Settings>({
  manifest,
  settingsSchema,
  async open (settings, kit) {
    return createSession(settings, kit)
  }
})

function createSession ({ drop, pickUp: inbound, fileMode, ...connection }: Settings, kit: AdapterKit): AdapterSession {
  const link = createLink(connection, kit.network)
  const files = createSftpFiles(link, Number.parseInt(fileMode, 8))
  return {
    async probe (signal) {
      try {
        if (drop !== undefined) await probeDrop(files, drop, signal)
        for (const { path } of inbound?.folders ?? []) await assertFolder(files, path, signal)
        return delivered()
      } catch (error) {
        if (!(error instanceof FileFailure)) throw error
        return outcomeOfFile(error)
      }
    },
    async deliver (delivery, signal) {
      if (drop !== undefined) return await dropPackage(files, delivery, drop, signal)
      return deferred(problem('ENDPOINT_UNAVAILABLE', text('Điểm kết nối chưa khai báo thư mục gửi (drop).', 'The endpoint has no folder to drop into (drop).')))
    },
    async receive (accept, signal) {
      if (inbound !== undefined) await pickUp(files, { settings: inbound, accept, kit, signal })
      else if (!signal.aborted) await once(signal, 'abort')
    },
    async close () { link.close() }
  }
}
