// What the HTTP door needs from the rest of the hub, as one object.
import type { Readable } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import type { PayloadRef } from '../model/package.js'
import type { Caller } from '../model/caller.js'
import type { Intake } from '../pipeline/types.js'
import type { Clock } from '../ports/clock.js'
import type { Directory } from '../ports/directory.js'
import type { Store } from '../ports/store.js'

/** The part of the store that the API reads, and the recipient's word on its inbox. */
export type ApiStore = Pick<Store, 'findPackage' | 'listPackages' | 'events' | 'peekInbox' | 'findInbox' | 'settleInbox'>

export interface HttpSettings {
  /** Bytes of one request body. */
  maxBodyBytes: number
  /** A request, body included, must have arrived within this, ms. */
  requestTimeoutMs: number
  /** How long a peek hides a delivery from other peeks, ms. */
  inboxLockMs: number
  /** The longest lock a caller may ask for, ms. */
  inboxMaxLockMs: number
  /** Addresses of proxies whose forwarding headers are believed. */
  trustedProxies?: string[]
}

export interface HealthCheck { name: string, ok: boolean, detail?: string }

export interface Health {
  /** The process is working; false asks for a restart. */
  live (): { ok: boolean }
  /** Everything it needs answers; false asks for no traffic. */
  ready (): Promise<{ ok: boolean, checks: HealthCheck[] }>
}

export interface HttpDependencies {
  intake: Intake
  store: ApiStore
  directory: Directory
  payloads: { open (packageId: string, ref: PayloadRef): Promise<Readable> }
  /** Takes the whole `Authorization` header; undefined when it names no one. */
  authenticate (headerValue: string | undefined): Caller | undefined
  clock: Clock
  log: FastifyBaseLogger
  settings: HttpSettings
  health: Health
}
