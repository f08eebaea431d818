// The broker of a hub that is one process: the same promises as RabbitMQ, in memory. Nothing here outlives the process;
// the store knows what must be published again.
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { Broker, ClaimCheck, Consumer, Lane, ReceivedClaim } from '../ports/broker.js'

/**
 * The lanes themselves. Brokers opened on the same lanes are to each other what connections to one RabbitMQ are.
 * Unbounded on purpose: a claim is about 100 bytes and stands for a stored row, so the store fills up first.
 */
export type InProcessLanes = Record<Lane, LaneQueue>

export function createInProcessLanes (): InProcessLanes {
  return { urgent: new LaneQueue(), normal: new LaneQueue() }
}

/** Takes part in `lanes`; by default in new ones of its own. */
export function createInProcessBroker (lanes: InProcessLanes = createInProcessLanes()): Broker {
  const takers = new Set<Taker>()
  let closed = false
  const assertOpen = (): void => {
    if (closed) throw new HubError('BROKER_UNAVAILABLE', text('Hàng đợi đã đóng.', 'The broker is closed.'))
  }
  return {
    async publish (claims) {
      assertOpen()
      for (const claim of claims) lanes[claim.lane].add(claim)
    },
    async consume (lane, { prefetch }, onClaim): Promise<Consumer> {
      assertOpen()
      const taker = new Taker(lanes[lane], prefetch, onClaim)
      takers.add(taker)
      return {
        async stop () {
          taker.stop()
        }
      }
    },
    async inspect (lane) {
      assertOpen()
      return { ready: lanes[lane].ready }
    },
    async countInvalid () {
      assertOpen()
      return 0
    },
    onPublishable () {},
    async probe () {
      assertOpen()
    },
    async close () {
      closed = true
      for (const taker of takers) taker.abandon()
      takers.clear()
    }
  }
}

/** One lane: what waits, and who takes. */
class LaneQueue {
  /** Claims that came back; they go first, because they have waited longest. */
  readonly #returned = new Fifo<ClaimCheck>()
  readonly #waiting = new Fifo<ClaimCheck>()
  readonly #takers: Taker[] = []
  #next = 0
  #scheduled = false

  get ready (): number {
    return this.#returned.length + this.#waiting.length
  }

  add (claim: ClaimCheck): void {
    this.#waiting.push({ deliveryId: claim.deliveryId, lane: claim.lane, publishedAt: claim.publishedAt })
    this.schedule()
  }

  giveBack (claim: ClaimCheck): void {
    this.#returned.push(claim)
    this.schedule()
  }

  join (taker: Taker): void {
    this.#takers.push(taker)
    this.schedule()
  }

  leave (taker: Taker): void {
    const index = this.#takers.indexOf(taker)
    if (index !== -1) this.#takers.splice(index, 1)
  }

  /** Hands out on a later tick, so that a consumer is never called from inside publish or ack. */
  schedule (): void {
    if (this.#scheduled || this.ready === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#handOut()
    })
  }

  #handOut (): void {
    // Only what waits now: a consumer that gives claims back in its callback must not keep this loop alive.
    for (let left = this.ready; left > 0; left--) {
      const taker = this.#nextTaker()
      const claim = taker === undefined ? undefined : this.#returned.shift() ?? this.#waiting.shift()
      if (taker === undefined || claim === undefined) return
      taker.take(claim)
    }
    this.schedule()
  }

  #nextTaker (): Taker | undefined {
    for (let tried = 0; tried < this.#takers.length; tried++) {
      const taker = this.#takers[this.#next++ % this.#takers.length]
      if (taker?.hasRoom === true) return taker
    }
    return undefined
  }
}

/** One consumer of one lane, and the claims in its hands. */
class Taker {
  readonly #lane: LaneQueue
  readonly #prefetch: number
  readonly #onClaim: (claim: ReceivedClaim) => void
  readonly #held = new Set<ClaimCheck>()

  constructor (lane: LaneQueue, prefetch: number, onClaim: (claim: ReceivedClaim) => void) {
    this.#lane = lane
    this.#prefetch = prefetch
    this.#onClaim = onClaim
    lane.join(this)
  }

  get hasRoom (): boolean {
    return this.#held.size < this.#prefetch
  }

  take (claim: ClaimCheck): void {
    this.#held.add(claim)
    this.#onClaim({
      ...claim,
      ack: () => { if (this.#held.delete(claim)) this.#lane.schedule() },
      requeue: () => { if (this.#held.delete(claim)) this.#lane.giveBack(claim) }
    })
  }

  stop (): void {
    this.#lane.leave(this)
  }

  /** Stops, and gives back what is held, as a lost connection does. */
  abandon (): void {
    this.stop()
    for (const claim of this.#held) this.#lane.giveBack(claim)
    this.#held.clear()
  }
}

/** First in, first out, without moving the rest at every step. */
class Fifo<T> {
  #items: T[] = []
  #head = 0

  get length (): number {
    return this.#items.length - this.#head
  }

  push (item: T): void {
    this.#items.push(item)
  }

  shift (): T | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#head++
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
