// Canonical document or status → strict edXML (QCVN 102:2016 §1.1 to 1.7, 2.2): the one form that the axis' .NET
// deserialiser and the vendor's Java parser both read. Streams; everything but the files' bytes is settled before the first byte.
import { HubError } from '../../errors.js'
import { normalizeCode, paddingKey, toQd20Guess } from '../../model/agency-code.js'
import type { Attachment, Document, Envelope } from '../../model/generated.js'
import type { Content } from '../../model/package.js'
import { text } from '../../model/text.js'
import { EDXML_NAMESPACE } from './namespaces.js'
import { ATTACHMENT_TAIL, encodeFile, packFiles, type PackedFile, writeBody, type Zipping } from './write-attachments.js'
import { writeEpoch } from './write-dates.js'
import { placeExtensions } from './write-extensions.js'
import { type Hop, writeDocumentHeader, writeStatusHeader } from './write-header.js'

export interface EdxmlSource {
  readonly envelope: Envelope
  readonly content: Content
  readonly attachments: readonly Attachment[]
}

export interface EncodeOptions {
  /** A fresh stream of the n-th attachment. */
  openAttachment: (n: number) => Promise<AsyncIterable<Uint8Array>>
  zip?: Zipping
  /** The hub's own hop, added behind the trace of a document: its code, and when it took the package in (epoch ms). */
  relay?: { code: string, at: number }
}

const HEAD = `<?xml version="1.0" encoding="UTF-8"?><edXML xmlns="${EDXML_NAMESPACE}"><edXML:edXMLEnvelope xmlns:edXML="${EDXML_NAMESPACE}">`
const ENVELOPE_TAIL = '</edXML:edXMLEnvelope>'
const TAIL = '</edXML>'
const ATTACHMENTS = 'AttachmentEncoded'

/** A node may pass a document on once, and once more when it comes back changed; a third time is a circle. */
const MOST_OWN_HOPS = 2

/**
 * The message as a stream: the same package and options give the same bytes. Throws at once, before any byte, TRANSFORM_FAILED
 * when the content has no form in edXML (a dossier, a character XML cannot carry) and RELAY_LOOP when this hub's code is in
 * the trace twice. The stream fails with CONTENT_MISSING when a file has another size than it should.
 */
export function encodeEdxml ({ envelope, content, attachments }: EdxmlSource, options: EncodeOptions): AsyncIterable<Buffer> {
  switch (content.kind) {
    case 'dossier':
      throw new HubError('TRANSFORM_FAILED', text('Hồ sơ không có dạng edXML; điểm nhận cần định dạng khác.', 'A dossier has no edXML form; the endpoint needs another format.'))
    case 'status': {
      const placed = placeExtensions(content.status.extensions)
      return whole(Buffer.from(`${HEAD}${writeStatusHeader(envelope, content.status, placed)}${placed('edXMLEnvelope')}${ENVELOPE_TAIL}${placed('')}${TAIL}`))
    }
    case 'document': {
      const { document } = content
      const placed = placeExtensions(document.extensions)
      const packed = packFiles(attachments, { zipping: options.zip ?? 'vendor', placed })
      const header = writeDocumentHeader({ envelope, document, hop: ownHop(document, options.relay), placed })
      const markup = `${HEAD}${header}${writeBody(attachments, packed, placed)}${placed('edXMLEnvelope')}${ENVELOPE_TAIL}`
      const tail = placed('') + TAIL
      return packed.length === 0 ? whole(Buffer.from(markup + tail)) : withFiles({ markup, packed, tail: `${placed(ATTACHMENTS)}</${ATTACHMENTS}>${tail}` }, options)
    }
  }
}

async function * whole (bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

interface Parts { markup: string, packed: readonly PackedFile[], tail: string }

async function * withFiles ({ markup, packed, tail }: Parts, { openAttachment }: EncodeOptions): AsyncGenerator<Buffer> {
  let before = `${markup}<${ATTACHMENTS}>`
  for (const file of packed) {
    yield Buffer.from(before + file.head)
    yield * encodeFile(file, exactly(file, await openAttachment(file.n)))
    before = ATTACHMENT_TAIL
  }
  yield Buffer.from(before + tail)
}

/** A file that ends early must not go out as if it were whole. */
async function * exactly ({ n, size }: PackedFile, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let read = 0
  for await (const chunk of source) {
    read += chunk.byteLength
    yield chunk
  }
  if (read !== size) throw new HubError('CONTENT_MISSING', text(`Tệp đính kèm số ${n} có ${read} byte, phải là ${size}.`, `Attachment ${n} has ${read} bytes instead of ${size}.`))
}

function ownHop ({ trace }: Document, relay: EncodeOptions['relay']): Hop | undefined {
  if (relay === undefined) return undefined
  const own = comparable(relay.code)
  const passed = (trace ?? []).filter(({ organId }) => organId !== undefined && comparable(organId) === own).length
  if (passed >= MOST_OWN_HOPS) {
    throw new HubError('RELAY_LOOP', text(`Văn bản đã qua trục này (${relay.code}) ${passed} lần; không chuyển tiếp nữa.`,
      `The document has passed this hub (${relay.code}) ${passed} times; it is not relayed again.`))
  }
  return { organId: relay.code, at: writeEpoch(relay.at) }
}

/** Equal for one code in both orders. */
function comparable (code: string): string {
  const normalized = normalizeCode(code)
  return paddingKey(toQd20Guess(normalized) ?? normalized)
}
