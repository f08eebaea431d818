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
  const runs = (['a', 'b', 'c', 'd'] as const).map(async name => await places.run(job(name), { priority: 0, signal: never }))
  const urgent = places.run(job('urgent'), { priority: 1, signal: never })
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

t.test('of those who wait the most urgent goes first: hỏa tốc before thượng khẩn before khẩn before the rest', async t => {
  const { started, job, end } = createJobs()
  const places = createPlaces({ concurrency: 1, clock: createManualClock() })
  const runs = [0, 1, 3, 2, 4, 0, 4].map(async (priority, n) => await places.run(job(`${n}:${priority}`), { priority, signal: never }))
  for (const name of ['0:0', '4:4', '6:4', '2:3', '3:2', '1:1', '5:0']) {
    await eventually(() => started.includes(name))
    end(name)
  }
  await Promise.all(runs)
  t.same(started, ['0:0', '4:4', '6:4', '2:3', '3:2', '1:1', '5:0'])
})

t.test('a limited rate is kept, over any second, and the urgent take the next token', async t => {
  const clock = createManualClock()
  const places = createPlaces({ concurrency: 10, clock, rateLimit: { perSecond: 4, burst: 2 } })
  const done: string[] = []
  const run = async (name: string, priority = 0): Promise<boolean> => await places.run(async () => { done.push(name) }, { priority, signal: never }) !== undefined
  t.same(await Promise.all([run('a'), run('b')]), [true, true], 'the burst at once')
  const waiting = [run('c'), run('d'), run('e'), run('urgent', 2)]
  for (const [n, expected] of [['urgent'], ['c'], ['d']].entries()) {
    clock.advance(250)
    await eventually(() => done.length === 3 + n)
    t.same(done.slice(2 + n), expected)
  }
  clock.advance(250)
  await Promise.all(waiting)
  t.equal(await run('f').then(() => done.length <= 7), true)
  t.ok(places.roomWithin(1000) <= 6)
})

t.test('processes that share an endpoint share its rate', async t => {
  const clock = createManualClock()
  const places = createPlaces({ concurrency: 10, clock, rateLimit: { perSecond: 10, burst: 1 }, share: () => 0.5 })
  await places.run(async () => {}, { priority: 0, signal: never })
  t.equal(places.roomWithin(1000), 5)
})

t.test('a failure gives its place back', async t => {
  const places = createPlaces({ concurrency: 1, clock: createManualClock() })
  await t.rejects(places.run(async () => { throw new Error('x') }, { priority: 0, signal: never }), { message: 'x' })
  t.same(await places.run(async () => 1, { priority: 0, signal: never }), { result: 1 })
})

t.test('nobody waits longer than a second, and at an endpoint that hangs not even that', async t => {
  const { started, job, end } = createJobs()
  const clock = createManualClock()
  const places = createPlaces({ concurrency: 1, clock })
  const hanging = places.run(job('hanging'), { priority: 0, signal: never })
  const waiting = places.run(job('waiting'), { priority: 0, signal: never })
  clock.advance(1000)
  t.equal(await waiting, undefined)
  clock.advance(9000)
  t.same(await Promise.all([1, 2, 3].map(async () => await places.run(job('never'), { priority: 4, signal: never }))), [undefined, undefined, undefined], 'sent away at once')
  t.equal(places.roomWithin(1000), 0, 'nothing more shall come for the time being')
  end('hanging')
  await hanging
  const next = places.run(job('next'), { priority: 0, signal: never })
  await eventually(() => started.includes('next'))
  end('next')
  await next
  t.same(started, ['hanging', 'next'])
})

t.test('a stop sends away those who wait, and lets those who run finish', async t => {
  const { job, end } = createJobs()
  const stop = new AbortController()
  const places = createPlaces({ concurrency: 1, clock: createManualClock() })
  const running = places.run(job('running'), { priority: 0, signal: stop.signal })
  const waiting = places.run(job('waiting'), { priority: 0, signal: stop.signal })
  stop.abort()
  t.equal(await waiting, undefined)
  end('running')
  t.same(await running, { result: 'running' })
  t.equal(await places.run(job('late'), { priority: 0, signal: stop.signal }), undefined)
})
