// From received file bytes to the file itself: senders put most files into a one-entry ZIP, which is taken off here.
import type { PayloadRef } from '../model/package.js'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import { openArchive, type Archive } from './archive.js'
import type { DecodeContext, DecodeLimits, Spool } from './codec.js'
import type { Consequence } from './check.js'
import type { Finding } from './findings.js'
import { ARCHIVE_EXTENSIONS, extensionOf, HEAD_BYTES, sniff } from './sniff.js'

const EMPTY = Buffer.alloc(0)
const SMALL_BYTES = 64 * 1024
/** `PK\x03\x04` */
const LOCAL_FILE_HEADER = 0x504b0304

/** Bytes that archives of one message may still inflate to; shared, so that a hundred small bombs are one. */
export interface InflationBudget { bytes: number }

export function createInflationBudget (limits: DecodeLimits): InflationBudget {
  return { bytes: limits.maxInflationBytes }
}

/**
 * A spool with what is known of its beginning; counts and bounds what is written. Methods, not getters: V8 makes a hidden
 * class of its own for every literal with getters, and it lives until the next full collection.
 */
export interface PayloadWriter {
  write (bytes: Uint8Array): Promise<void>
  readonly spool: Spool
  size (): number
  /** The first {@link HEAD_BYTES} bytes. */
  head (): Buffer
  /** All of it, while it is small. */
  small (): Buffer | undefined
}

/** Throws BODY_TOO_LARGE when a file gets larger than `limits.maxAttachmentBytes`. */
export async function createPayloadWriter (context: DecodeContext): Promise<PayloadWriter> {
  const spool = await context.spool()
  const most = context.limits.maxAttachmentBytes
  let head = EMPTY
  let parts: Buffer[] | undefined = []
  let size = 0
  return {
    spool,
    size: () => size,
    head: () => head,
    small: () => parts === undefined ? undefined : Buffer.concat(parts),
    async write (bytes) {
      if (bytes.byteLength === 0) return
      size += bytes.byteLength
      if (size > most) throw new HubError('BODY_TOO_LARGE', text(`Một tệp đính kèm vượt quá ${most} byte`, `An attachment is over ${most} bytes`))
      if (head.length < HEAD_BYTES) head = head.length === 0 ? Buffer.from(bytes.subarray(0, HEAD_BYTES)) : Buffer.concat([head, bytes.subarray(0, HEAD_BYTES - head.length)])
      // Only an archive is looked into again.
      if (size > SMALL_BYTES || !isZip(head)) parts = undefined
      else parts?.push(Buffer.from(bytes))
      await spool.write(bytes)
    }
  }
}

export interface SettledPayload extends PayloadRef {
  contentType: string
  unwrapped: boolean
  findings: ReadonlyArray<readonly [Consequence, Omit<Finding, 'pointer'>]>
}

/** Ends the spool and names its media type; takes nothing off. */
export async function settlePlain (writer: PayloadWriter, name: string): Promise<SettledPayload> {
  const archive = isZip(writer.head()) ? await openArchive(writer.spool, writer.size(), writer.small()) : undefined
  return { ...await writer.spool.end(), contentType: sniff(writer.head(), name, archive?.names), unwrapped: false, findings: [] }
}

/**
 * Ends the spool. When it holds a ZIP that a sender made around one file, the file replaces it: any archive of one entry
 * under a name that is no archive's, or `<uuid>.<ext>` alone under a name that is. Entry paths are ignored.
 */
export async function settlePayload (writer: PayloadWriter, name: string, context: DecodeContext, budget: InflationBudget): Promise<SettledPayload> {
  if (!isZip(writer.head())) return await settlePlain(writer, name)
  const archive = await openArchive(writer.spool, writer.size(), writer.small())
  const findings: Array<readonly [Consequence, Omit<Finding, 'pointer'>]> = []
  if (archive !== undefined && isWrapping(archive, extensionOf(name))) {
    const inner = await inflate(archive, writer.size(), context, budget)
    if ('spool' in inner) {
      await writer.spool.discard()
      // An office file is a ZIP itself: only its entries tell which.
      const nested = isZip(inner.head()) ? await openArchive(inner.spool, inner.size()) : undefined
      return { ...await inner.spool.end(), contentType: sniff(inner.head(), name, nested?.names), unwrapped: true, findings }
    }
    findings.push(['reject', inner])
  } else if (!ARCHIVE_EXTENSIONS.has(extensionOf(name))) {
    findings.push(['warn', {
      code: 'ATTACHMENT_INVALID',
      detail: text('Tệp là ZIP không mở được thành một tệp duy nhất; giữ nguyên ZIP.', 'The file is a ZIP that does not open to exactly one file; it is kept as a ZIP.'),
      found: archive === undefined ? 'damaged ZIP' : `${archive.entryCount} entries`
    }])
  }
  return { ...await writer.spool.end(), contentType: sniff(writer.head(), name, archive?.names), unwrapped: false, findings }
}

function isZip (head: Buffer): boolean {
  return head.length >= 4 && head.readUInt32BE(0) === LOCAL_FILE_HEADER
}

function isWrapping (archive: Archive, extension: string): boolean {
  if (archive.soleSize === undefined) return false
  if (!ARCHIVE_EXTENSIONS.has(extension)) return true
  const entry = archive.names[0]?.split(/[/\\]/).at(-1) ?? ''
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\./i.test(entry) && extensionOf(entry) === extension && entry.length === 37 + extension.length
}

/** The only entry in a spool of its own, or the reason why not. */
async function inflate (archive: Archive, size: number, context: DecodeContext, budget: InflationBudget): Promise<PayloadWriter | Omit<Finding, 'pointer'>> {
  budget.bytes += size * context.limits.maxInflationRatio
  const most = Math.min(budget.bytes, context.limits.maxAttachmentBytes)
  if ((archive.soleSize ?? 0) > most) {
    return {
      code: 'ATTACHMENT_INVALID',
      detail: text('Tệp ZIP bung ra quá lớn.', 'The ZIP inflates to too many bytes.'),
      expected: `at most ${most} bytes`,
      found: `${archive.soleSize ?? 0} bytes`
    }
  }
  const inner = await createPayloadWriter(context)
  try {
    // A lying directory ends here: more bytes than claimed make the stream fail.
    for await (const chunk of await archive.openSole()) await inner.write(chunk)
  } catch (error) {
    await inner.spool.discard()
    if (error instanceof HubError) throw error
    return { code: 'ATTACHMENT_INVALID', detail: text('Tệp ZIP bị hỏng.', 'The ZIP is damaged.'), found: error instanceof Error ? error.message : 'damaged' }
  }
  budget.bytes -= inner.size()
  return inner
}
