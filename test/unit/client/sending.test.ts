// The client's sending: what goes over the wire, what is tried again with the same key, what is not, and what its errors say.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ApiError, ConnectionError, createClient, dossierFile, type Client, type ClientSettings } from '../../../src/client/index.js'
import { eventually } from '../../support/time.js'
import { ACCEPTED, problemOf, startDouble, type Double, type Play } from './double.js'

const KEY = 'key-so-tai-chinh-0123456789'
const FAST = { firstMs: 1, mostMs: 2 }

async function meet (t: Test, plays: readonly Play[], settings: Partial<ClientSettings> = {}): Promise<Double & { client: Client }> {
  const double = await startDouble(t, plays)
  return { ...double, client: createClient({ url: double.url, key: KEY, retries: FAST, ...settings }) }
}

const taken: Play = { status: 202, body: ACCEPTED }

t.test('a file is sent as it is, with its length, its type by its name, and the key', async t => {
  const { client, asked } = await meet(t, [taken])
  const folder = t.testdir({ 'cv.edxml': '<edXML/>', 'hs.json': '{}' })
  t.strictSame(await client.send({ file: join(folder, 'cv.edxml') }, { idempotencyKey: 'stc-1', deliverBy: new Date('2026-11-20T02:00:00Z') }), ACCEPTED)
  await client.send({ file: join(folder, 'hs.json') }, { translation: 'dvcqg', to: ['H36.11', 'H36.101'] })
  await client.validate({ bytes: '<a/>' })
  await client.send({ json: { packageId: 'x' } }, { contentType: 'application/vnd.lienthong.package+json' })
  t.match(asked[0], {
    method: 'POST', path: '/v1/packages?deliverBy=2026-11-20T02%3A00%3A00.000Z',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/xml', 'content-length': '8', 'idempotency-key': 'stc-1', 'accept-language': 'vi' }
  })
  t.equal(asked[0]?.body.toString(), '<edXML/>')
  t.match(asked[1], { path: '/v1/packages?translation=dvcqg&to=H36.11%2CH36.101', headers: { 'content-type': 'application/json', 'idempotency-key': /^[0-9a-f-]{36}$/ } })
  t.match(asked[2], { path: '/v1/packages/validate', headers: { 'content-type': 'application/xml' } })
  t.equal(asked[2]?.headers['idempotency-key'], undefined)
  t.match(asked[3], { headers: { 'content-type': 'application/vnd.lienthong.package+json' } })
  t.equal(asked[3]?.body.toString(), '{"packageId":"x"}')
})

t.test('a path in front of the hub is kept', async t => {
  const double = await startDouble(t, [taken])
  await createClient({ url: `${double.url}/truc`, key: KEY }).send({ bytes: '<a/>' })
  t.equal(double.asked[0]?.path, '/truc/v1/packages')
})

t.test('a form has the dossier first, then its files, and says how long it is', async t => {
  const { client, asked } = await meet(t, [taken])
  const folder = t.testdir({ 'Đơn "1".pdf': '%PDF-1.7', 'ho-so.json': '{"packageId":"a"}' })
  await client.send({ parts: [{ file: join(folder, 'ho-so.json') }, { file: join(folder, 'Đơn "1".pdf') }, { bytes: Buffer.from([0, 1]), filename: 'a\r\nb.bin' }] })
  const [{ headers, body } = { headers: {}, body: Buffer.alloc(0) }] = asked
  const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(headers['content-type'] ?? '')?.[1] ?? ''
  t.equal(headers['content-length'], String(body.length))
  t.equal(body.toString(), [
    `--${boundary}`, 'Content-Disposition: form-data; name="package"; filename="ho-so.json"', 'Content-Type: application/json', '', '{"packageId":"a"}',
    `--${boundary}`, 'Content-Disposition: form-data; name="file"; filename="Đơn %221%22.pdf"', 'Content-Type: application/pdf', '', '%PDF-1.7',
    `--${boundary}`, 'Content-Disposition: form-data; name="file"; filename="a%0D%0Ab.bin"', 'Content-Type: application/octet-stream', '', '\0\x01',
    `--${boundary}--`, ''
  ].join('\r\n'))
})

t.test('what a dossier says about a file is read from the file', async t => {
  const content = Buffer.alloc(200_000, 'hồ sơ')
  const folder = t.testdir({ 'a.pdf': content })
  t.strictSame(await dossierFile(join(folder, 'a.pdf')), { TenGiayTo: 'a.pdf', HashTepTin: createHash('sha256').update(content).digest('hex'), size: content.length })
})

