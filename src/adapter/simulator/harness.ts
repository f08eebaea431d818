// The counterpart of the conformance suite, for adapters whose other side is simulated with queues.
import type { AdapterHarness, HarnessDelivery, Misbehaviour, Simulator } from '../harness.js'
import type { QueueFaults } from './faults.js'
import { type MessageRow, putMessage, type QueueTables } from './queues.js'
import { wallClock } from './server.js'

export interface QueueSimulator extends Simulator {
  readonly tables: QueueTables
  readonly faults: QueueFaults
  clearFaults (): void
  /** Opens the same port again. */
  start (): Promise<void>
}

/** An accident lasts until it is told otherwise. */
const ALWAYS = 1_000_000

const ACCIDENTS: Readonly<Record<Exclude<Misbehaviour, 'offline'>, Partial<QueueFaults>>> = {
  refuse: { sendErrors: ALWAYS, sendErrorCode: '18' },
  overload: { httpErrors: ALWAYS, httpStatus: 503 },
  hang: { silent: ALWAYS },
  drop: { resetAfterCommit: ALWAYS },
  malformed: { nonsense: ALWAYS }
}

const EDXML = '<?xml version="1.0" encoding="UTF-8"?><edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"/>'

/** `settings` are those with which the adapter talks to the simulator; what is offered goes `from` one agency `to` another. */
export function createQueueHarness<S extends QueueSimulator> ({ open, settings, from, to }: { open (): Promise<S>, settings (simulator: S | undefined): Record<string, unknown>, from: string, to: string }): AdapterHarness {
  let simulator: S | undefined
  return {
    can: ['refuse', 'overload', 'hang', 'drop', 'malformed', 'offline'],
    retryAfterMs: 7000,
    async start () { simulator = await open() },
    settings: () => settings(simulator),
    async misbehave (kind) {
      if (kind === 'offline') {
        await simulator?.stop()
        return
      }
      await simulator?.start()
      simulator?.clearFaults()
      if (simulator !== undefined && kind !== undefined) Object.assign(simulator.faults, ACCIDENTS[kind])
    },
    received: () => [...simulator?.tables.messages.values() ?? []].filter(({ deliveryId }) => deliveryId !== undefined).map(deliveryOf),
    async offer () {
      const message = simulator === undefined ? undefined : putMessage(simulator.tables, { from, to: [to], title: 'thử', notation: '1/VP', sentAt: wallClock(), bytes: Buffer.from(EDXML) })
      return message?.items[0]?.receiverDocId ?? ''
    },
    fateOf (docId) {
      const status = simulator?.tables.queue.get(docId)?.item.status
      return status === 'done' ? 'acknowledged' : status === 'fail' ? 'refused' : 'waiting'
    },
    async stop () { await simulator?.stop() }
  }
}

function deliveryOf ({ deliveryId, traceparent, size, sha256, items, messageType }: MessageRow): HarnessDelivery {
  const to = items[0]?.to
  return {
    ...(deliveryId === undefined ? {} : { deliveryId }), ...(traceparent === undefined ? {} : { traceparent }), ...(to === undefined ? {} : { recipient: to }),
    kind: messageType === 'status' ? 'status' : 'document', size, sha256
  }
}
