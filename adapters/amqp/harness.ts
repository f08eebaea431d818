// The fake counterpart of the amqp adapter: an agency's queues on a real RabbitMQ, behind a network that misbehaves on order.
import { createHash, randomBytes } from 'node:crypto'
import { type ChannelModel, type ConfirmChannel, connect, type ConsumeMessage } from 'amqplib'
import type { AdapterHarness, HarnessDelivery } from 'lienthong/adapter'
import { openProxy, type Proxy } from './proxy.js'

export interface AmqpHarness extends AdapterHarness {
  /** The queues of this counterpart: what the adapter takes from, and what gets what it refused. */
  names (): { inbox: string, refused: string }
  /** Puts a message into the queue that the adapter takes from. */
  send (content: string | Buffer, properties?: object): Promise<void>
  /** What lies in the queue of refused messages, taken out of it. */
  takeRefused (): Promise<ConsumeMessage['properties'] | undefined>
  /** Deletes the queue that the adapter takes from, and makes it again. */
  recreateInbox (): Promise<void>
  proxy (): Proxy
}

/** `url`: a real RabbitMQ, with credentials. `more`: settings in place of the usual ones. */
export function createHarness (url: string, more: { publish?: object, consume?: object } = {}): AmqpHarness {
  const { hostname, port, username, password, pathname, protocol } = new URL(url)
  let prefix = ''
  let offered = 0
  let model: ChannelModel | undefined
  let channel: ConfirmChannel | undefined
  let proxy: Proxy | undefined
  let arrived = 0
  const received = new Map<string, HarnessDelivery>()
  const live = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the harness is not started')
    return part
  }
  const queues = (): Record<'inbox' | 'outbox' | 'refused' | 'full', string> => ({ inbox: `${prefix}.in`, outbox: `${prefix}.out`, refused: `${prefix}.refused`, full: `${prefix}.full` })

  function take (message: ConsumeMessage | null): void {
    if (message === null) return
    arrived++
    const { content, properties } = message
    const headers = (properties.headers ?? {}) as Record<string, string>
    const id = String(properties.messageId)
    if (received.has(id)) return
    received.set(id, {
      deliveryId: id, packageId: headers['lienthong-package'] ?? '', recipient: headers['lienthong-recipient'] ?? '', kind: headers['lienthong-kind'] ?? '',
      mediaType: String(properties.contentType), traceparent: headers['traceparent'] ?? '', size: content.length, sha256: createHash('sha256').update(content).digest('hex')
    })
  }

  async function declare (): Promise<void> {
    const { inbox, outbox, refused, full } = queues()
    const on = live(channel)
    await on.assertExchange(prefix, 'topic', { autoDelete: false })
    await on.assertQueue(refused)
    await on.assertQueue(inbox, { arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': refused } })
    await on.assertQueue(outbox)
    await on.assertQueue(full, { arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } })
    on.sendToQueue(full, Buffer.from('full'))
    await on.bindQueue(outbox, prefix, 'out.#')
    await on.bindQueue(inbox, prefix, 'in.#')
    await on.consume(outbox, take, { noAck: true })
  }

  async function bind (kind: 'good' | 'none' | 'full'): Promise<void> {
    const { outbox, full } = queues()
    const on = live(channel)
    await (kind === 'good' ? on.bindQueue(outbox, prefix, 'out.#') : on.unbindQueue(outbox, prefix, 'out.#'))
    await (kind === 'full' ? on.bindQueue(full, prefix, 'out.#') : on.unbindQueue(full, prefix, 'out.#'))
  }

  return {
    can: ['refuse', 'overload', 'hang', 'drop', 'malformed', 'offline'],
    mostBytes: 64 * 2 ** 20,
    names: () => queues(),
    proxy: () => live(proxy),
    async start () {
      prefix = `t_amqp_${randomBytes(5).toString('hex')}`
      received.clear()
      arrived = 0
      model = await connect(url, { noDelay: true })
      channel = await model.createConfirmChannel()
      await declare()
      const counted = live(channel)
      proxy = await openProxy({
        target: { host: hostname, port: Number(port === '' ? 5672 : port) },
        // The consumer sees a message at about the time of its confirm; a round trip behind it, it has seen it.
        onConfirm: async () => { await settled(async () => (await counted.checkQueue(queues().outbox)).messageCount, () => arrived) }
      })
    },
    settings: () => ({
      url: `${protocol}//127.0.0.1:${live(proxy).port()}${pathname}`,
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
      publish: { exchange: prefix, routingKey: 'out.{recipient}', unroutable: 'refuse', ...more.publish },
      consume: { queue: queues().inbox, agencies: ['H36.99.01'], deadLetter: true, pauseSeconds: 0.05, ...more.consume }
    }),
    async misbehave (kind) {
      await bind(kind === 'refuse' ? 'none' : kind === 'overload' ? 'full' : 'good')
      await live(proxy).set(kind === 'hang' || kind === 'drop' || kind === 'malformed' || kind === 'offline' ? kind : 'open')
    },
    received: () => [...received.values()],
    async send (content, properties = {}) {
      const on = live(channel)
      on.publish(prefix, `in.${++offered}`, Buffer.from(content), { contentType: 'application/xml', ...properties })
      await on.waitForConfirms()
    },
    async takeRefused () {
      const found = await live(channel).get(queues().refused, { noAck: true })
      return found === false ? undefined : found.properties
    },
    async recreateInbox () {
      const { inbox, refused } = queues()
      await live(channel).deleteQueue(inbox)
      await live(channel).assertQueue(inbox, { arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': refused } })
      await live(channel).bindQueue(inbox, prefix, 'in.#')
    },
    async offer () {
      await this.send(`<edXML n="${offered + 1}"/>`, { messageId: `m-${offered + 1}` })
      return `in.${offered}`
    },
    fateOf: offer => live(proxy).fates.get(offer) ?? 'waiting',
    async stop () {
      await proxy?.close()
      if (channel !== undefined) {
        for (const queue of Object.values(queues())) await channel.deleteQueue(queue)
        await channel.deleteExchange(prefix)
      }
      await model?.close()
      model = channel = undefined
    }
  } satisfies AmqpHarness & ThisType<AmqpHarness>
}

/** Until the queue is empty and nothing more has come between two looks. */
async function settled (countReady: () => Promise<number>, countTaken: () => number): Promise<void> {
  for (let before = -1; before !== countTaken();) {
    before = countTaken()
    while (await countReady() > 0) { /* the consumer is at it */ }
    await countReady()
  }
}
