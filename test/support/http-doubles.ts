// In-memory doubles behind the HTTP door, and a server on them. The intake reads and hashes; the store knows one package.
import { createHash } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { HubError } from '../../src/errors.js'
import type { HttpDependencies } from '../../src/http/dependencies.js'
import { createHttpServer } from '../../src/http/server.js'
import { text } from '../../src/model/text.js'
import { createWorkingCalendar } from '../../src/model/working-days.js'
import type { Caller } from '../../src/model/caller.js'
import type { Accepted, Arrival, Plan } from '../../src/pipeline/types.js'
import type { AgencyView, Directory } from '../../src/ports/directory.js'
import type { PackageEvent, StoredDelivery, StoredPackage } from '../../src/ports/store.js'
import { createOperatorDoubles, createOversightDouble, type Asked } from './operator-doubles.js'
import { createManualClock } from './time.js'

export const ID = '0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e'
export const DELIVERY_ID = '0199f0a1-7c3f-7b11-8e20-6a9d0c4f7e21'
export const OTHER_DELIVERY_ID = '0199f0a1-7c3f-7b11-8e20-6a9d0c4f7e22'
export const AT = Date.UTC(2026, 10, 20, 1)

/** One of each kind of caller; the key is the name. */
export const CALLERS: Record<string, Caller> = {
  sender: { id: 'client:sender', agencies: ['H36.11'], role: 'agency' },
  recipient: { id: 'client:recipient', agencies: ['H36.99.3'], role: 'agency' },
  stranger: { id: 'client:stranger', agencies: ['H36.50'], role: 'agency' },
  operator: { id: 'operator:one', agencies: [], role: 'operator' }
}

export const ORIGINAL = Buffer.from('<edXML>bytes as they came</edXML>')
export const FILE = Buffer.from('%PDF-1.7 synthetic')

