// The composition root: the only file that names every implementation. `startHub` reads top-down as the hub is built; what
// is built later is closed earlier.
import { hostname } from 'node:os'
import { HubError } from './errors.js'
import { createHttpServer } from './http/server.js'
import { newId } from './ids.js'
import type { Logger } from './log.js'
import type { HubConfig } from './model/generated.js'
import type { AcceptedPackage } from './model/package.js'
import { laneOf } from './model/lane.js'
import type { Endpoint } from './ports/directory.js'
import type { AcceptResult } from './ports/store.js'
import { compileProfile } from './formats/edxml/profile.js'
import { openMappings, type OpenMappings } from './mapping/index.js'
import { attempt, createIntake } from './pipeline/index.js'
import type { Accepted, Intake, Settled } from './pipeline/types.js'
import { createPayloads, type Payloads } from './pipeline/payloads.js'
import { checkTrust } from './security/chain.js'
import { createSpooled } from './pipeline/spool.js'
import { createAuthenticator, withMainCodes } from './security/credentials.js'
import { createSignatureVerifier } from './security/verifier.js'
import { createBatcher } from './workers/batcher.js'
import { createDeliveryWorker, type DeliveryWorker } from './workers/delivery.js'
import { createPollers } from './workers/pollers.js'
import { createRelay, type Relay } from './workers/relay.js'
import { createSessions, type Sessions } from './workers/sessions.js'
import { createSweeper } from './workers/sweeper.js'
import { createClosing, type Closing } from './workers/closing.js'
import { attach, loadEndpoints, openDirectory, openResources, readiness, type LoadedEndpoint, type Resources } from './resources.js'

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
export interface Foundation extends Resources { config: HubConfig, log: Logger, closing: Closing, endpoints: LoadedEndpoint[] }

interface Parts extends Foundation { payloads: Payloads, relay: Relay, mappings: OpenMappings }

/** Attempts under way may take this long to finish when the hub stops, ms. */
const STOP_GRACE_MS = 10_000
/** Beyond this many, a package says `overloaded` instead of waiting. */
const MOST_WAITING_VERIFICATIONS = 200

/** Builds a hub and starts it. Rejects with a `HubError` when it cannot work with this configuration; then nothing stays open. */
export async function startHub ({ config, log, signal }: HubOptions): Promise<Hub> {
  const closing = createClosing(log)
  try {
    const directory = await openDirectory(config)
    await checkTrust(config.signatures)
    const endpoints = await loadEndpoints(config, directory)
    const resources = await openResources({ config, directory, log, closing, signal: signal ?? new AbortController().signal })
    return await assembleHub({ ...resources, config, log, closing, endpoints })
  } catch (error) {
    await closing.close()
    throw error
  }
}

/** Puts a hub together on what is already open and starts it. When it rejects, what was begun is in `closing`. */
export async function assembleHub (foundation: Foundation): Promise<Hub> {
  const { config, log, closing, endpoints, broker } = foundation
  const payloads = createPayloads({ ...foundation, inlineBytes: config.blobs.inlineBytes })
  const relay = createRelay({ broker, log })
  closing.add('relay', async () => { await relay.idle() })
  const mappings = await openMappings(config.mappings)
  closing.add('mappings', async () => { await mappings.close() })
  const parts: Parts = { ...foundation, payloads, relay, mappings }
  const intake = buildIntake(parts)
  await startWorkers(parts, intake)
  const url = await openDoor(parts, intake)
  log.info({ listening: url, store: config.store.kind, broker: config.broker.kind, endpoints: endpoints.length }, 'hub.started')
  return { url, stop: async () => { await closing.close() } }
}

function buildIntake ({ config, store, directory, blobs, clock, relay, log, closing }: Parts): Intake {
  const acceptOne = createBatcher<AcceptedPackage, AcceptResult>({
    run: async packages => await store.accept(packages),
    maxItems: config.delivery.batchSize,
    concurrency: 2,
    // Some seconds of work: who waits longer is better told to come back.
    maxWaiting: 20 * config.delivery.batchSize
  })
  const verifier = createSignatureVerifier({ ...config.signatures, maxWaiting: MOST_WAITING_VERIFICATIONS, onDefect: error => { log.warn({ err: error }, 'verification.failed') } })
  closing.add('signatures', async () => { await verifier.close() })
  const onStored = ({ deliveries, acceptedAt }: Accepted, priority: number): void => {
    relay.publish(deliveries.filter(({ problem }) => problem === undefined)
      .map(({ id }) => ({ deliveryId: id, lane: laneOf(priority), publishedAt: acceptedAt })))
  }
  return createIntake({
    directory,
    blobs,
    clock,
    acceptOne,
    findByIdempotencyKey: async (client, key) => await store.findByIdempotencyKey(client, key),
    lastDossierStatus: async (correlationId, agency) => await store.lastDossierStatus(correlationId, agency),
    onStored,
    inlineBytes: config.blobs.inlineBytes,
    profile: compileProfile(config.validation),
    limits: { ...config.limits, maxBytes: config.http.maxBodyBytes },
    expiresAfterMs: config.delivery.expiresAfterMs,
    signatures: { verifier, policy: config.signatures }
  })
}

