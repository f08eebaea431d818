// What can be asked of and done to the simulated platform from outside.
import { type SimulatorCommand, type SimulatorControl, putMessage, readMessageFacts } from 'lienthong/adapter'
import type { World } from './simulator-operations.js'
import { seed } from './simulator-tables.js'

/** Of a body that is no form. */
export const MOST_BODY_BYTES = 16 * 2 ** 20

export function controlOf (world: World): SimulatorControl {
  const { switches, tables } = world
  return {
    switches,
    reset () { seed(tables) },
    mostBytes: MOST_BODY_BYTES,
    commands: {
      'GET state': () => ({ body: stateOf(world) }),
      'POST offer': given => ({ status: 201, body: offer(world, given) })
    }
  }
}

function stateOf ({ tables: { agencies, systems, messages, calls } }: World): object {
  return {
    calls: Object.fromEntries(calls), agencies: [...agencies.values()], systems: [...systems.values()].map(({ systemId, agencies: codes }) => ({ systemId, agencies: codes })),
    messages: [...messages.values()].map(({ bytes: _bytes, ...rest }) => rest)
  }
}

/** A message in a queue, as if another system had sent it. */
function offer ({ tables, now }: World, { query, body: bytes }: Parameters<SimulatorCommand>[0]): object {
  const [from, to, messageType] = ['from', 'to', 'messageType'].map(name => query.get(name) ?? '') as [string, string, string]
  const facts = readMessageFacts(bytes, messageType)
  const codes = to === '' ? facts?.recipients ?? [] : to.split(',')
  if (from === '' || codes.length === 0) throw new RangeError('?from= and ?to= are needed')
  const message = putMessage(tables, { from, to: codes, messageType: messageType || 'edoc', title: facts?.title, notation: facts?.notation, sentAt: now(), bytes })
  return { docIds: message?.items.map(({ receiverDocId }) => receiverDocId) ?? [] }
}
