// A question to an outside system, in the order of its safety: check → permit → record → ask → record → answer. Nothing goes out
// that is not written down before, and what is written down never holds the answer.
import { CATALOGUE, type ErrorCode, fault, HubError } from '../errors.js'
import { newId } from '../ids.js'
import type { Caller } from '../model/caller.js'
import type { ServiceConfig, ServiceOperation } from '../model/generated.js'
import type { Problem } from '../model/problem.js'
import type { ServiceCallEnd, ServiceCallRecord, ServiceOutcome } from '../model/service-call.js'
import { type Text, text } from '../model/text.js'
import type { ServiceCall } from '../ports/adapter.js'
import type { Clock } from '../ports/clock.js'
import type { Directory } from '../ports/directory.js'
import type { Log } from '../ports/log.js'
import type { Store } from '../ports/store.js'
import { compileRequestCheck, SERVICE_REQUEST, type ServiceRequest } from './service-request.js'

/** A service with the operation of its adapter, agencies by their main codes. */
export interface ReadyService extends ServiceConfig { definition: ServiceOperation }

export interface ServicesOptions {
  services: readonly ReadyService[]
  directory: Pick<Directory, 'find'>
  store: Pick<Store, 'recordServiceCall' | 'settleServiceCall' | 'listPackages'>
  /** Asks once, in bounded time; never rejects. */
  ask (service: ServiceConfig, request: ServiceCall): Promise<ServiceOutcome>
  /** Undefined when this client may ask now; else how long it has to wait, ms. */
  takeTurn (service: ServiceConfig, client: string): number | undefined
  /** Answers that may be given again. */
  memory: { find (key: string): Readonly<Record<string, unknown>> | undefined, keep (key: string, result: Readonly<Record<string, unknown>>, ms: number): void }
  /** A person's number as it may be written down. */
  subjectOf (number: string): string
  clock: Pick<Clock, 'now'>
  log: Log
}

export interface ServiceAnswer { requestId: string, service: string, operation: string, answeredAt: number, result: Readonly<Record<string, unknown>> }

/** A service as a client sees it before it asks. */
export interface ServiceOffer {
  service: string
  operation: string
  title: Text
  /** Main codes of those agencies of the caller for which it may ask. */
  agencies: string[]
  purposes: readonly string[]
  dossier: ServiceConfig['dossier']
  /** JSON Pointers into the body of a call. `query` may ask for more, such as one of several fields. */
  mandatory: string[]
  /** JSON Schema of the question. */
  query: Readonly<Record<string, unknown>>
}

export interface Services {
  /** What this caller may ask; an operator sees every service, and may ask none. */
  list (caller: Caller): ServiceOffer[]
  /** Throws what the caller is to be told: nobody else learns what was asked. */
  call (caller: Caller, asked: { service: string, body: unknown, traceId: string }): Promise<ServiceAnswer>
}

/** A call that may be made: everything but the permission. */
interface Prepared { service: ReadyService, request: ServiceRequest, agency: string, record: ServiceCallRecord }

