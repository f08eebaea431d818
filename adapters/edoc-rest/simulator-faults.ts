// How the simulated platform misbehaves, beyond what any system with queues does.
import { createFaultSwitches, type FaultSwitches, NO_QUEUE_FAULTS, type QueueFaults } from 'lienthong/adapter'

export interface Faults extends QueueFaults {
  /** So many calls from now on are answered with 401 although the token holds. */
  tokenErrors: number
  /** So many logins from now on are refused. */
  loginErrors: number
  /** How long a token holds, s. */
  tokenSeconds: number
  /** Tokens are no JWT. */
  opaqueTokens: boolean
  /** Lists still name what was acknowledged, as initial. */
  keepListed: boolean
  /** How getEdoc gives the message. */
  edxmlAs: 'base64' | 'plain' | 'attachment'
}

const NONE: Readonly<Faults> = { ...NO_QUEUE_FAULTS, tokenErrors: 0, loginErrors: 0, tokenSeconds: 1800, opaqueTokens: false, keepListed: false, edxmlAs: 'base64' }

export function createFaults (): FaultSwitches<Faults> {
  return createFaultSwitches(NONE, { choices: { edxmlAs: ['base64', 'plain', 'attachment'] } })
}
