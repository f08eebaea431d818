// A whole hub with the sample province, for scenarios: in this process, or as a process of its own that can be killed.
// Every set-up is private to the test and gone after it.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import amqplib from 'amqplib'
import type { Test } from 'tap'
import { createApiClient, type ApiClient } from '../../src/demo/client.js'
import { prepareProvince, type Province } from '../../src/demo/province.js'
import { startHub, type Hub } from '../../src/hub.js'
import { createLog } from '../../src/log.js'
import type { HubConfig } from '../../src/model/generated.js'
import { findServices, privateName } from './services.js'
import { openSchema, prepareEmbedded } from './stores.js'
import { eventually } from './time.js'

/** embedded: PGlite and in-process broker. services: PostgreSQL and RabbitMQ, when both answer. */
export type SetUp = 'embedded' | 'services'

export interface TestProvince extends Province {
  /** An API client with the key of one of the province's clients, e.g. `ubnd-tinh`. */
  client (url: string, id: string): ApiClient
}

/** The set-ups that can run here; `services` is missing only on a machine without them. */
export async function setUps (): Promise<SetUp[]> {
  const { postgresUrl, rabbitmqUrl } = await findServices()
  return postgresUrl === undefined || rabbitmqUrl === undefined ? ['embedded'] : ['embedded', 'services']
}

/** The sample province with receivers, keys and a private store and broker, its national axis one webhook. `change` edits the configuration. */
export async function openProvince (t: Test, setUp: SetUp, change: (config: HubConfig) => HubConfig = config => config): Promise<TestProvince> {
  const province = await prepareProvince(undefined, withPushedNation)
  t.teardown(async () => { await province.close() })
  const base: HubConfig = { ...province.config, log: { level: 'silent' } }
  const config = change(setUp === 'embedded' ? base : { ...base, ...await privateServices(t, base) })
  if (config.store.kind === 'pglite') await prepareEmbedded(config.store.dataDirectory)
  return { ...province, config, client: (url, id) => createApiClient(url, province.keys.get(id) ?? '') }
}

/** The national axis as one webhook, so that tests see what goes there as they see everything else. */
function withPushedNation (sample: HubConfig): HubConfig {
  const [first] = sample.endpoints.filter(({ axis }) => axis === 'national')
  if (first === undefined) return sample
  const { kinds: _all, ...endpoint } = first
  const webhook = { ...endpoint, adapter: 'webhook', settings: { url: 'http://127.0.0.1:18081/lienthong', secret: `whsec_${Buffer.alloc(32, 'national').toString('base64')}` } }
  return { ...sample, endpoints: [webhook, ...sample.endpoints.filter(({ axis }) => axis !== 'national')] }
}

async function privateServices (t: Test, { store }: HubConfig): Promise<Pick<HubConfig, 'store' | 'broker'>> {
  const { rabbitmqUrl } = await findServices()
  const database = await openSchema(t)
  if (database === undefined || rabbitmqUrl === undefined) throw new Error('the services do not answer')
  const prefix = privateName()
  t.teardown(async () => {
    const connection = await amqplib.connect(rabbitmqUrl)
    const amqpChannel = await connection.createChannel()
    for (const lane of ['urgent', 'normal', 'invalid']) await amqpChannel.deleteQueue(`${prefix}.${lane}`)
    await connection.close()
  })
  return {
    store: { ...store, kind: 'postgres', url: database.url, schema: database.schema, maxConnections: 5 },
    broker: { kind: 'rabbitmq', url: rabbitmqUrl, prefix, prefetch: 100 }
  }
}

/** A hub in this process. Stopped at the end of the test, before its services go. */
export async function runHub (t: Test, config: HubConfig): Promise<Hub> {
  const hub = await startHub({ config, log: createLog(config.log) })
  t.teardown(async () => { await hub.stop() })
  return hub
}

export interface HubProcess {
  readonly url: string
  readonly child: ChildProcess
  /** Sends a signal and resolves with the exit code, or null when the signal ended it. */
  end (signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
  /** What it has logged so far. */
  output (): string
}

/** A hub as a process of its own, ready. Killed at the end of the test when it still runs. */
export async function spawnHub (t: Test, config: HubConfig): Promise<HubProcess> {
  const port = config.http.port === 0 ? await freePort() : config.http.port
  const folder = await mkdtemp(join(tmpdir(), 'lienthong-hub-'))
  t.teardown(async () => { await rm(folder, { recursive: true }) })
  const file = join(folder, 'hub.json')
  await writeFile(file, JSON.stringify({ ...config, http: { ...config.http, port }, log: { level: 'info' } }))
  const child = spawn(process.execPath, [fileURLToPath(new URL('../../src/cli.js', import.meta.url)), 'start', '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const exited = once(child, 'exit') as Promise<[number | null]>
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> => {
    child.kill(signal)
    const [code] = await exited
    return code
  }
  t.teardown(async () => { if (child.exitCode === null && child.signalCode === null) await end('SIGKILL') })
  const url = `http://127.0.0.1:${port}`
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`the hub ended with ${child.exitCode}:\n${output}`)
    // Its own word first: who answers at the port may be another.
    if (!output.includes('hub.started')) return false
    return await fetch(`${url}/health/ready`).then(({ ok }) => ok, () => false)
  }, 60_000)
  return { url, child, end, output: () => output }
}

/** Below the range that systems hand out on their own (from 32768), so that no socket of another test can take it meanwhile; each process starts elsewhere. */
const FIRST_PORT = 10_000
const PORTS = 22_000
let tried = process.pid * 61

/** A TCP port of 127.0.0.1 that is free now, and that nothing but a caller of this function would choose. */
export async function freePort (): Promise<number> {
  for (let tries = 0; tries < PORTS; tries++) {
    const port = FIRST_PORT + tried++ % PORTS
    if (await isFree(port)) return port
  }
  throw new Error('no port is free')
}

async function isFree (port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
