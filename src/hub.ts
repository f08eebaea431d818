// The composition root: the only file that names every implementation. `startHub` reads top-down as the hub is built; what
// is built later is closed earlier.
import { hostname } from 'node:os'
import { readCalendars } from './directory/calendars.js'
import { doorWarnings } from './door-warnings.js'
import { HubError } from './errors.js'
import type { Health } from './http/dependencies.js'
import { openPackageFolder } from './blobs/package-folder.js'
import { createHealthServer, createHttpServer } from './http/server.js'
import { newId } from './ids.js'
import type { Logger } from './log.js'
import type { HubConfig } from './model/generated.js'
import type { AcceptedPackage } from './model/package.js'
import { laneOf } from './model/lane.js'
import { startsStream } from './model/stream.js'
import type { Endpoint } from './ports/directory.js'
import type { EnvelopeSigning } from './ports/signatures.js'
import type { AcceptResult } from './ports/store.js'
import { compileProfile } from './formats/profile.js'
import { openMappings, type OpenMappings } from './mapping/index.js'
import { attempt, createIntake } from './pipeline/index.js'
import { createOperations } from './pipeline/operate.js'
import { createOversight } from './pipeline/oversight.js'
import { createServices, type ReadyService, type Services } from './pipeline/services.js'
import type { Accepted, Intake, Settled } from './pipeline/types.js'
import { createPayloads, type Payloads } from './pipeline/payloads.js'
import { createEnvelopeSigning } from './security/signing.js'
import { createSpooled } from './pipeline/spool.js'
import { createAuthenticator, withMainCodes } from './security/credentials.js'
import { createInvitations, type Invitations } from './security/invitations.js'
import { createFileLinks, type FileLinks } from './security/links.js'
import { createSubjects } from './security/subjects.js'
import { createSystems } from './security/systems.js'
import { createSignatureVerifier } from './security/verifier.js'
import { createBatches } from './workers/batches.js'
import { createBatcher, type Batcher } from './workers/batcher.js'
import { createDeliveryWorker, type DeliveryWorker } from './workers/delivery.js'
import { createEndpoints, type Endpoints } from './workers/endpoints.js'
import { createLaneAlarm } from './workers/lane-alarm.js'
import { createLeases, type Leases } from './workers/leases.js'
import { createRetention } from './workers/retention.js'
import { createReminders } from './workers/reminders.js'
import { createReceipts } from './workers/receipts.js'
import { createPollers } from './workers/pollers.js'
import { createRelay, type Relay } from './workers/relay.js'
import { createSessions, type Sessions } from './workers/sessions.js'
import { createSweeper } from './workers/sweeper.js'
import { createAnswerMemory, createAsk, createTurns } from './workers/services.js'
import { createWatch } from './workers/watch.js'
import { createClosing, type Closing } from './workers/closing.js'
import { readyServices } from './ready-services.js'
import { attach, checkSignatures, loadEndpoints, openDirectory, openResources, readiness, type LoadedEndpoint, type Resources } from './resources.js'

export interface Hub {
  /** Where the API listens, e.g. http://127.0.0.1:8080. */
  readonly url: string
  /** Finishes what is in flight, hands back the rest, closes everything. Safe to call twice. */
  stop (): Promise<void>
}

export interface HubOptions {
  config: HubConfig
  log: Logger
  /** Ends the wait for a store that is away at start. */
  signal?: AbortSignal
}

/** What a hub is assembled from. */
export interface Foundation extends Resources { config: HubConfig, log: Logger, closing: Closing, endpoints: LoadedEndpoint[], services?: ReadyService[] }

interface Parts extends Foundation { owner: string, payloads: Payloads, relay: Relay, mappings: OpenMappings, leases: Leases, signing: EnvelopeSigning, links: FileLinks, invitations: Invitations }

/** Attempts under way may take this long to finish when the hub stops, ms. */
const STOP_GRACE_MS = 10_000
/** Beyond this many, a package says `overloaded` instead of waiting. */
const MOST_WAITING_VERIFICATIONS = 200

