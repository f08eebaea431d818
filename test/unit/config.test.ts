// The configuration is complete, checked as a whole before anything starts, and never shows a secret.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig, maskedConfig, toVariable, type LoadOptions } from '../../src/config.js'
import { embeddedDefaults } from '../../src/config-rules.js'
import { CONFIG_SCHEMA, isRecord, schemaAt } from '../../src/config-schema.js'
import { HubError } from '../../src/errors.js'
import { DEFAULT_LIMITS } from '../../src/formats/codec.js'
import type { Fault } from '../../src/model/problem.js'
import { ROOT } from '../architecture/generate.js'

const ENDPOINT = { id: 'x', axis: 'commune', adapter: 'inbox' }
const HASH = 'a'.repeat(64)

async function faultsOf (options: LoadOptions): Promise<Fault[]> {
  return await loadConfig({ environment: {}, ...options }).then(() => [], error => {
    if (error instanceof HubError && error.code === 'CONFIG_INVALID') return error.errors
    throw error
  })
}

const json = (value: unknown): string => JSON.stringify(value)

t.test('config/default.json is complete: it has every property of the schema with the default the schema tells', async t => {
  const defaults: unknown = JSON.parse(await readFile(join(ROOT, 'config/default.json'), 'utf8'))
  const compare = (path: string[], value: unknown): void => {
    const node = schemaAt(path)
    if (node?.properties === undefined) { t.same(value, node?.default, path.join('.')); return }
    if (!isRecord(value)) { t.fail(`${path.join('.')} is no object`); return }
    t.same(Object.keys(value).sort(), Object.keys(node.properties).sort(), `properties of ${path.join('.') || 'the root'}`)
    for (const name of Object.keys(node.properties)) if (name !== '$schema') compare([...path, name], value[name])
  }
  compare([], defaults)
})

t.test('every setting has a description, and is required or has a default', async t => {
  const walk = (path: string[]): void => {
    const node = schemaAt(path)
    for (const name of Object.keys(node?.properties ?? {}).filter(name => name !== '$schema')) {
      const child = schemaAt([...path, name])
      t.ok((child?.description ?? child?.$ref ?? '').length > 5, `${[...path, name].join('.')} is described`)
      t.ok(node?.required?.includes(name) === true || ['gateway', 'mapping', 'mediaType'].includes(name), `${[...path, name].join('.')} is always there`)
      walk(child?.items === undefined ? [...path, name] : [...path, name, '0'])
    }
  }
  walk([])
  t.ok(CONFIG_SCHEMA.properties)
})

t.test('without any source the hub has a valid, frozen configuration with absolute data folders', async t => {
  const config = await loadConfig({ environment: {}, cwd: '/srv/hub' })
  t.equal(config.store.dataDirectory, '/srv/hub/data/store')
  t.equal(config.blobs.directory, '/srv/hub/data/blobs')
  t.same({ ...config.limits, maxBytes: config.http.maxBodyBytes }, DEFAULT_LIMITS)
  t.throws(() => { config.delivery.retry.firstMs = 1 }, TypeError)
  t.notOk('$schema' in config)
})

t.test('the file wins over the defaults, the environment over the file; arrays are replaced', async t => {
  const dir = t.testdir({
    'hub.json': json({ store: { maxConnections: 3, schema: 'one' }, directory: { files: ['a.json', '/b.json'] }, endpoints: [ENDPOINT] })
  })
  const config = await loadConfig({
    file: 'hub.json',
    cwd: dir,
    environment: {
      HUB__STORE__MAX_CONNECTIONS: '7',
      HUB__store__schema: 'two',
      HUB__HTTP__TRUSTEDPROXIES: '["127.0.0.1"]',
      HUB__STORE__URL: '',
      HUB__CLIENTS: json([{ id: 'c', keySha256: HASH, agencies: ['H36'] }]),
      HOME: '/x'
    }
  })
  t.match(config.store, { maxConnections: 7, schema: 'two', kind: 'pglite', url: null })
  t.same(config.http.trustedProxies, ['127.0.0.1'])
  t.same(config.directory.files, [join(dir, 'a.json'), '/b.json'], 'relative to the file that names them')
  t.same(config.endpoints, [{ ...ENDPOINT, format: 'original', codes: 'as-written', zip: 'vendor', concurrency: 8, timeoutMs: 60_000, serves: [], scope: 'own', settings: {} }])
  t.equal(config.clients[0]?.role, 'agency')
  const fromEnvironment = await loadConfig({ cwd: dir, environment: { HUB__DIRECTORY__FILES: '["c.json"]' } })
  t.same(fromEnvironment.directory.files, [join(dir, 'c.json')], 'relative to the working directory')
  t.equal(toVariable(['store', 'maxConnections']), 'HUB__STORE__MAX_CONNECTIONS')
})

