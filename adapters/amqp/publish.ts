// Outbound: one message per delivery, confirmed by the broker, on a channel of its own, so that one message which the broker
// will not have takes no other down with it.
import type { ConfirmChannel, Options } from 'amqplib'
import { type AdapterKit, deferred, delivered, type OutboundDelivery, type Outcome, outcomeOfForbidden, plain, problem, refused, text } from 'lienthong/adapter'
import { type AmqpConnection, type ConnectionSettings, openConnection } from './connection.js'

export interface PublishSettings {
  exchange: string
  routingKey: string
  unroutable: 'retry' | 'refuse'
  maxBytes: number
}

export interface Publisher {
  deliver (delivery: OutboundDelivery, settings: PublishSettings, signal: AbortSignal): Promise<Outcome>
  probe (signal: AbortSignal): Promise<Outcome>
  close (): Promise<void>
}

/** Connects when it is first needed, and again after the connection was lost. */
export function createPublisher (settings: ConnectionSettings, { endpoint, network }: Pick<AdapterKit, 'endpoint' | 'network'>): Publisher {
  const closing = new AbortController()
  let live: AmqpConnection | undefined
  let opening: Promise<AmqpConnection> | undefined
  const connection = async (): Promise<AmqpConnection> => {
    if (live !== undefined && !live.isOver()) return live
    opening ??= openConnection(settings, { name: `lienthong ${endpoint} publish`, network, signal: closing.signal })
      .then(opened => live = opened, error => { throw new Failure((error as Error).message, { cause: error }) }).finally(() => { opening = undefined })
    return await opening
  }
  return {
    async deliver (delivery, publishing, signal) {
      if (delivery.body.size > publishing.maxBytes) return tooLarge(publishing.maxBytes)
      const attempt: Attempt = { delivery, publishing, signal, isSent: false, channel: undefined }
      try {
        return await beforeAbort(send(attempt, connection), signal)
      } catch (error) {
        return outcomeOf(error, attempt)
      } finally {
        attempt.channel?.close().catch(() => {})
      }
    },
    async probe (signal) {
      try {
        await beforeAbort(connection().then(async ({ model }) => { await (await model.createChannel()).close() }), signal)
        return delivered()
      } catch (error) {
        return outcomeOf(error, { isSent: false, signal })
      }
    },
    async close () {
      closing.abort()
      await opening?.catch(() => {})
      await live?.close()
    }
  }
}

interface Attempt {
  readonly delivery: OutboundDelivery
  readonly publishing: PublishSettings
  readonly signal: AbortSignal
  isSent: boolean
  channel: ConfirmChannel | undefined
}

/** What the broker or the network said instead of taking the message. */
class Failure extends Error {}

async function send (attempt: Attempt, connection: () => Promise<AmqpConnection>): Promise<Outcome> {
  const { delivery, publishing, signal } = attempt
  signal.throwIfAborted()
  // Before the bytes are read: what cannot be sent is not held in memory.
  const { model, ended, blocked } = await connection()
  const channel = await Promise.race([model.createConfirmChannel(), ended.then(reason => { throw new Failure(reason) })])
  attempt.channel = channel
  const content = await bytesOf(delivery, signal)
  if (signal.aborted) throw new Failure('no time was left')
  const refusal = blocked()
  if (refusal !== undefined) return later(`blocked: ${refusal}`)
  return await new Promise((resolve, reject) => {
    let closedBecause: Error | undefined
    let returned: string | undefined
    channel.on('return', ({ fields }) => { returned = plain(String((fields as { replyText?: unknown }).replyText ?? 'NO_ROUTE'), { maxLength: 80 }) })
    channel.on('error', error => { closedBecause = error })
    channel.on('close', () => { resolve(closed(closedBecause, attempt)) })
    void ended.then(reason => { reject(new Failure(reason)) })
    attempt.isSent = true
    channel.publish(publishing.exchange, keyOf(publishing.routingKey, delivery), content, propertiesOf(delivery), error => {
      // RabbitMQ confirms what it returns, right after returning it.
      if (returned !== undefined) resolve(unroutable(returned, publishing))
      // The library calls back with an error for a nack and for the end of the channel, which is told by `close`.
      else if (error === null || error === undefined) resolve(delivered(delivery.deliveryId))
      else if (/nack/i.test(String((error as Error).message))) resolve(later('the broker does not take the message: its queue is full or in trouble'))
    })
  })
}

