// Batching, persisting and closing: small machines with exact promises.
import t from 'tap'
import { HubError } from '../../../src/errors.js'
import { text } from '../../../src/model/text.js'
import { createBatcher } from '../../../src/workers/batcher.js'
import { createClosing } from '../../../src/workers/closing.js'
import { persist } from '../../../src/workers/persist.js'
import { createManualClock, eventually } from '../../support/time.js'

const silent = { debug () {}, info () {}, warn () {}, error () {} }

t.test('what comes while a batch runs travels in the next one, in order, each with its own answer', async t => {
  const batches: number[][] = []
  let release = (): void => {}
  const add = createBatcher<number, string>({
    maxItems: 3,
    concurrency: 1,
    run: async items => {
      batches.push(items)
      await new Promise<void>(resolve => { release = resolve })
      return items.map(item => `#${item}`)
    }
  })
  const first = add(0)
  await eventually(() => batches.length === 1)
  const rest = [1, 2, 3, 4].map(async item => await add(item))
  release()
  await eventually(() => batches.length === 2)
  release()
  await eventually(() => batches.length === 3)
  release()
  t.equal(await first, '#0')
  t.same(await Promise.all(rest), ['#1', '#2', '#3', '#4'])
  t.same(batches, [[0], [1, 2, 3], [4]])
  await add.idle()
})

t.test('a failed batch rejects its own callers and no others', async t => {
  let fail = true
  const add = createBatcher<number, number>({ maxItems: 10, concurrency: 1, run: async items => { if (fail) throw new Error('broken'); return items } })
  await t.rejects(add(1), { message: 'broken' })
  fail = false
  t.equal(await add(2), 2)
})

t.test('a batch answered with too few results is a defect, not a hang', async t => {
  await t.rejects(createBatcher<number, number>({ maxItems: 1, concurrency: 1, run: async () => [] })(1), RangeError)
})

t.test('work is repeated while the store is away, and only then', async t => {
  const clock = createManualClock()
  const signal = new AbortController().signal
  let tries = 0
  const away = new HubError('STORE_UNAVAILABLE', text('tạm ngưng', 'away'))
  const result = persist(async () => { if (++tries < 4) throw away; return 'done' }, { clock, log: silent, what: 'test', signal })
  await eventually(() => { clock.advance(5000); return tries === 4 })
  t.equal(await result, 'done')
  await t.rejects(persist(async () => { throw new TypeError('a defect') }, { clock, log: silent, what: 'test', signal }), TypeError)
  const stop = new AbortController()
  stop.abort()
  await t.rejects(persist(async () => { throw away }, { clock, log: silent, what: 'test', signal: stop.signal }), away)
})

t.test('parts close in the reverse order, once, whatever one of them does', async t => {
  const closed: string[] = []
  const closing = createClosing(silent)
  closing.add('first', async () => { closed.push('first') })
  closing.add('second', async () => { throw new Error('stuck') })
  closing.add('third', async () => { closed.push('third') })
  await Promise.all([closing.close(), closing.close()])
  t.same(closed, ['third', 'first'])
})
