// The broker for more than one hub process: lanes are RabbitMQ quorum queues. The only file that knows amqplib.
// Two connections: RabbitMQ stops reading from a connection that publishes while its memory or disk runs out, and acks,
// which free both, must not be stuck behind that.
import { type Channel, type ChannelModel, type ConfirmChannel, connect, type ConsumeMessage, type Options } from 'amqplib'
import { HubError } from '../errors.js'
import { text } from '../model/text.js'
import type { Broker, ClaimCheck, Consumer, Lane, ReceivedClaim } from '../ports/broker.js'
import { decodeClaim, encodeClaim } from './claim-message.js'
import { type Connection, fail, openConnection, reasonOf } from './connection.js'
import { keepLinked, type LinkLog, type LinkSession } from './reconnect.js'
import { declareTopology, describeTopology, type Topology } from './topology.js'

export interface RabbitmqBrokerOptions {
  /** amqp:// or amqps://, with credentials and virtual host. Never logged. */
  url: string
  /** Names the queues: `<prefix>.urgent`, `<prefix>.normal`, `<prefix>.invalid`. Hubs that share work share it. */
  prefix: string
  log: LinkLog
  /** Connecting, logging in and declaring the queues may take this long together. Default 5000. */
  connectTimeoutMs?: number
  /** The broker may be silent this long over a confirm or an answer; then its connection is given up. Default 10000. */
  answerTimeoutMs?: number
}

const HEARTBEAT_SECONDS = 15
/** A message that could not be moved to the invalid lane is held this long before it is given back, lest it spin. */
const INVALID_RETRY_MS = 1000

/**
 * Resolves at once, whether or not the broker is there, and connects in the background: a hub accepts work into the store
 * while the broker is away. Until it is connected (`probe` tells), `publish`, `inspect` and `probe` reject with
 * `BROKER_UNAVAILABLE` without waiting; `consume` resolves and begins once it is. `publish` and `probe` also reject while the
 * broker refuses messages for want of memory or disk. Acks of claims from a lost connection are dropped: they come again.
 * Some acked in the last moments before `close` may, too: a busy RabbitMQ forgets acks it has not passed to the queue yet.
 * @throws HubError `CONFIG_INVALID` when the URL is not an AMQP URL
 */
export async function openRabbitmqBroker (options: RabbitmqBrokerOptions): Promise<Broker> {
  const { prefix, log } = options
  const url = withHeartbeat(options.url)
  const topology = describeTopology(prefix)
  const subscriptions = new Set<Subscription>()
  let closed = false
  const open = async <Session>(role: string, signal: AbortSignal, setUp: (connection: AmqpConnection) => Promise<Session>): Promise<Session> =>
    await openConnection({
      connect: async socket => await connect(url, { noDelay: true, ...socket, clientProperties: { connection_name: `lienthong ${prefix} ${role}` } }),
      connectTimeoutMs: options.connectTimeoutMs ?? 5000,
      answerTimeoutMs: options.answerTimeoutMs ?? 10_000,
      signal
    }, setUp)
  const publishable: Array<() => void> = []
  const tell = (): void => { for (const listener of publishable) listener() }
  const publishing = keepLinked({
    role: 'publish',
    log,
    open: async signal => await open('publish', signal, async connection => await openPublishing(connection, { topology, log, onUnblocked: tell })),
    onOpened: tell
  })
  const publisher = (): PublishingSession => publishing.session() ?? fail(publishing.reason())
  const divert = createDivert({ topology, log, send: async message => { await publisher().send([message]) } })
  const consuming = keepLinked({
    role: 'consume',
    log,
    open: async signal => await open('consume', signal, async connection => await openConsuming(connection, topology, divert)),
    onOpened: session => { for (const subscription of subscriptions) void session.attach(subscription) }
  })
  const count = async (queue: string): Promise<number> => await (consuming.session() ?? fail(consuming.reason())).countReady(queue)
  return {
    async publish (claims) {
      const session = publisher()
      if (claims.length > 0) await session.send(claims.map(claim => toOutgoing(claim, topology)))
    },
    async consume (lane, { prefetch }, onClaim) {
      if (closed) fail('closed')
      const subscription: Subscription = { lane, prefetch, onClaim, stopped: false, stopHere: undefined }
      subscriptions.add(subscription)
      await consuming.session()?.attach(subscription)
      return createConsumer(subscription, subscriptions)
    },
    async inspect (lane) {
      return { ready: await count(topology.lanes[lane].name) }
    },
    async countInvalid () {
      return await count(topology.invalid.name)
    },
    onPublishable (listener) { publishable.push(listener) },
    async probe () {
      publisher().assertAccepting()
      await count(topology.lanes.urgent.name)
    },
    async close () {
      closed = true
      for (const subscription of subscriptions) subscription.stopped = true
      await Promise.all([publishing.close(), consuming.close()])
    }
  }
}

