// The operations of the simulated platform: from a call to what is answered, on the tables.
import { type FaultSwitches, type Listed, listTime, type MessageFacts, putMessage, readMessageFacts, sentRows, setStatus, spendFault } from 'lienthong/adapter'
import type { Faults } from './simulator-faults.js'
import type { SentForm } from './simulator-form.js'
import type { SystemRow, Tables } from './simulator-tables.js'

export interface World {
  readonly tables: Tables
  readonly faults: Faults
  readonly switches: FaultSwitches<Faults>
  now (): number
  /** What is known of content that is no edXML; undefined refuses it. */
  readonly factsOfOther: ((head: Buffer) => MessageFacts) | undefined
}

export interface Call {
  readonly system: SystemRow
  readonly query: URLSearchParams
  /** Of a JSON body; empty when there is none. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly form: SentForm | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** `message`: is written into `data.edxml`, or an attachment. */
export type Answer = { fields: Record<string, unknown>, message?: Buffer }

export const OPERATIONS: Readonly<Record<string, { method: 'GET' | 'POST', run: (call: Call, world: World) => Answer }>> = {
  sendEdoc: { method: 'POST', run: sendEdoc },
  syncReceivedEdocList: { method: 'GET', run: syncReceivedEdocList },
  getEdoc: { method: 'GET', run: getEdoc },
  updateStatus: { method: 'POST', run: updateStatus },
  getSentEdocList: { method: 'GET', run: getSentEdocList },
  getAgenciesList: { method: 'GET', run: (_call, { tables }) => list([...tables.agencies.values()].map(({ id, pid, code, name, mail, oldCode }) => ({ id, pid, code, name, mail, oldCode }))) },
  registerAgency: { method: 'POST', run: registerAgency },
  deleteAgency: { method: 'POST', run: deleteAgency }
}

export function failed (errorCode: string, errorDesc: string): Answer {
  return { fields: { success: false, message: errorDesc, data: { docId: '', status: 'error', errorCode, errorDesc } } }
}

function ok (more: Record<string, unknown> = {}): Answer {
  return { fields: { success: true, message: 'Success', ...more } }
}

function list (data: object[]): Answer {
  return ok({ count: data.length, data })
}

function textIn (value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function sendEdoc ({ system, form, headers }: Call, { tables, faults, now, factsOfOther }: World): Answer {
  if (spendFault(faults, 'sendErrors')) return failed(faults.sendErrorCode, `switched on; you sent ${system.secretKey}`)
  if (form?.file === undefined) return failed('10', 'the part edocFile is missing')
  const { messageType, file } = form
  if (messageType !== 'edoc' && messageType !== 'status') return failed('10', 'messageType is edoc or status')
  const facts = readMessageFacts(file.head, messageType) ?? factsOfOther?.(file.head)
  if (facts === undefined) return failed('22', 'no edXML')
  if (facts.from === undefined || !system.agencies.includes(facts.from)) return failed('19', `${facts.from ?? ''} is not registered by this system`)
  if (facts.recipients.length === 0) return failed('18', 'no receiver')
  for (const code of facts.recipients) {
    const agency = tables.agencies.get(code)
    if (agency === undefined) return failed('18', `${code} does not exist`)
    if (agency.locked) return failed('23', `${code} is locked`)
  }
  const one = (name: string): string | undefined => typeof headers[name] === 'string' ? headers[name] : undefined
  const { from, recipients: to, title, notation } = facts
  const message = putMessage(tables, { from, to, messageType, title, notation, sentAt: now(), size: file.size, sha256: file.sha256, deliveryId: one('idempotency-key'), traceparent: one('traceparent'), bytes: file.bytes })
  return message === undefined ? failed('20', 'the simulator is full') : ok({ docId: message.senderDocId })
}

function isBetween (at: number, query: URLSearchParams): boolean {
  const day = listTime(at).slice(0, 10)
  const [from, to] = ['fromDate', 'toDate'].map(name => query.get(name)?.slice(0, 10).replaceAll('/', '-'))
  return (from === undefined || day >= from) && (to === undefined || day <= to)
}

function syncReceivedEdocList ({ system, query }: Call, { tables, faults }: World): Answer {
  let rows: Listed[] = [...tables.queue.values()].filter(({ message, item }) => message.messageType === (query.get('messageType') ?? 'edoc') && system.agencies.includes(item.to) && isBetween(message.sentAt, query))
  if (!faults.keepListed) rows = rows.filter(({ item: { status } }) => status === 'initial' || status === 'processing')
  if (faults.outOfOrder) rows = rows.reverse()
  const listed = rows.map(({ message, item }) => ({
    serviceType: 'eDoc', createdTime: listTime(message.sentAt), updatedTime: listTime(item.updatedAt), messageType: message.messageType, docId: item.receiverDocId, from: message.from, to: item.to,
    status: faults.keepListed ? 'initial' : item.status, statusDesc: item.description
  }))
  return list(faults.duplicateListing ? listed.flatMap(row => [row, row]) : listed)
}

function itemOf (docId: unknown, { system }: Call, { tables }: World): Listed | undefined {
  const found = tables.queue.get(textIn(docId))
  return found !== undefined && system.agencies.includes(found.item.to) ? found : undefined
}

function getEdoc (call: Call, world: World): Answer {
  if (spendFault(world.faults, 'getErrors')) return failed('20', 'switched on')
  const found = itemOf(call.query.get('docId'), call, world)
  if (found?.message.bytes === undefined) return failed('10', 'no such document')
  found.item.fetched++
  const { from, title, notation, bytes } = found.message
  return { ...ok({ data: { docId: found.item.receiverDocId, from, fromName: world.tables.agencies.get(from)?.name ?? '', edocCode: notation, edocAbstract: title } }), message: bytes }
}

function updateStatus (call: Call, world: World): Answer {
  if (spendFault(world.faults, 'updateErrors')) return failed('20', 'switched on')
  const { docId, status, description } = call.fields
  const found = itemOf(docId, call, world)
  if (found === undefined) return failed('10', 'no such document')
  const fault = setStatus(found.item, { status, description, at: world.now() })
  return fault === undefined ? ok() : failed('10', fault)
}

function getSentEdocList ({ system, query }: Call, { tables, faults }: World): Answer {
  if (spendFault(faults, 'sentListErrors')) return failed('20', 'switched on')
  const messageType = query.get('messageType')
  const sent = [...tables.messages.values()].filter(each => system.agencies.includes(each.from) && (messageType === null || each.messageType === messageType) && isBetween(each.sentAt, query))
  return list(sentRows(sent))
}

function registerAgency ({ system, fields }: Call, { tables }: World): Answer {
  const [code, name, pid, mail] = ['code', 'name', 'pcode', 'mail'].map(field => textIn(fields[field])) as [string, string, string, string]
  if (code === '' || name === '') return failed('10', 'code and name are needed')
  const owner = [...tables.systems.values()].find(({ agencies }) => agencies.includes(code))
  if (owner !== undefined && owner.systemId !== system.systemId) return failed('19', 'another system has registered this agency')
  tables.agencies.set(code, { id: textIn(fields['id']) || code, pid, code, name, mail, oldCode: '', locked: false })
  if (owner === undefined) system.agencies.push(code)
  return ok()
}

function deleteAgency ({ system, fields }: Call, { tables }: World): Answer {
  const code = textIn(fields['code'])
  if (!system.agencies.includes(code)) return failed('19', `${code} is not registered by this system`)
  tables.agencies.delete(code)
  system.agencies.splice(system.agencies.indexOf(code), 1)
  return ok()
}
