// A network that can fail on command, between the hub and a real server.
import { connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'

export interface TcpProxy {
  readonly port: number
  /** Connections that are open now. */
  readonly connections: number
  /** Cuts every connection, as a dying server or switch does. New ones are let through. */
  cut (): void
  /** Cuts every connection and each new one at once, until `restore`. */
  refuse (): void
  /** Swallows every byte in both directions and keeps connections open, also new ones, until `restore`, which cuts them. */
  blackhole (): void
  /** Lets requests through and swallows what the server answers, until `restore`, which cuts: work is done and nobody hears of it. */
  mute (): void
  restore (): void
  /** Speaks to every client as if the server had. Only for quiet moments: the bytes must not land inside a frame. */
  inject (bytes: Buffer): void
  close (): Promise<void>
}

export async function openTcpProxy (target: { host: string, port: number }): Promise<TcpProxy> {
  let mode: 'open' | 'refusing' | 'silent' | 'mute' = 'open'
  const pairs = new Set<{ client: Socket, upstream: Socket }>()
  const cut = (): void => { for (const { client, upstream } of pairs) { client.destroy(); upstream.destroy() } }
  const server = createServer({ noDelay: true }, client => {
    if (mode === 'refusing') { client.resetAndDestroy(); return }
    const upstream = connect({ ...target, noDelay: true })
    const pair = { client, upstream }
    pairs.add(pair)
    const end = (): void => { client.destroy(); upstream.destroy(); pairs.delete(pair) }
    for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
      from.on('data', bytes => { if (mode !== 'silent' && !(mode === 'mute' && from === upstream) && !to.destroyed && !to.write(bytes)) { from.pause(); to.once('drain', () => { from.resume() }) } })
      from.on('error', () => {})
      from.on('close', () => { if (mode !== 'silent' && mode !== 'mute') end() })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    get connections () { return pairs.size },
    cut,
    refuse () { mode = 'refusing'; cut() },
    blackhole () { mode = 'silent' },
    mute () { mode = 'mute' },
    restore () {
      if (mode === 'silent' || mode === 'mute') cut()
      for (const pair of pairs) if (pair.client.destroyed) { pair.upstream.destroy(); pairs.delete(pair) }
      mode = 'open'
    },
    inject (bytes) { for (const { client } of pairs) client.write(bytes) },
    async close () {
      cut()
      await new Promise(resolve => server.close(resolve))
    }
  }
}
