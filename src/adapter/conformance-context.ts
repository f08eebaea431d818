// What a promise of the conformance suite works with: a running counterpart, a kit that listens, and packages made to order.
import { CATALOGUE } from '../errors.js'
import type { Outcome } from '../model/delivery.js'
import type { AdapterManifest } from '../model/generated.js'
import type { Adapter, AdapterKit, AdapterLog, AdapterSession, OutboundDelivery } from '../ports/adapter.js'
import type { AdapterHarness } from './harness.js'
import { KIT_CODECS } from './codecs.js'
import { createEgress, type EgressPolicy } from './egress.js'
import { createHttpClient, type HttpClient } from './http.js'
import { EXAMPLE_LINKS } from './example-links.js'
import { checkAdapter, type LoadedAdapter } from './load.js'
import { createMemory } from './memory.js'
import { within } from './within.js'
import { sampleDelivery, type SampleDelivery, type SampleOptions } from './sample.js'

export type { SampleDelivery, SampleOptions }

/** What is examined: an adapter and its fake counterpart, with the settings that the counterpart asks for. */
export interface Subject {
  readonly adapter: Adapter<never>
  readonly harness: AdapterHarness
}

export interface ConformanceContext {
  readonly adapter: LoadedAdapter
  readonly harness: AdapterHarness
  readonly manifest: AdapterManifest
  /** The harness's settings with defaults filled in. */
  readonly settings: Record<string, unknown>
  /** Everything the adapter has logged, as JSON. */
  readonly logged: readonly string[]
  /** Opens a session with the harness's settings; closed at the end whatever happens. `egress`: where it may connect to, everywhere when absent. */
  open (egress?: EgressPolicy): Promise<AdapterSession>
  sample (options?: SampleOptions): SampleDelivery
  /** Delivers, checks that the outcome is well formed, and remembers it. `signal` defaults to 30 s. */
  deliver (session: AdapterSession, delivery: OutboundDelivery, signal?: AbortSignal): Promise<Outcome>
  probe (session: AdapterSession): Promise<Outcome>
  /** Called before anything is closed. */
  onClose (stop: () => void): void
  /** Sessions first, then connections, then the counterpart. */
  close (): Promise<void>
}

/** One promise of the adapter contract. Names are stable: reports compare them. */
export interface AdapterPromise {
  /** A sentence about the adapter. */
  readonly name: string
  /** Which harm it prevents. */
  readonly why: string
  /** It may take this long, ms, whatever the usual limit is. */
  readonly limitMs?: number
  /** The reason why it does not concern this adapter; undefined when it does. */
  notApplicable? (subject: Subject): string | undefined
  /** Resolves when the promise is kept, rejects with an error that says what was seen instead. */
  run (context: ConformanceContext): Promise<void>
}

const CLOSE_LIMIT_MS = 5000

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
  const stops: Array<() => void> = []
  const logged: string[] = []
  const clients: HttpClient[] = []
  const kitFor = (egress?: EgressPolicy): AdapterKit => {
    const network = createEgress(egress)
    const http = createHttpClient(network)
    clients.push(http)
    return { endpoint: 'conformance', log: recorder(logged), now, memory: createMemory(), links: EXAMPLE_LINKS, codecs: KIT_CODECS, http, network }
  }
  const kit = kitFor()
  return {
    adapter: loaded,
    harness,
    manifest: loaded.manifest,
    settings,
    logged,
    async open (egress) {
      const session = await loaded.adapter.open(structuredClone(settings), egress === undefined ? kit : kitFor(egress))
      sessions.push(session)
      return session
    },
    sample: options => sampleDelivery(loaded.manifest, options ?? {}, harness),
    async deliver (session, delivery, signal = AbortSignal.timeout(30_000)) {
      if (session.deliver === undefined) throw new Error('the session has no deliver, although the manifest says outbound')
      return wellFormed(await session.deliver(delivery, signal))
    },
    probe: async session => wellFormed(await session.probe(AbortSignal.timeout(10_000))),
    onClose (stop) { stops.push(stop) },
    async close () {
      for (const stop of stops) stop()
      // What hangs here is left behind: the report must come.
      await within(CLOSE_LIMIT_MS, Promise.allSettled(sessions.map(async session => { await session.close() }))).catch(() => {})
      for (const http of clients) http.close()
      await within(CLOSE_LIMIT_MS, harness.stop()).catch(() => {})
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
