// Mappings of a province: what they make, and that nothing they say can hang, flood or half-write.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { test } from 'tap'
import { xmlToJson } from '../../../src/formats/xml-json.js'
import { DEFAULT_LIMITS } from '../../../src/formats/codec.js'
import { createJsonataSandbox } from '../../../src/mapping/jsonata.js'
import { openMappings } from '../../../src/mapping/index.js'
import { openMapping } from '../../../src/mapping/mapping.js'
import { compileTable } from '../../../src/mapping/table.js'
import { writeXml } from '../../../src/mapping/xml-writer.js'
import type { MappingConfig, MappingRow } from '../../../src/model/generated.js'

t.setTimeout(120_000)

const file = (name: string): string => fileURLToPath(new URL(`../../../../test/fixtures/mapping/${name}`, import.meta.url))
const TABLE: MappingConfig = { name: 'van-ban-den', version: '1', direction: 'outbound', engine: 'table', input: 'json', output: 'xml', file: file('van-ban-den.table.json'), examples: [{ in: file('van-ban-den.in.json'), out: file('van-ban-den.out.xml') }] }
const JSONATA: MappingConfig = { name: 'phieu', version: '2.1', direction: 'outbound', engine: 'jsonata', input: 'json', output: 'json', file: file('phieu.jsonata'), examples: [{ in: file('van-ban-den.in.json'), out: file('phieu.out.json') }] }
const map = (rows: MappingRow[], input: unknown): unknown => JSON.parse(JSON.stringify(compileTable({ rows })(input)))

test('both engines make what the examples beside them say, and the version goes with the result', async t => {
  const mappings = await openMappings([TABLE, JSONATA])
  t.teardown(async () => { await mappings.close() })
  const made = await mappings.run('phieu', { envelope: { notation: '1/A', to: [] }, attachments: [] })
  t.match(made, { version: '2.1', mediaType: 'application/json' })
  t.same(JSON.parse(made.bytes.toString()), { so: '1/A', nhan: [], tep: 0 })
  await t.rejects(mappings.run('khac', {}), { code: 'TRANSFORM_FAILED' })
})

test('an example that comes out otherwise, a missing file and a wrong table are all told at once', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'mapping-'))
  t.teardown(async () => { await rm(folder, { recursive: true }) })
  await writeFile(join(folder, 'wrong.json'), JSON.stringify({ rows: [{ target: 'a', pfad: 'b' }] }))
  await t.rejects(openMappings([
    { ...JSONATA, examples: [{ in: file('van-ban-den.in.json'), out: file('van-ban-den.in.json') }] },
    { ...TABLE, file: join(folder, 'absent.json') },
    { ...TABLE, file: join(folder, 'wrong.json') }
  ]), { code: 'CONFIG_INVALID', errors: [{ pointer: '/mappings/0/examples/0' }, { pointer: '/mappings/1/file' }, { pointer: '/mappings/2/file' }, { code: 'FIELD_UNKNOWN' }] })
})

test('a table row takes, converts, defaults, and fails by name', t => {
  const input = { a: { b: [{ c: 1 }, { c: 2 }, {}] }, day: '20260316', at: '2026-03-16T09:12:30+07:00', yes: 'true', no: '', '__proto__x': 1 }
  const cases: Array<[string, MappingRow, unknown]> = [
    ['a path', { target: 'x.y', path: 'a.b[1].c' }, { x: { y: 2 } }],
    ['every item', { target: 'x', path: 'a.b[*].c' }, { x: [1, 2] }],
    ['a constant', { target: 'x', value: 'k' }, { x: 'k' }],
    ['a default for an empty value', { target: 'x', path: 'no', default: '-' }, { x: '-' }],
    ['nothing for nothing', { target: 'x', path: 'a.b[9].c' }, {}],
    ['a compact date', { target: 'x', path: 'day', transform: [{ date: 'yyyy-MM-dd' }] }, { x: '2026-03-16' }],
    ['an instant', { target: 'x', path: 'at', transform: [{ date: 'yyyyMMddHHmmss' }] }, { x: '20260316091230' }],
    ['steps in turn, on each item', { target: 'x', path: 'a.b[*].c', transform: ['string', { prefix: 'n' }, { join: '+' }] }, { x: 'n1+n2' }],
    ['a flag', { target: 'x', path: 'yes', transform: ['flag'] }, { x: '1' }],
    ['the language itself stays out of reach', { target: 'x', path: 'a.constructor.name' }, {}]
  ]
  for (const [name, row, expected] of cases) t.same(map([row], input), expected, name)
  t.throws(() => map([{ target: 'x', path: 'no', required: true }], input), { code: 'TRANSFORM_FAILED', errors: [{ pointer: '/rows/0' }] })
  t.throws(() => map([{ target: 'q', rows: [{ target: 'x', path: 'a', transform: ['number'] }] }], input), { code: 'TRANSFORM_FAILED', errors: [{ pointer: '/rows/0/rows/0' }] })
  t.throws(() => map([{ target: 'x', path: 'yes', transform: [{ map: { no: 1 } }] }], input), { code: 'TRANSFORM_FAILED' })
  t.throws(() => compileTable({ rows: [{ target: 'x', path: 'a..b' }] }), { code: 'TRANSFORM_FAILED', errors: [{ pointer: '/rows/0/path' }] })
  compileTable({ rows: [{ target: '__proto__.polluted', value: 'yes' }] })({})
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
  t.end()
})