export function createServices (options: ServicesOptions): Services {
  const { store, clock, memory } = options
  const known = new Map(options.services.map(service => [service.name, { service, check: compileRequestCheck(service.definition) }]))

  function prepare (caller: Caller, { service: name, body, traceId }: Parameters<Services['call']>[1]): Prepared {
    const found = known.get(name)
    if (found === undefined) throw new HubError('NOT_FOUND', text('Không có dịch vụ này.', 'There is no such service.'))
    const { service, check } = found
    const mayEver = agenciesOf(service, caller).length > 0
    const waitMs = options.takeTurn(service, caller.id)
    if (waitMs !== undefined) throw new HubError('RATE_EXCEEDED', text('Gọi dịch vụ này quá dày, hãy chờ.', 'This service is called too often; wait.'), { retryAfterSeconds: Math.ceil(waitMs / 1000) })
    const faults = check(body)
    const request = body as ServiceRequest
    const agency = faults.length > 0 ? undefined : agencyOf(request, caller, options)
    if (faults.length === 0 && agency === undefined) faults.push(agencyFault(request))
    if (faults.length > 0 && !mayEver) throw forbidden(NOT_FOR_CALLER)
    if (agency === undefined) throw new HubError('REQUEST_INVALID', text('Yêu cầu có trường không hợp lệ.', 'A field of the request is not valid.'), { errors: faults })
    return { service, request, agency, record: recordOf({ service, request, agency, caller, traceId, requestedAt: clock.now(), subjectOf: options.subjectOf }) }
  }

  async function settle (id: string, end: ServiceCallEnd): Promise<void> {
    try {
      await store.settleServiceCall(id, end)
    } catch (error) {
      // The call went out and is written down; the officer gets the answer that was paid for.
      options.log.warn({ requestId: id, state: end.state, err: error }, 'call.unsettled')
    }
  }

  async function askOnce ({ service, request, agency, record }: Prepared): Promise<ServiceOutcome> {
    const startedAt = clock.now()
    const { officer, purpose, dossier, query } = request
    const traceparent = `00-${record.traceId}-${record.id.replaceAll('-', '').slice(-16)}-01`
    const outcome = await options.ask(service, { requestId: record.id, operation: service.operation, query, officer, purpose, agency, dossier, traceparent })
    const settledAt = clock.now()
    await settle(record.id, { state: outcome.kind, settledAt, durationMs: settledAt - startedAt, ...(outcome.kind === 'answered' ? {} : { code: outcome.problem.code }) })
    return outcome
  }

  return {
    list: caller => options.services
      .map(service => offerOf(service, caller))
      .filter(({ agencies }) => caller.role === 'operator' || agencies.length > 0),
    async call (caller, asked) {
      const prepared = prepare(caller, asked)
      const { service, request, agency, record } = prepared
      const reason = await denial(prepared, caller, store)
      if (reason !== undefined) {
        await store.recordServiceCall({ ...record, state: 'denied', settledAt: record.requestedAt, durationMs: 0, code: 'FORBIDDEN' })
        throw forbidden(reason)
      }
      const answerOf = (result: ServiceAnswer['result']): ServiceAnswer => ({ requestId: record.id, service: service.name, operation: service.operation, answeredAt: clock.now(), result })
      const key = JSON.stringify([service.name, caller.id, agency, request.dossier, Object.entries(request.query).sort(([a], [b]) => a < b ? -1 : 1)])
      const kept = service.cacheSeconds === 0 ? undefined : memory.find(key)
      if (kept !== undefined) {
        await store.recordServiceCall({ ...record, state: 'answered', settledAt: record.requestedAt, durationMs: 0, cached: true })
        return answerOf(kept)
      }
      await store.recordServiceCall(record)
      const outcome = await askOnce(prepared)
      if (outcome.kind !== 'answered') throw toError(outcome, record.id)
      if (service.cacheSeconds > 0) memory.keep(key, outcome.result, service.cacheSeconds * 1000)
      return answerOf(outcome.result)
    }
  }
}

const NOT_FOR_CALLER = text('Hệ thống hoặc cơ quan này không được dùng dịch vụ.', 'This client or agency may not use the service.')

function isAllowed ({ clients, agencies }: ServiceConfig, { id }: Caller, agency: string): boolean {
  return clients.includes(id.replace(/^client:/, '')) || agencies.includes(agency)
}

/** For which of its agencies the caller may use the service. */
function agenciesOf (service: ServiceConfig, caller: Caller): string[] {
  return caller.role === 'agency' ? caller.agencies.filter(agency => isAllowed(service, caller, agency)) : []
}

function offerOf (service: ReadyService, caller: Caller): ServiceOffer {
  const { name, operation, purposes, dossier, definition: { title, query } } = service
  return {
    service: name, operation, title, agencies: agenciesOf(service, caller), purposes, dossier, query,
    mandatory: [...(caller.agencies.length === 1 ? [] : ['/agency']), ...mandatoryOf({ ...SERVICE_REQUEST, properties: { ...SERVICE_REQUEST.properties, query } })]
  }
}

