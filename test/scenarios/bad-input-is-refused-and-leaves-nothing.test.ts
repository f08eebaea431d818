// Promise: whatever is posted, the answer says what is wrong and where, and the hub keeps nothing of it.
import { readdir } from 'node:fs/promises'
import t from 'tap'
import { startHub } from '../../src/hub.js'
import { createLog } from '../../src/log.js'
import { openProvince } from '../support/hub.js'
import { eventually } from '../support/time.js'
import { call, openWire, XML, type Answer, type CallOptions } from '../support/wire.js'
import { documentMessage } from '../unit/formats/edxml-messages.js'
import { dossier, HARMLESS, HOSTILE, MOST_BYTES } from './hostile-requests.js'

const REQUEST_TIMEOUT_MS = 1500

const province = await openProvince(t, 'embedded', config => ({
  ...config, http: { ...config.http, maxBodyBytes: MOST_BYTES, requestTimeoutMs: REQUEST_TIMEOUT_MS }, blobs: { ...config.blobs, inlineBytes: 1000 }
}))
const lines: Array<Record<string, unknown>> = []
const log = createLog({ level: 'info', destination: { write: line => { lines.push(JSON.parse(line) as Record<string, unknown>) } } })
const hub = await startHub({ config: province.config, log })
t.teardown(async () => { await hub.stop() })
const rejections: unknown[] = []
process.on('unhandledRejection', reason => { rejections.push(reason) })

const key = province.keys.get('ubnd-tinh') ?? ''
const operator = province.keys.get('van-hanh')

async function post (path: string, options: CallOptions): Promise<Answer> {
  return await call(`${hub.url}${path}`, { key, ...options })
}

