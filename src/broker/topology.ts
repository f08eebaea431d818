// The lanes as RabbitMQ sees them, as data: what exists in the broker can be read here without knowing AMQP.
import type { Lane } from '../ports/broker.js'

/** One queue as the hub wants it. */
export interface QueueDescription {
  name: string
  durable: true
  arguments: Record<string, string | number>
}

/**
 * The queues of one hub. Quorum queues: replicated, synced to disk before a confirm. RabbitMQ 3.10 gives them no priorities,
 * so urgent claims have a lane of their own. Without a delivery limit of ours: RabbitMQ 4 drops a claim after 20 returns, which
 * the store heals by publishing it again; -1 (none) is refused by 3.10.
 */
export interface Topology {
  lanes: Record<Lane, QueueDescription>
  /** Messages that are no claim checks: kept for whoever looks for the bug, never consumed. */
  invalid: QueueDescription
}

/** The part of a channel that `declareTopology` needs, so that this file stays free of the client library. */
export interface DeclaringChannel {
  assertQueue (name: string, options: { durable: boolean, arguments: Record<string, string | number> }): Promise<unknown>
}

/** Messages kept in the invalid lane; the oldest go first. A flood of rubbish must not fill the broker's disk. */
const INVALID_LIMIT = 10_000

export function describeTopology (prefix: string): Topology {
  const quorum = (name: string, more: Record<string, number> = {}): QueueDescription =>
    ({ name: `${prefix}.${name}`, durable: true, arguments: { 'x-queue-type': 'quorum', ...more } })
  return {
    lanes: { urgent: quorum('urgent'), normal: quorum('normal') },
    invalid: quorum('invalid', { 'x-max-length': INVALID_LIMIT })
  }
}

/** Declares every queue. May be repeated at any time; rejects when a queue of that name exists with other properties. */
export async function declareTopology (topology: Topology, amqpChannel: DeclaringChannel): Promise<void> {
  for (const queue of [topology.lanes.urgent, topology.lanes.normal, topology.invalid]) {
    await amqpChannel.assertQueue(queue.name, { durable: queue.durable, arguments: queue.arguments })
  }
}
