// The conformance suite finds what is wrong with an adapter that receives: each defect here breaks exactly the promises it should.
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { ADAPTER_PROMISES, runConformance, type AdapterHarness } from '../../src/adapter/conformance.js'
import type { Accept, Adapter, Arrived } from '../../src/ports/adapter.js'
import { newId } from '../../src/ids.js'

type Fate = 'waiting' | 'acknowledged' | 'refused'

/** Letters in memory. */
interface Box { fates: Map<string, Fate>, isOpen: boolean }

type Bring = (letter: string, box: Box, accept: Accept, signal: AbortSignal) => Promise<void>

async function handOver (letter: string, accept: Accept, idempotencyKey = letter): Promise<Arrived> {
  return await accept({ agencies: ['H36.99'], contentType: 'application/xml', body: Readable.from([Buffer.from(letter)]), idempotencyKey })
}

const fateAfter = (arrived: Arrived): Fate => arrived.kind === 'stored' ? 'acknowledged' : 'refused'

const rightly: Bring = async (letter, box, accept) => { box.fates.set(letter, fateAfter(await handOver(letter, accept))) }

function adapterWith (box: Box, bring: Bring, endsWith: (signal: AbortSignal) => boolean = signal => signal.aborted): Adapter<never> {
  return {
    manifest: { name: 'box', version: '1.0.0', contract: 1, title: { vi: 'Hộp', en: 'Box' }, directions: ['inbound'], kinds: ['document'], formats: ['original'], idempotent: true },
    settingsSchema: { type: 'object', additionalProperties: false, properties: {} },
    open: async () => ({
      probe: async () => ({ kind: 'delivered' }),
      async receive (accept, signal) {
        while (!endsWith(signal)) {
          if (!box.isOpen) throw new Error('the box is closed')
          const [letter] = [...box.fates].find(([, fate]) => fate === 'waiting') ?? []
          if (letter !== undefined) await bring(letter, box, accept, signal)
          await sleep(10)
        }
      },
      close: async () => {}
    })
  }
}

function harnessOf (box: Box, more: Partial<AdapterHarness> = {}): AdapterHarness {
  return {
    can: ['offline'],
    start: async () => { box.fates.clear(); box.isOpen = true },
    settings: () => ({}),
    misbehave: async kind => { box.isOpen = kind !== 'offline' },
    received: () => [],
    offer: async () => {
      const id = newId()
      box.fates.set(id, 'waiting')
      return id
    },
    fateOf: id => box.fates.get(id) ?? 'waiting',
    stop: async () => {},
    ...more
  }
}

/** Names of broken promises about receiving. */
async function brokenBy (bring: Bring, { endsWith, names, more }: { endsWith?: (signal: AbortSignal) => boolean, names?: RegExp, more?: Partial<AdapterHarness> } = {}): Promise<string[]> {
  const box: Box = { fates: new Map(), isOpen: true }
  const promises = ADAPTER_PROMISES.filter(({ name }) => (names ?? /offered|acknowledged|brought|given back|receiving/).test(name))
  const results = await runConformance({ adapter: adapterWith(box, bring, endsWith), harness: harnessOf(box, more) }, { now: Date.now, limitMs: 4000, promises })
  return results.filter(({ verdict }) => verdict === 'broken').map(({ name, reason }) => `${name}: ${reason ?? ''}`)
}

t.test('an adapter that receives rightly breaks nothing', async t => {
  t.same(await brokenBy(rightly, { names: /./ }), [])
})

const table: Array<{ defect: string, bring: Bring, finds: RegExp, names: RegExp }> = [
  {
    defect: 'acknowledges first and hands over then',
    bring: async (letter, box, accept) => { box.fates.set(letter, 'acknowledged'); await handOver(letter, accept) },
    finds: /^nothing is acknowledged before.*acknowledged while/, names: /before the hub/
  },
  {
    defect: 'acknowledges what the hub could not store',
    bring: async (letter, box, accept) => { await handOver(letter, accept).catch(() => {}); box.fates.set(letter, 'acknowledged') },
    finds: /^a package that the hub could not store.*after 1 tries/, names: /could not store/
  },
  {
    defect: 'has another key each time',
    bring: async (letter, box, accept) => { box.fates.set(letter, fateAfter(await handOver(letter, accept, newId()))) },
    finds: /different idempotency keys/, names: /could not store/
  },
  {
    defect: 'gives up what failed once',
    bring: async (letter, box, accept) => {
      const arrived = await handOver(letter, accept).catch(() => undefined)
      if (arrived === undefined) box.fates.delete(letter)
      else box.fates.set(letter, fateAfter(arrived))
    },
    finds: /not finished/, names: /could not store/
  },
  {
    defect: 'tells no refusal',
    bring: async (letter, box, accept) => { await handOver(letter, accept); box.fates.set(letter, 'acknowledged') },
    finds: /^a package that the hub refuses/, names: /refuses/
  },
  {
    defect: 'brings what was refused for ever',
    bring: async (letter, box, accept) => { if ((await handOver(letter, accept)).kind === 'stored') box.fates.set(letter, 'acknowledged') },
    finds: /^a package that the hub refuses/, names: /refuses/
  },
  {
    defect: 'hands over twice',
    bring: async (letter, box, accept, signal) => { await handOver(letter, accept); await rightly(letter, box, accept, signal) },
    finds: /handed over instead of 3/, names: /offered/
  },
  {
    defect: 'names nobody',
    bring: async (letter, box, accept) => { box.fates.set(letter, fateAfter(await accept({ agencies: [], contentType: 'application/xml', body: Readable.from(['x']), idempotencyKey: letter }))) },
    finds: /has to name the agencies/, names: /offered/
  }
]

for (const { defect, bring, finds, names } of table) {
  t.test(`the suite finds an adapter that ${defect}`, async t => {
    const found = await brokenBy(bring, { names })
    t.equal(found.length, 1)
    t.match(found[0], finds)
  })
}

t.test('the suite finds an adapter that does not heed the abort', async t => {
  const startedAt = performance.now()
  const found = await brokenBy(rightly, { names: /stops within/, endsWith: () => performance.now() - startedAt > 6000 })
  t.match(found, [/^receiving stops within a second of the abort: not finished|it took/])
})

t.test('what a harness cannot show is not applicable, with the reason', async t => {
  const box: Box = { fates: new Map(), isOpen: true }
  const { offer, ...mute } = harnessOf(box)
  t.type(offer, 'function')
  const results = await runConformance({ adapter: adapterWith(box, rightly), harness: mute }, { now: Date.now, limitMs: 4000 })
  t.match(results.find(({ name }) => name.startsWith('an offered')), { verdict: 'not applicable', reason: /offer/ })
})

t.test('a throw that nobody can catch breaks the promise that runs', async t => {
  const box: Box = { fates: new Map(), isOpen: true }
  let stray: (error: unknown) => void = () => {}
  const adapter = adapterWith(box, rightly)
  const results = await runConformance(
    { adapter: { ...adapter, open: async (...args) => { stray(new Error('out of a timer')); return await adapter.open(...args) } }, harness: harnessOf(box) },
    { now: Date.now, promises: ADAPTER_PROMISES.slice(0, 1), watchStrays: onStray => { stray = onStray; return () => {} } })
  t.match(results, [{ verdict: 'broken', reason: /nobody can catch it: out of a timer/ }])
})
