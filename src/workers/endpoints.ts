// Stands between deliveries and endpoints: lets an attempt through only while its endpoint may be tried and has room, learns from
// what attempts say about it, and wakes what rests there when it may be tried again.
import { setMaxListeners } from 'node:events'
import { CATALOGUE, toProblem } from '../errors.js'
import { CLOSED, isProbeDue, NO_FAILURE, stepCircuit, USUAL_CIRCUIT, type Sign, type Tally } from '../model/circuit.js'
import { restReason, untouched, type EndpointState } from '../model/endpoint-state.js'
import { maintenanceUntil } from '../model/maintenance.js'
import type { Problem } from '../model/problem.js'
import type { Settled } from '../pipeline/types.js'
import type { Clock } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import type { ClaimedDelivery, Store } from '../ports/store.js'
import type { Relay } from './relay.js'
import type { Sessions } from './sessions.js'

/** An attempt that was not made: when it is due again (infinity: it rests until its endpoint may be tried), and why. */
export interface NotNow { dueAt: number, problem?: Problem }

export interface EndpointsOptions {
  store: Pick<Store, 'endpointStates' | 'changeCircuit' | 'takeProbe' | 'wakeResting' | 'liveProcesses'>
  sessions: Sessions
  relay: Pick<Relay, 'publish'>
  clock: Clock
  log: Log
  /** Names this process in leases. */
  owner: string
  /** Time between two calls of `tend`, ms. */
  intervalMs: number
}

/** Work that is about one endpoint, and what its result says about that endpoint. */
export interface Asked<T> { work: () => Promise<T>, signOf: (result: T) => Sign | undefined, priority: number, signal: AbortSignal }

export interface Endpoints {
  /** Makes the attempt when the endpoint may be tried and has a place for it within a second. */
  attempt (claimed: ClaimedDelivery, tryIt: () => Promise<Settled>, signal: AbortSignal): Promise<{ result: Settled } | NotNow>
  /** Does the work under the same conditions. `rest`: why it may not be tried now; undefined: it has no place. */
  ask<T> (id: string, asked: Asked<T>): Promise<{ result: T } | { rest: Problem } | undefined>
  /** Learns what other processes and operators have decided, and probes what is due. */
  watch (): Promise<void>
  /** The same, and wakes what may be tried. */
  tend (): Promise<void>
  /** Ends probes under way. */
  stop (): Promise<void>
}

/** A probe may take this long. */
const PROBE_MS = 10_000
/** Deliveries of one endpoint woken at once: they share a lane with all others. */
const MOST_WOKEN = 500
/** What these say of a failed attempt is about the endpoint, not about the package or the hub. */
const ABOUT_ENDPOINT: ReadonlySet<string> = new Set(['ENDPOINT_UNAVAILABLE', 'ENDPOINT_TIMEOUT'])
/** Reasons that tell of no attempt: any other word is better. */
const EMPTY_WORDS: ReadonlySet<string> = new Set(['ENDPOINT_BUSY', 'ENDPOINT_RESTING', 'STOPPING'])

