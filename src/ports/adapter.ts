// The adapter contract, version 1. An adapter owns a protocol; the hub's runtime owns time-outs, retries, concurrency,
// reconnecting and idempotency.
import type { LookupFunction } from 'node:net'
import type { Readable } from 'node:stream'
import type { AdapterManifest, Attachment, Envelope } from '../model/generated.js'
import type { Content } from '../model/package.js'
import type { Outcome } from '../model/delivery.js'
import type { Problem } from '../model/problem.js'
import type { Officer, Purpose, ServiceOutcome } from '../model/service-call.js'
import type { ListedAgency } from '../model/directory-changes.js'
import type { DossierCodecs } from './dossier-wire.js'

export type { ListedAgency, Officer, Purpose, ServiceOutcome }

export interface Adapter<Config = unknown> {
  readonly manifest: AdapterManifest
  /** JSON Schema of the settings (config.schema.json): validation, defaults, masking (`x-secret`) and the console's form. */
  readonly settingsSchema: Readonly<Record<string, unknown>>
  /**
   * Opens a session with settings that are valid by the adapter's `config.schema.json`. May connect, need not: the
   * runtime calls `probe` to know. Rejects when it cannot work with these settings; the runtime tries again with backoff.
   */
  open (config: Config, kit: AdapterKit): Promise<AdapterSession>
}

export interface AdapterSession {
  /** Proves that the connection works. Sends no package. */
  probe (signal: AbortSignal): Promise<Outcome>
  /** At least once: may be called again with the same deliveryId. Never throws for an expected failure. Returns within 1 s of an abort. */
  deliver? (delivery: OutboundDelivery, signal: AbortSignal): Promise<Outcome>
  /** Runs until aborted; what it throws is logged, and it is called again after a while. */
  receive? (accept: Accept, signal: AbortSignal): Promise<void>
  /**
   * For adapters whose recipients fetch: tells one again of a delivery that waits for it. At least once; what is deferred is asked for again
   * after a while. The delivery stays `available` whatever the outcome.
   */
  remind? (waiting: WaitingDelivery, signal: AbortSignal): Promise<Outcome>
  /**
   * Puts one question of the manifest's `operations` to the other side. Asked once: the hub does not repeat it. Never throws for an
   * expected failure. Returns within 1 s of an abort. Nothing of the question or of the answer may go into logs or problems.
   */
  call? (request: ServiceCall, signal: AbortSignal): Promise<ServiceOutcome>
  /** Where the other side keeps a directory: all agencies of it, as it has them now. Throws what went wrong. */
  listAgencies? (signal: AbortSignal): Promise<ListedAgency[]>
  close (): Promise<void>
}

export interface OutboundDelivery {
  /** Stable over all attempts: the idempotency key on the wire. */
  readonly deliveryId: string
  readonly packageId: string
  /** From 1. */
  readonly attempt: number
  readonly envelope: Envelope
  /** The canonical content, for protocols that carry fields instead of a file. */
  readonly content: Content
  /** Main code of the agency that gets it. */
  readonly recipient: string
  readonly body: {
    /** Media type of the bytes: application/xml for edXML, application/json for dossiers and the canonical form. */
    readonly mediaType: string
    /** Bytes. */
    readonly size: number
    /** Lower-case hex SHA-256 of the bytes. */
    readonly sha256: string
    /** The bytes, where the hub holds them already because they are few. */
    readonly bytes?: Buffer
    /** A fresh stream of the bytes; call again for a second pass. */
    open (): Promise<Readable>
  }
  readonly attachments: readonly Attachment[]
  /** A fresh stream of the n-th attachment, counted from 1 as in {@link Attachment.n}. */
  openAttachment (n: number): Promise<Readable>
  /**
   * `externalId` of the other deliveries to this recipient about the same document or dossier: what a list of the receiving system names so is
   * not this delivery, however alike. A predecessor's is among them when this one is attempted. Rejects while the store is away.
   */
  otherIds (): Promise<readonly string[]>
  /**
   * For adapters whose requests are not the body: says what goes out, each time just before it does. The hub keeps it with the delivery,
   * whatever becomes of the attempt; its sender and operators read it. Of one attempt the first 200 requests and 16 MiB are kept. Never throws.
   */
  noteSent (request: SentRequest): void
  /** W3C trace context to pass on. */
  readonly traceparent: string
}

