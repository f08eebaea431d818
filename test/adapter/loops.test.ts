// Loops of one session end together: a defect in one must not leave the others running beside the next session.
import t from 'tap'
import { runTogether, untilAborted } from '../../src/adapter/loops.js'

t.test('a defect in one loop ends the others, and is thrown when they have ended', async t => {
  const ended: string[] = []
  const loop = (name: string) => async (signal: AbortSignal): Promise<void> => { await untilAborted(signal); ended.push(name) }
  const defect = async (): Promise<void> => { throw new TypeError('a defect') }
  await t.rejects(runTogether([loop('a'), defect, loop('b')], new AbortController().signal), { message: 'a defect' })
  t.same(ended, ['a', 'b'])
})

t.test('loops run until they are aborted, also where there is none, or one has nothing more to do', async t => {
  const over = new AbortController()
  let isOver = false
  const running = Promise.all([runTogether([], over.signal), runTogether([async () => {}], over.signal)]).then(() => { isOver = true })
  await new Promise(setImmediate)
  t.notOk(isOver)
  over.abort()
  await running
  t.ok(isOver)
})
