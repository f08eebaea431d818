// `lienthong simulate NAME`: the fake counterpart of an adapter as a program, for those who develop against it. Convention:
// the adapter's folder has a module simulator.js that exports `startSimulator`.
import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Simulator, StartSimulator } from './adapter/harness.js'
import { lendModules } from './adapter/lend.js'
import { HubError } from './errors.js'
import { text } from './model/text.js'

const BUILT_IN = new URL('../adapters/', import.meta.url)

export interface SimulateOptions {
  port: number
  host: string
  /** `name` or `name=value` each. */
  faults: readonly string[]
}

/** Starts the simulator of a built-in adapter, or of a folder whose path starts with `./` or `/`. Throws a `HubError` for a name that has none and for wrong options. */
export async function openSimulator (name: string, { port, host, faults }: SimulateOptions): Promise<Simulator> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new HubError('REQUEST_INVALID', text('Cổng phải là số từ 0 đến 65535.', 'The port is a number from 0 to 65535.'))
  const start = await loadStart(name)
  const options = Object.fromEntries(faults.map(each => {
    const [, fault = '', value = 'true'] = /^([^=]*)(?:=(.*))?$/.exec(each) ?? []
    return [fault, value]
  }))
  try {
    return await start({ port, host, options })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new HubError('REQUEST_INVALID', text(`Tùy chọn không dùng được: ${error.message}`, `The option cannot be used: ${error.message}`), { cause: error })
  }
}

async function loadStart (name: string): Promise<StartSimulator> {
  const url = /^\.?\//.test(name) ? pathToFileURL(resolve(name, 'simulator.js')) : /^[a-z][a-z0-9-]*$/.test(name) ? new URL(`${name}/simulator.js`, BUILT_IN) : undefined
  const isThere = url !== undefined && await access(fileURLToPath(url)).then(() => true, () => false)
  if (isThere && !url.href.startsWith(BUILT_IN.href)) lendModules()
  const module = isThere ? await import(url.href) as Record<string, unknown> : {}
  const start = module['startSimulator']
  if (typeof start !== 'function') throw new HubError('NOT_FOUND', text(`Bộ kết nối "${name}" không có trình mô phỏng.`, `The adapter "${name}" has no simulator.`))
  return start as StartSimulator
}
