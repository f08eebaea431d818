// validate and route as tables over the sample province: who may send, where mail goes, and what is said when it cannot.
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readDirectoryFiles } from '../../../src/directory/files.js'
import { createDirectory } from '../../../src/directory/directory.js'
import { HubError } from '../../../src/errors.js'
import type { EndpointConfig } from '../../../src/model/generated.js'
import { route } from '../../../src/pipeline/route.js'
import type { Received } from '../../../src/pipeline/types.js'
import { validate } from '../../../src/pipeline/validate.js'

const AT = Date.UTC(2026, 10, 20, 2)
const PROVINCE = fileURLToPath(new URL('../../../../config/lam-dong/agencies.json', import.meta.url))
const endpoint = (id: string, axis: EndpointConfig['axis'], more: Partial<EndpointConfig> = {}): EndpointConfig =>
  ({ id, axis, adapter: 'inbox', format: 'original', codes: 'as-written', zip: 'vendor', receipts: [], arrivalStatus: 'system', concurrency: 1, timeoutMs: 1000, serves: [], scope: 'own', settings: {}, ...more })
const directory = createDirectory({
  files: await readDirectoryFiles([PROVINCE]),
  endpoints: [endpoint('quoc-gia', 'national', { gateway: 'national' }), endpoint('tinh', 'province', { gateway: 'province' }), endpoint('xa', 'commune', { gateway: 'commune', format: 'json' }), endpoint('so-noi-vu', 'province', { serves: ['H36.02'], format: 'noihoso' })],
  provinceCode: 'H36',
  senderGraceDays: 90
})

interface Case { from?: string, to: string[], speaksFor?: string[], role?: 'agency' | 'operator', servedBy?: string }

function received ({ from = 'H36', to, speaksFor = ['H36'], role = 'agency', servedBy }: Case): Received {
  return {
    arrival: { caller: { id: 'client:x', agencies: speaksFor, role }, parts: (async function * () {})(), traceId: '0'.repeat(32), ...(servedBy === undefined ? {} : { servedBy }) },
    format: 'edxml',
    mediaType: 'application/xml',
    decoded: {
      envelope: { kind: 'document', action: 'new', identifier: 'i', correlationId: 'c', from: { code: from }, to: to.map(code => ({ code })), priority: 0 },
      content: { kind: 'document', document: { documentId: 'd', docType: 'new', attachments: [] } },
      attachments: [],
      warnings: [],
      faults: []
    },
    original: { sha256: 'a'.repeat(64), size: 1 },
    spooled: { spool: async () => { throw new Error('not used') }, inline: () => [], find: () => undefined, commit: async () => {}, discard: async () => {} }
  }
}

const DEADLINES = { expiresAfterMs: 1000, maxExpiresAfterMs: 10_000, expiry: [], timedWithinMs: 500 }

const plan = (each: Case): ReturnType<typeof route> => route({ ...validate(received(each), { directory, at: AT }), remarks: [] }, { directory, deadlines: DEADLINES, parkMs: 500 })

function refusalOf (each: Case): HubError {
  try {
    plan(each)
  } catch (error) {
    if (error instanceof HubError) return error
    throw error
  }
  throw new Error('was not refused')
}

const TO = '/edXML/edXMLEnvelope/edXMLHeader/MessageHeader/To'
const FROM = '/edXML/edXMLEnvelope/edXMLHeader/MessageHeader/From/OrganId'

