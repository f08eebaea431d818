// lienthong/adapter/conformance: runs the promises of the adapter contract against one adapter and its harness and
// answers with data, so that a test, a command or a report can show the same result. Knows no test framework.
import { checkAdapter } from './load.js'
import { type AdapterPromise, type ConformanceContext, openContext, type Subject } from './conformance-context.js'
import { ADAPTER_PROMISES } from './promises.js'

export type { AdapterPromise, ConformanceContext, SampleDelivery, Subject } from './conformance-context.js'
export type { AdapterHarness, HarnessDelivery, Misbehaviour } from './harness.js'
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
}

/**
 * Runs the promises one after the other, each with a counterpart of its own. Never rejects because of the adapter:
 * whatever it does wrong is a `broken` result. Throws `CONFIG_INVALID` when its manifest or schema is not valid.
 */
export async function runConformance (subject: Subject, options: ConformanceOptions): Promise<PromiseResult[]> {
  checkAdapter(subject.adapter)
  const results: PromiseResult[] = []
  for (const promise of options.promises ?? ADAPTER_PROMISES) results.push(await runPromise(promise, subject, options))
  return results
}

async function runPromise (promise: AdapterPromise, subject: Subject, options: ConformanceOptions): Promise<PromiseResult> {
  const startedAt = performance.now()
  const result = (verdict: PromiseResult['verdict'], reason?: string): PromiseResult => ({
    name: promise.name, why: promise.why, verdict, ...(reason === undefined ? {} : { reason }), durationMs: Math.round(performance.now() - startedAt)
  })
  const exemption = promise.notApplicable?.(subject)
  if (exemption !== undefined) return result('not applicable', exemption)
  let context: ConformanceContext | undefined
  try {
    context = await openContext(subject, options.now)
    await within(options.limitMs ?? 60_000, promise.run(context))
    return result('kept')
  } catch (error) {
    return result('broken', error instanceof Error ? error.message : String(error))
  } finally {
    await context?.close()
  }
}

async function within (limitMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Error(`not finished after ${limitMs} ms`)) }, limitMs)
  })
  try {
    await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
