// The signature of the national axis: the published vector, and what the vendor's client does to it.
import { createHmac } from 'node:crypto'
import { test } from 'tap'
import { readVxpTimestamp, signVxp, verifyVxp, writeVxpTimestamp } from '../../../src/formats/vxp/signature.js'

const AT = Date.parse('2026-03-16T09:13:00.123+07:00')
const CALL = { systemId: 'HUB-H36', secret: 'demo-secret', at: AT, contentType: 'application/json' }
const lower = (headers: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
const secretOf = (systemId: string): string | undefined => systemId === 'HUB-H36' ? 'demo-secret' : undefined

test('a call is signed as the vector says', async t => {
  const headers = signVxp({ servicetype: 'eDoc', messagetype: 'edoc' }, CALL)
  t.equal(headers['XroadVnpt-sign-header'], '{"XroadVnpt-timestamp":"16032026T091300+0123","XroadVnpt-systemid":"HUB-H36","XroadVnpt-servicetype":"eDoc","XroadVnpt-messagetype":"edoc","XroadVnpt-Content-Type":"application/json"}')
  t.equal(headers['XroadVnpt-sign-header-key'], 'timestamp;systemid;servicetype;messagetype;Content-Type')
  t.equal(headers['XroadVnpt-hash-header'], 'a8c10470dd7e532bf1d78789a3304129b6e3fad6f270e1d62cd73d221eeca41f')
})

test('the parameters of a call are those that were signed, whatever the headers became on their way', async t => {
  const signed = '{"XroadVnpt-docId":"abc","XroadVnpt-docid":"stale","XroadVnpt-systemid":"HUB-H36","XroadVnpt-filePath":"/tmp/x"}'
  const hash = createHmac('sha256', 'demo-secret').update(signed).digest('hex')
  const call = verifyVxp({ 'xroadvnpt-sign-header': signed, 'xroadvnpt-hash-header': hash, 'xroadvnpt-docid': 'abc, stale' }, secretOf)
  t.equal(call.kind, 'signed')
  if (call.kind === 'signed') t.same([call.parameters.get('docid'), call.written.get('docId'), call.written.get('docid')], ['abc', 'abc', 'stale'])
})

test('names and words in Vietnamese survive the header, which Node reads as Latin-1', async t => {
  const headers = lower(signVxp({ description: 'Sai thể thức' }, CALL))
  const onTheWire = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value, 'utf8').toString('latin1')]))
  const call = verifyVxp(onTheWire, secretOf)
  t.match(call, { kind: 'signed', parameters: new Map([['description', 'Sai thể thức']]) })
})

test('a call that is not what its sender signed is rejected', async t => {
  const headers = lower(signVxp({ docId: 'abc' }, CALL))
  const cases: Array<[string, Record<string, string>, string]> = [
    ['no signature', {}, 'unsigned'],
    ['no JSON', { ...headers, 'xroadvnpt-sign-header': '{' }, 'unreadable'],
    ['a list', { ...headers, 'xroadvnpt-sign-header': '[]' }, 'unreadable'],
    ['no system', { ...headers, 'xroadvnpt-sign-header': '{}' }, 'unreadable'],
    ['another document', { ...headers, 'xroadvnpt-sign-header': (headers['xroadvnpt-sign-header'] ?? '').replace('abc', 'abd') }, 'wrong-hash'],
    ['a hash cut short', { ...headers, 'xroadvnpt-hash-header': 'a8' }, 'wrong-hash'],
    ['a system nobody knows', lower(signVxp({}, { ...CALL, systemId: 'HUB-H99' })), 'unknown-system'],
    ['another secret', lower(signVxp({}, { ...CALL, secret: 'guess' })), 'wrong-hash']
  ]
  for (const [what, given, because] of cases) t.same(verifyVxp(given, secretOf), { kind: 'rejected', because }, what)
})

test('a time stamp ends in milliseconds, although they look like an offset', async t => {
  t.equal(writeVxpTimestamp(AT), '16032026T091300+0123')
  t.equal(readVxpTimestamp('16032026T091300+0123'), AT)
  for (const wrong of ['', '2026-03-16', '99992026T091300+0123']) t.equal(readVxpTimestamp(wrong), undefined, wrong)
})