/** Builds a hub and starts it. Rejects with a `HubError` when it cannot work with this configuration; then nothing stays open. */
export async function startHub ({ config, log, signal }: HubOptions): Promise<Hub> {
  const closing = createClosing(log)
  try {
    const directory = await openDirectory(config)
    await checkSignatures(config)
    const endpoints = await loadEndpoints(config, directory)
    const services = readyServices(config, { endpoints, directory, at: 0 })
    const resources = await openResources({ config, directory, log, closing, signal: signal ?? new AbortController().signal })
    return await assembleHub({ ...resources, config, log, closing, endpoints, services })
  } catch (error) {
    await closing.close()
    throw error
  }
}

/** Puts a hub together on what is already open and starts it. When it rejects, what was begun is in `closing`. */
export async function assembleHub (foundation: Foundation): Promise<Hub> {
  const { config, log, closing, endpoints, broker, clock } = foundation
  const signing = createEnvelopeSigning(config.signatures.signing, () => clock.now())
  const payloads = createPayloads({ ...foundation, inlineBytes: config.blobs.inlineBytes })
  const relay = createRelay({ broker, log })
  closing.add('relay', async () => { await relay.idle() })
  const mappings = await openMappings(config.mappings)
  closing.add('mappings', async () => { await mappings.close() })
  const owner = `${hostname()}:${process.pid}:${newId()}`
  const leases = createLeases({ ...foundation, owner, leaseMs: config.delivery.leaseMs, always: config.roles.map(role => `process:${role}:${owner}`) })
  closing.add('leases', async () => { await leases.stop() })
  await leases.start()
  const links = createFileLinks(config.links, () => clock.now())
  const invitations = createInvitations({ settings: config.links, store: foundation.store, now: () => clock.now() })
  const parts: Parts = { ...foundation, owner, payloads, relay, mappings, leases, signing, links, invitations }
  const intake = buildIntake(parts)
  const services = await startWorkers(parts, intake)
  const url = await openDoor(parts, { intake, services })
  log.info({ listening: url, roles: config.roles, store: config.store.kind, broker: config.broker.kind, endpoints: endpoints.length }, 'hub.started')
  return { url, stop: async () => { await closing.close() } }
}

function buildIntake (parts: Parts): Intake {
  const { config, store, directory, blobs, clock, relay, log, closing, mappings } = parts
  // Packages that follow others take a transaction; those that start something do not wait for it.
  const [acceptStart, acceptFollower] = [acceptBatches(parts), acceptBatches(parts)] as const
  const verifier = createSignatureVerifier({ ...config.signatures, maxWaiting: MOST_WAITING_VERIFICATIONS, onDefect: error => { log.warn({ err: error }, 'verification.failed') } })
  closing.add('signatures', async () => { await verifier.close() })
  const onStored = ({ deliveries, acceptedAt, claims }: Accepted, priority: number): void => {
    relay.publish(claims ?? deliveries.filter(({ problem }) => problem === undefined)
      .map(({ id, deliverBy }) => ({ deliveryId: id, lane: laneOf(priority, deliverBy), publishedAt: acceptedAt })))
  }
  return createIntake({
    directory,
    blobs,
    clock,
    acceptOne: async accepted => await (startsStream(accepted.envelope) ? acceptStart : acceptFollower)(accepted),
    findByIdempotencyKey: async (client, key) => await store.findByIdempotencyKey(client, key),
    lastDossierStatus: async (correlationId, agency) => await store.lastDossierStatus(correlationId, agency),
    findDocuments: async query => await store.findDocuments(query),
    findRelated: async query => await store.findRelated(query),
    findPackage: async (id, scope) => await store.findPackage(id, scope),
    onStored,
    mappings,
    inlineBytes: config.blobs.inlineBytes,
    profile: compileProfile(config.validation),
    limits: { ...config.limits, maxBytes: config.http.maxBodyBytes },
    deadlines: config.delivery,
    parkMs: config.delivery.parkMs,
    signatures: { verifier, policy: config.signatures }
  })
}

