// What a promise of the conformance suite works with: a running counterpart, a kit that listens, and packages made to order.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { CATALOGUE } from '../errors.js'
import { newId } from '../ids.js'
import type { Outcome } from '../model/delivery.js'
import type { AdapterManifest, Envelope } from '../model/generated.js'
import type { Content } from '../model/package.js'
import type { Adapter, AdapterKit, AdapterLog, AdapterSession, OutboundDelivery } from '../ports/adapter.js'
import type { AdapterHarness } from './harness.js'
import { createHttpClient } from './http.js'
import { checkAdapter, type LoadedAdapter } from './load.js'

/** What is examined: an adapter and its fake counterpart, with the settings that the counterpart asks for. */
export interface Subject {
  readonly adapter: Adapter<never>
  readonly harness: AdapterHarness
}

/** A package made to order, and how much of it the adapter has read. */
export interface SampleDelivery extends OutboundDelivery {
  /** Bytes handed out by the current stream. */
  pulled (): number
}

export interface SampleOptions {
  size?: number
  deliveryId?: string
  attempt?: number
  /** The stream breaks off with an error after this many bytes. */
  breakAt?: number
}

export interface ConformanceContext {
  readonly adapter: LoadedAdapter
  readonly harness: AdapterHarness
  readonly manifest: AdapterManifest
  /** The harness's settings with defaults filled in. */
  readonly settings: Record<string, unknown>
  /** Everything the adapter has logged, as JSON. */
  readonly logged: readonly string[]
  /** Opens a session with the harness's settings; closed at the end whatever happens. */
  open (): Promise<AdapterSession>
  sample (options?: SampleOptions): SampleDelivery
  /** Delivers, checks that the outcome is well formed, and remembers it. `signal` defaults to 30 s. */
  deliver (session: AdapterSession, delivery: OutboundDelivery, signal?: AbortSignal): Promise<Outcome>
  probe (session: AdapterSession): Promise<Outcome>
  /** Sessions first, then connections, then the counterpart. */
  close (): Promise<void>
}

/** One promise of the adapter contract. Names are stable: reports compare them. */
export interface AdapterPromise {
  /** A sentence about the adapter. */
  readonly name: string
  /** Which harm it prevents. */
  readonly why: string
  /** The reason why it does not concern this adapter; undefined when it does. */
  notApplicable? (subject: Subject): string | undefined
  /** Resolves when the promise is kept, rejects with an error that says what was seen instead. */
  run (context: ConformanceContext): Promise<void>
}

/** Starts the counterpart. Rejects when the harness cannot start or gives settings that the schema refuses. */
export async function openContext ({ adapter, harness }: Subject, now: () => number): Promise<ConformanceContext> {
  const loaded = checkAdapter(adapter)
  await harness.start()
  const { settings, faults } = loaded.checkSettings(harness.settings())
  if (faults.length > 0) {
    await harness.stop()
    throw new Error(`the harness's own settings are not valid: ${JSON.stringify(faults)}`)
  }
  const sessions: AdapterSession[] = []
  const logged: string[] = []
  const http = createHttpClient()
  const kit: AdapterKit = { endpoint: 'conformance', log: recorder(logged), now, http }
  return {
    adapter: loaded,
    harness,
    manifest: loaded.manifest,
    settings,
    logged,
    async open () {
      const session = await loaded.adapter.open(structuredClone(settings), kit)
      sessions.push(session)
      return session
    },
    sample: options => sampleDelivery(loaded.manifest, options ?? {}),
    async deliver (session, delivery, signal = AbortSignal.timeout(30_000)) {
      if (session.deliver === undefined) throw new Error('the session has no deliver, although the manifest says outbound')
      return wellFormed(await session.deliver(delivery, signal))
    },
    probe: async session => wellFormed(await session.probe(AbortSignal.timeout(10_000))),
    async close () {
      await Promise.allSettled(sessions.map(async session => { await session.close() }))
      http.close()
      await harness.stop()
    }
  }
}

function recorder (lines: string[]): AdapterLog {
  const plainly = (_key: string, value: unknown): unknown => value instanceof Error ? `${value.name}: ${value.message} ${String(value.cause)}` : value
  const line = (fields: object, event: string): void => { lines.push(JSON.stringify({ event, ...fields }, plainly)) }
  return { debug: line, info: line, warn: line, error: line }
}

/** Throws when an outcome is not what the contract allows. */
function wellFormed (outcome: Outcome): Outcome {
  const shown = JSON.stringify(outcome)
  if (!['delivered', 'available', 'deferred', 'refused'].includes(outcome.kind)) throw new Error(`no outcome: ${shown}`)
  if (outcome.kind !== 'deferred' && outcome.kind !== 'refused') return outcome
  const { code, detail } = outcome.problem
  if (!Object.hasOwn(CATALOGUE, code)) throw new Error(`the problem code is not in the catalogue: ${shown}`)
  for (const sentence of [detail.vi, detail.en]) {
    if (typeof sentence !== 'string' || sentence.trim() === '' || sentence.length > 1000 || /\p{Cc}/u.test(sentence)) {
      throw new Error(`the problem needs one sentence in Vietnamese and one in English, without control characters: ${shown}`)
    }
  }
  return outcome
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

function digestOf (size: number): string {
  let digest = digests.get(size)
  if (digest === undefined) {
    const hash = createHash('sha256')
    for (const chunk of chunksOf(size)) hash.update(chunk)
    digests.set(size, digest = hash.digest('hex'))
  }
  return digest
}

/** A package with random ids and recognisable content; the first kind and format of the manifest. */
export function sampleDelivery (manifest: AdapterManifest, options: SampleOptions): SampleDelivery {
  const { size = 2000, deliveryId = newId(), attempt = 1, breakAt = Infinity } = options
  const kind = manifest.kinds[0] ?? 'document'
  let pulled = 0
  const recipient = 'H36.99.03'
  const envelope: Envelope = {
    kind,
    action: kind === 'status' ? '01' : kind === 'dossier' ? 'submit' : 'new',
    identifier: `sample-${deliveryId}`,
    correlationId: `sample-${deliveryId}`,
    from: { code: 'H36.99.01', name: 'Sở Thử nghiệm' },
    to: [{ code: recipient, name: 'UBND xã Mẫu' }],
    priority: 0,
    title: 'Về việc thử kết nối'
  }
  const open = async (): Promise<Readable> => {
    pulled = 0
    return Readable.from((function * () {
      for (const chunk of chunksOf(size)) {
        if (pulled + chunk.length > breakAt) throw new Error('the stored content broke off')
        pulled += chunk.length
        yield chunk
      }
    })(), { objectMode: false, highWaterMark: CHUNK_BYTES })
  }
  const mediaType = kind === 'document' && manifest.formats.includes('original') ? 'application/xml' : 'application/json'
  return {
    deliveryId,
    packageId: newId(),
    attempt,
    envelope,
    content: sampleContent(kind, envelope),
    recipient,
    body: { mediaType, size, sha256: digestOf(size), open },
    attachments: [],
    openAttachment: async n => { throw new Error(`the sample has no attachment ${n}`) },
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    pulled: () => pulled
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
