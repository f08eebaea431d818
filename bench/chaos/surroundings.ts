// Everything a run needs, put together: services of its own, hub processes, endpoints and agencies. Whatever is started tells
// at once how it is taken away again.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createKey } from '../../src/security/credentials.js'
import { createRandom } from '../random.js'
import { type Agency, makeAgencies } from './agencies.js'
import { type Axis, openAxis } from './axis.js'
import { type Book, createBook } from './book.js'
import { type HubProcess, prepareHub } from './hubs.js'
import { openPostgres } from './postgres.js'
import { openRabbitmq } from './rabbitmq.js'
import { type Counterpart, type Fetcher, openWebhook, startFetcher } from './recipients.js'
import { createSender, type Sender } from './sender.js'
import { type Service, untilAnswers } from './service.js'
import { createStoryteller, type Storyteller } from './stories.js'

export interface Surroundings {
  readonly agencies: readonly Agency[]
  readonly book: Book
  readonly hubs: readonly HubProcess[]
  /** None when embedded. */
  readonly services: { readonly postgres: Service, readonly rabbitmq: Service } | undefined
  /** By code of the agency. */
  readonly counterparts: ReadonlyMap<string, Counterpart>
  readonly fetchers: ReadonlyMap<string, Fetcher>
  readonly sender: Sender
  readonly storyteller: Storyteller
  readonly operatorKey: string
  /** Hub processes that ended although nobody ended them. */
  readonly deaths: readonly string[]
}

export interface Opening {
  folder: string
  logs: string
  setUp: 'services' | 'embedded'
  seed: number
  /** Called with what undoes each step, to be run in reverse. */
  undo: (step: () => Promise<void>) => void
}

const READY_MS = 90_000

/** Starts everything and waits until each hub process is ready. */
export async function openSurroundings (opening: Opening): Promise<Surroundings> {
  const { folder, logs, setUp, seed, undo } = opening
  await mkdir(logs, { recursive: true })
  const book = createBook()
  const deaths: string[] = []
  const agencies = makeAgencies()
  const { counterparts, axis } = await openCounterparts(agencies, book, undo)
  const services = setUp === 'embedded' ? undefined : await openServices(opening)
  const { key: operatorKey, keySha256 } = createKey('van-hanh')
  const ports = services === undefined ? undefined : { postgres: services.postgres.port, rabbitmq: services.rabbitmq.port }
  const hubs = await Promise.all(Array.from({ length: setUp === 'embedded' ? 1 : 2 }, async (_, number) => await prepareHub({
    number, folder, logs, services: ports, agencies, addressOf: ({ code }) => counterparts.get(code)?.url ?? '', operator: { id: 'van-hanh', keySha256 }, onDeath: how => { deaths.push(how) }, undo
  })))
  await Promise.all(hubs.map(async ({ url, process }) => {
    await process.start()
    await untilAnswers(async () => { if (!(await fetch(`${url}/health/ready`)).ok) throw new Error(`${url} is not ready`) }, READY_MS)
  }))
  const urls = hubs.map(({ url }) => url)
  const fetchers = new Map(agencies.filter(({ adapter }) => adapter === 'inbox').map((agency, n) => [agency.code, startFetcher({ agency, urls, book, random: createRandom(seed + 10 + n) })]))
  undo(async () => { await Promise.all([...fetchers.values()].map(async fetcher => { await fetcher.stop() })) })
  const storyteller = createStoryteller(agencies, createRandom(seed + 1))
  const sender = createSender({ agencies, urls, axis, operatorKey, book, storyteller, random: createRandom(seed + 2) })
  undo(async () => {
    sender.stop()
    sender.abandon()
  })
  return { agencies, book, hubs, services, counterparts, fetchers, sender, storyteller, operatorKey, deaths }
}

async function openCounterparts (agencies: readonly Agency[], book: Book, undo: Opening['undo']): Promise<{ counterparts: Map<string, Counterpart>, axis: Axis | undefined }> {
  const counterparts = new Map<string, Counterpart>()
  let axis: Axis | undefined
  for (const agency of agencies.filter(({ adapter }) => adapter !== 'inbox')) {
    const counterpart = agency.adapter === 'vxp' ? axis = await openAxis(agency, { agencies, book }) : await openWebhook(agency, book)
    undo(async () => { await counterpart.stop() })
    counterparts.set(agency.code, counterpart)
  }
  return { counterparts, axis }
}

async function openServices ({ folder, logs, undo }: Opening): Promise<{ postgres: Service, rabbitmq: Service }> {
  const onMade = (service: Service): void => { undo(async () => { await service.close() }) }
  const place = { folder: join(folder, 'services'), logs, onMade }
  await mkdir(place.folder)
  const [postgres, rabbitmq] = await Promise.all([openPostgres(place), openRabbitmq(place)])
  return { postgres, rabbitmq }
}