function acceptBatches ({ config: { delivery: { batchSize } }, store }: Parts): Batcher<AcceptedPackage, AcceptResult> {
  return createBatcher<AcceptedPackage, AcceptResult>({
    run: async packages => await store.accept(packages),
    maxItems: batchSize,
    concurrency: 2,
    // Some seconds of work: who waits longer is better told to come back.
    maxWaiting: 20 * batchSize
  })
}

async function startWorkers (parts: Parts, intake: Intake): Promise<Services> {
  const { config: { roles, egress }, endpoints, clock, log, closing } = parts
  const attached = attach(endpoints, { ...parts, egress })
  const sessions = createSessions(attached, { clock, log })
  closing.add('sessions', async () => { await sessions.close() })
  const isDelivering = roles.includes('delivery')
  const asked = [...new Set(parts.services?.map(({ endpoint }) => endpoint))]
  // A process that delivers nothing may not even reach the others: a probe of its own would say that they are down.
  const control = createEndpoints({ ...parts, sessions: isDelivering ? sessions : { ...sessions, ids: () => asked }, intervalMs: parts.config.delivery.sweepIntervalMs })
  closing.add('endpoints', async () => { await control.stop() })
  if (isDelivering) {
    await startDelivering(parts, { sessions, control })
    const receipts = createReceipts({ ...parts, intake })
    closing.add('receipts', async () => { await receipts.stop() })
    receipts.start()
  } else if (asked.length > 0 && roles.includes('api')) {
    const watch = createWatch({ ...parts, control, intervalMs: parts.config.delivery.sweepIntervalMs })
    closing.add('watch', async () => { await watch.stop() })
    watch.start()
  }
  if (roles.includes('pollers')) startFetching(parts, { sessions, intake, attached })
  return buildServices(parts, { sessions, control })
}

function buildServices (parts: Parts, { sessions, control }: { sessions: Sessions, control: Endpoints }): Services {
  const { clock, config: { serviceLog } } = parts
  return createServices({ ...parts, services: parts.services ?? [], ask: createAsk({ ...parts, control, sessions }), takeTurn: createTurns(clock), memory: createAnswerMemory(clock), subjectOf: createSubjects(serviceLog) })
}

function startFetching (parts: Parts, { sessions, intake, attached }: { sessions: Sessions, intake: Intake, attached: ReturnType<typeof attach> }): void {
  const { closing, clock } = parts
  const inbound = attached.filter(({ adapter }) => adapter.manifest.directions.includes('inbound'))
  const pollers = createPollers({ ...parts, sessions, endpoints: inbound.map(({ endpoint }) => endpoint.id), intake, mainCode: code => parts.directory.find(code, clock.now())?.code ?? code })
  closing.add('pollers', async () => { await pollers.stop() })
  pollers.start()
}

async function startDelivering (parts: Parts, { sessions, control }: { sessions: Sessions, control: Endpoints }): Promise<void> {
  const { config, closing } = parts
  const worker = buildDeliveryWorker(parts, { sessions, control })
  closing.add('deliveries', async () => { await worker.stop(STOP_GRACE_MS) })
  await worker.start()
  const { sweepIntervalMs: intervalMs, republishAfterMs } = config.delivery
  const sweeper = createSweeper({ ...parts, intervalMs, republishAfterMs, readUpTo: lane => worker.readUpTo(lane), afterwards: [control.tend, createLaneAlarm(parts).check] })
  closing.add('sweeper', async () => { await sweeper.stop() })
  sweeper.start()
  const reminders = createReminders({ ...parts, sessions, control })
  closing.add('reminders', async () => { await reminders.stop() })
  reminders.start()
  const batches = createBatches({ ...parts, intervalMs, expiresAfterMs: config.delivery.expiresAfterMs })
  closing.add('batches', async () => { await batches.stop() })
  batches.start()
  const { moveTo } = config.retention
  const folder = moveTo === null ? undefined : await openPackageFolder(moveTo)
  const retention = createRetention({ ...parts, folder, policy: config.retention })
  closing.add('retention', async () => { await retention.stop() })
  retention.start()
}

