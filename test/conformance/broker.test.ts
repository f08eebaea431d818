// Both brokers keep the promises; and what only a broker behind a network can get wrong.
import { connect, type Channel } from 'amqplib'
import { test, type Test } from 'tap'
import { encodeClaim } from '../../src/broker/claim-message.js'
import { createInProcessBroker, createInProcessLanes } from '../../src/broker/in-process.js'
import { openRabbitmqBroker, type RabbitmqBrokerOptions } from '../../src/broker/rabbitmq.js'
import { pauseMs } from '../../src/broker/reconnect.js'
import { describeTopology } from '../../src/broker/topology.js'
import type { Broker, ReceivedClaim } from '../../src/ports/broker.js'
import { findServices, privateName } from '../support/services.js'
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.js'
import { eventually } from '../support/time.js'
import { claims, idsOf, testBrokerPromises } from './broker.js'

const { rabbitmqUrl } = await findServices()

testBrokerPromises('in process', async () => {
  const lanes = createInProcessLanes()
  return { open: async () => createInProcessBroker(lanes), close: async () => {} }
})

test('pauses between attempts grow to 10 s and are never in step', async t => {
  t.same([0, 1, 2, 20, 1000].map(failures => pauseMs(failures, 1)), [100, 200, 400, 10_000, 10_000])
  t.same([0, 20].map(failures => pauseMs(failures, 0)), [50, 5000])
})

test('an address that is not AMQP is a fault of the configuration', async t => {
  for (const url of ['http://127.0.0.1', 'nonsense', '']) {
    await t.rejects(openRabbitmqBroker({ url, prefix: 'x', log: { info () {}, warn () {} } }), { code: 'CONFIG_INVALID' })
  }
})

test('without RabbitMQ the hub can still open its broker, and is told at once that it is away', async t => {
  const events: string[] = []
  const log = { info () {}, warn (fields: object, event: string) { events.push(`${event} ${JSON.stringify(fields)}`) } }
  const broker = await openRabbitmqBroker({ url: 'amqp://someone:secret-word@127.0.0.1:1', prefix: 'x', log })
  await t.rejects(broker.publish(claims(1)), { code: 'BROKER_UNAVAILABLE' })
  await t.rejects(broker.probe(), { code: 'BROKER_UNAVAILABLE' })
  const consumer = await broker.consume('normal', { prefetch: 1 }, () => {})
  await eventually(() => events.length === 2)
  await consumer.stop()
  await broker.close()
  t.notMatch(events.join(), /secret-word/)
})

