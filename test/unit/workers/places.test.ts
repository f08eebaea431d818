// The places of an endpoint: how many run, who is next, and who is sent away.
import t from 'tap'
import { createPlaces } from '../../../src/workers/places.js'
import { createManualClock, eventually } from '../../support/time.js'

const never = new AbortController().signal

/** Work that ends on command. */
function createJobs () {
  const started: string[] = []
  const ends = new Map<string, () => void>()
  return {
    started,
    job: (name: string) => async () => {
      started.push(name)
      await new Promise<void>(resolve => { ends.set(name, resolve) })
      return name
    },
    end: (name: string) => { ends.get(name)?.() }
  }
}

t.test('never more than the limit run at a time; urgent ones go first, then in the order they came', async t => {
  const { started, job, end } = createJobs()
  const places = createPlaces({ concurrency: 2, clock: createManualClock() })
  const runs = (['a', 'b', 'c', 'd'] as const).map(async name => await places.run(job(name), { lane: 'normal', signal: never }))
  const urgent = places.run(job('urgent'), { lane: 'urgent', signal: never })
  await eventually(() => started.length === 2)
  t.same(started, ['a', 'b'])
  for (const [n, name] of ['a', 'b', 'urgent', 'c'].entries()) {
    end(name)
    await eventually(() => started.length === Math.min(n + 3, 5))
  }
  end('d')
  t.same(started, ['a', 'b', 'urgent', 'c', 'd'])
  t.same(await Promise.all([...runs, urgent]), ['a', 'b', 'c', 'd', 'urgent'].map(result => ({ result })))
})

t.test('a failure gives its place back', async t => {
  const places = createPlaces({ concurrency: 1, clock: createManualClock() })
  await t.rejects(places.run(async () => { throw new Error('x') }, { lane: 'normal', signal: never }), { message: 'x' })
  t.same(await places.run(async () => 1, { lane: 'normal', signal: never }), { result: 1 })
})

t.test('nobody waits longer than a second, and at an endpoint that hangs not even that', async t => {
  const { started, job, end } = createJobs()
  const clock = createManualClock()
  const places = createPlaces({ concurrency: 1, clock })
  const hanging = places.run(job('hanging'), { lane: 'normal', signal: never })
  const waiting = places.run(job('waiting'), { lane: 'normal', signal: never })
  clock.advance(1000)
  t.match(await waiting, { askAgainInMs: Number })
  clock.advance(9000)
  const turns = await Promise.all([1, 2, 3, 4, 5].map(async () => await places.run(job('never'), { lane: 'normal', signal: never })))
  const waits = turns.map(turn => 'askAgainInMs' in turn ? turn.askAgainInMs : Number.NaN)
  t.same(waits, [...waits].sort((a, b) => a - b), 'each is given a later turn')
  t.ok(waits.every(wait => wait >= 10_000 && wait <= 30_000))
  end('hanging')
  await hanging
  const next = places.run(job('next'), { lane: 'normal', signal: never })
  await eventually(() => started.includes('next'))
  end('next')
  await next
  t.same(started, ['hanging', 'next'])
})

t.test('a stop sends away those who wait, and lets those who run finish', async t => {
  const { job, end } = createJobs()
  const stop = new AbortController()
  const places = createPlaces({ concurrency: 1, clock: createManualClock() })
  const running = places.run(job('running'), { lane: 'normal', signal: stop.signal })
  const waiting = places.run(job('waiting'), { lane: 'normal', signal: stop.signal })
  stop.abort()
  t.same(await waiting, { askAgainInMs: 0 })
  end('running')
  t.same(await running, { result: 'running' })
  t.same(await places.run(job('late'), { lane: 'normal', signal: stop.signal }), { askAgainInMs: 0 })
})
