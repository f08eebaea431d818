// What is compared: the hub as it is run in production, and the reference pipeline. Both as child processes, with the same
// PostgreSQL, the same RabbitMQ, as many connections and as many deliveries at a time. What they leave behind is removed.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import amqplib from 'amqplib'
import pg from 'pg'
import { createKey } from '../src/security/credentials.js'
import { freePort } from '../test/support/hub.js'
import { privateName } from '../test/support/services.js'
import { endOf, startChild, stopProcess } from './child.js'
import type { VariantName } from './options.js'
import { RECIPIENT, SENDER } from './packages.js'

/** One measured process, ready for packages. */
export interface Variant {
  readonly name: VariantName
  readonly pid: number
  /** Where packages are posted to, and with which headers. */
  readonly url: string
  readonly headers: Record<string, string>
  /** Path at the receiver to which it delivers. */
  readonly path: string
}

export interface Place {
  postgresUrl: string
  rabbitmqUrl: string
  /** Address of the receiver. */
  receiver: string
  /** Called with what undoes each step, to be run in reverse. */
  undo: (step: () => Promise<void>) => void
  /** Folder for a CPU profile of the hub. */
  profile: string | undefined
}

const POOL_SIZE = 20
/** Deliveries at a time. */
const CONCURRENCY = 32
const CONFIG_FOLDER = fileURLToPath(new URL('../../config/', import.meta.url))

export const OPEN: Record<VariantName, (place: Place) => Promise<Variant>> = { hub: openHub, reference: openReference }

async function openHub (place: Place): Promise<Variant> {
  return { name: 'hub', path: '/hub', ...await startHubProcess(place, () => oneEndpoint(place)) }
}

/** What a hub of the benchmark has for itself. */
export interface Room { folder: string }

/** A hub as in production, as a process of its own; `change` says which agencies and endpoints it has. */
export async function startHubProcess (place: Omit<Place, 'receiver'>, change: (room: Room) => Promise<object> | object): Promise<Omit<Variant, 'name' | 'path'>> {
  const { undo, profile } = place
  const folder = await mkdtemp(join(tmpdir(), 'lienthong-bench-'))
  undo(async () => { await rm(folder, { recursive: true, force: true }) })
  const name = privateName()
  undo(async () => { await dropSchema(place.postgresUrl, name) })
  undo(async () => { await deleteQueues(place.rabbitmqUrl, ['urgent', 'normal', 'invalid'].map(lane => `${name}.${lane}`)) })
  const { key, keySha256 } = createKey('bench')
  const port = await freePort()
  const file = join(folder, 'hub.json')
  await writeFile(file, JSON.stringify({ ...configOf(place, { name, folder, port, keySha256 }), ...await change({ folder }) }))
  const child = spawn(process.execPath, [
    ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
    // As in the Dockerfile and in `npm start`.
    '--max-semi-space-size=32',
    fileURLToPath(new URL('../src/cli.js', import.meta.url)), 'start', '--config', file
  ], { stdio: ['ignore', 'inherit', 'inherit'], detached: true })
  undo(async () => { await stopProcess(child) })
  const url = `http://127.0.0.1:${port}`
  await Promise.race([untilReady(url), endOf(child, 'the hub')])
  return { pid: child.pid ?? 0, url: `${url}/v1/packages`, headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/xml' } }
}

function configOf ({ postgresUrl, rabbitmqUrl }: Omit<Place, 'receiver'>, { name, folder, port, keySha256 }: { name: string, folder: string, port: number, keySha256: string }): object {
  return {
    environment: 'production',
    node: { code: 'H36.LT', name: 'Trục liên thông (đo tải)' },
    store: { kind: 'postgres', url: postgresUrl, schema: name, maxConnections: POOL_SIZE },
    broker: { kind: 'rabbitmq', url: rabbitmqUrl, prefix: name },
    blobs: { directory: join(folder, 'blobs') },
    http: { host: '127.0.0.1', port },
    log: { level: 'warn' },
    clients: [{ id: 'bench', keySha256, agencies: [SENDER], role: 'agency' }]
  }
}

function oneEndpoint ({ receiver }: Place): object {
  return {
    directory: { files: [join(CONFIG_FOLDER, 'lam-dong/agencies.json')] },
    endpoints: [{
      id: 'receiver',
      axis: 'commune',
      adapter: 'webhook',
      serves: [RECIPIENT],
      concurrency: CONCURRENCY,
      settings: { url: `${receiver}/hub`, secret: 'a secret of the benchmark only' }
    }]
  }
}

async function openReference ({ postgresUrl, rabbitmqUrl, receiver, undo }: Place): Promise<Variant> {
  const name = privateName()
  undo(async () => { await dropSchema(postgresUrl, name) })
  undo(async () => { await deleteQueues(rabbitmqUrl, [name]) })
  const settings = { postgresUrl, rabbitmqUrl, name, target: `${receiver}/reference`, poolSize: String(POOL_SIZE), prefetch: String(CONCURRENCY) }
  const child = await startChild('reference', [JSON.stringify(settings)])
  undo(async () => { await child.stop() })
  return { name: 'reference', pid: child.pid, url: await child.ask({}), headers: { 'Content-Type': 'application/xml' }, path: '/reference' }
}

async function untilReady (url: string): Promise<void> {
  for (let ready = false; !ready;) {
    await new Promise(resolve => setTimeout(resolve, 100))
    ready = await fetch(`${url}/health/ready`).then(({ ok }) => ok, () => false)
  }
}

async function dropSchema (connectionString: string, schema: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
  await client.end()
}

async function deleteQueues (url: string, queues: string[]): Promise<void> {
  const connection = await amqplib.connect(url)
  const amqpChannel = await connection.createChannel()
  for (const queue of queues) await amqpChannel.deleteQueue(queue)
  await connection.close()
}
