// How the simulated axis misbehaves, beyond what any system with queues does.
import { createFaultSwitches, type FaultSwitches, NO_QUEUE_FAULTS, type QueueFaults } from 'lienthong/adapter'

export interface Faults extends QueueFaults {
  /** The clock of the axis is so far ahead, ms; time stamps must then be within five minutes of it. */
  clockSkewMs: number
  /** Behaves like a strict deserialiser: 22 for a wrong root, or envelope children without prefix. */
  strict: boolean
  /** A trace header of the axis is added: with its code, or with the literal null that real ones were seen with. */
  trace: 'code' | 'null' | 'off'
  /** What receivers get is written anew. */
  dropEmpty: boolean
  insertDirection: boolean
  rezip: boolean
  stripSignature: boolean
  emptyResponseFor: boolean
}

const NONE: Readonly<Faults> = {
  ...NO_QUEUE_FAULTS, clockSkewMs: 0, strict: false, trace: 'code', dropEmpty: false, insertDirection: false, rezip: false, stripSignature: false, emptyResponseFor: false
}

export function createFaults (): FaultSwitches<Faults> {
  return createFaultSwitches(NONE, { choices: { trace: ['code', 'null', 'off'] }, signed: ['clockSkewMs'] })
}
