// Inbound: messages of one queue, one after the other, acknowledged once the hub has them. Ends with its connection and begins
// anew, with growing pauses.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Channel, ConfirmChannel, ConsumeMessage } from 'amqplib'
import { type Accept, type AdapterKit, type Arrived, plain, type Problem, problem, text } from 'lienthong/adapter'
import { type AmqpConnection, type ConnectionSettings, openConnection } from './connection.js'

export interface ConsumeSettings {
  queue: string
  agencies: readonly string[]
  users?: Readonly<Record<string, readonly string[]>>
  refusedQueue?: string
  contentType: string
  prefetch: number
  pauseSeconds: number
  maxBytes: number
}

export interface ConsumeOptions { connection: ConnectionSettings, settings: ConsumeSettings, accept: Accept, kit: AdapterKit, signal: AbortSignal }

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 30_000
/** A message is offered again this often before others may pass it. */
const MOST_TRIES = 5

/** Runs until aborted. */
export async function consume (options: ConsumeOptions): Promise<void> {
  const { signal, kit, settings } = options
  let told: string | undefined
  let pauseMs = FIRST_PAUSE_MS
  while (!signal.aborted) {
    const startedAt = performance.now()
    const reason = await consumeOnce(options)
    if (signal.aborted) return
    if (reason !== told) kit.log.warn({ endpoint: kit.endpoint, queue: settings.queue, reason }, 'connection.lost')
    told = reason
    if (performance.now() - startedAt > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS
    await sleep(pauseMs / 2 + Math.random() * pauseMs / 2, undefined, { signal }).catch(() => {})
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
  }
}

/** One connection from its beginning to its end; answers why it ended. */
async function consumeOnce (options: ConsumeOptions): Promise<string> {
  const { connection: address, settings, kit, signal } = options
  let connection: AmqpConnection
  try {
    connection = await openConnection(address, { name: `lienthong ${kit.endpoint} consume`, network: kit.network, signal })
  } catch (error) {
    return (error as Error).message
  }
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  let stop = (_reason: string): void => {}
  const stopped = new Promise<string>(resolve => { stop = resolve })
  signal.addEventListener('abort', () => { stop('closed') }, { once: true, signal: over.signal })
  let last: Promise<void> = Promise.resolve()
  try {
    const channel = await connection.model.createChannel()
    const refusals = settings.refusedQueue === undefined ? undefined : await connection.model.createConfirmChannel()
    for (const each of [channel, ...(refusals === undefined ? [] : [refusals])]) {
      let because = 'the channel was closed'
      each.on('error', error => { because = plain(error.message, { maxLength: 160 }) })
      each.on('close', () => { setImmediate(() => { stop(because) }) })
    }
    await channel.prefetch(settings.prefetch)
    await channel.consume(settings.queue, message => {
      if (message === null) { stop('the broker cancelled the consumer'); return }
      // One after the other: what was published first is accepted first.
      last = last.then(async () => { await settle({ ...options, signal: either }, { channel, refusals, message }) }).catch(error => { stop(plain(String(error), { maxLength: 160 })) })
    })
    kit.log.info({ endpoint: kit.endpoint, queue: settings.queue }, 'connection.opened')
    return await Promise.race([stopped, connection.ended])
  } catch (error) {
    return plain(error instanceof Error ? error.message : String(error), { maxLength: 160 })
  } finally {
    over.abort()
    // The one that the hub is storing is still acknowledged, unless it takes long; then it comes again.
    await Promise.race([last, sleep(1000)])
    await connection.close()
  }
}

interface Consumed { channel: Channel, refusals: ConfirmChannel | undefined, message: ConsumeMessage }

async function settle (options: ConsumeOptions, { channel, refusals, message }: Consumed): Promise<void> {
  const { signal, kit, settings } = options
  if (signal.aborted) return
  const arrived = await offer(options, message)
  if (arrived === undefined) {
    // Unacknowledged, so the broker gives it to the next who comes; on a connection that goes on it has to be said.
    if (!signal.aborted) quietly(() => { channel.nack(message, false, true) })
    return
  }
  if (arrived.kind === 'stored') {
    quietly(() => { channel.ack(message) })
    return
  }
  kit.log.warn({ endpoint: kit.endpoint, queue: settings.queue, messageId: plain(String(message.properties.messageId ?? ''), { maxLength: 100 }), code: arrived.problem.code }, 'message.refused')
  if (refusals === undefined || settings.refusedQueue === undefined) {
    quietly(() => { channel.nack(message, false, false) })
    return
  }
  await putAside(refusals, { queue: settings.refusedQueue, message, problem: arrived.problem })
  quietly(() => { channel.ack(message) })
}

/** What the hub says; undefined when it could not decide, again and again, or when the time is over. */
async function offer ({ accept, settings, kit, signal }: ConsumeOptions, message: ConsumeMessage): Promise<Arrived | undefined> {
  const { content, properties } = message
  if (content.length > settings.maxBytes) return no('BODY_TOO_LARGE', `Thông điệp vượt ${settings.maxBytes} byte.`, `The message is over ${settings.maxBytes} bytes.`)
  const agencies = agenciesOf(settings, properties.userId)
  if (agencies === undefined) return no('SENDER_NOT_ALLOWED', 'Thông điệp không có user-id đã khai báo.', 'The message has no user-id that is known here.')
  const contentType = typeof properties.contentType === 'string' && properties.contentType !== '' ? properties.contentType : settings.contentType
  for (let tries = 1; !signal.aborted; tries++) {
    const body = Readable.from([content], { objectMode: false })
    try {
      return await accept({ agencies, contentType, body, idempotencyKey: keyOf(message) })
    } catch (error) {
      if (tries === 1) kit.log.debug({ endpoint: kit.endpoint, reason: plain(String(error), { maxLength: 160 }) }, 'message.postponed')
      await sleep(settings.pauseSeconds * 1000, undefined, { signal }).catch(() => {})
      if (tries >= MOST_TRIES) return undefined
    } finally {
      body.destroy()
    }
  }
  return undefined
}

/** By the user-id, which RabbitMQ compares with the login of the publisher. */
function agenciesOf ({ agencies, users }: ConsumeSettings, userId: unknown): readonly string[] | undefined {
  if (users === undefined) return agencies
  return typeof userId === 'string' && Object.hasOwn(users, userId) ? users[userId] : undefined
}

/** The publisher's own identifier where it is fit for a key, else its digest; the digest of the content where there is none. */
function keyOf ({ content, properties }: ConsumeMessage): string {
  const id: unknown = properties.messageId
  if (typeof id === 'string' && /^[\x21-\x7e]{1,200}$/.test(id)) return `message:${id}`
  const isNamed = typeof id === 'string' && id !== ''
  return `${isNamed ? 'message-' : ''}sha256:${createHash('sha256').update(isNamed ? id : content).digest('hex')}`
}

function no (code: Problem['code'] & Parameters<typeof problem>[0], vi: string, en: string): Arrived {
  return { kind: 'refused', problem: problem(code, text(vi, en)) }
}

/** Resolves once the broker has confirmed it; rejects when there is no such queue, and the message stays where it was. */
async function putAside (refusals: ConfirmChannel, { queue, message, problem: { code, detail } }: { queue: string, message: ConsumeMessage, problem: Problem }): Promise<void> {
  const { messageId, contentType, headers = {} } = message.properties
  let returned = false
  const onReturn = (): void => { returned = true }
  refusals.on('return', onReturn)
  try {
    await new Promise<void>((resolve, reject) => {
      refusals.on('close', reject)
      refusals.sendToQueue(queue, message.content, {
        mandatory: true,
        persistent: true,
        ...(typeof messageId === 'string' ? { messageId } : {}),
        ...(typeof contentType === 'string' ? { contentType } : {}),
        headers: { ...headers, 'lienthong-problem-code': code, 'lienthong-problem-vi': plain(detail.vi, { maxLength: 500 }), 'lienthong-problem-en': plain(detail.en, { maxLength: 500 }) }
      }, error => { error === null || error === undefined ? resolve() : reject(error) })
    })
  } finally {
    refusals.off('return', onReturn)
  }
  if (returned) throw new Error(`there is no queue ${queue}`)
}

/** The channel may be gone, and the delivery with it: then the message comes again. */
function quietly (act: () => void): void {
  try {
    act()
  } catch {
    // As above.
  }
}
