// Promise: a question about a citizen reaches the population database only after it is written down who asks, why and for which
// dossier; the record tells neither the person nor the answer; an outage is told as one and harms no delivery.
import { Writable } from 'node:stream'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { ACCOUNT } from '../../adapters/csdldc/harness.js'
import { CITIZEN, startPopulation } from '../../adapters/csdldc/harness-population.js'
import { startHub } from '../../src/hub.js'
import type { HubConfig } from '../../src/model/generated.js'
import { runEngine } from '../support/engine.js'
import { openProvince, runHub, setUps, type SetUp } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { briskly } from '../support/traffic.js'
import { call, JSON_BODY, type Answer } from '../support/wire.js'
import { dossier } from './hostile-requests.js'

const { soDinhDanh, hoVaTen, ngaySinh } = CITIZEN
const DOSSIER = '000.00.11.H36-261120-0007'
const QUESTION = { officer: { id: 'CB-0142', name: 'Lê Thị Cúc', unit: 'H36.11' }, purpose: { code: 'TIEP-NHAN', text: 'Kiểm tra người nộp.' }, dossier: DOSSIER, query: { soDinhDanh, hoVaTen } }
const RULES = { clients: ['so-tu-phap'], agencies: [], purposes: ['TIEP-NHAN'], dossier: 'well-formed', cacheSeconds: 0, timeoutMs: 700, ratePerClient: { perSecond: 50, burst: 50 } } as const

function configure (config: HubConfig, url: string): HubConfig {
  const endpoint: HubConfig['endpoints'][number] = {
    id: 'csdldc', axis: 'national', adapter: 'csdldc', format: 'original', codes: 'as-written', zip: 'vendor', receipts: [], arrivalStatus: 'system', concurrency: 4, timeoutMs: 700, scope: 'own', serves: [],
    circuit: { failures: 3, openMs: 300, maxOpenMs: 300 }, settings: { url, authorization: { user: ACCOUNT.user, secret: ACCOUNT.secret }, apiKey: ACCOUNT.apiKey }
  }
  return {
    ...briskly(config),
    endpoints: [...config.endpoints, endpoint],
    services: [
      { ...RULES, clients: [...RULES.clients], agencies: [], purposes: [...RULES.purposes], name: 'xac-thuc', endpoint: 'csdldc', operation: 'citizen-exists' },
      { ...RULES, clients: [...RULES.clients], agencies: [], purposes: [...RULES.purposes], name: 'nhan-than', endpoint: 'csdldc', operation: 'relatives-verify', dossier: 'participant' }
    ],
    serviceLog: { subject: 'hash', secret: 'scenario-log-secret-of-a-province' }
  }
}

/** A copy that lacks this field. */
function without (value: object, pointer: string): object {
  const copy = structuredClone(value)
  const [last = '', ...path] = pointer.split('/').slice(1).reverse()
  Reflect.deleteProperty(path.reduceRight<any>((at, name) => at[name], copy), last)
  return copy
}

async function open (t: Test, setUp: SetUp) {
  const population = await startPopulation({ account: ACCOUNT })
  t.teardown(population.stop)
  const province = await openProvince(t, setUp, config => configure(config, population.url))
  let logged = ''
  const log = pino({ level: 'trace' }, new Writable({ write (chunk, _encoding, done) { logged += String(chunk); done() } }))
  const hub = await startHub({ config: province.config, log })
  t.teardown(async () => { await hub.stop() })
  const as = async (client: string, path: string, body?: object): Promise<Answer> =>
    await call(`${hub.url}${path}`, { key: province.keys.get(client), ...(body === undefined ? {} : { headers: JSON_BODY, body: JSON.stringify(body) }) })
  return { population, as, logged: () => logged }
}

