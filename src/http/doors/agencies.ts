// The hub's directory in the words of the doors, and what a system says about its own agencies.
import type { FastifyRequest } from 'fastify'
import { fault, HubError } from '../../errors.js'
import { toQd20Guess } from '../../model/agency-code.js'
import type { Caller } from '../../model/caller.js'
import { text } from '../../model/text.js'
import type { AgencyView, Directory } from '../../ports/directory.js'
import type { HttpDependencies } from '../dependencies.js'
import { invalid } from './queue.js'

type Json = Record<string, unknown>
type Place = Pick<HttpDependencies, 'directory' | 'clock'>

/** Agencies that exist today, by their main code. */
function present ({ directory, clock }: Place): AgencyView[] {
  return directory.list({ limit: Number.MAX_SAFE_INTEGER, at: clock.now() }).filter(({ status }) => status === 'active')
}

/** Its code in the order of QCVN 102:2016, empty when the directory has none. */
function oldCodeOf ({ codes = [] }: AgencyView): string {
  const old = codes.filter(({ scheme }) => scheme === 'qcvn102')
  return (old.find(({ validTo }) => validTo === undefined) ?? old[0])?.code ?? ''
}

/** Items of getAgenciesList. The hub keeps no mail addresses. */
export function listAgencies (place: Place): Json[] {
  return present(place).map(agency => ({ id: agency.code, pid: agency.parent ?? '', code: agency.code, name: agency.name, mail: '', oldCode: oldCodeOf(agency) }))
}

/** Items of getAgenciesListQD20: those of a level, by the groups of their code. All without one. */
export function listByLevel (place: Place, level: string | undefined): Json[] {
  const wanted = level === undefined || level.trim() === '' ? undefined : Number(level)
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted > 0)) throw invalid('level', '1, 2, 3 …', level ?? '')
  return present(place).filter(({ code }) => wanted === undefined || (toQd20Guess(code) ?? code).split('.').length === wanted)
    .map(agency => ({ id: agency.code, code: agency.code, name: agency.name, mail: '', code102: oldCodeOf(agency) }))
}

/** Items of getSynchronizeUnit: closed ones too, marked as deleted. `version` and `modifyDate` tell the day on which an agency closed or began. */
export function listUnits ({ directory, clock }: Place): Json[] {
  return directory.list({ limit: Number.MAX_SAFE_INTEGER, at: clock.now() }).map(({ code, parent, name, status, validFrom, closedFrom }) => {
    const day = (status === 'closed' ? closedFrom : validFrom) ?? ''
    return { id: code, pid: parent ?? '', code, name, mail: '', centerCode: '', version: day.replaceAll('-', ''), deleted: status === 'closed', modifyDate: day, isAgency: true }
  })
}

/** Main code of one of the caller's own agencies. Throws SENDER_NOT_ALLOWED for any other. */
export function ownAgency (code: string | undefined, { caller, directory, at }: { caller: Caller, directory: Pick<Directory, 'find'>, at: number }): string {
  const agency = code === undefined || code.trim() === '' ? undefined : directory.find(code, at)?.code
  if (agency !== undefined && caller.agencies.includes(agency)) return agency
  const detail = agency === undefined
    ? text(`Mã cơ quan "${code ?? ''}" không có trong danh mục của trục; hãy báo quản trị trục.`, `The agency "${code ?? ''}" is not in the hub's directory; tell its operator.`)
    : text(`Hệ thống này chưa được giao cơ quan ${agency}; hãy báo quản trị trục.`, `This system does not have the agency ${agency}; tell the hub's operator.`)
  throw new HubError('SENDER_NOT_ALLOWED', detail, { errors: [fault('SENDER_NOT_ALLOWED', '/code', detail, { expected: caller.agencies.join(' | '), found: code ?? '' })] })
}

/**
 * Agrees to what the configuration says already, so saying it twice changes nothing. Which agencies a system has is the
 * operator's decision: a system that could add one could send in its name.
 */
export function agreeOn (request: FastifyRequest, { log, ...place }: Place & Pick<HttpDependencies, 'log'>, { code, as, caller }: { code: string | undefined, as: 'registered' | 'deleted', caller: Caller }): void {
  const agency = ownAgency(code, { ...place, caller, at: place.clock.now() })
  const facts = { caller: caller.id, agency, traceId: request.id }
  if (as === 'registered') log.info(facts, 'agency.registered')
  else log.info(facts, 'agency.deregistered')
}

