// The other side of each endpoint of the sample: a receiver where packages are pushed, and on the national axis the simulated
// document axis (vxp) and the simulated public service portal (dvcqg).
import { startSimulator as startPortal, type Simulator as Portal } from '../../adapters/dvcqg/simulator.js'
import { startSimulator as startAxis, type VxpSimulator } from '../../adapters/vxp/simulator.js'
import { putAgency } from '../../adapters/vxp/simulator-tables.js'
import { startReceiver, type Receiver } from '../../adapters/webhook/harness.js'
import type { EndpointConfig, HubConfig } from '../model/generated.js'
import { openDirectory } from '../resources.js'

export interface Counterparts {
  /** The endpoints, pointed at them. */
  endpoints: EndpointConfig[]
  /** Endpoint id → the fake agency system behind it. */
  receivers: Map<string, Receiver>
  axis?: VxpSimulator
  portal?: Portal
  stop (): Promise<void>
}

const HOST = '127.0.0.1'
/** A real axis is asked once a minute. */
const POLL_MS = 300

/** Starts them on free ports. The axis knows the agencies of the sample's directory, the portal the account of its endpoint. */
export async function startCounterparts (sample: HubConfig): Promise<Counterparts> {
  const found: Counterparts = {
    endpoints: [],
    receivers: new Map(),
    async stop () {
      await Promise.all([...found.receivers.values(), found.axis, found.portal].map(async each => { await each?.stop() }))
    }
  }
  for (const endpoint of sample.endpoints) {
    const settings = await settingsFor(endpoint, { sample, found })
    found.endpoints.push({ ...endpoint, settings: { ...endpoint.settings, ...settings } })
  }
  return found
}

async function settingsFor (endpoint: EndpointConfig, { sample, found }: { sample: HubConfig, found: Counterparts }): Promise<Record<string, unknown>> {
  const { id, adapter, settings } = endpoint
  switch (adapter) {
    case 'webhook': {
      const receiver = await startReceiver({ secret: String(settings['secret']), keepBytes: 2 ** 20 })
      found.receivers.set(id, receiver)
      return { url: receiver.url }
    }
    case 'vxp': {
      found.axis = await startAxis({ port: 0, host: HOST, options: {} })
      await furnish(found.axis, { account: settings['default'] as Account, sample })
      return { url: found.axis.url, pollIntervalMs: POLL_MS }
    }
    case 'dvcqg': {
      found.portal = await startPortal({ host: HOST, options: { accounts: { [String(settings['username'])]: String(settings['password']) } } })
      return { url: found.portal.url }
    }
    default: return {}
  }
}

interface Account { systemId: string, secret: string }

/** Every agency of the directory is on the axis. The hub's account speaks for those of the province, closed ones included. */
async function furnish ({ tables }: VxpSimulator, { account, sample }: { account: Account, sample: HubConfig }): Promise<void> {
  const elsewhere = new Set(sample.clients.find(({ id }) => id === 'truc-quoc-gia')?.agencies)
  const own: string[] = []
  const directory = await openDirectory(sample)
  for (const { code, name, parent = '' } of directory.list({ limit: Number.MAX_SAFE_INTEGER, at: 0 })) {
    putAgency(tables, { code, name, pid: parent }, 0)
    if (!elsewhere.has(code)) own.push(code)
  }
  tables.systems.clear()
  tables.systems.set(account.systemId, { ...account, agencies: own })
}
