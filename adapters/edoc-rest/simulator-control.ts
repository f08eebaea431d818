// How the simulated platform is driven from outside: GET and POST under /simulator. No login: it is for the developer beside it.
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseJson } from 'lienthong/adapter'
import { NO_FAULTS, setFaults } from './simulator-faults.js'
import { readFacts, type World } from './simulator-operations.js'
import { putMessage, seed } from './simulator-tables.js'

const MOST_BYTES = 16 * 2 ** 20

interface Said { status: number, body: unknown }
type Command = (given: { world: World, query: URLSearchParams, body: Buffer }) => Said

export async function control (request: IncomingMessage, response: ServerResponse, world: World): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://platform')
  const body = await readBody(request)
  const command = COMMANDS[`${request.method ?? ''} ${pathname.slice('/simulator/'.length)}`]
  let said: Said
  try {
    said = command?.({ world, query: searchParams, body }) ?? { status: 404, body: { error: 'unknown', commands: Object.keys(COMMANDS) } }
  } catch (error) {
    said = { status: 400, body: { error: error instanceof RangeError ? error.message : 'failed' } }
  }
  response.writeHead(said.status, { 'content-type': 'application/json; charset=utf-8' }).end(`${JSON.stringify(said.body, null, 2)}\n`)
}

const COMMANDS: Readonly<Record<string, Command>> = {
  'GET state': ({ world: { tables: { agencies, systems, messages, calls } } }) => ({
    status: 200,
    body: {
      calls: Object.fromEntries(calls), agencies: [...agencies.values()], systems: [...systems.values()].map(({ systemId, agencies: codes }) => ({ systemId, agencies: codes })),
      messages: [...messages.values()].map(({ bytes: _bytes, ...rest }) => rest)
    }
  }),
  'GET faults': ({ world: { faults } }) => ({ status: 200, body: faults }),
  'POST faults' ({ world: { faults }, body }) {
    const given = parseJson(body.toString('utf8'))
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new RangeError('a JSON object is expected')
    setFaults(faults, given as Record<string, unknown>)
    return { status: 200, body: faults }
  },
  'POST reset' ({ world: { faults, tables } }) {
    Object.assign(faults, NO_FAULTS)
    seed(tables)
    return { status: 200, body: { reset: true } }
  },
  'POST offer' ({ world: { tables, now }, query, body: bytes }) {
    const [from, to, messageType] = ['from', 'to', 'messageType'].map(name => query.get(name) ?? '') as [string, string, string]
    const facts = readFacts(bytes, messageType)
    const codes = to === '' ? facts?.recipients ?? [] : to.split(',')
    if (from === '' || codes.length === 0) throw new RangeError('?from= and ?to= are needed')
    const message = putMessage(tables, {
      from, to: codes, messageType: messageType || 'edoc', title: facts?.title ?? '', notation: facts?.notation ?? '', sentAt: now(), size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'), deliveryId: undefined, traceparent: undefined, bytes
    })
    return { status: 201, body: { docIds: message?.items.map(({ receiverDocId }) => receiverDocId) ?? [] } }
  }
}

/** The fields of a JSON object; none when it is no such thing. */
export async function readJson (request: IncomingMessage): Promise<Record<string, unknown>> {
  const value = parseJson((await readBody(request)).toString('utf8'))
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {}
}

async function readBody (request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BYTES) throw new Error('too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