const ROUTES: Array<{ to: string, agency: string, endpoint: string, rules: string[] }> = [
  { to: 'H36.101', agency: 'H36.101', endpoint: 'xa', rules: ['code.main', 'endpoint.gateway'] },
  { to: 'h36.101', agency: 'H36.101', endpoint: 'xa', rules: ['code.main', 'endpoint.gateway'] },
  { to: '000.00.11.H36', agency: 'H36.11', endpoint: 'tinh', rules: ['code.listed', 'endpoint.gateway'] },
  { to: '000.03.99.H36', agency: 'H36.07.02', endpoint: 'tinh', rules: ['code.listed', 'endpoint.gateway'] },
  { to: 'H36.41', agency: 'H36.101', endpoint: 'xa', rules: ['code.main', 'succession', 'endpoint.gateway'] },
  { to: 'H16', agency: 'H36', endpoint: 'tinh', rules: ['code.main', 'succession', 'endpoint.gateway'] },
  { to: 'H29', agency: 'H29', endpoint: 'quoc-gia', rules: ['code.main', 'endpoint.gateway'] }
]
for (const { to, agency, endpoint, rules } of ROUTES) {
  t.test(`mail to ${to} goes to ${agency} through ${endpoint}, and says why`, async t => {
    const { package: { deliveries } } = plan({ to: [to] })
    t.match(deliveries, [{ to, agency, endpoint }])
    t.same(deliveries[0]?.reasons.map(({ rule }) => rule), rules)
    t.ok(deliveries[0]?.reasons.every(({ detail }) => detail.vi !== '' && detail.en !== ''))
  })
}

const REFUSALS: Array<{ when: string, given: Case, code: string, pointers: string[] }> = [
  { when: 'the only recipient is unknown', given: { to: ['H36.999'] }, code: 'RECIPIENT_UNKNOWN', pointers: [`${TO}[1]/OrganId`] },
  { when: 'every recipient is unknown', given: { to: ['H36.998', 'H36.999'] }, code: 'RECIPIENT_UNKNOWN', pointers: [`${TO}[1]/OrganId`, `${TO}[2]/OrganId`] },
  { when: 'a closed district has several successors and no default', given: { to: ['H36.43'] }, code: 'SUCCESSOR_AMBIGUOUS', pointers: [`${TO}[1]/OrganId`] },
  { when: 'no endpoint serves the axis', given: { to: ['H36.10.01'] }, code: 'RECIPIENT_UNREACHABLE', pointers: [`${TO}[1]/OrganId`] },
  { when: 'the caller speaks for another agency', given: { to: ['H36.101'], speaksFor: ['H36.11'] }, code: 'SENDER_NOT_ALLOWED', pointers: [FROM] },
  { when: 'an operator sends', given: { to: ['H36.101'], role: 'operator' }, code: 'SENDER_NOT_ALLOWED', pointers: [FROM] },
  { when: 'the sender is unknown', given: { from: 'H36.777', to: ['H36.101'] }, code: 'SENDER_UNKNOWN', pointers: [FROM] },
  { when: 'the sender closed long ago and its successor uses the old code', given: { from: 'H16', to: ['H36.101'] }, code: 'SENDER_CLOSED', pointers: [FROM] },
  { when: 'sender and recipient are wrong: both are told', given: { from: 'H36.777', to: ['H36.999'] }, code: 'PACKAGE_INVALID', pointers: [FROM, `${TO}[1]/OrganId`] },
  { when: 'a forbidden sender goes before everything else', given: { to: ['H36.999'], speaksFor: [] }, code: 'SENDER_NOT_ALLOWED', pointers: [FROM, `${TO}[1]/OrganId`] }
]
for (const { when, given, code, pointers } of REFUSALS) {
  t.test(`refused with ${code} when ${when}`, async t => {
    const error = refusalOf(given)
    t.equal(error.code, code)
    t.same(error.errors.map(({ pointer }) => pointer), pointers)
  })
}

t.test('an unknown recipient beside known ones is refused alone; the others are served', async t => {
  const { package: { deliveries, warnings } } = plan({ to: ['H36.101', 'H36.999', 'H36.11'] })
  t.match(deliveries, [{ to: 'H36.101', endpoint: 'xa' }, { to: 'H36.999', problem: { code: 'RECIPIENT_UNKNOWN' } }, { to: 'H36.11', endpoint: 'tinh' }])
  t.match(warnings, [{ code: 'RECIPIENT_UNKNOWN', pointer: `${TO}[2]/OrganId` }])
})

