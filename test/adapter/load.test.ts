// An adapter is loaded by an explicit name, and whatever does not fit is said before anything runs.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadAdapter } from '../../src/adapter/load.js'
import { maskSettings, secretsOf } from '../../src/adapter/settings.js'
import { HubError } from '../../src/errors.js'

const MANIFEST = {
  name: 'sample', version: '1.0.0', contract: 1, title: { vi: 'Mẫu', en: 'Sample' }, directions: ['outbound'], kinds: ['document'], formats: ['original'], idempotent: true
}

/** Writes an adapter's module into a folder of its own and answers its path. */
async function moduleWith (t: Test, source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'adapter-'))
  t.teardown(async () => { await rm(folder, { recursive: true }) })
  await mkdir(join(folder, 'sample'))
  await writeFile(join(folder, 'sample', 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'sample', 'index.js'), source)
  return join(folder, 'sample')
}

const moduleOf = (manifest: object, schema: object = { type: 'object', additionalProperties: false }): string =>
  `export const adapter = { manifest: ${JSON.stringify(manifest)}, settingsSchema: ${JSON.stringify(schema)}, async open () {} }`

async function errorOf (name: string): Promise<HubError> {
  const error = await loadAdapter(name).catch((error: unknown) => error)
  if (!(error instanceof HubError)) throw new Error(`no HubError: ${String(error)}`)
  return error
}

t.test('the built-in adapters load by their names', async t => {
  for (const name of ['loopback', 'inbox', 'webhook']) t.equal((await loadAdapter(name)).manifest.name, name)
})

t.test('an adapter of somebody else loads by path', async t => {
  const folder = await moduleWith(t, moduleOf(MANIFEST))
  t.equal((await loadAdapter(folder)).manifest.name, 'sample', 'a folder')
  t.equal((await loadAdapter(join(folder, 'index.js'))).manifest.name, 'sample', 'a module')
})

t.test('a name that is neither is refused with the reason', async t => {
  t.match(await errorOf('no-such-adapter'), { code: 'CONFIG_INVALID', detail: { en: /cannot be loaded: .*no-such-adapter/ } })
  t.match(await errorOf('./no/such/path'), { code: 'CONFIG_INVALID', detail: { en: /cannot be loaded/ } })
  for (const name of ['../loopback', 'a/b', 'node:fs', 'file:///x.js', 'data:text/javascript,1', 'Loopback', '']) t.match(await errorOf(name), { detail: { en: /no name of an adapter/ } }, name)
  t.match(await errorOf('pino'), { detail: { en: /has to export "adapter" with manifest, settingsSchema, open/ } })
})

t.test('another version of the contract is named as such, and alone', async t => {
  const error = await errorOf(await moduleWith(t, moduleOf({ ...MANIFEST, contract: 2, directions: undefined })))
  t.match(error.errors, [{ pointer: '/contract', expected: '1', found: '2', detail: { en: /written for version 2 of the contract; this hub offers version 1/ } }])
})

t.test('all faults of manifest and schema are told at once', async t => {
  const error = await errorOf(await moduleWith(t, moduleOf({ ...MANIFEST, name: 'Not a name', kinds: ['letter'], colour: 1 }, { type: 'object', propertis: {} })))
  t.same(error.errors.map(({ pointer }) => pointer).sort(), ['/colour', '/kinds/0', '/name', '/settingsSchema'])
})

t.test('settings are checked on a copy, with defaults', async t => {
  const { checkSettings } = await loadAdapter('webhook')
  const given = Object.freeze({ url: 'http://127.0.0.1/x' })
  t.same(checkSettings(given), { settings: { url: 'http://127.0.0.1/x', headers: {} }, faults: [] })
  t.same(Object.keys(given), ['url'])
})

t.test('secrets are found and masked at any depth', async t => {
  const schema = {
    properties: {
      user: { type: 'string' },
      password: { type: 'string', 'x-secret': true },
      headers: { 'x-secret': true, additionalProperties: { type: 'string' } },
      accounts: { items: { properties: { key: { 'x-secret': true }, name: {} } } }
    }
  }
  const settings = { user: 'u', password: 'p1', headers: { A: 'p2' }, accounts: [{ key: 'p3', name: 'n' }], other: 1 }
  t.same(secretsOf(schema, settings), ['p1', 'p2', 'p3'])
  t.same(maskSettings(schema, settings), { user: 'u', password: '***', headers: { A: '***' }, accounts: [{ key: '***', name: 'n' }], other: 1 })
})
