// What config.schema.json describes, and which accounts there are.
import type { Meaning, Registration } from 'lienthong/adapter'

/** An account at the platform. `username` and `password` get a token; every call says by `systemId` and `secretKey` for whom it is made. */
export interface Account { readonly systemId: string, readonly secretKey: string, readonly username: string, readonly password: string }

export type MessageType = 'edoc' | 'status'

export type Operation = 'login' | 'send' | 'received' | 'get' | 'updateStatus' | 'sent' | 'agencies' | 'register' | 'remove'

export interface Settings {
  url: string
  accounts: Array<Account & { agencies: string[] }>
  paths: Record<Operation, string>
  login: { applicationCode: string, fields: Record<string, unknown> }
  loginRetryMs: number
  correlationHeaders: boolean
  messageTypes: MessageType[]
  pollIntervalMs: number
  maxBackoffMs: number
  lookBackDays: number
  mostLookBackDays: number
  windowDays: number
  queueStatuses: string[]
  itemFor: 'recipient' | 'document'
  parallel: number
  fetchTimeoutMs: number
  callTimeoutMs: number
  sentList: boolean
  sentToleranceMs: number
  errorCodes: Record<string, Meaning>
  registrations: Registration[]
  removals: string[]
}

/** Every account once, in the order of the settings. */
export function accountsOf ({ accounts }: Pick<Settings, 'accounts'>): Account[] {
  return [...new Map(accounts.map(({ agencies: _agencies, ...account }) => [account.systemId, account])).values()]
}

/** Everything that must not come back in a reason. */
export function secretsOf ({ accounts }: Pick<Settings, 'accounts'>): string[] {
  return accounts.flatMap(({ secretKey, password }) => [secretKey, password])
}