export function sha256 (bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** What the intake saw of one part. */
export interface SeenPart { name?: string, filename?: string, contentType: string, size: number, sha256: string, head: string }

export interface Double {
  app: FastifyInstance
  dependencies: HttpDependencies
  arrivals: Array<Omit<Arrival, 'parts'> & { parts: SeenPart[] }>
  /** Errors thrown by the parts while the intake read them. */
  failures: unknown[]
  /** Bytes seen so far, also of a body that never ends. */
  progress: { bytes: number }
  settled: unknown[]
  filters: unknown[]
  /** What operators asked for. */
  asked: Asked
  lines: Array<Record<string, unknown>>
  rawLog: string[]
}

const delivery = (id: string, agency: string): StoredDelivery => ({
  id, packageId: ID, to: agency, agency, endpoint: 'e', axis: 'commune', adapter: 'inbox', format: 'original', state: 'available',
  reasons: [{ rule: 'endpoint.own', detail: text('Có hệ thống riêng.', 'It has a system of its own.') }], attempts: 1, createdAt: AT, expiresAt: AT + 1000
})

export const PACKAGE: StoredPackage = {
  id: ID,
  acceptedBy: 'client:sender',
  acceptedAt: AT,
  expiresAt: AT + 1000,
  traceId: 'a'.repeat(32),
  format: 'edxml',
  mediaType: 'application/xml',
  fromAgency: 'H36.11',
  envelope: { kind: 'document', action: 'new', identifier: 'x', correlationId: 'x', from: { code: 'H36.11' }, to: [{ code: 'H36.99.3' }], priority: 0 },
  content: { kind: 'document', document: { documentId: 'x', docType: 'new', attachments: [] } },
  attachments: [{ n: 1, name: 'Công văn "15".pdf', contentType: 'application/pdf', size: FILE.length, sha256: sha256(FILE) }],
  warnings: [{ code: 'FIELD_UNKNOWN', pointer: '/x', detail: text('Trường lạ.', 'Odd field.') }],
  original: { sha256: sha256(ORIGINAL), size: ORIGINAL.length },
  deliveries: [delivery(DELIVERY_ID, 'H36.99.3'), { ...delivery(OTHER_DELIVERY_ID, 'H36.77'), state: 'dead', problem: { code: 'ATTEMPTS_EXHAUSTED', detail: text('Hết lượt.', 'No tries left.') } }]
}

const EVENTS: PackageEvent[] = [
  { seq: 1, packageId: ID, type: 'package.accepted', at: AT, actor: 'client:sender', data: {} },
  { seq: 2, packageId: ID, deliveryId: DELIVERY_ID, type: 'delivery.attempted', at: AT, actor: 'hub', data: { attempt: 1 } },
  { seq: 3, packageId: ID, deliveryId: OTHER_DELIVERY_ID, type: 'delivery.died', at: AT, actor: 'hub', data: { problem: PACKAGE.deliveries[1]?.problem } }
]

const AGENCIES: AgencyView[] = ['H36.11', 'H36.50', 'H36.99.3'].map(code => ({
  code, name: `Cơ quan ${code}`, level: 'so_nganh', axis: 'province', status: 'active', successors: []
}))

function createDirectory (): Directory {
  const plain = (code: string): string => code.startsWith('000.') ? code.split('.').slice(1).reverse().filter(part => part !== '00').join('.') : code
  const view = (code: string): AgencyView | undefined => AGENCIES.find(agency => agency.code === plain(code))
  return {
    find: view,
    view,
    resolve: code => ({
      kind: 'refused',
      problem: { code: 'RECIPIENT_UNKNOWN', detail: text('Không có trong danh mục.', 'Not in the directory.') },
      reasons: [{ rule: 'code.old-order', detail: text(`Hiểu là ${plain(code)}.`, `Understood as ${plain(code)}.`) }]
    }),
    maySend: () => true,
    lineage: ({ code }) => [code],
    list: ({ limit, after }) => AGENCIES.filter(({ code }) => after === undefined || code > after).slice(0, limit),
    endpoints: () => []
  }
}

async function readParts (arrival: Arrival, double: Double): Promise<void> {
  const parts: SeenPart[] = []
  try {
    for await (const { body, ...part } of arrival.parts) {
      const chunks: Buffer[] = []
      const hash = createHash('sha256')
      let size = 0
      for await (const chunk of body) {
        hash.update(chunk)
        size += chunk.length
        double.progress.bytes += chunk.length
        if (size < 1000) chunks.push(Buffer.from(chunk))
      }
      parts.push({ ...part, size, sha256: hash.digest('hex'), head: Buffer.concat(chunks).toString().slice(0, 100) })
    }
  } catch (error) {
    double.failures.push(error)
    throw error
  }
  const { parts: _parts, ...rest } = arrival
  double.arrivals.push({ ...rest, parts })
}

/** A server on doubles; `change` overrides dependencies. Close `app` when done. */
export async function createHttpDouble (change: (dependencies: HttpDependencies) => HttpDependencies = same => same): Promise<Double> {
  const rawLog: string[] = []
  const sink = new Writable({ write (chunk, _encoding, done) { rawLog.push(String(chunk)); done() } })
  const clock = createManualClock(AT)
  const double = { arrivals: [], failures: [], progress: { bytes: 0 }, settled: [], filters: [], asked: { filters: [], words: [] }, rawLog } as unknown as Double
  Object.defineProperty(double, 'lines', { get: () => rawLog.map(line => JSON.parse(line) as object) })
  const planned = PACKAGE.deliveries.slice(0, 1)
  const accepted: Accepted = { packageId: ID, acceptedAt: AT, deliveries: planned, warnings: PACKAGE.warnings, repeated: false }
  const plan: Plan = { envelope: PACKAGE.envelope, deliveries: planned, warnings: [] }
  const sees = (agencies: readonly string[]): boolean => ['H36.11', 'H36.99.3'].some(code => agencies.includes(code))
  const { deliveries, ...row } = PACKAGE
  const operating = createOperatorDoubles(PACKAGE, { at: AT, asked: double.asked })
  const log = pino({ level: 'trace' }, sink)
  double.dependencies = change({
    operations: operating.operations,
    oversight: createOversightDouble({ at: AT, asked: double.asked, log }),
    intake: {
      accept: async arrival => { await readParts(arrival, double); return { ...accepted, repeated: arrival.idempotencyKey === 'again' } },
      plan: async arrival => { await readParts(arrival, double); return plan }
    },
    store: {
      ...operating.store,
      findPackage: async (id, scope) => id === ID && (scope === 'all' || sees(scope)) ? PACKAGE : undefined,
      listPackages: async (filter, page, scope) => {
        double.filters.push({ filter, page, scope })
        return scope === 'all' || sees(scope) ? [PACKAGE, { ...PACKAGE, id: DELIVERY_ID }].filter(({ id }) => page.after === undefined || id > page.after).slice(0, page.limit) : []
      },
      findRelated: async () => [],
      listServiceCalls: async (filter, page, scope) => {
        double.filters.push({ filter, page, scope })
        return []
      },
      listInbox: async () => [],
      countInbox: async () => 0,
      lockInbox: async () => 'not-found',
      listSent: async () => [],
      events: async (_id, { limit, afterSeq }) => EVENTS.filter(({ seq }) => seq > (afterSeq ?? 0)).slice(0, limit),
      peekInbox: async ({ agencies, at, lockMs }) => deliveries.filter(({ agency }) => agencies.includes(agency ?? '')).map(each => ({ delivery: each, package: row, lockedUntil: at + lockMs })),
      findInbox: async (id, agencies) => {
        const found = deliveries.find(each => each.id === id && agencies.includes(each.agency ?? ''))
        return found === undefined ? undefined : { delivery: found, package: row }
      },
      settleInbox: async options => {
        double.settled.push(options)
        if (options.deliveryId === OTHER_DELIVERY_ID) return 'not-available'
        return options.deliveryId === DELIVERY_ID && options.agencies.includes('H36.99.3') ? 'settled' : 'not-found'
      }
    },
    services: {
      list: caller => caller.role === 'operator' || caller.id === 'client:sender'
        ? [{ service: 'known', operation: 'o', title: text('Hỏi', 'Ask'), agencies: [...caller.agencies], purposes: ['P'], dossier: 'known', mandatory: ['/dossier'], query: { type: 'object', title: { vi: 'x', en: 'y' } } }]
        : [],
      call: async (caller, asked) => {
        double.asked.words.push({ caller: caller.id, ...asked })
        if (asked.service !== 'known') throw new HubError('NOT_FOUND', text('Không có.', 'There is none.'))
        return { requestId: ID, service: asked.service, operation: 'o', answeredAt: AT, result: { exists: true } }
      }
    },
    directory: createDirectory(),
    links: {
      read (token) {
        if (token === 'ended') throw new HubError('LINK_EXPIRED', text('đã hết hạn', 'has ended'))
        return token === 'gone' ? undefined : { packageId: ID, attachment: Number(token) }
      }
    },
    payloads: {
      open: async (_id, ref) => {
        const bytes = [ORIGINAL, FILE].find(each => sha256(each) === ref.sha256)
        if (bytes === undefined) throw new HubError('CONTENT_MISSING', text('Mất nội dung.', 'Content is gone.'))
        return Readable.from([bytes])
      }
    },
    authenticate: header => CALLERS[/^Bearer (\w+)$/.exec(header ?? '')?.[1] ?? ''],
    clock,
    log,
    settings: { maxBodyBytes: 1_000_000, requestTimeoutMs: 30_000, inboxLockMs: 60_000, inboxMaxLockMs: 3_600_000, answerDays: 3 },
    calendar: createWorkingCalendar({ from: '2026-01-01', to: '2026-12-31', weekend: [0, 6], holidays: [] }),
    health: { roles: ['api'], live: () => ({ ok: true }), ready: async () => ({ ok: true, checks: [{ name: 'store', ok: true, detail: 'postgres://10.0.0.1' }] }) }
  })
  double.app = await createHttpServer(double.dependencies)
  return double
}
