// The load generator's own HTTP client: one kept-alive connection, one request at a time, nothing parsed but the status and
// the length. A general client costs as much CPU per request as a lean server, and would slow down what it measures.
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'

export interface HttpConnection {
  /** Resolves when the whole answer is here. Rejects when the connection ends. */
  post (head: string, body: Buffer): Promise<{ status: number, body: string }>
  close (): void
}

const END_OF_HEAD = '\r\n\r\n'

export async function openConnection (url: URL): Promise<HttpConnection> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
  await once(socket, 'connect')
  return createConnection(socket)
}

function createConnection (socket: Socket): HttpConnection {
  let received = Buffer.alloc(0)
  let waiting: { resolve: (answer: { status: number, body: string }) => void, reject: (error: Error) => void } | undefined
  socket.on('data', chunk => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const headEnd = received.indexOf(END_OF_HEAD)
    if (headEnd < 0) return
    const head = received.toString('latin1', 0, headEnd)
    const bodyAt = headEnd + END_OF_HEAD.length
    const end = bodyAt + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    if (received.length < end) return
    const answer = { status: Number(head.slice(9, 12)), body: received.toString('utf8', bodyAt, end) }
    received = received.subarray(end)
    waiting?.resolve(answer)
  })
  socket.on('error', error => { waiting?.reject(error) })
  socket.on('close', () => { waiting?.reject(new Error('the connection was closed')) })
  return {
    async post (head, body) {
      return await new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        socket.cork()
        socket.write(head, 'latin1')
        socket.write(body)
        socket.uncork()
      })
    },
    close () { socket.destroy() }
  }
}
