// The operations of the simulated axis: from the signed parameters of a call to what is answered, on the tables.
import { fieldsIn, type FaultSwitches, type Listed, listTime, type MessageFacts, type MessageRow, putMessage, readMessageFacts, sentRows, setStatus, spendFault } from 'lienthong/adapter'
import { type Body, fileIn } from './simulator-body.js'
import { passOn, strictFault } from './simulator-edxml.js'
import type { Faults } from './simulator-faults.js'
import { putAgency, type SystemRow, type Tables } from './simulator-tables.js'

export interface World {
  readonly tables: Tables
  readonly faults: Faults
  readonly switches: FaultSwitches<Faults>
  now (): number
  /** What is known of content that is no edXML; undefined refuses it. */
  readonly factsOfOther: ((bytes: Buffer) => MessageFacts) | undefined
  /** Of a message over this size only the beginning is kept; undefined keeps all. */
  readonly keepBytes: number | undefined
  /** Told of every call of sendEdoc that came whole and signed, before it is answered. */
  readonly onSend: ((sending: Sending) => void) | undefined
}

/** What became of a call of sendEdoc: `message` is what was taken; absent when `errorCode` says why nothing was. */
export interface Sending {
  /** Codes of `to`, the parameter; none when the document was to say. */
  readonly to: readonly string[]
  /** Of the body, lower-case hex. */
  readonly sha256: string
  /** `Idempotency-Key`, which the axis itself does not heed. */
  readonly deliveryId: string | undefined
  readonly errorCode: string
  readonly message?: MessageRow
}

