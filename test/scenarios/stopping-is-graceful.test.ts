// A hub asked to stop finishes what is under way, hands back the rest and says 0; one that cannot start says why.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { HubConfig } from '../../src/model/generated.js'
import { freePort, openProvince, runHub, setUps, spawnHub } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { allSettled, briskly, eventsOf, inParallel, listPackages, makeLetter, PUSHED, receiverOf, send, takenBy, withEndpoint } from '../support/traffic.js'

for (const setUp of await setUps()) {
  await t.test(`${setUp}: what is under way is finished and recorded, the rest is delivered after the next start`, async t => {
    const port = await freePort()
    const province = await openProvince(t, setUp, config => withEndpoint({ ...briskly(config), http: { ...config.http, port } }, 'so-tu-phap', { concurrency: 2 }))
    const receiver = receiverOf(province, 'so-tu-phap')
    receiver.misbehave({ kind: 'slow', delayMs: 2000 })
    const first = await spawnHub(t, province.config)
    const client = province.client(first.url, 'ubnd-tinh')
    await inParallel(Array.from({ length: 12 }, () => makeLetter({ to: [PUSHED.justice] })), 4, async letter => { await send(client, letter) })
    await eventually(() => receiver.counts.taken >= 2)
    const askedAt = performance.now()
    t.equal(await first.end('SIGTERM'), 0)
    t.ok(performance.now() - askedAt < 10_000, 'it does not wait for what has not begun')
    const underWay = receiver.counts.taken
    t.ok(underWay < 12, 'some had not begun')
    receiver.misbehave(undefined)

    await spawnHub(t, province.config)
    const deliveries = await allSettled(client)
    t.same(deliveries.map(({ state, attempts }) => `${state} after ${attempts}`), Array.from({ length: 12 }, () => 'delivered after 1'), 'what was given back costs no attempt')
    t.equal(receiver.counts.duplicates, 0, 'what was under way was recorded: nothing went twice')
    t.equal(takenBy(province.receivers).size, 12)
  })
}

await t.test('an attempt that outlasts the grace is cut short, recorded, and never counts as the last', async t => {
  const province = await openProvince(t, 'embedded', config => briskly(config, { retry: { maxAttempts: 1 } }))
  const receiver = receiverOf(province, 'so-tu-phap')
  receiver.misbehave({ kind: 'hang' })
  const hub = await runHub(t, province.config)
  const client = province.client(hub.url, 'ubnd-tinh')
  const { id } = await send(client, makeLetter({ to: [PUSHED.justice] }))
  await eventually(async () => (await listPackages(client, '&state=active')).length === 1)
  await hub.stop()
  receiver.misbehave(undefined)
  const next = await runHub(t, province.config)
  const again = province.client(next.url, 'ubnd-tinh')
  t.match(await allSettled(again), [{ state: 'delivered', attempts: 2 }])
  t.match((await eventsOf(again, id)).map(({ type, data: { outcome } }) => [type, outcome]), [['package.accepted'], ['delivery.attempted', 'deferred'], ['delivery.attempted', 'delivered'], ['delivery.delivered']])
})

interface Ended { code: number | null, output: string }

/** Starts a hub that is not expected to live; `during` runs meanwhile. */
async function startAndEnd (t: Test, config: unknown, during: (output: () => string, signal: (name: NodeJS.Signals) => void) => Promise<void> = async () => {}): Promise<Ended> {
  const file = join(t.testdir(), 'hub.json')
  await writeFile(file, JSON.stringify(config))
  const child = spawn(process.execPath, [fileURLToPath(new URL('../../src/cli.js', import.meta.url)), 'start', '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(async () => { if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL') })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const closed = once(child, 'close') as Promise<[number | null]>
  await during(() => output, name => { child.kill(name) })
  const [code] = await closed
  return { code, output }
}

await t.test('asked to stop while it waits for its store, it ends with 0', async t => {
  const { config } = await openProvince(t, 'embedded')
  const port = await freePort()
  const waiting: HubConfig = { ...config, log: { level: 'warn' }, store: { ...config.store, kind: 'postgres', url: `postgres://nobody@127.0.0.1:${port}/none` } }
  const { code } = await startAndEnd(t, waiting, async (output, signal) => {
    await eventually(() => output().includes('work.interrupted'))
    signal('SIGTERM')
  })
  t.equal(code, 0)
})

await t.test('a port in use ends it with 3 and names the port', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { config } = await openProvince(t, 'embedded')
  const { code, output } = await startAndEnd(t, { ...config, http: { ...config.http, port } })
  t.equal(code, 3)
  t.match(output, String(port))
  t.match(output, /in use/)
  t.notMatch(output, /\n\s+at /, 'no stack for what a person can mend')
})

await t.test('a faulty configuration ends it with 2 and every fault', async t => {
  const { config } = await openProvince(t, 'embedded')
  const { code, output } = await startAndEnd(t, { ...config, delivery: { ...config.delivery, leaseMs: 1 }, http: { ...config.http, port: 70_000 }, colour: 'red' })
  t.equal(code, 2)
  for (const pointer of ['/delivery/leaseMs', '/http/port', '/colour']) t.match(output, pointer)
})

await t.test('a second process on the same data directory ends with 3, names the directory and leaves the first alone', async t => {
  const { config } = await openProvince(t, 'embedded')
  const hub = await runHub(t, config)
  const { code, output } = await startAndEnd(t, config)
  t.equal(code, 3)
  t.match(output, /DATA_DIRECTORY_LOCKED/)
  t.match(output, config.store.dataDirectory)
  t.equal((await fetch(`${hub.url}/health/ready`)).status, 200)
})
