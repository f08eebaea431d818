// How the simulated platform misbehaves: switches with a value each, set at the start or over HTTP while it runs.
export interface Faults {
  /** Every answer comes so late, ms. */
  latencyMs: number
  /** So many calls from now on are answered with this HTTP status; the operation takes no effect. */
  httpErrors: number
  httpStatus: number
  /** So many calls from now on get no answer at all, are answered with what is no JSON, or with 401 although the token holds. */
  silent: number
  nonsense: number
  tokenErrors: number
  /** So many logins from now on are refused. */
  loginErrors: number
  /** How long a token holds, s. */
  tokenSeconds: number
  /** Tokens are no JWT. */
  opaqueTokens: boolean
  /** So many calls of sendEdoc from now on fail with this errorCode. */
  sendErrors: number
  sendErrorCode: string
  /** So many calls of sendEdoc from now on are carried out, and then the connection is reset. */
  resetAfterCommit: number
  /** So many calls of these operations from now on fail with errorCode 20. */
  sentListErrors: number
  getErrors: number
  updateErrors: number
  /** getEdoc breaks off in the middle. */
  cutMessages: number
  /** Lists name every row twice, newest first; they still name what was acknowledged, as initial. */
  duplicateListing: boolean
  outOfOrder: boolean
  keepListed: boolean
  /** How getEdoc gives the message. */
  edxmlAs: 'base64' | 'plain' | 'attachment'
}

export const NO_FAULTS: Readonly<Faults> = {
  latencyMs: 0, httpErrors: 0, httpStatus: 500, silent: 0, nonsense: 0, tokenErrors: 0, loginErrors: 0, tokenSeconds: 1800, opaqueTokens: false, sendErrors: 0, sendErrorCode: '20', resetAfterCommit: 0,
  sentListErrors: 0, getErrors: 0, updateErrors: 0, cutMessages: 0, duplicateListing: false, outOfOrder: false, keepListed: false, edxmlAs: 'base64'
}

/** Sets what is given, by name. Throws a `RangeError` that names what is unknown or of the wrong kind; then nothing is set. */
export function setFaults (faults: Faults, given: Readonly<Record<string, unknown>>): void {
  Object.assign(faults, Object.fromEntries(Object.entries(given).map(([name, value]) => [name, faultValue(name, value)] as const)))
}

function faultValue (name: string, value: unknown): unknown {
  if (!Object.hasOwn(NO_FAULTS, name)) throw new RangeError(`no fault "${name}"; there are: ${Object.keys(NO_FAULTS).join(', ')}`)
  const usual = NO_FAULTS[name as keyof Faults]
  if (typeof usual === 'boolean') {
    if (![true, false, 'true', 'false'].includes(value as boolean)) throw new RangeError(`"${name}" is true or false`)
    return value === true || value === 'true'
  }
  if (typeof usual === 'number') {
    // A number of times may be left out: once.
    const number = value === 'true' || value === true ? 1 : Number(value)
    if (!Number.isInteger(number) || number < 0) throw new RangeError(`"${name}" is a whole number`)
    return number
  }
  if (name === 'edxmlAs' ? !['base64', 'plain', 'attachment'].includes(String(value)) : !/^[A-Za-z0-9_-]{1,20}$/.test(String(value))) throw new RangeError(`"${name}" is not ${String(value).slice(0, 40)}`)
  return String(value)
}

type Counted = 'httpErrors' | 'silent' | 'nonsense' | 'tokenErrors' | 'loginErrors' | 'sendErrors' | 'resetAfterCommit' | 'sentListErrors' | 'getErrors' | 'updateErrors' | 'cutMessages'

/** True for the first `count` times. */
export function spend (faults: Faults, name: Counted): boolean {
  if (faults[name] <= 0) return false
  faults[name]--
  return true
}
