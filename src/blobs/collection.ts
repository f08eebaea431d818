// Blobs that nobody needs any more are found and removed here, safely beside those who write at the same moment.
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Blobs } from '../ports/blobs.js'
import { guarded, ignoreMissing } from './failure.js'

interface Place {
  /** Where unfinished files are. */
  temporary: string
  pathOf: (sha256: string) => string
}

const ADDRESS = /^[0-9a-f]{64}$/
const SET_ASIDE = /^([0-9a-f]{64})\.aside$/

/** The part of `Blobs` that finds and removes. `ownNow` is the file system's own clock, epoch ms. */
export function createCollection ({ directory, temporary, pathOf, ownNow }: Place & { directory: string, ownNow: () => Promise<number> }): Pick<Blobs, 'list' | 'removeUntouched'> {
  const isUntouched = async (path: string, since: number): Promise<boolean> => await stat(path).then(({ mtimeMs }) => mtimeMs <= since, ignoreMissing(false))

  return {
    async list (prefix, { untouchedMs }) {
      if (!/^[0-9a-f]{2}$/.test(prefix)) return []
      return await guarded(async () => {
        const found: string[] = []
        const shards = await readdir(join(directory, prefix)).catch(ignoreMissing<string[]>([]))
        if (shards.length === 0) return found
        const since = await ownNow() - untouchedMs
        for (const shard of shards.sort()) {
          for (const name of (await readdir(join(directory, prefix, shard))).sort()) {
            if (ADDRESS.test(name) && await isUntouched(join(directory, prefix, shard, name), since)) found.push(name)
          }
        }
        return found
      })
    },
    async removeUntouched (sha256, { untouchedMs }) {
      const path = pathOf(sha256)
      const aside = join(temporary, `${sha256}.aside`)
      return await guarded(async () => {
        const since = await ownNow() - untouchedMs
        if (!await isUntouched(path, since)) return await stat(path).then(() => false, ignoreMissing(true))
        // Set aside first and judged afterwards: a writer that put the same content here since then is seen by its time,
        // one that comes now makes a file of its own.
        await rename(path, aside).catch(ignoreMissing(undefined))
        if (await isUntouched(aside, since)) {
          await rm(aside, { force: true })
          return true
        }
        await rename(aside, path).catch(ignoreMissing(undefined))
        return false
      })
    }
  }
}

/** What a process that died has set aside goes back to its address: equal content may lie there, both are right. */
export async function putBackSetAside ({ temporary, pathOf }: Place): Promise<void> {
  for (const name of await readdir(temporary)) {
    const sha256 = SET_ASIDE.exec(name)?.[1]
    if (sha256 !== undefined) await rename(join(temporary, name), pathOf(sha256)).catch(ignoreMissing(undefined))
  }
}
