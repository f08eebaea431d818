// What every wire format offers the pipeline: decode a stream into the canonical model, its files into spools.
import type { Readable } from 'node:stream'
import type { Attachment, Envelope, LimitsConfig } from '../model/generated.js'
import type { Content, PayloadRef, Translation, WireFormat } from '../model/package.js'
import type { Fault } from '../model/problem.js'
import type { Direction } from './check.js'
import type { Places } from './pointers.js'
import type { Profile } from './profile.js'

/** One part of what arrived: the whole body of a plain request, or one part of a multipart request. */
export interface Part {
  /** Form field name; absent for a plain body. */
  readonly name?: string
  readonly filename?: string
  /** Media type, lower case, without parameters. */
  readonly contentType: string
  /** Set for a part of multipart/related, which belongs to the message itself; its Content-ID without `<` and `>`, empty when there is none. */
  readonly related?: string
  readonly body: AsyncIterable<Uint8Array>
}

/** Bytes of one payload on their way in; kept in memory while small. */
export interface Spool {
  write (chunk: Uint8Array): Promise<void>
  /** The bytes from `start` up to, not including, `end` of what was written so far. */
  read (start: number, end: number): Promise<Readable>
  /** Ends writing. The payload becomes durable only when the package is stored. */
  end (): Promise<PayloadRef>
  /** Forgets the bytes. */
  discard (): Promise<void>
}

/** What one package may hold (`limits` of the configuration), and the bytes of the whole request. */
export type DecodeLimits = Readonly<LimitsConfig> & { readonly maxBytes: number }

/** Those of a hub that is not configured otherwise; a test holds them to the schema. */
export const DEFAULT_LIMITS: DecodeLimits = {
  maxBytes: 150 * 2 ** 20,
  maxMarkupBytes: 2 * 2 ** 20,
  maxDepth: 64,
  maxElements: 20_000,
  maxAttributesPerElement: 64,
  maxTextLength: 256 * 1024,
  maxAttachments: 100,
  maxAttachmentBytes: 100 * 2 ** 20,
  maxInflationRatio: 5,
  maxInflationBytes: 200 * 2 ** 20
}

export interface DecodeContext {
  readonly limits: DecodeLimits
  /** From a connected system (default), or from an axis through an endpoint. */
  readonly direction?: Direction
  /** Now, epoch ms. Dates are not compared with it when it is absent. */
  readonly at?: number
  /** What follows from each deviation; the default table when absent. */
  readonly profile?: Profile
  /** Opens a spool for one file. The pipeline commits or discards it; the codec discards only what it replaced. */
  spool (): Promise<Spool>
}

/** The canonical model of what arrived, with everything that is wrong or odd about it. */
export interface Decoded {
  readonly envelope: Envelope
  readonly content: Content
  /** In order; `sha256` is that of a spool made by {@link DecodeContext.spool}. */
  readonly attachments: Attachment[]
  /** Tolerated deviations. */
  readonly warnings: Fault[]
  /** Reasons to refuse the package; all that were found. */
  readonly faults: Fault[]
  /** Where the routing facts stood, when not where the format has them. */
  readonly places?: Places
  /** Set when the content was translated on its way in. */
  readonly translation?: Translation
}

export interface Codec {
  readonly format: WireFormat
  /** Media type of the original bytes, for those who get them unchanged. */
  readonly mediaType: string
  /** True when the first part is in this format. */
  accepts (first: Pick<Part, 'name' | 'filename' | 'contentType'>): boolean
  /**
   * Reads `content` to its end, then `files`. Throws a `HubError` only when nothing can be made of the bytes (not
   * well-formed, forbidden construct, over a limit); everything else is a fault in the result.
   */
  decode (content: AsyncIterable<Uint8Array>, files: AsyncIterable<Part>, context: DecodeContext): Promise<Decoded>
}
