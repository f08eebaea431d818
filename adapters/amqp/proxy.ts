// The harness's network between the adapter and a real broker: it reads along in the frames (AMQP 0-9-1 §2.3.5) to know what
// became of each message, and fails on command.
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export type Mode = 'open' | 'hang' | 'malformed' | 'offline' | 'drop'

export interface Proxy {
  readonly port: () => number
  /** Resolves when the change is in force. */
  set (mode: Mode): Promise<void>
  /** What clients did with messages, by routing key. */
  readonly fates: ReadonlyMap<string, 'acknowledged' | 'refused'>
  close (): Promise<void>
}

export interface ProxyOptions {
  target: { host: string, port: number }
  /** Awaited before a broker's confirm of a publish goes to the client. */
  onConfirm: () => Promise<void>
}

const METHOD = 1
const BASIC = 60
const DELIVER = 60
const ACK = 80
const REJECT = 90
const NACK = 120

export async function openProxy ({ target, onConfirm }: ProxyOptions): Promise<Proxy> {
  let mode: Mode = 'open'
  let port = 0
  let server: Server | undefined
  const sockets = new Set<Socket>()
  const fates = new Map<string, 'acknowledged' | 'refused'>()
  const cut = (): void => { for (const socket of sockets) socket.destroy() }

  function serve (client: Socket): void {
    sockets.add(client)
    client.on('error', () => {}).once('close', () => { sockets.delete(client) })
    if (mode === 'hang') return
    if (mode === 'malformed') { client.end('HTTP/1.1 400 Bad Request\r\n\r\n'); return }
    const upstream = connect({ ...target, noDelay: true })
    sockets.add(upstream)
    upstream.on('error', () => {}).once('close', () => { sockets.delete(upstream); client.destroy() })
    client.once('close', () => { upstream.destroy() })
    const keys = new Map<string, string>()
    // After the protocol header of eight bytes the client speaks in frames, too.
    const fromClient = createSplitter(8, frame => { noteFate(frame, keys, fates) })
    client.on('data', bytes => {
      if (mode === 'hang') return
      fromClient(bytes)
      if (!upstream.write(bytes)) { client.pause(); upstream.once('drain', () => { client.resume() }) }
    })
    let confirms = Promise.resolve()
    let isConfirming = false
    const fromBroker = createSplitter(0, frame => {
      const method = methodOf(frame)
      if (method?.classId !== BASIC) return
      if (method.methodId === DELIVER) noteDelivery(frame, keys)
      if (method.methodId === ACK) isConfirming = true
    })
    upstream.on('data', bytes => {
      if (mode === 'hang') return
      fromBroker(bytes)
      const holds = isConfirming
      isConfirming = false
      confirms = confirms.then(async () => {
        if (holds) await onConfirm()
        if (holds && mode === 'drop') client.destroy()
        else if (!client.destroyed) client.write(bytes)
      })
    })
  }

  async function listen (): Promise<void> {
    server = createServer(serve).listen(port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  }

  async function unlisten (): Promise<void> {
    const closed = server === undefined ? undefined : once(server, 'close')
    server?.close()
    server = undefined
    cut()
    await closed
  }

  await listen()
  return {
    port: () => port,
    fates,
    async set (next) {
      const before = mode
      mode = next
      if (next === 'offline') await unlisten()
      else if (before === 'offline') await listen()
      // Who is connected meets the accident on a new connection; what hangs or drops is an old one, too.
      else if (next === 'malformed' || before === 'hang') cut()
    },
    close: unlisten
  }
}

/** Cuts a stream into frames: type, channel (2), size (4), payload, end. */
function createSplitter (skip: number, onFrame: (frame: Buffer) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  let toSkip = skip
  return bytes => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    if (toSkip > 0) {
      if (rest.length < toSkip) return
      rest = rest.subarray(toSkip)
      toSkip = 0
    }
    while (rest.length >= 7) {
      const length = rest.readUInt32BE(3) + 8
      if (rest.length < length) return
      onFrame(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
  }
}

function methodOf (frame: Buffer): { classId: number, methodId: number } | undefined {
  return frame[0] === METHOD && frame.length >= 12 ? { classId: frame.readUInt16BE(7), methodId: frame.readUInt16BE(9) } : undefined
}

/** basic.deliver: consumer tag (short string), delivery tag (8), redelivered (1), exchange, routing key (short strings). */
function noteDelivery (frame: Buffer, keys: Map<string, string>): void {
  let at = 11 + 1 + (frame[11] ?? 0)
  const tag = frame.readBigUInt64BE(at)
  at += 9
  at += 1 + (frame[at] ?? 0)
  keys.set(`${frame.readUInt16BE(1)}:${tag}`, frame.toString('utf8', at + 1, at + 1 + (frame[at] ?? 0)))
}

/** Acks and nacks of the client; a message that goes back to its queue has no fate yet. */
function noteFate (frame: Buffer, keys: ReadonlyMap<string, string>, fates: Map<string, 'acknowledged' | 'refused'>): void {
  const method = methodOf(frame)
  if (method?.classId !== BASIC || ![ACK, NACK, REJECT].includes(method.methodId)) return
  const key = keys.get(`${frame.readUInt16BE(1)}:${frame.readBigUInt64BE(11)}`)
  if (key === undefined) return
  const bits = frame[19] ?? 0
  const isRequeued = method.methodId === NACK ? (bits & 2) !== 0 : (bits & 1) !== 0
  if (method.methodId === ACK) fates.set(key, 'acknowledged')
  else if (!isRequeued) fates.set(key, 'refused')
}
