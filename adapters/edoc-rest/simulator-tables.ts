// What the simulated platform knows: agencies, systems with their credentials, tokens, and messages with one queue item for each
// receiver. In memory.
import { randomUUID } from 'node:crypto'

export type QueueStatus = 'initial' | 'processing' | 'done' | 'fail'

export interface AgencyRow { id: string, pid: string, code: string, name: string, mail: string, oldCode: string, locked: boolean }

export interface SystemRow { systemId: string, secretKey: string, username: string, password: string, agencies: string[] }

export interface QueueRow { receiverDocId: string, to: string, status: QueueStatus, description: string, updatedAt: number, fetched: number }

export interface MessageRow {
  senderDocId: string
  from: string
  messageType: string
  title: string
  notation: string
  sentAt: number
  /** As it was sent, and its SHA-256 (hex). */
  size: number
  sha256: string
  /** Headers of the sender that mean something to it. */
  deliveryId: string | undefined
  traceparent: string | undefined
  /** Absent for large ones. */
  bytes: Buffer | undefined
  items: QueueRow[]
}

export interface Tables {
  readonly agencies: Map<string, AgencyRow>
  readonly systems: Map<string, SystemRow>
  /** Token → when it ends, epoch ms. */
  readonly tokens: Map<string, number>
  /** By senderDocId, oldest first. */
  readonly messages: Map<string, MessageRow>
  /** By receiverDocId. */
  readonly queue: Map<string, { message: MessageRow, item: QueueRow }>
  /** Calls by operation. */
  readonly calls: Map<string, number>
}

const MOST_MESSAGES = 5000

export function createTables (): Tables {
  const tables: Tables = { agencies: new Map(), systems: new Map(), tokens: new Map(), messages: new Map(), queue: new Map(), calls: new Map() }
  seed(tables)
  return tables
}

/** Three systems of one province; two of them share a login. The secrets are for demonstration. */
export function seed (tables: Tables): void {
  for (const table of Object.values(tables) as Array<Map<string, unknown>>) table.clear()
  const agencies: Array<[code: string, name: string, parent?: string]> = [
    ['H37', 'UBND tỉnh Lạng Sơn'], ['H37.11', 'Sở Tư pháp tỉnh Lạng Sơn', 'H37'], ['H37.03', 'Sở Tài chính tỉnh Lạng Sơn', 'H37'], ['H37.101', 'UBND xã Mẫu', 'H37'],
    ['H36', 'UBND tỉnh Lâm Đồng'], ['H36.11', 'Sở Tư pháp tỉnh Lâm Đồng', 'H36'], ['H36.99.01', 'Sở Thử nghiệm', 'H36'], ['H36.99.03', 'UBND xã Mẫu', 'H36']
  ]
  for (const [code, name, pid = ''] of agencies) tables.agencies.set(code, { id: code, pid, code, name, mail: '', oldCode: '', locked: false })
  const systems: Array<[string, string, string[]]> = [['HUB-H36', 'hub', ['H36', 'H36.99.01', 'H36.99.03']], ['STP-H36', 'hub', ['H36.11']], ['LGSP-H37', 'lang-son', ['H37', 'H37.11', 'H37.03', 'H37.101']]]
  for (const [systemId, username, codes] of systems) {
    tables.systems.set(systemId, { systemId, secretKey: `demo-secret-${systemId.toLowerCase()}`, username, password: `demo-password-${username}`, agencies: codes })
  }
}

/** Stores a message with one queue item for each receiver. Undefined when the simulator is full. */
export function putMessage (tables: Tables, { to, ...rest }: Omit<MessageRow, 'senderDocId' | 'items'> & { to: readonly string[] }): MessageRow | undefined {
  if (tables.messages.size >= MOST_MESSAGES) return undefined
  const items = to.map((code): QueueRow => ({ receiverDocId: randomUUID(), to: code, status: 'initial', description: '', updatedAt: rest.sentAt, fetched: 0 }))
  const row: MessageRow = { ...rest, senderDocId: randomUUID(), items }
  tables.messages.set(row.senderDocId, row)
  for (const item of items) tables.queue.set(item.receiverDocId, { message: row, item })
  return row
}

/** `yyyy-MM-dd HH:mm:ss` in Vietnam, as lists write times. */
export function listTime (at: number): string {
  return new Date(at + 7 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
}