/** The whole body: AMQP has no other way. `maxBytes` bounds it. */
async function bytesOf ({ body }: OutboundDelivery, signal: AbortSignal): Promise<Buffer> {
  if (body.bytes !== undefined) return body.bytes
  const source = await body.open()
  const stop = (): void => { source.destroy(new Failure('no time was left')) }
  signal.addEventListener('abort', stop, { once: true })
  try {
    const chunks: Buffer[] = []
    for await (const chunk of source as AsyncIterable<Buffer>) chunks.push(chunk)
    return Buffer.concat(chunks)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function keyOf (pattern: string, { recipient, envelope }: OutboundDelivery): string {
  return pattern.replaceAll('{recipient}', recipient).replaceAll('{kind}', envelope.kind)
}

function propertiesOf ({ deliveryId, packageId, recipient, attempt, envelope, body, traceparent }: OutboundDelivery): Options.Publish {
  const { kind, action, from, notation, identifier, correlationId, priority } = envelope
  return {
    mandatory: true,
    persistent: true,
    messageId: deliveryId,
    contentType: body.mediaType,
    appId: 'lienthong',
    type: `${kind}.${action}`,
    headers: {
      'lienthong-delivery': deliveryId, 'lienthong-package': packageId, 'lienthong-attempt': attempt, 'lienthong-recipient': recipient, 'lienthong-sender': from.code,
      'lienthong-kind': kind, 'lienthong-action': action, 'lienthong-identifier': identifier, 'lienthong-correlation': correlationId, 'lienthong-priority': priority,
      'lienthong-sha256': body.sha256, traceparent, ...(notation === undefined ? {} : { 'lienthong-notation': notation })
    }
  }
}

async function beforeAbort<T> (work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => { reject(new Failure('no answer in time')) }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    work.catch(() => {})
    signal.removeEventListener('abort', stop)
  }
}

function outcomeOf (error: unknown, { isSent, signal }: Pick<Attempt, 'isSent' | 'signal'>): Outcome {
  if (signal.aborted) {
    return deferred(problem('ENDPOINT_TIMEOUT', text('Máy chủ hàng đợi của đơn vị không trả lời kịp.', 'The broker of the partner did not answer in time.')), isSent ? { uncertain: true } : {})
  }
  const forbidden = outcomeOfForbidden(error)
  if (forbidden !== undefined) return forbidden
  if (error instanceof Failure) return later(error.message, isSent ? { uncertain: true } : {})
  // Channels end with the library's own errors when the connection does.
  if (error instanceof Error && /IllegalOperation|channel|connection|socket/i.test(`${error.name} ${error.message}`)) return later(error.message, isSent ? { uncertain: true } : {})
  throw error
}

function later (reason: string, more: { uncertain?: boolean } = {}): Outcome {
  const words = plain(reason, { maxLength: 200 })
  return deferred(problem('ENDPOINT_UNAVAILABLE', text(`Máy chủ hàng đợi của đơn vị chưa nhận: ${words}.`, `The broker of the partner does not take it now: ${words}.`)), more)
}

/** The broker ends a channel to report an error: 404 no such exchange, 403 not allowed, 406 too large for it. */
function closed (error: Error | undefined, { publishing }: Attempt): Outcome {
  const { code } = (error ?? {}) as { code?: unknown }
  const words = plain(error?.message ?? 'channel closed', { maxLength: 200 })
  if (code === 406 && /size/i.test(words)) return tooLarge(publishing.maxBytes, words)
  return later(words, code === undefined ? { uncertain: true } : {})
}

function unroutable (reason: string, { unroutable, exchange }: PublishSettings): Outcome {
  const said = problem(unroutable === 'refuse' ? 'ENDPOINT_REFUSED' : 'ENDPOINT_UNAVAILABLE', text(
    `Không có hàng đợi nào nhận gói tin (exchange "${exchange}", ${reason}).`, `No queue takes the package (exchange "${exchange}", ${reason}).`))
  return unroutable === 'refuse' ? refused(said) : deferred(said)
}

function tooLarge (maxBytes: number, words?: string): Outcome {
  const more = words === undefined ? '' : ` (${words})`
  return refused(problem('ENDPOINT_REFUSED', text(
    `Gói tin quá lớn để gửi qua hàng đợi, giới hạn ${maxBytes} byte${more}.`, `The package is too large for a message queue; the limit is ${maxBytes} bytes${more}.`)))
}