if (rabbitmqUrl === undefined) {
  test('RabbitMQ', { skip: 'no RabbitMQ answers' }, async () => {})
} else {
  testBrokerPromises('RabbitMQ', async () => {
    const prefix = privateName()
    return {
      open: async () => await openRabbitmqBroker({ url: rabbitmqUrl, prefix, log: { info () {}, warn () {} } }),
      close: async () => { await withChannel(rabbitmqUrl, async channel => { await deleteQueues(channel, prefix) }) }
    }
  })

  test('RabbitMQ: when connections are cut, publish rejects, then all goes on alone and unacked claims come again', async t => {
    const { broker, proxy, log } = await openThroughProxy(t, rabbitmqUrl)
    const received: ReceivedClaim[] = []
    await broker.consume('normal', { prefetch: 3 }, claim => { received.push(claim) })
    await broker.publish(claims(3))
    await eventually(() => received.length === 3)
    received[0]?.ack()
    await broker.probe()
    const publishing = broker.publish(claims(500, { lane: 'urgent' }))
    proxy.refuse()
    await t.rejects(publishing, { code: 'BROKER_UNAVAILABLE' })
    await t.rejects(broker.publish(claims(1)), { code: 'BROKER_UNAVAILABLE' })
    await t.rejects(broker.inspect('normal'), { code: 'BROKER_UNAVAILABLE' })
    await t.rejects(broker.probe(), { code: 'BROKER_UNAVAILABLE' })
    proxy.restore()
    await eventually(() => received.length >= 5)
    t.same(idsOf(received.slice(3)), idsOf(claims(3).slice(1)), 'the two unacked ones')
    for (const claim of received) claim.ack()
    await published(broker, 2)
    await eventually(() => received.length >= 7)
    t.ok(log.filter(line => line.startsWith('connection.lost')).length >= 2)
    t.equal(log.filter(line => line.startsWith('connection.opened')).length, 4)
  })

  test('RabbitMQ: a hub started while the broker is away consumes once it is there', async t => {
    const { broker, proxy } = await openThroughProxy(t, rabbitmqUrl, { start: 'refused' })
    const received: string[] = []
    await broker.consume('normal', { prefetch: 1 }, claim => { received.push(claim.deliveryId); claim.ack() })
    const stopped = await broker.consume('normal', { prefetch: 1 }, claim => { t.fail('handed to a stopped consumer'); claim.ack() })
    await stopped.stop()
    proxy.restore()
    await published(broker, 3)
    await eventually(() => received.length >= 3)
    t.same(received, idsOf(claims(3)))
  })

  test('RabbitMQ: a network that swallows everything is noticed in bounded time', async t => {
    const { broker, proxy, log } = await openThroughProxy(t, rabbitmqUrl, { answerTimeoutMs: 300, connectTimeoutMs: 300 })
    const received: string[] = []
    await broker.consume('normal', { prefetch: 1 }, claim => { received.push(claim.deliveryId); claim.ack() })
    proxy.blackhole()
    await t.rejects(broker.publish(claims(1)), { code: 'BROKER_UNAVAILABLE' })
    await t.rejects(broker.inspect('normal'), { code: 'BROKER_UNAVAILABLE' })
    await eventually(() => log.some(line => line.includes('no connection within 300 ms')))
    proxy.restore()
    await published(broker, 1)
    await eventually(() => received.length >= 1)
  })

  test('RabbitMQ: closing does not wait for a broker that is silent', async t => {
    const { broker, proxy } = await openThroughProxy(t, rabbitmqUrl, { answerTimeoutMs: 300 })
    await broker.consume('normal', { prefetch: 1 }, () => {})
    proxy.blackhole()
    const publishing = broker.publish(claims(1))
    publishing.catch(() => {})
    await t.resolves(broker.close())
    await t.rejects(publishing, { code: 'BROKER_UNAVAILABLE' })
  })

  test('RabbitMQ: queues deleted under the hub are declared again, and consumers go on', async t => {
    const { broker, prefix } = await openThroughProxy(t, rabbitmqUrl)
    const received = new Set<string>()
    await broker.consume('normal', { prefetch: 5 }, claim => { received.add(claim.deliveryId); claim.ack() })
    await withChannel(rabbitmqUrl, async channel => { await deleteQueues(channel, prefix) })
    await published(broker, 5)
    await eventually(() => received.size === 5)
    t.same([...received], idsOf(claims(5)))
  })

  test('RabbitMQ: a claim for a lane that is not there is not taken for published', async t => {
    const { broker, prefix, log } = await openThroughProxy(t, rabbitmqUrl)
    await withChannel(rabbitmqUrl, async channel => { await channel.deleteQueue(`${prefix}.urgent`) })
    await t.rejects(broker.publish(claims(3, { lane: 'urgent' })), { code: 'BROKER_UNAVAILABLE' })
    await eventually(async () => await broker.publish(claims(1, { lane: 'urgent' })).then(() => true, () => false))
    t.equal((await broker.inspect('urgent')).ready, 1)
    t.ok(log.some(line => line.includes(`queue ${prefix}.urgent is missing`)))
  })

  test('RabbitMQ: while the broker refuses messages publish rejects, acks and consumers go on', async t => {
    const { broker, proxy, log } = await openThroughProxy(t, rabbitmqUrl)
    const received: ReceivedClaim[] = []
    await broker.consume('normal', { prefetch: 1 }, claim => { received.push(claim) })
    await broker.publish(claims(2))
    await eventually(() => received.length === 1)
    proxy.inject(connectionBlocked('low on memory'))
    await eventually(() => log.some(line => line.startsWith('connection.blocked')))
    await t.rejects(broker.publish(claims(1)), { code: 'BROKER_UNAVAILABLE' })
    await t.rejects(broker.probe(), { code: 'BROKER_UNAVAILABLE' })
    received[0]?.ack()
    await eventually(() => received.length === 2)
    proxy.inject(connectionUnblocked())
    await eventually(async () => await broker.publish(claims(1, { from: 2 })).then(() => true, () => false))
    t.equal(log.filter(line => line.startsWith('connection.blocked')).length, 1, 'said once')
    t.notOk(log.some(line => line.startsWith('connection.lost')), 'and no connection was given up')
  })

  test('RabbitMQ: what is no claim check ends in the invalid lane and holds nobody up', async t => {
    const { broker, prefix, log } = await openThroughProxy(t, rabbitmqUrl)
    const rubbish = ['', 'rubbish', '[]', 'null', '{}', '{"deliveryId":"x","lane":"normal"}', '{"deliveryId":"","lane":"normal","publishedAt":1}',
      '{"deliveryId":7,"lane":"normal","publishedAt":1}', '{"deliveryId":"x","lane":"normal","publishedAt":"1"}',
      ...claims(1, { lane: 'urgent' }).map(claim => encodeClaim(claim).toString())]
    const received: string[] = []
    await withChannel(rabbitmqUrl, async channel => {
      for (const content of rubbish) channel.sendToQueue(`${prefix}.normal`, Buffer.from(content), { messageId: 'of-somebody' })
    })
    await broker.publish(claims(3))
    await broker.consume('normal', { prefetch: 1 }, claim => { received.push(claim.deliveryId); claim.ack() })
    await eventually(() => received.length === 3)
    t.same(received, idsOf(claims(3)))
    await withChannel(rabbitmqUrl, async channel => {
      for (const content of rubbish) {
        const message = await eventually(async () => await channel.get(`${prefix}.invalid`, { noAck: true }))
        t.equal(message.content.toString(), content)
        t.equal(message.properties.headers?.['x-lane'], 'normal')
      }
    })
    t.equal(log.filter(line => line.startsWith('claim.rejected')).length, rubbish.length)
    t.notMatch(log.join(), /of-somebody|rubbish/, 'content is not logged')
  })

  test('RabbitMQ: a lane that exists with other properties is reported, not worked around', async t => {
    const prefix = privateName()
    const log: string[] = []
    await withChannel(rabbitmqUrl, async channel => { await channel.assertQueue(`${prefix}.normal`, { durable: true }) })
    const broker = await openRabbitmqBroker({ url: rabbitmqUrl, prefix, log: listLog(log) })
    t.teardown(async () => {
      await broker.close()
      await withChannel(rabbitmqUrl, async channel => { await deleteQueues(channel, prefix) })
    })
    await eventually(() => log.some(line => line.includes('PRECONDITION') && line.includes('x-queue-type')))
    await t.rejects(broker.probe(), { code: 'BROKER_UNAVAILABLE' })
  })
}