const available = await setUps()
for (const setUp of available) {
  await t.test(`with ${setUp}`, async t => {
    const { population, as, logged } = await open(t, setUp)
    const rows = async (client: string, query = ''): Promise<Array<Record<string, any>>> => (await as(client, `/v1/service-calls?${query}`)).json['items'] as Array<Record<string, any>>

    await t.test('an officer gets the answer, and the call is on record', async t => {
      const answer = await as('so-tu-phap', '/v1/services/xac-thuc', QUESTION)
      t.match(answer, { status: 200, json: { service: 'xac-thuc', operation: 'citizen-exists', result: { exists: true } } })
      t.match(population.asked, [{ operation: 'XacThucThongTinCongDanRequest', fields: { MaYeuCau: answer.json['requestId'], MaCanBo: 'CB-0142', HoVaTen: 'ĐỖ THỊ MƯỜI' } }])
      const [row] = await rows('so-tu-phap')
      t.match(row, { requestId: answer.json['requestId'], state: 'answered', client: 'client:so-tu-phap', officer: QUESTION.officer, purpose: QUESTION.purpose, dossier: DOSSIER, subject: /^hmac-sha256:/ })
      t.same(await rows('so-noi-vu'), [], 'other agencies do not see it')
      t.match(await rows('van-hanh', `dossier=${DOSSIER}&service=xac-thuc&from=2026-01-01T00:00:00Z`), [{ requestId: answer.json['requestId'] }])
    })

    await t.test('a client is told what it may ask, and which fields that takes', async t => {
      const { items } = (await as('so-tu-phap', '/v1/services')).json as { items: Array<Record<string, any>> }
      t.match(items, [
        { service: 'xac-thuc', operation: 'citizen-exists', title: 'Xác thực thông tin công dân', agencies: ['H36.11'], purposes: ['TIEP-NHAN'], dossier: 'well-formed', query: { required: ['hoVaTen'] } },
        { service: 'nhan-than', operation: 'relatives-verify', dossier: 'participant', mandatory: ['/officer/id', '/officer/unit', '/purpose/code', '/purpose/text', '/dossier', '/query/hoVaTen', '/query/ngaySinh'] }
      ])
      // It is true: without each of them in turn the call is refused, and the fault names it.
      for (const pointer of items[0]?.['mandatory'] as string[]) {
        const answer = await as('so-tu-phap', '/v1/services/xac-thuc', without(QUESTION, pointer))
        t.same([answer.status, answer.json['errors'].map((each: { pointer: string }) => each.pointer)], [400, [pointer]])
      }
      t.same((await as('so-noi-vu', '/v1/services')).json, { items: [] }, 'who may ask nothing is told nothing')
      t.match((await as('van-hanh', '/v1/services')).json, { items: [{ service: 'xac-thuc', agencies: [] }, { service: 'nhan-than' }] })
    })

    await t.test('what is not allowed does not go out, and is on record', async t => {
      const before = population.asked.length
      t.match(await as('so-noi-vu', '/v1/services/xac-thuc', QUESTION), { status: 403, json: { code: 'FORBIDDEN' } })
      t.match(await as('so-tu-phap', '/v1/services/xac-thuc', { ...QUESTION, purpose: { code: 'TO-MO', text: 'x' } }), { status: 403 })
      t.match(await as('so-tu-phap', '/v1/services/xac-thuc', { query: {} }), { status: 400, json: { code: 'REQUEST_INVALID' } })
      t.match(await as('so-tu-phap', '/v1/services/khac', QUESTION), { status: 404 })
      t.match(await as('van-hanh', '/v1/services/xac-thuc', QUESTION), { status: 403 })
      t.equal(population.asked.length, before)
      t.match(await rows('van-hanh', 'limit=2'), [{ state: 'denied', client: 'client:so-tu-phap' }, { state: 'denied', client: 'client:so-noi-vu' }])
    })

    await t.test('a service may ask that the agency takes part in the dossier', async t => {
      const question = { ...QUESTION, query: { ...QUESTION.query, ngaySinh } }
      t.match(await as('so-tu-phap', '/v1/services/nhan-than', question), { status: 403 })
      t.equal((await as('so-tu-phap', '/v1/packages', JSON.parse(dossier({ packageId: 'dc-1', from: 'H36.11', to: ['H36.02'], MaHoSo: DOSSIER })) as object)).status, 202)
      t.match(await as('so-tu-phap', '/v1/services/nhan-than', question), { status: 200, json: { result: { count: 1, persons: [{ hoVaTen, cha: { hoVaTen: 'Đỗ Chín' } }] } } })
    })

    await t.test('an outage is told as one; the endpoint is left alone, and asked again once it is back', async t => {
      population.fail({ kind: 'hang' })
      const startedAt = performance.now()
      t.match(await as('so-tu-phap', '/v1/services/xac-thuc', QUESTION), { status: 502, json: { code: 'ENDPOINT_TIMEOUT' } })
      t.ok(performance.now() - startedAt < 5000)
      population.fail({ kind: 'status', status: 503 })
      const codes = await Promise.all(Array.from({ length: 3 }, async () => (await as('so-tu-phap', '/v1/services/xac-thuc', QUESTION)).json['code'] as string))
      t.same(codes.filter(code => code !== 'ENDPOINT_UNAVAILABLE' && code !== 'ENDPOINT_RESTING'), [])
      await eventually(async () => (await as('so-tu-phap', '/v1/services/xac-thuc', QUESTION)).json['code'] === 'ENDPOINT_RESTING')
      t.match((await as('van-hanh', '/v1/endpoints/csdldc')).json, { id: 'csdldc', state: /failing|recovering/ })
      population.fail(undefined)
      await eventually(async () => (await as('so-tu-phap', '/v1/services/xac-thuc', QUESTION)).status === 200)
      t.ok((await rows('so-tu-phap', 'limit=200')).some(({ state, code }) => state === 'unavailable' && code === 'ENDPOINT_TIMEOUT'))
    })

    await t.test('nothing that is logged or recorded tells the person, the answer or a secret', async t => {
      const recorded = JSON.stringify(await rows('van-hanh', 'limit=200'))
      t.match(logged(), /v1.services/)
      for (const hidden of [soDinhDanh, hoVaTen, 'MƯỜI', ngaySinh, ACCOUNT.secret, ACCOUNT.apiKey, 'scenario-log-secret', '"exists":']) {
        t.notOk(`${logged()}${recorded}`.includes(hidden), 'it is nowhere')
      }
    })
  })
}

