// transform: the recipient's format and code order, whatever the sender used. The original bytes are never edited, and what
// is made instead is whole and kept before the first byte of it is sent.
import { HubError } from '../errors.js'
import { STANDARD_FORMATS } from '../model/package.js'
import { text } from '../model/text.js'
import { canonicalBytes, canonicalForm } from '../formats/canonical.js'
import { withCodes } from '../formats/codes.js'
import { encodeEdxml } from '../formats/edxml/encode.js'
import { EDXML_MEDIA_TYPE } from '../formats/edxml/index.js'
import { RELATED_MEDIA_TYPE } from '../formats/edxml/related.js'
import { DOSSIER_MEDIA_TYPE } from '../formats/dossier/index.js'
import { writeDossier } from '../formats/dossier/write-one.js'
import type { Directory, Endpoint } from '../ports/directory.js'
import type { WireName } from '../ports/dossier-wire.js'
import type { EnvelopeSigning } from '../ports/signatures.js'
import type { ClaimedDelivery, Store } from '../ports/store.js'
import { orderCodes } from './code-order.js'
import { assertKept, bytesOf, type Payloads } from './payloads.js'
import { insertSignature } from './sign.js'
import type { Spooled } from './spool.js'
import type { Mappings, Prepared } from './types.js'

export interface TransformOptions {
  endpoint: Endpoint
  payloads: Payloads
  /** Where a message that was made anew is kept. */
  openSpooled: () => Spooled
  mappings: Pick<Mappings, 'run'>
  signing: EnvelopeSigning
  directory: Pick<Directory, 'find'>
  /** This hub's own code. */
  nodeCode: string
  findOtherIds: Store['findOtherIds']
}

type Source = ClaimedDelivery['package']
type Sent = Prepared['sent']

/**
 * Prepares what goes over the wire; the same package and configuration give the same bytes at every attempt. Throws a
 * `HubError`: TRANSFORM_FAILED or RELAY_LOOP when the content cannot take the recipient's format, CONTENT_PURGED, another when a service is away.
 */
export async function transform (claimed: ClaimedDelivery, options: TransformOptions): Promise<Prepared> {
  const { endpoint } = options
  assertKept(claimed.package)
  const ordered = inOrder(claimed, options)
  const source = endpoint.fansOut === true ? namingOne(ordered.source, claimed, options) : ordered.source
  const sent = await toFormat(claimed, source, options)
  const { transformation } = sent
  const noted = transformation === undefined || ordered.unknown.length === 0 ? sent : { ...sent, transformation: { ...transformation, unknownCodes: ordered.unknown } }
  return { claimed, endpoint, sent: noted, outbound: toOutbound(claimed, { sent: noted, source, options }) }
}

/** The package with its codes in the endpoint's order; `nodeCode` likewise. */
function inOrder ({ package: source }: ClaimedDelivery, { endpoint, directory }: TransformOptions): { source: Source, unknown: string[] } {
  const { codes = 'as-written' } = endpoint
  if (codes === 'as-written') return { source, unknown: [] }
  // The day of acceptance: a retry after midnight must not change the bytes.
  const { write, unknown } = orderCodes(codes, { directory, at: source.acceptedAt })
  return { source: withCodes(source, write), unknown: [...unknown] }
}

/**
 * The document with the delivery's own recipient alone, under the code of the agency that gets it today: the other side would
 * hand it to everyone named, once for each delivery. The same object when it names nobody else.
 */
function namingOne (source: Source, { delivery: { to, agency }, package: accepted }: ClaimedDelivery, { endpoint: { codes = 'as-written' }, directory }: TransformOptions): Source {
  const own = source.envelope.to[accepted.envelope.to.findIndex(({ code }) => code === to)]
  if (source.content.kind !== 'document' || own === undefined) return source
  const at = accepted.acceptedAt
  const isFollowed = agency !== undefined && directory.find(to, at)?.code !== agency
  if (!isFollowed && source.envelope.to.length === 1) return source
  const name = agency === undefined ? undefined : directory.find(agency, at)?.name
  const write = codes === 'as-written' ? (code: string) => code : orderCodes(codes, { directory, at }).write
  return { ...source, envelope: { ...source.envelope, to: [isFollowed ? { code: write(agency), ...(name === undefined ? {} : { name }) } : own] } }
}

async function toFormat (claimed: ClaimedDelivery, source: Source, options: TransformOptions): Promise<Sent> {
  const { package: accepted, delivery: { format } } = claimed
  switch (format) {
    case 'original':
      // Signatures and quirks of the sender survive wherever nothing has to change; a dossier has no envelope of codes.
      if (!STANDARD_FORMATS.has(accepted.format)) return await toStandard(source, options)
      // What came as MIME parts cannot be read without its header, nor by a reader of edXML.
      return accepted.format !== 'edxml' || (source === accepted && accepted.mediaType !== RELATED_MEDIA_TYPE) ? originalOf(accepted) : await toEdxml(source, options)
    case 'json': {
      const { bytes, sha256 } = canonicalBytes(source)
      return { sha256, size: bytes.length, mediaType: 'application/json', inline: bytes, transformation: made(options, { format }) }
    }
    case 'edxml':
      return await toEdxml(source, options)
    case 'mapping':
      return await toMapped(source, options)
    case 'dvcqg':
    case 'noihoso':
    case 'dvclt':
      return await toPartner(narrowed(source, claimed), format, options)
  }
}

function originalOf ({ original, mediaType }: Source): Sent {
  return { sha256: original.sha256, size: original.size, mediaType }
}

