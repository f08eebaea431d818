// A hub with three hundred endpoints and what is behind them; and one round: the same packages to all of them, with the bad ones
// behaving or misbehaving. What is compared is what the good ones notice.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { documentMessage } from '../../src/demo/edxml.js'
import { type Child, startChild } from '../child.js'
import { openConnection } from '../http-connection.js'
import { monotonicMs, quantiles, type Quantiles } from '../measure.js'
import { SENDER } from '../packages.js'
import { startHubProcess, type Place, type Room, type Variant } from '../variants.js'
import type { Arrived, Group } from './counterpart.js'

/** How many endpoints of each kind. */
export type Census = Record<Group, number>

export const THREE_HUNDRED: Census = { good: 260, refusing: 15, silent: 15, slow: 10 }

export interface Rig {
  hub: Omit<Variant, 'name' | 'path'>
  counterpart: Child
  groups: Group[]
}

/** The longest attempt: a silent endpoint is given up after it. */
export const TIMEOUT_MS = 10_000
const CONCURRENCY = 8

const codeOf = (index: number): string => `H36.${1000 + index}`

export async function openRig (place: Omit<Place, 'receiver'>, census: Census): Promise<Rig> {
  const counterpart = await startChild('isolation/counterpart')
  place.undo(async () => { await counterpart.stop() })
  const addresses = await counterpart.ask<Record<Group, string>>({ kind: 'addresses' })
  const groups = mixed(census)
  const hub = await startHubProcess(place, async room => await configOf(room, { groups, addresses }))
  return { hub, counterpart, groups }
}

/** The kinds spread evenly, so that packages to good and bad ones come mixed. */
function mixed (census: Census): Group[] {
  const placed = Object.entries(census).flatMap(([group, count]) => Array.from({ length: count }, (_, n) => ({ group: group as Group, at: (n + 0.5) / count })))
  return placed.sort((a, b) => a.at - b.at).map(({ group }) => group)
}

async function configOf ({ folder }: Room, { groups, addresses }: { groups: Group[], addresses: Record<Group, string> }): Promise<object> {
  const file = join(folder, 'agencies.json')
  await writeFile(file, JSON.stringify({
    agencies: [
      { code: 'H36', name: 'UBND tỉnh', level: 'tinh' }, { code: SENDER, name: 'Sở Tư pháp', level: 'so_nganh', parent: 'H36' },
      ...groups.map((_, index) => ({ code: codeOf(index), name: `UBND xã ${index}`, level: 'xa', parent: 'H36' }))
    ]
  }))
  return {
    // Open circuits are what this is about, and no news.
    log: { level: 'error' },
    directory: { files: [file] },
    endpoints: groups.map((group, index) => ({
      id: `e-${index}`,
      axis: 'commune',
      adapter: 'webhook',
      serves: [codeOf(index)],
      concurrency: CONCURRENCY,
      timeoutMs: TIMEOUT_MS,
      circuit: { failures: 5, openMs: 2000, maxOpenMs: 4000 },
      settings: { url: `${addresses[group]}/e-${index}`, secret: 'a secret of the benchmark only' }
    }))
  }
}

export interface IsolationRound {
  /** To the good endpoints: from the first sent to the last arrived. */
  deliveredPerSecond: number
  /** From sent to arrived, ms. */
  latency: Quantiles
  /** Of all packages. */
  missing: number
  repeated: number
  /** From the moment the bad ones behave again until the last package is there, s. */
  drainSeconds: number
}

export interface RoundWish { misbehaving: boolean, perEndpoint: number, connections: number }

let nextNumber = 1

/** Sends, waits for the good ones, lets the bad ones behave, waits for the rest. */
export async function runIsolationRound ({ hub, counterpart, groups }: Rig, wish: RoundWish): Promise<IsolationRound> {
  const first = nextNumber
  const count = groups.length * wish.perEndpoint
  nextNumber += count
  const groupOf = (number: number): Group => groups[(number - first) % groups.length] ?? 'good'
  const bodies = Array.from({ length: count }, (_, n) => makeMessage(first + n, codeOf(n % groups.length)))
  await counterpart.ask({ kind: 'expect', count })
  if (wish.misbehaving) await counterpart.ask({ kind: 'misbehave' })
  const good = bodies.filter((_, n) => groupOf(first + n) === 'good').length
  const sending = send(hub, bodies, wish.connections)
  const sentAt = await sending
  const here = await counterpart.ask<Arrived>({ kind: 'arrivals', group: 'good', count: good, timeoutMs: 120_000 })
  await counterpart.ask({ kind: 'behave' })
  const healedAt = monotonicMs()
  const all = await counterpart.ask<Arrived>({ kind: 'arrivals', count, timeoutMs: 120_000 })
  const last = Math.max(...here.at.map(([, at]) => at))
  return {
    deliveredPerSecond: here.at.length / (last - Math.min(...sentAt)) * 1000,
    latency: quantiles(here.at.map(([number, at]) => at - (sentAt[number - first] ?? Number.NaN))),
    missing: count - all.at.length,
    repeated: all.repeated,
    drainSeconds: Math.max(0, Math.max(...all.at.map(([, at]) => at)) - healedAt) / 1000
  }
}

/** When each package was sent, ms of the monotonic clock. Closed loop: the next one when the answer is there. */
async function send ({ url, headers }: Rig['hub'], bodies: readonly Buffer[], connections: number): Promise<number[]> {
  const target = new URL(url)
  const fields = Object.entries({ Host: target.host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const sentAt: number[] = []
  let next = 0
  await Promise.all(Array.from({ length: connections }, async () => {
    const connection = await openConnection(target)
    for (let index = next++; index < bodies.length; index = next++) {
      const body = bodies[index] ?? Buffer.alloc(0)
      sentAt[index] = monotonicMs()
      const { status, body: answer } = await connection.post(`POST ${target.pathname} HTTP/1.1\r\nContent-Length: ${body.length}\r\n${fields}\r\n`, body)
      if (status !== 202) throw new Error(`a package was answered with ${status}: ${answer.slice(0, 500)}`)
    }
    connection.close()
  }))
  return sentAt
}

function makeMessage (number: number, to: string): Buffer {
  return documentMessage({
    from: { code: SENDER, name: 'Sở Tư pháp' },
    to: [{ code: to, name: 'UBND xã' }],
    number: String(number),
    notation: 'STP-VP',
    subject: 'Về việc cung cấp thông tin phục vụ công tác quản lý',
    priority: 0,
    at: Date.UTC(2026, 10, 20, 2),
    files: [{ name: 'cong-van.pdf', contentType: 'application/pdf', bytes: Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(1500, String(number))]) }]
  })
}
