// What the hub stands on: directory, store, clock, blobs, broker and adapters, opened by what the configuration says.
import { KIT_CODECS } from './adapter/codecs.js'
import { guardAdapter } from './adapter/guard.js'
import { createEgress } from './adapter/egress.js'
import { createHttpClient } from './adapter/http.js'
import { memoryOf } from './adapter/memory.js'
import { loadAdapter } from './adapter/load.js'
import { createQuietLog } from './adapter/quiet-log.js'
import { openFilesystemBlobs } from './blobs/filesystem.js'
import { createInProcessBroker } from './broker/in-process.js'
import { openRabbitmqBroker } from './broker/rabbitmq.js'
import { createStoreClock, hostNow } from './clock.js'
import { readCalendars } from './directory/calendars.js'
import { createDirectory } from './directory/directory.js'
import { readDirectoryFiles } from './directory/files.js'
import { type DoorWarning, doorWarnings } from './door-warnings.js'
import { fault, HubError, toProblem } from './errors.js'
import type { Logger } from './log.js'
import type { EndpointConfig, HubConfig } from './model/generated.js'
import type { Fault } from './model/problem.js'
import { text } from './model/text.js'
import type { Blobs } from './ports/blobs.js'
import type { Broker } from './ports/broker.js'
import type { Clock } from './ports/clock.js'
import type { Directory } from './ports/directory.js'
import type { Store } from './ports/store.js'
import { readyServices } from './ready-services.js'
import { checkTrust } from './security/chain.js'
import { withMainCodes } from './security/credentials.js'
import type { Invitations } from './security/invitations.js'
import type { FileLinks } from './security/links.js'
import { createEnvelopeSigning } from './security/signing.js'
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

/** Kinds of packages that an endpoint is to take and its adapter cannot carry. */
function wrongKinds (config: EndpointConfig | undefined, { name, kinds, at }: { name: string, kinds: readonly string[], at: string }): Fault[] {
  return (config?.kinds ?? []).flatMap((kind, index) => kinds.includes(kind)
    ? []
    : [fault('FIELD_INVALID', `${at}/kinds/${index}`, text(`Bộ kết nối "${name}" không chuyển loại gói tin này.`, `The adapter "${name}" does not carry this kind.`), { expected: kinds.join(' | '), found: kind })])
}

/** Loads the adapter of every endpoint and checks its settings; rejects with every fault of every endpoint. */
export async function loadEndpoints (config: HubConfig, directory: Directory): Promise<LoadedEndpoint[]> {
  const faults: Fault[] = []
  const loaded: LoadedEndpoint[] = []
  for (const endpoint of directory.endpoints()) {
    const at = `/endpoints/${config.endpoints.findIndex(({ id }) => id === endpoint.id)}`
    try {
      const { adapter, checkSettings } = await loadAdapter(endpoint.adapter)
      const { formats, name, idempotent, fansOut } = adapter.manifest
      if (formats.length === 0) faults.push(...misdirected(config, endpoint.id, at))
      else if (!formats.includes(endpoint.format)) {
        faults.push(fault('FIELD_INVALID', `${at}/format`, text(`Bộ kết nối "${name}" không nhận định dạng này.`, `The adapter "${name}" does not take this format.`), { expected: formats.join(' | '), found: endpoint.format }))
      }
      faults.push(...wrongKinds(config.endpoints.find(({ id }) => id === endpoint.id), { name, kinds: adapter.manifest.kinds, at }))
      const checked = checkSettings(endpoint.settings)
      faults.push(...checked.faults.map(each => ({ ...each, pointer: `${at}/settings${each.pointer}` })))
      loaded.push({ endpoint: { ...endpoint, idempotent: endpoint.idempotent ?? idempotent, ...(fansOut === true ? { fansOut } : {}), settings: checked.settings }, adapter })
    } catch (error) {
      const { code, detail } = toProblem(error)
      faults.push({ code, pointer: `${at}/adapter`, detail })
    }
  }
  if (faults.length > 0) throw new HubError('CONFIG_INVALID', text('Cấu hình điểm kết nối có lỗi.', 'The endpoints are not configured rightly.'), { errors: faults })
  return loaded
}

