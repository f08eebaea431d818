// One round: packages in, packages out, and what it took. Nothing is believed: every number is looked up at the receiver.
import type { Child } from './child.js'
import type { Load, LoadQuestion } from './load.js'
import { cpuBetween, cpuSeconds, monotonicMs, peakMegabytes, quantiles, type Quantiles, resetPeak, servicesCpu } from './measure.js'
import type { PackageTemplate } from './packages.js'
import type { Arrivals, ReceiverQuestion } from './receiver.js'
import type { Variant } from './variants.js'

export interface Round {
  acceptedPerSecond: number
  deliveredPerSecond: number
  /** From sending a package to its 202, ms. */
  acceptance: Quantiles
  /** From sending a package to its arrival at the receiver, ms. */
  delivery: Quantiles
  /** CPU seconds of the measured process per 1,000 packages. */
  cpu: number | undefined
  /** CPU seconds of PostgreSQL and RabbitMQ per 1,000 packages, whoever else uses them included. */
  servicesCpu: number | undefined
  peakMegabytes: number | undefined
}

export interface RoundWish {
  variant: Variant
  load: Child
  receiver: Child
  template: PackageTemplate
  first: number
  count: number
  connections: number
  perSecond?: number | undefined
}

/** Deliveries may take this long after the last 202. */
const ARRIVAL_TIMEOUT_MS = 60_000
/** What follows the last arrival (recording, acknowledging) belongs to the round's CPU time. */
const AFTERMATH_MS = 250

/** Runs one round. Rejects when a package is refused or does not arrive. */
export async function runRound (wish: RoundWish): Promise<Round> {
  const { variant, load, receiver, template, first, count, connections, perSecond } = wish
  await receiver.ask({ kind: 'expect', path: variant.path, first, count, bytes: template.bytes.length, numberAt: template.numberAt[0] ?? 0 } satisfies ReceiverQuestion)
  await resetPeak(variant.pid)
  const before = await cpuSeconds(variant.pid)
  const servicesBefore = await servicesCpu()
  const question: LoadQuestion = { url: variant.url, headers: variant.headers, template, first, count, connections, perSecond }
  const { sentAt, acceptedAt } = await load.ask<Load>(question)
  const { at, missing } = await receiver.ask<Arrivals>({ kind: 'arrivals', timeoutMs: ARRIVAL_TIMEOUT_MS } satisfies ReceiverQuestion)
  if (missing > 0) throw new Error(`${variant.name}: ${missing} of ${count} packages did not arrive within ${ARRIVAL_TIMEOUT_MS / 1000} s`)
  await new Promise(resolve => setTimeout(resolve, AFTERMATH_MS))
  const beganAt = minimum(sentAt)
  const after = await cpuSeconds(variant.pid)
  const servicesSeconds = cpuBetween(servicesBefore, await servicesCpu())
  return {
    acceptedPerSecond: count / (maximum(acceptedAt) - beganAt) * 1000,
    deliveredPerSecond: count / (maximum(at) - beganAt) * 1000,
    acceptance: quantiles([...acceptedAt].map((when, index) => when - (sentAt[index] ?? 0))),
    delivery: quantiles([...at].map((when, index) => when - (sentAt[index] ?? 0))),
    cpu: before === undefined || after === undefined ? undefined : (after - before) / count * 1000,
    servicesCpu: servicesSeconds === undefined ? undefined : servicesSeconds / count * 1000,
    peakMegabytes: await peakMegabytes(variant.pid)
  }
}

function minimum (values: Float64Array): number {
  return values.reduce((least, value) => Math.min(least, value), monotonicMs())
}

function maximum (values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0)
}