interface Proxied { broker: Broker, proxy: TcpProxy, prefix: string, log: string[] }

type ProxyOptions = Partial<RabbitmqBrokerOptions> & { start?: 'refused' }

/** A broker that reaches RabbitMQ through a proxy; everything is removed after the test. */
async function openThroughProxy (t: Test, url: string, options: ProxyOptions = {}): Promise<Proxied> {
  const target = new URL(url)
  const proxy = await openTcpProxy({ host: target.hostname, port: Number(target.port || 5672) })
  if (options.start === 'refused') proxy.refuse()
  const prefix = privateName()
  const log: string[] = []
  const throughProxy = new URL(url)
  throughProxy.host = `127.0.0.1:${proxy.port}`
  const broker = await openRabbitmqBroker({ ...options, url: throughProxy.href, prefix, log: listLog(log) })
  t.teardown(async () => {
    await broker.close()
    await proxy.close()
    await withChannel(url, async channel => { await deleteQueues(channel, prefix) })
  })
  if (options.start !== 'refused') await eventually(async () => await broker.probe().then(() => true, () => false))
  return { broker, proxy, prefix, log }
}

function listLog (lines: string[]): RabbitmqBrokerOptions['log'] {
  const add = (fields: object, event: string): void => { lines.push(`${event} ${JSON.stringify(fields)}`) }
  return { info: add, warn: add }
}

/** Publishes until it succeeds: what the relay does. */
async function published (broker: Broker, count: number): Promise<void> {
  await eventually(async () => await broker.publish(claims(count)).then(() => true, () => false))
}

async function withChannel (url: string, use: (channel: Channel) => Promise<void>): Promise<void> {
  const connection = await connect(url)
  const channel = await connection.createChannel()
  await use(channel)
  await channel.close()
  await connection.close()
}

async function deleteQueues (channel: Channel, prefix: string): Promise<void> {
  const { lanes, invalid } = describeTopology(prefix)
  for (const { name } of [lanes.urgent, lanes.normal, invalid]) await channel.deleteQueue(name)
}

/** connection.blocked (class 10, method 60) as RabbitMQ sends it on channel 0 during an alarm. */
function connectionBlocked (reason: string): Buffer {
  return frame(Buffer.concat([Buffer.from([0, 10, 0, 60, reason.length]), Buffer.from(reason)]))
}

function frame (payload: Buffer): Buffer {
  const header = Buffer.from([1, 0, 0, 0, 0, 0, payload.length])
  return Buffer.concat([header, payload, Buffer.from([0xce])])
}

function connectionUnblocked (): Buffer {
  return frame(Buffer.from([0, 10, 0, 61]))
}