t.test('secrets come from the environment or a file, at any depth', async t => {
  const dir = t.testdir({
    conf: {
      'hub.json': json({
        store: { kind: 'postgres', url: { $env: 'PG' } },
        endpoints: [{ id: 'x', axis: 'commune', adapter: 'webhook', settings: { nested: { secret: { $file: 'secret.txt' } }, url: 'http://127.0.0.1/' } }]
      }),
      'secret.txt': 'hush hush\n'
    }
  })
  const config = await loadConfig({ file: 'conf/hub.json', cwd: dir, environment: { PG: 'postgres://u:p@db/x' } })
  t.equal(config.store.url, 'postgres://u:p@db/x')
  t.same(config.endpoints[0]?.settings, { nested: { secret: 'hush hush' }, url: 'http://127.0.0.1/' })
  const shown = JSON.stringify(maskedConfig(config))
  t.notMatch(shown, /hush|postgres:\/\//)
  t.match(shown, /127\.0\.0\.1/)
})

t.test('what is shown hides secrets wherever they came from', async t => {
  const config = await loadConfig({
    environment: {
      HUB__STORE__URL: 'postgres://u:hush@db/x',
      HUB__ENDPOINTS: json([{ id: 'x', axis: 'commune', adapter: 'a', settings: { apiKey: 'hush', headers: { any: 'hush' }, url: 'http://u/' } }])
    }
  })
  const shown = maskedConfig(config, { a: { properties: { headers: { 'x-secret': true } } } })
  t.notMatch(JSON.stringify(shown), /hush/)
  t.match(shown, { store: { url: '***' }, broker: { url: null }, endpoints: [{ settings: { apiKey: '***', headers: '***', url: 'http://u/' } }] })
  t.equal(config.store.url, 'postgres://u:hush@db/x', 'the configuration itself is untouched')
})

t.test('all faults are reported at once, each with its place and what was meant', async t => {
  const faults = await faultsOf({
    environment: {
      HUB__STORE__KIND: 'postgres',
      HUB__BROKER__PREFECHT: '5',
      HUB__HTTP__PORT: 'eighty',
      HUB__INBOX__MAX_LOCK_MS: '1',
      HUB__CLIENTS: json([
        { id: 'a', keySha256: { $env: 'ABSENT' }, agencies: ['H36'] },
        { id: 'b', keySha256: { $file: '/nowhere/secret' }, agencies: ['H36'] },
        { id: 'c', keySha256: HASH, agencies: [], rol: 'agency' }
      ]),
      HUB__ENDPOINTS: json([{ ...ENDPOINT, gateway: 'commune' }, { ...ENDPOINT, gateway: 'commune' }])
    }
  })
  const expected = {
    HUB__BROKER__PREFECHT: 'HUB__BROKER__PREFETCH',
    '/store/url': 'string',
    '/http/port': 'integer',
    '/inbox/maxLockMs': '>= 300000',
    '/clients/0/keySha256': '$env ABSENT',
    '/clients/1/keySha256': '$file /nowhere/secret',
    '/clients/2/rol': 'role',
    '/clients/2/agencies': undefined,
    '/endpoints/1/id': 'a value used once',
    '/endpoints/1/gateway': 'a value used once'
  }
  t.same(faults.map(({ pointer }) => pointer).sort(), Object.keys(expected).sort())
  for (const [pointer, value] of Object.entries(expected)) {
    if (value !== undefined) t.equal(faults.find(fault => fault.pointer === pointer)?.expected, value, pointer)
  }
})

t.test('a hostile or broken file is refused', async t => {
  const dir = t.testdir({ 'proto.json': '{ "__proto__": { "polluted": true }, "stroe": {} }', 'broken.json': '{', 'list.json': '[]' })
  t.same((await faultsOf({ file: 'proto.json', cwd: dir })).map(({ pointer }) => pointer).sort(), ['/__proto__', '/stroe'])
  t.notOk('polluted' in {})
  await t.rejects(loadConfig({ file: 'broken.json', cwd: dir, environment: {} }), { code: 'CONFIG_INVALID', message: /broken\.json/ })
  await t.rejects(loadConfig({ file: 'absent.json', cwd: dir, environment: {} }), { code: 'CONFIG_INVALID', message: /absent\.json/ })
  await t.rejects(loadConfig({ file: 'list.json', cwd: dir, environment: {} }), { code: 'CONFIG_INVALID', message: /list\.json/ })
})

t.test('embedded defaults are named, and production refuses those that nobody meant', async t => {
  const names = embeddedDefaults(await loadConfig({ environment: { HUB__HTTP__HOST: '0.0.0.0' } })).map(({ name }) => name)
  const all = schemaAt(['acceptedDefaults', '0'])?.enum ?? []
  t.same([...names].sort(), [...all].map(String).sort(), 'every name of the schema can occur')
  const environment = { HUB__ENVIRONMENT: 'production', HUB__HTTP__HOST: '0.0.0.0' }
  t.same((await faultsOf({ environment })).length, names.length)
  const accepting = async (accepted: string[]): Promise<string[]> =>
    (await faultsOf({ environment: { ...environment, HUB__ACCEPTED_DEFAULTS: json(accepted) } })).map(({ pointer }) => pointer)
  t.same(await accepting(names.filter(name => name !== 'store.pglite')), ['/store/kind'])
  t.same(await accepting(names), [])
})

t.test('the production example is valid and uses no embedded default', async t => {
  const dir = t.testdir({ key: HASH, secret: 'x'.repeat(32) })
  const example = await readFile(join(ROOT, 'config/production.example.json'), 'utf8')
  const local = example.replace('/run/secrets/so-tu-phap-key-sha256', join(dir, 'key')).replace('/run/secrets/so-tu-phap', join(dir, 'secret'))
  await writeFile(join(dir, 'hub.json'), local)
  const config = await loadConfig({
    file: join(dir, 'hub.json'),
    environment: { LIENTHONG_POSTGRES_URL: 'postgres://hub@db/hub', LIENTHONG_RABBITMQ_URL: 'amqps://hub@mq' }
  })
  t.same(embeddedDefaults(config), [])
})