t.test('a recipient whose format cannot carry the package is told at once, alone beside others', async t => {
  t.match(refusalOf({ to: ['H36.02'] }), { code: 'RECIPIENT_FORMAT', errors: [{ code: 'RECIPIENT_FORMAT', pointer: `${TO}[1]/OrganId`, found: 'H36.02' }] })
  const { package: { deliveries, warnings } } = plan({ to: ['H36.101', 'H36.02'] })
  t.match(deliveries, [{ to: 'H36.101' }, { to: 'H36.02', endpoint: 'so-noi-vu', format: 'noihoso', problem: { code: 'RECIPIENT_FORMAT' } }])
  t.match(warnings, [{ code: 'RECIPIENT_FORMAT', pointer: `${TO}[2]/OrganId` }])
})

t.test('one agency under several codes gets the package once', async t => {
  const { package: { deliveries, warnings } } = plan({ to: ['H36', 'H16', 'H11', '000.00.00.H36'] })
  t.match(deliveries.map(({ to, agency }) => ({ to, agency })), [{ to: 'H36', agency: 'H36' }])
  t.same(warnings.map(({ code, found }) => [code, found]), [['RECIPIENT_REPEATED', 'H16'], ['RECIPIENT_REPEATED', 'H11'], ['RECIPIENT_REPEATED', '000.00.00.H36']])
})

t.test('a caller may choose among the recipients that the document names, in any of their codes', async t => {
  const choose = (to: string[], only: string[]): ReturnType<typeof route> => {
    const given = received({ to })
    return route({ ...validate({ ...given, arrival: { ...given.arrival, only } }, { directory, at: AT }), remarks: [] }, { directory, deadlines: DEADLINES, parkMs: 500 })
  }
  t.same(choose(['H36.05', '000.00.11.H36'], ['H36.11']).package.deliveries.map(({ agency }) => agency), ['H36.11'])
  t.same(choose(['H36.05', 'H36.11'], ['000.00.05.H36', 'H36.11']).package.deliveries.map(({ agency }) => agency), ['H36.05', 'H36.11'])
  t.same(choose(['H36.05', 'H36.11'], []).package.deliveries.length, 2, 'no choice is everybody')
  t.same(choose(['H36.05', 'H36.11'], ['H36.11']).package.envelope.to.length, 2, 'the envelope stays as it was written')
  t.throws(() => choose(['H36.05'], ['H36.11']), { code: 'RECIPIENT_UNKNOWN', errors: [{ found: 'H36.11' }] })
})

t.test('an item that an axis has for one recipient reaches that one; where the document does not name it, everyone', async t => {
  const bring = (only: string[]): Array<string | undefined> => {
    const given = received({ to: ['H36.05', '000.00.11.H36'] })
    const arrival = { ...given.arrival, only, direction: 'inbound' as const }
    return route({ ...validate({ ...given, arrival }, { directory, at: AT }), remarks: [] }, { directory, deadlines: DEADLINES, parkMs: 500 }).package.deliveries.map(({ agency }) => agency)
  }
  t.same(bring(['H36.11']), ['H36.11'])
  t.same(bring(['H36.11', 'LGSP-H36']), ['H36.11'])
  t.same(bring(['LGSP-H36']), ['H36.05', 'H36.11'])
})

t.test('what an axis brought is not sent back to it', t => {
  const { package: accepted } = plan({ to: ['H36.101', 'H26', 'H29'], servedBy: 'quoc-gia' })
  t.same(accepted.deliveries.map(({ to }) => to), ['H36.101'])
  t.match(accepted.warnings, [{ code: 'RECIPIENT_ELSEWHERE', found: 'H26' }, { code: 'RECIPIENT_ELSEWHERE', found: 'H29' }])
  t.same(plan({ to: ['H36.101', 'H26'], servedBy: 'tinh' }).package.deliveries.map(({ to }) => to), ['H36.101', 'H26'], 'only what that endpoint serves')
  t.equal(refusalOf({ to: ['H26'], servedBy: 'quoc-gia' }).code, 'RECIPIENT_ELSEWHERE', 'nobody is left')
  t.equal(refusalOf({ to: ['H26', 'H36.999'], servedBy: 'quoc-gia' }).code, 'PACKAGE_INVALID')
  t.end()
})
