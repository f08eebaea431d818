// What the simulated axis knows: agencies, systems with their secrets, messages and one queue item for each receiver. In memory.
import { randomUUID } from 'node:crypto'

export type QueueStatus = 'initial' | 'processing' | 'done' | 'fail'

export interface AgencyRow { id: string, pid: string, code: string, name: string, mail: string, oldCode: string, code102: string, closed: boolean, locked: boolean, version: number, modifiedAt: number }

export interface SystemRow { systemId: string, secret: string, agencies: string[] }

export interface QueueRow { receiverDocId: string, to: string, status: QueueStatus, description: string, updatedAt: number, fetched: number }

export interface MessageRow {
  senderDocId: string
  from: string
  messageType: string
  serviceType: string
  title: string | undefined
  notation: string | undefined
  sentAt: number
  /** As it was sent, and its SHA-256 (hex). */
  size: number
  sha256: string
  /** Unsigned headers of the sender that mean something to it. */
  deliveryId: string | undefined
  traceparent: string | undefined
  /** As receivers get it; absent once it was dropped to make room. */
  bytes: Buffer | undefined
  items: QueueRow[]
}

export interface Tables {
  readonly agencies: Map<string, AgencyRow>
  readonly systems: Map<string, SystemRow>
  /** By senderDocId, oldest first. */
  readonly messages: Map<string, MessageRow>
  /** By receiverDocId. */
  readonly queue: Map<string, { message: MessageRow, item: QueueRow }>
  /** Calls by operation, of all systems. */
  readonly calls: Map<string, number>
}

/** Messages held at most, and bytes of all of them; what was acknowledged goes first. */
const MOST_MESSAGES = 20_000
const MOST_BYTES = 2 ** 30

export function createTables (now: () => number): Tables {
  const tables: Tables = { agencies: new Map(), systems: new Map(), messages: new Map(), queue: new Map(), calls: new Map() }
  seed(tables, now)
  return tables
}

/** Three systems, as a province, a ministry and another province would have them. The secrets are for demonstration. */
export function seed (tables: Tables, now: () => number): void {
  for (const table of Object.values(tables) as Array<Map<string, unknown>>) table.clear()
  const agencies: Array<[code: string, name: string, parent?: string]> = [
    ['H36', 'UBND tỉnh Lâm Đồng'], ['H36.11', 'Sở Tư pháp tỉnh Lâm Đồng', 'H36'], ['H36.03', 'Sở Tài chính tỉnh Lâm Đồng', 'H36'], ['H36.101', 'UBND xã Đức Trọng', 'H36'],
    ['H36.99.01', 'Sở Thử nghiệm', 'H36'], ['H36.99.03', 'UBND xã Mẫu', 'H36'], ['G15', 'Bộ Tư pháp'], ['H26', 'UBND thành phố Hà Nội']
  ]
  for (const [code, name, parent = ''] of agencies) putAgency(tables, { code, name, pid: parent }, now())
  const systems: Array<[string, string[]]> = [['HUB-H36', ['H36', 'H36.11', 'H36.03', 'H36.101', 'H36.99.01', 'H36.99.03']], ['BO-TU-PHAP', ['G15']], ['HA-NOI', ['H26']]]
  for (const [systemId, codes] of systems) tables.systems.set(systemId, { systemId, secret: `demo-secret-${systemId.toLowerCase()}`, agencies: codes })
}

export function putAgency ({ agencies }: Tables, given: { code: string, name: string, id?: string, pid?: string, mail?: string, oldCode?: string }, at: number): AgencyRow {
  const before = agencies.get(given.code)
  const old = given.oldCode ?? before?.oldCode ?? ''
  const row: AgencyRow = {
    id: given.id ?? before?.id ?? given.code,
    pid: given.pid ?? before?.pid ?? '',
    code: given.code,
    name: given.name,
    mail: given.mail ?? before?.mail ?? '',
    oldCode: old,
    code102: before?.code102 ?? oldOrder(given.code),
    closed: false,
    locked: false,
    version: (before?.version ?? 0) + 1,
    modifiedAt: at
  }
  agencies.set(row.code, row)
  return row
}

/** The code in the order of QCVN 102:2016: H36.11 → 000.00.11.H36. */
function oldOrder (code: string): string {
  const groups = code.split('.').reverse()
  return ['000', '00', '00'].slice(0, Math.max(0, 4 - groups.length)).concat(groups).join('.')
}

/** Stores a message with one queue item for each receiver. Makes room first; answers undefined when there is none. */
export function putMessage (tables: Tables, message: Omit<MessageRow, 'senderDocId' | 'items'> & { to: readonly string[] }): MessageRow | undefined {
  if (!makeRoom(tables, message.bytes?.length ?? 0)) return undefined
  const { to, ...rest } = message
  const items = to.map((code): QueueRow => ({ receiverDocId: randomUUID(), to: code, status: 'initial', description: '', updatedAt: message.sentAt, fetched: 0 }))
  const row: MessageRow = { ...rest, senderDocId: randomUUID(), items }
  tables.messages.set(row.senderDocId, row)
  for (const item of items) tables.queue.set(item.receiverDocId, { message: row, item })
  return row
}

function makeRoom (tables: Tables, wanted: number): boolean {
  const held = (): number => [...tables.messages.values()].reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0)
  let size = held()
  for (const message of tables.messages.values()) {
    if (size + wanted <= MOST_BYTES && tables.messages.size < MOST_MESSAGES) return true
    if (message.items.some(({ status }) => status === 'initial' || status === 'processing')) continue
    size -= message.bytes?.length ?? 0
    tables.messages.delete(message.senderDocId)
    for (const { receiverDocId } of message.items) tables.queue.delete(receiverDocId)
  }
  return size + wanted <= MOST_BYTES && tables.messages.size < MOST_MESSAGES
}

/** `yyyy-MM-dd HH:mm:ss` in Vietnam, as lists write times. */
export function listTime (at: number): string {
  return new Date(at + 7 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
}
