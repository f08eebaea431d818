// Who exists, under which codes, who follows whom, and which endpoint serves whom.
import type { Agency, Axis, EndpointConfig, Envelope, Reportable, RouteReason, TranslationConfig } from '../model/generated.js'
import type { DeliveryFormat } from '../model/delivery.js'
import type { CircuitPolicy } from '../model/circuit.js'
import type { MaintenanceWindow } from '../model/maintenance.js'
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
  /** What it brings in is read by this. */
  translation?: TranslationConfig
  /** Order of the agency codes it gets; as written when absent. */
  codes?: CodeOrder
  /** How files travel in edXML written anew; as the vendor does when absent. */
  zip?: 'vendor' | 'raw'
  /** What edXML written anew is signed with, by its name in the configuration; not signed when absent. */
  sign?: string
  /** What the agencies behind it are told about packages that they sent. */
  receipts?: readonly Reportable[]
  /** Who tells a sender that its document has arrived here; the receiving system when absent. */
  arrivalStatus?: 'system' | 'hub'
  /** Tries at the same time, in one hub process. */
  concurrency: number
  /** One try may take this long, ms. */
  timeoutMs: number
  /** Whether the other side honours the delivery id; when absent, what the manifest of the adapter says. */
  idempotent?: boolean
  /** The other side hands a document to everyone whom it names, says the manifest of the adapter. */
  fansOut?: boolean
  circuit?: CircuitPolicy
  /** Most attempts a second of all hub processes together; no limit when absent. */
  rateLimit?: { perSecond: number, burst: number }
  maintenance?: readonly MaintenanceWindow[]
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
  /** Endpoint that serves it now; the first of them where each kind of package has its own. */
  servedBy?: string
}

export interface Directory {
  /** The agency a code means on a day, by main code, current or former code, in either order. No succession. */
  find (code: string, at: number): Agency | undefined
  /** Resolves a recipient: code → agency → successor when closed → endpoint. `at` is epoch ms. */
  resolve (code: string, options: { kind: Envelope['kind'], at: number }): Resolution
  /** True when the agency existed at `at`, or closed less than the grace period before. */
  maySend (agency: Agency, at: number): boolean
  /** Main codes of the agency and of its predecessors and successors at `at`: who may change a document that it issued, or it one of theirs. */
  lineage (agency: Agency, at: number): string[]
  view (code: string, at: number): AgencyView | undefined
  /** Sorted by main code; `after` is the last code of the page before; `query` matches code or name, with or without diacritics. */
  list (options: { limit: number, at: number, after?: string, query?: string, axis?: Axis }): AgencyView[]
  endpoints (): readonly Endpoint[]
}
