// The directory behind src/ports/directory.ts: resolves a written code to an agency of today and the endpoint that serves it.
import type { Agency, Axis, EndpointConfig, Envelope, RouteReason } from '../model/generated.js'
import type { AgencyView, Directory, Endpoint, Resolution } from '../ports/directory.js'
import { dayOf, startOfDay } from '../model/calendar.js'
import { takesKind } from '../model/kinds.js'
import { axisOf, provinceNumberOf } from './axis.js'
import { checkDirectory } from './check.js'
import { directoryFaulty, type DirectorySource } from './files.js'
import { codeReason, gatewayReason, notYetProblem, ownReason, superiorReason, unknownProblem, unreachableProblem } from './reasons.js'
import { createRegister, type Register } from './register.js'
import { follow, isClosed, lineage } from './succession.js'

export interface DirectoryOptions {
  files: readonly DirectorySource[]
  endpoints: readonly EndpointConfig[]
  /** Any code of the own province (the hub's own, say); agencies of other provinces are on the national axis. */
  provinceCode?: string
  /** A closed agency may still send this long. */
  senderGraceDays: number
}

/** Throws `CONFIG_INVALID` with every contradiction, each with its file and pointer. */
export function createDirectory ({ files, endpoints: configs, provinceCode, senderGraceDays }: DirectoryOptions): Directory {
  const faults = checkDirectory(files, configs)
  if (faults.length > 0) throw directoryFaulty(faults)
  const register = createRegister(files.map(({ content }) => content))
  const provinceNumber = provinceCode === undefined ? undefined : provinceNumberOf(provinceCode)
  const axes = new Map<Agency, Axis>()
  const choice = createEndpointChoice(register, configs, agency => {
    const axis = axes.get(agency) ?? axisOf(agency, { parentOf, provinceNumber })
    axes.set(agency, axis)
    return axis
  })
  const pages = createPages(register)

  function parentOf (agency: Agency): Agency | undefined {
    return agency.parent === undefined ? undefined : register.get(agency.parent)
  }
  function viewOf (agency: Agency, day: string): AgencyView {
    const closed = isClosed(agency, day)
    const servedBy = closed ? undefined : choice.choose(agency, { day })?.endpoint.id
    return {
      ...agency,
      axis: choice.axisOf(agency),
      status: closed ? 'closed' : 'active',
      successors: [...new Set(register.successionsFrom(agency.code).flatMap(({ to }) => register.get(to)?.code ?? []))],
      ...(servedBy === undefined ? {} : { servedBy })
    }
  }
  return {
    find: (code, at) => register.match(code, dayOf(at))?.agency,
    resolve: (code, { kind, at }) => resolve({ register, choice }, code, { kind, day: dayOf(at) }),
    maySend: (agency, at) => (agency.validFrom === undefined || agency.validFrom <= dayOf(at)) &&
      (agency.closedFrom === undefined || at < startOfDay(agency.closedFrom, senderGraceDays)),
    lineage: (agency, at) => lineage(register, agency, dayOf(at)),
    view (code, at) {
      const day = dayOf(at)
      const agency = register.match(code, day)?.agency
      return agency === undefined ? undefined : viewOf(agency, day)
    },
    list ({ limit, at, after, query, axis }) {
      const page = pages({ limit, after, query, keep: agency => axis === undefined || choice.axisOf(agency) === axis })
      return page.map(agency => viewOf(agency, dayOf(at)))
    },
    endpoints: () => choice.endpoints
  }
}

function resolve ({ register, choice }: { register: Register, choice: EndpointChoice }, code: string, on: { kind: Envelope['kind'], day: string }): Resolution {
  const { day } = on
  const match = register.match(code, day)
  if (match === undefined) return { kind: 'refused', problem: unknownProblem(code, register.similar(code)), reasons: [] }
  const reasons = [codeReason(code, match, day)]
  const followed = follow(register, match.agency, on)
  reasons.push(...followed.reasons)
  const { agency } = followed
  if (followed.kind === 'lost') return { kind: 'refused', agency, problem: followed.problem, reasons }
  if (agency.validFrom !== undefined && agency.validFrom > day) return { kind: 'refused', agency, problem: notYetProblem(agency), reasons }
  const chosen = choice.choose(agency, on)
  if (chosen === undefined) return { kind: 'refused', agency, problem: unreachableProblem(agency, choice.axisOf(agency)), reasons }
  reasons.push(chosen.reason)
  return { kind: 'found', agency, endpoint: chosen.endpoint, reasons }
}

