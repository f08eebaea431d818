// Ports whose calls can be made to fail, before or after they took effect: for tests of what a crash leaves.
import { HubError } from '../../src/errors.js'
import { text } from '../../src/model/text.js'
import type { BlobWriter } from '../../src/ports/blobs.js'

/** A service that is away, or a defect that nobody foresaw. */
export type FailureKind = 'away' | 'defect'

export interface Call {
  /** port.method */
  step: string
  /** The how-manieth call of it, from 1. */
  call: number
  moment: 'before' | 'after'
  /** What it answered; only after. */
  result?: unknown
}

/** The error to be thrown at this moment of a call, or undefined. */
export type Judge = (call: Call) => Error | undefined

export function failureOf (step: string, kind: FailureKind): Error {
  if (kind === 'defect') return new TypeError(`${step} has a defect`)
  const [port] = step.split('.')
  const code = port === 'broker' ? 'BROKER_UNAVAILABLE' : port === 'store' ? 'STORE_UNAVAILABLE' : 'STORAGE_UNAVAILABLE'
  return new HubError(code, text('tạm ngưng', 'away'))
}

/** The port with calls that fail as judged; counts all of them in `calls`. */
export function sabotaged<Port extends object> (name: string, port: Port, judge: Judge, calls: Map<string, number>): Port {
  return new Proxy(port, {
    get (target, property) {
      const method: unknown = Reflect.get(target, property)
      if (typeof method !== 'function') return method
      return async (...parameters: unknown[]): Promise<unknown> => {
        const step = `${name}.${String(property)}`
        const call = (calls.get(step) ?? 0) + 1
        calls.set(step, call)
        const before = judge({ step, call, moment: 'before' })
        if (before !== undefined) throw before
        const result: unknown = await Reflect.apply(method, target, parameters)
        const after = judge({ step, call, moment: 'after', result })
        if (after !== undefined) throw after
        return step === 'blobs.writer' ? sabotaged('writer', result as BlobWriter, judge, calls) : result
      }
    }
  })
}