/** One request that carries a package or a part of it, as it goes over the wire. */
export interface SentRequest {
  /** The operation as the other side names it, up to 100 characters. */
  readonly call: string
  readonly mediaType: string
  /**
   * Exactly its bytes, but for `MASK` in place of every secret, and `fileStandIn` in place of the base64 of a file of the package; or the
   * file itself, when that is all that it carries.
   */
  readonly body: Buffer | Pick<Attachment, 'sha256' | 'size'>
}

/** A delivery that its recipient has not fetched. */
export interface WaitingDelivery extends Pick<OutboundDelivery, 'deliveryId' | 'packageId' | 'envelope' | 'recipient'> {
  /** Stable over repetitions of this reminder, another one for the next. */
  readonly reminderId: string
  /** asked: the recipient wants a new link. late: it has not come. */
  readonly reason: 'asked' | 'late'
}

/** One question, with who asks and why: the other side may want to know, and the hub has written it down. */
export interface ServiceCall {
  /** MaYeuCau: unique for every call. */
  readonly requestId: string
  /** Name of an operation of the manifest. */
  readonly operation: string
  /** Valid by the schema of the operation. */
  readonly query: Readonly<Record<string, unknown>>
  readonly officer: Officer
  readonly purpose: Purpose
  /** Main code of the agency that asks. */
  readonly agency: string
  /** Mã hồ sơ. */
  readonly dossier: string
  /** W3C trace context to pass on. */
  readonly traceparent: string
}

/** A package that an adapter brings in. The adapter answers for who sent it. */
export interface InboundArrival {
  /** Agencies this connection may speak for, in any of their codes. */
  readonly agencies: readonly string[]
  readonly contentType: string
  readonly body: Readable
  /** Codes of the recipients, where the adapter knows them and the message of a partner's format does not say; before those of the endpoint's `translation`. */
  readonly to?: readonly string[]
  /**
   * Where the other side has an item for each recipient: the one whom this item is for, in any code. The others whom the message names wait for
   * items of their own, and each gets a word of its own from the hub. A message that names none of these goes to everyone it names.
   */
  readonly only?: readonly string[]
  /** The other side brings it to its own agencies itself: recipients that this endpoint serves are left out. */
  readonly servesOwn?: boolean
  /** Makes a repeated hand-over harmless when the protocol has an identifier of its own. */
  readonly idempotencyKey?: string
}

/**
 * Hands a package to the hub. Resolves once the hub has stored it, or will never take it: only then tell the other side.
 * Rejects when the hub cannot decide now (its store is away, it is stopping, the body broke off): leave the package where
 * it is, and bring it again.
 */
export type Accept = (arrival: InboundArrival) => Promise<Arrived>

export type Arrived =
  /** `repeated`: the hub had it already. Acknowledge it upstream. */
  | { readonly kind: 'stored', readonly packageId: string, readonly repeated: boolean }
  /** It will be no better tomorrow. Say so upstream, with the problem, or put it where a person finds it. */
  | { readonly kind: 'refused', readonly problem: Problem }

export interface AdapterLog {
  debug (fields: object, event: string): void
  info (fields: object, event: string): void
  warn (fields: object, event: string): void
  error (fields: object, event: string): void
}

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Record<string, string>
  /** Buffers and strings can be sent again when a kept-alive connection turns out to be dead; a stream is destroyed at the end. */
  body?: Readable | Buffer | string
  /** For what must not arrive twice: when a kept-alive connection turns out to be dead the exchange fails as broken, whatever the body. */
  neverRepeat?: boolean
  signal: AbortSignal
}

/** An answer, header names in lower case, its body read up to 64 KiB; `truncated` tells when there was more. */
export interface HttpAnswer { status: number, headers: Record<string, string>, body: Buffer, truncated: boolean }

