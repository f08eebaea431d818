// The fake counterpart of the conformance suite: the simulated platform itself, told how to misbehave.
import { type AdapterHarness, createQueueHarness } from 'lienthong/adapter'
import { startSimulator } from './simulator.js'

/** The packages of the suite are no edXML; what a platform would read in them is always the same. */
const factsOfOther = () => ({ from: 'H36.99.01', recipients: ['H36.99.03'], title: 'Về việc thử kết nối', notation: undefined })

export function createHarness (): AdapterHarness {
  return createQueueHarness({
    open: async () => await startSimulator({ port: 0, host: '127.0.0.1', options: {}, factsOfOther }),
    settings: platform => ({
      url: platform?.url ?? '',
      accounts: ['HUB-H36', 'STP-H36'].flatMap(systemId => platform?.tables.systems.get(systemId) ?? []).map(system => ({ ...system, agencies: [...system.agencies] })),
      pollIntervalMs: 20, maxBackoffMs: 100, loginRetryMs: 0
    }),
    from: 'H37.11',
    to: 'H36.99.03'
  })
}
