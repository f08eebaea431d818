// The hub processes of a run, as they are run in production: the built command with a configuration file. Each reaches
// PostgreSQL and RabbitMQ over a network of its own that can fail on command.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../test/support/hub.js'
import { openTcpProxy, type TcpProxy } from '../../test/support/tcp-proxy.js'
import type { Agency } from './agencies.js'
import { ACCOUNT } from './axis.js'
import { createProcess, type OwnProcess } from './process.js'

export interface HubProcess {
  readonly url: string
  readonly process: OwnProcess
  /** Its ways to PostgreSQL and RabbitMQ; none when embedded. */
  readonly links: { readonly store: TcpProxy, readonly broker: TcpProxy } | undefined
}

export interface HubWish {
  /** From 0. */
  number: number
  folder: string
  logs: string
  /** Ports of the services; absent: everything in the process. */
  services: { postgres: number, rabbitmq: number } | undefined
  agencies: readonly Agency[]
  /** Where the other side of an endpoint is. */
  addressOf: (agency: Agency) => string
  operator: { id: string, keySha256: string }
  /** Called when a process ends although nobody ended it. */
  onDeath: (how: string) => void
  undo: (step: () => Promise<void>) => void
}

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url))
const DIRECTORY = fileURLToPath(new URL('../../../config/lam-dong/agencies.json', import.meta.url))
/**
 * Waits short enough that what an endpoint missed is tried again well within the time that recovery may take; in operation
 * they grow to an hour. Everything that keeps the promises (leases, sweeping) is as delivered.
 */
const RETRY = { firstMs: 300, factor: 2, maxMs: 4000, maxAttempts: 100_000 }
/** Opened and probed within seconds, so that a run of two minutes sees it many times. */
const CIRCUIT = { failures: 5, openMs: 1000, maxOpenMs: 5000 }
const ATTEMPT_MS = 8000
/** The axis is asked as patiently as it is sent to; in operation once a minute. */
const POLLING = { pollIntervalMs: 300, maxBackoffMs: 4000, callTimeoutMs: ATTEMPT_MS, fetchTimeoutMs: ATTEMPT_MS }

/** Prepares one hub process; nothing is started. */
export async function prepareHub (wish: HubWish): Promise<HubProcess> {
  const { number, folder, logs, services, onDeath, undo } = wish
  const links = services === undefined
    ? undefined
    : { store: await openTcpProxy({ host: '127.0.0.1', port: services.postgres }), broker: await openTcpProxy({ host: '127.0.0.1', port: services.rabbitmq }) }
  if (links !== undefined) undo(async () => { await Promise.all([links.store.close(), links.broker.close()]) })
  const port = await freePort()
  const file = join(folder, `hub-${number}.json`)
  await mkdir(join(folder, 'blobs'), { recursive: true })
  await writeFile(file, JSON.stringify(configOf(wish, { port, links }), null, 2), { mode: 0o600 })
  const child = createProcess({
    name: `hub ${number}`,
    command: process.execPath,
    // As in the Dockerfile and in `npm start`.
    args: ['--max-semi-space-size=32', CLI, 'start', '--config', file],
    log: join(logs, `hub-${number}.log`),
    onDeath
  })
  undo(async () => { await child.close('SIGKILL') })
  return { url: `http://127.0.0.1:${port}`, process: child, links }
}

function configOf ({ folder, agencies, addressOf, operator }: HubWish, { port, links }: Pick<HubProcess, 'links'> & { port: number }): object {
  return {
    environment: 'development',
    node: { code: 'H36.LT', name: 'Trục liên thông (thử sự cố)' },
    store: links === undefined
      ? { kind: 'pglite', dataDirectory: join(folder, 'store') }
      : { kind: 'postgres', url: `postgres://postgres@127.0.0.1:${links.store.port}/postgres`, maxConnections: 8 },
    broker: links === undefined ? { kind: 'in-process' } : { kind: 'rabbitmq', url: `amqp://guest:guest@127.0.0.1:${links.broker.port}` },
    blobs: { directory: join(folder, 'blobs') },
    http: { host: '127.0.0.1', port },
    directory: { files: [DIRECTORY] },
    delivery: { retry: RETRY, urgentRetry: RETRY },
    endpoints: agencies.map(agency => ({
      id: agency.id,
      axis: agency.axis,
      adapter: agency.adapter,
      serves: [agency.code],
      timeoutMs: ATTEMPT_MS,
      circuit: CIRCUIT,
      ...settingsOf(agency, addressOf(agency))
    })),
    clients: [
      // Who is behind the axis does not post.
      ...agencies.filter(({ adapter }) => adapter !== 'vxp').map(({ id, keySha256, code }) => ({ id, keySha256, agencies: [code], role: 'agency' })),
      { ...operator, agencies: [], role: 'operator' }
    ]
  }
}

function settingsOf ({ adapter, secret }: Agency, url: string): object {
  switch (adapter) {
    case 'inbox': return {}
    case 'webhook': return { settings: { url, secret } }
    case 'vxp': return { kinds: ['document', 'status'], settings: { url, default: { systemId: ACCOUNT, secret }, ...POLLING } }
  }
}
