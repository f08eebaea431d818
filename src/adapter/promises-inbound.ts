// Promises about receiving: what the other side has is acknowledged only when the hub has it, brought again until then, and
// given back with the reason when the hub will never take it.
import { setTimeout as sleep } from 'node:timers/promises'
import { HubError } from '../errors.js'
import { newId } from '../ids.js'
import { text } from '../model/text.js'
import type { AdapterSession, Arrived, InboundArrival } from '../ports/adapter.js'
import type { AdapterPromise, ConformanceContext } from './conformance-context.js'
import { expect, receivesNothing, unable } from './promises-support.js'

/** An adapter may look for packages once a second or so with its harness's settings. */
const PATIENCE_MS = 20_000
const ABORT_LIMIT_MS = 1000
/** How long nothing may happen before "it did not" is believed. */
const QUIET_MS = 400

export const INBOUND_PROMISES: readonly AdapterPromise[] = [
  {
    name: 'an offered package is handed over and then acknowledged',
    why: 'what is not acknowledged comes again for ever; what was not handed over is lost',
    notApplicable: receivesNothing,
    async run (context) {
      const offered = [await offer(context), await offer(context), await offer(context)]
      const runtime = await receive(context, async () => stored())
      await until(() => offered.every(each => fateOf(context, each) === 'acknowledged'), 'three offered packages are acknowledged')
      await sleep(QUIET_MS)
      expect(runtime.arrivals.length === offered.length, `${runtime.arrivals.length} packages were handed over instead of ${offered.length}`)
      for (const { contentType, agencies, size } of runtime.arrivals) {
        expect(contentType.includes('/'), `the media type is "${contentType}"`)
        expect(agencies.length > 0 && agencies.every(code => code !== ''), 'an arrival has to name the agencies it may speak for')
        expect(size > 0, 'a package without bytes was handed over')
      }
    }
  },
  {
    name: 'nothing is acknowledged before the hub has stored it',
    why: 'a hub that dies in between would lose what the other side has already forgotten',
    notApplicable: receivesNothing,
    async run (context) {
      const offered = await offer(context)
      let open = (): void => {}
      const gate = new Promise<void>(resolve => { open = resolve })
      const runtime = await receive(context, async () => { await gate; return stored() })
      await until(() => runtime.arrivals.length === 1, 'the package is handed over')
      await sleep(QUIET_MS)
      expect(fateOf(context, offered) === 'waiting', `the package is ${fateOf(context, offered)} while the hub still stores it`)
      open()
      await until(() => fateOf(context, offered) === 'acknowledged', 'the package is acknowledged once it is stored')
    }
  },
  {
    name: 'a package that the hub could not store is brought again',
    why: 'the store may be away for a while; the other side has the only copy',
    notApplicable: receivesNothing,
    async run (context) {
      const offered = await offer(context)
      const runtime = await receive(context, async () => {
        if (runtime.arrivals.length <= 2) throw away()
        return stored()
      }, { unread: 1 })
      await until(() => fateOf(context, offered) !== 'waiting', 'the package is brought again and acknowledged')
      const { length } = runtime.arrivals
      expect(length > 2 && fateOf(context, offered) === 'acknowledged', `the package is ${fateOf(context, offered)} after ${length} tries, all of which failed`)
      const keys = new Set(runtime.arrivals.map(({ idempotencyKey }) => idempotencyKey))
      expect(keys.size === 1, `the same package came with different idempotency keys: ${[...keys].join(', ')}`)
    }
  },
  {
    name: 'a package that the hub had already is acknowledged',
    why: 'the acknowledgement of the first time was lost; without another one it comes for ever',
    notApplicable: receivesNothing,
    async run (context) {
      const offered = await offer(context)
      await receive(context, async () => ({ ...stored(), repeated: true }))
      await until(() => fateOf(context, offered) === 'acknowledged', 'the repeated package is acknowledged')
    }
  },
  {
    name: 'a package that the hub refuses is given back, and holds up no other',
    why: 'the sender has to learn it, and the same package must not come in circles',
    notApplicable: receivesNothing,
    async run (context) {
      const bad = await offer(context)
      const runtime = await receive(context, async () => {
        return runtime.arrivals.length > 1 ? stored() : { kind: 'refused', problem: { code: 'FIELD_INVALID', detail: text('Mã đơn vị nhận sai.', 'The code of the recipient is wrong.') } }
      })
      await until(() => fateOf(context, bad) === 'refused', 'the refusal is told to the other side')
      const good = await offer(context)
      await until(() => fateOf(context, good) === 'acknowledged', 'the package after it is acknowledged')
      await sleep(QUIET_MS)
      expect(runtime.arrivals.length === 2, `the hub was asked ${runtime.arrivals.length} times for two packages`)
    }
  },
  {
    name: 'receiving stops within a second of the abort',
    why: 'another process takes over; two must not fetch at the same time',
    notApplicable: receivesNothing,
    async run (context) {
      const idle = await receive(context, async () => stored())
      await sleep(QUIET_MS)
      expectBrisk(await idle.stop(), 'with nothing to fetch')
      await offer(context)
      const busy = await receive(context, async signal => {
        await new Promise(resolve => { signal.addEventListener('abort', resolve, { once: true }) })
        throw new HubError('STOPPING', text('Hệ thống đang dừng.', 'The hub is stopping.'))
      })
      await until(() => busy.arrivals.length > 0, 'the package is handed over')
      expectBrisk(await busy.stop(), 'with a package under way')
    }
  },
  {
    name: 'receiving goes on once the counterpart is back',
    why: 'the hub recovers alone; nobody restarts it because a partner did',
    notApplicable: subject => receivesNothing(subject) ?? unable(subject, 'offline'),
    async run (context) {
      await receive(context, async () => stored())
      await sleep(QUIET_MS)
      await context.harness.misbehave('offline')
      await sleep(QUIET_MS)
      await context.harness.misbehave(undefined)
      const offered = await offer(context)
      await until(() => fateOf(context, offered) === 'acknowledged', 'what is offered afterwards is acknowledged')
    }
  }
]

