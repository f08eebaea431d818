// A letter store on 127.0.0.1 that remembers what it took and misbehaves on order: the other side, as the checks need it.
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'

const TOKEN = 'token-of-the-harness'
const RETRY_AFTER_SECONDS = 7

/** @returns {import('lienthong/adapter').AdapterHarness} */
export function createHarness () {
  /** @type {Map<string, import('lienthong/adapter').HarnessDelivery>} */
  const taken = new Map()
  // <inbound>
  /** @type {Map<string, 'waiting' | 'acknowledged' | 'refused'>} */
  const offered = new Map()
  // </inbound>
  /** @type {import('lienthong/adapter').Misbehaviour | undefined} */
  let mischief
  /** @type {import('node:http').Server | undefined} */
  let server
  let port = 0

  async function listen () {
    server = createServer((request, response) => { answer(request, response).catch(() => { response.destroy() }) })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = /** @type {import('node:net').AddressInfo} */ (server.address()).port
  }

  async function stop () {
    const closing = server
    server = undefined
    if (closing === undefined) return
    closing.close()
    closing.closeAllConnections()
    await once(closing, 'close')
  }

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  async function answer (request, response) {
    const [, , id = '', what] = (request.url ?? '').split('/')
    if (mischief === 'hang') return
    if (mischief === 'malformed') { request.socket.end('NONSENSE\r\n\r\n'); return }
    if (mischief === 'overload') { response.writeHead(503, { 'retry-after': String(RETRY_AFTER_SECONDS) }).end(); return }
    // A refusal that repeats what it was sent: no secret may come out of it again.
    if (mischief === 'refuse') { request.resume(); response.writeHead(422).end(`no such register; you sent ${request.headers.authorization ?? ''}`); return }
    if (request.headers.authorization !== `Bearer ${TOKEN}`) { response.writeHead(401).end(); return }
    // <outbound>
    if (request.method === 'PUT') {
      const isNew = await take(id, request)
      if (mischief === 'drop') request.socket.destroy()
      else response.writeHead(isNew ? 201 : 200, { location: `/letters/${id}` }).end()
      return
    }
    // </outbound>
    // <inbound>
    if (request.method === 'GET' && id === 'next') {
      const [next] = [...offered].find(([, fate]) => fate === 'waiting') ?? []
      if (next !== undefined) { response.writeHead(200, { 'content-type': 'application/xml', 'letter-id': next }).end(`<letter id="${next}"/>`); return }
    }
    if (offered.has(id)) offered.set(id, what === 'refusal' ? 'refused' : 'acknowledged')
    // </inbound>
    request.resume()
    response.writeHead(204).end()
  }
  // <outbound>

  /** Takes a letter for good; one that it has already changes nothing. @param {string} id @param {import('node:http').IncomingMessage} request */
  async function take (id, request) {
    const hash = createHash('sha256')
    let size = 0
    for await (const chunk of request) {
      hash.update(chunk)
      size += chunk.length
    }
    if (taken.has(id)) return false
    const header = (/** @type {string} */ name) => decodeURIComponent(String(request.headers[name] ?? ''))
    taken.set(id, {
      deliveryId: id,
      packageId: header('letter-package'),
      recipient: header('letter-recipient'),
      kind: header('letter-kind'),
      mediaType: header('content-type'),
      traceparent: header('traceparent'),
      size,
      sha256: hash.digest('hex')
    })
    return true
  }
  // </outbound>

  return {
    can: ['refuse', 'overload', 'hang', 'drop', 'malformed', 'offline'],
    retryAfterMs: RETRY_AFTER_SECONDS * 1000,
    async start () {
      taken.clear()
      // <inbound>
      offered.clear()
      // </inbound>
      mischief = undefined
      await listen()
    },
    settings: () => ({ url: `http://127.0.0.1:${port}`, token: TOKEN, agencies: ['H36.99.01'], pollMs: 50 }),
    async misbehave (kind) {
      mischief = kind
      if (kind === 'offline') await stop()
      else if (server === undefined) await listen()
    },
    received: () => [...taken.values()],
    // <inbound>
    async offer () {
      const id = randomUUID()
      offered.set(id, 'waiting')
      return id
    },
    fateOf: id => offered.get(id) ?? 'waiting',
    // </inbound>
    stop
  }
}
