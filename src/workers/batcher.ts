// Batching is the way to speed: many callers, one statement. No timer: a batch is what came while the last one ran.
import { HubError } from '../errors.js'
import { text } from '../model/text.js'

export interface BatcherOptions<Item, Result> {
  /** Runs one batch; answers one result per item, in order. A rejection rejects every caller of the batch. */
  run: (items: Item[]) => Promise<readonly Result[]>
  maxItems: number
  /** Batches at the same time. */
  concurrency: number
  /** Items that may wait; more are rejected with `OVERLOADED`. Unlimited when absent. */
  maxWaiting?: number
}

export interface Batcher<Item, Result> {
  (item: Item): Promise<Result>
  /** Resolves when nothing is waiting or running. */
  idle: () => Promise<void>
}

interface Waiting<Item, Result> { item: Item, resolve: (result: Result) => void, reject: (error: unknown) => void }

export function createBatcher<Item, Result> ({ run, maxItems, concurrency, maxWaiting = Infinity }: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  let waiting: Array<Waiting<Item, Result>> = []
  let running = 0
  let scheduled = false
  let idlers: Array<() => void> = []

  /** A batch beside a running one must be worth its round trip: what comes in twos and threes goes together, a moment later. */
  const worthwhile = (): boolean => waiting.length > 0 && running < concurrency && (running === 0 || waiting.length >= maxItems / 4)

  function schedule (): void {
    if (scheduled || !worthwhile()) return
    scheduled = true
    // One turn of the loop, so that what arrives in the same read of a socket travels together.
    setImmediate(() => {
      scheduled = false
      while (worthwhile()) void start()
    })
  }

  async function start (): Promise<void> {
    const batch = waiting.slice(0, maxItems)
    waiting = waiting.slice(maxItems)
    running++
    try {
      const results = await run(batch.map(({ item }) => item))
      if (results.length !== batch.length) throw new RangeError(`a batch of ${batch.length} was answered with ${results.length} results`)
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      running--
      schedule()
      if (running === 0 && waiting.length === 0) {
        for (const wake of idlers) wake()
        idlers = []
      }
    }
  }

  const add = async (item: Item): Promise<Result> => await new Promise((resolve, reject) => {
    if (waiting.length >= maxWaiting) {
      reject(new HubError('OVERLOADED', text('Hệ thống đang quá tải, hãy gửi lại sau.', 'The hub has too much to do; send again later.'), { retryAfterSeconds: 2 }))
      return
    }
    waiting.push({ item, resolve, reject })
    schedule()
  })
  const idle = async (): Promise<void> => { if (running > 0 || waiting.length > 0) await new Promise<void>(resolve => { idlers.push(resolve) }) }
  return Object.assign(add, { idle })
}