function createConsumer (subscription: Subscription, subscriptions: Set<Subscription>): Consumer {
  return {
    async stop () {
      subscription.stopped = true
      subscriptions.delete(subscription)
      await subscription.stopHere?.()
    }
  }
}

type AmqpConnection = Connection<ChannelModel>

interface Outgoing { queue: string, content: Buffer, properties: Options.Publish }

interface PublishingSession extends LinkSession {
  /** Resolves when all are confirmed; rejects with `BROKER_UNAVAILABLE` as soon as one is not going to be. */
  send (messages: readonly Outgoing[]): Promise<void>
  /** Rejects with `BROKER_UNAVAILABLE` while the broker refuses messages. */
  assertAccepting (): void
}

async function openPublishing (connection: AmqpConnection, { topology, log, onUnblocked }: { topology: Topology, log: LinkLog, onUnblocked: () => void }): Promise<PublishingSession> {
  const amqpChannel = await connection.model.createConfirmChannel()
  connection.guard(amqpChannel)
  await declareTopology(topology, amqpChannel)
  let blockedBecause: string | undefined
  const batches = new Set<Batch>()
  const failAll = (reason: string): void => { for (const batch of [...batches]) batch.fail(reason) }
  amqpChannel.on('return', message => {
    // Without its queue nothing can be published; a new connection declares it again. RabbitMQ confirms a returned message,
    // right after returning it, so the batches must fail here and now.
    failAll(`queue ${message.fields.routingKey} is missing`)
    connection.cut(`queue ${message.fields.routingKey} is missing`)
  })
  connection.model.on('blocked', reason => {
    blockedBecause = `blocked: ${reason}`
    log.warn({ component: 'broker', reason }, 'connection.blocked')
    failAll(blockedBecause)
  })
  connection.model.on('unblocked', () => {
    blockedBecause = undefined
    log.info({ component: 'broker' }, 'connection.unblocked')
    onUnblocked()
  })
  const assertAccepting = (): void => { if (blockedBecause !== undefined) fail(blockedBecause) }
  return {
    ended: connection.ended,
    assertAccepting,
    async send (messages) {
      assertAccepting()
      const batch = startBatch(amqpChannel, messages)
      batches.add(batch)
      try {
        await connection.answer(batch.confirmed)
      } finally {
        batches.delete(batch)
      }
    },
    async close () {
      await Promise.allSettled([...batches].map(async batch => { await batch.confirmed }))
      await connection.close([])
    }
  }
}

interface Batch {
  confirmed: Promise<void>
  fail (reason: string): void
}

function startBatch (amqpChannel: ConfirmChannel, messages: readonly Outgoing[]): Batch {
  let waitingFor = messages.length
  let fail: Batch['fail'] = () => {}
  const confirmed = new Promise<void>((resolve, reject) => {
    fail = reason => { reject(new Error(reason)) }
    // An error is a nack or the end of the channel; both mean "not confirmed".
    const onConfirm = (error: unknown): void => {
      if (error instanceof Error) reject(error)
      else if (--waitingFor === 0) resolve()
    }
    for (const { queue, content, properties } of messages) amqpChannel.publish('', queue, content, properties, onConfirm)
  })
  return { confirmed, fail }
}

function toOutgoing (claim: ClaimCheck, topology: Topology): Outgoing {
  return { queue: topology.lanes[claim.lane].name, content: encodeClaim(claim), properties: { ...CLAIM_PROPERTIES, messageId: claim.deliveryId } }
}

const CLAIM_PROPERTIES = { mandatory: true, persistent: true, contentType: 'application/json', appId: 'lienthong' }

/** A wish to consume; it outlives connections. */
interface Subscription {
  readonly lane: Lane
  readonly prefetch: number
  readonly onClaim: (claim: ReceivedClaim) => void
  stopped: boolean
  /** Stops it on the connection it is attached to. */
  stopHere: (() => Promise<void>) | undefined
}

