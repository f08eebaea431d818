// The HTTP client lent to adapters says truthfully what happened to a request, holds no more than it must, and goes only
// where it may.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { createEgress, type EgressPolicy } from '../../src/adapter/egress.js'
import { createHttpClient, type HttpClient } from '../../src/adapter/http.js'
import { HttpFailure, type HttpRequest } from '../../src/ports/adapter.js'
import { eventually } from '../support/time.js'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** A server on the level of bytes: `onRequest` is called for every chunk with the connection's number, from 1. */
async function rawServer (t: Test, onRequest: (socket: Socket, connection: number) => void): Promise<{ url: string, connections: () => number, server: Server }> {
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    const connection = ++connections
    sockets.add(socket)
    socket.on('error', () => {}).on('data', () => { onRequest(socket, connection) })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, connections: () => connections, server }
}

function clientFor (t: Test, options: { egress?: EgressPolicy } = {}): HttpClient {
  const client = createHttpClient(createEgress(options.egress))
  t.teardown(client.close)
  return client
}

function post (url: string, body: HttpRequest['body'], signal = AbortSignal.timeout(5000)): HttpRequest {
  return { method: 'POST', url, signal, ...(body === undefined ? {} : { body }) }
}

async function failureOf (exchange: Promise<unknown>): Promise<{ reason: string, sent: boolean, cause: string }> {
  try {
    return { reason: 'none', sent: true, cause: JSON.stringify(await exchange) }
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error
    return { reason: error.reason, sent: error.sent, cause: String(error.cause) }
  }
}

/** `size` bytes in chunks of 64 KiB; `broken` ends with an error. */
function streamOf (size: number, end: 'whole' | 'broken' | 'stalled' = 'whole'): Readable {
  let left = size
  return new Readable({
    read () {
      if (left > 0) this.push(Buffer.alloc(Math.min(65_536, left)))
      else if (end === 'whole') this.push(null)
      else if (end === 'broken') this.destroy(new Error('the disk is gone'))
      left -= 65_536
    }
  })
}

t.test('connections are kept and used again', async t => {
  const { url, connections } = await rawServer(t, socket => socket.write(OK))
  const client = clientFor(t)
  for (let n = 0; n < 3; n++) t.match(await client.request(post(url, 'x')), { status: 200, body: Buffer.from('ok'), truncated: false })
  t.equal(connections(), 1)
})

t.test('a dead kept-alive connection costs nothing when the body can be sent again', async t => {
  const { url, connections } = await rawServer(t, (socket, connection) => {
    // The first connection serves one request and resets at the second.
    if (connection === 1 && socket.bytesRead > 200) socket.resetAndDestroy()
    else socket.write(OK)
  })
  const client = clientFor(t)
  const body = Buffer.alloc(100)
  await client.request(post(url, body))
  t.match(await client.request(post(url, body)), { status: 200 })
  t.equal(connections(), 2)
})

t.test('a dead kept-alive connection is an uncertain failure when the body was a stream, or must not arrive twice', async t => {
  const { url, connections } = await rawServer(t, socket => {
    if (socket.bytesRead > 200) socket.resetAndDestroy()
    else socket.write(OK)
  })
  const client = clientFor(t)
  await client.request(post(url, 'x'))
  const body = streamOf(100_000)
  t.match(await failureOf(client.request(post(url, body))), { reason: 'broken', sent: true })
  t.equal(connections(), 1, 'not sent again')
  t.ok(body.destroyed)
  await client.request(post(url, 'x'))
  t.match(await failureOf(client.request({ ...post(url, Buffer.alloc(300)), neverRepeat: true })), { reason: 'broken', sent: true })
  t.equal(connections(), 2, 'a buffer neither, where it must not arrive twice')
})

t.test('a fresh connection that breaks is not tried again', async t => {
  const { url, connections } = await rawServer(t, socket => { socket.resetAndDestroy() })
  t.match(await failureOf(clientFor(t).request(post(url, 'x'))), { reason: 'broken', sent: true })
  t.equal(connections(), 1)
})

t.test('nothing was sent when nobody is there', async t => {
  const { url, server } = await rawServer(t, () => {})
  t.match(await failureOf(clientFor(t).request(post(url.replace('http:', 'https:'), 'x', AbortSignal.timeout(300)))), { reason: 'aborted', sent: false }, 'TLS never stood')
  server.close()
  t.match(await failureOf(clientFor(t).request(post('http://127.0.0.1:1/', streamOf(10)))), { reason: 'unreachable', sent: false, cause: /ECONNREFUSED/ })
  t.match(await failureOf(clientFor(t).request(post('https://127.0.0.1:1/', 'x'))), { reason: 'unreachable', sent: false })
  const { url: plain } = await rawServer(t, socket => socket.end('no TLS here'))
  t.match(await failureOf(clientFor(t).request(post(plain.replace('http:', 'https:'), 'x'))), { reason: 'unreachable', sent: false }, 'no TLS on the other side')
})

t.test('at most 64 KiB of an answer are read', async t => {
  const { url } = await rawServer(t, socket => { socket.write(`HTTP/1.1 500 Oops\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 10000000\r\n\r\n${'x'.repeat(1_000_000)}`) })
  const answer = await clientFor(t).request(post(url, 'x'))
  t.match(answer, { status: 500, truncated: true, headers: { 'x-a': '1, 2' } })
  t.equal(answer.body.length, 65_536)
})

t.test('a redirect is an answer', async t => {
  const { url, connections } = await rawServer(t, socket => { socket.write('HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n') })
  t.match(await clientFor(t).request(post(url, 'x')), { status: 302, headers: { location: 'http://127.0.0.1:1/' } })
  t.equal(connections(), 1)
})

