// One question about a citizen, asked through the hub: what the outside system is told, what it says, and what is kept of it.
import type { Problem } from './problem.js'

/** Who asks at the agency. */
export interface Officer {
  /** Mã cán bộ. */
  id: string
  name?: string
  /** Mã đơn vị. */
  unit: string
}

export interface Purpose { code: string, text: string }

/**
 * What the hub decided or the outside system said. requested: it goes out now; one that stays so was cut off, and may have gone out.
 * denied: the hub did not let it out. answered, refused, unavailable: as the outside system did.
 */
export const SERVICE_CALL_STATES = ['requested', 'answered', 'refused', 'unavailable', 'denied'] as const
export type ServiceCallState = typeof SERVICE_CALL_STATES[number]

/** A line of the log of calls: who, when, why, about whom. Never what was asked or answered. */
export interface ServiceCallRecord {
  /** MaYeuCau: UUIDv7, unique for every call. */
  id: string
  service: string
  operation: string
  endpoint: string
  /** client:ID. */
  client: string
  /** Main code of the agency for which it asks. */
  agency: string
  officer: Officer
  purpose: Purpose
  /** Mã hồ sơ. */
  dossier: string
  /** Whom it is about: `hmac-sha256:…` or a covered number; absent when the question names nobody. */
  subject?: string
  state: ServiceCallState
  /** Epoch ms. */
  requestedAt: number
  settledAt?: number
  durationMs?: number
  /** Code of the reason, where it was not answered. */
  code?: string
  /** Answered from the memory of the process: nothing went out. */
  cached?: true
  traceId: string
}

/** How a call ended. */
export interface ServiceCallEnd { state: Exclude<ServiceCallState, 'requested' | 'denied'>, settledAt: number, durationMs: number, code?: string, cached?: true }

/** What an outside system said to a question. */
export type ServiceOutcome =
  /** `result` is what the caller gets: fields that the adapter names, nothing else. */
  | { readonly kind: 'answered', readonly result: Readonly<Record<string, unknown>> }
  /** It said no; asking again changes nothing. */
  | { readonly kind: 'refused', readonly problem: Problem }
  /** No answer, or none that can be read; it may be asked again. */
  | { readonly kind: 'unavailable', readonly problem: Problem, readonly retryAfterMs?: number }
