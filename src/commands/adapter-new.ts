// `lienthong adapter new`: a folder that passes its own checks at once, made from templates/adapter/.
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HubError } from '../errors.js'
import type { AdapterManifest } from '../model/generated.js'
import { text } from '../model/text.js'

export type Direction = AdapterManifest['directions'][number]

const TEMPLATE = fileURLToPath(new URL('../../../templates/adapter/', import.meta.url))
const NAME = /^[a-z][a-z0-9-]{0,62}[a-z0-9]$/

/** Makes the folder `directory`/`name` and answers its path. Throws `REQUEST_INVALID` for a bad name, directions, or a folder that exists. */
export async function createAdapter ({ name, directory, directions }: { name: string, directory: string, directions: string }): Promise<string> {
  if (!NAME.test(name)) {
    throw wrong(`"${name}" không dùng làm tên được: chỉ gồm chữ thường không dấu, số và gạch nối, bắt đầu bằng chữ, tối đa 64 ký tự.`,
      `"${name}" cannot be a name: lower-case letters, digits and hyphens, a letter first, at most 64 characters.`)
  }
  const chosen = directionsOf(directions)
  const folder = join(directory, name)
  await mkdir(directory, { recursive: true })
  await mkdir(folder).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw wrong(`"${folder}" đã có; hãy chọn tên khác.`, `"${folder}" exists already; choose another name.`)
  })
  await cp(TEMPLATE, folder, { recursive: true })
  for (const file of await readdir(folder)) {
    const path = join(folder, file)
    await writeFile(path, fitted(await readFile(path, 'utf8'), name, chosen))
  }
  return relative(process.cwd(), folder).startsWith('..') ? folder : `./${relative(process.cwd(), folder)}`
}

function directionsOf (written: string): Direction[] {
  const directions = written.split(',').map(each => each.trim())
  const known = (['outbound', 'inbound'] as const).filter(each => directions.includes(each))
  if (known.length === directions.length) return known
  throw wrong(`Hướng "${written}" không hợp lệ; cần outbound, inbound, hoặc cả hai cách nhau bằng dấu phẩy.`,
    `The directions "${written}" are not valid; needed: outbound, inbound, or both with a comma between.`)
}

/** The template's text under the new name; what belongs to a direction stands between lines `<direction>` and `</direction>`. */
function fitted (source: string, name: string, directions: readonly Direction[]): string {
  let result = source.replaceAll('my-adapter', name).replace('["outbound", "inbound"]', JSON.stringify(directions).replaceAll(',', ', '))
  for (const direction of ['outbound', 'inbound'] as const) {
    const [open, close] = [`^.*<${direction}>.*\\n`, `^.*</${direction}>.*\\n`]
    const block = new RegExp(`${open}([^]*?)${close}`, 'gm')
    result = result.replace(block, directions.includes(direction) ? '$1' : '')
  }
  return result
}

function wrong (vi: string, en: string): HubError {
  return new HubError('REQUEST_INVALID', text(vi, en))
}
