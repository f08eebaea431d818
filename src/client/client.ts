// What an agency's program does with the hub: hand in, follow, fetch. Every call may be repeated, and repeats itself.
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { DeliveryState, Envelope } from '../model/generated.js'
import type { Language } from '../model/text.js'
import { toBody, type Sendable } from './body.js'
import { download } from './content.js'
import { createExchange, type RetrySettings } from './exchange.js'
import { createInbox, type Inbox } from './inbox.js'
import type { Accepted, PackageEvent, PackageSummary, PackageView, Plan, Recipients } from './types.js'
import { waitFor, type Awaited, type WaitOptions } from './wait.js'

export interface ClientSettings {
  /** Address of the hub, e.g. `https://truc.lamdong.gov.vn`. */
  readonly url: string
  readonly key: string
  /** Of sentences in answers. Errors have both. Default `vi`. */
  readonly language?: Language
  readonly retries?: RetrySettings
  /** For each try of a request; a large body has more. Default 60,000. */
  readonly timeoutMs?: number
  /** In place of the one of Node: a proxy, a client certificate, a double. */
  readonly fetch?: typeof globalThis.fetch
}

interface Signalled { readonly signal?: AbortSignal }

export interface ValidateOptions extends Signalled {
  /** Media type of the content. Default: by the name of the file (`.xml`, `.edxml`, `.json`), else `application/xml`. Not for a form. */
  readonly contentType?: string
  /** The content is in this format: a mapping of the hub, `dvcqg`, `noihoso`, `dvclt`; `none`: whatever the account is set to. */
  readonly translation?: string
  /** With `dvcqg`, `noihoso`, `dvclt`: codes, where the message does not tell. */
  readonly from?: string
  readonly to?: readonly string[]
  /** What is not delivered by then expires. */
  readonly expiresAt?: Date
  /** To be delivered by then; travels urgent. */
  readonly deliverBy?: Date
  /** Told as bytes go out; starts again from 0 when it is tried again. */
  readonly onProgress?: (sentBytes: number, totalBytes: number | undefined) => void
}

export interface SendOptions extends ValidateOptions {
  /** 1 to 255 visible ASCII characters, one for each package. Keep it with your document: after a crash, send again with the same. Default: a new one. */
  readonly idempotencyKey?: string
}

export interface PackageFilter {
  readonly kind?: Envelope['kind']
  /** Codes in any form. */
  readonly from?: string
  readonly to?: string
  readonly correlationId?: string
  /** State of at least one delivery. */
  readonly state?: DeliveryState
  readonly acceptedFrom?: Date
  readonly acceptedTo?: Date
}

/** Every method throws `ApiError` when the hub says no, `ConnectionError` when it cannot be reached, and the reason of a `signal`. */
export interface Client {
  /** Hands a package in. When it resolves, the package is safe with the hub. */
  send (content: Sendable, options?: SendOptions): Promise<Accepted>
  /** Makes all checks of `send` and stores nothing. */
  validate (content: Sendable, options?: ValidateOptions): Promise<Plan>
  package (id: string, options?: Signalled): Promise<PackageView>
  /** Newest first, page by page as they are read. */
  packages (filter?: PackageFilter, options?: Signalled): AsyncIterable<PackageSummary>
  /** Who has it, who refused it, who is waited for, and what each did with the document. */
  recipients (id: string, options?: Signalled): Promise<Recipients>
  /** What happened, oldest first, page by page as they are read. */
  events (id: string, options?: Signalled): AsyncIterable<PackageEvent>
  /** The original bytes, checked while they pass. */
  content (id: string, options?: Signalled): Readable
  /** One file of a package, by its `n`, checked while it passes. */
  attachment (id: string, n: number, options?: Signalled): Readable
  /** Asks until all deliveries are in a state, or until a function says so. Throws `WaitError` with the package as it was seen last. */
  waitFor (id: string, awaited: Awaited, options?: WaitOptions): Promise<PackageView>
  readonly inbox: Inbox
}

const RETRIES: Required<RetrySettings> = { attempts: 5, firstMs: 500, mostMs: 30_000, mostRetryAfterMs: 120_000 }

/** A client of one hub with one key. It holds nothing open between calls and needs no closing. */
export function createClient ({ url, key, language = 'vi', retries, timeoutMs = 60_000, fetch = globalThis.fetch }: ClientSettings): Client {
  if (!/^[\x21-\x7e]+$/.test(key)) throw new TypeError('the key is empty, or holds what no key holds')
  const exchange = createExchange({ url, key, language, timeoutMs, fetch, retries: { ...RETRIES, ...retries } })
  const pathOf = (id: string, more = ''): string => `/v1/packages/${encodeURIComponent(id)}${more}`
  const read = async (id: string, { signal }: Signalled = {}): Promise<PackageView> => await exchange.json({ path: pathOf(id), signal })

  async function hand<Answer> (content: Sendable, path: string, { contentType, signal, onProgress, ...query }: ValidateOptions, headers = {}): Promise<Answer> {
    return await exchange.json({ method: 'POST', path, query: queryOf(query), headers, body: await toBody(content, contentType), signal, onProgress })
  }

  async function * pages<Item> (path: string, query: Record<string, string | number | undefined>, signal: AbortSignal | undefined): AsyncGenerator<Item> {
    let cursor: string | undefined
    do {
      const page: { items: Item[], nextCursor?: string } = await exchange.json({ path, query: { ...query, cursor }, signal })
      yield * page.items
      cursor = page.nextCursor
    } while (cursor !== undefined)
  }

  return {
    send: async (content, { idempotencyKey = randomUUID(), ...options } = {}) => await hand(content, '/v1/packages', options, { 'idempotency-key': idempotencyKey }),
    validate: async (content, options = {}) => await hand(content, '/v1/packages/validate', options),
    package: read,
    packages: (filter = {}, { signal } = {}) => pages('/v1/packages', queryOf(filter), signal),
    recipients: async (id, { signal } = {}) => await exchange.json({ path: pathOf(id, '/recipients'), signal }),
    events: (id, { signal } = {}) => pages(pathOf(id, '/timeline'), { limit: 500 }, signal),
    content: (id, { signal } = {}) => download(exchange, pathOf(id, '/content'), { signal }).stream,
    attachment: (id, n, { signal } = {}) => download(exchange, pathOf(id, `/attachments/${n}`), { signal }).stream,
    waitFor: async (id, awaited, options = {}) => await waitFor(async () => await read(id, options), awaited, options),
    inbox: createInbox(exchange)
  }
}

/** Dates as instants, lists with commas. */
function queryOf (given: PackageFilter | Omit<ValidateOptions, 'contentType' | 'signal' | 'onProgress'>): Record<string, string | undefined> {
  const values: Array<[string, string | Date | readonly string[] | undefined]> = Object.entries(given)
  return Object.fromEntries(values.map(([name, value]) => [name, value instanceof Date ? value.toISOString() : typeof value === 'object' ? value.join(',') : value]))
}
