// Reads the configuration from all its sources, reports everything that is wrong with it at once, and freezes it.
// The only file that looks at process.env. Schema: schemas/config.schema.json; reference page: docs/configuration.md.
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import defaults from '../config/default.json' with { type: 'json' }
import { configFaults } from './config-rules.js'
import { isRecord, schemaAt, type SchemaNode } from './config-schema.js'
import { fault, HubError } from './errors.js'
import { nearest } from './model/nearest.js'
import type { HubConfig } from './model/generated.js'
import type { Fault } from './model/problem.js'
import { text } from './model/text.js'
import { escapePointer } from './schema.js'

/** Where an agency's commands find the hub, as their options say. */
export interface ConnectionOptions { url?: string, key?: string, keyFile?: string }

export interface LoadOptions {
  /** Path of a JSON file, as of `--config`. */
  file?: string | undefined
  /** Environment variables; those of the process when absent. */
  environment?: Readonly<Record<string, string | undefined>> | undefined
  /** Settings that win over every source, as of other options of the command line. */
  over?: Readonly<Record<string, unknown>> | undefined
  /** Folder that relative paths are taken from; that of the process when absent. */
  cwd?: string | undefined
}

/** Where values came from `$env` or `$file`: never shown, whatever the schema says about them. */
const injected = new WeakMap<HubConfig, ReadonlySet<string>>()

/**
 * Later sources win: config/default.json, then `file`, then variables such as `HUB__STORE__URL` (see docs/configuration.md), then `over`.
 * Objects are merged, arrays and everything else replaced. Then `{ "$env": NAME }` and `{ "$file": PATH }` are resolved.
 * The result is complete, valid and deeply frozen; its paths are absolute. Throws `CONFIG_INVALID` with all faults.
 */
export async function loadConfig (options: LoadOptions = {}): Promise<HubConfig> {
  const environment = options.environment ?? process.env
  const cwd = resolve(options.cwd ?? '.')
  const faults: Fault[] = []
  let merged: unknown = structuredClone(defaults)
  if (options.file !== undefined) merged = merge(merged, await readSource(resolve(cwd, options.file)))
  merged = merge(merged, withPaths(environmentSource(environment, faults), cwd))
  merged = merge(merged, options.over ?? {})
  const secrets: Secrets = { environment, cwd, pointers: new Set(), faults }
  const config = withWorkingDirectory(await resolveSecrets(merged, '', secrets), cwd)
  if (isRecord(config)) delete config['$schema']
  const unresolved = faults.map(({ pointer }) => pointer)
  faults.push(...configFaults(config).filter(({ pointer }) => !unresolved.includes(pointer)))
  if (faults.length > 0) throw invalid(faults)
  const valid = deepFreeze(config) as HubConfig
  injected.set(valid, secrets.pointers)
  return valid
}

/**
 * A copy to be shown: every secret is `"***"`. Masks what the schema marks `x-secret`, what came from `$env` or `$file`, and
 * settings of endpoints that their adapter's schema (`settingsSchemas`, by adapter) marks or whose name tells.
 */
export function maskedConfig (config: HubConfig, settingsSchemas: Readonly<Record<string, object>> = {}): unknown {
  const pointers = new Set(injected.get(config))
  config.endpoints.forEach(({ adapter, settings }, index) => {
    for (const name of Object.keys(settings)) {
      if (TELLING_NAME.test(name) || isMarked(settingsSchemas[adapter], name)) pointers.add(toPointer(['endpoints', String(index), 'settings', name]))
    }
  })
  return mask(config, [], pointers)
}

/**
 * Address and key for the commands of an agency: what the options say, else `LIENTHONG_URL`, `LIENTHONG_KEY` and `LIENTHONG_KEY_FILE`.
 * Throws `CONFIG_INVALID` when one is not to be had.
 */
export async function loadConnection (given: ConnectionOptions, environment: LoadOptions['environment'] = process.env): Promise<{ url: string, key: string }> {
  const url = given.url ?? environment['LIENTHONG_URL'] ?? ''
  // A key given by hand wins over a file of the environment.
  const file = given.keyFile ?? (given.key === undefined && (environment['LIENTHONG_KEY'] ?? '') === '' ? environment['LIENTHONG_KEY_FILE'] : undefined)
  const key = given.keyFile === undefined && given.key !== undefined ? given.key : file === undefined ? environment['LIENTHONG_KEY'] ?? '' : await readSecret(file) ?? ''
  if (!/^https?:\/\/./.test(url) || !URL.canParse(url)) {
    throw new HubError('CONFIG_INVALID', text('Cần địa chỉ của hệ thống: --url hoặc LIENTHONG_URL, ví dụ http://127.0.0.1:8080.', 'The address of the hub is needed: --url or LIENTHONG_URL, e.g. http://127.0.0.1:8080.'))
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new HubError('CONFIG_INVALID', text(`Cần khóa truy cập: --key-file, LIENTHONG_KEY_FILE hoặc LIENTHONG_KEY${file === undefined ? '' : `; tệp ${file} không có khóa`}.`,
      `A key is needed: --key-file, LIENTHONG_KEY_FILE or LIENTHONG_KEY${file === undefined ? '' : `; the file ${file} holds none`}.`))
  }
  return { url, key }
}