t.test('what failed on the way is sent again whole, with the same key', async t => {
  const plays: Play[] = ['reset', problemOf(503, 'OVERLOADED'), { status: 502, body: '<html>', headers: { 'content-type': 'text/html' } }, problemOf(429, 'OVERLOADED'), taken]
  const { client, asked } = await meet(t, plays)
  const folder = t.testdir({ 'a.pdf': 'x'.repeat(100_000), 'ho-so.json': '{}' })
  t.strictSame(await client.send({ parts: [{ file: join(folder, 'ho-so.json') }, { file: join(folder, 'a.pdf') }] }), ACCEPTED)
  t.equal(asked.length, 5)
  t.equal(new Set(asked.map(({ headers }) => headers['idempotency-key'])).size, 1, 'one key')
  t.equal(new Set(asked.slice(1).map(({ body }) => body.toString('latin1'))).size, 1, 'the same bytes, boundary included')
})

t.test('an answer that breaks off is asked for again', async t => {
  const cut: Play = (_asked, response) => {
    response.writeHead(202, { 'content-type': 'application/json', 'content-length': '500' })
    response.write('{"id":', () => { response.destroy() })
  }
  const { client, asked } = await meet(t, [cut, taken])
  t.strictSame(await client.send({ bytes: '<a/>' }), ACCEPTED)
  t.equal(asked.length, 2)
})

t.test('Retry-After is waited for, and a long one ends the tries', async t => {
  const { client, asked } = await meet(t, [problemOf(503, 'STOPPING', { 'retry-after': '1' }), taken])
  const startedAt = performance.now()
  await client.send({ bytes: '<a/>' })
  t.ok(performance.now() - startedAt >= 990, 'a second has passed')
  t.equal(asked.length, 2)
  const busy = await meet(t, [problemOf(503, 'STORAGE_FULL', { 'retry-after': '3600' })])
  await t.rejects(busy.client.send({ bytes: '<a/>' }), { code: 'STORAGE_FULL', retryAfterMs: 3_600_000, isTemporary: true })
  t.equal(busy.asked.length, 1)
})

t.test('tries end, and say what it was', async t => {
  const closed = await meet(t, ['reset'], { retries: { ...FAST, attempts: 3 } })
  await t.rejects(closed.client.send({ bytes: '<a/>' }), { name: 'ConnectionError', attempts: 3, detail: { vi: /^Không kết nối được với http:\/\/127/, en: /^No connection/ } })
  t.equal(closed.asked.length, 3)
  const silent = await meet(t, ['hang'], { retries: { ...FAST, attempts: 2 }, timeoutMs: 50 })
  await t.rejects(silent.client.package('a'), ConnectionError)
  t.equal(silent.asked.length, 2)
  const full = await meet(t, [problemOf(507, 'STORAGE_FULL')], { retries: { ...FAST, attempts: 2 } })
  await t.rejects(full.client.send({ bytes: '<a/>' }), { code: 'STORAGE_FULL', status: 507 })
  t.equal(full.asked.length, 2)
})

t.test('a refusal is not repeated, and holds every fault in both languages', async t => {
  for (const status of [400, 401, 403, 404, 409, 413, 415, 422, 501]) {
    const { client, asked } = await meet(t, [problemOf(status, 'PACKAGE_INVALID')])
    const error = await client.send({ bytes: '<a/>' }).catch((error: unknown) => error)
    if (!(error instanceof ApiError)) return t.fail(`${status}: no ApiError`)
    t.match({ ...error, isTemporary: error.isTemporary }, {
      code: 'PACKAGE_INVALID', status, isTemporary: false, title: { vi: 'Có lỗi', en: 'A fault' }, detail: { vi: 'Thiếu trường.', en: 'A field is missing.' },
      errors: [{ code: 'FIELD_MISSING', pointer: '/HoSo/MaTTHC', expected: 'string', detail: { vi: 'Cần có.', en: 'Needed.' } }], traceId: '4bf92f3577b34da6a3ce929d0e0e4736'
    })
    t.equal(asked.length, 1, String(status))
  }
})

