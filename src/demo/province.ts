// The sample province with everything a running hub needs: keys and secrets made for this run, counterparts on free ports.
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../config.js'
import type { HubConfig } from '../model/generated.js'
import { createKey } from '../security/credentials.js'
import { startCounterparts, type Counterparts } from './counterparts.js'

const PROVINCE = fileURLToPath(new URL('../../../config/lam-dong/hub.json', import.meta.url))

export interface Province extends Pick<Counterparts, 'receivers' | 'axis' | 'portal'> {
  config: HubConfig
  /** Client id → its API key. */
  keys: Map<string, string>
  close (): Promise<void>
}

/**
 * Prepares the sample province; `configFile` gives store, broker and blobs in place of the embedded ones. `change` edits the
 * sample before counterparts of its endpoints are started.
 */
export async function prepareProvince (configFile: string | undefined, change: (sample: HubConfig) => HubConfig = sample => sample): Promise<Province> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-demo-'))
  const keys = new Map<string, string>()
  const sample = change(await loadConfig({ file: PROVINCE, environment: await inventSecrets(keys) }))
  const services = configFile === undefined ? undefined : await loadConfig({ file: configFile })
  const counterparts = await startCounterparts(sample)
  return {
    config: {
      ...sample,
      endpoints: counterparts.endpoints,
      store: services?.store ?? { ...sample.store, dataDirectory: join(directory, 'store') },
      broker: services?.broker ?? sample.broker,
      blobs: services?.blobs ?? { ...sample.blobs, directory: join(directory, 'blobs') },
      // Any free port: the demo must not fail because something else listens on the usual one.
      http: { ...sample.http, port: 0 },
      log: services?.log ?? { ...sample.log, level: 'warn' },
      delivery: { ...sample.delivery, retry: { ...sample.delivery.retry, firstMs: 400 } }
    },
    ...counterparts,
    keys,
    async close () {
      await counterparts.stop()
      await rm(directory, { recursive: true, force: true })
    }
  }
}

/** Values for the environment variables that the sample names: nothing secret stands in a file. */
async function inventSecrets (keys: Map<string, string>): Promise<Record<string, string>> {
  const written = await readFile(PROVINCE, 'utf8')
  const sample = JSON.parse(written) as { clients: Array<{ id: string, keySha256: { $env: string } }> }
  // Of a form that every adapter takes; webhooks want the prefix.
  const environment = Object.fromEntries([...written.matchAll(/\{"\$env": "(\w+)"\}/g)].map(([, name = '']) => [name, `whsec_${randomBytes(32).toString('base64')}`]))
  for (const { id, keySha256: { $env } } of sample.clients) {
    const { key, keySha256 } = createKey(id)
    keys.set(id, key)
    environment[$env] = keySha256
  }
  return environment
}
