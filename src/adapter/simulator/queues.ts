// What a simulated system with queues knows of messages: one queue item for each receiver. In memory.
import { createHash, randomUUID } from 'node:crypto'

export type QueueStatus = 'initial' | 'processing' | 'done' | 'fail'

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
  /** Headers of the sender that mean something to it. */
  deliveryId: string | undefined
  traceparent: string | undefined
  /** As receivers get it; absent for what is too large to be kept. */
  bytes: Buffer | undefined
  items: QueueRow[]
}

export interface Listed { message: MessageRow, item: QueueRow }

export interface QueueTables {
  /** By senderDocId, oldest first. */
  readonly messages: Map<string, MessageRow>
  /** By receiverDocId. */
  readonly queue: Map<string, Listed>
  /** Calls by operation, of all systems. */
  readonly calls: Map<string, number>
}

/** Messages held at most, and bytes of all of them; what was acknowledged goes first. */
const MOST_MESSAGES = 20_000
const MOST_BYTES = 2 ** 30

export function createQueueTables (): QueueTables {
  return { messages: new Map(), queue: new Map(), calls: new Map() }
}

/** What must be known of a message; size and hash are those of its bytes unless they are given. */
export interface NewMessage extends Partial<Omit<MessageRow, 'senderDocId' | 'items'>> { from: string, to: readonly string[], sentAt: number, bytes: Buffer | undefined }

/** Stores a message with one queue item for each receiver. Makes room first; answers undefined when there is none. */
export function putMessage (tables: QueueTables, { to, bytes, sentAt, ...more }: NewMessage): MessageRow | undefined {
  if (!hasRoom(tables, bytes?.length ?? 0)) return undefined
  const row: MessageRow = {
    messageType: 'edoc', serviceType: 'eDoc', title: '', notation: '', size: bytes?.length ?? 0, sha256: createHash('sha256').update(bytes ?? '').digest('hex'), deliveryId: undefined, traceparent: undefined,
    ...more, sentAt, bytes, senderDocId: randomUUID(),
    items: to.map(code => ({ receiverDocId: randomUUID(), to: code, status: 'initial', description: '', updatedAt: sentAt, fetched: 0 }))
  }
  tables.messages.set(row.senderDocId, row)
  for (const item of row.items) tables.queue.set(item.receiverDocId, { message: row, item })
  return row
}

function hasRoom ({ messages, queue }: QueueTables, wanted: number): boolean {
  let size = [...messages.values()].reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0)
  const isEnough = (): boolean => size + wanted <= MOST_BYTES && messages.size < MOST_MESSAGES
  for (const { senderDocId, bytes, items } of messages.values()) {
    if (isEnough()) return true
    if (items.some(({ status }) => status === 'initial' || status === 'processing')) continue
    size -= bytes?.length ?? 0
    messages.delete(senderDocId)
    for (const { receiverDocId } of items) queue.delete(receiverDocId)
  }
  return isEnough()
}

/** A receiver's word about an item. Answers what is wrong with it; undefined when it was taken. */
export function setStatus (item: QueueRow, { status, description, at }: { status: unknown, description: unknown, at: number }): string | undefined {
  if (status !== 'processing' && status !== 'done' && status !== 'fail') return 'status is processing, done or fail'
  Object.assign(item, { status, description: typeof description === 'string' ? description : '', updatedAt: at })
  return undefined
}

/** The rows of the list of what was sent. */
export function sentRows (messages: readonly MessageRow[]): object[] {
  return messages.flatMap(({ senderDocId, from, serviceType, messageType, title, notation, sentAt, items }) => items.map(item => ({
    senderDocId, receiverDocId: item.receiverDocId, fromCode: from, toCode: item.to, serviceType, messageType, title: title ?? null, notation: notation ?? null,
    sentTime: listTime(sentAt), receivedTime: listTime(item.updatedAt), sendStatus: 'sent', sendStatusDesc: '', receiveStatus: item.status, receiveStatusDesc: item.description
  })))
}

/** `yyyy-MM-dd HH:mm:ss` in Vietnam, as lists write times. */
export function listTime (at: number): string {
  return new Date(at + 7 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
}
