// Bodies over real sockets: they stream, a cut one is an error for the pipeline, a refused one neither hangs nor loses its answer.
import { connect, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { request as httpRequest } from 'node:http'
import t from 'tap'
import { HubError } from '../../../src/errors.js'
import { text } from '../../../src/model/text.js'
import { createHttpDouble, type Double, sha256 } from '../../support/http-doubles.js'
import { eventually } from '../../support/time.js'

const HEAD = 'POST /v1/packages HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer sender\r\nContent-Type: application/xml\r\n'

let double: Double
let port: number
t.before(async () => {
  double = await createHttpDouble()
  await double.app.listen({ host: '127.0.0.1', port: 0 })
  port = (double.app.server.address() as AddressInfo).port
})
t.teardown(async () => { await double.app.close() })

interface Wire { socket: Socket, received: () => string, closed: () => boolean }
function open (to = port): Wire {
  const socket = connect({ host: '127.0.0.1', port: to })
  let received = ''
  let closed = false
  socket.setEncoding('utf8').on('data', chunk => { received += String(chunk) }).on('error', () => {}).on('close', () => { closed = true })
  return { socket, received: () => received, closed: () => closed }
}

t.test('a body streams through: the pipeline reads while the client still sends', async t => {
  const { socket, received } = open()
  const before = double.progress.bytes
  socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)
  socket.write('5\r\nhello\r\n')
  await eventually(() => double.progress.bytes === before + 5)
  t.equal(received(), '')
  socket.write('6\r\n world\r\n0\r\n\r\n')
  await eventually(() => received().includes('202 Accepted'))
  t.equal(double.arrivals.at(-1)?.parts[0]?.sha256, sha256(Buffer.from('hello world')))
  socket.destroy()
})

t.test('a large form arrives whole', async t => {
  const big = Buffer.alloc(900_000, 'ab')
  const form = new FormData()
  form.append('package', new Blob(['{}'], { type: 'application/json' }))
  form.append('file', new Blob([big], { type: 'application/pdf' }), 'lớn.pdf')
  const answer = await fetch(`http://127.0.0.1:${port}/v1/packages`, { method: 'POST', headers: { authorization: 'Bearer sender' }, body: form })
  t.equal(answer.status, 202)
  t.match(double.arrivals.at(-1)?.parts, [{ name: 'package', size: 2 }, { name: 'file', filename: 'lớn.pdf', size: big.length, sha256: sha256(big) }])
  await answer.arrayBuffer()
})

t.test('a message with MIME parts arrives as one, byte for byte', async t => {
  const body = '--b\r\nContent-ID: <Start>\r\n\r\n<a/>\r\n--b--\r\n'
  const answer = await fetch(`http://127.0.0.1:${port}/v1/packages`, { method: 'POST', headers: { authorization: 'Bearer sender', 'content-type': 'Multipart/Related; boundary=b; type="text/xml"' }, body })
  t.equal(answer.status, 202)
  t.match(double.arrivals.at(-1)?.parts, [{ contentType: 'multipart/related', size: body.length, sha256: sha256(Buffer.from(body)) }])
  await answer.arrayBuffer()
})

for (const [name, start] of [
  ['plain body', `${HEAD}Content-Length: 1000\r\n\r\nhello`],
  ['form', `${HEAD.replace('application/xml', 'multipart/form-data; boundary=b')}Content-Length: 1000\r\n\r\n--b\r\nContent-Disposition: form-data; name="package"\r\n\r\nhello world and much more`]
] as const) {
  t.test(`a client that goes away in the middle of a ${name} cuts the parts off with an error`, async t => {
    const { socket } = open()
    const [failures, arrivals, bytes] = [double.failures.length, double.arrivals.length, double.progress.bytes]
    socket.write(start)
    await eventually(() => double.progress.bytes > bytes)
    socket.destroy()
    await eventually(() => double.failures.length > failures)
    t.match(double.failures.at(-1), { code: 'BODY_TRUNCATED' })
    t.equal(double.arrivals.length, arrivals)
    await eventually(() => double.lines.some(line => line['aborted'] === true))
  })
}

t.test('a body that grows over the limit is refused while it comes, and the answer is not lost', async t => {
  const { socket, received, closed } = open()
  socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
  for (let sent = 0; sent < 40; sent++) socket.write(chunk)
  await eventually(() => received().includes('BODY_TOO_LARGE'))
  t.match(received(), /^HTTP\/1\.1 413 [^]*connection: close/i)
  t.notOk(closed(), 'the client may finish what it sends')
  socket.write('0\r\n\r\n')
  await eventually(closed)
})

t.test('an announced body over the limit is refused at once', async t => {
  const { socket, received } = open()
  socket.write(`${HEAD}Content-Length: 2000000\r\n\r\nx`)
  await eventually(() => received().includes('BODY_TOO_LARGE'))
  socket.destroy()
  t.pass()
})

