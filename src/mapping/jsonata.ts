// The JSONata engine: expressions of a province run in a worker thread with limits of time, stack, sequence and memory, and a
// hard kill behind them, because its own limits stop neither a regular expression that explodes nor a string that doubles.
import { Worker } from 'node:worker_threads'
import { mappingFailure } from './failure.js'

export interface SandboxLimits {
  /** Given to the expression, ms. */
  timeoutMs: number
  /** Then the thread is killed, ms. */
  killAfterMs: number
  stackDepth: number
  sequenceLength: number
  /** JavaScript heap of the thread. */
  heapMb: number
  outputCharacters: number
}

export const SANDBOX_LIMITS: SandboxLimits = { timeoutMs: 2000, killAfterMs: 3000, stackDepth: 500, sequenceLength: 100_000, heapMb: 128, outputCharacters: 8 * 2 ** 20 }

export interface JsonataSandbox {
  /** Evaluates one expression after the other. Rejects with TRANSFORM_FAILED; a killed thread is replaced by the next call. */
  evaluate (expression: string, input: unknown): Promise<unknown>
  close (): Promise<void>
}

interface Answer { output?: string, failure?: string }

/** Starts no thread before it is needed. */
export function createJsonataSandbox (limits: SandboxLimits = SANDBOX_LIMITS): JsonataSandbox {
  let worker: Worker | undefined
  let last: Promise<unknown> = Promise.resolve()

  const start = (): Worker => {
    const { heapMb, killAfterMs, ...inside } = limits
    const started = new Worker(new URL('./jsonata-worker.js', import.meta.url), {
      workerData: inside,
      env: {},
      execArgv: [],
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 }
    })
    // Replaced per call; this one keeps a late error from ending the process.
    started.on('error', () => {})
    started.once('exit', () => { if (worker === started) worker = undefined })
    return started
  }

  const kill = async (): Promise<void> => {
    const killed = worker
    worker = undefined
    await killed?.terminate()
  }

  const ask = async (expression: string, input: string): Promise<Answer> => {
    const thread = (worker ??= start())
    thread.ref()
    const timer = new AbortController()
    try {
      return await Promise.race([answerOf(thread, timer.signal), overdue(limits.killAfterMs, timer.signal), post(thread, { expression, input })])
    } catch (error) {
      await kill()
      throw error
    } finally {
      timer.abort()
      thread.unref()
    }
  }

  return {
    async evaluate (expression, input) {
      // One at a time: a thread that is killed takes nobody else with it.
      const answer = last.then(async () => await ask(expression, JSON.stringify(input)))
      last = answer.catch(() => {})
      const { output, failure } = await answer
      if (failure !== undefined) throw mappingFailure(`Biểu thức JSONata lỗi: ${failure}`, `The JSONata expression failed: ${failure}`)
      if (output === undefined) throw mappingFailure('Biểu thức JSONata không cho kết quả nào.', 'The JSONata expression has no result.')
      return JSON.parse(output) as unknown
    },
    close: kill
  }
}

async function post (thread: Worker, message: { expression: string, input: string }): Promise<never> {
  thread.postMessage(message)
  return await new Promise(() => {})
}

async function answerOf (thread: Worker, signal: AbortSignal): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const onError = (error: unknown): void => {
      reject(mappingFailure('Biểu thức JSONata dùng quá nhiều bộ nhớ hoặc bị dừng.', 'The JSONata expression took too much memory or was stopped.', '', error))
    }
    const onExit = (): void => { onError(undefined) }
    thread.once('message', resolve).once('error', onError).once('exit', onExit)
    signal.addEventListener('abort', () => { thread.off('message', resolve).off('error', onError).off('exit', onExit) }, { once: true })
  })
}

async function overdue (afterMs: number, signal: AbortSignal): Promise<never> {
  return await new Promise((_resolve, reject) => {
    const timer = setTimeout(() => { reject(mappingFailure(`Biểu thức JSONata chạy quá ${afterMs} ms, đã bị dừng.`, `The JSONata expression ran for more than ${afterMs} ms and was stopped.`)) }, afterMs)
    signal.addEventListener('abort', () => { clearTimeout(timer) }, { once: true })
  })
}
