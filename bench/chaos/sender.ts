// The sending side: agencies that post at a steady rate to any hub process and send the same again, with the same
// Idempotency-Key, until they get a 202 or an answer that is final.
import type { Random } from '../random.js'
import type { Agency } from './agencies.js'
import type { Book, Outgoing } from './book.js'
import { call, pause } from './client.js'
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

interface Told { story: Story, readyAt: number }

/** More than this many posts at a time would only warm the machine while the hub is away. */
const MOST_AT_ONCE = 40
/** Stories that wait to go on; with more, none is begun. */
const MOST_OPEN = 60
const BETWEEN_TRIES_MS = [300, 2000] as const

export function createSender ({ agencies, urls, book, storyteller, random }: { agencies: readonly Agency[], urls: readonly string[], book: Book, storyteller: Storyteller, random: Random }): Sender {
  const keys = new Map(agencies.map(({ code, key }) => [code, key]))
  const open: Told[] = []
  const running = new Set<Promise<unknown>>()
  let timer: NodeJS.Timeout | undefined
  let abandoned = false
  let retries = 0

  async function post (outgoing: Outgoing, at: readonly string[]): Promise<boolean> {
    const { from, contentType, body, sha256 } = outgoing
    const entry = book.post(outgoing)
    for (let turn = random.below(at.length); !abandoned; turn++) {
      const answer = await call(`${at[turn % at.length] ?? ''}/v1/packages`, {
        key: keys.get(from) ?? '', method: 'POST', body, headers: { 'content-type': contentType, 'idempotency-key': sha256 }
      }).catch(() => undefined)
      if (answer?.status === 202) {
        entry.accepted((JSON.parse(answer.bytes.toString()) as { id: string }).id)
        return true
      }
      if (answer !== undefined && answer.status < 500 && answer.status !== 429) {
        entry.turnedAway(`${answer.status} ${/"code":"(\w+)"/.exec(answer.bytes.toString())?.[1] ?? ''}`)
        return false
      }
      retries++
      await pause(random.between(...BETWEEN_TRIES_MS))
    }
    return false
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
