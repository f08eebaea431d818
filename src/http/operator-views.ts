// Rows → JSON of what operators see: deliveries with their package, causes, counts, batches and their items, endpoints, actions.
import { CATALOGUE, type CatalogueEntry } from '../errors.js'
import type { Language } from '../model/text.js'
import type { CountedState } from '../model/operation.js'
import type { EndpointReport } from '../pipeline/oversight.js'
import type { Batch, BatchItem, DeliveryCause, DeliveryCount, OperatedDelivery, OperatorAction } from '../ports/operating.js'
import { localize } from './language.js'
import { iso, isoOrAbsent, viewDelivery } from './views.js'

type Json = Record<string, unknown>

export function viewOperated ({ delivery, package: row }: OperatedDelivery, language: Language): Json {
  return {
    ...viewDelivery(delivery, language),
    package: { id: row.id, acceptedAt: iso(row.acceptedAt), fromAgency: row.fromAgency, envelope: row.envelope, purgedAt: isoOrAbsent(row.purgedAt) }
  }
}

/** Whose fault a reason is, is said with it: an operator rings somebody else for each. */
export function viewCause ({ firstAt, lastAt, ...cause }: DeliveryCause, language: Language): Json {
  const known: CatalogueEntry | undefined = cause.code in CATALOGUE ? CATALOGUE[cause.code as keyof typeof CATALOGUE] : undefined
  return { ...cause, title: known?.title[language], faultOf: known?.faultOf, firstAt: isoOrAbsent(firstAt), lastAt: isoOrAbsent(lastAt) }
}

type Counts = Partial<Record<CountedState, number>>

/** Per endpoint and axis, and in all. A state that nobody is in is left out. */
export function viewCounts (counts: readonly DeliveryCount[]): { total: Counts, items: Array<{ endpoint?: string, axis?: string, counts: Counts }> } {
  const total: Counts = {}
  const items: Array<{ endpoint?: string, axis?: string, counts: Counts }> = []
  for (const { endpoint, axis, state, count } of counts) {
    total[state] = (total[state] ?? 0) + count
    let item = items.find(each => each.endpoint === endpoint && each.axis === axis)
    if (item === undefined) items.push(item = { ...(endpoint === undefined ? {} : { endpoint }), ...(axis === undefined ? {} : { axis }), counts: {} })
    item.counts[state] = count
  }
  return { total, items }
}

export function viewBatch ({ target, filter, createdAt, startedAt, finishedAt, outcomes, ...batch }: Batch): Json {
  const { done, skipped, failed } = outcomes
  return {
    ...batch,
    filter: Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, typeof value === 'number' && name !== 'priority' ? iso(value) : value])),
    endpoint: target?.endpoint,
    createdAt: iso(createdAt),
    startedAt: isoOrAbsent(startedAt),
    finishedAt: isoOrAbsent(finishedAt),
    progress: { done, skipped, failed, pending: batch.total - done - skipped - failed }
  }
}

export function viewBatchItem ({ n, deliveryId, packageId, frozen, outcome, problem, at }: BatchItem, language: Language): Json {
  return { n, deliveryId, packageId, frozen, outcome: outcome ?? 'pending', problem: localize(problem, language), at: isoOrAbsent(at) }
}

/** Named field by field: whatever else an endpoint comes to have, its settings are not shown. */
export function viewEndpoint (report: EndpointReport, { language, at }: { language: Language, at: number }): Json {
  const { id, configured, circuit, pause, counts, oldest } = report
  return {
    id,
    configured: configured !== undefined,
    axis: configured?.axis ?? report.axis,
    adapter: configured?.adapter,
    format: configured?.format,
    state: report.state,
    until: isoOrAbsent(report.until),
    reason: localize(report.reason, language),
    pause: pause === undefined ? undefined : { actor: pause.actor, reason: pause.reason, at: iso(pause.at) },
    circuit: {
      state: circuit.state,
      // One that never failed has been closed for ever.
      since: circuit.since === 0 ? undefined : iso(circuit.since),
      openUntil: isoOrAbsent(circuit.openUntil),
      problem: localize(circuit.problem, language)
    },
    counts: counts ?? null,
    oldest: oldest === undefined ? null : oldest === null ? undefined : { deliveryId: oldest.deliveryId, acceptedAt: iso(oldest.acceptedAt), ageSeconds: Math.max(0, Math.floor((at - oldest.acceptedAt) / 1000)) },
    concurrency: configured?.concurrency,
    rateLimit: configured?.rateLimit,
    maintenance: configured?.maintenance
  }
}

export function viewAction ({ at, ...action }: OperatorAction): Json {
  return { ...action, at: iso(at) }
}
