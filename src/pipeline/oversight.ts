// What operators see of endpoints, and pausing them: what is configured, what all processes know, and what waits, in one answer.
import { fault, HubError } from '../errors.js'
import { conditionOf, restReason, untouched, type EndpointCondition, type EndpointState } from '../model/endpoint-state.js'
import { maintenanceUntil } from '../model/maintenance.js'
import type { CountedState } from '../model/operation.js'
import type { Axis } from '../model/generated.js'
import { text, type Text } from '../model/text.js'
import type { Clock } from '../ports/clock.js'
import type { Directory, Endpoint } from '../ports/directory.js'
import type { OldestUndelivered } from '../ports/endpoint-store.js'
import type { Log } from '../ports/log.js'
import type { DeliveryCount } from '../ports/operating.js'
import type { Store } from '../ports/store.js'

export interface OversightOptions {
  store: Pick<Store, 'endpointStates' | 'counts' | 'oldestUndelivered' | 'pauseEndpoint' | 'resumeEndpoint'>
  directory: Pick<Directory, 'endpoints'>
  clock: Pick<Clock, 'now'>
  log: Log
}

/** An endpoint as an operator sees it. Settings are never part of it. */
export interface EndpointReport extends Pick<EndpointState, 'circuit' | 'pause'> {
  id: string
  /** As this process's configuration has it; undefined when it does not know the endpoint. */
  configured: Omit<Endpoint, 'settings'> | undefined
  /** Of its deliveries, where it is not configured any more. */
  axis?: Axis
  state: EndpointCondition
  /** When that ends by itself, epoch ms. */
  until?: number
  /** Why nothing is attempted now. */
  reason?: Text
  /** A state that no delivery is in is absent. Undefined: not known now, which is not zero. */
  counts: Partial<Record<CountedState, number>> | undefined
  /** The delivery that is not settled for longest: null when all are. Undefined: not known now. */
  oldest: Pick<OldestUndelivered, 'deliveryId' | 'acceptedAt'> | null | undefined
}

interface Word { endpoint: string, actor: string, reason: string }

export interface Oversight {
  /** Every endpoint that is configured, was noted about or has deliveries, by id. */
  endpoints (): Promise<EndpointReport[]>
  /** Rejects with `NOT_FOUND`. */
  endpoint (id: string): Promise<EndpointReport>
  /** In effect in every process by its next sweep. Rejects with `NOT_FOUND`, or with `OPERATION_NOT_POSSIBLE` and the reason of the pause that there is. */
  pause (word: Word): Promise<EndpointReport>
  /** Rejects with `NOT_FOUND`, or with `OPERATION_NOT_POSSIBLE` when it is not paused. */
  resume (word: Word): Promise<EndpointReport>
}

export function createOversight ({ store, directory, clock, log }: OversightOptions): Oversight {
  /** What cannot be had is unknown: the rest of the answer is still worth having. */
  async function orUnknown<T> (asked: Promise<T>): Promise<T | undefined> {
    try {
      return await asked
    } catch (error) {
      log.warn({ err: error }, 'counts.unknown')
      return undefined
    }
  }

  async function endpoints (): Promise<EndpointReport[]> {
    const [states, counts] = await Promise.all([store.endpointStates(), orUnknown(store.counts())])
    const configured = new Map(directory.endpoints().map(({ settings, ...endpoint }) => [endpoint.id, endpoint]))
    const noted = new Map(states.map(state => [state.endpoint, state]))
    const ids = [...new Set([...configured.keys(), ...noted.keys(), ...(counts ?? []).flatMap(({ endpoint }) => endpoint ?? [])])].sort()
    const oldest = await orUnknown(store.oldestUndelivered(ids))
    return ids.map(id => reportOf({ id, configured: configured.get(id), state: noted.get(id) ?? untouched(id), counts, oldest, at: clock.now() }))
  }

  async function endpoint (id: string): Promise<EndpointReport> {
    const found = (await endpoints()).find(each => each.id === id)
    if (found === undefined) throw new HubError('NOT_FOUND', text(`Không có điểm kết nối "${id}".`, `There is no endpoint "${id}".`))
    return found
  }

  return {
    endpoints,
    endpoint,
    async pause ({ endpoint: id, actor, reason }) {
      await endpoint(id)
      const isFirst = await store.pauseEndpoint(id, { actor, reason, at: clock.now() })
      const now = await endpoint(id)
      if (!isFirst) throw pausedAlready(now)
      return now
    },
    async resume ({ endpoint: id, actor, reason }) {
      await endpoint(id)
      if (!await store.resumeEndpoint(id, { actor, reason, at: clock.now() })) {
        throw notPossible(text(`Điểm kết nối "${id}" không bị tạm dừng.`, `The endpoint "${id}" is not paused.`), { expected: 'paused', found: 'not paused' })
      }
      return await endpoint(id)
    }
  }
}

interface Known { id: string, configured: EndpointReport['configured'], state: EndpointState, counts: DeliveryCount[] | undefined, oldest: OldestUndelivered[] | undefined, at: number }

function reportOf ({ id, configured, state, counts, oldest, at }: Known): EndpointReport {
  const underMaintenance = maintenanceUntil(configured?.maintenance ?? [], at)
  const reason = configured === undefined && state.pause === undefined
    ? text('Điểm kết nối này không có trong cấu hình của tiến trình.', 'This endpoint is not in the configuration of this process.')
    : restReason(state, underMaintenance)?.detail
  const own = counts?.filter(({ endpoint }) => endpoint === id)
  const axis = own?.find(each => each.axis !== undefined)?.axis
  return {
    id,
    configured,
    ...(configured !== undefined || axis === undefined ? {} : { axis }),
    ...conditionOf(state, { isConfigured: configured !== undefined, maintenanceUntil: underMaintenance }),
    ...(reason === undefined ? {} : { reason }),
    circuit: state.circuit,
    ...(state.pause === undefined ? {} : { pause: state.pause }),
    counts: own === undefined ? undefined : sumOf(own),
    oldest: oldest === undefined ? undefined : oldest.find(({ endpoint }) => endpoint === id) ?? null
  }
}

/** An endpoint that was moved between axes has counts on both. */
function sumOf (counts: readonly DeliveryCount[]): Partial<Record<CountedState, number>> {
  const sums: Partial<Record<CountedState, number>> = {}
  for (const { state, count } of counts) sums[state] = (sums[state] ?? 0) + count
  return sums
}

function pausedAlready ({ id, pause }: EndpointReport): HubError {
  const { actor = '', reason = '', at = 0 } = pause ?? {}
  const since = new Date(at).toISOString()
  return notPossible(text(`Điểm kết nối "${id}" đã được ${actor} tạm dừng từ ${since}: ${reason}`, `The endpoint "${id}" was paused by ${actor} at ${since}: ${reason}`), { expected: 'not paused', found: 'paused' })
}

function notPossible (detail: Text, more: { expected: string, found: string }): HubError {
  return new HubError('OPERATION_NOT_POSSIBLE', detail, { errors: [fault('OPERATION_NOT_POSSIBLE', '/state', detail, more)] })
}
