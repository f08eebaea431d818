// Reads directory files from disk and checks their form; what they say about each other is checked in check.ts.
import { readFile } from 'node:fs/promises'
import { fault, HubError } from '../errors.js'
import type { AgencyDirectoryFile } from '../model/generated.js'
import type { Fault } from '../model/problem.js'
import { text } from '../model/text.js'
import { faultsOf } from '../schema.js'

/** One file and where it came from, so that a fault can say so. */
export interface DirectorySource {
  path: string
  content: AgencyDirectoryFile
}

/** Throws `CONFIG_INVALID` with the faults of all files; a pointer is `path#/json/pointer`. */
export async function readDirectoryFiles (paths: readonly string[]): Promise<DirectorySource[]> {
  const faults: Fault[] = []
  const sources: DirectorySource[] = []
  for (const path of paths) {
    const content = await readJson(path, faults)
    if (content === undefined) continue
    const found = faultsOf('agency-directory', content)
    faults.push(...found.map(each => ({ ...each, pointer: `${path}#${each.pointer}` })))
    if (found.length === 0) sources.push({ path, content: content as AgencyDirectoryFile })
  }
  if (faults.length > 0) throw directoryFaulty(faults)
  return sources
}

export function directoryFaulty (faults: Fault[]): HubError {
  return new HubError('CONFIG_INVALID', text(`Danh mục cơ quan có ${faults.length} lỗi.`,
    `The agency directory has ${faults.length} fault${faults.length === 1 ? '' : 's'}.`), { errors: faults })
}

async function readJson (path: string, faults: Fault[]): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    faults.push(fault('FIELD_INVALID', path, text(`Không đọc được tệp danh mục: ${why}`, `The directory file cannot be read: ${why}`)))
    return undefined
  }
}
