// The fake counterpart of the conformance suite: the simulated axis itself, told how to misbehave.
import type { AdapterHarness, HarnessDelivery, Misbehaviour } from 'lienthong/adapter'
import { type Faults, NO_FAULTS } from './simulator-faults.js'
import { startSimulator, type VxpSimulator } from './simulator.js'
import { putMessage } from './simulator-tables.js'

/** An accident lasts until it is told otherwise. */
const ALWAYS = 1_000_000

const ACCIDENTS: Readonly<Record<Exclude<Misbehaviour, 'offline'>, Partial<Faults>>> = {
  refuse: { sendErrors: ALWAYS, sendErrorCode: '18' },
  overload: { httpErrors: ALWAYS, httpStatus: 503 },
  hang: { silent: ALWAYS },
  drop: { resetAfterCommit: ALWAYS },
  malformed: { nonsense: ALWAYS }
}

/** The packages of the suite are no edXML; what a list of sent documents would say of them is always the same. */
const factsOfOther = () => ({ recipients: [], title: 'Về việc thử kết nối', notation: undefined })

export function createHarness (): AdapterHarness {
  let axis: VxpSimulator | undefined
  const offered = new Map<string, string>()
  return {
    can: ['refuse', 'overload', 'hang', 'drop', 'malformed', 'offline'],
    retryAfterMs: 7000,
    async start () { axis = await startSimulator({ port: 0, host: '127.0.0.1', options: {}, factsOfOther, keepBytes: 2 ** 20 }) },
    settings: () => ({
      url: `${axis?.url ?? ''}/VXPAdapter/RestService`, credentials: [{ agencies: ['H36.99.01'], systemId: 'HUB-H36', secret: secretOf(axis, 'HUB-H36') }],
      default: { systemId: 'HA-NOI', secret: secretOf(axis, 'HA-NOI') }, pollIntervalMs: 20, maxBackoffMs: 100
    }),
    async misbehave (kind) {
      if (kind === 'offline') {
        await axis?.stop()
        return
      }
      await axis?.start()
      if (axis !== undefined) Object.assign(axis.faults, NO_FAULTS, kind === undefined ? {} : ACCIDENTS[kind])
    },
    received: () => [...axis?.tables.messages.values() ?? []].filter(({ deliveryId }) => deliveryId !== undefined).map(deliveryOf),
    async offer () {
      const bytes = Buffer.from(EDXML)
      const message = axis === undefined ? undefined : putMessage(axis.tables, { from: 'G15', to: ['H36.99.03'], messageType: 'edoc', serviceType: 'eDoc', title: 'thử', notation: '1/BTP', sentAt: 0, size: bytes.length, sha256: '', deliveryId: undefined, traceparent: undefined, bytes })
      const docId = message?.items[0]?.receiverDocId ?? ''
      offered.set(docId, docId)
      return docId
    },
    fateOf (docId) {
      const status = axis?.tables.queue.get(docId)?.item.status
      return status === 'done' ? 'acknowledged' : status === 'fail' ? 'refused' : 'waiting'
    },
    async stop () { await axis?.stop() }
  }
}

const EDXML = '<?xml version="1.0" encoding="UTF-8"?><edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"/>'

function secretOf (axis: VxpSimulator | undefined, systemId: string): string {
  return axis?.tables.systems.get(systemId)?.secret ?? ''
}

function deliveryOf ({ deliveryId, traceparent, size, sha256, items, messageType }: NonNullable<ReturnType<VxpSimulator['tables']['messages']['get']>>): HarnessDelivery {
  const to = items[0]?.to
  return {
    ...(deliveryId === undefined ? {} : { deliveryId }), ...(traceparent === undefined ? {} : { traceparent }), ...(to === undefined ? {} : { recipient: to }),
    kind: messageType === 'status' ? 'status' : 'document', size, sha256
  }
}