/** Nothing can be sent to an endpoint that only answers questions. */
function misdirected ({ endpoints }: HubConfig, id: string, at: string): Fault[] {
  const { serves = [], gateway } = endpoints.find(each => each.id === id) ?? {}
  const detail = text('Điểm kết nối này chỉ trả lời câu hỏi, không nhận gói tin.', 'This endpoint only answers questions; it takes no packages.')
  return [
    ...(serves.length === 0 ? [] : [fault('FIELD_INVALID', `${at}/serves`, detail, { expected: '[]', found: serves.join(', ') })]),
    ...(gateway === undefined ? [] : [fault('FIELD_INVALID', `${at}/gateway`, detail, { found: gateway })])
  ]
}

/** Reads trust anchors, revocation lists and signing keys. Rejects with `CONFIG_INVALID` and every fault of the first kind that has any. */
export async function checkSignatures ({ signatures }: HubConfig): Promise<void> {
  await checkTrust(signatures)
  createEnvelopeSigning(signatures.signing, () => 0)
}

/** Everything that can be said of a configuration without starting: rejects with `CONFIG_INVALID` and every fault; resolves with what is worth a warning. */
export async function checkConfig (config: HubConfig): Promise<DoorWarning[]> {
  const directory = await openDirectory(config)
  // Any instant does: a code is known or not, whatever the day.
  readyServices(config, { endpoints: await loadEndpoints(config, directory), directory, at: 0 })
  await checkSignatures(config)
  await readCalendars(config.directory.calendars)
  withMainCodes(config.clients, directory, 0)
  return doorWarnings(config, directory, hostNow())
}

/** Adapter name → schema of its settings, for masking. An adapter that cannot be loaded is left out. */
export async function settingsSchemas (config: HubConfig): Promise<Record<string, object>> {
  const names = [...new Set(config.endpoints.map(({ adapter }) => adapter))]
  const loaded = await Promise.allSettled(names.map(async name => [name, (await loadAdapter(name)).settingsSchema] as const))
  return Object.fromEntries(loaded.flatMap(each => each.status === 'fulfilled' ? [each.value] : []))
}

/**
 * They own no connection, so nothing of theirs can throw behind the hub's back. Guarding costs: from the first guarded call on, Node.js
 * follows every promise of the process (0.1 µs became 0.3 µs an `await`, measured on Node.js 20).
 */
const CALM: ReadonlySet<string> = new Set(['inbox', 'loopback', 'webhook'])

/** What kits are made of. */
interface Lent { clock: Clock, log: Logger, store: Store, links: FileLinks, invitations: Invitations, egress: HubConfig['egress'] }

/** Gives each endpoint what its adapter may use of the hub, and a guard where it is needed. */
export function attach (loaded: readonly LoadedEndpoint[], { clock, log, store, links, invitations, egress }: Lent): Attached[] {
  const network = createEgress(egress)
  return loaded.map(({ endpoint, adapter }) => {
    const own = log.child({ endpoint: endpoint.id })
    const quiet = createQuietLog(own, { isWritten: level => own.isLevelEnabled(level) })
    return {
      endpoint,
      adapter: CALM.has(endpoint.adapter) ? adapter : guardAdapter(adapter, { endpoint: endpoint.id, log: quiet }),
      kit: {
        endpoint: endpoint.id,
        log: quiet,
        now: () => clock.now(),
        memory: memoryOf(endpoint.id, store, () => clock.now()),
        links: { publish: links.publish, invite: invitations.inviting(endpoint.id) },
        codecs: KIT_CODECS,
        http: createHttpClient(network),
        network
      }
    }
  })
}

export interface Readiness { ok: boolean, checks: Array<{ name: string, ok: boolean, detail?: string }> }

/**
 * Asks each service. Ready means: packages can be accepted safely, so a broker that is away, or a polluted lane (`invalid-lane`),
 * is reported but does not count. What is in the lane is unknown while the broker is away: then it is left out.
 */
export async function readiness ({ store, broker, blobs }: Pick<Resources, 'store' | 'broker' | 'blobs'>): Promise<Readiness> {
  const [invalid, ...checks] = await Promise.all([broker.countInvalid().catch(() => undefined), ...Object.entries({ store, blobs, broker }).map(async ([name, part]) => {
    try {
      await part.probe()
      return { name, ok: true }
    } catch (error) {
      return { name, ok: false, detail: toProblem(error).code }
    }
  })])
  const lane = invalid === undefined ? [] : [{ name: 'invalid-lane', ok: invalid === 0, ...(invalid === 0 ? {} : { detail: `${invalid} messages` }) }]
  return { ok: checks.every(({ ok, name }) => ok || name === 'broker'), checks: [...checks, ...lane] }
}
