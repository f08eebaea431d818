// A service call is written down before it goes out, whatever becomes of it; what is not allowed does not go out; nothing that is
// written holds the person or the answer.
import t from 'tap'
import { HubError } from '../../../src/errors.js'
import type { Caller } from '../../../src/model/caller.js'
import type { ServiceCallEnd, ServiceCallRecord, ServiceOutcome } from '../../../src/model/service-call.js'
import { text } from '../../../src/model/text.js'
import { createServices, type ReadyService, type Services, type ServicesOptions } from '../../../src/pipeline/services.js'
import type { ServiceCall } from '../../../src/ports/adapter.js'
import { createSubjects } from '../../../src/security/subjects.js'
import { createAnswerMemory, createTurns } from '../../../src/workers/services.js'

const AT = Date.UTC(2026, 10, 20, 1)
const NUMBER = '068099000123'
const SERVICE: ReadyService = {
  name: 'xac-thuc', endpoint: 'csdldc', operation: 'citizen-exists', clients: ['mot-cua'], agencies: ['H36.11'], purposes: ['TIEP-NHAN'], dossier: 'well-formed', cacheSeconds: 0, timeoutMs: 1000,
  ratePerClient: { perSecond: 1, burst: 3 },
  definition: {
    name: 'citizen-exists', title: text('Hỏi', 'Ask'), subject: ['soDinhDanh'],
    query: { type: 'object', additionalProperties: false, required: ['soDinhDanh'], properties: { soDinhDanh: { type: 'string', pattern: '^\\d{12}$' } } }
  }
}
const BODY = { officer: { id: 'CB-1', unit: 'U' }, purpose: { code: 'TIEP-NHAN', text: 'Vì hồ sơ' }, dossier: '000.00.11.H36-261120-0007', query: { soDinhDanh: NUMBER } }
const CLERK: Caller = { id: 'client:mot-cua', agencies: ['H36.101'], role: 'agency' }
const STRANGER: Caller = { id: 'client:la', agencies: ['H36.50'], role: 'agency' }

interface Made { services: Services, rows: ServiceCallRecord[], ends: ServiceCallEnd[], asked: ServiceCall[], logged: string[], clock: { at: number, now: () => number } }

function make ({ service = {}, outcome = { kind: 'answered', result: { exists: true } }, ...change }: { service?: Partial<ReadyService>, outcome?: ServiceOutcome, store?: Partial<ServicesOptions['store']> } = {}): Made {
  const [rows, ends, asked, logged]: [ServiceCallRecord[], ServiceCallEnd[], ServiceCall[], string[]] = [[], [], [], []]
  const clock = { at: AT, now: () => clock.at }
  const note = (fields: object, event: string): void => { logged.push(JSON.stringify([event, fields])) }
  const services = createServices({
    services: [{ ...SERVICE, ...service }],
    directory: { find: code => ['H36.11', 'H36.101', 'H36.50'].includes(code) ? { code } as never : undefined },
    store: {
      recordServiceCall: async call => { rows.push(call) },
      settleServiceCall: async (_id, end) => { ends.push(end); return true },
      listPackages: async (filter, _page, scope) => filter.correlationId === `dossier:${BODY.dossier}` && (scope === 'all' || scope.includes('H36.101')) ? [{} as never] : [],
      ...change.store
    },
    ask: async (_service, request) => {
      t.equal(rows.at(-1)?.id, request.requestId, 'written down before')
      asked.push(request)
      clock.at += 40
      return outcome
    },
    takeTurn: createTurns(clock),
    memory: createAnswerMemory(clock),
    subjectOf: createSubjects({ subject: 'hash', secret: 'a secret of the province' }),
    clock,
    log: { debug: note, info: note, warn: note, error: note }
  })
  return { services, rows, ends, asked, logged, clock }
}

const ask = async ({ services }: Made, body: unknown = BODY, caller = CLERK): ReturnType<Services['call']> => await services.call(caller, { service: 'xac-thuc', body, traceId: 'a'.repeat(32) })

