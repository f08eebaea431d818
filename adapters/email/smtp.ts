// One mail by SMTP (RFC 5321), and how far it got when something went wrong: only bytes after DATA can have arrived.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { AdapterKit } from 'lienthong/adapter'
import SMTPConnection from 'nodemailer/lib/smtp-connection'

export interface ServerSettings {
  host: string
  port: number
  security: 'starttls' | 'tls' | 'none'
  ca?: string
  user?: string
  password?: string
  helloName?: string
}

export interface Envelope { from: string, to: string }

/** Why a mail was not taken. `began`: bytes of it went out, so it may have arrived. `reply` is the server's last word. */
export class SmtpFailure extends Error {
  constructor (readonly stage: 'connect' | 'login' | 'from' | 'to' | 'data' | 'aborted', readonly began: boolean, readonly reply: string | undefined, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'SmtpFailure'
  }
}

const SETUP_LIMIT_MS = 20_000
const SILENCE_LIMIT_MS = 60_000
/** The longest sensible reply has some lines; the library takes a megabyte. */
const MOST_REPLY_BYTES = 64 * 1024

/** A connection that is greeted, encrypted as the settings say, and logged in; `work` may send on it. Throws {@link SmtpFailure}. */
export async function withServer<T> (settings: ServerSettings, { network, signal }: Surroundings, work: (send: (envelope: Envelope, message: Buffer) => Promise<void>) => Promise<T>): Promise<T> {
  if (signal.aborted) throw new SmtpFailure('aborted', false, undefined, signal.reason)
  const connection = new SMTPConnection(optionsOf(settings, await openSocket(settings, { network, signal })))
  const progress: Progress = { stage: 'connect', began: false }
  const broken = new Promise<never>((_resolve, reject) => {
    connection.on('error', error => { reject(failureOf(error, progress)) })
    // Behind the reply that made it end (421), which the callback of the step under way gets in the same turn.
    connection.on('end', () => { setImmediate(() => { reject(failureOf(new Error('the connection ended'), progress)) }) })
    signal.addEventListener('abort', () => { reject(new SmtpFailure('aborted', progress.began, undefined, signal.reason)) }, { once: true })
  })
  broken.catch(() => {})
  const orBroken = async <R>(step: Promise<R>): Promise<R> => await Promise.race([step, broken])
  try {
    await orBroken(logIn(connection, settings, progress))
    return await work(async (envelope, message) => { await orBroken(sendOne(connection, { envelope, message, progress })) })
  } finally {
    // After a good answer QUIT is a courtesy; nobody waits for its answer.
    if (progress.stage === 'done') connection.quit()
    else connection.close()
  }
}

interface Surroundings { network: AdapterKit['network'], signal: AbortSignal }

/** Left to itself the library looks names up and connects without asking anybody. */
async function openSocket ({ host, port }: ServerSettings, { network, signal }: Surroundings): Promise<Socket> {
  let socket: Socket | undefined
  try {
    socket = connect({ ...network.target({ host, port }), noDelay: true })
    await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(SETUP_LIMIT_MS)]) })
    return socket
  } catch (error) {
    socket?.on('error', () => {}).destroy()
    throw new SmtpFailure(signal.aborted ? 'aborted' : 'connect', false, undefined, error)
  }
}

interface Progress { stage: SmtpFailure['stage'] | 'done', began: boolean }

function optionsOf ({ host, port, security, ca, helloName }: ServerSettings, connection: Socket): ConstructorParameters<typeof SMTPConnection>[0] {
  return {
    host,
    port,
    connection,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    connectionTimeout: SETUP_LIMIT_MS,
    greetingTimeout: SETUP_LIMIT_MS,
    socketTimeout: SILENCE_LIMIT_MS,
    socketCloseTimeout: 0,
    maxResponseSize: MOST_REPLY_BYTES,
    ...(helloName === undefined ? {} : { name: helloName }),
    ...(ca === undefined ? {} : { tls: { ca } })
  }
}

async function logIn (connection: SMTPConnection, { user, password }: ServerSettings, progress: Progress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    connection.connect(error => { if (error === undefined || error === null) resolve(); else reject(failureOf(error, progress)) })
  })
  if (user === undefined || password === undefined) return
  progress.stage = 'login'
  await new Promise<void>((resolve, reject) => {
    connection.login({ user, pass: password }, error => { if (error === null || error === undefined) resolve(); else reject(failureOf(error, progress)) })
  })
}

async function sendOne (connection: SMTPConnection, { envelope, message, progress }: { envelope: Envelope, message: Buffer, progress: Progress }): Promise<void> {
  progress.stage = 'data'
  // The library reads the message only after the server has said 354.
  const source = Readable.from((function * () {
    progress.began = true
    yield message
  })(), { objectMode: false })
  await new Promise<void>((resolve, reject) => {
    connection.send({ from: envelope.from, to: envelope.to }, source, error => { if (error === null || error === undefined) resolve(); else reject(failureOf(error, progress)) })
  })
  progress.stage = 'done'
}

const STAGES: Readonly<Record<string, SmtpFailure['stage']>> = { 'MAIL FROM': 'from', 'RCPT TO': 'to', DATA: 'data' }

function failureOf (error: Error & { command?: unknown, response?: unknown }, { stage, began }: Progress): SmtpFailure {
  if (error instanceof SmtpFailure) return error
  const reply = typeof error.response === 'string' ? error.response : undefined
  const known = STAGES[String(error.command)] ?? (stage === 'done' ? 'data' : stage)
  return new SmtpFailure(known, began, reply, error)
}

