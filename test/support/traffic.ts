// Letters between the agencies of the sample province: made, sent the way a careful sender does, and followed to their end.
import { createHash } from 'node:crypto'
import type { Receiver } from '../../adapters/webhook/harness.js'
import type { ApiAnswer, ApiClient } from '../../src/demo/client.js'
import { documentIdOf, documentMessage } from '../../src/demo/edxml.js'
import { FINAL_STATES } from '../../src/model/delivery.js'
import type { DeliveryState, HubConfig } from '../../src/model/generated.js'
import { eventually } from './time.js'

/** Agencies of the sample province by how they are reached. `xa-di-linh` fetches for H36.102. */
export const PUSHED = { justice: 'H36.11', land: 'H36.10.01', ducTrong: 'H36.101', daLat: 'H36.201' } as const
export const FETCHED = 'H36.102'

export interface Letter { key: string, identifier: string, body: Buffer, sha256: string }

export interface LetterWish {
  to: readonly string[]
  /** 0 to 4; above 0 it is urgent. */
  priority?: number
  /** Size of the attachment, bytes. */
  size?: number
}

const AT = Date.UTC(2026, 10, 20, 2)
let letters = 0

/** A document of the province's committee (client `ubnd-tinh`), each with a number of its own. */
export function makeLetter ({ to, priority = 0, size = 200 }: LetterWish): Letter {
  const number = String(++letters)
  const facts = { from: { code: 'H36', name: 'UBND tỉnh Lâm Đồng' }, at: AT, number, notation: 'UBND-VX' }
  const file = { name: 'van-ban.pdf', contentType: 'application/pdf', bytes: Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(size, number)]) }
  const body = documentMessage({ ...facts, to: to.map(code => ({ code, name: `Cơ quan ${code}` })), subject: `V/v thử nghiệm ${number}`, priority, files: [file] })
  return { key: `letter-${number}`, identifier: documentIdOf(facts), body, sha256: createHash('sha256').update(body).digest('hex') }
}

export interface PlannedView { id: string, to: string }
export interface AcceptedView { id: string, repeated: boolean, deliveries: PlannedView[] }
export interface ProblemView { code: string, detail: string }
export interface DeliveryView { id: string, packageId: string, to: string, state: DeliveryState, attempts: number, dueAt?: string, settledAt?: string, problem?: ProblemView, waitsFor?: string[], awaits?: string }
export interface PackageView { id: string, envelope: { identifier: string, correlationId: string, notation?: string }, deliveries: DeliveryView[] }
export interface EventView { type: string, at: string, deliveryId?: string, data: { attempt?: number, outcome?: string, state?: string, dueAt?: string } }

/** Posts a letter once. */
export async function post (client: ApiClient, { key, body }: Letter): Promise<ApiAnswer<AcceptedView & ProblemView>> {
  return await client.post('/v1/packages', body, { 'content-type': 'application/xml', 'idempotency-key': key })
}

/** Posts a letter until it is accepted, as a sender must: no answer, and 503, mean "send the same again", to the next process where there are more. */
export async function send (to: ApiClient | readonly [ApiClient, ...ApiClient[]], letter: Letter): Promise<AcceptedView> {
  const clients = 'post' in to ? [to] as const : to
  let tries = 0
  return await eventually(async () => {
    const answer = await post(clients[tries++ % clients.length] ?? clients[0], letter).catch(() => undefined)
    if (answer?.status === 202) return answer.body
    if (answer !== undefined && answer.status !== 503) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
    await pause(200)
    return undefined
  }, 60_000)
}

/** Between two tries of a client that is refused: many of them at once must not keep the machine from starting the hub. */
async function pause (ms: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, ms))
}

/** Works through `items`, so many at a time. */
export async function inParallel<T> (items: readonly T[], concurrency: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items]
  await Promise.all(Array.from({ length: concurrency }, async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item)
  }))
}

export async function findPackage (client: ApiClient, id: string): Promise<PackageView> {
  return (await client.get<PackageView>(`/v1/packages/${id}`)).body
}

/** The only delivery of a package, once it is in one of these states. */
export async function deliveryIn (client: ApiClient, id: string, states: readonly DeliveryState[], timeoutMs?: number): Promise<DeliveryView> {
  return await eventually(async () => (await findPackage(client, id)).deliveries.find(({ state }) => states.includes(state)), timeoutMs)
}