t.test('a client that only writes gets its answer in the end, and the connection closes', async t => {
  const answer = await new Promise<{ status: number | undefined, body: string }>((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path: '/v1/packages', method: 'POST', headers: { 'content-type': 'application/xml', 'content-length': 8_000_000 } }, response => {
      let body = ''
      response.on('data', piece => { body += String(piece) }).on('end', () => { resolve({ status: response.statusCode, body }) })
    })
    request.on('error', reject).end(Buffer.alloc(8_000_000, 'x'))
  })
  t.equal(answer.status, 401)
  t.match(answer.body, 'UNAUTHENTICATED')
})

t.test('a small refused body keeps the connection', async t => {
  const { socket, received } = open()
  const refused = 'POST /v1/packages HTTP/1.1\r\nHost: hub\r\nContent-Type: application/xml\r\nContent-Length: 5\r\n\r\nhello'
  socket.write(refused)
  await eventually(() => received().includes('UNAUTHENTICATED'))
  socket.write(`${HEAD}Content-Length: 5\r\n\r\nhello`)
  await eventually(() => received().includes('202 Accepted'))
  socket.destroy()
  t.pass()
})

t.test('a pipeline that refuses early does not hang the sender', async t => {
  const strict = await createHttpDouble(same => ({ ...same, intake: { ...same.intake, accept: async () => { throw new HubError('OVERLOADED', text('Quá tải.', 'Overloaded.'), { retryAfterSeconds: 2.1 }) } } }))
  await strict.app.listen({ host: '127.0.0.1', port: 0 })
  const wire = open((strict.app.server.address() as AddressInfo).port)
  wire.socket.write(`${HEAD}Content-Length: 900000\r\n\r\n${'x'.repeat(300_000)}`)
  await eventually(() => wire.received().includes('OVERLOADED'))
  t.match(wire.received(), /503 Service Unavailable[^]*retry-after: 3/i)
  wire.socket.write('x'.repeat(600_000))
  await eventually(wire.closed)
  await strict.app.close()
})

t.test('100 Continue is said only after the headers were found good', async t => {
  const good = open()
  good.socket.write(`${HEAD}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`)
  await eventually(() => good.received().startsWith('HTTP/1.1 100 Continue'))
  good.socket.write('hello')
  await eventually(() => good.received().includes('202 Accepted'))
  good.socket.destroy()
  for (const [headers, status] of [[HEAD.replace('sender', 'nobody'), '401'], [`${HEAD}Content-Encoding: gzip\r\n`, '415'], [HEAD.replace('packages', 'nothing'), '404']]) {
    const bad = open()
    bad.socket.write(`${headers}Expect: 100-continue\r\nContent-Length: 500000\r\n\r\n`)
    await eventually(bad.closed)
    t.match(bad.received(), new RegExp(`^HTTP/1.1 ${status}`))
  }
})

t.test('what the HTTP parser cannot read gets a problem', async t => {
  for (const [bytes, status, code] of [
    [`GET / HTTP/1.1\r\nHost: hub\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    ['NONSENSE\r\n\r\n', 400, 'REQUEST_INVALID']
  ] as const) {
    const wire = open()
    wire.socket.write(bytes)
    await eventually(wire.closed)
    t.match(wire.received(), new RegExp(`^HTTP/1.1 ${status} [^]*application/problem\\+json[^]*"code":"${code}"`))
  }
})

t.test('a request that dawdles is ended', async t => {
  const slow = await createHttpDouble(same => ({ ...same, settings: { ...same.settings, requestTimeoutMs: 300 } }))
  await slow.app.listen({ host: '127.0.0.1', port: 0 })
  const wire = open((slow.app.server.address() as AddressInfo).port)
  wire.socket.write(`${HEAD}Content-Length: 5\r\n\r\nhel`)
  await eventually(() => wire.received().includes('REQUEST_TIMEOUT'))
  t.match(wire.received(), /^HTTP\/1\.1 408 /)
  await eventually(() => slow.failures.length > 0)
  t.match(slow.failures, [{ code: 'BODY_TRUNCATED' }])
  await slow.app.close()
})

t.test('a stopping server says so, and lets running requests end', async t => {
  const stopping = await createHttpDouble()
  await stopping.app.listen({ host: '127.0.0.1', port: 0 })
  const wire = open((stopping.app.server.address() as AddressInfo).port)
  wire.socket.write(`${HEAD}Content-Length: 10\r\n\r\nhello`)
  await eventually(() => stopping.progress.bytes === 5)
  const closing = stopping.app.close()
  wire.socket.write('world')
  await eventually(() => wire.received().includes('202 Accepted'))
  wire.socket.destroy()
  await closing
  t.equal(stopping.arrivals.length, 1)
})
