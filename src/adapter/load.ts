// Finds an adapter by the name in the configuration and makes sure, before anything runs, that it fits this hub.
import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { fault, HubError } from '../errors.js'
import type { AdapterManifest } from '../model/generated.js'
import type { Fault } from '../model/problem.js'
import { text } from '../model/text.js'
import type { Adapter } from '../ports/adapter.js'
import { compileSettings, faultsOf } from '../schema.js'
import type { AdapterHarness } from './harness.js'
import { lendModules } from './lend.js'
import { maskSettings, secretsOf } from './settings.js'

/** The version of the adapter contract that this hub offers. */
export const CONTRACT = 1

export interface LoadedAdapter {
  readonly adapter: Adapter<Record<string, unknown>>
  readonly manifest: AdapterManifest
  readonly settingsSchema: Readonly<Record<string, unknown>>
  /** A copy of the settings with defaults filled in, and everything that is wrong with them (pointers start at the settings). */
  checkSettings (settings: Readonly<Record<string, unknown>>): { settings: Record<string, unknown>, faults: Fault[] }
  /** A copy fit to be shown: secrets are `***`. */
  mask (settings: Readonly<Record<string, unknown>>): unknown
  /** The secret values among the settings, for redaction. */
  secrets (settings: Readonly<Record<string, unknown>>): string[]
}

const BUILT_IN = new URL('../../adapters/', import.meta.url)
const PLAIN_NAME = /^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/

/**
 * Loads an adapter: a built-in one (folder of adapters/), an npm package installed beside the hub or in the folder where it
 * is started, or a path that starts with `./` or `/` (a folder with index.js, or a module). Throws `CONFIG_INVALID` with all faults.
 */
export async function loadAdapter (name: string): Promise<LoadedAdapter> {
  const { index, builtIn } = await locate(name)
  const adapter = adapterIn(await importModule(name, index), name)
  return checkAdapter(adapter, builtIn ? name : undefined)
}

/** The fake counterpart of an adapter: `harness.js` beside its index.js, `NAME/harness` of a package. Throws `CONFIG_INVALID`. */
export async function loadHarness (name: string): Promise<AdapterHarness> {
  const { createHarness } = await importModule(`${name}: harness`, (await locate(name)).harness)
  if (typeof createHarness === 'function') return await createHarness() as AdapterHarness
  throw invalid(text(`harness.js của "${name}" phải export "createHarness".`, `The harness.js of "${name}" has to export "createHarness".`))
}

/** The folder that an adapter's index.js lies in. */
export async function folderOf (name: string): Promise<string> {
  return fileURLToPath(new URL('./', (await locate(name)).index))
}

/**
 * The checks of {@link loadAdapter} for an adapter that is at hand, e.g. in its own tests. `folder` is the name that
 * the manifest has to give. Throws `CONFIG_INVALID` with all faults.
 */
export function checkAdapter (adapter: Adapter<never>, folder?: string): LoadedAdapter {
  const { manifest, settingsSchema } = adapter
  const faults = manifestFaults(manifest)
  if (folder !== undefined && manifest.name !== folder) {
    const detail = text('Tên trong manifest khác tên thư mục.', 'The name in the manifest is not the name of the folder.')
    faults.push(fault('FIELD_INVALID', '/name', detail, { expected: folder, found: String(manifest.name) }))
  }
  const check = settingsCheck(settingsSchema, faults)
  if (faults.length > 0) {
    const name = String(manifest.name)
    throw invalid(text(`Bộ kết nối "${name}" có khai báo không hợp lệ.`, `The adapter "${name}" is not declared correctly.`), { errors: faults })
  }
  return {
    // Safe: the runtime opens an adapter only with settings that its own schema has passed.
    adapter: adapter as unknown as Adapter<Record<string, unknown>>,
    manifest,
    settingsSchema,
    checkSettings (given) {
      const settings: Record<string, unknown> = structuredClone(given)
      return { settings, faults: check(settings) }
    },
    mask: settings => maskSettings(settingsSchema, settings),
    secrets: settings => secretsOf(settingsSchema, settings)
  }
}