export interface Call {
  readonly system: SystemRow
  /** Signed, names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
  readonly contentType: string
  readonly body: Body
  /** Headers outside of the signature. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** `bytes`: answered as they are, or as `data` in base64. */
export type Answer = { fields: Record<string, unknown>, bytes?: Buffer, as?: 'data' | 'download' }

export type Operation = (call: Call, world: World) => Answer

export function failed (code: string, description: string): Answer {
  return { fields: { status: 'FAIL', ErrorCode: code, ErrorDesc: description } }
}

function ok (fields: Record<string, unknown> = {}): Answer {
  return { fields: { status: 'OK', ErrorCode: '0', ErrorDesc: '', ...fields } }
}

export const OPERATIONS: Readonly<Record<string, { method: 'GET' | 'POST', run: Operation }>> = {
  getAgenciesList: { method: 'POST', run: (_call, { tables }) => ok({ data: active(tables).map(({ id, pid, code, name, mail, oldCode }) => ({ id, pid, code, name, mail, oldCode })) }) },
  getAgenciesListQD20: { method: 'POST', run: getAgenciesListQD20 },
  getSynchronizeUnit: { method: 'POST', run: getSynchronizeUnit },
  registerAgency: { method: 'POST', run: registerAgency },
  deleteAgency: { method: 'POST', run: deleteAgency },
  sendEdoc: { method: 'POST', run: sendEdoc },
  getReceivedEdocList: { method: 'POST', run: getReceivedEdocList },
  getEdoc: { method: 'POST', run: (call, world) => getEdoc(call, world, 'data') },
  downloadEdoc: { method: 'GET', run: (call, world) => getEdoc(call, world, 'download') },
  updateStatus: { method: 'POST', run: updateStatus },
  getSentEdocList: { method: 'POST', run: getSentEdocList },
  countReceiveEdoc: { method: 'GET', run: (call, world) => ok({ count: waitingOf(call.system, world.tables, 'edoc').length }) },
  countReceiveStatus: { method: 'GET', run: (call, world) => ok({ count: waitingOf(call.system, world.tables, 'status').length }) }
}

function active ({ agencies }: Tables) {
  return [...agencies.values()].filter(({ closed }) => !closed)
}

function getAgenciesListQD20 ({ parameters }: Call, { tables }: World): Answer {
  const level = Number(parameters.get('level') ?? 0)
  const rows = active(tables).filter(({ code }) => level === 0 || code.split('.').length === level)
  return ok({ data: rows.map(({ id, code, name, mail, code102 }) => ({ id, code, name, mail, code102 })) })
}

function getSynchronizeUnit (_call: Call, { tables }: World): Answer {
  return ok({
    data: [...tables.agencies.values()].map(({ id, pid, code, name, mail, closed, version, modifiedAt }) =>
      ({ id, pid, code, name, mail, centerCode: 'VXP', version, deleted: closed, modifyDate: listTime(modifiedAt), isAgency: true }))
  })
}

function registerAgency ({ system, body }: Call, { tables, now }: World): Answer {
  const { id, pcode, code, name, mail } = fieldsIn(body.bytes)
  if (typeof code !== 'string' || code === '' || typeof name !== 'string') return failed('10', 'code and name are needed')
  const owner = [...tables.systems.values()].find(({ agencies }) => agencies.includes(code))
  if (owner !== undefined && owner.systemId !== system.systemId) return failed('19', 'another system has registered this agency')
  const text = (value: unknown): string => typeof value === 'string' ? value : ''
  putAgency(tables, { code, name, pid: text(pcode), mail: text(mail), ...(text(id) === '' ? {} : { id: text(id) }) }, now())
  if (owner === undefined) system.agencies.push(code)
  return ok()
}

function deleteAgency ({ system, parameters }: Call, { tables, now }: World): Answer {
  const code = parameters.get('agencycode') ?? ''
  const agency = tables.agencies.get(code)
  if (agency === undefined || !system.agencies.includes(code)) return failed('19', `${code} is not registered by this system`)
  Object.assign(agency, { closed: true, version: agency.version + 1, modifiedAt: now() })
  system.agencies.splice(system.agencies.indexOf(code), 1)
  return ok()
}

function sendEdoc (call: Call, world: World): Answer {
  const answer = takeEdoc(call, world)
  const message = world.tables.messages.get(String(answer.fields['DocId']))
  world.onSend?.({
    to: receiversOf(call.parameters.get('to'), []) ?? [],
    sha256: call.body.candidates[0]?.sha256 ?? '',
    deliveryId: headerOf(call, 'idempotency-key'),
    errorCode: String(answer.fields['ErrorCode']),
    ...(message === undefined ? {} : { message })
  })
  return answer
}

function takeEdoc (call: Call, world: World): Answer {
  const { system, parameters, contentType, body } = call
  const { tables, faults, now } = world
  if (spendFault(faults, 'sendErrors')) return failed(faults.sendErrorCode, `switched on; you sent ${system.secret}`)
  const [from, messageType, serviceType] = ['from', 'messagetype', 'servicetype'].map(name => parameters.get(name) ?? '') as [string, string, string]
  if (messageType !== 'edoc' && messageType !== 'status') return failed('10', 'messagetype is edoc or status')
  if (!system.agencies.includes(from)) return failed('19', `${from} is not registered by this system`)
  const file = fileIn(body, contentType, parameters.get('hash-file'))
  if ('fault' in file) return failed('10', file.fault)
  const facts = readMessageFacts(file.bytes, messageType) ?? world.factsOfOther?.(file.bytes)
  if (facts === undefined) return failed('22', 'no edXML')
  const fault = faults.strict ? strictFault(file.bytes) : undefined
  if (fault !== undefined) return failed('22', fault)
  const to = receiversOf(parameters.get('to'), facts.recipients)
  if (to === undefined || to.length === 0) return failed('18', 'no receiver')
  for (const code of to) {
    const agency = tables.agencies.get(code)
    if (agency === undefined) return failed('18', `${code} does not exist`)
    if (agency.locked || agency.closed) return failed('23', `${code} is locked`)
  }
  const message = putMessage(tables, {
    from, messageType, serviceType, to, title: facts.title, notation: facts.notation, sentAt: now(), size: file.size, sha256: file.sha256,
    deliveryId: headerOf(call, 'idempotency-key'), traceparent: headerOf(call, 'traceparent'), bytes: passOn(file.bytes, faults, now())
  })
  return message === undefined ? failed('20', 'the simulator is full') : ok({ DocId: message.senderDocId })
}

function headerOf ({ headers }: Call, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** `to` overrules those whom the document names; undefined when it is no JSON array of codes. */
function receiversOf (to: string | undefined, named: string[]): string[] | undefined {
  if (to === undefined || to === '') return named
  try {
    const codes: unknown = JSON.parse(to)
    return Array.isArray(codes) && codes.every(code => typeof code === 'string') ? [...new Set(codes as string[])] : undefined
  } catch {
    return undefined
  }
}

function waitingOf (system: SystemRow, { queue }: Tables, messageType: string, status = 'initial'): Listed[] {
  return [...queue.values()].filter(({ message, item }) => message.messageType === messageType && item.status === status && system.agencies.includes(item.to))
}

function getReceivedEdocList ({ system, parameters }: Call, { tables, faults }: World): Answer {
  const status = parameters.get('status') ?? 'initial'
  const day = (value: string | undefined): string | undefined => value?.slice(0, 10).replaceAll('/', '-')
  const [since, until] = [day(parameters.get('fromdate')), day(parameters.get('todate'))]
  const serviceType = parameters.get('servicetype')
  let rows = waitingOf(system, tables, parameters.get('messagetype') ?? 'edoc', status)
    .filter(({ message }) => serviceType === undefined || message.serviceType === serviceType)
    .filter(({ message: { sentAt } }) => (since === undefined || listTime(sentAt).slice(0, 10) >= since) && (until === undefined || listTime(sentAt).slice(0, 10) <= until))
  if (faults.outOfOrder) rows = rows.reverse()
  const size = Math.min(Number(parameters.get('pagesize') ?? 100) || 100, 1000)
  const page = Math.max(1, Number(parameters.get('pageindex') ?? 1) || 1)
  const listed = rows.slice((page - 1) * size, page * size).map(({ message, item }) => ({
    docId: item.receiverDocId, serviceType: message.serviceType, messageType: message.messageType, created_time: listTime(message.sentAt), updated_time: listTime(item.updatedAt),
    from: message.from, to: item.to, status: item.status, status_desc: item.description
  }))
  return ok({ data: faults.duplicateListing ? listed.flatMap(row => [row, row]) : listed })
}

function itemOf ({ system, parameters }: Call, { tables }: World): Listed | undefined {
  const found = tables.queue.get(parameters.get('docid') ?? '')
  return found !== undefined && system.agencies.includes(found.item.to) ? found : undefined
}

function getEdoc (call: Call, world: World, as: 'data' | 'download'): Answer {
  if (spendFault(world.faults, 'getErrors')) return failed('20', 'switched on')
  const found = itemOf(call, world)
  if (found?.message.bytes === undefined) return failed('10', 'no such document')
  found.item.fetched++
  return { ...ok(), bytes: found.message.bytes, as }
}

function updateStatus (call: Call, world: World): Answer {
  if (spendFault(world.faults, 'updateErrors')) return failed('20', 'switched on')
  const found = itemOf(call, world)
  if (found === undefined) return failed('10', 'no such document')
  const fault = setStatus(found.item, { status: call.parameters.get('status'), description: call.parameters.get('description'), at: world.now() })
  return fault === undefined ? ok() : failed('10', fault)
}

function getSentEdocList ({ system, parameters }: Call, { tables, faults }: World): Answer {
  if (spendFault(faults, 'sentListErrors')) return failed('20', 'switched on')
  const [docId, messageType] = [parameters.get('docid'), parameters.get('messagetype')]
  const messages = [...tables.messages.values()].filter(each => system.agencies.includes(each.from) && (docId === undefined || each.senderDocId === docId) && (messageType === undefined || each.messageType === messageType))
  return ok({ data: sentRows(messages) })
}