t.test('an answered call is a row with who, why and which dossier, and without the person and the answer', async t => {
  const made = make()
  const answer = await ask(made)
  t.same(answer, { requestId: made.rows[0]?.id, service: 'xac-thuc', operation: 'citizen-exists', answeredAt: AT + 40, result: { exists: true } })
  t.match(made.rows, [{ client: 'client:mot-cua', agency: 'H36.101', officer: BODY.officer, purpose: BODY.purpose, dossier: BODY.dossier, subject: /^hmac-sha256:[0-9a-f]{64}$/, state: 'requested', requestedAt: AT }])
  t.same(made.ends, [{ state: 'answered', settledAt: AT + 40, durationMs: 40 }])
  t.notMatch(JSON.stringify([made.rows, made.ends, made.logged]), new RegExp(`${NUMBER}|exists":true`))
  t.match(made.asked, [{ query: { soDinhDanh: NUMBER }, officer: BODY.officer, agency: 'H36.101', traceparent: /^00-a{32}-[0-9a-f]{16}-01$/ }])
  await ask(made)
  t.not(made.rows[0]?.id, made.rows[1]?.id, 'every call has a number of its own')
  t.equal(made.rows[0]?.subject, made.rows[1]?.subject, 'and one person one hash')
})

t.test('what the outside system does not answer is recorded with its code, and told with its number', async t => {
  const problem = { code: 'ENDPOINT_REFUSED', detail: text('Không', 'No') }
  const refusing = make({ outcome: { kind: 'refused', problem } })
  const error = await ask(refusing).catch((thrown: unknown) => thrown as HubError) as HubError
  t.match(error, { code: 'ENDPOINT_REFUSED', detail: { en: `No (MaYeuCau ${refusing.rows[0]?.id})` } })
  t.match(refusing.ends, [{ state: 'refused', code: 'ENDPOINT_REFUSED' }])
  const away = make({ outcome: { kind: 'unavailable', problem: { ...problem, code: 'VENDOR_CODE' }, retryAfterMs: 1500 } })
  await t.rejects(ask(away), { code: 'ENDPOINT_UNAVAILABLE', retryAfterSeconds: 1.5 })
  t.match(away.ends, [{ state: 'unavailable' }])
})

t.test('a call that cannot be written down does not go out; one that has gone out is answered', async t => {
  const gone = async (): Promise<never> => { throw new HubError('STORE_UNAVAILABLE', text('Tạm ngưng', 'Away')) }
  const before = make({ store: { recordServiceCall: gone } })
  await t.rejects(ask(before), { code: 'STORE_UNAVAILABLE' })
  t.same(before.asked, [])
  const after = make({ store: { settleServiceCall: gone } })
  t.same((await ask(after)).result, { exists: true })
  t.match(after.logged, [/call\.unsettled/])
})

t.test('what is not allowed is recorded and does not go out', async t => {
  const cases: Array<[string, object, Caller, Partial<ReadyService>?]> = [
    ['neither client nor agency', BODY, STRANGER],
    ['an agency of others', { ...BODY, agency: 'H36.11' }, CLERK],
    ['another purpose', { ...BODY, purpose: { code: 'TO-MO', text: 'x' } }, CLERK],
    ['an unknown dossier', { ...BODY, dossier: '000.00.11.H36-261120-0008' }, CLERK, { dossier: 'known' }],
    ['a dossier of others', { ...BODY, agency: 'H36.11' }, { ...CLERK, agencies: ['H36.11', 'H36.101'] }, { dossier: 'participant' }]
  ]
  for (const [name, body, caller, service = {}] of cases) {
    const made = make({ service })
    await t.rejects(ask(made, body, caller), { code: 'FORBIDDEN' }, name)
    t.match(made.rows, [{ state: 'denied', code: 'FORBIDDEN', settledAt: AT }], name)
    t.same(made.asked, [], name)
  }
  for (const dossier of ['known', 'participant'] as const) t.ok(await ask(make({ service: { dossier } })), dossier)
  t.ok(await ask(make(), { ...BODY, agency: 'H36.11' }, { ...STRANGER, agencies: ['H36.50', 'H36.11'] }), 'an agency may ask through any client')
  const operator = make()
  await t.rejects(ask(operator, BODY, { id: 'client:van-hanh', agencies: [], role: 'operator' }), { code: 'FORBIDDEN' })
  t.same(operator.asked, [])
})

