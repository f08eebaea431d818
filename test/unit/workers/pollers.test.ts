// What an adapter brings in reaches the pipeline as its endpoint says it is to be read.
import { Readable } from 'node:stream'
import { test } from 'tap'
import type { InboundArrival } from '../../../src/ports/adapter.js'
import type { Arrival } from '../../../src/pipeline/types.js'
import { HubError } from '../../../src/errors.js'
import { text } from '../../../src/model/text.js'
import { createPollers, type PollersOptions } from '../../../src/workers/pollers.js'
import type { Sessions } from '../../../src/workers/sessions.js'
import { createManualClock } from '../../support/time.js'

test('the translation of an endpoint goes with everything it brings in', async t => {
  const arrivals: Arrival[] = []
  const brought: InboundArrival = { agencies: ['H36'], contentType: 'application/json; charset=utf-8', body: Readable.from(['{}']) }
  const done = new AbortController()
  const sessionOf = { 'the-portal': { name: 'dvcqg', to: ['H36.11'] }, 'the-axis': undefined } as const
  const sessions = {
    endpoint: (id: keyof typeof sessionOf) => ({ id, translation: sessionOf[id] }),
    session: async () => ({ receive: async (accept: (arrival: InboundArrival) => Promise<unknown>) => { await accept(brought) } })
  } as unknown as Sessions
  const accept = async (arrival: Arrival): Promise<{ packageId: string, repeated: boolean }> => {
    arrivals.push(arrival)
    if (arrivals.length === 2) done.abort()
    return { packageId: 'p', repeated: false }
  }
  const leases: PollersOptions['leases'] = { holding: async (_lease, work, signal) => { await work(signal) }, holds: () => true }
  const ignore = (): void => {}
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore }
  const pollers = createPollers({ sessions, endpoints: ['the-portal', 'the-axis'], intake: { accept } as never, leases, clock: createManualClock(0), log: log as never })
  const both = new Promise(resolve => { done.signal.addEventListener('abort', resolve, { once: true }) })
  pollers.start()
  await both
  await pollers.stop()
  t.match(arrivals, [{ caller: { id: 'endpoint:the-portal' }, direction: 'inbound', translation: { name: 'dvcqg', to: ['H36.11'] } }, { caller: { id: 'endpoint:the-axis' } }])
  t.equal(arrivals[1]?.translation, undefined)
})

test('an adapter learns whether to bring a package again or to give it up', async t => {
  const word = text('Không được.', 'No.')
  const said: unknown[] = []
  const done = new AbortController()
  const answers: Array<() => Promise<{ packageId: string, repeated: boolean }>> = [
    async () => ({ packageId: 'p', repeated: true }),
    async () => { throw new HubError('PACKAGE_INVALID', word) },
    async () => { throw new HubError('STORE_UNAVAILABLE', word) },
    async () => { throw new HubError('BODY_TRUNCATED', word) },
    async () => { throw new Error('the stream of the adapter broke') }
  ]
  const bring = (): InboundArrival => ({ agencies: ['H36'], contentType: 'application/xml', body: Readable.from(['<a/>']) })
  const sessions = {
    endpoint: () => ({ id: 'the-axis' }),
    session: async () => ({
      receive: async (accept: (arrival: InboundArrival) => Promise<unknown>) => {
        for (const _ of answers) said.push(await accept(bring()).catch((error: unknown) => error instanceof HubError ? error.code : 'thrown'))
        done.abort()
      }
    })
  } as unknown as Sessions
  let asked = 0
  const leases: PollersOptions['leases'] = { holding: async (_lease, work, signal) => { await work(signal) }, holds: () => true }
  const ignore = (): void => {}
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore }
  const pollers = createPollers({ sessions, endpoints: ['the-axis'], intake: { accept: async () => await answers[asked++]?.() } as never, leases, clock: createManualClock(0), log: log as never })
  const over = new Promise(resolve => { done.signal.addEventListener('abort', resolve, { once: true }) })
  pollers.start()
  await over
  await pollers.stop()
  t.same(said, [{ kind: 'stored', packageId: 'p', repeated: true }, { kind: 'refused', problem: { code: 'PACKAGE_INVALID', detail: word } }, 'STORE_UNAVAILABLE', 'BODY_TRUNCATED', 'thrown'])
})

test('whoever an adapter speaks for is known by its main code, however the other side writes it', async t => {
  const callers: unknown[] = []
  const done = new AbortController()
  const sessions = {
    endpoint: () => ({ id: 'the-axis' }),
    session: async () => ({
      receive: async (accept: (arrival: InboundArrival) => Promise<unknown>) => {
        await accept({ agencies: ['000.00.11.H36', 'G15'], contentType: 'application/xml', body: Readable.from(['<a/>']) })
        done.abort()
      }
    })
  } as unknown as Sessions
  const leases: PollersOptions['leases'] = { holding: async (_lease, work, signal) => { await work(signal) }, holds: () => true }
  const ignore = (): void => {}
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore }
  const intake = { accept: async ({ caller }: Arrival) => { callers.push(caller.agencies); return { packageId: 'p', repeated: false } } }
  const pollers = createPollers({ sessions, endpoints: ['the-axis'], intake: intake as never, leases, clock: createManualClock(0), log: log as never, mainCode: code => code === '000.00.11.H36' ? 'H36.11' : code })
  const over = new Promise(resolve => { done.signal.addEventListener('abort', resolve, { once: true }) })
  pollers.start()
  await over
  await pollers.stop()
  t.same(callers, [['H36.11', 'G15']])
})
