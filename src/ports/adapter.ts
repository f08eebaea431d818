// The adapter contract, version 1. An adapter owns a protocol; the hub's runtime owns time-outs, retries, concurrency,
// reconnecting and idempotency.
import type { Readable } from 'node:stream'
import type { AdapterManifest, Attachment, Envelope } from '../model/generated.js'
import type { Content } from '../model/package.js'
import type { Outcome } from '../model/delivery.js'

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
  /** Runs until aborted. `accept` resolves once the hub has stored the package; only then acknowledge upstream. */
  receive? (accept: (arrival: InboundArrival) => Promise<Accepted>, signal: AbortSignal): Promise<void>
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
  /** W3C trace context to pass on. */
  readonly traceparent: string
}

/** A package that an adapter brings in. The adapter answers for who sent it. */
export interface InboundArrival {
  /** Agencies this connection may speak for (main codes). */
  readonly agencies: readonly string[]
  readonly contentType: string
  readonly body: Readable
  /** Makes a repeated hand-over harmless when the protocol has an identifier of its own. */
  readonly idempotencyKey?: string
}

export interface Accepted { readonly packageId: string, readonly repeated: boolean }

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
  signal: AbortSignal
}

/** An answer, header names in lower case, its body read up to 64 KiB; `truncated` tells when there was more. */
export interface HttpAnswer { status: number, headers: Record<string, string>, body: Buffer, truncated: boolean }

/** What the hub lends an adapter. No store, no broker, no configuration of others. */
export interface AdapterKit {
  /** Name of the endpoint this session serves. */
  readonly endpoint: string
  readonly log: AdapterLog
  /** Hub time, epoch ms. */
  now (): number
  readonly http: {
    /**
     * One HTTP/1.1 exchange on kept-alive connections; redirects are answers, not followed. Rejects with a
     * {@link HttpFailure} when there is no answer, with the stream's own error when the body breaks off.
     */
    request (request: HttpRequest): Promise<HttpAnswer>
  }
}

/** Why an HTTP exchange had no answer. `sent`: request bytes may have reached the other side, so the effect is uncertain. */
export class HttpFailure extends Error {
  constructor (readonly reason: 'aborted' | 'unreachable' | 'broken', readonly sent: boolean, cause: unknown) {
    super(`HTTP exchange ${reason}`, { cause })
    this.name = 'HttpFailure'
  }
}