const TELLING_NAME = /secret|password|passphrase|token|credential|authorization|api-?key|private-?key/i

function isMarked (schema: SchemaNode | undefined, name: string): boolean {
  return schema?.properties?.[name]?.['x-secret'] === true
}

function mask (value: unknown, path: readonly string[], pointers: ReadonlySet<string>): unknown {
  const isSecret = pointers.has(toPointer(path)) || schemaAt(path)?.['x-secret'] === true
  if (isSecret && value !== null) return '***'
  if (Array.isArray(value)) return value.map((item, index) => mask(item, [...path, String(index)], pointers))
  if (isRecord(value)) return mapRecord(value, (item, name) => mask(item, [...path, name], pointers))
  return value
}

async function readSource (path: string): Promise<unknown> {
  let content: unknown
  try {
    content = JSON.parse(await readFile(path, 'utf8'))
    if (!isRecord(content)) throw new TypeError('not a JSON object')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new HubError('CONFIG_INVALID', text(`Không đọc được tệp cấu hình ${path}: ${why}`,
      `The configuration file ${path} cannot be read: ${why}`), { cause })
  }
  return withPaths(content, dirname(path))
}

/** Settings that list paths. */
const PATH_LISTS = [['directory', 'files'], ['directory', 'calendars'], ['signatures', 'trustAnchors'], ['signatures', 'crls']] as const

/** Makes listed paths, the files of mappings and every `$file` absolute while it is still known which source names them. */
function withPaths (value: unknown, folder: string): unknown {
  const absolute = absoluteSecrets(value, folder)
  if (!isRecord(absolute)) return absolute
  const located = PATH_LISTS.reduce((config, [section, name]) => {
    const given = config[section]
    const paths = isRecord(given) ? given[name] : undefined
    if (!isRecord(given) || !Array.isArray(paths)) return config
    return { ...config, [section]: { ...given, [name]: paths.map(path => absolutePath(path, folder)) } }
  }, absolute)
  const { mappings } = located
  return Array.isArray(mappings) ? { ...located, mappings: mappings.map(mapping => withMappingPaths(mapping, folder)) } : located
}

function absolutePath (file: unknown, folder: string): unknown {
  return typeof file === 'string' ? resolve(folder, file) : file
}

function withMappingPaths (mapping: unknown, folder: string): unknown {
  if (!isRecord(mapping)) return mapping
  const { file, examples } = mapping
  const pairs = Array.isArray(examples) ? examples.map(pair => isRecord(pair) ? mapRecord(pair, path => absolutePath(path, folder)) : pair) : examples
  return { ...mapping, file: absolutePath(file, folder), ...(pairs === undefined ? {} : { examples: pairs }) }
}

function absoluteSecrets (value: unknown, folder: string): unknown {
  if (Array.isArray(value)) return value.map(item => absoluteSecrets(item, folder))
  if (!isRecord(value)) return value
  const file = secretOf(value, '$file')
  return file === undefined ? mapRecord(value, item => absoluteSecrets(item, folder)) : { $file: resolve(folder, file) }
}

/** Data folders belong to the process, not to a configuration file that may lie in a read-only image. */
function withWorkingDirectory (config: unknown, cwd: string): unknown {
  if (!isRecord(config)) return config
  const located = (section: unknown, name: string): unknown =>
    isRecord(section) && typeof section[name] === 'string' && section[name] !== '' ? { ...section, [name]: resolve(cwd, section[name]) } : section
  return { ...config, store: located(config['store'], 'dataDirectory'), blobs: located(config['blobs'], 'directory'), retention: located(config['retention'], 'moveTo') }
}

/** `HUB__STORE__MAX_CONNECTIONS=20` → `{ store: { maxConnections: 20 } }`. An empty variable counts as not set. */
function environmentSource (environment: Readonly<Record<string, string | undefined>>, faults: Fault[]): unknown {
  let source: unknown = {}
  for (const name of Object.keys(environment).filter(name => name.startsWith('HUB__')).sort()) {
    const raw = environment[name]
    if (raw === undefined || raw === '') continue
    const path = settingOf(name, faults)
    if (path === undefined) continue
    source = merge(source, path.reduceRight<unknown>((value, step) => ({ [step]: value }), parseVariable(raw, schemaAt(path))))
  }
  return source
}

