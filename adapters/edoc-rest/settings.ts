// What config.schema.json describes, and which account speaks for which agency.

/** An account at the platform. `username` and `password` get a token; every call says by `systemId` and `secretKey` for whom it is made. */
export interface Account { readonly systemId: string, readonly secretKey: string, readonly username: string, readonly password: string }

export interface Registration { id?: string, code: string, pcode?: string, name: string, mail?: string, mobile?: string, fax?: string }

export type MessageType = 'edoc' | 'status'

export type Meaning = 'refuse' | 'retry' | 'retry-once' | 'credentials'

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

/** The account that an agency sends with; undefined when none was given to it. */
export function accountOf (code: string, { accounts }: Pick<Settings, 'accounts'>): Account | undefined {
  const wanted = plainCode(code)
  return accounts.find(({ agencies }) => agencies.some(each => plainCode(each) === wanted))
}

/** Everything that must not come back in a reason. */
export function secretsOf ({ accounts }: Pick<Settings, 'accounts'>): string[] {
  return accounts.flatMap(({ secretKey, password }) => [secretKey, password])
}

/** Codes are compared without blanks and whatever their case. */
export function plainCode (code: string): string {
  return code.normalize('NFKC').replace(/\s+/g, '').toUpperCase()
}