/** One partner's private format is of no use to the next: what was translated goes on as edXML, or as the dossier that it is. */
async function toStandard (source: Source, options: TransformOptions): Promise<Sent> {
  const { content } = source
  if (content.kind !== 'dossier') return await toEdxml(source, options)
  const transformation = made(options, { format: 'original' })
  return await keep([Buffer.from(JSON.stringify(content.dossier))], { mediaType: DOSSIER_MEDIA_TYPE, transformation }, options)
}

async function toEdxml (source: Source, options: TransformOptions): Promise<Sent> {
  const { endpoint, payloads, nodeCode, directory, signing, openSpooled } = options
  const codes = endpoint.codes ?? 'as-written'
  const code = codes === 'as-written' ? nodeCode : orderCodes(codes, { directory, at: source.acceptedAt }).write(nodeCode)
  const message = encodeEdxml(source, {
    zip: endpoint.zip ?? 'vendor',
    relay: { code, at: source.acceptedAt },
    openAttachment: async n => await openAttachment(source, payloads, n)
  })
  const { sign } = endpoint
  const sent = sign === undefined ? message : insertSignature(message, { openSpooled, sign: async source => await signing.sign(sign, source) })
  return await keep(sent, { mediaType: EDXML_MEDIA_TYPE, transformation: made(options, { format: 'edxml' }) }, options)
}

async function toMapped (source: Source, options: TransformOptions): Promise<Sent> {
  const { mapping } = options.endpoint
  if (mapping === undefined) {
    throw new HubError('TRANSFORM_FAILED', text(`Điểm kết nối "${options.endpoint.id}" không còn khai báo ánh xạ.`, `The endpoint "${options.endpoint.id}" names no mapping any more.`))
  }
  const { bytes, mediaType, version } = await options.mappings.run(mapping, canonicalForm(source))
  const transformation = made(options, { format: 'mapping', mapping: { name: mapping, version } })
  return await keep([bytes], { mediaType, transformation }, options)
}

/** To each recipient its own message: the formats of partners have room for one unit, or for none. */
function narrowed (source: Source, { delivery, package: accepted }: ClaimedDelivery): Source {
  if (source.content.kind !== 'dossier' || accepted.content.kind !== 'dossier') return source
  const { dossier } = source.content
  const own = dossier.to[accepted.content.dossier.to.indexOf(delivery.to)]
  return { ...source, content: { kind: 'dossier', dossier: { ...dossier, to: own === undefined ? dossier.to : [own] } } }
}

/** A dossier as the one request that a plain receiver of the partner's format understands. */
async function toPartner (source: Source, format: WireName, options: TransformOptions): Promise<Sent> {
  const { directory, nodeCode, payloads } = options
  const unit = orderCodes('qcvn102', { directory, at: source.acceptedAt }).write(nodeCode)
  const { message, service, lossy, warnings } = writeDossier(source, { format, context: { unit }, openAttachment: async n => await openAttachment(source, payloads, n) })
  const noted = { ...(lossy.length === 0 ? {} : { lossy }), ...(warnings.length === 0 ? {} : { warnings }) }
  return await keep(message, { mediaType: DOSSIER_MEDIA_TYPE, transformation: { ...made(options, { format }), service, ...noted } }, options)
}

type Transformation = NonNullable<Sent['transformation']>

function made ({ endpoint: { codes = 'as-written', zip = 'vendor', sign } }: TransformOptions, how: Pick<Transformation, 'format' | 'mapping'>): Transformation {
  return { ...how, codes, ...(how.format === 'edxml' ? { zip, ...(sign === undefined ? {} : { signedWith: sign }) } : {}) }
}

/** Writes the message down to its end: only then are its hash and size known, and only then can no half of it be sent. */
async function keep (message: AsyncIterable<Buffer> | Iterable<Buffer>, about: Pick<Sent, 'mediaType' | 'transformation'>, { openSpooled }: TransformOptions): Promise<Sent> {
  const spooled = openSpooled()
  try {
    const spool = await spooled.spool()
    for await (const chunk of message) await spool.write(chunk)
    const ref = await spool.end()
    await spooled.commit()
    const inline = spooled.inline()[0]?.bytes
    return { ...ref, ...about, ...(inline === undefined ? {} : { inline }) }
  } finally {
    await spooled.discard()
  }
}

async function openAttachment ({ id, attachments }: Source, payloads: Payloads, n: number): ReturnType<Payloads['open']> {
  const attachment = attachments.find(other => other.n === n)
  if (attachment === undefined) throw new HubError('CONTENT_MISSING', text(`Gói tin không có tệp đính kèm số ${n}.`, `The package has no attachment ${n}.`))
  return await payloads.open(id, attachment)
}

function toOutbound (claimed: ClaimedDelivery, { sent, source, options: { payloads, findOtherIds } }: { sent: Sent, source: Source, options: TransformOptions }): Prepared['outbound'] {
  const { delivery, package: accepted, inline } = claimed
  const bytes = sent.inline ?? (sent.sha256 === accepted.original.sha256 ? inline : undefined)
  return {
    deliveryId: delivery.id,
    packageId: accepted.id,
    attempt: delivery.attempts,
    envelope: source.envelope,
    content: source.content,
    recipient: delivery.agency ?? delivery.to,
    body: {
      mediaType: sent.mediaType,
      size: sent.size,
      sha256: sent.sha256,
      ...(bytes === undefined ? {} : { bytes }),
      open: async () => bytes === undefined ? await payloads.open(accepted.id, sent) : bytesOf(bytes)
    },
    attachments: accepted.attachments,
    openAttachment: async n => await openAttachment(accepted, payloads, n),
    otherIds: async () => await findOtherIds(delivery.id),
    // The span id is the delivery's own: its last 16 digits are random (RFC 9562 §5.7).
    traceparent: `00-${accepted.traceId}-${delivery.id.replaceAll('-', '').slice(-16)}-01`
  }
}
