// The fake counterpart of the conformance suite: the simulated platform itself, told how to misbehave.
import type { AdapterHarness, HarnessDelivery, Misbehaviour } from 'lienthong/adapter'
import { type Faults, NO_FAULTS } from './simulator-faults.js'
import { type PlatformSimulator, startSimulator } from './simulator.js'
import { type MessageRow, putMessage } from './simulator-tables.js'

/** An accident lasts until it is told otherwise. */
const ALWAYS = 1_000_000

const ACCIDENTS: Readonly<Record<Exclude<Misbehaviour, 'offline'>, Partial<Faults>>> = {
  refuse: { sendErrors: ALWAYS, sendErrorCode: '18' },
  overload: { httpErrors: ALWAYS, httpStatus: 503 },
  hang: { silent: ALWAYS },
  drop: { resetAfterCommit: ALWAYS },
  malformed: { nonsense: ALWAYS }
}

/** The packages of the suite are no edXML; what a platform would read in them is always the same. */
const factsOfOther = () => ({ from: 'H36.99.01', recipients: ['H36.99.03'], title: 'Về việc thử kết nối', notation: '' })

const EDXML = '<?xml version="1.0" encoding="UTF-8"?><edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"/>'

export function createHarness (): AdapterHarness {
  let platform: PlatformSimulator | undefined
  return {
    can: ['refuse', 'overload', 'hang', 'drop', 'malformed', 'offline'],
    retryAfterMs: 7000,
    async start () { platform = await startSimulator({ port: 0, host: '127.0.0.1', options: {}, factsOfOther }) },
    settings: () => ({
      url: platform?.url ?? '',
      accounts: ['HUB-H36', 'STP-H36'].flatMap(systemId => platform?.tables.systems.get(systemId) ?? []).map(system => ({ ...system, agencies: [...system.agencies] })),
      pollIntervalMs: 20, maxBackoffMs: 100, loginRetryMs: 0
    }),
    async misbehave (kind) {
      if (kind === 'offline') {
        await platform?.stop()
        return
      }
      await platform?.start()
      if (platform !== undefined) Object.assign(platform.faults, NO_FAULTS, kind === undefined ? {} : ACCIDENTS[kind])
    },
    received: () => [...platform?.tables.messages.values() ?? []].filter(({ deliveryId }) => deliveryId !== undefined).map(deliveryOf),
    async offer () {
      const bytes = Buffer.from(EDXML)
      const message = platform === undefined ? undefined : putMessage(platform.tables, {
        from: 'H37.11', to: ['H36.99.03'], messageType: 'edoc', title: 'thử', notation: '1/STP', sentAt: Math.round(performance.timeOrigin + performance.now()), size: bytes.length, sha256: '',
        deliveryId: undefined, traceparent: undefined, bytes
      })
      return message?.items[0]?.receiverDocId ?? ''
    },
    fateOf (docId) {
      const status = platform?.tables.queue.get(docId)?.item.status
      return status === 'done' ? 'acknowledged' : status === 'fail' ? 'refused' : 'waiting'
    },
    async stop () { await platform?.stop() }
  }
}

function deliveryOf ({ deliveryId, traceparent, size, sha256, items, messageType }: MessageRow): HarnessDelivery {
  const to = items[0]?.to
  return {
    ...(deliveryId === undefined ? {} : { deliveryId }), ...(traceparent === undefined ? {} : { traceparent }), ...(to === undefined ? {} : { recipient: to }),
    kind: messageType === 'status' ? 'status' : 'document', size, sha256
  }
}
