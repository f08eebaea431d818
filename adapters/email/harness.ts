// The counterpart of the email adapter: a mail server that keeps what it takes by Message-ID, and misbehaves on order.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { AdapterHarness, HarnessDelivery, Misbehaviour } from 'lienthong/adapter'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export interface ReceivedMail { readonly from: string, readonly to: readonly string[], readonly raw: Buffer }

/** `recipient` and `content` are replies to RCPT TO and at the end of DATA, e.g. `421 4.3.2 Closing`. */
export type MailAccident = Misbehaviour | { recipient: string } | { content: string } | { from: string }

export interface MailServer {
  readonly port: number
  /** Every mail, repetitions too. */
  received (): readonly ReceivedMail[]
  misbehave (accident: MailAccident | undefined): Promise<void>
  stop (): Promise<void>
}

const REPLIES: Partial<Record<Misbehaviour, { recipient: string }>> = {
  refuse: { recipient: '550 5.1.1 No such user here' },
  overload: { recipient: '451 4.3.2 Too busy, come again' }
}
export const USER = 'truc@lamdong.example.vn'
export const PASSWORD = 'mat-khau-cua-hom-thu-truc'

/** A mail server on a port of the loopback. `tls` adds STARTTLS, and insists on it before a login. */
export async function startMailServer (tls?: { key: string, cert: string }): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const sockets = new Map<number, Socket>()
  let accident: MailAccident | undefined
  const smtp = new SMTPServer(optionsOf(() => accident, { mails, drop: port => { sockets.get(port)?.destroy() } }, tls))
  smtp.on('error', () => {})
  const server = createServer(socket => {
    const port = socket.remotePort ?? 0
    sockets.set(port, socket)
    socket.on('close', () => { sockets.delete(port) }).on('error', () => {})
    if (accident === 'malformed') socket.end('<html>Chào</html>\r\n')
    else if (accident === 'hang') socket.resume()
    else smtp.connect(socket)
  })
  const port = await listen(server, 0)
  const close = async (): Promise<void> => {
    const done = server.listening ? once(server, 'close') : undefined
    server.close()
    for (const socket of sockets.values()) socket.destroy()
    await done
  }
  return {
    port,
    received: () => mails,
    async misbehave (kind) {
      accident = typeof kind === 'string' ? REPLIES[kind] ?? kind : kind
      if (kind === 'offline') await close()
      else if (!server.listening) await listen(server, port)
    },
    stop: close
  }
}

async function listen (server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

interface Surroundings { mails: ReceivedMail[], drop: (port: number) => void }

function optionsOf (accident: () => MailAccident | undefined, { mails, drop }: Surroundings, tls: { key: string, cert: string } | undefined): SMTPServerOptions {
  const replyOf = (place: 'from' | 'recipient' | 'content'): Error | undefined => {
    const now = accident()
    const reply = typeof now === 'object' ? (now as Partial<Record<typeof place, string>>)[place] : undefined
    return reply === undefined ? undefined : Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) })
  }
  return {
    logger: false,
    disableReverseLookup: true,
    authOptional: true,
    ...(tls === undefined ? { hideSTARTTLS: true, allowInsecureAuth: true } : tls),
    onAuth (auth, _session, done) {
      if (auth.username === USER && auth.password === PASSWORD) done(null, { user: USER })
      else done(Object.assign(new Error(`5.7.8 Bad credentials ${auth.password ?? ''}`), { responseCode: 535 }))
    },
    onMailFrom (_address, _session, done) { done(replyOf('from')) },
    onRcptTo (_address, _session, done) { done(replyOf('recipient')) },
    onData (stream, session, done) {
      buffer(stream).then(raw => {
        const refusal = replyOf('content')
        if (refusal === undefined) mails.push({ from: session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address, to: session.envelope.rcptTo.map(({ address }) => address), raw })
        if (accident() === 'drop') drop(session.remotePort)
        else done(refusal)
      }, done)
    }
  }
}

/** One of the headers, unfolded. */
export function headerOf ({ raw }: ReceivedMail, name: string): string | undefined {
  const head = raw.toString('utf8').split('\r\n\r\n', 1)[0] ?? ''
  return new RegExp(`^${name}: (.*(?:\\r\\n[ \\t].*)*)`, 'im').exec(head)?.[1]?.replace(/\r\n[ \t]/g, ' ')
}

export function createHarness (): AdapterHarness {
  let server: MailServer | undefined
  return {
    can: ['refuse', 'overload', 'hang', 'drop', 'malformed', 'offline'],
    async start () { server = await startMailServer() },
    settings: () => ({ host: '127.0.0.1', port: server?.port, security: 'none', user: USER, password: PASSWORD, from: USER, recipients: { 'H36.99.03': 'vanthu@xamau.example.vn' } }),
    async misbehave (kind) { await server?.misbehave(kind) },
    received () {
      // A mailbox shows a repeated Message-ID once.
      const seen = new Map((server?.received() ?? []).map(mail => [headerOf(mail, 'Message-ID'), deliveryOf(mail)]))
      return [...seen.values()]
    },
    async stop () { await server?.stop() }
  }
}

function deliveryOf (mail: ReceivedMail): HarnessDelivery {
  const deliveryId = headerOf(mail, 'Lienthong-Delivery')
  return { ...(deliveryId === undefined ? {} : { deliveryId }), size: mail.raw.length, sha256: createHash('sha256').update(mail.raw).digest('hex') }
}
