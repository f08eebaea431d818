// The amqp adapter keeps the promises of the contract on a real RabbitMQ; what cannot reach a broker is told apart on any machine.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { checkAdapter } from '../../src/adapter/load.js'
import { HubError } from '../../src/errors.js'
import { text } from '../../src/model/text.js'
import type { Arrived } from '../../src/ports/adapter.js'
import { adapterSuite, openSession, sampleOf } from '../../test/support/adapter-suite.js'
import { localhostIdentity, openTlsFront } from '../../test/support/tls-front.js'
import { findServices } from '../../test/support/services.js'
import { eventually } from '../../test/support/time.js'
import { type AmqpHarness, createHarness } from './harness.js'
import { adapter } from './index.js'

const { rabbitmqUrl } = await findServices()
const onRabbitmq = rabbitmqUrl === undefined ? { skip: 'no RabbitMQ answers' } : {}
const URL_OR_NONE = rabbitmqUrl ?? 'amqp://guest:guest@127.0.0.1:5672'

if (rabbitmqUrl === undefined) t.comment('the conformance suite is left out: no RabbitMQ answers')
else await adapterSuite(t, { adapter, harness: createHarness(rabbitmqUrl) })

async function started (t: Test, more: { publish?: object, consume?: object } = {}): Promise<AmqpHarness> {
  const harness = createHarness(URL_OR_NONE, more)
  await harness.start()
  t.teardown(harness.stop)
  return harness
}

const soon = (): AbortSignal => AbortSignal.timeout(5000)

interface Taken { content: string, contentType: string, key: string | undefined, agencies: readonly string[] }

async function receive (t: Test, harness: AmqpHarness, { answer, settings = {} }: { answer?: (taken: Taken) => Promise<Arrived>, settings?: object } = {}): Promise<{ taken: Taken[], log: Array<{ event: string }>, stop: () => Promise<void> }> {
  const log: Array<{ event: string }> = []
  const note = (fields: object, event: string): void => { log.push({ event, ...fields }) }
  const session = await openSession(t, adapter, { ...harness.settings(), ...settings }, { log: { debug: note, info: note, warn: note, error: note } })
  const taken: Taken[] = []
  const ending = new AbortController()
  const running = session.receive?.(async ({ body, contentType, idempotencyKey, agencies }) => {
    const chunks: Buffer[] = []
    for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk)
    const one = { content: Buffer.concat(chunks).toString(), contentType, key: idempotencyKey, agencies }
    taken.push(one)
    return await (answer?.(one) ?? { kind: 'stored', packageId: 'p', repeated: false })
  }, ending.signal)
  const stop = async (): Promise<void> => { ending.abort(); await running }
  t.teardown(stop)
  return { taken, log, stop }
}

t.test('a package that no queue is bound for waits, unless the settings say that the sender is to be told', onRabbitmq, async t => {
  const harness = await started(t, { publish: { unroutable: 'retry' } })
  const session = await openSession(t, adapter, harness.settings())
  await harness.misbehave('refuse')
  t.match(await session.deliver?.(sampleOf(adapter), soon()), { kind: 'deferred', problem: { detail: { en: /No queue.*NO_ROUTE/, vi: /Không có hàng đợi/ } }, uncertain: undefined })
})

t.test('a connection over TLS knows its broker by the certificate', onRabbitmq, async t => {
  const harness = await started(t)
  const tls = localhostIdentity()
  const port = await openTlsFront(t, harness.proxy().port(), tls)
  const url = String(harness.settings()['url']).replace('amqp:', 'amqps:').replace(/127\.0\.0\.1:\d+/, `localhost:${port}`)
  const [trusting, careful] = [await openSession(t, adapter, { ...harness.settings(), url, ca: tls.cert }), await openSession(t, adapter, { ...harness.settings(), url })]
  t.match(await trusting.deliver?.(sampleOf(adapter), soon()), { kind: 'delivered' })
  t.match(await careful.deliver?.(sampleOf(adapter), soon()), { kind: 'deferred', problem: { detail: { en: /CERT|certificate/i } } })
})

t.test('a missing exchange and a package that is too large harm no other delivery', onRabbitmq, async t => {
  const harness = await started(t)
  const good = await openSession(t, adapter, harness.settings())
  const lost = await openSession(t, adapter, { ...harness.settings(), publish: { exchange: 'no-such-exchange', routingKey: 'x' } })
  t.match(await lost.deliver?.(sampleOf(adapter), soon()), { kind: 'deferred', problem: { detail: { en: /no-such-exchange/ } }, uncertain: undefined })
  t.match(await lost.probe(soon()), { kind: 'delivered' }, 'the connection is still there')
  const small = await openSession(t, adapter, { ...harness.settings(), publish: { routingKey: 'x', maxBytes: 1000 } })
  const sample = sampleOf(adapter, { size: 1001 })
  t.match(await small.deliver?.(sample, soon()), { kind: 'refused', problem: { detail: { en: /1000 bytes/ } } })
  t.equal(sample.pulled(), 0, 'not a byte was read')
  t.match(await good.deliver?.(sampleOf(adapter), soon()), { kind: 'delivered' })
})

