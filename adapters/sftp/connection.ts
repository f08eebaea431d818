// One SSH connection, made when it is needed and made again when it is lost. The server proves itself by its host key before
// a name or password is sent; a server that falls silent is cut off.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type AdapterKit, FileFailure, plain } from 'lienthong/adapter'
import { Client, type SFTPWrapper } from 'ssh2'
import { failureOf } from './failure.js'

export interface ConnectionSettings {
  host: string
  port: number
  username: string
  hostKeys: readonly string[]
  password?: string
  privateKey?: string
  passphrase?: string
  connectTimeoutSeconds: number
  answerTimeoutSeconds: number
}

type Done<T> = (error: Error | null | undefined, value?: T) => void

export interface SftpSession {
  /**
   * One request. Rejects with a FileFailure when the server says no, the connection ends, or the signal aborts; the server may
   * still be at it then. At most {@link MOST_REQUESTS} are under way at once; others wait.
   */
  ask<T = void> (signal: AbortSignal, call: (sftp: SFTPWrapper, done: Done<T>) => void): Promise<T>
  isOver (): boolean
  end (): void
}

export interface SftpLink {
  /** The live session, or a new one. Rejects with a FileFailure `unreachable` and the reason. */
  session (signal: AbortSignal): Promise<SftpSession>
  close (): void
}

const MOST_REQUESTS = 64
const KEEPALIVE_MS = 10_000

export function createLink (settings: ConnectionSettings, network: AdapterKit['network']): SftpLink {
  let opening: Promise<SftpSession> | undefined
  let live: SftpSession | undefined
  const closing = new AbortController()
  return {
    async session (signal) {
      if (signal.aborted) throw new FileFailure('aborted', 'no time was left')
      if (live !== undefined && !live.isOver()) return live
      opening ??= openSession(settings, { network, closing: closing.signal }).then(session => live = session).finally(() => { opening = undefined })
      // It goes on when this caller has no more time: the next one finds it open.
      return await untilAborted(opening, signal)
    },
    close () {
      closing.abort()
      live?.end()
    }
  }
}

async function untilAborted<T> (work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => { reject(new FileFailure('aborted', 'no connection in time')) }
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    work.catch(() => {})
    signal.removeEventListener('abort', stop)
  }
}

async function openSession (settings: ConnectionSettings, { network, closing }: { network: AdapterKit['network'], closing: AbortSignal }): Promise<SftpSession> {
  const limitMs = settings.connectTimeoutSeconds * 1000
  const limit = AbortSignal.any([AbortSignal.timeout(limitMs), closing])
  let socket: Socket | undefined
  const cut = (): void => { socket?.destroy(new Error(closing.aborted ? 'closed' : `no connection within ${limitMs} ms`)) }
  limit.addEventListener('abort', cut, { once: true })
  try {
    socket = connect({ ...network.target(settings), noDelay: true })
    await once(socket, 'connect')
    return await logIn(socket, settings)
  } catch (error) {
    socket?.destroy()
    throw error instanceof FileFailure ? error : new FileFailure('unreachable', reasonOf(error), { cause: error })
  } finally {
    limit.removeEventListener('abort', cut)
  }
}

async function logIn (socket: Socket, settings: ConnectionSettings): Promise<SftpSession> {
  const { username, password, privateKey, passphrase, hostKeys } = settings
  const client = new Client()
  let stranger: string | undefined
  const ended = new Promise<Error>(resolve => {
    client.on('error', resolve)
    socket.once('close', () => { resolve(new Error('the connection was closed')) })
  })
  const ready = once(client, 'ready')
  client.connect({
    sock: socket,
    username,
    ...(password === undefined ? {} : { password }),
    ...(privateKey === undefined ? {} : { privateKey, ...(passphrase === undefined ? {} : { passphrase }) }),
    authHandler: [...(privateKey === undefined ? [] : ['publickey' as const]), ...(password === undefined ? [] : ['password' as const])],
    hostVerifier: (key: Buffer) => {
      const found = fingerprintOf(key)
      if (!hostKeys.includes(found)) stranger = found
      return stranger === undefined
    },
    // Node's own cryptography does these; what the library would choose first runs in JavaScript, at a fraction of the speed.
    algorithms: { cipher: { prepend: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'], append: [], remove: [] } },
    // The socket has a limit of its own.
    readyTimeout: 0,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: 3
  })
  const failed = async (): Promise<never> => {
    const error = await ended
    if (stranger !== undefined) throw new FileFailure('unreachable', `the server's host key ${stranger} is not one of the settings`)
    throw new FileFailure('unreachable', reasonOf(error), { cause: error })
  }
  await Promise.race([ready, failed()])
  const sftp = await Promise.race([openSftp(client), failed()])
  return createSession({ client, socket, sftp, answerMs: settings.answerTimeoutSeconds * 1000, ended })
}

async function openSftp (client: Client): Promise<SFTPWrapper> {
  return await new Promise((resolve, reject) => {
    client.sftp((error, sftp) => {
      if (error === undefined || error === null) resolve(sftp)
      else reject(error)
    })
  })
}

/** As `ssh-keygen -l` prints it. */
export function fingerprintOf (key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

interface Parts { client: Client, socket: Socket, sftp: SFTPWrapper, answerMs: number, ended: Promise<Error> }

function createSession ({ client, socket, sftp, answerMs, ended }: Parts): SftpSession {
  const running = new Set<(failure: FileFailure) => void>()
  const waiting: Array<() => void> = []
  let over: FileFailure | undefined
  const finish = (error: Error): void => {
    over ??= new FileFailure('unreachable', reasonOf(error), { cause: error })
    socket.destroy()
    for (const fail of [...running]) fail(over)
    for (const next of waiting.splice(0)) next()
  }
  void ended.then(finish)
  sftp.on('error', finish)
  sftp.on('close', () => { finish(new Error('the server closed the SFTP channel')) })
  return {
    isOver: () => over !== undefined,
    end () {
      client.end()
      finish(new Error('closed'))
    },
    async ask<T> (signal: AbortSignal, call: (sftp: SFTPWrapper, done: Done<T>) => void) {
      while (over === undefined && running.size >= MOST_REQUESTS) await new Promise<void>(resolve => { waiting.push(resolve) })
      if (over !== undefined) throw over
      if (signal.aborted) throw new FileFailure('aborted', 'no time was left')
      return await new Promise<T>((resolve, reject) => {
        const settle = (): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', stop)
          running.delete(fail)
          waiting.shift()?.()
        }
        const fail = (failure: Error): void => { settle(); reject(failure) }
        const stop = (): void => { fail(new FileFailure('aborted', 'the server did not answer in time')) }
        const timer = setTimeout(() => { finish(new Error(`no answer within ${answerMs} ms`)) }, answerMs)
        running.add(fail)
        signal.addEventListener('abort', stop, { once: true })
        try {
          call(sftp, (error, value) => {
            if (error === null || error === undefined) { settle(); resolve(value as T) } else fail(over ?? failureOf(error))
          })
        } catch (error) {
          // The library throws for what the server has not offered.
          fail(new FileFailure('failed', reasonOf(error), { cause: error }))
        }
      })
    }
  }
}

/** ECONNREFUSED says more than its sentence; the library's sentences name no secrets. */
function reasonOf (error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { code, level } = error as NodeJS.ErrnoException & { level?: string }
  if (level === 'client-authentication') return 'the server does not accept the credentials of the settings'
  return typeof code === 'string' ? code : plain(error.message, { maxLength: 120 })
}