await t.test('with split roles', available.includes('services') ? {} : { skip: 'PostgreSQL or RabbitMQ does not answer' }, async t => {
  const population = await startPopulation({ account: ACCOUNT })
  t.teardown(population.stop)
  const { province, url, store } = await runEngine(t, 'services', config => ({ ...configure(config, population.url), roles: ['api'] }))
  const delivering = await runHub(t, { ...province.config, roles: ['delivery'] })
  const as = async (client: string, path: string, body?: object, at = url): Promise<Answer> =>
    await call(`${at}${path}`, { key: province.keys.get(client), ...(body === undefined ? {} : { headers: JSON_BODY, body: JSON.stringify(body) }) })
  const ask = async (): Promise<Answer> => await as('so-tu-phap', '/v1/services/xac-thuc', QUESTION)

  await t.test('a process with the role api answers, records and lists; one without it has no such route', async t => {
    const answer = await ask()
    t.match(answer, { status: 200, json: { result: { exists: true } } })
    t.match((await as('so-tu-phap', '/v1/service-calls')).json, { items: [{ requestId: answer.json['requestId'], state: 'answered' }] })
    t.match((await as('so-tu-phap', '/v1/services')).json, { items: [{ service: 'xac-thuc' }, {}] })
    for (const path of ['/v1/services', '/v1/service-calls']) t.equal((await as('so-tu-phap', path, undefined, delivering.url)).status, 404)
    t.equal((await as('so-tu-phap', '/v1/services/xac-thuc', QUESTION, delivering.url)).status, 404)
    t.equal(population.asked.length, 1)
  })

  await t.test('it goes on alone, and learns of pauses', async t => {
    await delivering.stop()
    t.equal((await as('van-hanh', '/v1/endpoints/csdldc/pause', { reason: 'Bảo trì.' })).status, 200)
    await eventually(async () => (await ask()).json['code'] === 'ENDPOINT_RESTING')
    const before = population.asked.length
    t.match(await ask(), { status: 502, json: { detail: /Bảo trì/ } })
    t.equal(population.asked.length, before)
    t.equal((await as('van-hanh', '/v1/endpoints/csdldc/resume', { reason: 'Xong.' })).status, 200)
    await eventually(async () => (await ask()).status === 200)
  })

  await t.test('it probes what it asks, and no endpoint that it never speaks to', async t => {
    const circuitOf = async (id: string): Promise<{ state: string | undefined, version: number }> => {
      const found = (await store.endpointStates()).find(({ endpoint }) => endpoint === id)
      return { state: found?.circuit.state, version: found?.version ?? 0 }
    }
    const fail = async (id: string): Promise<void> => {
      const at = await store.now()
      const circuit = { state: 'open', since: at, openMs: 1, openUntil: at, problem: { code: 'ENDPOINT_UNAVAILABLE', detail: { vi: 'x', en: 'x' } } } as const
      t.equal(await store.changeCircuit(id, { circuit, version: (await circuitOf(id)).version }), true)
    }
    await fail('so-tu-phap')
    for (let n = 0; n < 2; n++) {
      await fail('csdldc')
      await eventually(async () => (await circuitOf('csdldc')).state === 'half-open')
    }
    t.match(await circuitOf('so-tu-phap'), { state: 'open', version: 1 }, 'that is for who delivers to it')
    await eventually(async () => (await ask()).status === 200)
    await eventually(async () => (await circuitOf('csdldc')).state === 'closed')
  })
})
