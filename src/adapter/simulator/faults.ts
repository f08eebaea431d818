// How a simulated system misbehaves: switches with a value each, set at the start or over HTTP while it runs.
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Accidents of any system that keeps queues behind HTTP. A count is a number of calls from now on. */
export interface QueueFaults {
  /** Every answer comes so late, ms. */
  latencyMs: number
  /** So many calls are answered with this HTTP status; the operation takes no effect. */
  httpErrors: number
  httpStatus: number
  /** So many calls get no answer at all, or are answered with what is no JSON. */
  silent: number
  nonsense: number
  /** So many calls that send fail with this error code. */
  sendErrors: number
  sendErrorCode: string
  /** So many calls that send are carried out, and then the connection is reset. */
  resetAfterCommit: number
  /** So many calls of these operations fail with error code 20. */
  sentListErrors: number
  getErrors: number
  updateErrors: number
  /** So many messages break off in the middle when they are fetched. */
  cutMessages: number
  /** Lists name every row twice, newest first. */
  duplicateListing: boolean
  outOfOrder: boolean
}

export const NO_QUEUE_FAULTS: Readonly<QueueFaults> = {
  latencyMs: 0, httpErrors: 0, httpStatus: 500, silent: 0, nonsense: 0, sendErrors: 0, sendErrorCode: '20', resetAfterCommit: 0, sentListErrors: 0, getErrors: 0, updateErrors: 0, cutMessages: 0,
  duplicateListing: false, outOfOrder: false
}

export interface FaultSwitches<F> {
  /** As they are now. */
  readonly faults: F
  /** Sets what is given, by name. Throws a `RangeError` that names what is unknown or of the wrong kind; then nothing is set. */
  set (given: Readonly<Record<string, unknown>>): void
  /** No fault any more. */
  clear (): void
}

/** `usual`: without any fault. `choices`: what a text can be, where it is none of the usual codes. `signed`: numbers that may be negative. */
export function createFaultSwitches<F extends object> (usual: Readonly<F>, { choices = {}, signed = [] }: { choices?: Readonly<Record<string, readonly string[]>>, signed?: readonly string[] } = {}): FaultSwitches<F> {
  const faults: F = { ...usual }
  const valueOf = (name: string, value: unknown): unknown => {
    if (!Object.hasOwn(usual, name)) throw new RangeError(`no fault "${name}"; there are: ${Object.keys(usual).join(', ')}`)
    const kind = typeof usual[name as keyof F]
    if (kind === 'boolean') {
      if (![true, false, 'true', 'false'].includes(value as boolean)) throw new RangeError(`"${name}" is true or false`)
      return value === true || value === 'true'
    }
    if (kind === 'number') {
      // A number of times may be left out: once.
      const number = value === 'true' || value === true ? 1 : Number(value)
      if (!Number.isInteger(number) || (number < 0 && !signed.includes(name))) throw new RangeError(`"${name}" is a whole number`)
      return number
    }
    const isOne = choices[name]?.includes(String(value)) ?? /^[A-Za-z0-9_-]{1,20}$/.test(String(value))
    if (!isOne) throw new RangeError(`"${name}" is not ${String(value).slice(0, 40)}`)
    return String(value)
  }
  return {
    faults,
    set (given) { Object.assign(faults, Object.fromEntries(Object.entries(given).map(([name, value]) => [name, valueOf(name, value)]))) },
    clear () { Object.assign(faults, usual) }
  }
}

/** True as often as the fault says. */
export function spendFault<N extends string> (faults: Record<N, number>, name: N): boolean {
  if (faults[name] <= 0) return false
  faults[name]--
  return true
}

/** What is no answer, where a call is to get that. */
export function wrongAnswer (faults: QueueFaults): ((response: ServerResponse) => void) | undefined {
  const { httpStatus } = faults
  if (spendFault(faults, 'httpErrors')) return response => { response.writeHead(httpStatus, httpStatus === 503 ? { 'retry-after': '7' } : {}).end() }
  if (spendFault(faults, 'nonsense')) return response => { response.writeHead(200, { 'content-type': 'text/html' }).end('<html>maintenance') }
  return undefined
}

/** Late is the answer, not the work: a caller that waits no longer has been heard all the same. */
export async function beLate ({ latencyMs }: QueueFaults): Promise<void> {
  if (latencyMs > 0) await sleep(latencyMs, undefined, { ref: false })
}