/** An answer whose body is still to come. Read it to its end or destroy it; it fails when the connection breaks or the signal aborts. */
export interface HttpStream { status: number, headers: Record<string, string>, body: Readable }

/** What the hub lends an adapter. No store, no broker, no configuration of others. */
export interface AdapterKit {
  /** Name of the endpoint this session serves. */
  readonly endpoint: string
  readonly log: AdapterLog
  /** Hub time, epoch ms. */
  now (): number
  /** Small facts of this endpoint that outlive the process and are shared by all of them: cursors, snapshots. Not for content. */
  readonly memory: AdapterMemory
  /** Links to files of packages, for protocols that carry URLs instead of bytes. */
  readonly links: AdapterLinks
  /** Translations between the canonical form and the formats of partners. */
  readonly codecs: { readonly dossier: DossierCodecs }
  readonly http: {
    /**
     * One HTTP/1.1 exchange on kept-alive connections; redirects are answers, not followed. Rejects with a
     * {@link HttpFailure} when there is no answer, with the stream's own error when the body breaks off.
     */
    request (request: HttpRequest): Promise<HttpAnswer>
    /** The same, for answers of any size: resolves with the head of the answer. */
    open (request: HttpRequest): Promise<HttpStream>
  }
  /** For protocols other than HTTP. Whoever opens a socket without it passes the operator's egress policy by. */
  readonly network: {
    /**
     * Where a connection may go: options for `connect` of node:net and node:tls, or for a library that hands them on. Names are looked
     * up as it connects, and only addresses that the policy allows are used. Throws {@link EgressForbidden} for what it can
     * tell at once; the connection fails with it for the rest. What it means: `outcomeOfForbidden`.
     */
    target (address: { host: string, port: number }): NetworkTarget
  }
}

export interface NetworkTarget { host: string, port: number, lookup: LookupFunction }

export interface AdapterLinks {
  /**
   * A URL under which one file can be fetched without a key, until `expiresAt` (epoch ms; the hub's own term when absent).
   * The same for the same day. Rejects with `CONFIG_INVALID` while the operator has not set up links.
   */
  publish (file: { packageId: string, attachment: number, expiresAt?: number }): Promise<string>
  /**
   * A URL for a person: it opens once, until `expiresAt` (epoch ms; the hub's own term when absent), and leads to pages where this one
   * delivery, once it is `available`, is read and then acknowledged or rejected. `to` is the mail address that it goes to; the hub keeps
   * it masked and names it as who acted. From `remindAt` (epoch ms) on the session is asked to `remind`, unless the link was opened. Every call
   * makes another link. Rejects with `CONFIG_INVALID` like `publish`, and for deliveries of other endpoints.
   */
  invite (invitation: { deliveryId: string, to: string, expiresAt?: number, remindAt?: number }): Promise<string>
}

/** Keys are up to 200 characters, values JSON of up to 1 MiB. Both methods reject while the store is away. */
export interface AdapterMemory {
  /** What was written last; undefined when nothing was. */
  read (key: string): Promise<unknown>
  /** `undefined` forgets the key. It is forgotten by itself `keepMs` after it was written last; never when absent. */
  write (key: string, value: unknown, options?: { keepMs?: number }): Promise<void>
}

/** Why an HTTP exchange had no answer. `sent`: request bytes may have reached the other side, so the effect is uncertain. */
export class HttpFailure extends Error {
  constructor (readonly reason: 'aborted' | 'unreachable' | 'broken', readonly sent: boolean, cause: unknown) {
    // For logs: ECONNREFUSED and EGRESS_FORBIDDEN tell an operator what to look at.
    const { code } = (cause ?? {}) as { code?: unknown }
    super(`HTTP exchange ${reason}${typeof code === 'string' ? `: ${code}` : ''}`, { cause })
    this.name = 'HttpFailure'
  }
}

/** The operator's egress policy does not allow the connection. Nothing was sent. */
export class EgressForbidden extends Error {
  readonly code = 'EGRESS_FORBIDDEN'

  /** `target`: host and port, as the adapter named them. */
  constructor (readonly target: string) {
    super(`the egress policy does not allow ${target}`)
    this.name = 'EgressForbidden'
  }
}
