// A connection to the partner's broker, with what the client library leaves open: a time limit for logging in, a reason for its
// end, and a socket that is really closed.
import { type ChannelModel, connect, type Options } from 'amqplib'
import { type AdapterKit, plain } from 'lienthong/adapter'

export interface ConnectionSettings {
  url: string
  username: string
  password: string
  ca?: string
  heartbeatSeconds: number
  connectTimeoutSeconds: number
}

export interface AmqpConnection {
  readonly model: ChannelModel
  /** Resolves with the reason when the connection is over, whoever ended it. */
  readonly ended: Promise<string>
  isOver (): boolean
  /** Why the broker takes no messages at the moment (no memory, no disk); undefined when it does. */
  blocked (): string | undefined
  /** Says good-bye, and does not wait long for an answer. Never rejects. */
  close (): Promise<void>
}

const CLOSE_MS = 1000

export interface ConnectionOptions { name: string, signal: AbortSignal, network: AdapterKit['network'] }

/** Rejects with a plain reason, without secrets, when there is no connection in time. */
export async function openConnection (settings: ConnectionSettings, { name, signal, network }: ConnectionOptions): Promise<AmqpConnection> {
  const limitMs = settings.connectTimeoutSeconds * 1000
  const cutting = new AbortController()
  const cut = (): void => { cutting.abort() }
  const timer = setTimeout(cut, limitMs)
  signal.addEventListener('abort', cut, { once: true })
  if (signal.aborted) cut()
  const address = addressOf(settings)
  try {
    // The library half-closes a socket, which a silent peer would keep open; the signal destroys it.
    const socket = { ...network.target({ host: address.hostname, port: address.port }), signal: cutting.signal }
    return watch(await connect(address, {
      noDelay: true,
      ...socket,
      clientProperties: { connection_name: name },
      ...(settings.ca === undefined ? {} : { ca: [settings.ca] })
    }), cutting)
  } catch (error) {
    cut()
    throw new Error(signal.aborted ? 'closed' : cutting.signal.aborted && isAbort(error) ? `no connection within ${limitMs} ms` : reasonOf(error, settings), { cause: error })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', cut)
  }
}

function watch (model: ChannelModel, cutting: AbortController): AmqpConnection {
  let over = false
  let blocked: string | undefined
  let lastError: Error | undefined
  const ended = new Promise<string>(resolve => {
    model.on('error', error => { lastError = error })
    model.on('close', error => {
      over = true
      cutting.abort()
      const cause = error ?? lastError
      resolve(cause === undefined ? 'closed' : plain(cause.message, { maxLength: 120 }))
    })
  })
  model.on('blocked', reason => { blocked = plain(reason, { maxLength: 120 }) })
  model.on('unblocked', () => { blocked = undefined })
  return {
    model,
    ended,
    isOver: () => over,
    blocked: () => blocked,
    async close () {
      const timer = setTimeout(() => { cutting.abort() }, CLOSE_MS)
      await Promise.race([model.close().catch(() => {}), ended])
      clearTimeout(timer)
      cutting.abort()
      await ended
    }
  }
}

function addressOf ({ url, username, password, heartbeatSeconds }: ConnectionSettings): Options.Connect & { hostname: string, port: number } {
  const { protocol, hostname, port, pathname } = new URL(url)
  const vhost = pathname === '' || pathname === '/' ? '/' : decodeURIComponent(pathname.slice(1))
  const host = hostname.replace(/^\[|\]$/g, '')
  return { protocol: protocol.slice(0, -1), hostname: host, port: Number(port === '' ? protocol === 'amqps:' ? 5671 : 5672 : port), username, password, vhost, heartbeat: heartbeatSeconds }
}

function isAbort (error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || /abort/i.test(error.message))
}

function reasonOf (error: unknown, { password }: ConnectionSettings): string {
  if (!(error instanceof Error)) return 'unknown'
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : plain(error.message, { maxLength: 120, redact: [password] })
}
