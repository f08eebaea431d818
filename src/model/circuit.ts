// The circuit breaker of an endpoint, as a pure state machine: closed → open → half-open → closed. It keeps the hub from
// knocking again and again at a door behind which nobody answers.
import type { Problem } from './problem.js'

export interface CircuitPolicy {
  /** So many failed attempts in a row, of at least two packages, open it. */
  failures: number
  /** It is open this long at first, ms; each further opening without a success between lasts twice as long … */
  openMs: number
  /** … but no longer than this, ms. */
  maxOpenMs: number
}

export const USUAL_CIRCUIT: CircuitPolicy = { failures: 5, openMs: 5000, maxOpenMs: 60_000 }

/**
 * closed: attempts are made. open: none are, until `openUntil`; then one process probes. half-open: the probe was answered;
 * attempts are made, the first one to end decides. All processes of a hub share it.
 */
export interface Circuit {
  state: 'closed' | 'open' | 'half-open'
  /** When it came into this state, epoch ms. Attempts begun before say nothing about it. */
  since: number
  /** How long the last opening was to last, ms; 0 after a success. */
  openMs: number
  /** When an open one may be probed, epoch ms. */
  openUntil?: number
  /** The failure that opened it. */
  problem?: Problem
}

export const CLOSED: Circuit = { state: 'closed', since: 0, openMs: 0 }

/** Failed attempts in a row, as one process has seen them. */
export interface Tally { failures: number, packageId?: string, manyPackages: boolean }

export const NO_FAILURE: Tally = { failures: 0, manyPackages: false }

/** What an attempt or a probe says about the endpoint; what says nothing about it is no sign. */
export type Sign =
  | { kind: 'worked', startedAt: number }
  | { kind: 'failed', startedAt: number, packageId: string, problem: Problem }
  | { kind: 'probe-worked' }
  | { kind: 'probe-failed', problem: Problem }

/** The circuit that all share, and what this process has counted towards it. */
export interface Breaker { circuit: Circuit, tally: Tally }

/** What a sign changes. `circuit` is the same object when it stays as it is. */
export function stepCircuit (breaker: Breaker, sign: Sign, { at, policy }: { at: number, policy: CircuitPolicy }): Breaker {
  const { circuit } = breaker
  if ('startedAt' in sign && sign.startedAt < circuit.since) return breaker
  const tally = countFailures(breaker.tally, sign)
  const next = nextCircuit({ circuit, tally }, sign, { at, policy })
  return { circuit: next, tally: next === circuit ? tally : NO_FAILURE }
}

/** One poisonous package alone never makes a row of many packages. */
function countFailures (tally: Tally, sign: Sign): Tally {
  if (sign.kind === 'worked') return NO_FAILURE
  if (sign.kind !== 'failed') return tally
  const { packageId = sign.packageId } = tally
  return { failures: tally.failures + 1, packageId, manyPackages: tally.manyPackages || packageId !== sign.packageId }
}

function nextCircuit ({ circuit, tally }: Breaker, sign: Sign, { at, policy }: { at: number, policy: CircuitPolicy }): Circuit {
  switch (circuit.state) {
    case 'closed':
      return sign.kind === 'failed' && tally.manyPackages && tally.failures >= policy.failures ? opened(circuit, sign.problem, { at, policy }) : circuit
    case 'open':
      if (sign.kind === 'probe-worked') return { ...circuit, state: 'half-open', since: at }
      return sign.kind === 'probe-failed' ? opened(circuit, sign.problem, { at, policy }) : circuit
    case 'half-open':
      if (sign.kind === 'worked') return { state: 'closed', since: at, openMs: 0 }
      return sign.kind === 'failed' ? opened(circuit, sign.problem, { at, policy }) : circuit
  }
}

function opened (circuit: Circuit, problem: Problem, { at, policy }: { at: number, policy: CircuitPolicy }): Circuit {
  const openMs = Math.min(Math.max(policy.openMs, circuit.openMs * 2), policy.maxOpenMs)
  return { state: 'open', since: at, openMs, openUntil: at + openMs, problem }
}

/** True when the time has come to probe. */
export function isProbeDue ({ state, openUntil = 0 }: Circuit, at: number): boolean {
  return state === 'open' && at >= openUntil
}
