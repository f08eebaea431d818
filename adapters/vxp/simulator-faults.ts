// How the simulated axis misbehaves: switches with a value each, set at the start or over HTTP while it runs.
export interface Faults {
  /** Every answer comes so late, ms. */
  latencyMs: number
  /** So many calls from now on are answered with this HTTP status; the operation takes no effect. */
  httpErrors: number
  httpStatus: number
  /** So many calls of sendEdoc from now on are carried out, and then the connection is reset. */
  resetAfterCommit: number
  /** So many calls from now on get no answer at all. */
  silent: number
  /** So many calls from now on are answered with what is no JSON. */
  nonsense: number
  /** So many calls of sendEdoc from now on fail with this ErrorCode. */
  sendErrors: number
  sendErrorCode: string
  /** So many calls of getSentEdocList, getEdoc or updateStatus from now on fail with ErrorCode 20. */
  sentListErrors: number
  getErrors: number
  updateErrors: number
  /** Every row of a queue is listed twice. */
  duplicateListing: boolean
  /** Lists give the newest first, and statuses that come after their document before it. */
  outOfOrder: boolean
  /** getEdoc breaks off in the middle. */
  cutMessages: number
  /** The clock of the axis is so far ahead, ms; time stamps must then be within five minutes of it. */
  clockSkewMs: number
  /** Behaves like a strict deserialiser: 22 for a wrong root, or envelope children without prefix. */
  strict: boolean
  /** A trace header of the axis is added: with its code, or with the literal null that real ones were seen with. */
  trace: 'code' | 'null' | 'off'
  /** What receivers get is written anew. */
  dropEmpty: boolean
  insertDirection: boolean
  rezip: boolean
  stripSignature: boolean
  emptyResponseFor: boolean
}

export const NO_FAULTS: Readonly<Faults> = {
  latencyMs: 0, httpErrors: 0, httpStatus: 500, resetAfterCommit: 0, silent: 0, nonsense: 0, sendErrors: 0, sendErrorCode: '20', sentListErrors: 0, getErrors: 0, updateErrors: 0,
  duplicateListing: false, outOfOrder: false, cutMessages: 0, clockSkewMs: 0, strict: false, trace: 'code', dropEmpty: false, insertDirection: false, rezip: false, stripSignature: false, emptyResponseFor: false
}

/** Sets what is given, by name. Throws a `RangeError` that names what is unknown or of the wrong kind; then nothing is set. */
export function setFaults (faults: Faults, given: Readonly<Record<string, unknown>>): void {
  const checked = Object.entries(given).map(([name, value]) => [name, faultValue(name, value)] as const)
  Object.assign(faults, Object.fromEntries(checked))
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
    if (!Number.isInteger(number) || (number < 0 && name !== 'clockSkewMs')) throw new RangeError(`"${name}" is a whole number`)
    return number
  }
  if (name === 'trace' ? !['code', 'null', 'off'].includes(String(value)) : !/^[A-Za-z0-9_-]{1,20}$/.test(String(value))) throw new RangeError(`"${name}" is not ${String(value).slice(0, 40)}`)
  return String(value)
}

/** True for the first `count` times. */
export function spend (faults: Faults, name: 'httpErrors' | 'resetAfterCommit' | 'silent' | 'nonsense' | 'sendErrors' | 'sentListErrors' | 'getErrors' | 'updateErrors' | 'cutMessages'): boolean {
  if (faults[name] <= 0) return false
  faults[name]--
  return true
}