test('JSONata that does not stop by itself is stopped, and the next expression runs', async t => {
  const sandbox = createJsonataSandbox({ timeoutMs: 300, killAfterMs: 1000, stackDepth: 300, sequenceLength: 10_000, heapMb: 64, outputCharacters: 100_000 })
  t.teardown(async () => { await sandbox.close() })
  const hostile: Record<string, string> = {
    'endless recursion': '($f := function($n) { $f($n + 1) }; $f(0))',
    'deep recursion': '($f := function($n) { 1 + $f($n + 1) }; $f(0))',
    'a huge range': '[1..9999999]',
    'a regular expression that explodes': '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)',
    'a string that doubles': '($d := function($s, $n) { $n = 0 ? $s : $d($s & $s, $n - 1) }; $length($d("aaaaaaaaaaaaaaaa", 40)))',
    'a result too large': '$join([1..9000].("aaaaaaaaaaaaaaaaaaaaaaaa"))',
    'no expression': '{ "a": ',
    'no result': 'nothing.here'
  }
  for (const [name, expression] of Object.entries(hostile)) {
    const startedAt = performance.now()
    await t.rejects(sandbox.evaluate(expression, {}), { code: 'TRANSFORM_FAILED' }, name)
    t.ok(performance.now() - startedAt < 5000, `${name}: stopped in time`)
    t.same(await sandbox.evaluate('{ "sum": $sum(a) }', { a: [1, 2] }), { sum: 3 }, `${name}: the next one runs`)
  }
})

test('XML goes out in order and escaped, or not at all; XML comes in bounded', async t => {
  t.equal(writeXml({ a: { '@x': 'q"<', b: ['1', { c: '' }], '#text': '&', d: null } }), '<?xml version="1.0" encoding="UTF-8"?><a x="q&quot;&lt;"><b>1</b><b><c></c></b>&amp;</a>')
  for (const wrong of [{}, { a: 1, b: 2 }, { 'a b': 1 }, { a: { 'x><y': 1 } }, { a: 'x\u0000' }, { a: { '@x': {} } }, 'text', { a: ['1', '2'] }]) t.throws(() => writeXml(wrong), { code: 'TRANSFORM_FAILED' }, JSON.stringify(wrong))
  t.same(JSON.parse(JSON.stringify(xmlToJson('<r xmlns="u" k="1"><i>1</i><i> 2 </i><j><![CDATA[<]]></j></r>', DEFAULT_LIMITS))), { r: { '@k': '1', i: ['1', '2'], j: '<' } })
  const polluted = xmlToJson('<r><__proto__><x>1</x></__proto__></r>', DEFAULT_LIMITS)
  t.equal(({} as Record<string, unknown>)['x'], undefined)
  t.ok(polluted)
  t.throws(() => xmlToJson('<!DOCTYPE a><a/>', DEFAULT_LIMITS), { code: 'XML_FORBIDDEN' })
  t.throws(() => xmlToJson('<a>'.repeat(100), DEFAULT_LIMITS), { code: 'XML_LIMIT' })
  t.throws(() => xmlToJson('<a>', DEFAULT_LIMITS), { code: 'XML_MALFORMED' })
  const sandbox = createJsonataSandbox()
  t.teardown(async () => { await sandbox.close() })
  const inbound = await openMapping({ name: 'x', version: '1', engine: 'jsonata', input: 'xml', file: file('phieu.jsonata'), examples: [] }, sandbox)
  await t.rejects(inbound.runText('<a>'), { code: 'XML_MALFORMED' })
})