/** Files below the blob directory, finished or not. */
async function storedFiles (): Promise<string[]> {
  const entries = await readdir(province.config.blobs.directory, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(({ name }) => name)
}

for (const path of ['/v1/packages', '/v1/packages/validate']) {
  await t.test(`a refusal by ${path} names the fault and its place`, async t => {
    for (const { name, headers = {}, body, status, code, pointer, fault } of HOSTILE) {
      const startedAt = performance.now()
      const answer = await post(path, { headers, body: typeof body === 'function' ? body() : body, method: 'POST' })
      const { errors: [first] = [] } = answer.json
      t.strictSame({ status: answer.status, code: answer.json['code'] }, { status, code }, name, { answer: answer.json })
      if (pointer !== undefined) t.strictSame({ pointer: first?.pointer, code: first?.code }, { pointer, code: fault ?? code }, `${name}: place`, { answer: answer.json })
      // A loaded machine may be slow with anything; what is meant to exhaust the hub must not take longer than the rest.
      t.ok(performance.now() - startedAt < (code === 'XML_LIMIT' || code === 'XML_FORBIDDEN' ? 1000 : 5000), `${name}: answered at once`)
      t.ok(answer.bytes.length < 100_000, `${name}: the answer is bounded`)
    }
  })
}

const HEAD = (path: string, type = 'application/xml'): string => `POST ${path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer ${key}\r\nContent-Type: ${type}\r\n`
const LARGE = documentMessage({ documentId: 'large', attachments: [{ name: 'a.pdf', content: Buffer.alloc(900_000, 'x').toString('base64') }] })
const LARGE_FORM = `--b\r\nContent-Disposition: form-data; name="package"\r\n\r\n${dossier({ packageId: 'cut' })}\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n${'x'.repeat(400_000)}\r\n--b--\r\n`

await t.test('a client that goes away in the middle leaves nothing', async t => {
  const cuts: Array<[string, string, number]> = [
    ['application/xml', LARGE, 0], ['application/xml', LARGE, 30], ['application/xml', LARGE, 1000], ['application/xml', LARGE, 700_000],
    ['application/xml', LARGE, LARGE.length - 1], ['application/json', dossier(), 10], ['multipart/form-data; boundary=b', LARGE_FORM, 60],
    ['multipart/form-data; boundary=b', LARGE_FORM, 100_000], ['multipart/form-data; boundary=b', LARGE_FORM, LARGE_FORM.length - 2]
  ]
  for (const path of ['/v1/packages', '/v1/packages/validate']) {
    for (const [type, body, at] of cuts) {
      for (const coding of ['length', 'chunked'] as const) {
        const bytes = Buffer.from(body)
        const before = lines.length
        const { socket } = openWire(hub.url)
        const announced = coding === 'length' ? `Content-Length: ${bytes.length}\r\n\r\n` : `Transfer-Encoding: chunked\r\n\r\n${bytes.length.toString(16)}\r\n`
        socket.write(HEAD(path, type) + announced)
        await new Promise(resolve => socket.write(bytes.subarray(0, at), resolve))
        if (at % 2 === 0) socket.resetAndDestroy()
        else socket.destroy()
        // Cut off before the head arrived it leaves no line at all; that takes no time to be over.
        if (at > 1000) await eventually(() => lines.length > before)
      }
    }
  }
  await eventually(async () => (await storedFiles()).length === 0)
  t.strictSame(lines.filter(line => line['level'] === 'error'), [])
})

await t.test('a request that only dribbles in is ended', async t => {
  const dribbles = ['POST /v1/packages HTTP/1.1\r\nHo', `${HEAD('/v1/packages')}Content-Length: 500000\r\n\r\n${LARGE.slice(0, 100_000)}`,
    `${HEAD('/v1/packages/validate', 'multipart/form-data; boundary=b')}Content-Length: 500000\r\n\r\n${LARGE_FORM.slice(0, 90_000)}`]
  await Promise.all(dribbles.map(async start => {
    const wire = openWire(hub.url)
    wire.socket.write(start)
    const dribble = setInterval(() => { wire.socket.write('x') }, 100)
    await eventually(wire.closed)
    clearInterval(dribble)
    t.match(wire.received(), /^HTTP\/1\.1 408 [^]*REQUEST_TIMEOUT/)
  }))
})

await t.test('what would be two requests in one is none', async t => {
  const smuggled = 'GET /v1/packages HTTP/1.1\r\nHost: hub\r\n\r\n'
  for (const framing of [
    `Content-Length: 5\r\nContent-Length: ${5 + smuggled.length}\r\n\r\nhello`,
    'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    'Content-Length: +5\r\n\r\nhello',
    'Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n'
  ]) {
    const wire = openWire(hub.url)
    wire.socket.write(`${HEAD('/v1/packages')}${framing}${smuggled}`)
    await eventually(wire.closed)
    const answers = [...wire.received().matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => match[1])
    t.ok(answers.length === 1 && answers[0]?.startsWith('4'), framing, { received: wire.received() })
  }
})

await t.test('an address that means nothing is refused or finds nothing', async t => {
  const none = '0199f0a1-7c3e-7d42-9a51-3f6f1c2b4d5e'
  const cases: Array<[string, number, string?]> = [
    ['/v1/packages?limit=1e9', 400, '/query/limit'], ['/v1/packages?limit=', 400, '/query/limit'], ['/v1/packages?limit=10&limit=20', 400, '/query/limit'],
    ['/v1/packages?cursor=AAAA', 400, '/query/cursor'], ['/v1/packages?__proto__=1', 400, '/query/__proto__'], ['/v1/packages?kind[]=document', 400, '/query/kind[]'],
    ['/v1/packages?acceptedFrom=2026-12-31T23:59:60Z', 400, '/query/acceptedFrom'], ['/v1/packages?acceptedTo=2026-01-01T00:00:00%2B07', 400, '/query/acceptedTo'],
    ['/v1/packages?acceptedFrom=2026-02-30T00:00:00Z', 400, '/query/acceptedFrom'], ['/v1/packages?acceptedFrom=0000-01-01T00:00:00Z&acceptedTo=9999-12-31T23:59:59-14:00', 200],
    ['/v1/packages?from=%00', 400, '/query/from'], ['/v1/packages?correlationId=%00%ED%A0%80', 200], ['/v1/agencies?query=%00%25.*', 200], ['/v1/agencies/%E1%BB', 400],
    ['/v1/agencies/..%2f..%2fetc%2fpasswd', 404, '/params/code'], [`/v1/packages/${none}/timeline?cursor=OTk5OTk5OTk5OTk5OTk5`, 404], ['/v1/packages/', 400, '/params/id'],
    ['//v1/packages', 404], ['/docs/static/..%2f..%2f..%2fpackage.json', 404], ['/v1/inbox?agency=%00', 403, '/query/agency'], ['/v1/inbox?lockSeconds=1.5', 400, '/query/lockSeconds']
  ]
  for (const [path, status, pointer] of cases) {
    const answer = await call(`${hub.url}${path}`, { key })
    t.equal(answer.status, status, path, { answer: answer.json })
    if (pointer !== undefined) t.equal(answer.json['errors'][0].pointer, pointer, path)
  }
})

await t.test('a body over the limit closes its connection and no other', async t => {
  const [large, other] = [openWire(hub.url), openWire(hub.url)]
  large.socket.write(`${HEAD('/v1/packages')}Content-Length: ${MOST_BYTES + 1}\r\n\r\n`)
  large.socket.write(Buffer.alloc(MOST_BYTES + 1, ' '))
  await eventually(large.closed)
  t.match(large.received(), /^HTTP\/1\.1 413 [^]*connection: close[^]*BODY_TOO_LARGE/i)
  const refused = '<html/>'
  other.socket.write(`${HEAD('/v1/packages')}Content-Length: ${refused.length}\r\n\r\n${refused}GET /health/live HTTP/1.1\r\nHost: hub\r\n\r\n`)
  await eventually(() => other.received().includes('{"ok":true}'))
  t.match(other.received(), /^HTTP\/1\.1 422 [^]*HTTP\/1\.1 200 /)
  other.socket.destroy()
})

await t.test('after all of that nothing is left', async t => {
  t.strictSame((await call(`${hub.url}/v1/packages`, { key: operator })).json, { items: [] }, 'no package')
  t.strictSame(await storedFiles(), [], 'no file')
  await eventually(async () => (await call(`${hub.url}/health/ready`)).status === 200)
  t.strictSame(lines.filter(({ level, status }) => level === 'error' || status === 500), [], 'no defect')
  t.strictSame(rejections, [])
  t.notOk(JSON.stringify(lines).includes('Rút hồ sơ'), 'no content in the log')
})

await t.test('all faults come at once, in the language of the reader', async t => {
  const body = documentMessage({ from: 'H36', to: ['H36.999', 'H36.11'], fields: '<Code><CodeNumber>1</CodeNumber></Code><Subject>V/v</Subject>', attachments: [{ name: 'a.pdf', content: '' }] })
  const read = async (language: string): Promise<Record<string, any>> => (await post('/v1/packages', { headers: { ...XML, 'accept-language': language }, body })).json
  const [vi, en] = [await read('vi-VN,vi;q=0.9,en;q=0.1'), await read('en')]
  for (const { code, errors } of [vi, en]) {
    t.equal(code, 'PACKAGE_INVALID')
    const found = errors.map((each: { code: string, pointer: string }) => `${each.code} ${each.pointer.split('/').slice(-2).join('/')}`)
    t.strictSame(found, ['FIELD_MISSING Code/CodeNotation', 'FIELD_MISSING PromulgationInfo/Place', 'FIELD_MISSING PromulgationInfo/PromulgationDate',
      'FIELD_MISSING DocumentType/TypeName', 'FIELD_MISSING SignerInfo/FullName', 'ATTACHMENT_INVALID Attachment/ContentTransferEncoded', 'RECIPIENT_UNKNOWN To[1]/OrganId'].sort(), found.sort())
  }
  t.match(vi, { title: 'Gói tin có lỗi', errors: [{ detail: 'Tệp đính kèm rỗng.' }] })
  t.match(en, { title: 'The package has faults', errors: [{ detail: 'The attachment is empty.' }] })
})

await t.test('what is only odd is accepted', async t => {
  for (const { name, headers, body } of HARMLESS) {
    t.equal((await post('/v1/packages/validate', { headers, body })).status, 200, name)
    const { status, json } = await post('/v1/packages', { headers, body })
    t.equal(status, 202, name, { json })
    t.equal((await call(`${hub.url}/v1/packages/${json['id']}`, { key })).status, 200)
  }
  t.equal(({} as Record<string, unknown>)['role'], undefined)
})

await t.test('a recipient named twice gets one copy, and the sender is told', async t => {
  const twice = await post('/v1/packages', { headers: XML, body: documentMessage({ documentId: 'twice', to: ['H36.11', '000.00.11.H36', 'h36.11 '] }) })
  t.match(twice.json, { deliveries: [{ to: 'H36.11', agency: 'H36.11' }], warnings: [{ code: 'RECIPIENT_REPEATED' }, { code: 'RECIPIENT_REPEATED' }] })
  t.equal(twice.json['deliveries'].length, 1)
  const merged = await call(`${hub.url}/v1/packages`, { key: province.keys.get('truc-quoc-gia'), headers: XML, body: documentMessage({ from: 'G22', documentId: 'merged', to: ['H16', 'H11'] }) })
  t.match(merged.json, { deliveries: [{ to: 'H16', agency: 'H36' }], warnings: [{ code: 'RECIPIENT_REPEATED', found: 'H11' }] })
  t.equal(merged.json['deliveries'].length, 1)
  const receiver = province.receivers.get('ubnd-tinh')
  await eventually(() => receiver?.received().some(({ packageId }) => packageId === merged.json['id']))
  t.equal(receiver?.received().filter(({ packageId }) => packageId === merged.json['id']).length, 1)
})

await t.test('an unknown recipient is refused at once, and the others are served', async t => {
  const { status, json } = await post('/v1/packages', { headers: { ...XML, 'accept-language': 'en' }, body: documentMessage({ documentId: 'beside', to: ['H36.999', 'H36.11'] }) })
  t.equal(status, 202)
  t.match(json, { deliveries: [{ to: 'H36.999', problem: { code: 'RECIPIENT_UNKNOWN' } }, { to: 'H36.11', agency: 'H36.11' }], warnings: [{ code: 'RECIPIENT_UNKNOWN' }] })
  t.equal(json['deliveries'][1].problem, undefined)
  const states = async (): Promise<string[]> => (await call(`${hub.url}/v1/packages/${json['id']}`, { key })).json['deliveries'].map(({ state }: { state: string }) => state)
  await eventually(async () => (await states())[1] === 'delivered')
  t.strictSame(await states(), ['refused', 'delivered'])
})
