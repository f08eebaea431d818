// The log of service calls, a part of the store: written before a question goes out, settled after, never purged with packages.
import type { ServiceCallEnd, ServiceCallRecord } from '../model/service-call.js'

/** What is looked for. Instants are epoch ms, `to` not included. */
export interface ServiceCallFilter { service?: string, agency?: string, dossier?: string, from?: number, to?: number }

/** Each method is one transaction, as in `Store`. */
export interface ServiceStore {
  /** Resolves once the call is stored; only then may it go out. */
  recordServiceCall (call: ServiceCallRecord): Promise<void>
  /** Says how a requested call ended. False: there is none, or it has ended. */
  settleServiceCall (id: string, end: ServiceCallEnd): Promise<boolean>
  /** Newest first, from before the id `before`; only those for `agencies` where a reader does not see all. */
  listServiceCalls (filter: ServiceCallFilter, page: { limit: number, before?: string }, scope: 'all' | readonly string[]): Promise<ServiceCallRecord[]>
  /** Removes the oldest calls requested before `before`, at most `limit`. Answers how many. */
  removeServiceCalls (options: { before: number, limit: number }): Promise<number>
}
