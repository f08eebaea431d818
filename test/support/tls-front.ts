// TLS in front of a server of this machine that speaks none, for tests of connections that begin with it.
import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createServer } from 'node:tls'
import type { Test } from 'tap'
import { makeIdentity } from './pki.js'

/** A certificate for `localhost` that holds today, with its key, both PEM. */
export function localhostIdentity (): { key: string, cert: string } {
  const uses = { keyUsage: { keyCertSign: true, digitalSignature: true, keyEncipherment: true }, uses: { serverAuth: true } }
  const { key, pem } = makeIdentity({ subject: [['CN', 'localhost']], ca: true, ...uses, from: Date.now() - 86_400_000, to: Date.now() + 86_400_000 })
  return { key: key.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: pem }
}

/** Hands on what comes over TLS to `port`. Answers its own port; gone at the end of the test. */
export async function openTlsFront (t: Test, port: number, identity: { key: string, cert: string }): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer(identity, outside => {
    const inside = connect(port, '127.0.0.1')
    for (const [socket, other] of [[outside, inside], [inside, outside]] as const) {
      sockets.add(socket)
      socket.on('error', () => {}).once('close', () => { other.destroy() }).pipe(other)
    }
  }).on('tlsClientError', () => {}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return (server.address() as AddressInfo).port
}
