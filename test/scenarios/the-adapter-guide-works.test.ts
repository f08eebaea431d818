// Promise: who follows the guide for authors of adapters ends with an adapter that keeps every promise and works in a hub.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { ADAPTER_PROMISES, runConformance } from '../../src/adapter/conformance.js'
import { loadAdapter, loadHarness } from '../../src/adapter/load.js'
import type { HubConfig } from '../../src/model/generated.js'
import { ROOT } from '../architecture/generate.js'
import { openProvince, runHub } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { briskly, deliveryIn, makeLetter, send } from '../support/traffic.js'

const guide = await readFile(join(ROOT, 'docs/adapter-guide.md'), 'utf8')
const blocksOf = (language: string): string[] => [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(match => match[1] ?? '')

/** Runs what stands in a block, with an `npx` that knows this hub only. */
async function runShell (script: string, cwd: string): Promise<{ code: number | null, output: string }> {
  const bin = join(cwd, '.bin')
  await mkdir(bin, { recursive: true })
  await writeFile(join(bin, 'npx'), `#!/bin/sh\n[ "$1" = lienthong ] || exit 9\nshift\nexec '${process.execPath}' '${join(ROOT, 'dist/src/cli.js')}' "$@"\n`)
  await chmod(join(bin, 'npx'), 0o755)
  const child = spawn('sh', ['-ec', script], { cwd, env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const [code] = await once(child, 'close') as [number | null]
  return { code, output }
}

await t.test('the guide', async t => {
  const cwd = t.testdir()
  const folder = join(cwd, 'so-van-thu')
  const [make = '', check = '', report = ''] = blocksOf('sh')
  const made = await runShell(make.split('\n')[0] ?? '', cwd)
  t.equal(made.code, 0, made.output)
  t.match(make, /adapter new [^]*adapter check /, 'the template is checked by its own test')
  const files = blocksOf('js').map(code => ({ code, file: /^\/\/ so-van-thu\/([a-z]+\.js)/.exec(code)?.[1] ?? t.fail(`for which file is ${code.slice(0, 80)}`) as never }))
  t.same(files.map(({ file }) => file), ['index.js', 'harness.js'])
  for (const { file, code } of files) await writeFile(join(folder, file), code)

  await t.test('its adapter keeps every promise, and its report verifies', async t => {
    t.match(report, check.trim(), 'the third block checks what the second does, and more')
    const { code, output } = await runShell(report, cwd)
    t.equal(code, 0, output)
    t.match(output, / 0 broken, 6 not applicable[^]*the signature is right/, 'it answers no questions; everything else applies')
  })

  await t.test('what it suggests to break is found', async t => {
    // A folder of its own: a module is loaded once.
    const broken = join(cwd, 'so-van-thu-hong')
    await cp(folder, broken, { recursive: true })
    await writeFile(join(broken, 'index.js'), (files[0]?.code ?? '').replace('        case 1: return', '          return'))
    const { adapter } = await loadAdapter(broken)
    const promises = ADAPTER_PROMISES.filter(({ name }) => /twice|taken|unknown/.test(name))
    const results = await runConformance({ adapter, harness: await loadHarness(broken) }, { now: Date.now, promises })
    t.same(results.filter(({ verdict }) => verdict === 'broken').map(({ name }) => name), ['the same delivery twice takes effect once'])
  })

  await t.test('its adapter works in a hub, in both directions', async t => {
    const harness = await loadHarness(folder)
    await harness.start()
    t.teardown(async () => { await harness.stop() })
    const [fragment = ''] = blocksOf('json')
    const { endpoints } = JSON.parse(`{${fragment}}`) as { endpoints: [HubConfig['endpoints'][number]] }
    const usual = { codes: 'as-written', zip: 'vendor', receipts: [], arrivalStatus: 'system', concurrency: 4, timeoutMs: 5000, scope: 'own' }
    const endpoint: HubConfig['endpoints'][number] = { ...usual, ...endpoints[0], adapter: folder, serves: ['H36.08'], settings: harness.settings() }
    const province = await openProvince(t, 'embedded', config => ({ ...briskly(config), endpoints: [...config.endpoints, endpoint] }))
    const hub = await runHub(t, province.config)
    const letter = makeLetter({ to: ['H36.08'] })
    const client = province.client(hub.url, 'ubnd-tinh')
    await deliveryIn(client, (await send(client, letter)).id, ['delivered'])
    t.match(harness.received(), [{ sha256: letter.sha256 }])
    // What the harness offers is no document of any format: the hub says so, and the adapter hands that on.
    const offered = await harness.offer?.() ?? ''
    await eventually(() => harness.fateOf?.(offered) === 'refused')
  })
})