export function createEndpoints (options: EndpointsOptions): Endpoints {
  const { store, sessions, relay, clock, log, owner, intervalMs } = options
  let states = new Map<string, EndpointState>()
  const tallies = new Map<string, Tally>()
  const probes = new Map<string, Promise<void>>()
  const changes = new Map<string, Promise<void>>()
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)

  const isAnyLimited = sessions.ids().some(id => sessions.endpoint(id)?.rateLimit !== undefined)
  const stateOf = (id: string): EndpointState => states.get(id) ?? untouched(id)
  const reasonOf = (id: string, state = stateOf(id)): Problem | undefined =>
    restReason(state, maintenanceUntil(sessions.endpoint(id)?.maintenance ?? [], clock.now()))

  /** In effect here at once; for the others when it is stored, unless one of them was faster. */
  function note (id: string, sign: Sign): void {
    // What ends while a change is on its way is about the time before it.
    if (changes.has(id)) return
    const state = stateOf(id)
    const before = tallies.get(id) ?? NO_FAILURE
    const { circuit, tally } = stepCircuit({ circuit: state.circuit, tally: before }, sign, { at: clock.now(), policy: sessions.endpoint(id)?.circuit ?? USUAL_CIRCUIT })
    tallies.set(id, tally)
    if (circuit === state.circuit) return
    const changed = { ...state, circuit }
    states.set(id, changed)
    // What could not be stored is undone by the next look; then the next failure is enough.
    changes.set(id, keep(changed).catch((error: unknown) => {
      tallies.set(id, before)
      log.debug({ endpoint: id, err: error }, 'circuit.unrecorded')
    }).finally(() => { changes.delete(id) }))
  }

  async function keep (changed: EndpointState): Promise<void> {
    const { endpoint, circuit: { state, openMs, problem } } = changed
    if (!await store.changeCircuit(endpoint, changed)) return
    states.set(endpoint, { ...changed, version: changed.version + 1 })
    if (state === 'open') log.warn({ endpoint, openMs, code: problem?.code, reason: problem?.detail.en }, 'circuit.opened')
    else if (state === 'half-open') log.info({ endpoint }, 'circuit.half-opened')
    else log.info({ endpoint }, 'circuit.closed')
  }

  async function probe (id: string): Promise<void> {
    const endpoint = sessions.endpoint(id)
    if (endpoint === undefined || !await store.takeProbe(id, { owner, at: clock.now(), leaseMs: 2 * PROBE_MS })) return
    if (stopping.signal.aborted) return
    const problem = await probeOnce(id, AbortSignal.any([stopping.signal, AbortSignal.timeout(Math.min(endpoint.timeoutMs, PROBE_MS))]))
    if (!stopping.signal.aborted) note(id, problem === undefined ? { kind: 'probe-worked' } : { kind: 'probe-failed', problem })
  }

  /** What is wrong with the endpoint; undefined when it answers, whatever it says. */
  async function probeOnce (id: string, signal: AbortSignal): Promise<Problem | undefined> {
    const late = new Promise<undefined>(resolve => { signal.addEventListener('abort', () => { resolve(undefined) }, { once: true }) })
    try {
      const outcome = await Promise.race([sessions.session(id).then(async session => await session.probe(signal)), late])
      if (outcome === undefined) return { code: 'ENDPOINT_TIMEOUT', detail: CATALOGUE.ENDPOINT_TIMEOUT.title }
      return outcome.kind === 'deferred' ? outcome.problem : undefined
    } catch (error) {
      return toProblem(error)
    }
  }

  function startProbes (): void {
    for (const id of sessions.ids()) {
      const state = stateOf(id)
      // Who is paused or under maintenance is not called at all.
      if (probes.has(id) || !isProbeDue(state.circuit, clock.now()) || reasonOf(id, { ...state, circuit: CLOSED }) !== undefined) continue
      probes.set(id, probe(id)
        .catch((error: unknown) => { log.debug({ endpoint: id, err: error }, 'probe.failed') })
        .finally(() => { probes.delete(id) }))
    }
  }

  /** A circuit changed here while the states were read is newer than what was read. */
  function withNewest (read: EndpointState): EndpointState {
    const { circuit, version } = stateOf(read.endpoint)
    return changes.has(read.endpoint) || version > read.version ? { ...read, circuit, version } : read
  }

  /** What its places take until the next time; of one that has just come back no more than one round. */
  function roomOf (id: string): number {
    const most = stateOf(id).circuit.state === 'half-open' ? sessions.endpoint(id)?.concurrency ?? 1 : MOST_WOKEN
    return Math.min(most, sessions.places(id)?.roomWithin(intervalMs) ?? 0)
  }

  async function ask<T> (id: string, { work, signOf, priority, signal }: Asked<T>): Promise<{ result: T } | { rest: Problem } | undefined> {
    const rest = reasonOf(id)
    if (rest !== undefined) return { rest }
    const places = sessions.places(id)
    // Things may have changed while it waited for its place.
    const tryIt = async (): Promise<{ result: T } | { rest: Problem }> => {
      const late = reasonOf(id)
      return late === undefined ? { result: await work() } : { rest: late }
    }
    const ran = places === undefined ? { result: await tryIt() } : await places.run(tryIt, { priority, signal })
    if (ran === undefined || 'rest' in ran.result) return ran?.result
    const sign = signOf(ran.result.result)
    if (sign !== undefined && places !== undefined) note(id, sign)
    return ran.result
  }

  async function watch (): Promise<void> {
    states = new Map((await store.endpointStates()).map(state => [state.endpoint, withNewest(state)]))
    startProbes()
  }

  return {
    ask,
    watch,
    async attempt (claimed, tryIt, signal) {
      const { endpoint: id = '', problem: last } = claimed.delivery
      const ended = await ask(id, { work: tryIt, signOf, priority: urgencyOf(claimed), signal })
      if (ended === undefined) return notNow(signal.aborted ? { code: 'STOPPING', at: clock.now() } : { code: 'ENDPOINT_BUSY', at: Infinity }, last)
      return 'rest' in ended ? { dueAt: Infinity, problem: ended.rest } : ended
    },
    async tend () {
      if (isAnyLimited) sessions.shareWith((await store.liveProcesses({ role: 'delivery', at: clock.now() })).length)
      await watch()
      const wishes = sessions.ids().filter(id => reasonOf(id) === undefined).map(id => ({ endpoint: id, most: roomOf(id) })).filter(({ most }) => most > 0)
      relay.publish(await store.wakeResting(wishes, { at: clock.now() }))
    },
    async stop () {
      stopping.abort(new Error('the hub is stopping'))
      await Promise.all([...probes.values(), ...changes.values()])
    }
  }
}

/** Given back unmade: the reason of the last real attempt says more than that there was no room. */
function notNow ({ code, at }: { code: 'STOPPING' | 'ENDPOINT_BUSY', at: number }, last: Problem | undefined): NotNow {
  if (last !== undefined && !EMPTY_WORDS.has(last.code)) return { dueAt: at }
  return { dueAt: at, problem: { code, detail: CATALOGUE[code].title } }
}

/** Whether a failure with this code is about the endpoint. */
export function isAboutEndpoint (code: string): boolean {
  return ABOUT_ENDPOINT.has(code)
}

/** An answer, even a refusal, shows that the endpoint works; what went wrong inside the hub shows nothing. */
function signOf ({ outcome, startedAt, claimed }: Settled): Sign | undefined {
  if (outcome.kind === 'delivered' || outcome.kind === 'available') return { kind: 'worked', startedAt }
  const { problem } = outcome
  if (outcome.kind === 'refused') return problem.code === 'ENDPOINT_REFUSED' ? { kind: 'worked', startedAt } : undefined
  return isAboutEndpoint(problem.code) ? { kind: 'failed', startedAt, packageId: claimed.delivery.packageId, problem } : undefined
}

/** An appointed time goes before every priority (0 to 4). */
function urgencyOf ({ delivery: { deliverBy }, package: { envelope: { priority } } }: ClaimedDelivery): number {
  return deliverBy === undefined ? priority : 5
}
