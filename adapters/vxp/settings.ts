// What config.schema.json describes, and which account speaks for which agency.
import { accountNaming, type Meaning, type Registration } from 'lienthong/adapter'

/** An account at the axis. */
export interface Credential { readonly systemId: string, readonly secret: string }

export type MessageType = 'edoc' | 'status'

export interface Settings {
  url: string
  credentials: Array<Credential & { agencies: string[] }>
  default?: Credential
  serviceType: string
  sendMode: 'raw' | 'multipart'
  correlationHeaders: boolean
  messageTypes: MessageType[]
  pollIntervalMs: number
  maxBackoffMs: number
  pageSize: number
  maxPages: number
  queueStatuses: string[]
  itemFor: 'recipient' | 'document'
  parallel: number
  fetch: 'getEdoc' | 'downloadEdoc'
  fetchTimeoutMs: number
  callTimeoutMs: number
  timestamp: { offsetMs: number }
  sentToleranceMs: number
  errorCodes: Record<string, Meaning>
  directory: { sync: boolean, intervalMs: number, source: 'getAgenciesList' | 'getAgenciesListQD20' | 'getSynchronizeUnit', level?: string }
  register: boolean
  registrations: Registration[]
}

/** Every account once, in the order of the settings. */
export function accountsOf (settings: Pick<Settings, 'credentials' | 'default'>): Credential[] {
  const all = [...settings.credentials, ...(settings.default === undefined ? [] : [settings.default])]
  return [...new Map(all.map(({ systemId, secret }) => [systemId, { systemId, secret }])).values()]
}

/** The account that an agency sends with; undefined when none was given to it. */
export function accountOf (code: string, settings: Pick<Settings, 'credentials' | 'default'>): Credential | undefined {
  return accountNaming(code, settings.credentials) ?? settings.default
}
