// The part of the store that all hub processes share about endpoints: circuits, pauses, and the deliveries that rest there.
import type { EndpointState } from '../model/endpoint-state.js'
import type { ClaimCheck } from './broker.js'

/** `acceptedAt`: of its package, or when an operator had it sent again; epoch ms. */
export interface OldestUndelivered { endpoint: string, deliveryId: string, acceptedAt: number }

/** Each method is one transaction, as in `Store`. */
export interface EndpointStore extends MemoryStore {
  /** Every endpoint about which something was ever noted. */
  endpointStates (): Promise<EndpointState[]>
  /** Changes a circuit that is still at `version` (0: never changed). False: another process was faster. */
  changeCircuit (endpoint: string, change: Pick<EndpointState, 'circuit' | 'version'>): Promise<boolean>
  /** Of all processes that ask one may probe an open circuit that is due, for as long as its lease lasts or until the circuit changes. */
  takeProbe (endpoint: string, options: { owner: string, at: number, leaseMs: number }): Promise<boolean>
  /** Deliveries to it rest from now on; recorded as an operator's action. False: it is paused already, and stays so for the first reason. */
  pauseEndpoint (endpoint: string, pause: NonNullable<EndpointState['pause']>): Promise<boolean>
  /** Recorded as an operator's action, with the pause that it ends. False: it was not paused. */
  resumeEndpoint (endpoint: string, word: NonNullable<EndpointState['pause']>): Promise<boolean>
  /** Of each of these endpoints the delivery that is not settled for longest; nothing of one where all are. */
  oldestUndelivered (endpoints: readonly string[]): Promise<OldestUndelivered[]>
  /** Makes resting deliveries queued, at most so many of each endpoint, urgent and oldest first, and answers their claims, to be published. */
  wakeResting (wishes: ReadonlyArray<{ endpoint: string, most: number }>, options: { at: number }): Promise<ClaimCheck[]>
}

/** What adapters remember of their endpoints. */
export interface MemoryStore {
  /** What the adapter of an endpoint wrote last under this key; undefined when nothing was. */
  readMemory (endpoint: string, key: string): Promise<unknown>
  /** `undefined` forgets the key. From `expiresAt` (epoch ms) on it may go; never when absent. */
  writeMemory (endpoint: string, key: string, value: unknown, options?: { expiresAt?: number }): Promise<void>
  /** Removes at most `limit` entries whose time is over, oldest first; answers how many. */
  removeMemory (options: { at: number, limit: number }): Promise<number>
}
