// The simulated population database: a person tries the adapter and its accidents on it.
import t from 'tap'
import { openSession } from '../../test/support/adapter-suite.js'
import { sampleCall } from './harness.js'
import { adapter } from './index.js'
import { startSimulator } from './simulator.js'

t.test('the adapter asks it with the settings that it prints, and its accidents are switched while it runs', async t => {
  const simulator = await startSimulator({ port: 0, host: '127.0.0.1', options: { status: '503' } })
  t.teardown(simulator.stop)
  const [settings = ''] = /\{.*\}/.exec(simulator.describe().find(line => line.includes('settings:')) ?? '') ?? []
  const session = await openSession(t, adapter, JSON.parse(settings))
  const ask = async () => await session.call?.(sampleCall('citizen-exists'), AbortSignal.timeout(5000))
  const play = async (accident: object): Promise<number> => (await fetch(`${simulator.url}/simulator/accident`, { method: 'POST', body: JSON.stringify(accident) })).status
  t.match(await ask(), { kind: 'unavailable', retryAfterMs: 7000 }, 'from the start')
  t.equal(await play({}), 200)
  t.match(await ask(), { kind: 'answered', result: { exists: true } })
  for (const [accident, kind] of [[{ fault: 'soapenv:Client' }, 'refused'], [{ fault: true }, 'unavailable'], [{ drop: true }, 'unavailable'], [{ malformed: true }, 'unavailable']] as const) {
    t.equal(await play(accident), 200)
    t.equal((await ask())?.kind, kind, JSON.stringify(accident))
  }
  for (const wrong of [{ nothing: true }, { status: 200 }, { drop: true, hang: true }]) t.equal(await play(wrong), 400, JSON.stringify(wrong))
  t.match(await (await fetch(`${simulator.url}/simulator/state`)).json(), { accident: { kind: 'malformed' }, asked: [{ operation: 'XacThucThongTinCongDanRequest' }] })
})
