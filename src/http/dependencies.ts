// What the HTTP door needs from the rest of the hub, as one object.
import type { Readable } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import type { DoorsConfig } from '../model/generated.js'
import type { PayloadRef } from '../model/package.js'
import type { Caller } from '../model/caller.js'
import type { WorkingCalendar } from '../model/working-days.js'
import type { Role } from '../model/role.js'
import type { Operations } from '../pipeline/operate.js'
import type { Oversight } from '../pipeline/oversight.js'
import type { Services } from '../pipeline/services.js'
import type { Intake } from '../pipeline/types.js'
import type { Clock } from '../ports/clock.js'
import type { Directory } from '../ports/directory.js'
import type { Store } from '../ports/store.js'
import type { Invitations } from '../security/invitations.js'
import type { FileLinks } from '../security/links.js'
import type { Systems } from '../security/systems.js'
import type { Guesses } from './doors/guesses.js'

/** The part of the store that the API reads, the recipient's word on its inbox, and the operator's on a batch. */
export type ApiStore = Pick<Store, 'findPackage' | 'findRelated' | 'listPackages' | 'events' | 'peekInbox' | 'findInbox' | 'settleInbox' |
  'listDeliveries' | 'findDelivery' | 'listInbox' | 'countInbox' | 'lockInbox' | 'listSent' | 'causes' | 'counts' | 'startBatch' | 'cancelBatch' | 'findBatch' | 'listBatches' | 'batchItems' | 'listActions' | 'listServiceCalls'>

export interface HttpSettings {
  /** Bytes of one request body. */
  maxBodyBytes: number
  /** A request, body included, must have arrived within this, ms. */
  requestTimeoutMs: number
  /** How long a peek hides a delivery from other peeks, ms. */
  inboxLockMs: number
  /** The longest lock a caller may ask for, ms. */
  inboxMaxLockMs: number
  /** Working days that a recipient has to answer a change. */
  answerDays: number
  /** Addresses of proxies whose forwarding headers are believed. */
  trustedProxies?: string[]
}

export interface HealthCheck { name: string, ok: boolean, detail?: string }

export interface Health {
  /** What this process does. */
  readonly roles: readonly Role[]
  /** The process is working; false asks for a restart. */
  live (): { ok: boolean }
  /** Everything it needs answers; false asks for no traffic. */
  ready (): Promise<{ ok: boolean, checks: HealthCheck[] }>
}

/** What the door of a process without the API needs. */
export type HealthDependencies = Pick<HttpDependencies, 'log' | 'settings' | 'health'>

export interface HttpDependencies {
  intake: Intake
  store: ApiStore
  /** What operators do with deliveries. */
  operations: Operations
  /** What operators see of endpoints, and do with them. */
  oversight: Oversight
  /** Questions to outside systems. */
  services: Services
  directory: Directory
  /** Files that are read by link. */
  links: Pick<FileLinks, 'read'>
  payloads: { open (packageId: string, ref: PayloadRef): Promise<Readable> }
  /** Takes the whole `Authorization` header; undefined when it names no one. */
  authenticate (headerValue: string | undefined): Caller | undefined
  clock: Clock
  calendar: WorkingCalendar
  log: FastifyBaseLogger
  settings: HttpSettings
  health: Health
  /** One-time links; absent: there are no pages for them. */
  invitations?: Invitations
  /** Absent: every door is closed. */
  doors?: Doors
}

/** The doors for systems that exist, and who comes through them. */
export interface Doors { settings: DoorsConfig, systems: Systems }

export type DoorDependencies = HttpDependencies & { doors: Doors, guesses: Guesses }
