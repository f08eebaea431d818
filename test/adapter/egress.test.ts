// The egress policy judges the address that a connection reaches, whatever name leads there, over HTTP and over sockets alike.
import { once } from 'node:events'
import type { lookup, LookupAddress } from 'node:dns'
import { type AddressInfo, connect, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { createEgress, type EgressPolicy } from '../../src/adapter/egress.js'
import { createHttpClient } from '../../src/adapter/http.js'
import { outcomeOfFailure, outcomeOfForbidden } from '../../src/adapter/index.js'
import { EgressForbidden } from '../../src/ports/adapter.js'

const LOOPBACK = ['127.0.0.0/8', '::1']

/** Says hello to whoever connects. */
async function greeter (t: Test): Promise<number> {
  const server = createServer(socket => { socket.on('error', () => {}).end('hello') }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return (server.address() as AddressInfo).port
}

/** A directory of names that answers each look-up with the next of these; `asked` counts. */
function names (...answers: string[][]) {
  const state = { asked: 0 }
  const resolve = ((_name: string, _options: object, done: (error: null, found: LookupAddress[]) => void) => {
    const addresses = answers[Math.min(state.asked++, answers.length - 1)] ?? []
    setImmediate(done, null, addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 })))
  }) as unknown as typeof lookup
  return { state, resolve }
}

/** What a connection by the policy heard, or the name of what stood against it. */
async function reach (policy: EgressPolicy, host: string, port: number, resolve?: typeof lookup): Promise<string> {
  try {
    const socket = connect(createEgress(policy, resolve).target({ host, port }))
    const [chunk] = await once(socket, 'data') as [Buffer]
    socket.destroy()
    return chunk.toString()
  } catch (error) {
    return (error as Error).name
  }
}

t.test('an address is allowed by itself, by its network or by a name; what is forbidden stays so', async t => {
  const port = await greeter(t)
  const table: Array<[EgressPolicy, string, string]> = [
    [{ allow: ['*'] }, '127.0.0.1', 'hello'],
    [{ allow: ['*'] }, 'localhost', 'hello'],
    [{ allow: ['127.0.0.0/8'] }, '127.0.0.1', 'hello'],
    [{ allow: LOOPBACK }, 'localhost', 'hello'],
    [{ allow: [`localhost:${port}`] }, 'LOCALHOST', 'hello'],
    [{ allow: ['10.0.0.0/8'] }, 'localhost', 'EgressForbidden'],
    [{ allow: ['localhost:1'] }, 'localhost', 'EgressForbidden'],
    [{ allow: [] }, 'localhost', 'EgressForbidden'],
    [{ allow: ['*', '127.0.0.1'], forbid: LOOPBACK }, '127.0.0.1', 'EgressForbidden'],
    [{ allow: ['*', 'localhost'], forbid: LOOPBACK }, 'localhost', 'EgressForbidden'],
    [{ allow: ['*'], forbid: ['127.0.0.0/8'] }, '::ffff:127.0.0.1', 'EgressForbidden'],
    [{ allow: ['*'], forbid: ['127.0.0.0/8'] }, '[::ffff:7f00:1]', 'EgressForbidden'],
    // The system's resolver takes these for 127.0.0.1.
    [{ allow: ['*'], forbid: ['127.0.0.0/8'] }, '0x7f.1', 'EgressForbidden'],
    [{ allow: ['*'], forbid: ['127.0.0.0/8'] }, '2130706433', 'EgressForbidden']
  ]
  for (const [policy, host, expected] of table) t.equal(await reach(policy, host, port), expected, `${JSON.stringify(policy)} ${host}`)
})

t.test('a name is looked up once, so that what was judged is what is reached', async t => {
  const port = await greeter(t)
  const { state, resolve } = names(['127.0.0.1'], ['169.254.169.254'])
  const policy = { allow: ['*'], forbid: ['169.254.0.0/16'] }
  t.equal(await reach(policy, 'rebinding.example.vn', port, resolve), 'hello')
  t.equal(state.asked, 1)
  t.equal(await reach(policy, 'rebinding.example.vn', port, resolve), 'EgressForbidden', 'the next connection is judged anew')
})

t.test('of several addresses only those within the policy are used', async t => {
  const port = await greeter(t)
  const { resolve } = names(['169.254.169.254', '127.0.0.1'])
  t.equal(await reach({ allow: ['127.0.0.1'] }, 'two.example.vn', port, resolve), 'hello')
  t.equal(await reach({ allow: ['10.0.0.0/8'] }, 'two.example.vn', port, resolve), 'EgressForbidden')
})

t.test('HTTP is held to the same, by name, by address and by other spellings of it, and the outcome is final', async t => {
  const port = await greeter(t)
  const client = createHttpClient(createEgress({ allow: ['*'], forbid: LOOPBACK }))
  t.teardown(client.close)
  for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]']) {
    const failure: unknown = await client.request({ method: 'GET', url: `http://${host}:${port}/`, signal: AbortSignal.timeout(5000) }).catch((error: unknown) => error)
    t.match(outcomeOfFailure(failure), { kind: 'refused', problem: { code: 'EGRESS_FORBIDDEN', detail: { vi: /không được phép/, en: /may not connect to .*egress/ } } }, host)
  }
})

t.test('what stands behind a failure is found among its causes', async t => {
  const forbidden = new EgressForbidden('sftp.example.vn:22')
  t.match(outcomeOfForbidden(new Error('no session', { cause: new Error('no socket', { cause: forbidden }) })), { kind: 'refused', problem: { detail: { en: /sftp\.example\.vn:22/ } } })
  t.equal(outcomeOfForbidden(new Error('no session')), undefined)
})