interface ConsumingSession extends LinkSession {
  /** Begins to hand out claims. Never rejects: where it fails, the connection ends and the next one attaches again. */
  attach (subscription: Subscription): Promise<void>
  countReady (queue: string): Promise<number>
}

type Divert = (message: ConsumeMessage, lane: Lane) => Promise<void>

async function openConsuming (connection: AmqpConnection, topology: Topology, divert: Divert): Promise<ConsumingSession> {
  const control = await connection.model.createChannel()
  connection.guard(control)
  await declareTopology(topology, control)
  const open = new Set<Channel>()
  return {
    ended: connection.ended,
    async attach (subscription) {
      try {
        await attach({ subscription, connection, queue: topology.lanes[subscription.lane].name, divert, open })
      } catch (error) {
        connection.cut(reasonOf(error))
      }
    },
    async countReady (queue) {
      return (await connection.answer(control.checkQueue(queue))).messageCount
    },
    async close () {
      const channels = [...open]
      open.clear()
      await connection.close(channels)
    }
  }
}

interface Attachment { subscription: Subscription, connection: AmqpConnection, queue: string, divert: Divert, open: Set<Channel> }

async function attach ({ subscription, connection, queue, divert, open }: Attachment): Promise<void> {
  const { lane, prefetch, onClaim } = subscription
  const amqpChannel = await connection.answer(connection.model.createChannel())
  open.add(amqpChannel)
  connection.guard(amqpChannel, () => open.has(amqpChannel))
  let unsettled = 0
  const closeWhenIdle = (): void => {
    if (subscription.stopped && unsettled === 0 && open.delete(amqpChannel)) amqpChannel.close().catch(() => {})
  }
  const settle = (act: () => void): void => {
    try {
      act()
    } catch {
      // The channel is gone and the claim's tag with it: the claim comes again.
    }
    unsettled--
    closeWhenIdle()
  }
  await connection.answer(amqpChannel.prefetch(prefetch))
  const { consumerTag } = await connection.answer(amqpChannel.consume(queue, message => {
    if (message === null) {
      connection.cut(`queue ${queue} is missing`)
      return
    }
    unsettled++
    const ack = (): void => { settle(() => { amqpChannel.ack(message) }) }
    const requeue = (): void => { settle(() => { amqpChannel.nack(message, false, true) }) }
    const claim = decodeClaim(message.content, lane)
    if (subscription.stopped) requeue()
    else if (claim === undefined) divert(message, lane).then(ack, requeue)
    else onClaim(toReceived(claim, { ack, requeue }))
  }))
  subscription.stopHere = async () => {
    await connection.answer(amqpChannel.cancel(consumerTag)).catch(() => {})
    closeWhenIdle()
  }
  if (subscription.stopped) await subscription.stopHere()
}

/** A second ack of one claim would be a protocol error that ends the channel of all; it is ignored instead. */
function toReceived (claim: ClaimCheck, { ack, requeue }: Pick<ReceivedClaim, 'ack' | 'requeue'>): ReceivedClaim {
  let settled = false
  const once = (act: () => void) => () => {
    if (!settled) act()
    settled = true
  }
  return { ...claim, ack: once(ack), requeue: once(requeue) }
}

/** Moves a message to the invalid lane as it is; rejects, after a pause, when that could not be confirmed. */
function createDivert ({ topology, log, send }: { topology: Topology, log: LinkLog, send: (message: Outgoing) => Promise<void> }): Divert {
  return async (message, lane) => {
    log.warn({ component: 'broker', lane, bytes: message.content.length }, 'claim.rejected')
    const properties = { mandatory: true, persistent: true, headers: { 'x-lane': lane, 'x-sender': String(message.properties.appId ?? 'unknown') } }
    try {
      await send({ queue: topology.invalid.name, content: message.content, properties })
    } catch (error) {
      await new Promise(resolve => setTimeout(resolve, INVALID_RETRY_MS).unref())
      throw error
    }
  }
}

function withHeartbeat (address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !['amqp:', 'amqps:'].includes(url.protocol)) {
    const detail = text('Địa chỉ RabbitMQ phải bắt đầu bằng amqp:// hoặc amqps://.', 'The RabbitMQ URL must begin with amqp:// or amqps://.')
    throw new HubError('CONFIG_INVALID', detail)
  }
  if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS))
  return url.href
}
