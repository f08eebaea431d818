// Promise 4, for the code of others: an adapter that throws, hangs, floods its log or computes for a while harms its own endpoint only.
import { join } from 'node:path'
import t from 'tap'
import type { HubConfig } from '../../src/model/generated.js'
import { openProvince, spawnHub } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { briskly, deliveryIn, findPackage, inParallel, makeLetter, PUSHED, receiverOf, send } from '../support/traffic.js'

const BAD = `
const manifest = { name: 'bad', version: '1.0.0', contract: 1, title: { vi: 'Hỏng', en: 'Bad' }, directions: ['outbound', 'inbound'], kinds: ['document', 'status'], formats: ['original'], idempotent: true }
const settingsSchema = { type: 'object', additionalProperties: false, required: ['play'], properties: { play: { type: 'string', description: 'What goes wrong.' } } }
const never = new Promise(() => {})
const later = throwing => { setTimeout(throwing, 5) }
let computed = false
// Attempts may also fail before they get here: where the machine is slow, opening takes too long.
const crashes = { timer: 0, promise: 0 }
export const adapter = { manifest, settingsSchema, async open ({ play }, { log }) {
  if (play === 'open') throw new Error('no session from me')
  if (play === 'open-hangs') return await never
  return {
    probe (signal) { if (play === 'probe') throw new Error('no probe from me'); return Promise.resolve({ kind: 'delivered' }) },
    deliver () {
      switch (play) {
        case 'deliver': throw new Error('no delivery from me')
        case 'nonsense': return 'taken'
        case 'probe': return Promise.resolve({ kind: 'deferred', problem: { code: 'ENDPOINT_UNAVAILABLE', detail: { vi: 'Đi vắng.', en: 'Away.' } } })
        case 'hang': return never
        case 'timer': if (crashes.timer++ < 2) { later(() => { throw new Error('thrown in a timer') }); return never } break
        case 'promise': if (crashes.promise++ < 2) { later(() => { Promise.reject(new Error('a forgotten promise')) }); return never } break
        case 'flood': for (let n = 0; n < 20000; n++) log.warn({ n, text: 'x'.repeat(100000) }, 'noise.made'); break
        case 'compute': if (!computed) { computed = true; for (const until = Date.now() + 1800; Date.now() < until;); } break
      }
      return Promise.resolve({ kind: 'delivered' })
    },
    async receive (accept, signal) {
      if (play === 'receive') later(() => { throw new Error('thrown while receiving') })
      if (play === 'receive-throws') throw new Error('no receiving from me')
      await never
    },
    close () { if (play === 'hang') return never; throw new Error('no closing either') }
  }
} }
`

/** What goes wrong → the agency that it hits, and what becomes of its letter in the end. */
const PLAYS: Record<string, { agency: string, state: 'delivered' | 'deferred' }> = {
  open: { agency: 'H36.02', state: 'deferred' },
  'open-hangs': { agency: 'H36.03', state: 'deferred' },
  probe: { agency: 'H36.04', state: 'deferred' },
  deliver: { agency: 'H36.05', state: 'deferred' },
  nonsense: { agency: 'H36.06', state: 'deferred' },
  hang: { agency: 'H36.07', state: 'deferred' },
  timer: { agency: 'H36.08', state: 'delivered' },
  promise: { agency: 'H36.09', state: 'delivered' },
  flood: { agency: 'H36.12', state: 'delivered' },
  compute: { agency: 'H36.13', state: 'delivered' },
  receive: { agency: 'H36.14', state: 'delivered' },
  'receive-throws': { agency: 'H36.10', state: 'delivered' }
}

function withBad (config: HubConfig, adapter: string): HubConfig {
  const endpoints = Object.entries(PLAYS).map(([play, { agency }]): HubConfig['endpoints'][number] => ({
    id: `bad-${play}`, axis: 'province', adapter, format: 'original', codes: 'as-written', zip: 'vendor', receipts: [], arrivalStatus: 'system', concurrency: 4, timeoutMs: 1000, serves: [agency], scope: 'own', settings: { play }
  }))
  return { ...config, endpoints: [...config.endpoints, ...endpoints] }
}

t.test('one endpoint after another goes wrong, and the hub goes on', async t => {
  const folder = t.testdir({ bad: { 'package.json': '{"type":"module"}', 'index.js': BAD } })
  const province = await openProvince(t, 'embedded', config => withBad(briskly(config), join(folder, 'bad')))
  const hub = await spawnHub(t, province.config)
  const client = province.client(hub.url, 'ubnd-tinh')
  const troubled = new Map<string, string>()
  await inParallel(Object.entries(PLAYS), 4, async ([play, { agency }]) => { troubled.set(play, (await send(client, makeLetter({ to: [agency] }))).id) })
  const neighbour = receiverOf(province, 'da-lat')
  const letters = Array.from({ length: 30 }, () => makeLetter({ to: [PUSHED.daLat] }))
  await inParallel(letters, 3, async letter => { await send(client, letter) })
  await eventually(() => neighbour.received().length === letters.length)
  t.equal(neighbour.counts.duplicates, 0, 'the neighbour has everything once')

  for (const [play, { state }] of Object.entries(PLAYS)) {
    const id = troubled.get(play) ?? ''
    if (state === 'delivered') {
      const delivery = await deliveryIn(client, id, ['delivered'], 30_000)
      if (play === 'timer' || play === 'promise') t.ok(delivery.attempts >= 3, `${play}: a crash is an attempt that failed, a later one succeeds`)
      continue
    }
    const delivery = await eventually(async () => (await findPackage(client, id)).deliveries.find(({ problem }) => problem !== undefined), 30_000)
    t.match(delivery.problem?.code, /^(ENDPOINT_|ADAPTER_DEFECT)/, `${play}: the reason is on the delivery`)
  }

  await t.test('and the log tells who it was, briefly', async t => {
    const lines = (): Array<Record<string, unknown>> => hub.output().split('\n').filter(line => line.startsWith('{') && line.endsWith('}')).map(line => JSON.parse(line) as Record<string, unknown>)
    const found = (event: string, endpoint: string): boolean => lines().some(line => line['event'] === event && line['endpoint'] === endpoint)
    for (const play of ['timer', 'promise', 'receive']) t.ok(await eventually(() => found('adapter.crashed', `bad-${play}`)).catch(() => false), `${play} is named`)
    t.ok(found('attempt.crashed', 'bad-deliver'))
    t.ok(found('poller.interrupted', 'bad-receive-throws'))
    t.ok(lines().some(({ event, endpoints }) => event === 'loop.stalled' && (endpoints as string[]).includes('bad-compute')))
    await eventually(() => found('log.dropped', 'bad-flood'), 20_000)
    const noise = lines().filter(({ event }) => event === 'noise.made')
    t.ok(noise.length >= 100 && noise.length < 1000, `${noise.length} of 20000 lines`)
    t.ok(JSON.stringify(noise[0]).length < 5000, 'each of them bounded')
  })
  t.equal(await hub.end('SIGTERM'), 0, 'it stops in order, also beside adapters that never end')
})
