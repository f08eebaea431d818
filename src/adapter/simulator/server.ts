// The server of a simulator, and how it is driven from outside: GET and POST under /simulator. Without signatures or logins: it
// is for the developer beside it.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseJson } from '../http-outcome.js'
import type { FaultSwitches } from './faults.js'

export interface SimulatorServer {
  readonly url: string
  /** Opens the same port again. */
  start (): Promise<void>
  /** Ends every connection. */
  stop (): Promise<void>
}

/** Listens. Rejects when the port is in use. A rejection of `serve` ends its connection: a caller that goes away in the middle is an accident of its own. */
export async function openSimulatorServer ({ port, host }: { port: number, host: string }, serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<SimulatorServer> {
  const listen = async (at: number): Promise<Server> => {
    const server = createServer((request, response) => { serve(request, response).catch(() => { response.destroy() }) })
    await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(at, host, resolve) })
    return server
  }
  let server = await listen(port)
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async start () { if (!server.listening) server = await listen(bound) },
    async stop () { if (server.listening) await new Promise(resolve => { server.close(resolve).closeAllConnections() }) }
  }
}

/** Epoch ms. A simulated system has a clock of its own, as in life. */
export function wallClock (): number {
  return Math.round(performance.timeOrigin + performance.now())
}

/** The body of a request. Rejects with a `RangeError` when it is over `mostBytes`. */
export async function readRequest (request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBytes) throw new RangeError('too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The fields of a JSON object; none when it is no such thing. */
export function fieldsIn (bytes: Buffer): Record<string, unknown> {
  return objectIn(parseJson(bytes.toString('utf8'))) ?? {}
}

function objectIn (value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined
}

/** What is answered, and with which status (200). Throws a `RangeError` for what cannot be done. */
export type SimulatorCommand = (given: { query: URLSearchParams, body: Buffer }) => { status?: number, body: object }

export interface SimulatorControl {
  readonly switches: FaultSwitches<object>
  /** Everything but the faults is as at the start. */
  reset (): void
  /** `POST offer` → what it does. */
  readonly commands: Readonly<Record<string, SimulatorCommand>>
  /** Of a body. */
  readonly mostBytes: number
}

/** Answers a request under /simulator. */
export async function answerControl (request: IncomingMessage, response: ServerResponse, { switches, reset, commands, mostBytes }: SimulatorControl): Promise<void> {
  const all: Readonly<Record<string, SimulatorCommand>> = {
    ...commands,
    'GET faults': () => ({ body: switches.faults }),
    'POST faults' ({ body }) {
      const given = objectIn(parseJson(body.toString('utf8')))
      if (given === undefined) throw new RangeError('a JSON object is expected')
      switches.set(given)
      return { body: switches.faults }
    },
    'POST reset' () {
      switches.clear()
      reset()
      return { body: { reset: true } }
    }
  }
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://simulator')
  const body = await readRequest(request, mostBytes)
  const write = (status: number, said: object): void => { response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(`${JSON.stringify(said, null, 2)}\n`) }
  try {
    const said = all[`${request.method ?? ''} ${pathname.slice('/simulator/'.length)}`]?.({ query, body })
    if (said === undefined) write(404, { error: 'unknown', commands: Object.keys(all) })
    else write(said.status ?? 200, said.body)
  } catch (error) {
    write(400, { error: error instanceof RangeError ? error.message : 'failed' })
  }
}
