// What a hub uses of its surroundings: queues at the broker, connections to the services. From /proc and the broker itself.
import { readdir, readFile, readlink } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { describeTopology } from '../../src/broker/topology.js'

export interface Surroundings {
  /** Queues of the whole hub. */
  queues: number
  /** Connections of the process to PostgreSQL, to RabbitMQ. */
  postgresConnections: number
  rabbitmqConnections: number
  /** Load average of the machine over the last minute: others may be using it. */
  load: number
}

/** Linux only: elsewhere the connections are 0. */
export async function lookAround (pid: number, { postgresUrl, rabbitmqUrl }: { postgresUrl: string, rabbitmqUrl: string }): Promise<Surroundings> {
  const sockets = await socketsOf(pid)
  const established = await remotePorts()
  const count = (port: number): number => [...established].filter(([inode, remote]) => remote === port && sockets.has(inode)).length
  const { lanes, ...others } = describeTopology('any')
  return {
    queues: Object.keys(lanes).length + Object.keys(others).length,
    postgresConnections: count(Number(new URL(postgresUrl).port || 5432)),
    rabbitmqConnections: count(Number(new URL(rabbitmqUrl).port || 5672)),
    load: loadavg()[0] ?? Number.NaN
  }
}

async function socketsOf (pid: number): Promise<Set<string>> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => [])
  const targets = await Promise.all(names.map(async name => await readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))
  return new Set(targets.flatMap(target => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []))
}

/** Inode → remote port of every established TCP connection (proc(5), /proc/net/tcp: state 01). */
async function remotePorts (): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (await readFile(file, 'latin1').catch(() => '')).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/)
      const [remote = '', state, inode] = [fields[2], fields[3], fields[9]]
      if (state === '01' && inode !== undefined) found.set(inode, Number.parseInt(remote.split(':')[1] ?? '', 16))
    }
  }
  return found
}
