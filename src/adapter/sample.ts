// Packages made to order for the conformance suite: recognisable, of any size, breaking off or coming slowly on demand; or the
// true packages of a harness whose protocol needs them.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '../ids.js'
import type { AdapterManifest, Envelope } from '../model/generated.js'
import type { Content } from '../model/package.js'
import type { OutboundDelivery, SentRequest } from '../ports/adapter.js'
import type { AdapterHarness, HarnessSample } from './harness.js'

/** A package made to order, and how much of it the adapter has read. */
export interface SampleDelivery extends OutboundDelivery {
  /** Bytes handed out by the current stream. */
  pulled (): number
  /** What the adapter said it sent. */
  readonly noted: readonly SentRequest[]
}

export interface SampleOptions {
  /** Bytes; 2000 when absent. A wish, where the harness makes the packages. */
  size?: number
  deliveryId?: string
  attempt?: number
  /** The stream breaks off with an error after this many bytes; those of attachments half-way at the latest. */
  breakAt?: number
  /** Before each chunk the stream waits so long; it comes in ten chunks then. */
  pauseMs?: number
}

const CHUNK_BYTES = 64 * 1024
const PATTERN = Buffer.alloc(CHUNK_BYTES, 'Công văn số 12/UBND-VX <x> & \u0000\r\n')
const digests = new Map<number, string>()

/** The content of a sample: recognisable, never twice the same in one block, and cheap to make in any size. */
function * chunksOf (size: number): Generator<Buffer> {
  for (let at = 0; at < size; at += CHUNK_BYTES) {
    const chunk = Buffer.from(PATTERN.subarray(0, Math.min(CHUNK_BYTES, size - at)))
    if (chunk.length >= 4) chunk.writeUInt32BE(at)
    yield chunk
  }
}

function * piecesOf (bytes: Buffer, chunkBytes = CHUNK_BYTES): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

function digestOf (size: number): string {
  let digest = digests.get(size)
  if (digest === undefined) {
    const hash = createHash('sha256')
    for (const chunk of chunksOf(size)) hash.update(chunk)
    digests.set(size, digest = hash.digest('hex'))
  }
  return digest
}

/** A package with random ids; the first kind and format of the manifest, unless the harness makes its own. */
export function sampleDelivery (manifest: AdapterManifest, options: SampleOptions, harness: Pick<AdapterHarness, 'sample'> = {}): SampleDelivery {
  const { size = 2000, deliveryId = newId(), attempt = 1 } = options
  const own: HarnessSample = harness.sample?.({ deliveryId, size }) ?? {}
  const kind = manifest.kinds[0] ?? 'document'
  const envelope = own.envelope ?? usualEnvelope(kind, deliveryId)
  const progress = { pulled: 0 }
  const noted: SentRequest[] = []
  const { body, attachments = [] } = own
  return {
    deliveryId,
    packageId: newId(),
    attempt,
    envelope,
    content: own.content ?? sampleContent(kind, envelope),
    recipient: envelope.to[0]?.code ?? '',
    body: {
      mediaType: body?.mediaType ?? (kind === 'document' && manifest.formats.includes('original') ? 'application/xml' : 'application/json'),
      size: body?.bytes.length ?? size,
      sha256: body === undefined ? digestOf(size) : createHash('sha256').update(body.bytes).digest('hex'),
      open: async () => stream({ size: body?.bytes.length ?? size, bytes: body?.bytes, options, progress })
    },
    attachments: attachments.map(({ meta }) => meta),
    async openAttachment (n) {
      const found = attachments.find(({ meta }) => meta.n === n)
      if (found === undefined) throw new Error(`the sample has no attachment ${n}`)
      const { bytes } = found
      const broken = options.breakAt === undefined ? {} : { breakAt: Math.min(options.breakAt, Math.floor(bytes.length / 2)) }
      return stream({ size: bytes.length, bytes, options: { ...options, ...broken }, progress: { pulled: 0 } })
    },
    otherIds: async () => [],
    noteSent (request) { noted.push(request) },
    noted,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    pulled: () => progress.pulled
  }
}

interface Source { size: number, bytes: Buffer | undefined, options: SampleOptions, progress: { pulled: number } }

function stream ({ size, bytes, options: { breakAt, pauseMs }, progress }: Source): Readable {
  progress.pulled = 0
  const pieces = pauseMs === undefined
    ? (bytes === undefined ? chunksOf(size) : piecesOf(bytes))
    : piecesOf(bytes ?? Buffer.concat([...chunksOf(size)]), Math.max(1, Math.ceil(size / 10)))
  return Readable.from((async function * () {
    for (const piece of pieces) {
      if (breakAt !== undefined && progress.pulled + piece.length > breakAt) throw new Error('the stored content broke off')
      if (pauseMs !== undefined) await sleep(pauseMs)
      progress.pulled += piece.length
      yield piece
    }
  })(), { objectMode: false, highWaterMark: CHUNK_BYTES })
}

function usualEnvelope (kind: Envelope['kind'], deliveryId: string): Envelope {
  return {
    kind,
    action: kind === 'status' ? '01' : kind === 'dossier' ? 'submit' : 'new',
    identifier: `sample-${deliveryId}`,
    correlationId: `sample-${deliveryId}`,
    from: { code: 'H36.99.01', name: 'Sở Thử nghiệm' },
    to: [{ code: 'H36.99.03', name: 'UBND xã Mẫu' }],
    priority: 0,
    title: 'Về việc thử kết nối'
  }
}

function sampleContent (kind: Envelope['kind'], envelope: Envelope): Content {
  switch (kind) {
    case 'document': return { kind, document: { documentId: envelope.identifier, docType: 'new', attachments: [] } }
    case 'dossier': {
      const to = envelope.to.map(({ code }) => code)
      return { kind, dossier: { packageId: envelope.identifier, kind: 'submit', from: envelope.from.code, to, MaHoSo: '000.00.01.H36-261120-0001' } }
    }
    case 'status': return { kind, status: { statusCode: '01', responseFor: { documentId: envelope.identifier } }  }
  }
}
