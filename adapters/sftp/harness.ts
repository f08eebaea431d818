// The fake counterpart of the sftp adapter: a real SSH server on 127.0.0.1 over a temporary folder, which misbehaves on order.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server as TcpServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AdapterHarness, HarnessDelivery, Misbehaviour } from 'lienthong/adapter'
import ssh2 from 'ssh2'
import { fingerprintOf } from './connection.js'
import { serveFiles } from './sftp-server.js'

export interface SftpHarness extends AdapterHarness {
  /** The folder that clients see as `/`; `in` and `out` are in it. */
  folder (): string
  /** Puts a package into the inbox as a well-behaved client does. */
  put (name: string, content: string | Buffer): void
  /** Further ways to misbehave: reports wrong sizes, hands out short reads, shows itself with another host key, refuses permission. */
  play (trick: Trick | undefined): void
  /** Logins so far, the good and the refused. */
  logins (): { accepted: number, refused: number }
}

export type Trick = 'sizes-lie' | 'short-reads' | 'other-host-key' | 'forbid' | 'drop-mid-write' | 'odd-names'

const PASSWORD = 'mat-khau-cua-so-noi-vu'
const keys = [1, 2].map(() => ssh2.utils.generateKeyPairSync('ed25519'))
const CLIENT = ssh2.utils.generateKeyPairSync('ed25519', { passphrase: 'cau-mat-khau-khoa', cipher: 'aes256-ctr', rounds: 1 })

/** A key that the server accepts beside the password. */
export const CLIENT_KEY = { privateKey: CLIENT.private, passphrase: 'cau-mat-khau-khoa' }

export function createHarness (more: { pickUp?: object, drop?: object } = {}): SftpHarness {
  let root = ''
  let port = 0
  let offered = 0
  let kind: Misbehaviour | undefined
  let trick: Trick | undefined
  let tcp: TcpServer | undefined
  const logins = { accepted: 0, refused: 0 }
  const sockets = new Set<Socket>()
  const received = new Map<string, HarnessDelivery>()
  const cut = (): void => { for (const socket of sockets) socket.destroy() }

  function serve (socket: Socket): void {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => { sockets.delete(socket) })
    if (kind === 'hang') return
    if (kind === 'malformed') { socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'); return }
    const key = keys[trick === 'other-host-key' ? 1 : 0]
    const server = new ssh2.Server({ hostKeys: [key?.private ?? ''] }, client => {
      client.on('error', () => {})
      client.on('authentication', context => {
        const isGood = context.username === 'lienthong' && ((context.method === 'password' && context.password === PASSWORD) || (context.method === 'publickey' && isClientKey(context)))
        if (isGood) { logins.accepted++; context.accept() } else { logins.refused++; context.reject(['password', 'publickey']) }
      })
      client.on('session', accept => {
        accept().on('sftp', open => {
          serveFiles(open(), {
            root,
            play: () => kind ?? trick,
            onRenamed: path => { if (!take(path) || kind !== 'drop') return 'answer'; socket.destroy(); return 'silent' },
            cut: () => { socket.destroy() }
          })
        })
      })
    })
    server.injectSocket(socket)
  }

  /** Notes a package that got its name. */
  function take (path: string): boolean {
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (!path.startsWith('/out/') || name.startsWith('.') || /\.(sha256|xml\.json)$/.test(name)) return false
    if (!received.has(name)) received.set(name, readDropped(`${root}${path}`))
    return true
  }

  async function listen (): Promise<void> {
    tcp = createServer({ noDelay: true }, serve).listen(port, '127.0.0.1')
    await once(tcp, 'listening')
    const address = tcp.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  }

  async function unlisten (): Promise<void> {
    const closed = tcp === undefined ? undefined : once(tcp, 'close')
    tcp?.close()
    tcp = undefined
    cut()
    await closed
  }

  return {
    can: ['overload', 'hang', 'drop', 'malformed', 'offline'],
    folder: () => root,
    logins: () => ({ ...logins }),
    play (next) { trick = next },
    async start () {
      root = mkdtempSync(join(tmpdir(), 'sftp-'))
      kind = trick = undefined
      received.clear()
      for (const name of ['in', 'out']) mkdirSync(`${root}/${name}`)
      port = 0
      await listen()
    },
    settings: () => ({
      host: '127.0.0.1', port, username: 'lienthong', password: PASSWORD, hostKeys: [hostKeyOf(0)],
      drop: { folder: '/out', envelope: 'written', ...more.drop },
      pickUp: { folders: [{ path: '/in', agencies: ['H36.99.01'] }], pollSeconds: 0.05, ...more.pickUp }
    }),
    async misbehave (next) {
      const wasOffline = kind === 'offline'
      kind = next
      // Who is connected meets a new connection, except where the accident is one of a server that goes on.
      if (next === 'offline') await unlisten()
      else if (wasOffline) await listen()
      else if (next !== 'overload' && next !== 'drop') cut()
    },
    received: () => [...received.values()],
    put (name, content) {
      writeFileSync(`${root}/in/.${name}.tmp`, content)
      renameSync(`${root}/in/.${name}.tmp`, `${root}/in/${name}`)
    },
    async offer () {
      const name = `cong-van-${++offered}.xml`
      this.put(name, `<edXML n="${offered}"/>`)
      return name
    },
    fateOf (name) {
      if (existsSync(`${root}/in/done/${name}`)) return 'acknowledged'
      return existsSync(`${root}/in/quarantine/${name}`) ? 'refused' : 'waiting'
    },
    async stop () {
      await unlisten()
      rmSync(root, { recursive: true, force: true })
    }
  } satisfies SftpHarness & ThisType<SftpHarness>
}

function isClientKey ({ key, signature, blob, hashAlgo }: ssh2.PublicKeyAuthContext): boolean {
  const known = ssh2.utils.parseKey(CLIENT.public)
  if (known instanceof Error || !known.getPublicSSH().equals(key.data)) return false
  return signature === undefined || blob === undefined || known.verify(blob, signature, hashAlgo) === true
}

/** The fingerprint of the n-th key that the server may show. */
export function hostKeyOf (n: number): string {
  const parsed = ssh2.utils.parseKey(keys[n]?.public ?? '')
  if (parsed instanceof Error) throw parsed
  return fingerprintOf(parsed.getPublicSSH())
}

function readDropped (path: string): HarnessDelivery {
  const bytes = readFileSync(path)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (!readdirSync(path.slice(0, path.lastIndexOf('/'))).includes(`${path.slice(path.lastIndexOf('/') + 1)}.json`)) return { size: bytes.length, sha256 }
  const { deliveryId, packageId, recipient, mediaType, traceparent, envelope } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as
    { [name in 'deliveryId' | 'packageId' | 'recipient' | 'mediaType' | 'traceparent']: string } & { envelope: { kind: string } }
  return { deliveryId, packageId, recipient, mediaType, traceparent, kind: envelope.kind, size: bytes.length, sha256 }
}
