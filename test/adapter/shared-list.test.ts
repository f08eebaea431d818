// A list is read once for all who wait for it, and nobody gets one that was asked for before he asked.
import t from 'tap'
import { createSharedList, type ReadList } from '../../src/adapter/edoc/shared-list.js'
import { HttpFailure } from '../../src/ports/adapter.js'

interface Reading { readonly list: string, readonly signal: AbortSignal, answer (entries: string): void, fail (error: unknown): void }

/** A list whose readings the test ends. As a call does, a reading ends when it is aborted. */
function heldList (): { ask: ReadList<string>, readings: Reading[] } {
  const readings: Reading[] = []
  const ask = createSharedList<string>(async (list, signal) => await new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => { reject(signal.reason as Error) }, { once: true })
    readings.push({ list, signal, answer: resolve, fail: reject })
  }))
  return { ask, readings }
}

const settled = async (): Promise<void> => { await new Promise(setImmediate) }
const forever = new AbortController().signal

t.test('many who look at once need two readings, one after the other', async t => {
  const { ask, readings } = heldList()
  const all = Promise.all(Array.from({ length: 20 }, async () => await ask('edoc', forever)))
  await settled()
  t.equal(readings.length, 1)
  readings[0]?.answer('first')
  await settled()
  t.equal(readings.length, 2)
  readings[1]?.answer('second')
  t.same(await all, ['first', ...Array.from({ length: 19 }, () => 'second')])
})

t.test('who begins while a list is read does not get that one: what came meanwhile may be missing', async t => {
  const { ask, readings } = heldList()
  const early = ask('edoc', forever)
  await settled()
  const late = ask('edoc', forever)
  readings[0]?.answer('before')
  t.equal(await early, 'before')
  readings[1]?.answer('after')
  t.equal(await late, 'after')
  const next = ask('edoc', forever)
  readings[2]?.answer('anew')
  t.equal(await next, 'anew', 'and nothing is kept')
})

t.test('two lists of one account are read one after the other', async t => {
  const { ask, readings } = heldList()
  const both = Promise.all([ask('edoc', forever), ask('status', forever)])
  await settled()
  t.same(readings.map(({ list }) => list), ['edoc'])
  readings[0]?.answer('documents')
  await settled()
  readings[1]?.answer('statuses')
  t.same(await both, ['documents', 'statuses'])
})

t.test('who is aborted waits no longer, and the others still get the list', async t => {
  const { ask, readings } = heldList()
  const [first, second] = [new AbortController(), new AbortController()]
  const early = ask('edoc', first.signal)
  const aborted = ask('edoc', second.signal)
  const late = ask('edoc', forever)
  second.abort()
  await t.rejects(aborted, { name: 'HttpFailure', reason: 'aborted' })
  await t.rejects(ask('edoc', second.signal), { name: 'HttpFailure', reason: 'aborted' })
  t.equal(readings.length, 1)
  readings[0]?.answer('a')
  t.equal(await early, 'a')
  readings[1]?.answer('b')
  t.equal(await late, 'b')
})

t.test('what nobody waits for is ended, or never begun', async t => {
  const { ask, readings } = heldList()
  const [first, second] = [new AbortController(), new AbortController()]
  const [early, unread] = [ask('edoc', first.signal), ask('status', second.signal)]
  const late = ask('edoc', forever)
  second.abort()
  await t.rejects(unread, HttpFailure)
  t.notOk(readings[0]?.signal.aborted)
  first.abort()
  await t.rejects(early, HttpFailure)
  t.ok(readings[0]?.signal.aborted)
  await settled()
  t.same(readings.map(({ list }) => list), ['edoc', 'edoc'])
  readings[1]?.answer('b')
  t.equal(await late, 'b')
})

t.test('a failure is told to all who share it, and the next reading goes on', async t => {
  const { ask, readings } = heldList()
  const early = ask('edoc', forever)
  const sharing = [ask('edoc', forever), ask('edoc', forever)]
  readings[0]?.answer('a')
  await early
  await settled()
  const late = ask('edoc', forever)
  readings[1]?.fail(new Error('the axis is away'))
  for (const { status } of await Promise.allSettled(sharing)) t.equal(status, 'rejected')
  await settled()
  readings[2]?.answer('b')
  t.equal(await late, 'b')
})
