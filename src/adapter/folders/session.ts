// A session that exchanges through folders, complete but for the file system.
import type { AdapterKit, AdapterSession } from '../../ports/adapter.js'
import type { Outcome } from '../../model/delivery.js'
import { text } from '../../model/text.js'
import { problem } from '../http-outcome.js'
import { untilAborted } from '../loops.js'
import { assertFolder, dropPackage, type DropSettings, probeDrop } from './drop.js'
import { FileFailure, type FolderFiles, outcomeOfFile } from './files.js'
import type { PickUpSettings } from './inbox.js'
import { pickUp } from './pick-up.js'

export interface FolderSettings { drop?: DropSettings, pickUp?: PickUpSettings }

/** Drops into one folder and picks up from others, as far as the settings name them. */
export function createFolderSession (files: FolderFiles, { drop, pickUp: inbound }: FolderSettings, kit: AdapterKit): Required<Pick<AdapterSession, 'probe' | 'deliver' | 'receive'>> {
  return {
    async probe (signal): Promise<Outcome> {
      try {
        if (drop !== undefined) await probeDrop(files, drop, signal)
        for (const { path } of inbound?.folders ?? []) await assertFolder(files, path, signal)
        return { kind: 'delivered' }
      } catch (error) {
        if (!(error instanceof FileFailure)) throw error
        return outcomeOfFile(error)
      }
    },
    async deliver (delivery, signal) {
      if (drop !== undefined) return await dropPackage(files, delivery, drop, signal)
      return { kind: 'deferred', problem: problem('ENDPOINT_UNAVAILABLE', text('Điểm kết nối chưa khai báo thư mục gửi (drop).', 'The endpoint has no folder to drop into (drop).')) }
    },
    async receive (accept, signal) {
      if (inbound !== undefined) await pickUp(files, { settings: inbound, accept, kit, signal })
      else await untilAborted(signal)
    }
  }
}
