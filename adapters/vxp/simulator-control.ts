// What can be asked of and done to the simulated axis from outside.
import { createHash } from 'node:crypto'
import { type SimulatorCommand, type SimulatorControl, listTime, putMessage, readMessageFacts } from 'lienthong/adapter'
import { passOn } from './simulator-edxml.js'
import type { World } from './simulator-operations.js'
import { type AgencyRow, putAgency, seed } from './simulator-tables.js'

const MOST_BYTES = 400 * 2 ** 20

export function controlOf (world: World): SimulatorControl {
  const { switches, tables, now } = world
  const agencyIn = (query: URLSearchParams): AgencyRow => {
    const agency = tables.agencies.get(query.get('code') ?? '')
    if (agency === undefined) throw new RangeError('?code= names an agency of the state')
    return agency
  }
  return {
    switches,
    reset () { seed(tables, now) },
    mostBytes: MOST_BYTES,
    commands: {
      'GET state': () => ({ body: stateOf(world) }),
      'POST offer': given => ({ status: 201, body: offer(world, given) }),
      'POST lock': ({ query }) => ({ body: Object.assign(agencyIn(query), { locked: query.get('locked') !== 'false' }) }),
      'POST rename': ({ query }) => ({ body: Object.assign(agencyIn(query), { name: query.get('name') ?? '', modifiedAt: now() }) }),
      'POST close' ({ query }) {
        const agency = agencyIn(query)
        const successor = query.get('successor')
        const follower = successor === null ? undefined : putAgency(tables, { ...(tables.agencies.get(successor) ?? { code: successor, name: query.get('name') ?? successor }), oldCode: agency.code }, now())
        Object.assign(agency, { closed: true, version: agency.version + 1, modifiedAt: now() })
        return { body: { closed: agency, ...(follower === undefined ? {} : { successor: follower }) } }
      }
    }
  }
}

/** A message in a queue, as if another system had sent it. */
function offer ({ tables, faults, now }: World, { query, body }: Parameters<SimulatorCommand>[0]): object {
  const messageType = query.get('messagetype') ?? 'edoc'
  const facts = readMessageFacts(body, messageType)
  const to = query.getAll('to').flatMap(codes => codes.split(','))
  const message = putMessage(tables, {
    from: query.get('from') ?? 'G15', messageType, to: to.length > 0 ? to : facts?.recipients ?? [], title: facts?.title, notation: facts?.notation, sentAt: now(),
    size: body.length, sha256: createHash('sha256').update(body).digest('hex'), bytes: passOn(body, faults, now())
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
