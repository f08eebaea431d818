// The fake counterpart of the conformance suite: the simulated axis itself, told how to misbehave.
import { type AdapterHarness, createQueueHarness } from 'lienthong/adapter'
import { startSimulator, type VxpSimulator } from './simulator.js'

/** The packages of the suite are no edXML; what a list of sent documents would say of them is always the same. */
const factsOfOther = () => ({ from: undefined, recipients: [], title: 'Về việc thử kết nối', notation: undefined })

export function createHarness (): AdapterHarness {
  return createQueueHarness({
    open: async () => await startSimulator({ port: 0, host: '127.0.0.1', options: {}, factsOfOther, keepBytes: 2 ** 20 }),
    settings: axis => ({
      url: `${axis?.url ?? ''}/VXPAdapter/RestService`, credentials: [{ agencies: ['H36.99.01'], ...accountIn(axis, 'HUB-H36') }], default: accountIn(axis, 'HA-NOI'), pollIntervalMs: 20, maxBackoffMs: 100
    }),
    from: 'G15',
    to: 'H36.99.03'
  })
}

function accountIn (axis: VxpSimulator | undefined, systemId: string): { systemId: string, secret: string } {
  return { systemId, secret: axis?.tables.systems.get(systemId)?.secret ?? '' }
}