t.test('officer, purpose and dossier are mandatory; all faults come at once and repeat no value', async t => {
  const made = make()
  const error = await ask(made, { officer: { id: '\n' }, dossier: 'x', query: { soDinhDanh: '0680-secret', more: 1 }, extra: 1 }).catch((thrown: unknown) => thrown as HubError) as HubError
  t.same(error.errors.map(({ code, pointer }) => `${code} ${pointer}`).sort(), [
    'FIELD_INVALID /dossier', 'FIELD_INVALID /officer/id', 'FIELD_INVALID /query/soDinhDanh', 'FIELD_MISSING /officer/unit', 'FIELD_MISSING /purpose', 'FIELD_UNKNOWN /extra', 'FIELD_UNKNOWN /query/more'
  ])
  t.notMatch(JSON.stringify(error.errors), /0680-secret/)
  for (const body of [null, [], 'x', 1]) await t.rejects(ask(make(), body), { code: 'REQUEST_INVALID' })
  await t.rejects(ask(make(), {}, STRANGER), { code: 'FORBIDDEN' }, 'who may never ask learns nothing')
  await t.rejects(ask(make(), BODY, { ...CLERK, agencies: ['H36.11', 'H36.101'] }), { code: 'REQUEST_INVALID', errors: [{ code: 'FIELD_MISSING', pointer: '/agency' }] })
  await t.rejects(ask(make(), { ...BODY, agency: 'H99' }), { errors: [{ code: 'FIELD_INVALID', pointer: '/agency' }] })
  await t.rejects(made.services.call(CLERK, { service: 'other', body: BODY, traceId: '' }), { code: 'NOT_FOUND' })
  t.same(made.rows, [])
})

t.test('a client has its turns, and another client its own', async t => {
  const made = make()
  for (let n = 0; n < 3; n++) await ask(made)
  await t.rejects(ask(made), { code: 'RATE_EXCEEDED', retryAfterSeconds: 1 })
  t.ok(await ask(made, { ...BODY, agency: 'H36.11' }, { ...STRANGER, agencies: ['H36.11'] }))
  made.clock.at += 1000
  t.ok(await ask(made))
})

t.test('an answer is given again only where it may be kept, for the same dossier, and is recorded each time', async t => {
  const never = make()
  await ask(never)
  await ask(never)
  t.equal(never.asked.length, 2)
  const kept = make({ service: { cacheSeconds: 60, ratePerClient: { perSecond: 100, burst: 100 } } })
  await ask(kept)
  t.same((await ask(kept)).result, { exists: true })
  t.equal(kept.asked.length, 1)
  t.match(kept.rows, [{ state: 'requested' }, { state: 'answered', cached: true, durationMs: 0 }])
  await ask(kept, { ...BODY, dossier: '000.00.11.H36-261120-0009' })
  await ask(kept, { ...BODY, query: { soDinhDanh: '068099000124' } })
  t.equal(kept.asked.length, 3)
  kept.clock.at += 60_001
  await ask(kept)
  t.equal(kept.asked.length, 4)
})

t.test('a person is written down as a keyed hash, or covered', async t => {
  const hash = createSubjects({ subject: 'hash', secret: 'a secret of the province' })
  t.equal(hash(NUMBER), hash(` 0680 9900 0123 `))
  t.not(hash(NUMBER), createSubjects({ subject: 'hash', secret: 'another secret' })(NUMBER))
  const masked = createSubjects({ subject: 'masked', secret: null })
  t.equal(masked(NUMBER), '*********123')
  t.equal(masked('12345678'), '********')
})

t.test('a caller is offered what it may ask, for the agencies that it may ask for', async t => {
  const { services } = make()
  const agency = (agencies: string[], id = 'client:la'): Caller => ({ id, agencies, role: 'agency' })
  const FIELDS = ['/officer/id', '/officer/unit', '/purpose/code', '/purpose/text', '/dossier', '/query/soDinhDanh']
  const table: Array<[string, Caller, Array<{ agencies: string[], mandatory: string[] }>]> = [
    ['the client is named', CLERK, [{ agencies: ['H36.101'], mandatory: FIELDS }]],
    ['one of its agencies is named: with several it has to say for which', agency(['H36.50', 'H36.11']), [{ agencies: ['H36.11'], mandatory: ['/agency', ...FIELDS] }]],
    ['nobody is named', STRANGER, []],
    ['an operator sees it and may not ask', { id: 'operator:one', agencies: [], role: 'operator' }, [{ agencies: [], mandatory: ['/agency', ...FIELDS] }]],
    ['the hub asks nothing', { id: 'hub', agencies: [], role: 'hub' }, []]
  ]
  for (const [name, caller, offers] of table) t.same(services.list(caller).map(({ agencies, mandatory }) => ({ agencies, mandatory })), offers, name)
  t.match(services.list(CLERK), [{ service: 'xac-thuc', operation: 'citizen-exists', title: { en: 'Ask' }, purposes: ['TIEP-NHAN'], dossier: 'well-formed', query: SERVICE.definition.query }])
})
