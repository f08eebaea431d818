// The kit for authors of adapters: what `adapter new` makes passes `adapter check` at once, reports can be signed and verified, and an
// adapter that is an npm package loads by its name.
import { execFile } from 'node:child_process'
import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { ADAPTER_PROMISES, runConformance } from '../../src/adapter/conformance.js'
import { loadAdapter, loadHarness } from '../../src/adapter/load.js'
import { createAdapter } from '../../src/commands/adapter-new.js'
import { IN_VIETNAMESE } from '../../src/commands/promises-vi.js'
import { ROOT } from '../architecture/generate.js'

interface Run { code: number, stdout: string, stderr: string }

async function run (command: string, args: string[], cwd: string): Promise<Run> {
  return await new Promise(resolve => {
    execFile(command, args, { cwd, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr })
    })
  })
}

const CLI = join(ROOT, 'dist/src/cli.js')
const lienthong = async (cwd: string, ...args: string[]): Promise<Run> => await run(process.execPath, [CLI, ...args], cwd)

/** Promises that take less than a second each. */
const BRISK = ADAPTER_PROMISES.filter(({ name }) => !/52428800|209715200|does not read|too long/.test(name))

t.test('every promise has its sentence in Vietnamese, and no other has', async t => {
  t.same(Object.keys(IN_VIETNAMESE).sort(), ADAPTER_PROMISES.map(({ name }) => name).sort())
})

t.test('a new adapter passes its checks, and its report verifies', async t => {
  const cwd = t.testdir()
  // One that only receives: its checks are the quickest. All of them run in the test of the guide.
  t.equal((await lienthong(cwd, 'adapter', 'new', 'so-van-thu', '--directions', 'inbound')).code, 0)
  t.equal((await lienthong(cwd, 'key', 'new-signing', 'lab.key')).code, 0)
  const checked = await lienthong(cwd, 'adapter', 'check', './so-van-thu', '--json', 'report.json', '--sign', 'lab.key')
  t.equal(checked.code, 0, checked.stdout + checked.stderr)
  t.match(checked.stdout, /so-van-thu 0\.1\.0; hợp đồng · contract 1[^]*không xác nhận trước khi trục lưu xong[^]* 0 broken, [1-9]\d* not applicable/)
  const report = JSON.parse(await readFile(join(cwd, 'report.json'), 'utf8')) as Record<string, unknown>
  t.match(report, { adapter: { name: 'so-van-thu', version: '0.1.0', sha256: /^[0-9a-f]{64}$/ }, contract: 1, hub: /^\d/, verdict: 'kept', checkedAt: /Z$/ })
  t.same((report['promises'] as Array<{ name: string }>).map(({ name }) => name), ADAPTER_PROMISES.map(({ name }) => name))

  const verify = async (): Promise<number> => (await lienthong(cwd, 'adapter', 'verify', 'report.json', '--key', 'lab.key.pub')).code
  t.equal(await verify(), 0, 'genuine')
  await writeFile(join(cwd, 'report.json'), JSON.stringify(Object.fromEntries(Object.entries(report).reverse())))
  t.equal(await verify(), 0, 'printed in another way')
  t.match(await lienthong(cwd, 'adapter', 'verify', 'report.json', './so-van-thu', '--key', 'lab.key.pub'), { code: 0, stdout: /so-van-thu 0\.1\.0, sha256 [0-9a-f]{64}[^]*every promise is kept[^]*it is this adapter/ })
  await symlink(join(cwd, 'lab.key.pub'), join(cwd, 'so-van-thu', 'more.js'))
  t.match(await lienthong(cwd, 'adapter', 'verify', 'report.json', './so-van-thu', '--key', 'lab.key.pub'), { code: 1, stdout: /this one has changed/ }, 'also by a link')
  await writeFile(join(cwd, 'report.json'), JSON.stringify({ ...report, adapter: { ...report['adapter'] as object, version: '0.2.0' } }))
  t.equal(await verify(), 1, 'changed')
  await writeFile(join(cwd, 'report.json'), '{')
  t.match(await lienthong(cwd, 'adapter', 'verify', 'report.json', '--key', 'lab.key.pub'), { code: 2, stderr: /is not JSON/ })
  t.match(await lienthong(cwd, 'adapter', 'verify', 'report.json', '--key', 'report.json'), { code: 2, stderr: /no Ed25519 key/ })
  t.equal((await lienthong(cwd, 'key', 'new-signing', 'lab.key')).code, 2, 'a key is not replaced')
})

