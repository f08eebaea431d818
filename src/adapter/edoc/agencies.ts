// The agencies that an account speaks for, and those that are registered at the partner, each once.
import { createHash } from 'node:crypto'
import type { AdapterKit } from '../../ports/adapter.js'
import { factsOf } from './failure.js'

/** Codes are compared without blanks and whatever their case. */
export function plainCode (code: string): string {
  return code.normalize('NFKC').replace(/\s+/g, '').toUpperCase()
}

/** The account that an agency sends with; undefined when none was given to it. */
export function accountNaming<A extends { readonly agencies: readonly string[] }> (code: string, accounts: readonly A[]): A | undefined {
  const wanted = plainCode(code)
  return accounts.find(({ agencies }) => agencies.some(each => plainCode(each) === wanted))
}

/** An agency to be registered, as settings give it. */
export interface Registration { id?: string, code: string, pcode?: string, name: string, mail?: string, mobile?: string, fax?: string }

/** The same with every field, as partners want it. */
export function fieldsOf ({ code, id = code, pcode = '', name, mail = '', mobile = '', fax = '' }: Registration): Required<Registration> {
  return { id, pcode, code, name, mail, mobile, fax }
}

/** A word about one agency that is to be said once, and again when its digest is another. */
export interface Errand {
  readonly code: string
  readonly operation: 'register' | 'remove'
  readonly digest: string
  run (): Promise<unknown>
}

export function digestOf (value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

/**
 * Runs what was not done yet; `key`: where the memory keeps that. An agency that is refused (`onFailure` gets facts for the log) does not
 * keep the others waiting. Answers whether all is done.
 */
export async function runErrands (errands: readonly Errand[], { key, kit: { memory, log }, signal, onFailure }: { key: string, kit: AdapterKit, signal: AbortSignal, onFailure (facts: object): void }): Promise<boolean> {
  const done = (await memory.read(key) ?? {}) as Record<string, string>
  let isDone = true
  for (const { code, operation, digest, run } of errands) {
    if (done[code] === digest) continue
    try {
      await run()
      done[code] = digest
      await memory.write(key, done)
      if (operation === 'register') log.info({ code }, 'agency.registered')
      else log.info({ code }, 'agency.removed')
    } catch (error) {
      if (signal.aborted) return false
      isDone = false
      onFailure({ code, operation, ...factsOf(error) })
    }
  }
  return isDone
}
