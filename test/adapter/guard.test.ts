// What the guard of an adapter does in detail: who is to blame, what happens to its calls, and how much it may leave behind.
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { blame, endpointsAtWork, guardAdapter } from '../../src/adapter/guard.js'
import { createMemory } from '../../src/adapter/memory.js'
import { createQuietLog } from '../../src/adapter/quiet-log.js'
import { KIT_CODECS } from '../../src/adapter/codecs.js'
import { EXAMPLE_LINKS } from '../../src/adapter/example-links.js'
import { createEgress } from '../../src/adapter/egress.js'
import { createHttpClient } from '../../src/adapter/http.js'
import type { Adapter, AdapterKit, AdapterLog, AdapterSession } from '../../src/ports/adapter.js'
import { adapter as loopback } from '../../adapters/loopback/index.js'
import { sampleOf } from '../support/adapter-suite.js'
import { eventually } from '../support/time.js'

interface Line { level: string, fields: Record<string, unknown>, event: string }

function recorder (): { log: AdapterLog, lines: Line[] } {
  const lines: Line[] = []
  const at = (level: string) => (fields: object, event: string): void => { lines.push({ level, fields: { ...fields }, event }) }
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}

async function guarded (t: Test, makeSession: (kit: AdapterKit) => AdapterSession | Promise<AdapterSession>) {
  const { log, lines } = recorder()
  const adapter = { ...loopback, open: async (_settings: unknown, kit: AdapterKit) => await makeSession(kit) } as unknown as Adapter
  const http = createHttpClient()
  t.teardown(() => { http.close() })
  const session = await guardAdapter(adapter, { endpoint: 'e1', log }).open({}, { endpoint: 'e1', log, now: () => 0, memory: createMemory(), links: EXAMPLE_LINKS, codecs: KIT_CODECS, http, network: createEgress() })
  return { session, lines }
}

const sample = sampleOf(loopback as unknown as Adapter<never>)
const forever = async (): Promise<never> => await new Promise(() => {})
const signal = (): AbortSignal => new AbortController().signal

t.test('the hub itself is nobody\'s adapter', async t => {
  t.equal(blame(new Error('of the hub')), undefined)
  t.same(endpointsAtWork(), [])
})

t.test('a throw behind the hub\'s back ends the calls under way, and the next call has a new session', async t => {
  let opened = 0
  let closed = 0
  const blamed: unknown[] = []
  const { session, lines } = await guarded(t, () => {
    const n = ++opened
    return {
      probe: async () => ({ kind: 'delivered', externalId: `session ${n}` }),
      async deliver () {
        t.same(endpointsAtWork(), ['e1'])
        // The process's last resort runs in the context of the code that threw.
        setTimeout(() => { blamed.push(blame(new Error('in a timer'))) }, 5)
        return await forever()
      },
      close: async () => { closed++ }
    }
  })
  const attempt = session.deliver?.(sample, signal()) ?? t.fail('no deliver') as never
  await t.rejects(attempt, { message: 'the adapter crashed', cause: { message: 'in a timer' } })
  t.same(blamed, ['e1'])
  t.match(lines, [{ level: 'error', event: 'adapter.crashed', fields: { err: { message: 'in a timer' } } }])
  t.same(await session.probe(signal()), { kind: 'delivered', externalId: 'session 2' })
  await eventually(() => closed === 1)
  await session.close()
  t.same([opened, closed], [2, 2])
})

t.test('what an adapter calls is the hub\'s own work', async t => {
  const seen: unknown[] = []
  const { session } = await guarded(t, () => ({
    probe: async () => ({ kind: 'delivered' }),
    async receive (accept) {
      await accept({ agencies: [], contentType: 'text/plain', body: null as never })
      seen.push(blame(new Error('own')))
    },
    close: async () => {}
  }))
  t.equal(session.deliver, undefined, 'a method that the adapter does not have')
  const receiving = session.receive?.(async () => {
    await sleep(1)
    seen.push(blame(new Error('hub')))
    return { kind: 'stored', packageId: 'p', repeated: false }
  }, signal()) ?? t.fail('no receive') as never
  await t.rejects(receiving, { message: 'the adapter crashed' }, 'its own part is its own')
  t.same(seen, [undefined, 'e1'])
})

t.test('an adapter that leaves attempts behind gets no more until they end', async t => {
  let end: () => void = () => {}
  const gate = new Promise<void>(resolve => { end = resolve })
  let calls = 0
  const { session, lines } = await guarded(t, () => ({
    probe: async () => ({ kind: 'delivered' }),
    deliver: async () => { calls++; await gate; return { kind: 'delivered' } },
    close: async () => {}
  }))
  const attempts = Array.from({ length: 50 }, () => {
    const abort = new AbortController()
    const attempt = session.deliver?.(sample, abort.signal)
    abort.abort()
    return attempt
  })
  t.match(await session.deliver?.(sample, signal()), { kind: 'deferred', problem: { code: 'ADAPTER_DEFECT', detail: { en: /50 attempts were aborted/ } } })
  t.equal(calls, 50)
  t.match(lines, [{ event: 'adapter.lingering', fields: { attempts: 50 } }])
  end()
  await Promise.all(attempts)
  await eventually(async () => (await session.deliver?.(sample, signal()))?.kind === 'delivered')
})

t.test('a quiet log passes a burst, drops the rest, and says how much', async t => {
  const { log, lines } = recorder()
  const quiet = createQuietLog(log, { burst: 5, perSecond: 0, tellAfterMs: 20 })
  for (let n = 0; n < 100; n++) quiet.info({ n }, 'thing.done')
  t.same(lines.map(({ fields }) => fields['n']), [0, 1, 2, 3, 4])
  const keepAlive = setInterval(() => {}, 10)
  await eventually(() => lines.length === 6)
  clearInterval(keepAlive)
  t.match(lines[5], { level: 'warn', event: 'log.dropped', fields: { dropped: 95 } })
  quiet.error({}, 'harm.done')
  t.equal(lines.length, 7, 'chatter hides no error')
  const sparing = createQuietLog(log, { burst: 1, perSecond: 0, isWritten: level => level !== 'debug' })
  for (let n = 0; n < 9; n++) sparing.debug({}, 'detail.seen')
  sparing.info({}, 'thing.done')
  t.equal(lines.length, 8, 'what is not written takes no room')
})

t.test('a quiet log survives whatever it is given, and bounds it', async t => {
  const { log, lines } = recorder()
  const quiet = createQuietLog(log)
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  const trap = { get bad () { throw new Error('no') } }
  for (const fields of [circle, trap, { big: 1n }, { long: 'x'.repeat(1e6) }, { deep: { long: 'x'.repeat(1e6) } }, null, 'text']) quiet.warn(fields as object, 'odd.thing')
  quiet.error({ err: new Error('y'.repeat(1e6)) }, 'z'.repeat(1e6))
  t.equal(lines.length, 8)
  t.ok(lines.every(line => JSON.stringify(line.fields).length < 20_000 && line.event.length <= 100))
  t.match(lines[2]?.fields, { big: '1' })
})