/** Every package that the client sees. */
export async function listPackages (client: ApiClient, query = ''): Promise<PackageView[]> {
  const found: PackageView[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const page: ApiAnswer<{ items: PackageView[], nextCursor?: string }> = await client.get(`/v1/packages?limit=200${query}${cursor === '' ? '' : `&cursor=${cursor}`}`)
    if (page.status !== 200) throw new Error(`${page.status} ${JSON.stringify(page.body)}`)
    found.push(...page.body.items)
    cursor = page.body.nextCursor
  }
  return found
}

/** All deliveries the client sees, once nothing more will happen to any of them. */
export async function allSettled (client: ApiClient, timeoutMs = 120_000): Promise<DeliveryView[]> {
  const isFinal = ({ state }: DeliveryView): boolean => (FINAL_STATES as readonly DeliveryState[]).includes(state)
  let last: DeliveryView[] = []
  await eventually(async () => {
    last = (await listPackages(client)).flatMap(({ deliveries }) => deliveries)
    return last.every(isFinal)
  }, timeoutMs).catch((error: unknown) => {
    const open = last.filter(delivery => !isFinal(delivery))
    throw new Error(`${open.length} of ${last.length} deliveries are still open, such as ${JSON.stringify(open[0])}`, { cause: error })
  })
  return last
}

export async function eventsOf (client: ApiClient, packageId: string): Promise<EventView[]> {
  return (await client.get<{ items: EventView[] }>(`/v1/packages/${packageId}/timeline`)).body.items
}

export interface Fetching {
  /** Deliveries whose content it has: an agency keeps a package before it acknowledges, since the answer to that may get lost. */
  readonly taken: ReadonlySet<string>
  stop (): Promise<void>
}

/** An agency that empties its inbox again and again, whether or not the hub answers. */
export function startFetching (client: ApiClient): Fetching {
  const taken = new Set<string>()
  let stopped = false
  const fetchOnce = async (): Promise<void> => {
    const { body } = await client.get<{ items?: Array<{ deliveryId: string, sha256: string }> }>('/v1/inbox?limit=100&lockSeconds=1')
    for (const { deliveryId, sha256 } of body.items ?? []) {
      const bytes = await client.bytes(`/v1/inbox/${deliveryId}/content`)
      if (createHash('sha256').update(bytes).digest('hex') !== sha256) continue
      taken.add(deliveryId)
      await client.post(`/v1/inbox/${deliveryId}/ack`, '')
    }
  }
  const running = (async () => {
    while (!stopped) {
      await fetchOnce().catch(() => {})
      await pause(50)
    }
  })()
  return {
    taken,
    async stop () {
      stopped = true
      await running
    }
  }
}

/** What every receiver took, each delivery once. */
export function takenBy (receivers: ReadonlyMap<string, Receiver>): Map<string, { packageId: string, sha256: string }> {
  return new Map([...receivers.values()].flatMap(receiver => receiver.received().map(({ deliveryId, packageId = '', sha256 }) => [deliveryId, { packageId, sha256 }] as const)))
}

/** The receiver of an endpoint of the sample province. */
export function receiverOf ({ receivers }: { receivers: ReadonlyMap<string, Receiver> }, endpoint: string): Receiver {
  const receiver = receivers.get(endpoint)
  if (receiver === undefined) throw new Error(`there is no receiver ${endpoint}`)
  return receiver
}

/** Short times, so that recovering takes a second and not a minute. */
export function briskly (config: HubConfig, more: Partial<Omit<HubConfig['delivery'], 'retry' | 'urgentRetry'>> & { retry?: Partial<HubConfig['delivery']['retry']> } = {}): HubConfig {
  const { retry: change, ...delivery } = more
  const retry = { ...config.delivery.retry, firstMs: 100, factor: 2, maxMs: 1000, ...change }
  return {
    ...config,
    endpoints: config.endpoints.map(endpoint => ({ ...endpoint, circuit: { failures: 5, openMs: 300, maxOpenMs: 1000 } })),
    delivery: {
      ...config.delivery,
      leaseMs: 2000,
      sweepIntervalMs: 100,
      republishAfterMs: 500,
      ...delivery,
      retry,
      urgentRetry: retry
    }
  }
}

/** The configuration with other limits for one endpoint. */
export function withEndpoint (config: HubConfig, id: string, more: Partial<HubConfig['endpoints'][number]>): HubConfig {
  return { ...config, endpoints: config.endpoints.map(endpoint => endpoint.id === id ? { ...endpoint, ...more } : endpoint) }
}