t.test('wrong credentials are a reason to wait, and are not repeated in it', onRabbitmq, async t => {
  const harness = await started(t)
  const session = await openSession(t, adapter, { ...harness.settings(), password: 'not-the-password' })
  const outcome = await session.deliver?.(sampleOf(adapter), soon())
  t.match(outcome, { kind: 'deferred', uncertain: undefined })
  t.notMatch(JSON.stringify(outcome), /not-the-password/)
})

t.test('messages are taken in order, with their type and key, and acknowledged when they are stored', onRabbitmq, async t => {
  const harness = await started(t)
  await harness.send('<a/>', { messageId: 'm-1' })
  await harness.send('{"b":1}', { contentType: 'application/json; charset=utf-8' })
  await harness.send('<c/>', { contentType: undefined, messageId: 'có dấu' })
  const { taken } = await receive(t, harness)
  await eventually(() => taken.length === 3)
  t.match(taken, [
    { content: '<a/>', contentType: 'application/xml', key: 'message:m-1', agencies: ['H36.99.01'] },
    { content: '{"b":1}', contentType: 'application/json; charset=utf-8', key: /^sha256:[0-9a-f]{64}$/ },
    { content: '<c/>', contentType: 'application/xml', key: /^message-sha256:[0-9a-f]{64}$/ }
  ])
  await eventually(() => ['in.1', 'in.2', 'in.3'].every(key => harness.fateOf?.(key) === 'acknowledged'))
})

t.test('what is refused goes to the dead letters, or to the queue for it with its reason', onRabbitmq, async t => {
  const problem = { code: 'SENDER_NOT_ALLOWED', detail: text('Không được gửi thay.', 'Not allowed.') }
  for (const withQueue of [false, true]) {
    const harness = await started(t)
    const { queue, agencies } = harness.settings()['consume'] as { queue: string, agencies: string[] }
    const settings = withQueue ? { consume: { queue, agencies, refusedQueue: harness.names().refused } } : {}
    await receive(t, harness, { settings, answer: async () => ({ kind: 'refused', problem }) })
    await harness.send('<a/>', { messageId: 'm-1', headers: { own: 'kept' } })
    const properties = await eventually(async () => await harness.takeRefused())
    t.match(properties, { messageId: 'm-1', headers: { own: 'kept', ...(withQueue ? { 'lienthong-problem-code': 'SENDER_NOT_ALLOWED', 'lienthong-problem-vi': 'Không được gửi thay.' } : {}) } })
    await eventually(() => harness.fateOf?.('in.1') === (withQueue ? 'acknowledged' : 'refused'))
  }
})

t.test('where the queue for refused messages is missing, nothing is acknowledged', onRabbitmq, async t => {
  const harness = await started(t)
  const { queue, agencies } = harness.settings()['consume'] as { queue: string, agencies: string[] }
  const { log } = await receive(t, harness, {
    settings: { consume: { queue, agencies, refusedQueue: 'no-such-queue' } },
    answer: async () => ({ kind: 'refused', problem: { code: 'JSON_MALFORMED', detail: text('Hỏng.', 'Broken.') } })
  })
  await harness.send('<a/>')
  await eventually(() => log.some(line => line.event === 'connection.lost' && /no-such-queue/.test(JSON.stringify(line))))
  t.equal(harness.fateOf?.('in.1'), 'waiting')
})

t.test('only users that the settings know may speak, and for their agencies only', onRabbitmq, async t => {
  const harness = await started(t, { consume: { users: { guest: ['H36.05'] } } })
  const { taken } = await receive(t, harness)
  await harness.send('<nobody/>')
  await eventually(() => harness.fateOf?.('in.1') === 'refused')
  await harness.send('<guest/>', { userId: 'guest' })
  await eventually(() => taken.length === 1)
  t.match(taken, [{ content: '<guest/>', agencies: ['H36.05'] }])
})

t.test('while the hub cannot store, order is kept; a poisonous message is passed in the end', onRabbitmq, async t => {
  const harness = await started(t)
  let troubles = 3
  const stored: string[] = []
  const answer = async ({ content }: Taken): Promise<Arrived> => {
    if (content === '<poison/>' || troubles-- > 0) throw new HubError('STORE_UNAVAILABLE', text('Tạm ngưng.', 'Away.'))
    stored.push(content)
    return { kind: 'stored', packageId: 'p', repeated: false }
  }
  for (const name of ['a', 'b', 'poison', 'c']) await harness.send(`<${name}/>`)
  await receive(t, harness, { answer })
  await eventually(() => stored.length === 3)
  t.same(stored, ['<a/>', '<b/>', '<c/>'])
  t.equal(harness.fateOf?.('in.3'), 'waiting', 'nothing is lost')
})

