// The sample province with everything a running hub needs: keys and secrets made for this run, receivers on free ports.
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startReceiver, type Receiver } from '../../adapters/webhook/harness.js'
import { loadConfig } from '../config.js'
import type { HubConfig } from '../model/generated.js'
import { createKey } from '../security/credentials.js'

const PROVINCE = fileURLToPath(new URL('../../../config/lam-dong/hub.json', import.meta.url))

export interface Province {
  config: HubConfig
  /** Client id → its API key. */
  keys: Map<string, string>
  /** Endpoint id → the fake agency system behind it. */
  receivers: Map<string, Receiver>
  close (): Promise<void>
}

/** Prepares the sample province; `configFile` gives store, broker and blobs in place of the embedded ones. */
export async function prepareProvince (configFile: string | undefined): Promise<Province> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-demo-'))
  const keys = new Map<string, string>()
  const sample = await loadConfig({ file: PROVINCE, environment: await inventSecrets(keys) })
  const services = configFile === undefined ? undefined : await loadConfig({ file: configFile })
  const receivers = new Map<string, Receiver>()
  const endpoints: HubConfig['endpoints'] = []
  for (const endpoint of sample.endpoints) {
    if (endpoint.adapter !== 'webhook') { endpoints.push(endpoint); continue }
    const receiver = await startReceiver({ secret: String(endpoint.settings['secret']), keepBytes: 2 ** 20 })
    receivers.set(endpoint.id, receiver)
    endpoints.push({ ...endpoint, settings: { ...endpoint.settings, url: receiver.url } })
  }
  return {
    config: {
      ...sample,
      endpoints,
      store: services?.store ?? { ...sample.store, dataDirectory: join(directory, 'store') },
      broker: services?.broker ?? sample.broker,
      blobs: services?.blobs ?? { ...sample.blobs, directory: join(directory, 'blobs') },
      // Any free port: the demo must not fail because something else listens on the usual one.
      http: { ...sample.http, port: 0 },
      log: services?.log ?? { ...sample.log, level: 'warn' },
      delivery: { ...sample.delivery, retry: { ...sample.delivery.retry, firstMs: 400 } }
    },
    keys,
    receivers,
    async close () {
      await Promise.all([...receivers.values()].map(async receiver => { await receiver.stop() }))
      await rm(directory, { recursive: true, force: true })
    }
  }
}

/** Values for the environment variables that the sample names: nothing secret stands in a file. */
async function inventSecrets (keys: Map<string, string>): Promise<Record<string, string>> {
  const sample = JSON.parse(await readFile(PROVINCE, 'utf8')) as { clients: Array<{ id: string, keySha256: { $env: string } }>, endpoints: Array<{ settings?: { secret?: { $env: string } } }> }
  const environment: Record<string, string> = {}
  for (const { id, keySha256: { $env } } of sample.clients) {
    const { key, keySha256 } = createKey(id)
    keys.set(id, key)
    environment[$env] = keySha256
  }
  for (const { settings } of sample.endpoints) {
    if (settings?.secret !== undefined) environment[settings.secret.$env] = `whsec_${randomBytes(32).toString('base64')}`
  }
  return environment
}