interface Seen extends Pick<InboundArrival, 'agencies' | 'contentType' | 'idempotencyKey'> { size: number }

interface Runtime {
  readonly arrivals: readonly Seen[]
  /** Aborts and answers how long it took to end, ms. */
  stop (): Promise<number>
}

/** Runs `receive` as the hub does: what it throws is no end, it is called again. Stopped with the context at the latest. */
async function receive (context: ConformanceContext, accept: (signal: AbortSignal) => Promise<Arrived>, { unread = 0 } = {}): Promise<Runtime> {
  const stopping = new AbortController()
  const session = await context.open()
  const arrivals: Seen[] = []
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await receiveOnce(session, arrivals, { accept, unread, signal: stopping.signal })
      await sleep(50, undefined, { signal: stopping.signal }).catch(() => {})
    }
  })()
  context.onClose(() => { stopping.abort() })
  return {
    arrivals,
    async stop () {
      const abortedAt = performance.now()
      stopping.abort()
      await loop
      return performance.now() - abortedAt
    }
  }
}

interface Receiving {
  accept: (signal: AbortSignal) => Promise<Arrived>
  /** So many arrivals fail before their body is read. */
  unread: number
  signal: AbortSignal
}

async function receiveOnce (session: AdapterSession, arrivals: Seen[], { accept, unread, signal }: Receiving): Promise<void> {
  if (session.receive === undefined) throw new Error('the session has no receive, although the manifest says inbound')
  await session.receive(async ({ agencies, contentType, idempotencyKey, body }) => {
    let size = 0
    const isUnread = arrivals.length < unread
    if (!isUnread) for await (const chunk of body as AsyncIterable<Uint8Array>) size += chunk.length
    arrivals.push({ agencies, contentType, size, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) })
    if (isUnread) throw away()
    return await accept(signal)
  }, signal).catch(() => {})
}

function expectBrisk (tookMs: number, when: string): void {
  expect(tookMs <= ABORT_LIMIT_MS, `${when} it took ${Math.round(tookMs)} ms`)
}

async function until (condition: () => boolean, what: string): Promise<void> {
  for (const startedAt = performance.now(); !condition(); await sleep(20)) {
    expect(performance.now() - startedAt < PATIENCE_MS, `waited ${PATIENCE_MS} ms in vain until ${what}`)
  }
}

async function offer ({ harness }: ConformanceContext): Promise<string> {
  expect(harness.offer !== undefined, 'the harness has no offer')
  return await harness.offer()
}

function fateOf ({ harness }: ConformanceContext, offered: string): string {
  return harness.fateOf?.(offered) ?? 'unknown'
}

function away (): HubError {
  return new HubError('STORE_UNAVAILABLE', text('Cơ sở dữ liệu tạm ngưng.', 'The store is away.'))
}

function stored (): Extract<Arrived, { kind: 'stored' }> {
  return { kind: 'stored', packageId: newId(), repeated: false }
}
