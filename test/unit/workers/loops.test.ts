// The loop of the workers, and the one that works batches: it goes on after failures, tells an outage once, and stops at once.
import t from 'tap'
import { HubError } from '../../../src/errors.js'
import { text } from '../../../src/model/text.js'
import type { ClaimCheck } from '../../../src/ports/broker.js'
import { createBatches } from '../../../src/workers/batches.js'
import { createLoop } from '../../../src/workers/loop.js'
import { createWatch } from '../../../src/workers/watch.js'
import { createManualClock, eventually } from '../../support/time.js'

const away = new HubError('STORE_UNAVAILABLE', text('x', 'x'))

t.test('an outage is told once, its end once, and the next outage anew', async t => {
  const clock = createManualClock()
  const lines: string[] = []
  let isAway = false
  let rounds = 0
  const loop = createLoop({
    clock, retryMs: 10, onFailure: () => { lines.push('failed') }, onRecovery: () => { lines.push('recovered') },
    round: async () => { rounds++; if (isAway) throw away; return 10 }
  })
  loop.start()
  const turn = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n++) {
      const before = rounds
      await eventually(() => { clock.advance(10); return rounds > before })
    }
  }
  for (const next of [true, false, true]) {
    isAway = next
    await turn(4)
  }
  await loop.stop()
  t.same(lines, ['failed', 'recovered', 'failed'])
})

t.test('a round that goes on for long tells its next failure, although it never ended well', async t => {
  const clock = createManualClock()
  let failures = 0
  let rounds = 0
  const loop = createLoop({
    clock, retryMs: 1, onFailure: () => { failures++ },
    round: async (_stopping, worked) => { if (++rounds % 2 === 0) worked(); throw away }
  })
  loop.start()
  await eventually(() => { clock.advance(1); return rounds >= 6 })
  await loop.stop()
  t.equal(failures, 1 + Math.floor(rounds / 2), 'after each time that it worked')
})

t.test('a stop ends the rest at once and waits for the round under way', async t => {
  const clock = createManualClock()
  let finish = (): void => {}
  let done = false
  const loop = createLoop({
    clock, retryMs: 1, onFailure: () => {},
    round: async stopping => { await new Promise<void>(resolve => { finish = resolve }); done = stopping.aborted; return 1_000_000 }
  })
  loop.start()
  const stopped = loop.stop()
  finish()
  await stopped
  t.equal(done, true)
})

interface World { worked: number[], published: ClaimCheck[], lines: string[], fail: boolean, asked: object[] }

function batchesOf (world: World) {
  const clock = createManualClock()
  const line = (_fields: object, message: string): void => { world.lines.push(message) }
  const batches = createBatches({
    store: {
      workBatches: async options => {
        world.asked.push(options)
        if (world.fail) throw away
        const worked = world.worked.shift() ?? 0
        return { worked, claims: Array.from({ length: worked }, (_, n) => ({ deliveryId: `d${world.asked.length}-${n}`, lane: 'normal' as const, publishedAt: 0 })) }
      }
    },
    relay: { publish: claims => { world.published.push(...claims) } },
    clock,
    log: { debug: line, info: line, warn: line, error: line },
    intervalMs: 100,
    expiresAfterMs: 5000
  })
  return { batches, clock }
}

t.test('batches are worked without a rest while there is something to do, and what may go is published', async t => {
  const world: World = { worked: [20, 20, 3], published: [], lines: [], fail: false, asked: [] }
  const { batches } = batchesOf(world)
  batches.start()
  // The clock stands still: only rounds that found something are followed at once.
  await eventually(() => world.asked.length === 4)
  await batches.stop()
  t.equal(world.asked.length, 4)
  t.equal(world.published.length, 43)
  t.match(world.asked[0], { limit: 20, expiresAfterMs: 5000 })
})

t.test('batches go on by themselves when the store is back', async t => {
  const world: World = { worked: [1], published: [], lines: [], fail: true, asked: [] }
  const { batches, clock } = batchesOf(world)
  batches.start()
  await eventually(() => { clock.advance(100); return world.asked.length > 3 })
  t.equal(world.published.length, 0)
  world.fail = false
  await eventually(() => { clock.advance(100); return world.published.length === 1 })
  await batches.stop()
  t.same(world.lines, ['batches.interrupted', 'batches.recovered'])
})

t.test('a process that only asks looks at its endpoints at every interval, tells an outage of the store once, and goes on by itself', async t => {
  const clock = createManualClock()
  const lines: string[] = []
  const line = (_fields: object, message: string): void => { lines.push(message) }
  let [looks, rests, isAway] = [0, 0, false]
  const watch = createWatch({
    intervalMs: 1000,
    clock: { now: clock.now, sleep: async (ms, signal) => { rests++; await clock.sleep(ms, signal) } },
    log: { debug: line, info: line, warn: line, error: line },
    control: { watch: async () => { looks++; if (isAway) throw away } }
  })
  watch.start()
  for (const next of [true, true, true, false, false]) {
    await eventually(() => rests > 0 && rests === looks)
    const before = looks
    clock.advance(999)
    t.equal(looks, before, 'not before its time')
    isAway = next
    clock.advance(1)
    await eventually(() => looks === before + 1)
  }
  await watch.stop()
  t.same(lines, ['endpoints.unwatched'])
})