function buildDeliveryWorker ({ config, owner, store, broker, clock, log, payloads, blobs, directory, mappings, signing, relay }: Parts, { sessions, control }: { sessions: Sessions, control: Endpoints }): DeliveryWorker {
  return createDeliveryWorker({
    store,
    broker,
    relay,
    clock,
    log,
    owner,
    leaseMs: config.delivery.leaseMs,
    batchSize: config.delivery.batchSize,
    prefetch: { urgent: config.broker.prefetch, normal: config.broker.prefetch },
    attempt: async (claimed, { draining, stopping, begin, isHeld }) => {
      const { delivery: { id: deliveryId, endpoint: id = '' }, package: { envelope: { priority } } } = claimed
      const endpoint = sessions.endpoint(id) ?? detached(id)
      const tryIt = async (): Promise<Settled> => await attempt(claimed, {
        endpoint,
        session: async () => await sessions.session(endpoint.id),
        payloads,
        openSpooled: () => createSpooled(blobs, config.blobs.inlineBytes),
        mappings,
        signing,
        directory,
        nodeCode: config.node.code,
        findOtherIds: async id => await store.findOtherIds(id),
        policy: priority > 0 ? config.delivery.urgentRetry : config.delivery.retry,
        begin,
        isHeld,
        clock,
        stopping,
        onDefect: error => { logDefect(log, error, { endpoint: endpoint.id, deliveryId }) },
        random: Math.random
      })
      return await control.attempt(claimed, tryIt, draining)
    }
  })
}

/** Stands in for an endpoint that left the configuration: its session rejects, so its deliveries wait until it is back or they expire. */
function detached (id: string): Endpoint {
  return { id, axis: 'province', adapter: '', format: 'original', concurrency: 1, timeoutMs: 1000, settings: {} }
}

/** Every process answers for its health; only with the role api is there more behind the door. */
async function openDoor (parts: Parts, { intake, services }: { intake: Intake, services: Services }): Promise<string> {
  const { config, directory, clock, log, closing, relay } = parts
  const { roles } = config
  const settings = { ...config.http, inboxLockMs: config.inbox.lockMs, inboxMaxLockMs: config.inbox.maxLockMs, answerDays: config.delivery.changeAnswerDays }
  const health: Health = { roles, live: () => ({ ok: true }), ready: async () => await readiness(parts) }
  const operations = createOperations({ ...parts, publish: claims => { relay.publish(claims) }, expiresAfterMs: config.delivery.expiresAfterMs })
  const clients = withMainCodes(config.clients, directory, clock.now())
  const authenticator = createAuthenticator(clients)
  const doors = { settings: config.doors, systems: createSystems(clients) }
  if (roles.includes('api')) for (const { detail, ...facts } of doorWarnings(config, directory, clock.now())) log.warn({ ...facts, detail: detail.en }, 'door.unreadable')
  const server = roles.includes('api')
    ? await createHttpServer({ ...parts, calendar: await readCalendars(config.directory.calendars), intake, services, operations, oversight: createOversight(parts), authenticate: header => authenticator.authenticate(header), settings, health, doors })
    : await createHealthServer({ log, settings, health })
  closing.add('http', async () => { await server.close() })
  return await server.listen({ host: config.http.host, port: config.http.port })
}

/** A throw that says what it is (a session that does not open, content that is gone) is in the delivery's reason; any other is a defect. */
function logDefect (log: Logger, error: unknown, facts: { endpoint: string, deliveryId: string }): void {
  if (error instanceof HubError) log.debug({ ...facts, err: error }, 'attempt.hindered')
  else log.error({ ...facts, err: error }, 'attempt.crashed')
}