t.test('receiving outlives the broker, the network and the queue', onRabbitmq, async t => {
  const harness = await started(t)
  const { taken, log } = await receive(t, harness)
  const takes = async (name: string): Promise<void> => {
    await harness.send(`<${name}/>`)
    await eventually(() => taken.some(({ content }) => content === `<${name}/>`))
  }
  await takes('one')
  await harness.misbehave('offline')
  await eventually(() => log.some(({ event }) => event === 'connection.lost'))
  await harness.misbehave(undefined)
  await takes('two')
  await harness.recreateInbox()
  await eventually(() => log.some(line => /cancelled the consumer/.test(JSON.stringify(line))))
  await takes('three')
})

t.test('a broker that is silent is noticed by its heartbeats', onRabbitmq, async t => {
  const harness = await started(t)
  const { taken, log } = await receive(t, harness, { settings: { heartbeatSeconds: 1 } })
  await harness.send('<one/>')
  await eventually(() => taken.length === 1)
  await harness.misbehave('hang')
  // On a slow machine the broker may be the first to miss a heartbeat.
  await eventually(() => log.some(line => line.event === 'connection.lost'))
  await harness.misbehave(undefined)
  await harness.send('<two/>')
  await eventually(() => taken.some(({ content }) => content === '<two/>'))
})

/** A server that does one thing to every client. */
async function fakeServer (t: Test, onClient: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => {}))
    onClient(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  })
  const address = server.address()
  return `amqp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`
}

t.test('what is no broker is told apart, on any machine', async t => {
  const table: Array<[string, string, string]> = [
    ['a server that says nothing', await fakeServer(t, () => {}), 'ENDPOINT_TIMEOUT'],
    ['a server that hangs up', await fakeServer(t, socket => { socket.destroy() }), 'ENDPOINT_UNAVAILABLE'],
    ['a server of another kind', await fakeServer(t, socket => { socket.end('SSH-2.0-OpenSSH_9\r\n') }), 'ENDPOINT_UNAVAILABLE'],
    ['nobody', 'amqp://127.0.0.1:1/', 'ENDPOINT_UNAVAILABLE']
  ]
  for (const [name, url, code] of table) {
    const session = await openSession(t, adapter, { url, username: 'u', password: 'a-secret-word', publish: { routingKey: 'q' } })
    const sample = sampleOf(adapter)
    const outcome = await session.deliver?.(sample, AbortSignal.timeout(500))
    t.match(outcome, { kind: 'deferred', problem: { code }, uncertain: undefined }, name)
    t.equal(sample.pulled(), 0, 'nothing is read while nobody is there')
    t.match(await session.probe(AbortSignal.timeout(300)), { kind: 'deferred' })
    t.notMatch(JSON.stringify(outcome), /a-secret-word/)
  }
})

t.test('connecting ends in its own time, and receiving ends when it is told to', async t => {
  const url = await fakeServer(t, () => {})
  const log: Array<{ event: string }> = []
  const note = (fields: object, event: string): void => { log.push({ event, ...fields }) }
  const settings = { url, username: 'u', password: 'p', connectTimeoutSeconds: 0.2, publish: { routingKey: 'q' }, consume: { queue: 'q', agencies: ['A'], deadLetter: true } }
  const session = await openSession(t, adapter, settings, { log: { debug: note, info: note, warn: note, error: note } })
  t.match(await session.probe(soon()), { kind: 'deferred', problem: { detail: { en: /no connection within 200 ms/ } } })
  const ending = new AbortController()
  const running = session.receive?.(async () => { throw new Error('nothing comes') }, ending.signal)
  await eventually(() => log.some(({ event }) => event === 'connection.lost'))
  ending.abort()
  await running
  t.equal(log.length, 1, 'one line an outage')
})

t.test('the example of the README is valid, and settings that cannot work are refused', async t => {
  const readme = await readFile(new URL('../../../adapters/amqp/README.md', import.meta.url), 'utf8')
  const example = JSON.parse(/```json\n([^]*?)```/.exec(readme)?.[1] ?? '') as { settings: Record<string, unknown> }
  const { checkSettings, mask } = checkAdapter(adapter, 'amqp')
  const good = { ...example.settings, password: 'x' }
  t.same(checkSettings(good).faults, [])
  const isWrong = (settings: object): boolean => checkSettings({ ...good, ...settings }).faults.length > 0
  for (const url of ['amqp://user:pass@mq.vn/', 'http://mq.vn/', 'mq.vn']) t.ok(isWrong({ url }), url)
  t.ok(isWrong({ consume: { queue: 'q', agencies: ['A'] } }), 'refused messages need a place')
  t.ok(isWrong({ consume: { queue: 'q', agencies: ['A'], deadLetter: false } }))
  t.match(mask(good), { password: '***' })
})