async function startWorkers (parts: Parts, intake: Intake): Promise<void> {
  const { config, endpoints, clock, log, closing } = parts
  const attached = attach(endpoints, { clock, log })
  const sessions = createSessions(attached, { clock, log })
  closing.add('sessions', async () => { await sessions.close() })
  const worker = buildDeliveryWorker(parts, sessions)
  closing.add('deliveries', async () => { await worker.stop(STOP_GRACE_MS) })
  await worker.start()
  const { sweepIntervalMs: intervalMs, republishAfterMs } = config.delivery
  const sweeper = createSweeper({ ...parts, intervalMs, republishAfterMs, readUpTo: lane => worker.readUpTo(lane) })
  closing.add('sweeper', async () => { await sweeper.stop() })
  sweeper.start()
  const inbound = attached.filter(({ adapter }) => adapter.manifest.directions.includes('inbound'))
  const pollers = createPollers({ sessions, endpoints: inbound.map(({ endpoint }) => endpoint.id), intake, clock, log })
  closing.add('pollers', async () => { await pollers.stop() })
  pollers.start()
}

function buildDeliveryWorker ({ config, store, broker, clock, log, payloads, blobs, directory, mappings }: Parts, sessions: Sessions): DeliveryWorker {
  return createDeliveryWorker({
    store,
    broker,
    clock,
    log,
    owner: `${hostname()}:${process.pid}:${newId()}`,
    leaseMs: config.delivery.leaseMs,
    batchSize: config.delivery.batchSize,
    prefetch: { urgent: config.broker.prefetch, normal: config.broker.prefetch },
    attempt: async (claimed, { draining, stopping }) => {
      const id = claimed.delivery.endpoint ?? ''
      const endpoint = sessions.endpoint(id) ?? detached(id)
      const tryIt = async (): Promise<Settled> => await attempt(claimed, {
        endpoint,
        session: async () => await sessions.session(endpoint.id),
        payloads,
        openSpooled: () => createSpooled(blobs, config.blobs.inlineBytes),
        mappings,
        directory,
        nodeCode: config.node.code,
        policy: config.delivery.retry,
        clock,
        stopping,
        onDefect: error => { logDefect(log, error, { endpoint: endpoint.id, deliveryId: claimed.delivery.id }) },
        random: Math.random
      })
      const lane = laneOf(claimed.package.envelope.priority)
      return await sessions.places(id)?.run(tryIt, { lane, signal: draining }) ?? { result: await tryIt() }
    }
  })
}

/** Stands in for an endpoint that left the configuration: its session rejects, so its deliveries wait until it is back or they expire. */
function detached (id: string): Endpoint {
  return { id, axis: 'province', adapter: '', format: 'original', concurrency: 1, timeoutMs: 1000, settings: {} }
}

async function openDoor ({ config, directory, store, broker, blobs, payloads, clock, log, closing }: Parts, intake: Intake): Promise<string> {
  const authenticator = createAuthenticator(withMainCodes(config.clients, directory, clock.now()))
  const server = await createHttpServer({
    intake,
    store,
    directory,
    payloads,
    authenticate: header => authenticator.authenticate(header),
    clock,
    log,
    settings: { ...config.http, inboxLockMs: config.inbox.lockMs, inboxMaxLockMs: config.inbox.maxLockMs },
    health: { live: () => ({ ok: true }), ready: async () => await readiness({ store, broker, blobs }) }
  })
  closing.add('http', async () => { await server.close() })
  return await server.listen({ host: config.http.host, port: config.http.port })
}

/** A throw that says what it is (a session that does not open, content that is gone) is in the delivery's reason; any other is a defect. */
function logDefect (log: Logger, error: unknown, facts: { endpoint: string, deliveryId: string }): void {
  if (error instanceof HubError) log.debug({ ...facts, err: error }, 'attempt.hindered')
  else log.error({ ...facts, err: error }, 'attempt.crashed')
}