interface Located { index: string, harness: string, builtIn: boolean }

async function locate (name: string): Promise<Located> {
  if (/^(\.?\/|[A-Za-z]:\\)/.test(name)) {
    const path = resolve(name)
    const isFolder = await stat(path).then(found => found.isDirectory(), () => false)
    return besideIndex(pathToFileURL(isFolder ? resolve(path, 'index.js') : path), { builtIn: false })
  }
  if (!PLAIN_NAME.test(name)) {
    throw invalid(text(
      `"${name}" không phải tên bộ kết nối; đường dẫn phải bắt đầu bằng ./ hoặc /.`,
      `"${name}" is no name of an adapter; a path has to start with ./ or /.`))
  }
  const module = new URL(`${name}/index.js`, BUILT_IN)
  const builtIn = await stat(fileURLToPath(module)).then(() => true, () => false)
  return builtIn ? besideIndex(module, { builtIn }) : { index: packageModule(name), harness: packageModule(`${name}/harness`), builtIn }
}

function besideIndex (index: URL, { builtIn }: { builtIn: boolean }): Located {
  return { index: index.href, harness: new URL('harness.js', index).href, builtIn }
}

/** A package of the hub's surroundings, or of the folder where it is started; what is in neither is left to the import to complain about. */
function packageModule (specifier: string): string {
  try {
    return import.meta.resolve(specifier)
  } catch {
    try {
      return pathToFileURL(createRequire(join(process.cwd(), 'package.json')).resolve(specifier)).href
    } catch {
      return specifier
    }
  }
}

async function importModule (name: string, specifier: string): Promise<Record<string, unknown>> {
  if (!specifier.startsWith(BUILT_IN.href)) lendModules()
  try {
    return await import(specifier) as Record<string, unknown>
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw invalid(text(`Không nạp được bộ kết nối "${name}": ${reason}`, `The adapter "${name}" cannot be loaded: ${reason}`), { cause })
  }
}

function adapterIn (module: Record<string, unknown>, name: string): Adapter<never> {
  const candidate = module['adapter']
  const shape = typeof candidate === 'object' && candidate !== null ? candidate as Partial<Record<keyof Adapter, unknown>> : {}
  const missing = [
    ...(['manifest', 'settingsSchema'] as const).filter(part => typeof shape[part] !== 'object' || shape[part] === null),
    ...(typeof shape.open === 'function' ? [] : ['open'])
  ]
  if (missing.length === 0) return candidate as Adapter<never>
  const parts = missing.join(', ')
  throw invalid(text(`Mô-đun "${name}" phải export "adapter" có ${parts}.`, `The module "${name}" has to export "adapter" with ${parts}.`))
}

function manifestFaults (manifest: AdapterManifest): Fault[] {
  const contract: unknown = manifest.contract
  if (contract === CONTRACT) return faultsOf('adapter-manifest', manifest)
  // Said alone: faults against another contract's manifest would only confuse.
  const found = String(contract)
  const detail = text(
    `Bộ kết nối viết cho hợp đồng phiên bản ${found}, trục này dùng phiên bản ${CONTRACT}.`,
    `The adapter was written for version ${found} of the contract; this hub offers version ${CONTRACT}.`)
  return [fault('FIELD_INVALID', '/contract', detail, { expected: String(CONTRACT), found })]
}

function settingsCheck (schema: object, faults: Fault[]): (settings: unknown) => Fault[] {
  try {
    return compileSettings(schema)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const detail = text(`config.schema.json không dùng được: ${reason}`, `config.schema.json cannot be used: ${reason}`)
    faults.push(fault('FIELD_INVALID', '/settingsSchema', detail))
    return () => []
  }
}

function invalid (detail: ReturnType<typeof text>, more: { errors?: Fault[], cause?: unknown } = {}): HubError {
  return new HubError('CONFIG_INVALID', detail, more)
}
