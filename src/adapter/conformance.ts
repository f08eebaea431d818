// lienthong/adapter/conformance: runs the promises of the adapter contract against one adapter and its harness and
// answers with data, so that a test, a command or a report can show the same result. Knows no test framework.
import { checkAdapter } from './load.js'
import { type AdapterPromise, type ConformanceContext, openContext, type Subject } from './conformance-context.js'
import { plain } from './http-outcome.js'
import { ADAPTER_PROMISES } from './promises.js'
import { within } from './within.js'

export type { AdapterPromise, ConformanceContext, SampleDelivery, Subject } from './conformance-context.js'
export type { AdapterHarness, HarnessDelivery, HarnessSample, Misbehaviour, SampleWish } from './harness.js'
export { ADAPTER_PROMISES }

export interface PromiseResult {
  readonly name: string
  readonly why: string
  readonly verdict: 'kept' | 'broken' | 'not applicable'
  /** Why broken or not applicable. */
  readonly reason?: string
  readonly durationMs: number
}

export interface ConformanceOptions {
  /** Wall clock, epoch ms, lent to the adapter as hub time. */
  readonly now: () => number
  /** One promise may take this long, ms. Default 60 000. */
  readonly limitMs?: number
  /** Which promises; all when absent. */
  readonly promises?: readonly AdapterPromise[]
  /** Told whenever a result is there, for whoever waits. */
  readonly onResult?: (result: PromiseResult) => void
  /**
   * Calls back with what is thrown where nobody can catch it (in a timer, in a rejected promise) until the answer is called.
   * Such a throw breaks the promise that runs. Without it the process ends, as Node.js does.
   */
  readonly watchStrays?: (onStray: (error: unknown) => void) => () => void
}

const STRAY_MS = 20

/**
 * Runs the promises one after the other, each with a counterpart of its own. Never rejects because of the adapter:
 * whatever it does wrong is a `broken` result. Throws `CONFIG_INVALID` when its manifest or schema is not valid.
 */
export async function runConformance (subject: Subject, options: ConformanceOptions): Promise<PromiseResult[]> {
  checkAdapter(subject.adapter)
  const results: PromiseResult[] = []
  for (const promise of options.promises ?? ADAPTER_PROMISES) {
    const result = await runPromise(promise, subject, options)
    options.onResult?.(result)
    results.push(result)
  }
  return results
}

async function runPromise (promise: AdapterPromise, subject: Subject, options: ConformanceOptions): Promise<PromiseResult> {
  const startedAt = performance.now()
  const result = (verdict: PromiseResult['verdict'], reason?: string): PromiseResult => ({
    name: promise.name, why: promise.why, verdict, ...(reason === undefined ? {} : { reason }), durationMs: Math.round(performance.now() - startedAt)
  })
  const exemption = promise.notApplicable?.(subject)
  if (exemption !== undefined) return result('not applicable', exemption)
  const strays: unknown[] = []
  const unwatch = options.watchStrays?.(error => { strays.push(error) })
  let context: ConformanceContext | undefined
  try {
    context = await openContext(subject, options.now)
    await within(Math.max(options.limitMs ?? 60_000, promise.limitMs ?? 0), promise.run(context))
    await context.close()
    // What the end has set off (a timer of `close`) belongs to this promise, not to the next.
    if (unwatch !== undefined) await new Promise(resolve => setTimeout(resolve, STRAY_MS))
    return strays.length === 0 ? result('kept') : result('broken', `thrown where nobody can catch it: ${saidOf(strays[0])}`)
  } catch (error) {
    await context?.close()
    return result('broken', strays.length === 0 ? saidOf(error) : `thrown where nobody can catch it: ${saidOf(strays[0])}`)
  } finally {
    unwatch?.()
  }
}

function saidOf (error: unknown): string {
  return plain(error instanceof Error ? error.message : String(error), { maxLength: 1000 })
}
