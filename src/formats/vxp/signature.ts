// How calls of the national document axis (VXP) are signed: HMAC-SHA256 over a JSON text of the call's own headers, as the
// vendor's SDK does it. One place for who signs (the adapter), who checks (the hub's door) and the simulator.
import { createHmac, timingSafeEqual } from 'node:crypto'

const PREFIX = 'XroadVnpt-'
const SIGNED = 'xroadvnpt-sign-header'
const HASH = 'xroadvnpt-hash-header'
const OFFSET_MS = 7 * 3_600_000

/**
 * The headers of a signed call. `parameters` are the operation's own (`servicetype`, `docId` …), in the order in which
 * they are signed, after `timestamp` and `systemid`; `contentType` goes last and is also sent without the prefix.
 */
export function signVxp (parameters: Readonly<Record<string, string>>, { systemId, secret, at, contentType }: { systemId: string, secret: string, at: number, contentType: string }): Record<string, string> {
  const named: Array<[string, string]> = [['timestamp', writeVxpTimestamp(at)], ['systemid', systemId], ...Object.entries(parameters), ['Content-Type', contentType]]
  const signed = JSON.stringify(Object.fromEntries(named.map(([name, value]) => [PREFIX + name, value])))
  return {
    'Content-Type': contentType,
    ...Object.fromEntries(named.map(([name, value]) => [PREFIX + name, value])),
    'XroadVnpt-sign-header-key': named.map(([name]) => name).join(';'),
    'XroadVnpt-sign-header': signed,
    'XroadVnpt-hash-header': hashOf(signed, secret),
    'XroadVnpt-version': '3.0.201608',
    'User-Agent': 'JAVASDKAgent/1.0.0 XRoad/VPCP'
  }
}

export type VxpCall =
  /**
   * `parameters`: what was signed, names in lower case without the prefix, the first of each name. `written`: the same by names as
   * they were written, because `docId` and `docid` may be two things: the one of this call and one of an earlier call.
   */
  | { kind: 'signed', systemId: string, parameters: ReadonlyMap<string, string>, written: ReadonlyMap<string, string> }
  | { kind: 'rejected', because: 'unsigned' | 'unreadable' | 'unknown-system' | 'wrong-hash' }

/**
 * Checks a call by its headers (names in lower case). Parameters come from the signed text alone: the vendor's client sends
 * names twice (`docId`, `docid`), which HTTP merges, and lets headers of earlier calls leak into later ones. So neither a
 * header that differs nor a time stamp that was seen before is a fault; how old it may be is the caller's decision.
 */
export function verifyVxp (headers: Readonly<Record<string, string | string[] | undefined>>, secretOf: (systemId: string) => string | undefined): VxpCall {
  const signed = one(headers[SIGNED])
  const hash = one(headers[HASH])
  if (signed === undefined || hash === undefined) return { kind: 'rejected', because: 'unsigned' }
  const pairs = pairsOf(signed)
  const parameters = pairs === undefined ? undefined : firstOfEach(pairs, name => name.toLowerCase())
  const systemId = parameters?.get('systemid')
  if (pairs === undefined || parameters === undefined || systemId === undefined) return { kind: 'rejected', because: 'unreadable' }
  const secret = secretOf(systemId)
  if (secret === undefined) return { kind: 'rejected', because: 'unknown-system' }
  return isSame(hash.trim().toLowerCase(), hashOf(signed, secret)) ? { kind: 'signed', systemId, parameters, written: firstOfEach(pairs, name => name) } : { kind: 'rejected', because: 'wrong-hash' }
}

/** `ddMMyyyy'T'HHmmss+SSSS` in UTC+7; what follows the plus are milliseconds. */
export function writeVxpTimestamp (at: number): string {
  const [date = '', time = ''] = new Date(at + OFFSET_MS).toISOString().split('T')
  const [year = '', month = '', day = ''] = date.split('-')
  return `${day}${month}${year}T${time.slice(0, 8).replaceAll(':', '')}+${time.slice(9, 12).padStart(4, '0')}`
}

/** Epoch ms of a time stamp; undefined when it is none. */
export function readVxpTimestamp (value: string): number | undefined {
  const [, day, month, year, hour, minute, second, ms] = /^(\d\d)(\d\d)(\d{4})T(\d\d)(\d\d)(\d\d)\+(\d{3,4})$/.exec(value.trim()) ?? []
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.000+07:00`)
  return Number.isNaN(at) ? undefined : at + Number(ms)
}

function hashOf (signed: string, secret: string): string {
  return createHmac('sha256', secret).update(signed, 'utf8').digest('hex')
}

function isSame (given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Names without the prefix. */
function firstOfEach (pairs: ReadonlyArray<[string, string]>, spell: (name: string) => string): Map<string, string> {
  const found = new Map<string, string>()
  for (const [name, value] of pairs) {
    const plain = spell(name.toLowerCase().startsWith(PREFIX.toLowerCase()) ? name.slice(PREFIX.length) : name)
    if (!found.has(plain)) found.set(plain, value)
  }
  return found
}

function pairsOf (signed: string): Array<[string, string]> | undefined {
  try {
    const value: unknown = JSON.parse(signed)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return Object.entries(value).map(([name, each]) => [name, typeof each === 'string' ? each : JSON.stringify(each)])
  } catch {
    return undefined
  }
}

/** Node hands header bytes over as Latin-1; the text that was signed is UTF-8. */
function one (value: string | string[] | undefined): string | undefined {
  const first = Array.isArray(value) ? value[0] : value
  return first === undefined ? undefined : Buffer.from(first, 'latin1').toString('utf8')
}
