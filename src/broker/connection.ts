// One AMQP connection with what the client library leaves open: time limits, a reason for every end, and a socket that is
// really closed. Knows the library only by shape, so that rabbitmq.ts stays the one file that imports it.
import { HubError } from '../errors.js'
import { text } from '../model/text.js'

/** The part of the library's connection that matters here. */
export interface ConnectionModel {
  on (event: 'error', listener: (error: Error) => void): unknown
  on (event: 'close', listener: (error?: Error) => void): unknown
  close (): Promise<void>
}

interface GuardedChannel {
  on (event: 'error', listener: (error: Error) => void): unknown
  on (event: 'close', listener: () => void): unknown
}

export interface Connection<Model extends ConnectionModel> {
  readonly model: Model
  /** Resolves with the reason when the connection is over, whoever ended it. */
  readonly ended: Promise<string>
  /** Ends it at once, with this reason. Everything outstanding on it rejects. */
  cut (reason: string): void
  /** Waits for an answer, but not for ever: a silent broker is cut off. Rejections become `BROKER_UNAVAILABLE`. */
  answer<T> (call: Promise<T>): Promise<T>
  /** Makes the end of a channel, by which RabbitMQ reports errors, the end of the connection, where it was `unexpected` (default: always). */
  guard (amqpChannel: GuardedChannel, unexpected?: () => boolean): void
  /** Closes these channels, then itself, in bounded time. Never rejects. */
  close (channels: readonly Pick<ConnectionModel, 'close'>[]): Promise<void>
}

export interface ConnectionOptions<Model extends ConnectionModel> {
  /** Opens the library's connection over a socket that is destroyed when the signal aborts. */
  connect: (socket: { signal: AbortSignal }) => Promise<Model>
  /** For connecting and setting up together. */
  connectTimeoutMs: number
  answerTimeoutMs: number
  /** Gives up while still connecting or setting up; without effect afterwards. */
  signal: AbortSignal
}

const CLOSE_TIMEOUT_MS = 2000

/** Connects and sets up in bounded time, or rejects with the reason and leaves nothing open. */
export async function openConnection<Model extends ConnectionModel, Session> (
  options: ConnectionOptions<Model>, setUp: (connection: Connection<Model>) => Promise<Session>
): Promise<Session> {
  const { connect, connectTimeoutMs, answerTimeoutMs, signal } = options
  const cutting = createCutting()
  const giveUp = (): void => { cutting.cut('closed') }
  const timer = setTimeout(() => { cutting.cut(`no connection within ${connectTimeoutMs} ms`) }, connectTimeoutMs)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await setUp(createConnection(await connect({ signal: cutting.signal }), cutting, answerTimeoutMs))
  } catch (error) {
    cutting.cut(reasonOf(error))
    throw new Error(cutting.reason(), { cause: error })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
  }
}

interface Cutting {
  /** The socket hangs on it: the library only half-closes a socket, which a silent peer would keep open for minutes. */
  readonly signal: AbortSignal
  cut (reason: string): void
  /** The first reason given. */
  reason (): string | undefined
}

function createCutting (): Cutting {
  const controller = new AbortController()
  let first: string | undefined
  return {
    signal: controller.signal,
    cut (reason) {
      first ??= reason
      controller.abort()
    },
    reason: () => first
  }
}

function createConnection<Model extends ConnectionModel> (model: Model, { cut, reason }: Cutting, answerTimeoutMs: number): Connection<Model> {
  let lastError: Error | undefined
  const ended = new Promise<string>(resolve => {
    model.on('error', error => { lastError = error })
    model.on('close', error => {
      cut(reasonOf(error ?? lastError ?? 'closed'))
      resolve(reason() ?? 'closed')
    })
  })
  return {
    model,
    ended,
    cut,
    async answer (call) {
      const timer = setTimeout(() => { cut(`no answer within ${answerTimeoutMs} ms`) }, answerTimeoutMs)
      try {
        return await call
      } catch (error) {
        throw unavailable(reason() ?? reasonOf(error), error)
      } finally {
        clearTimeout(timer)
      }
    },
    guard (amqpChannel, unexpected = () => true) {
      let channelError: Error | undefined
      amqpChannel.on('error', error => { channelError = error })
      amqpChannel.on('close', () => {
        if (!unexpected()) return
        // Later, because channels are closed just before their connection, which knows its reason better.
        setImmediate(() => { cut(reasonOf(channelError ?? 'channel closed')) })
      })
    },
    async close (channels) {
      const timer = setTimeout(() => { cut('closed') }, CLOSE_TIMEOUT_MS)
      // Channels first: the library may send the farewell of the connection before acks that are still in a channel's buffer.
      // Raced, because it forgets the promise of a close when the connection ends otherwise.
      await Promise.race([Promise.allSettled(channels.map(async channel => { await channel.close() })), ended])
      await Promise.race([model.close().catch(() => {}), ended])
      clearTimeout(timer)
      cut('closed')
      await ended
    }
  }
}

export function reasonOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The reason stays in the cause, for the log: it may name hosts, and answers to callers must not. */
export function unavailable (reason: string, cause?: unknown): HubError {
  const detail = text('Hàng đợi tạm thời không sử dụng được.', 'The broker cannot be used at the moment.')
  return new HubError('BROKER_UNAVAILABLE', detail, { cause: new Error(reason, { cause }) })
}

/** @throws HubError `BROKER_UNAVAILABLE` */
export function fail (reason: string): never {
  throw unavailable(reason)
}