t.test('a refusal in the middle of the body is heard', async t => {
  const { url } = await rawServer(t, socket => {
    socket.pause()
    socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 8\r\n\r\ntoo much')
  })
  const body = streamOf(50_000_000)
  t.match(await clientFor(t).request(post(url, body)), { status: 413, body: Buffer.from('too much') })
  await eventually(() => body.destroyed)
})

t.test('an answer that is no HTTP, or stops in the middle, is a broken exchange', async t => {
  for (const answer of ['NONSENSE\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'HTTP/1.1 20', '']) {
    const { url } = await rawServer(t, socket => { socket.end(answer) })
    t.match(await failureOf(clientFor(t).request(post(url, 'x'))), { reason: 'broken', sent: true }, JSON.stringify(answer))
  }
})

t.test('an abort ends the exchange at once, wherever it is', async t => {
  const cases: Array<[string, string, HttpRequest['body']]> = [
    ['before the answer', '', 'x'],
    ['in the middle of the answer', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'x'],
    ['in the middle of a large body', '', streamOf(500_000_000)],
    ['while the body stalls', '', streamOf(1000, 'stalled')]
  ]
  for (const [name, answer, body] of cases) {
    const { url } = await rawServer(t, socket => {
      socket.pause()
      socket.write(answer)
    })
    const controller = new AbortController()
    const exchange = failureOf(clientFor(t).request(post(url, body, controller.signal)))
    await new Promise(resolve => setTimeout(resolve, 100))
    const abortedAt = performance.now()
    controller.abort()
    t.match(await exchange, { reason: 'aborted', sent: true }, name)
    t.ok(performance.now() - abortedAt < 100, 'at once')
    if (body instanceof Readable) t.ok(body.destroyed, 'the body is closed')
  }
  const unread = streamOf(10)
  t.match(await failureOf(clientFor(t).request(post('http://127.0.0.1:1/', unread, AbortSignal.abort()))), { reason: 'aborted', sent: false }, 'before it began')
  t.ok(unread.destroyed)
})

t.test('a body that breaks off is told as what it is', async t => {
  const { url } = await rawServer(t, () => {})
  await t.rejects(clientFor(t).request(post(url, streamOf(100_000, 'broken'))), { message: 'the disk is gone' })
})

t.test('a header that is none is a defect of the caller', async t => {
  const body = streamOf(10)
  await t.rejects(clientFor(t).request({ ...post('http://127.0.0.1:1/', body), headers: { 'X-A': 'a\r\nb' } }), { code: 'ERR_INVALID_CHAR' })
  t.ok(body.destroyed)
})

t.test('the egress policy decides by name and port', async t => {
  const { url } = await rawServer(t, socket => socket.write(OK))
  const { port } = new URL(url)
  const table: Array<[string[], string, boolean]> = [
    [['127.0.0.1'], url, true], [[`127.0.0.1:${port}`], url, true], [['127.0.0.1:1'], url, false], [[], url, false], [['localhost'], url, false],
    [['*.example.vn'], 'http://example.vn/', false], [['*.example.vn'], 'http://badexample.vn/', false], [['example.vn'], 'http://example.vn.evil.test/', false],
    [['*.0.0.1'], url, true], [['127.0.0.1:80'], 'http://127.0.0.1:1/', false], [['*'], 'ftp://127.0.0.1/', false], [['*'], 'nonsense', false]
  ]
  for (const [allow, target, allowed] of table) {
    const client = clientFor(t, { egress: { allow } })
    if (allowed) t.match(await client.request(post(target, 'x')), { status: 200 }, `${allow.join()} allows ${target}`)
    else {
      const expected = { reason: 'unreachable', sent: false, cause: /egress policy|not an http/ }
      t.match(await failureOf(client.request(post(target, 'x'))), expected, `${allow.join()} does not allow ${target}`)
    }
  }
})

t.test('an opened answer streams: its head comes first, its body is read as fast as it is wanted, whatever its size', async t => {
  let written = 0
  const { url } = await rawServer(t, socket => {
    socket.write('HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 104857600\r\n\r\n')
    const more = (): void => {
      while (written < 104_857_600) {
        written += 65_536
        if (!socket.write(Buffer.alloc(65_536))) { socket.once('drain', more); return }
      }
    }
    more()
  })
  const { status, headers, body } = await clientFor(t).open({ method: 'GET', url, signal: AbortSignal.timeout(20_000) })
  t.match([status, headers], [200, { 'x-a': 'b' }])
  await eventually(() => written > 0)
  t.ok(written < 50 * 2 ** 20, `${written} bytes were written while nobody read`)
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) size += chunk.length
  t.equal(size, 104_857_600)
})

t.test('an opened answer fails where it breaks off, and when it is aborted', async t => {
  const { url } = await rawServer(t, (socket, connection) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
    if (connection === 1) setTimeout(() => { socket.destroy() }, 20)
  })
  const client = clientFor(t)
  const broken = await client.open({ method: 'GET', url, signal: AbortSignal.timeout(5000) })
  await t.rejects(broken.body.toArray(), 'broken')
  const abort = new AbortController()
  const aborted = await client.open({ method: 'GET', url, signal: abort.signal })
  const reading = aborted.body.toArray()
  abort.abort()
  await t.rejects(reading, { name: 'AbortError' })
  const unread = await client.open({ method: 'GET', url, signal: AbortSignal.timeout(5000) })
  unread.body.destroy()
  t.match(await failureOf(client.open({ method: 'GET', url: 'http://127.0.0.1:9/', signal: AbortSignal.timeout(5000) })), { reason: 'unreachable', sent: false })
})