/** Pointers of every field that must be there, objects by what must be in them. */
function mandatoryOf (schema: { required?: unknown, properties?: unknown }): string[] {
  const properties = Object(schema.properties) as Record<string, { required?: unknown, properties?: unknown }>
  return (Array.isArray(schema.required) ? schema.required as string[] : []).flatMap(name => {
    const inside = mandatoryOf(properties[name] ?? {}).map(pointer => `/${name}${pointer}`)
    return inside.length > 0 ? inside : [`/${name}`]
  })
}

/** Why the hub does not let it out; undefined when it may go. */
async function denial ({ service, request, agency }: Prepared, caller: Caller, store: ServicesOptions['store']): Promise<Text | undefined> {
  if (!caller.agencies.includes(agency)) return text('Không được gọi thay cơ quan này.', 'The caller may not ask for this agency.')
  if (!agenciesOf(service, caller).includes(agency)) return NOT_FOR_CALLER
  if (!service.purposes.includes(request.purpose.code)) return text('Dịch vụ không dùng cho mục đích này.', 'The service is not for this purpose.')
  if (service.dossier === 'well-formed') return undefined
  const found = await store.listPackages({ kind: 'dossier', correlationId: `dossier:${request.dossier}` }, { limit: 1 }, service.dossier === 'known' ? 'all' : [agency])
  if (found.length > 0) return undefined
  return service.dossier === 'known'
    ? text('Trục không biết hồ sơ này.', 'The hub does not know this dossier.')
    : text('Cơ quan không gửi hay nhận hồ sơ này qua trục.', 'The agency has neither sent nor received this dossier through the hub.')
}

/** Main code of the agency that is named, or that is the only one of the caller. */
function agencyOf ({ agency }: ServiceRequest, { agencies }: Caller, { directory, clock }: Pick<ServicesOptions, 'directory' | 'clock'>): string | undefined {
  if (agency === undefined) return agencies.length === 1 ? agencies[0] : undefined
  return directory.find(agency, clock.now())?.code
}

function agencyFault ({ agency }: ServiceRequest): Problem & { pointer: string } {
  return agency === undefined
    ? fault('FIELD_MISSING', '/agency', text('Cần ghi cơ quan: tài khoản này có nhiều cơ quan.', 'The agency must be named: this account has several.'))
    : fault('FIELD_INVALID', '/agency', text('Danh mục không có cơ quan này.', 'The directory has no such agency.'))
}

interface RecordParts { service: ReadyService, request: ServiceRequest, agency: string, caller: Caller, traceId: string, requestedAt: number, subjectOf: ServicesOptions['subjectOf'] }

function recordOf ({ service, request: { officer, purpose, dossier, query }, agency, caller, traceId, requestedAt, subjectOf }: RecordParts): ServiceCallRecord {
  const number = service.definition.subject.map(name => query[name]).find(value => typeof value === 'string' && value !== '') as string | undefined
  return {
    id: newId(), service: service.name, operation: service.operation, endpoint: service.endpoint, client: caller.id, agency, officer, purpose, dossier,
    ...(number === undefined ? {} : { subject: subjectOf(number) }), state: 'requested', requestedAt, traceId
  }
}

function forbidden (detail: Text): HubError {
  return new HubError('FORBIDDEN', detail)
}

/** With the number under which the call is in the log, for whoever asks about it. */
function toError (outcome: Exclude<ServiceOutcome, { kind: 'answered' }>, requestId: string): HubError {
  const { problem: { code, detail } } = outcome
  const known = Object.hasOwn(CATALOGUE, code) ? code as ErrorCode : outcome.kind === 'refused' ? 'ENDPOINT_REFUSED' : 'ENDPOINT_UNAVAILABLE'
  const retry = outcome.kind === 'unavailable' && outcome.retryAfterMs !== undefined ? { retryAfterSeconds: outcome.retryAfterMs / 1000 } : {}
  return new HubError(known, text(`${detail.vi} (MaYeuCau ${requestId})`, `${detail.en} (MaYeuCau ${requestId})`), retry)
}
