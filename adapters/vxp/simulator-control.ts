// How the simulated axis is driven from outside: GET and POST under /simulator. No signatures: it is for the developer beside it.
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody } from './simulator-body.js'
import { passOn, readFacts } from './simulator-edxml.js'
import { NO_FAULTS, setFaults } from './simulator-faults.js'
import type { World } from './simulator-operations.js'
import { listTime, putAgency, putMessage, seed } from './simulator-tables.js'

const MOST_BYTES = 400 * 2 ** 20

interface Said { status: number, body: unknown }

export async function control (request: IncomingMessage, response: ServerResponse, world: World): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://axis')
  const { bytes: body } = await readBody(request, { mostBytes: MOST_BYTES })
  const command = COMMANDS[`${request.method ?? ''} ${pathname.slice('/simulator/'.length)}`]
  let said: Said
  try {
    said = command?.({ world, query: searchParams, body }) ?? { status: 404, body: { error: 'unknown', commands: Object.keys(COMMANDS) } }
  } catch (error) {
    said = { status: 400, body: { error: error instanceof RangeError || error instanceof SyntaxError ? error.message : 'failed' } }
  }
  response.writeHead(said.status, { 'content-type': 'application/json;charset=UTF-8' }).end(`${JSON.stringify(said.body, null, 2)}\n`)
}

type Command = (given: { world: World, query: URLSearchParams, body: Buffer }) => Said

const COMMANDS: Readonly<Record<string, Command>> = {
  'GET state': ({ world }) => ({ status: 200, body: stateOf(world) }),
  'GET faults': ({ world: { faults } }) => ({ status: 200, body: faults }),
  'POST faults' ({ world: { faults }, body }) {
    const given: unknown = JSON.parse(body.toString('utf8'))
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new RangeError('a JSON object is expected')
    setFaults(faults, given as Record<string, unknown>)
    return { status: 200, body: faults }
  },
  'POST reset' ({ world: { faults, tables, now } }) {
    Object.assign(faults, NO_FAULTS)
    seed(tables, now)
    return { status: 200, body: { reset: true } }
  },
  'POST offer': ({ world, query, body }) => ({ status: 201, body: offer(world, body, query) }),
  'POST lock': ({ world, query }) => ({ status: 200, body: Object.assign(agencyOf(world, query.get('code')), { locked: query.get('locked') !== 'false' }) }),
  'POST rename': ({ world, query }) => ({ status: 200, body: Object.assign(agencyOf(world, query.get('code')), { name: query.get('name') ?? '', modifiedAt: world.now() }) }),
  'POST close' ({ world, query }) {
    const agency = agencyOf(world, query.get('code'))
    const successor = query.get('successor')
    const follower = successor === null ? undefined : putAgency(world.tables, { ...(world.tables.agencies.get(successor) ?? { code: successor, name: query.get('name') ?? successor }), oldCode: agency.code }, world.now())
    Object.assign(agency, { closed: true, version: agency.version + 1, modifiedAt: world.now() })
    return { status: 200, body: { closed: agency, ...(follower === undefined ? {} : { successor: follower }) } }
  }
}

function agencyOf ({ tables: { agencies } }: World, code: string | null) {
  const agency = agencies.get(code ?? '')
  if (agency === undefined) throw new RangeError('?code= names an agency of the state')
  return agency
}

/** A message in a queue, as if another system had sent it. */
function offer (world: World, bytes: Buffer, query: URLSearchParams): object {
  const messageType = query.get('messagetype') ?? 'edoc'
  const facts = readFacts(bytes, messageType)
  const to = query.getAll('to').flatMap(codes => codes.split(','))
  const message = putMessage(world.tables, {
    from: query.get('from') ?? 'G15', messageType, serviceType: 'eDoc', to: to.length > 0 ? to : facts?.recipients ?? [], title: facts?.title, notation: facts?.notation, sentAt: world.now(),
    size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), deliveryId: undefined, traceparent: undefined, bytes: passOn(bytes, world.faults, world.now())
  })
  if (message === undefined) throw new RangeError('the simulator is full')
  return { senderDocId: message.senderDocId, items: message.items }
}

function stateOf ({ tables: { agencies, systems, messages, calls }, faults, now }: World): object {
  return {
    now: listTime(now()),
    faults,
    systems: [...systems.values()],
    agencies: [...agencies.values()],
    messages: [...messages.values()].map(({ bytes: _bytes, sentAt, ...rest }) => ({ ...rest, sentAt: listTime(sentAt) })),
    calls: Object.fromEntries(calls)
  }
}
