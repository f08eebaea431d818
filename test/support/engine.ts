// A hub in this process whose store the test can reach and whose log it can read: for promises that no API shows.
import { Writable } from 'node:stream'
import { pino } from 'pino'
import type { Test } from 'tap'
import type { ApiClient } from '../../src/demo/client.js'
import { assembleHub } from '../../src/hub.js'
import type { HubConfig } from '../../src/model/generated.js'
import type { Clock } from '../../src/ports/clock.js'
import type { Store } from '../../src/ports/store.js'
import { readyServices } from '../../src/ready-services.js'
import { loadEndpoints, openDirectory, openResources } from '../../src/resources.js'
import { createClosing } from '../../src/workers/closing.js'
import { openProvince, type SetUp, type TestProvince } from './hub.js'

export interface Engine {
  province: TestProvince
  url: string
  /** The client of the province's committee. */
  client: ApiClient
  store: Store
  /** Moves the hub's time on, as if so long had passed. */
  advance (ms: number): void
  /** Log lines of this name so far. */
  logged (event: string): Array<Record<string, unknown>>
}

export async function runEngine (t: Test, setUp: SetUp, change: (config: HubConfig) => HubConfig): Promise<Engine> {
  const province = await openProvince(t, setUp, change)
  const { config } = province
  const lines: Array<Record<string, unknown>> = []
  const log = pino({ level: 'debug' }, new Writable({ write (chunk, _encoding, done) { lines.push(JSON.parse(String(chunk)) as Record<string, unknown>); done() } }))
  const closing = createClosing(log)
  t.teardown(async () => { await closing.close() })
  const directory = await openDirectory(config)
  const endpoints = await loadEndpoints(config, directory)
  const services = readyServices(config, { endpoints, directory, at: 0 })
  const resources = await openResources({ config, directory, log, closing, signal: new AbortController().signal })
  const { clock: base } = resources
  let ahead = 0
  const clock: Clock = { now: () => base.now() + ahead, sleep: async (ms, signal) => { await base.sleep(ms, signal) } }
  const { url } = await assembleHub({ ...resources, clock, config, log, closing, endpoints, services })
  return { province, url, client: province.client(url, 'ubnd-tinh'), store: resources.store, advance: ms => { ahead += ms }, logged: event => lines.filter(({ msg }) => msg === event) }
}