function settingOf (variable: string, faults: Fault[]): string[] | undefined {
  const path: string[] = []
  for (const segment of variable.slice('HUB__'.length).split('__')) {
    const names = Object.keys(schemaAt(path)?.properties ?? {}).filter(name => !name.startsWith('$'))
    const plain = segment.replaceAll('_', '').toLowerCase()
    const name = names.find(candidate => candidate.toLowerCase() === plain)
    if (name === undefined) {
      const meant = nearest(plain, names, 1)[0]
      const full = meant === undefined ? undefined : toVariable([...path, meant])
      faults.push(fault('FIELD_UNKNOWN', variable,
        text(`Biến môi trường ${variable} không ứng với thiết lập nào.${full === undefined ? '' : ` Có phải ý bạn là ${full}?`}`,
          `The environment variable ${variable} matches no setting.${full === undefined ? '' : ` Did you mean ${full}?`}`),
        full === undefined ? {} : { expected: full }))
      return undefined
    }
    path.push(name)
  }
  return path
}

function parseVariable (raw: string, node: SchemaNode | undefined): unknown {
  const types = [node?.type ?? []].flat()
  if (types.includes('string')) return raw
  try {
    return JSON.parse(raw)
  } catch {
    return raw
  }
}

/** The environment variable that sets a setting: `HUB__STORE__MAX_CONNECTIONS` for `store.maxConnections`. */
export function toVariable (path: readonly string[]): string {
  return ['HUB', ...path.map(step => step.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase())].join('__')
}

interface Secrets {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly pointers: Set<string>
  readonly faults: Fault[]
}

async function resolveSecrets (value: unknown, pointer: string, secrets: Secrets): Promise<unknown> {
  if (Array.isArray(value)) return await Promise.all(value.map(async (item, index) => await resolveSecrets(item, `${pointer}/${index}`, secrets)))
  if (!isRecord(value)) return value
  const variable = secretOf(value, '$env')
  const file = secretOf(value, '$file')
  if (variable === undefined && file === undefined) {
    const entries = Object.entries(value).map(async ([name, item]): Promise<[string, unknown]> =>
      [name, await resolveSecrets(item, `${pointer}/${escapePointer(name)}`, secrets)])
    return Object.fromEntries(await Promise.all(entries))
  }
  secrets.pointers.add(pointer)
  const found = variable === undefined ? await readSecret(file ?? '') : secrets.environment[variable]
  if (found !== undefined && found !== '') return found
  secrets.faults.push(variable === undefined
    ? fault('FIELD_MISSING', pointer, text(`Tệp bí mật ${file ?? ''} không có, không đọc được hoặc trống.`,
      `The secret file ${file ?? ''} is absent, unreadable or empty.`), { expected: `$file ${file ?? ''}` })
    : fault('FIELD_MISSING', pointer, text(`Biến môi trường ${variable} chưa được đặt.`,
      `The environment variable ${variable} is not set.`), { expected: `$env ${variable}` }))
  return null
}

/** Editors and `kubectl create secret` differ in the newline at the end; it is never part of a secret. */
async function readSecret (path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').then(content => content.replace(/\r?\n$/, ''), () => undefined)
}

function secretOf (value: Record<string, unknown>, kind: '$env' | '$file'): string | undefined {
  const source = value[kind]
  return typeof source === 'string' && Object.keys(value).length === 1 ? source : undefined
}

function merge (base: unknown, over: unknown): unknown {
  if (!isRecord(base) || !isRecord(over)) return over
  // Entries, not assignment: a key "__proto__" stays an own property and is refused as unknown.
  return Object.fromEntries([...Object.entries(base), ...Object.entries(over).map(([name, value]): [string, unknown] =>
    [name, Object.hasOwn(base, name) ? merge(base[name], value) : value])])
}

function mapRecord (record: Record<string, unknown>, change: (value: unknown, name: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]))
}

function toPointer (path: readonly string[]): string {
  return path.map(step => `/${escapePointer(step)}`).join('')
}

function deepFreeze (value: unknown): unknown {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze)
  return value
}

function invalid (faults: Fault[]): HubError {
  return new HubError('CONFIG_INVALID', text(`Cấu hình có ${faults.length} lỗi.`,
    `The configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}.`), { errors: faults })
}
