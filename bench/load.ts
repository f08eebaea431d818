// The load generator, a child process: sends the packages of one round over a fixed number of connections, either as fast
// as answers come (closed loop) or at a fixed pace (open loop, where waiting for a free connection counts as waiting).
import { answerParent } from './child.js'
import { type HttpConnection, openConnection } from './http-connection.js'
import { monotonicMs } from './measure.js'
import { makePackage, type PackageTemplate } from './packages.js'

export interface LoadQuestion {
  url: string
  headers: Record<string, string>
  template: PackageTemplate
  first: number
  count: number
  connections: number
  /** Absent: closed loop. */
  perSecond: number | undefined
}

export interface Load {
  /** When each package was sent (open loop: was to be sent) and answered, ms of the monotonic clock. */
  sentAt: Float64Array
  acceptedAt: Float64Array
}

/** Time for timers and sockets before the first package of an open loop. */
const LEAD_MS = 50

async function send ({ url, headers, template, first, count, connections, perSecond }: LoadQuestion): Promise<Load> {
  const target = new URL(url)
  const bodies = Array.from({ length: count }, (_, index) => makePackage({ ...template, bytes: Buffer.from(template.bytes) }, first + index))
  const fields = Object.entries({ Host: target.host, 'Content-Length': String(template.bytes.length), ...headers })
  const head = `POST ${target.pathname} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  const opened = await Promise.all(Array.from({ length: connections }, async () => await openConnection(target)))
  const sentAt = new Float64Array(count)
  const acceptedAt = new Float64Array(count)
  const beganAt = monotonicMs() + LEAD_MS
  let next = 0
  const work = async (connection: HttpConnection): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const plannedAt = perSecond === undefined ? undefined : beganAt + index * 1000 / perSecond
      if (plannedAt !== undefined) await waitUntil(plannedAt)
      sentAt[index] = plannedAt ?? monotonicMs()
      const { status, body } = await connection.post(head, bodies[index] ?? Buffer.alloc(0))
      if (status !== 202) throw new Error(`package ${first + index} was answered with ${status}: ${body.slice(0, 1000)}`)
      acceptedAt[index] = monotonicMs()
    }
  }
  try {
    await Promise.all(opened.map(work))
  } finally {
    for (const connection of opened) connection.close()
  }
  return { sentAt, acceptedAt }
}

async function waitUntil (at: number): Promise<void> {
  const ms = at - monotonicMs()
  if (ms > 0) await new Promise(resolve => setTimeout(resolve, ms))
}

answerParent<LoadQuestion>(send)