t.test('a broken promise is told in both languages, and the exit code says so', async t => {
  const cwd = t.testdir()
  await createAdapter({ name: 'tre-hen', directory: cwd, directions: 'inbound' })
  const folder = join(cwd, 'tre-hen')
  const index = join(folder, 'index.js')
  // Throws in a timer, besides: the command must live to tell.
  await writeFile(index, (await readFile(index, 'utf8')).replace('      async close () {}', '      async close () { setTimeout(() => { throw new Error(\'late\') }) }'))
  const { code, stdout } = await lienthong(cwd, 'adapter', 'check', folder)
  t.equal(code, 1)
  t.match(stdout, /✗ \p{L}[^✓]*    a \w[^✓]*nobody can catch it: late[^✓]*because/u)
  t.match(await lienthong(cwd, 'adapter', 'check', 'no-such-adapter'), { code: 2, stderr: /CONFIG_INVALID[^]*no-such-adapter/ })
})

t.test('each choice of directions makes an adapter that keeps its promises', async t => {
  const cwd = t.testdir()
  for (const directions of ['outbound', 'inbound', 'outbound,inbound']) {
    const folder = await createAdapter({ name: `so-${directions.length}`, directory: join(cwd, 'new'), directions })
    const { adapter, manifest } = await loadAdapter(folder)
    t.same(manifest.directions, directions.split(','))
    const results = await runConformance({ adapter, harness: await loadHarness(folder) }, { now: Date.now, promises: BRISK })
    t.same(results.filter(({ verdict }) => verdict === 'broken'), [])
    for (const file of ['index.js', 'harness.js', 'README.md', 'package.json']) t.notMatch(await readFile(join(folder, file), 'utf8'), /my-adapter|<\/?(in|out)bound>/, file)
  }
})

t.test('bad names, directions and folders that exist are refused with the reason', async t => {
  const cwd = t.testdir({ taken: { 'note.txt': 'keep me' } })
  const refusal = async (name: string, directions = 'outbound'): Promise<unknown> => await createAdapter({ name, directory: cwd, directions }).catch((error: unknown) => error)
  for (const name of ['', 'X', 'Sổ', '../up', 'a/b', '-a', 'a'.repeat(65), 'a b']) t.match(await refusal(name), { code: 'REQUEST_INVALID', detail: { en: /cannot be a name/ } }, name)
  t.match(await refusal('taken'), { code: 'REQUEST_INVALID', detail: { en: /exists already/ } })
  t.equal(await readFile(join(cwd, 'taken', 'note.txt'), 'utf8'), 'keep me')
  for (const directions of ['', 'up', 'outbound,up', 'inbound,inbound']) t.match(await refusal('fine', directions), { detail: { en: /directions/ } }, directions)
})

t.test('an npm package loads by its name, and one of another contract is refused with the reason', async t => {
  const cwd = t.testdir({ project: { 'package.json': '{"name":"project","private":true}' } })
  const folder = await createAdapter({ name: 'kho-giay', directory: cwd, directions: 'outbound,inbound' })
  const manifest = join(folder, 'manifest.json')
  const packed = async (name: string): Promise<string> => {
    t.equal((await run('npm', ['pack', '--silent', '--pack-destination', cwd], folder)).code, 0)
    await rename(join(cwd, 'kho-giay-0.1.0.tgz'), join(cwd, name))
    return join(cwd, name)
  }
  const project = join(cwd, 'project')
  const install = async (tarball: string): Promise<Run> => await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--silent', tarball], project)
  const good = await packed('good.tgz')
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('"contract": 1', '"contract": 2'))
  const newer = await packed('newer.tgz')

  const installed = await install(good)
  t.equal(installed.code, 0, installed.stderr)
  // From the folder where the hub is started; a process of its own, because a module is loaded once.
  const script = (body: string): string[] => ['--input-type=module', '-e', `import { loadAdapter, loadHarness } from ${JSON.stringify(join(ROOT, 'dist/src/adapter/load.js'))}\n${body}`]
  const loaded = await run(process.execPath, script('console.log((await loadAdapter("kho-giay")).manifest.name, typeof (await loadHarness("kho-giay")).start)'), project)
  t.match(loaded, { code: 0, stdout: 'kho-giay function\n' }, loaded.stderr)
  t.equal((await install(newer)).code, 0)
  const refused = await run(process.execPath, script('await loadAdapter("kho-giay").catch(error => console.log(error.code, error.errors[0].detail.en))'), project)
  t.match(refused.stdout, /^CONFIG_INVALID The adapter was written for version 2 of the contract; this hub offers version 1/)
})

t.test('an adapter of another hub throws failures that this hub knows', async t => {
  const folder = await createAdapter({ name: 'ban-sao', directory: t.testdir(), directions: 'outbound' })
  const copy = join(folder, 'node_modules', 'lienthong')
  await mkdir(copy, { recursive: true })
  await writeFile(join(copy, 'package.json'), '{"name":"lienthong","type":"module","exports":{"./adapter":"./nothing.js"}}')
  await writeFile(join(copy, 'nothing.js'), 'throw new Error("the wrong module")')
  t.equal((await loadAdapter(folder)).manifest.name, 'ban-sao')
})
