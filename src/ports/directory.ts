// Who exists, under which codes, who follows whom, and which endpoint serves whom.
import type { Agency, Axis, EndpointConfig, Envelope, RouteReason } from '../model/generated.js'
import type { DeliveryFormat } from '../model/delivery.js'
import type { Problem } from '../model/problem.js'

/** See `codes` of an endpoint. */
export type CodeOrder = NonNullable<EndpointConfig['codes']>

/** An agency system attached through one adapter. */
export interface Endpoint {
  id: string
  axis: Axis
  adapter: string
  /** What it receives. */
  format: DeliveryFormat
  /** The outbound mapping of format `mapping`. */
  mapping?: string
  /** Order of the agency codes it gets; as written when absent. */
  codes?: CodeOrder
  /** How files travel in edXML written anew; as the vendor does when absent. */
  zip?: 'vendor' | 'raw'
  /** Tries at the same time, in one hub process. */
  concurrency: number
  /** One try may take this long, ms. */
  timeoutMs: number
  /** Validated by the adapter's config.schema.json. */
  settings: Record<string, unknown>
}

/** Where mail for a code goes, and why. */
export type Resolution =
  | { kind: 'found', agency: Agency, endpoint: Endpoint, reasons: RouteReason[] }
  | { kind: 'refused', agency?: Agency, problem: Problem, reasons: RouteReason[] }

export interface AgencyView extends Agency {
  axis: Axis
  status: 'active' | 'closed'
  /** Main codes of the agencies that follow it. */
  successors: string[]
  /** Endpoint that serves it now. */
  servedBy?: string
}

export interface Directory {
  /** The agency a code means on a day, by main code, current or former code, in either order. No succession. */
  find (code: string, at: number): Agency | undefined
  /** Resolves a recipient: code → agency → successor when closed → endpoint. `at` is epoch ms. */
  resolve (code: string, options: { kind: Envelope['kind'], at: number }): Resolution
  /** True when the agency existed at `at`, or closed less than the grace period before. */
  maySend (agency: Agency, at: number): boolean
  view (code: string, at: number): AgencyView | undefined
  /** Sorted by main code; `after` is the last code of the page before; `query` matches code or name, with or without diacritics. */
  list (options: { limit: number, at: number, after?: string, query?: string, axis?: Axis }): AgencyView[]
  endpoints (): readonly Endpoint[]
}
