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

/** Of a row: what is left out narrows nothing. */
const EVERY = ['kind', 'action', 'priority', 'axis']

t.test('every setting has a description, and is required or has a default', async t => {
  const walk = (path: string[]): void => {
    const node = schemaAt(path)
    for (const name of Object.keys(node?.properties ?? {}).filter(name => name !== '$schema')) {
      const child = schemaAt([...path, name])
      t.ok((child?.description ?? child?.$ref ?? '').length > 5, `${[...path, name].join('.')} is described`)
      t.ok(node?.required?.includes(name) === true || ['gateway', 'kinds', 'mapping', 'mediaType', 'sign', 'files', 'translation', 'from', 'to', 'idempotent', 'circuit', 'rateLimit', 'maintenance', 'days', 'systems', 'username', 'password', ...EVERY].includes(name), `${[...path, name].join('.')} is always there`)
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

t.test('rows of the validation profile that relax what is fixed, or ask for a kind of another format, are refused', async t => {
  const row = (check: string, more: object = {}): object => ({ check, consequence: 'warn', ...more })
  const dir = t.testdir({ 'hub.json': json({ validation: [row('subject'), row('document-id'), row('subject', { kind: 'submit' }), row('dossier.filled', { kind: 'submit' }), row('dossier.filled', { kind: 'update' }), row('target-known', { kind: 'status' })] }) })
  t.match(await faultsOf({ file: 'hub.json', cwd: dir }), [
    { pointer: '/validation/1/consequence', expected: 'reject' },
    { pointer: '/validation/2/kind', expected: /^new \| update/, found: 'submit' },
    { pointer: '/validation/4/kind', expected: /^submit \| supplement/, found: 'update' }
  ])
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
  t.same(config.endpoints, [{ ...ENDPOINT, format: 'original', codes: 'as-written', zip: 'vendor', receipts: ['overdue', 'refused', 'expired', 'dead', 'cancelled'], arrivalStatus: 'system', concurrency: 8, timeoutMs: 60_000, serves: [], scope: 'own', settings: {} }])
  t.equal(config.clients[0]?.role, 'agency')
  const fromEnvironment = await loadConfig({ cwd: dir, environment: { HUB__DIRECTORY__FILES: '["c.json"]' } })
  t.same(fromEnvironment.directory.files, [join(dir, 'c.json')], 'relative to the working directory')
  t.equal(toVariable(['store', 'maxConnections']), 'HUB__STORE__MAX_CONNECTIONS')
})

t.test('what is no network is refused where the egress policy needs one', async t => {
  t.same((await loadConfig({ environment: {} })).egress, { allow: ['*'], forbid: ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254'] })
  const environment = { HUB__EGRESS__ALLOW: '["10.0.0.0/8","lgsp.example.vn:443","10.0.0.0/33"]', HUB__EGRESS__FORBID: '["::1","metadata.example.vn"]' }
  t.match(await faultsOf({ environment }), [{ code: 'FIELD_INVALID', pointer: '/egress/allow/2', found: '10.0.0.0/33' }, { pointer: '/egress/forbid/1', found: 'metadata.example.vn' }])
})

t.test('roles are split only where processes can share what they work on', async t => {
  const SERVICES = { HUB__STORE__KIND: 'postgres', HUB__STORE__URL: 'postgres://db/x', HUB__BROKER__KIND: 'rabbitmq', HUB__BROKER__URL: 'amqp://broker' }
  t.same((await loadConfig({ environment: { ...SERVICES, HUB__ROLES: '["api"]' } })).roles, ['api'])
  t.same((await loadConfig({ environment: { ...SERVICES, HUB__ROLES: '["api"]' }, over: { roles: ['pollers', 'delivery'] } })).roles, ['pollers', 'delivery'], 'the command line wins')
  t.same((await loadConfig({ environment: {}, over: { roles: ['pollers', 'delivery', 'api'] } })).roles, ['pollers', 'delivery', 'api'], 'in any order')
  const split = { code: 'FIELD_INVALID', pointer: '/roles', expected: 'api, delivery, pollers', found: 'api' }
  t.match(await faultsOf({ environment: { HUB__ROLES: '["api"]' } }), [split])
  t.match(await faultsOf({ environment: { ...SERVICES, HUB__BROKER__KIND: 'in-process', HUB__ROLES: '["api"]' } }), [split])
  for (const roles of ['[]', '["api","api"]', '["sweeper"]', 'api']) t.match(await faultsOf({ environment: { ...SERVICES, HUB__ROLES: roles } }), [{ pointer: /^\/roles/ }], roles)
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
      HUB__ENDPOINTS: json([{ ...ENDPOINT, gateway: 'commune', kinds: ['document'] }, { ...ENDPOINT, gateway: 'commune' }])
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

t.test('a translation names what reads: an inbound mapping or a format of dossiers', async t => {
  const mapping = { name: 'vao', version: '1', direction: 'inbound', engine: 'table', file: 'm.json', input: 'json', output: 'json', examples: [] }
  const client = { id: 'a', keySha256: 'a'.repeat(64), agencies: ['H36'] }
  const faultsWith = async (more: object): Promise<string[]> => {
    const file = join(t.testdir({ 'hub.json': JSON.stringify(more) }), 'hub.json')
    return await loadConfig({ file, environment: {} }).then(() => [], (error: HubError) => error.errors.map(({ code, pointer }) => `${code} ${pointer}`))
  }
  t.same(await faultsWith({ mappings: [mapping], clients: [{ ...client, translation: { name: 'vao' } }, { ...client, id: 'b', keySha256: 'b'.repeat(64), translation: { name: 'dvcqg', from: 'H36', to: ['H36.11'] } }] }), [])
  t.same(await faultsWith({ mappings: [mapping], clients: [{ ...client, translation: { name: 'ra' } }] }), ['FIELD_INVALID /clients/0/translation/name'])
  t.same(await faultsWith({ mappings: [mapping], clients: [{ ...client, translation: { name: 'vao', to: ['H36.11'] } }] }), ['FIELD_INVALID /clients/0/translation/to'], 'a mapping writes its recipients')
  t.same(await faultsWith({ mappings: [{ ...mapping, name: 'dvclt', output: 'xml' }] }), ['FIELD_INVALID /mappings/0/name', 'FIELD_INVALID /mappings/0/output'])
  t.same(await faultsWith({ endpoints: [{ id: 'e', axis: 'province', adapter: 'inbox', translation: { name: 'ra' } }] }), ['FIELD_INVALID /endpoints/0/translation/name'])
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
  const dir = t.testdir({
    'postgres-url': 'postgres://hub@db/hub',
    'rabbitmq-url': 'amqps://hub@mq',
    'so-tu-phap': 'x'.repeat(32),
    'so-tu-phap-key-sha256': HASH,
    'van-hanh-key-sha256': HASH.replace(/^./, '0')
  })
  const example = await readFile(join(ROOT, 'config/production.example.json'), 'utf8')
  const named = [...example.matchAll(/\/run\/credentials\/lienthong\.service\/([a-z0-9-]+)/g)].map(([, name]) => name)
  const unit = [...(await readFile(join(ROOT, 'docs/operator-guide.md'), 'utf8')).matchAll(/^LoadCredential=([a-z0-9-]+):/gm)].map(([, name]) => name)
  t.same(unit.sort(), named.sort(), 'the unit of the operator guide hands over exactly its secrets')
  await writeFile(join(dir, 'hub.json'), example.replaceAll('/run/credentials/lienthong.service', dir))
  const config = await loadConfig({ file: join(dir, 'hub.json'), environment: {} })
  t.same(embeddedDefaults(config), [])
  t.ok(config.clients.some(({ role }) => role === 'operator'))
})

t.test('an endpoint signs only with a key that is there, and only what is written anew; callers of a policy exist', async t => {
  const dir = t.testdir({
    'hub.json': json({
      signatures: {
        signing: [{ name: 'truc', key: 'k', certificate: 'c' }, { name: 'truc', key: 'k', certificate: 'c' }],
        envelope: { requireFrom: ['client:nobody', 'endpoint:a'], transformAliasFrom: ['x'] }
      },
      endpoints: [
        { id: 'a', axis: 'province', adapter: 'inbox', format: 'edxml', sign: 'truc' },
        { id: 'b', axis: 'province', adapter: 'inbox', format: 'edxml', sign: 'khac' },
        { id: 'c', axis: 'province', adapter: 'inbox', sign: 'truc' },
        { id: 'd', axis: 'province', adapter: 'inbox', codes: 'qcvn102', sign: 'truc' },
        { id: 'e', axis: 'province', adapter: 'inbox', format: 'json', sign: 'truc' }
      ]
    })
  })
  t.same((await faultsOf({ file: 'hub.json', cwd: dir })).map(({ pointer }) => pointer).sort(), ['/endpoints/1/sign', '/endpoints/2/sign', '/endpoints/4/sign',
    '/signatures/envelope/requireFrom/0', '/signatures/envelope/transformAliasFrom/0', '/signatures/signing/1/name', '/signatures/trustAnchors'])
})

t.test('the doors: paths do not meet, credentials are used once, what is named exists', async t => {
  const client = (id: string, more: object): object => ({ id, keySha256: (id.length % 10).toString().repeat(64), agencies: ['H36'], ...more })
  const file = t.testdir({
    'hub.json': json({
      clients: [
        client('a', { systems: [{ systemId: 'S1', secret: 'secret-one', username: 'u', password: 'password-one' }, { systemId: 'S2', secret: { $env: 'S2' } }] }),
        client('bb', { systems: [{ systemId: 'S1', secret: 'secret-two', username: 'u', password: 'password-two' }] }),
        client('ccc', { role: 'operator', agencies: [], systems: [{ systemId: 'S3', secret: 'secret-three' }] })
      ],
      doors: {
        axis: { path: '/v1/vxp' }, facade: { path: '/lgsp' },
        xroad: { path: '/lgsp/xroad', intake: [{ path: 'a', translation: { name: 'dvcqg' } }, { path: 'a', translation: { name: 'nothing' } }], trusted: [{ network: '10.0.0.0/33', client: 'ccc' }, { network: 'fd00::/8', client: 'a' }] }
      }
    })
  })
  const faults = await faultsOf({ file: join(file, 'hub.json'), environment: { S2: 'secret-of-s2' } })
  t.same(faults.map(({ pointer }) => pointer).sort(), [
    '/clients/1/systems/0/systemId', '/clients/1/systems/0/username', '/clients/2/systems', '/doors/axis/path', '/doors/xroad/intake/1/path',
    '/doors/xroad/intake/1/translation/name', '/doors/xroad/path', '/doors/xroad/trusted/0/client', '/doors/xroad/trusted/0/network'
  ])
  const sound = t.testdir({ 'hub.json': json({ clients: [client('a', { systems: [{ systemId: 'S1', secret: 'secret-one', username: 'u', password: 'password-one' }] })], doors: { axis: { enabled: true } } }) })
  const config = await loadConfig({ file: join(sound, 'hub.json'), environment: {} })
  t.match(maskedConfig(config), { clients: [{ systems: [{ systemId: 'S1', secret: '***', username: 'u', password: '***' }] }], doors: { axis: { enabled: true, path: '/vxp' } } })
  t.match(await faultsOf({ file: join(t.testdir({ 'x.json': json({ clients: [client('a', { systems: [{ systemId: 'S1', secret: 'short', username: 'u' }] })] }) }), 'x.json') }), [{ pointer: '/clients/0/systems/0/secret' }, {}])
})

t.test('services name endpoints and clients that exist, each name once, and a log has its key', async t => {
  const service = { name: 'xac-thuc', endpoint: 'x', operation: 'citizen-exists', purposes: ['P'] }
  const over = (more: object): object => ({ endpoints: [ENDPOINT], clients: [{ id: 'a', keySha256: HASH, agencies: ['H36'] }], services: [service], serviceLog: { secret: 's'.repeat(24) }, ...more })
  const { services } = await loadConfig({ environment: {}, over: over({}) as Record<string, unknown> })
  t.match(services, [{ clients: [], agencies: [], dossier: 'well-formed', cacheSeconds: 0, timeoutMs: 10_000, ratePerClient: { perSecond: 5, burst: 20 } }])
  const faulty = over({ services: [service, { ...service, endpoint: 'y', clients: ['a', 'b'] }], serviceLog: { secret: null } })
  t.same((await faultsOf({ over: faulty as Record<string, unknown> })).map(({ code, pointer }) => `${code} ${pointer}`).sort(), [
    'FIELD_INVALID /services/1/clients/1', 'FIELD_INVALID /services/1/endpoint', 'FIELD_INVALID /services/1/name', 'FIELD_MISSING /serviceLog/secret'
  ])
  t.same(await faultsOf({ over: over({ serviceLog: { subject: 'masked' } }) as Record<string, unknown> }), [])
  t.equal((maskedConfig(await loadConfig({ environment: {}, over: over({}) as Record<string, unknown> })) as { serviceLog: { secret: string } }).serviceLog.secret, '***')
})