interface EndpointChoice {
  readonly endpoints: readonly Endpoint[]
  axisOf (agency: Agency): Axis
  /**
   * Its own endpoint; else that of the nearest open superior that takes mail for its subtree; else the gateway of its axis.
   * Endpoints that do not take the kind are passed over; without one, none is.
   */
  choose (agency: Agency, on: { kind?: Envelope['kind'], day: string }): { endpoint: Endpoint, reason: RouteReason } | undefined
}

type Serving = { endpoint: Endpoint } & Pick<EndpointConfig, 'scope' | 'kinds'>

function createEndpointChoice (register: Register, configs: readonly EndpointConfig[], axisOf: (agency: Agency) => Axis): EndpointChoice {
  const own = new Map<Agency, Serving[]>()
  const gateways = new Map<Axis, Serving[]>()
  const byId = new Map<string, Serving>()
  for (const { serves, scope, gateway, kinds, ...endpoint } of configs) {
    const serving: Serving = { endpoint, scope, ...(kinds === undefined ? {} : { kinds }) }
    byId.set(endpoint.id, serving)
    if (gateway !== undefined) add(gateways, gateway, serving)
    for (const code of serves) {
      const agency = register.match(code, '')?.agency
      if (agency !== undefined) add(own, agency, serving)
    }
  }
  for (const agency of register.agencies) {
    const named = agency.endpoint === undefined ? undefined : byId.get(agency.endpoint)
    if (named !== undefined) add(own, agency, named)
  }
  const taking = (servings: readonly Serving[] | undefined, kind: Envelope['kind'] | undefined): Serving | undefined =>
    servings?.find(serving => takesKind(serving, kind))
  return {
    endpoints: [...byId.values()].map(({ endpoint }) => endpoint),
    axisOf,
    choose (agency, { kind, day }) {
      const direct = taking(own.get(agency), kind)
      if (direct !== undefined) return { endpoint: direct.endpoint, reason: ownReason(agency, direct.endpoint.id) }
      for (let superior = agency.parent; superior !== undefined;) {
        const next = register.get(superior)
        const theirs = next === undefined || isClosed(next, day) ? undefined : taking(own.get(next)?.filter(({ scope }) => scope === 'subtree'), kind)
        if (next !== undefined && theirs !== undefined) return { endpoint: theirs.endpoint, reason: superiorReason(agency, next, theirs.endpoint.id) }
        superior = next?.parent
      }
      const axis = axisOf(agency)
      const gateway = taking(gateways.get(axis), kind)
      return gateway === undefined ? undefined : { endpoint: gateway.endpoint, reason: gatewayReason(agency, axis, gateway.endpoint.id) }
    }
  }
}

function add<Key> (servings: Map<Key, Serving[]>, key: Key, serving: Serving): void {
  servings.set(key, [...servings.get(key) ?? [], serving])
}

interface PageOptions {
  limit: number
  after: string | undefined
  query: string | undefined
  keep: (agency: Agency) => boolean
}

/** Pages in the order of main codes; the folded texts are made on the first search. */
function createPages (register: Register): (options: PageOptions) => Agency[] {
  let folded: string[] | undefined
  return ({ limit, after, query, keep }) => {
    const wanted = query === undefined || query.trim() === '' ? undefined : fold(query.trim())
    if (wanted !== undefined) folded ??= register.agencies.map(searchText)
    const page: Agency[] = []
    for (let index = firstAfter(register.agencies, after); index < register.agencies.length && page.length < limit; index++) {
      const agency = register.agencies[index]
      if (agency === undefined || (wanted !== undefined && folded?.[index]?.includes(wanted) !== true)) continue
      if (keep(agency)) page.push(agency)
    }
    return page
  }
}

function firstAfter (agencies: readonly Agency[], after: string | undefined): number {
  let [low, high] = [0, agencies.length]
  while (after !== undefined && low < high) {
    const middle = (low + high) >>> 1
    if ((agencies[middle]?.code ?? '') <= after) low = middle + 1
    else high = middle
  }
  return after === undefined ? 0 : low
}

function searchText ({ code, name, codes }: Agency): string {
  return fold([code, name, ...(codes ?? []).map(other => other.code)].join('\n'))
}

/** Lower case without diacritics: people type "Da Lat" for "Đà Lạt". */
function fold (value: string): string {
  return value.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('đ', 'd')
}
