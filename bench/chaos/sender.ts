// The sending side: agencies that post at a steady rate to any hub process and send the same again, with the same
// Idempotency-Key, until they get a 202 or an answer that is final. What comes over the axis waits there until it is acknowledged.
import type { Random } from '../random.js'
import type { Agency } from './agencies.js'
import type { Axis } from './axis.js'
import type { Book, Entry, Outgoing } from './book.js'
import { call, pause, read } from './client.js'
import type { Story, Storyteller } from './stories.js'

export interface Sender {
  /** Posts at any of these processes until the end. Resolves with whether it was accepted. */
  post (outgoing: Outgoing, urls: readonly string[]): Promise<boolean>
  /** Begins to tell stories, so many packages a second. */
  start (rate: number): void
  /** Tells nothing new. What has been begun is still posted, until `abandon`. */
  stop (): void
  /** Resolves when nothing is being posted any more. */
  idle (): Promise<void>
  abandon (): void
  /** Tries that ended without a final answer. */
  readonly retries: number
}

/** Undefined: given up before there was an answer. */
type Answered = { packageId: string } | { turnedAway: string } | undefined

export interface SenderOptions {
  agencies: readonly Agency[]
  urls: readonly string[]
  /** None in a run without a national agency. */
  axis: Axis | undefined
  operatorKey: string
  book: Book
  storyteller: Storyteller
  random: Random
}

interface Told { story: Story, readyAt: number }

/** More than this many posts at a time would only warm the machine while the hub is away. */
const MOST_AT_ONCE = 40
/** Stories that wait to go on; with more, none is begun. */
const MOST_OPEN = 60
const BETWEEN_TRIES_MS = [300, 2000] as const

export function createSender ({ agencies, urls, axis, operatorKey, book, storyteller, random }: SenderOptions): Sender {
  /** `SHA-256 recipient` → package id, of what has come over the axis: each recipient's item makes a package of its own. */
  const brought = new Map<string, string>()
  const keys = new Map(agencies.map(({ code, key }) => [code, key]))
  const open: Told[] = []
  const running = new Set<Promise<unknown>>()
  let timer: NodeJS.Timeout | undefined
  let abandoned = false
  let retries = 0

  async function post (outgoing: Outgoing, at: readonly string[]): Promise<boolean> {
    if (axis !== undefined && outgoing.from === axis.agency) return await sendOver(axis, outgoing)
    return note(book.post(outgoing), await postTo(at, outgoing))
  }

  /** Whether it was accepted. */
  function note (entry: Entry, answered: Answered): boolean {
    if (answered === undefined) return false
    if ('packageId' in answered) entry.accepted(answered.packageId)
    else entry.turnedAway(answered.turnedAway)
    return 'packageId' in answered
  }

  async function postTo (at: readonly string[], { from, contentType, body, sha256 }: Outgoing): Promise<Answered> {
    for (let turn = random.below(at.length); !abandoned; turn++) {
      const answer = await call(`${at[turn % at.length] ?? ''}/v1/packages`, {
        key: keys.get(from) ?? '', method: 'POST', body, headers: { 'content-type': contentType, 'idempotency-key': sha256 }
      }).catch(() => undefined)
      if (answer?.status === 202) return { packageId: (JSON.parse(answer.bytes.toString()) as { id: string }).id }
      if (answer !== undefined && answer.status < 500 && answer.status !== 429) return { turnedAway: `${answer.status} ${/"code":"(\w+)"/.exec(answer.bytes.toString())?.[1] ?? ''}` }
      retries++
      await pause(random.between(...BETWEEN_TRIES_MS))
    }
    return undefined
  }

  async function sendOver ({ offer }: Axis, outgoing: Outgoing): Promise<boolean> {
    const entries = outgoing.to.map(agency => ({ agency, entry: book.post({ ...outgoing, to: [agency] }) }))
    const [refusal] = await offer(outgoing, () => abandoned)
    const accepted = await Promise.all(entries.map(async ({ agency, entry }) => note(entry, refusal === undefined ? await whenBrought(outgoing, agency) : { turnedAway: refusal })))
    return accepted.every(Boolean)
  }

  async function whenBrought (outgoing: Outgoing, agency: string): Promise<Answered> {
    while (!abandoned) {
      const packageId = await findBrought(outgoing, agency).catch(() => undefined)
      if (packageId !== undefined) return packageId === '' ? { turnedAway: 'an acknowledgement on the axis, and the hub does not know it' } : { packageId }
      await pause(random.between(...BETWEEN_TRIES_MS))
    }
    return undefined
  }

  /** The axis is not told what the hub calls a package: it is found by its bytes. Empty when the hub has no such package; rejects when it does not answer. */
  async function findBrought ({ from, streams, sha256 }: Outgoing, agency: string): Promise<string> {
    const url = random.pick(urls)
    const [stream = ''] = streams[0]?.split(' answered by ') ?? []
    const { items } = await read<{ items: Array<{ id: string }> }>(`${url}/v1/packages?limit=200&from=${from}&correlationId=${encodeURIComponent(stream)}`, operatorKey)
    const looked = new Set(brought.values())
    for (const { id } of items.filter(item => !looked.has(item.id))) {
      const found = await read<{ sha256: string, deliveries: Array<{ agency?: string, to: string }> }>(`${url}/v1/packages/${id}`, operatorKey)
      for (const { agency: code, to } of found.deliveries) brought.set(`${found.sha256} ${code ?? to}`, id)
    }
    return brought.get(`${sha256} ${agency}`) ?? ''
  }

  async function tell ({ story }: Pick<Told, 'story'>): Promise<void> {
    const step = story.next()
    if (step.done === true) return
    if (step.value.owes === true) {
      await post(step.value, urls)
      await pause(random.next() ** 3 * 3000)
      await tell({ story })
      return
    }
    const goOn = (afterMs: number): void => { open.push({ story, readyAt: performance.now() + afterMs }) }
    // One in five goes on without waiting for the answer: no order is promised there, and nothing may break.
    const isPatient = step.value.opens || random.next() > 0.2
    if (!isPatient) goOn(random.between(0, 50))
    // Often at once, while its predecessor is on its way; at times after seconds.
    if (await post(step.value, urls) && isPatient) goOn(random.next() ** 3 * 6000)
  }

  function next (): Told {
    const now = performance.now()
    const ready = open.filter(({ readyAt }) => readyAt <= now)
    const told = ready.length > 0 && (open.length >= MOST_OPEN || random.next() < 0.7) ? random.pick(ready) : undefined
    if (told === undefined) return { story: storyteller.begin(), readyAt: now }
    open.splice(open.indexOf(told), 1)
    return told
  }

  const track = async <Result>(work: Promise<Result>): Promise<Result> => {
    running.add(work)
    try {
      return await work
    } finally {
      running.delete(work)
    }
  }

  return {
    post: async (outgoing, at) => await track(post(outgoing, at)),
    start (rate) { timer = setInterval(() => { if (running.size < MOST_AT_ONCE) void track(tell(next())) }, 1000 / rate) },
    stop () { clearInterval(timer) },
    async idle () { while (running.size > 0) await Promise.all(running) },
    abandon () { abandoned = true },
    get retries () { return retries }
  }
}