t.test('what is not the hub is told apart from it, and gets the key once at most', async t => {
  const other = await startDouble(t, [{ status: 200, body: '{}' }])
  for (const play of [{ status: 302, headers: { location: `${other.url}/` } }, { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Đăng nhập Wi-Fi' }, { status: 404, body: 'nginx' }]) {
    const { client, asked } = await meet(t, [play])
    await t.rejects(client.send({ bytes: '<a/>' }), { code: 'UNEXPECTED_ANSWER', status: play.status })
    t.equal(asked.length, 1)
  }
  t.equal(other.asked.length, 0, 'a redirect is not followed')
})

t.test('a stream that can be opened again is, one that cannot is sent once', async t => {
  const pieces = async function * (): AsyncGenerator<Buffer> { yield Buffer.from('<a>'); yield Buffer.from('</a>') }
  const again = await meet(t, ['reset', taken])
  await again.client.send({ stream: pieces, size: 7 })
  t.match(again.asked[1], { headers: { 'content-length': '7' } })
  t.equal(again.asked[1]?.body.toString(), '<a></a>')
  const once = await meet(t, [problemOf(503, 'OVERLOADED'), taken])
  await t.rejects(once.client.send({ stream: pieces() }), { code: 'OVERLOADED' })
  t.equal(once.asked.length, 1)
  t.match(once.asked[0], { headers: { 'transfer-encoding': 'chunked' } })
  const form = await meet(t, ['reset', taken])
  await t.rejects(form.client.send({ parts: [{ json: {} }, { stream: pieces(), filename: 'a.pdf' }] }), { name: 'ConnectionError', attempts: 1 })
})

t.test('a source that fails is the caller\'s own error and is not tried again', async t => {
  const { client, asked } = await meet(t, [taken])
  await t.rejects(client.send({ file: join(t.testdirName, 'none.xml') }), { code: 'ENOENT' })
  await t.rejects(client.send({ file: t.testdir({}) }), /is no file/)
  t.equal(asked.length, 0)
  const broken = async function * (): AsyncGenerator<Buffer> { yield Buffer.from('<a>'); throw new Error('the disk is gone') }
  await t.rejects(client.send({ stream: broken }), { message: 'the disk is gone' })
  await t.rejects(client.send({ stream: async function * () { yield Buffer.from('<a>') }, size: 7 }), /not the 7 bytes/, 'shorter than announced')
  t.ok(asked.length <= 2)
  t.ok(asked.every(({ body }) => body.length === 0), 'nothing of it was taken as whole')
})

t.test('a signal ends the pause before the next try, with its own reason', async t => {
  const { client, asked } = await meet(t, [problemOf(503, 'OVERLOADED', { 'retry-after': '60' })])
  const stop = new AbortController()
  const sending = client.send({ bytes: '<a/>' }, { signal: stop.signal })
  const ending = eventually(() => asked.length === 1).then(() => { stop.abort(new Error('the program ends')) })
  await t.rejects(sending, { message: 'the program ends' })
  await ending
  t.equal(asked.length, 1)
})

t.test('progress counts what goes out', async t => {
  const { client } = await meet(t, [taken])
  const folder = t.testdir({ 'a.xml': 'x'.repeat(300_000) })
  const told: number[] = []
  await client.send({ file: join(folder, 'a.xml') }, { onProgress: (sent, total) => { told.push(sent); t.equal(total, 300_000) } })
  t.ok(told.length > 1 && told.every((sent, n) => sent > (told[n - 1] ?? 0)))
  t.equal(told.at(-1), (await readFile(join(folder, 'a.xml'))).length)
})

t.test('no error shows the key', async t => {
  const { client } = await meet(t, ['reset'], { retries: { attempts: 1 } })
  const error = await client.package('a').catch((error: unknown) => error)
  t.ok(error instanceof Error)
  t.notMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)) + String((error as Error).stack), KEY)
  for (const key of ['', 'a b', 'a\nb', 'khóa']) t.throws(() => createClient({ url: 'http://127.0.0.1', key }), TypeError)
  for (const url of ['', 'hub', 'ftp://a.vn', 'file:///etc/passwd']) t.throws(() => createClient({ url, key: KEY }), TypeError)
})

t.test('lists are read page by page, no further than they are used', async t => {
  const page = (from: number, nextCursor?: string): Play => ({ status: 200, body: { items: [{ seq: from }, { seq: from + 1 }], ...(nextCursor === undefined ? {} : { nextCursor }) } })
  const { client, asked } = await meet(t, [page(1, 'x'), page(3)])
  const seen: number[] = []
  for await (const { seq } of client.events('a')) seen.push(seq)
  t.strictSame(seen, [1, 2, 3, 4])
  t.strictSame(asked.map(({ path }) => path), ['/v1/packages/a/timeline?limit=500', '/v1/packages/a/timeline?limit=500&cursor=x'])
  for await (const _each of client.packages({ state: 'dead', acceptedFrom: new Date(0) })) break
  t.equal(asked.length, 3)
  t.equal(asked[2]?.path, '/v1/packages?state=dead&acceptedFrom=1970-01-01T00%3A00%3A00.000Z')
})
