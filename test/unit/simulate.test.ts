// `lienthong simulate`: every adapter that has a simulator starts it in the same way.
import { access, cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openSimulator } from '../../src/simulate.js'
import { ROOT } from '../architecture/generate.js'

const names: string[] = []
for (const name of await readdir(join(ROOT, 'adapters'))) {
  if (await access(join(ROOT, 'adapters', name, 'simulator.ts')).then(() => true, () => false)) names.push(name)
}

for (const name of names) {
  await t.test(`the simulator of ${name} tells where it is and how to use it, and stops`, async t => {
    const simulator = await openSimulator(name, { port: 0, host: '127.0.0.1', faults: [] })
    t.match(simulator.describe().join('\n'), simulator.url)
    t.ok((await fetch(simulator.url)).status < 600, 'somebody answers')
    await simulator.stop()
    await t.rejects(fetch(simulator.url))
  })

  await t.test(`the simulator of ${name} refuses an accident that it does not know, by name`, async t => {
    await t.rejects(openSimulator(name, { port: 0, host: '127.0.0.1', faults: ['no-such-accident'] }), { code: 'REQUEST_INVALID', message: /no-such-accident/ })
  })
}

t.ok(['vxp', 'dvcqg', 'edoc-rest', 'csdldc'].every(name => names.includes(name)))
await t.test('a folder anywhere has its simulator started, with what the hub lends to adapters', async t => {
  const folder = t.testdir({
    'package.json': '{ "type": "module" }',
    'simulator.js': `import { openSimulatorServer } from 'lienthong/adapter'
      export async function startSimulator (at) {
        const server = await openSimulatorServer(at, async (_request, response) => { response.end('xin chào') })
        return { ...server, describe: () => [server.url] }
      }`
  })
  const outside = await mkdtemp(join(tmpdir(), 'lienthong-simulator-'))
  t.teardown(async () => { await rm(outside, { recursive: true }) })
  await cp(folder, outside, { recursive: true })
  const simulator = await openSimulator(outside, { port: 0, host: '127.0.0.1', faults: [] })
  t.equal(await (await fetch(simulator.url)).text(), 'xin chào')
  await simulator.stop()
})

await t.test('a name without a simulator, and a port that is none, are refused', async t => {
  await t.rejects(openSimulator('inbox', { port: 0, host: '127.0.0.1', faults: [] }), { code: 'NOT_FOUND' })
  await t.rejects(openSimulator('vxp', { port: 70_000, host: '127.0.0.1', faults: [] }), { code: 'REQUEST_INVALID' })
})
