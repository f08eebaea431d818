// What the hub stands on: directory, store, clock, blobs, broker and adapters, opened by what the configuration says.
import { createHttpClient } from './adapter/http.js'
import { loadAdapter } from './adapter/load.js'
import { openFilesystemBlobs } from './blobs/filesystem.js'
import { createInProcessBroker } from './broker/in-process.js'
import { openRabbitmqBroker } from './broker/rabbitmq.js'
import { createStoreClock } from './clock.js'
import { createDirectory } from './directory/directory.js'
import { readDirectoryFiles } from './directory/files.js'
import { fault, HubError, toProblem } from './errors.js'
import type { Logger } from './log.js'
import type { HubConfig } from './model/generated.js'
import type { Fault } from './model/problem.js'
import { text } from './model/text.js'
import type { Blobs } from './ports/blobs.js'
import type { Broker } from './ports/broker.js'
import type { Clock } from './ports/clock.js'
import type { Directory } from './ports/directory.js'
import type { Store } from './ports/store.js'
import { withMainCodes } from './security/credentials.js'
import { openPgliteStore } from './store/pglite.js'
import { openPostgresStore } from './store/postgres.js'
import type { Closing } from './workers/closing.js'
import { persist } from './workers/persist.js'
import type { Attached } from './workers/sessions.js'

export interface Resources { directory: Directory, store: Store, clock: Clock, blobs: Blobs, broker: Broker }

/** Reads the directory files. Rejects with `CONFIG_INVALID` and every fault of every file. */
export async function openDirectory (config: HubConfig): Promise<Directory> {
  const files = await readDirectoryFiles(config.directory.files)
  return createDirectory({ files, endpoints: config.endpoints, provinceCode: config.node.code, senderGraceDays: config.directory.senderGraceDays })
}

/** Opens the services. Waits for a PostgreSQL that is not there yet; a broker that is away holds nothing up. */
export async function openResources (options: { config: HubConfig, directory: Directory, log: Logger, closing: Closing, signal: AbortSignal }): Promise<Resources> {
  const { config, directory, log, closing, signal } = options
  const store = await openStore(config, log, signal)
  closing.add('store', async () => { await store.close() })
  const clock = await createStoreClock(store)
  closing.add('clock', async () => { clock.stop() })
  // The embedded store has one process: whatever was active when it died is free at once.
  if (config.store.kind === 'pglite') await store.releaseAll({ at: clock.now() })
  const blobs = await openFilesystemBlobs({ directory: config.blobs.directory })
  closing.add('blobs', async () => { await blobs.close() })
  const broker = config.broker.kind === 'rabbitmq'
    ? await openRabbitmqBroker({ url: config.broker.url ?? '', prefix: config.broker.prefix, log })
    : createInProcessBroker()
  closing.add('broker', async () => { await broker.close() })
  return { directory, store, clock, blobs, broker }
}

async function openStore ({ store }: HubConfig, log: Logger, signal: AbortSignal): Promise<Store> {
  if (store.kind === 'pglite') return await openPgliteStore({ dataDirectory: store.dataDirectory, log })
  const { schema, maxConnections } = store
  const url = store.url ?? ''
  // Before the store is open there is no store time: the host's timers do for waiting.
  const sleep = async (ms: number): Promise<void> => { await new Promise(resolve => setTimeout(resolve, ms)) }
  const clock: Clock = { now: () => 0, sleep }
  return await persist(async () => await openPostgresStore({ url, schema, maxConnections, log }), { clock, log, what: 'store.open', signal })
}

/** An endpoint with its adapter; settings are checked and have their defaults. */
export type LoadedEndpoint = Omit<Attached, 'kit'>

/** Loads the adapter of every endpoint and checks its settings; rejects with every fault of every endpoint. */
export async function loadEndpoints (config: HubConfig, directory: Directory): Promise<LoadedEndpoint[]> {
  const faults: Fault[] = []
  const loaded: LoadedEndpoint[] = []
  for (const endpoint of directory.endpoints()) {
    const at = `/endpoints/${config.endpoints.findIndex(({ id }) => id === endpoint.id)}`
    try {
      const { adapter, checkSettings } = await loadAdapter(endpoint.adapter)
      const { formats, name } = adapter.manifest
      if (!formats.includes(endpoint.format)) {
        faults.push(fault('FIELD_INVALID', `${at}/format`, text(`Bộ kết nối "${name}" không nhận định dạng này.`, `The adapter "${name}" does not take this format.`), { expected: formats.join(' | '), found: endpoint.format }))
      }
      const checked = checkSettings(endpoint.settings)
      faults.push(...checked.faults.map(each => ({ ...each, pointer: `${at}/settings${each.pointer}` })))
      loaded.push({ endpoint: { ...endpoint, settings: checked.settings }, adapter })
    } catch (error) {
      const { code, detail } = toProblem(error)
      faults.push({ code, pointer: `${at}/adapter`, detail })
    }
  }
  if (faults.length > 0) throw new HubError('CONFIG_INVALID', text('Cấu hình điểm kết nối có lỗi.', 'The endpoints are not configured rightly.'), { errors: faults })
  return loaded
}

/** Everything that can be said of a configuration without starting: rejects with `CONFIG_INVALID` and every fault. */
export async function checkConfig (config: HubConfig): Promise<void> {
  const directory = await openDirectory(config)
  await loadEndpoints(config, directory)
  // Any instant does: a code is known or not, whatever the day.
  withMainCodes(config.clients, directory, 0)
}

/** Adapter name → schema of its settings, for masking. An adapter that cannot be loaded is left out. */
export async function settingsSchemas (config: HubConfig): Promise<Record<string, object>> {
  const names = [...new Set(config.endpoints.map(({ adapter }) => adapter))]
  const loaded = await Promise.allSettled(names.map(async name => [name, (await loadAdapter(name)).settingsSchema] as const))
  return Object.fromEntries(loaded.flatMap(each => each.status === 'fulfilled' ? [each.value] : []))
}

/** Gives each endpoint what its adapter may use of the hub. */
export function attach (loaded: readonly LoadedEndpoint[], { clock, log }: { clock: Clock, log: Logger }): Attached[] {
  return loaded.map(({ endpoint, adapter }) => ({
    endpoint,
    adapter,
    kit: { endpoint: endpoint.id, log: log.child({ endpoint: endpoint.id }), now: () => clock.now(), http: createHttpClient() }
  }))
}

export interface Readiness { ok: boolean, checks: Array<{ name: string, ok: boolean, detail?: string }> }

/** Asks each service. Ready means: packages can be accepted safely, so a broker that is away is reported but does not count. */
export async function readiness ({ store, broker, blobs }: Pick<Resources, 'store' | 'broker' | 'blobs'>): Promise<Readiness> {
  const checks = await Promise.all(Object.entries({ store, blobs, broker }).map(async ([name, part]) => {
    try {
      await part.probe()
      return { name, ok: true }
    } catch (error) {
      return { name, ok: false, detail: toProblem(error).code }
    }
  }))
  return { ok: checks.every(({ ok, name }) => ok || name === 'broker'), checks }
}
